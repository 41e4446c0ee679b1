//! What stands behind NOOP, HELP, VRFY and EXPN.

use std::borrow::Cow;
use std::fmt;

use crate::address::quoted_string;
use crate::grammar::{class, is};
use crate::parse::{self, Allowance, Cursor, Options, ParseError};

/// The argument of NOOP or HELP, as it was written.
///
/// ```abnf
/// String = Atom / Quoted-string        ; RFC 5321 section 4.1.2
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Text<'a>(Cow<'a, str>);

impl<'a> Text<'a> {
    /// An atom or a quoted string.
    ///
    /// # Errors
    /// Where it is none.
    pub fn new(text: &'a str) -> Result<Self, ParseError> {
        parse::whole(text, &Options::STRICT, Self::read).map(|parsed| parsed.value)
    }

    /// Reads a text up to the end. Where everything is forgiven, it is everything: nobody looks at it.
    pub(super) fn read(cursor: &mut Cursor<'a, '_>) -> Result<Self, ParseError> {
        let text = cursor.rest();
        if !is_string(text) {
            let is_line = !text.is_empty() && !text.contains(['\r', '\n', '\0']);
            if !is_line || !cursor.forgives(Allowance::Text) {
                return Err(no_string(cursor));
            }
        }
        Ok(Self(Cow::Borrowed(cursor.take_rest())))
    }

    /// The text as it was written, with its quotes.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text without a borrow.
    pub fn into_owned(self) -> Text<'static> {
        Text(Cow::Owned(self.0.into_owned()))
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The argument of VRFY or EXPN, as it was written: a user, a mailbox or a list.
///
/// ```abnf
/// vrfy = "VRFY" SP String [ SP "SMTPUTF8" ] CRLF        ; RFC 6531 section 3.7.4.2
/// ```
///
/// ```
/// use gatepost_smtp::Command;
/// use gatepost_smtp::command::{self, Query};
///
/// let query = Query::new("Smith").unwrap().with_smtputf8();
/// assert_eq!(command::parse(b"VRFY Smith SMTPUTF8"), Ok(Command::Vrfy(query)));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Query<'a> {
    text: Cow<'a, str>,
    smtputf8: bool,
}

const SMTPUTF8: &str = " SMTPUTF8";

impl<'a> Query<'a> {
    /// An atom or a quoted string.
    ///
    /// # Errors
    /// Where it is none.
    pub fn new(text: &'a str) -> Result<Self, ParseError> {
        let Text(text) = Text::new(text)?;
        let smtputf8 = false;
        Ok(Self { text, smtputf8 })
    }

    /// The answer may have all letters.
    #[must_use]
    pub fn with_smtputf8(self) -> Self {
        let smtputf8 = true;
        Self { smtputf8, ..self }
    }

    /// Reads a query up to the end.
    pub(super) fn read(cursor: &mut Cursor<'a, '_>) -> Result<Self, ParseError> {
        let all = cursor.rest();
        let length = all.len().saturating_sub(SMTPUTF8.len());
        let (text, smtputf8) = match all.split_at_checked(length) {
            Some((text, last)) if length > 0 && last.eq_ignore_ascii_case(SMTPUTF8) => (text, true),
            _ => (all, false),
        };
        if !is_string(text) {
            let is_visible = !text.is_empty() && text.bytes().all(|octet| is(octet, class::TEXT));
            if !is_visible || !cursor.forgives(Allowance::Text) {
                return Err(no_string(cursor));
            }
        }
        cursor.take_rest();
        let text = Cow::Borrowed(text);
        Ok(Self { text, smtputf8 })
    }

    /// The text as it was written, with its quotes.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the answer may have all letters.
    pub fn has_smtputf8(&self) -> bool {
        self.smtputf8
    }

    /// The query without a borrow.
    pub fn into_owned(self) -> Query<'static> {
        Query {
            text: Cow::Owned(self.text.into_owned()),
            smtputf8: self.smtputf8,
        }
    }
}

impl fmt::Display for Query<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)?;
        f.write_str(if self.smtputf8 { SMTPUTF8 } else { "" })
    }
}

/// Whether a text is an atom or a quoted string.
fn is_string(text: &str) -> bool {
    parse::whole(text, &Options::STRICT, string).is_ok()
}

fn string(cursor: &mut Cursor<'_, '_>) -> Result<(), ParseError> {
    if cursor.is_at(b'"') {
        return quoted_string(cursor).map(|_| ());
    }
    cursor.run(class::ATEXT, "a text").map(|_| ())
}

/// Where what comes next is neither an atom nor a quoted string.
#[cold]
fn no_string(cursor: &mut Cursor<'_, '_>) -> ParseError {
    match string(cursor) {
        Ok(()) => cursor.error("the end of the line"),
        Err(error) => error,
    }
}
