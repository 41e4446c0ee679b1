//! What stands behind XCLIENT and XFORWARD.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

use super::known::{Attribute, Known, Protocol, Source, address, known};
use crate::Limit;
use crate::grammar::class;
use crate::parameter::single_spaced;
use crate::parse::{Cursor, ParseError};
use crate::xtext;

/// The attributes of XCLIENT or XFORWARD in their order, each name once. They are kept as they were written.
///
/// ```abnf
/// xclient-command  = "XCLIENT" 1*( SP attribute-name "=" attribute-value )    ; Postfix, XCLIENT_README
/// xforward-command = "XFORWARD" 1*( SP attribute-name "=" attribute-value )   ; Postfix, XFORWARD_README
/// attribute-value  = xtext                                                    ; RFC 3461 section 4
/// ```
///
/// The methods that are named as an attribute give `None` if it is not there. The offset of their errors is in its
/// value.
///
/// ```
/// use gatepost_smtp::Command;
/// use gatepost_smtp::command::{self, Known};
///
/// let Ok(Command::Xclient(who)) = command::parse(b"XCLIENT NAME=[TEMPUNAVAIL] ADDR=192.0.2.1") else {
///     panic!()
/// };
/// assert_eq!(who.addr(), Ok(Some(Known::Value([192, 0, 2, 1].into()))));
/// assert_eq!(who.name(), Ok(Some(Known::TemporarilyUnavailable)));
/// assert_eq!(who.login(), Ok(None));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Attributes<'a>(
    /// Each with a space before it; at least one.
    Cow<'a, str>,
);

impl Attributes<'static> {
    /// One attribute.
    pub fn new(attribute: &Attribute) -> Self {
        Self(Cow::Owned(format!(" {attribute}")))
    }
}

impl<'a> Attributes<'a> {
    /// Adds `attribute` at the end; gives it back if there is one of its name already.
    ///
    /// # Errors
    /// The attribute itself.
    pub fn push(&mut self, attribute: Attribute) -> Result<(), Attribute> {
        if self.get(attribute.name()).is_some() {
            return Err(attribute);
        }
        self.0.to_mut().push_str(&format!(" {attribute}"));
        Ok(())
    }

    /// The names in order, and the values as they were written.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let each = self.0.split(' ').skip(1);
        each.map(|text| text.split_once('=').unwrap_or((text, "")))
    }

    /// The value of the attribute `name`, in upper or lower case.
    ///
    /// ```
    /// use gatepost_smtp::Command;
    /// use gatepost_smtp::command::{self, Known};
    ///
    /// let Ok(Command::Xclient(who)) = command::parse(b"XCLIENT X-TENANT=a+20b") else { panic!() };
    /// assert_eq!(who.get("x-tenant").unwrap(), Ok(Known::Value("a b".into())));
    /// ```
    pub fn get(&self, name: &str) -> Option<Result<Known<Cow<'_, str>>, ParseError>> {
        let (_, value) = self.iter().find(|(found, _)| found.eq_ignore_ascii_case(name))?;
        Some(xtext::any_text(value).map(known))
    }

    /// `NAME`: the host name of the client.
    ///
    /// # Errors
    /// If the value is not the xtext of a text.
    pub fn name(&self) -> Result<Option<Known<Cow<'_, str>>>, ParseError> {
        self.get("NAME").transpose()
    }

    /// `ADDR`: the address of the client.
    ///
    /// # Errors
    /// If the value is not the xtext of an address.
    pub fn addr(&self) -> Result<Option<Known<IpAddr>>, ParseError> {
        self.typed("ADDR", "an address", address)
    }

    /// `PORT`: the port of the client.
    ///
    /// # Errors
    /// If the value is not the xtext of a port.
    pub fn port(&self) -> Result<Option<Known<u16>>, ParseError> {
        self.typed("PORT", "a port", |text| text.parse().ok())
    }

    /// `PROTO`: what the client speaks.
    ///
    /// # Errors
    /// If the value is neither SMTP nor ESMTP.
    pub fn proto(&self) -> Result<Option<Known<Protocol>>, ParseError> {
        self.typed("PROTO", "SMTP or ESMTP", Protocol::of)
    }

    /// `HELO`: what the client calls itself.
    ///
    /// # Errors
    /// If the value is not the xtext of a text.
    pub fn helo(&self) -> Result<Option<Known<Cow<'_, str>>>, ParseError> {
        self.get("HELO").transpose()
    }

    /// `LOGIN` of XCLIENT: the user that is logged in.
    ///
    /// # Errors
    /// If the value is not the xtext of a text.
    pub fn login(&self) -> Result<Option<Known<Cow<'_, str>>>, ParseError> {
        self.get("LOGIN").transpose()
    }

    /// `DESTADDR` of XCLIENT: the address that the client connected to.
    ///
    /// # Errors
    /// If the value is not the xtext of an address.
    pub fn destaddr(&self) -> Result<Option<Known<IpAddr>>, ParseError> {
        self.typed("DESTADDR", "an address", address)
    }

    /// `DESTPORT` of XCLIENT: the port that the client connected to.
    ///
    /// # Errors
    /// If the value is not the xtext of a port.
    pub fn destport(&self) -> Result<Option<Known<u16>>, ParseError> {
        self.typed("DESTPORT", "a port", |text| text.parse().ok())
    }

    /// `IDENT` of XFORWARD: what the message is called in the log.
    ///
    /// # Errors
    /// If the value is not the xtext of a text.
    pub fn ident(&self) -> Result<Option<Known<Cow<'_, str>>>, ParseError> {
        self.get("IDENT").transpose()
    }

    /// `SOURCE` of XFORWARD: where the message comes from.
    ///
    /// # Errors
    /// If the value is neither LOCAL nor REMOTE.
    pub fn source(&self) -> Result<Option<Known<Source>>, ParseError> {
        self.typed("SOURCE", "LOCAL or REMOTE", Source::of)
    }

    fn typed<T>(
        &self,
        name: &str,
        expected: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<Known<T>>, ParseError> {
        let Some(value) = self.get(name).transpose()? else {
            return Ok(None);
        };
        let value = match value {
            Known::Value(text) => Known::Value(read(&text).ok_or_else(|| ParseError::syntax(0, expected))?),
            Known::Unavailable => Known::Unavailable,
            Known::TemporarilyUnavailable => Known::TemporarilyUnavailable,
        };
        Ok(Some(value))
    }

    /// The attributes without a borrow.
    pub fn into_owned(self) -> Attributes<'static> {
        Attributes(Cow::Owned(self.0.into_owned()))
    }

    /// Reads attributes up to the end.
    pub(super) fn read(cursor: &mut Cursor<'a, '_>) -> Result<Self, ParseError> {
        let all = cursor.rest();
        let mut count = 0;
        while !cursor.is_end() || count == 0 {
            let before = cursor.since(all);
            cursor.spaces()?;
            let start = cursor.offset();
            let name = attribute(cursor)?;
            if Attributes(Cow::Borrowed(before))
                .iter()
                .any(|(known, _)| known.eq_ignore_ascii_case(name))
            {
                return Err(Cursor::repeated(start, "each attribute only once"));
            }
            if count >= cursor.options.parameters {
                return Err(Cursor::over(Limit::Parameters, start, "fewer attributes"));
            }
            count += 1;
        }
        let text = cursor.since(all);
        let is_single_spaced = !text.contains("  ");
        Ok(Self(if is_single_spaced {
            Cow::Borrowed(text)
        } else {
            single_spaced(text)
        }))
    }
}

/// The name of an attribute, with its value behind it.
fn attribute<'a>(cursor: &mut Cursor<'a, '_>) -> Result<&'a str, ParseError> {
    let name = cursor.run(class::KEYWORD, "an attribute")?;
    cursor.expect(b'=', "an equals sign")?;
    while !cursor.is_end() && !cursor.is_at(b' ') {
        xtext::octet(cursor)?;
    }
    Ok(name)
}

/// Each attribute with a space before it.
impl fmt::Display for Attributes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
