//! The name of the client in EHLO, HELO and LHLO.

use std::borrow::Cow;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::Limit;
use crate::address::domain_part;
use crate::grammar::class;
use crate::parse::{self, Allowance, Cursor, ErrorKind, Forgiven, Leniency, Options, ParseError};

/// What a client calls itself.
///
/// ```abnf
/// ehlo = "EHLO" SP ( Domain / address-literal ) CRLF        ; RFC 5321 section 4.1.1.1
/// ```
///
/// The text of the section, though not its grammar, allows address literals in HELO as well.
///
/// ```
/// use gatepost_smtp::command::ClientName;
///
/// let name = ClientName::new("[192.0.2.1]").unwrap();
/// assert_eq!(name.address(), Some([192, 0, 2, 1].into()));
/// assert_eq!(ClientName::new("my_pc").unwrap_err().expected, "a domain or an address literal");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ClientName<'a>(Cow<'a, str>);

impl<'a> ClientName<'a> {
    /// A domain or an address literal.
    ///
    /// # Errors
    /// Where it is none.
    pub fn new(name: &'a str) -> Result<Self, ParseError> {
        parse::whole(name, &Options::STRICT, Self::read).map(|parsed| parsed.value)
    }

    /// Reads a name up to the end. Where everything is forgiven, it is any word: phones say what they like.
    pub(super) fn read(cursor: &mut Cursor<'a, '_>) -> Result<Self, ParseError> {
        let all = cursor.rest();
        if let Some(name) = cursor.dotted(class::LABEL, b'-')
            && cursor.is_end()
            && name.len() <= cursor.options.name
            && name.is_ascii()
        {
            return Ok(Self(Cow::Borrowed(name)));
        }
        cursor.move_to(all);
        odd(cursor)
    }

    /// The name as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address, if the name is an address literal of IPv4 or IPv6.
    pub fn address(&self) -> Option<IpAddr> {
        let literal = self.0.strip_prefix('[')?.strip_suffix(']')?;
        match literal.split_once(':') {
            Some((tag, address)) if tag.eq_ignore_ascii_case("IPv6") => {
                address.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
            }
            Some(_) => None,
            None => ipv4(literal).map(IpAddr::V4),
        }
    }

    /// The name without a borrow.
    pub fn into_owned(self) -> ClientName<'static> {
        ClientName(Cow::Owned(self.0.into_owned()))
    }
}

/// An address literal, or what is no name.
#[cold]
fn odd<'a>(cursor: &mut Cursor<'a, '_>) -> Result<ClientName<'a>, ParseError> {
    let (start, all) = (cursor.offset(), cursor.rest());
    let mut nothing = Forgiven::NONE;
    let strict = Options {
        leniency: Leniency::STRICT,
        domain: cursor.options.name,
        ..*cursor.options
    };
    let mut strictly = Cursor::new(all, start + all.len(), &strict, &mut nothing);
    let error = match domain_part(&mut strictly) {
        Ok(name) if strictly.is_end() && name.is_ascii() => {
            cursor.take_rest();
            return Ok(ClientName(Cow::Borrowed(name)));
        }
        Ok(_) if strictly.is_at(b' ') => strictly.error("the end of the line"),
        Err(error) if error.kind != ErrorKind::Syntax => error,
        _ => ParseError::syntax(start, "a domain or an address literal"),
    };
    if !cursor.options.leniency.allows(Allowance::Name) {
        return Err(error);
    }
    let name = cursor.run(class::VISIBLE, "a name")?;
    cursor.end()?;
    if name.len() > cursor.options.name {
        return Err(Cursor::over(Limit::Domain, start, "a shorter name"));
    }
    cursor.forgives_at(Allowance::Name, start);
    Ok(ClientName(Cow::Borrowed(name)))
}

/// Leading zeros are as good as none (RFC 5321 section 4.1.3).
fn ipv4(text: &str) -> Option<Ipv4Addr> {
    let mut numbers = text.split('.').map(str::parse);
    let mut next = || numbers.next()?.ok();
    let address = Ipv4Addr::new(next()?, next()?, next()?, next()?);
    numbers.next().is_none().then_some(address)
}

impl fmt::Display for ClientName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command;

    #[test]
    fn domains_and_address_literals() {
        for (name, address) in [
            ("foo.com", None),
            ("smtpclient.apple", None),
            ("xn--bcher-kva.example", None),
            ("x", None),
            ("[192.0.2.1]", Some("192.0.2.1")),
            ("[192.000.002.010]", Some("192.0.2.10")),
            ("[IPv6:2001:db8::1]", Some("2001:db8::1")),
            ("[ipv6:::1]", Some("::1")),
            ("[x400:anything]", None),
        ] {
            let found = ClientName::new(name).unwrap();
            assert_eq!((found.as_str(), found.to_string().as_str()), (name, name));
            assert_eq!(
                found.address(),
                address.map(|address| address.parse().unwrap()),
                "{name}"
            );
        }
    }

    #[test]
    fn everything_else_is_no_name() {
        for name in [
            "",
            " ",
            "my_pc",
            "localhost.",
            ".x",
            "-",
            "a-",
            "b\u{fc}ro",
            "[]",
            "[1.2.3]",
            "[1.2.3.256]",
            "[1.2.3.0004]",
            "[IPv6:x]",
            "a/b",
            "a\r\nQUIT",
        ] {
            let error = ClientName::new(name).unwrap_err();
            assert_eq!(
                (error.offset, error.expected),
                (0, "a domain or an address literal"),
                "{name:?}"
            );
        }
        let error = ClientName::new(&"a".repeat(256)).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Limit(Limit::Domain));
    }

    #[test]
    fn odd_names_are_words() {
        let read = |line: &'static str| {
            let parsed = command::parse_with(line.as_bytes(), &Options::CLIENTS)
                .map_err(|error| (error.offset, error.expected))?;
            let forgiven: Vec<_> = parsed.forgiven.iter().collect();
            match parsed.value {
                command::Command::Ehlo(name) => Ok((name.into_owned(), forgiven)),
                other => panic!("{other:?}"),
            }
        };
        for name in [
            "EHLO my_pc",
            "EHLO localhost.",
            "EHLO b\u{fc}ro",
            "EHLO -",
            "EHLO [1.2.3]",
        ] {
            let (found, forgiven) = read(name).unwrap();
            assert_eq!(
                (found.as_str(), forgiven),
                (&name[5..], vec![(Allowance::Name, 5)])
            );
        }
        assert_eq!(read("EHLO smtpclient.apple").unwrap().1, []);
        for letter in ["a", "_"] {
            let long = format!("EHLO {}", letter.repeat(256));
            assert!(command::parse_with(long.as_bytes(), &Options::CLIENTS).is_ok());
            let limited = Options {
                name: 255,
                ..Options::CLIENTS
            };
            let error = command::parse_with(long.as_bytes(), &limited).unwrap_err();
            assert_eq!((error.kind, error.offset), (ErrorKind::Limit(Limit::Domain), 5));
        }
        assert_eq!(read("EHLO a b"), Err((6, "the end of the line")));
        assert_eq!(read("EHLO a\x7f"), Err((6, "the end of the line")));
        assert_eq!(read("EHLO"), Err((4, "a space")));
    }
}
