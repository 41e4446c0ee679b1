//! Mailboxes and paths (RFC 5321 sections 4.1.2 and 4.1.3, RFC 6531 section 3.3).
//!
//! ```
//! use gatepost_smtp::Mailbox;
//!
//! let mailbox = Mailbox::parse(br#""alice b"@example.com"#).unwrap();
//! assert_eq!(mailbox.local_part(), "alice b");
//! assert_eq!(mailbox.to_string(), r#""alice b"@example.com"#);
//! assert!(mailbox.matches(&Mailbox::parse(br#""Alice\ B"@EXAMPLE.com"#).unwrap()));
//! ```

mod grammar;
mod path;

use std::borrow::Cow;
use std::fmt;

use nom::sequence::terminated;
use nom::{Finish, Parser};

use self::grammar::{domain_part, is_dot_string, mailbox};
pub use self::path::{ForwardPath, ReversePath};
use crate::ParseError;
use crate::grammar::end;

pub(crate) use self::grammar::{forward_path, reverse_path};

/// Who a message is from or for: `local-part@domain`.
///
/// ```abnf
/// Mailbox = Local-part "@" ( Domain / address-literal )        ; RFC 5321 section 4.1.2
/// ```
///
/// Two mailboxes are equal if they have the same local part, quoted or not, and are otherwise spelled the same;
/// see [`Mailbox::matches`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Mailbox<'a> {
    local: Cow<'a, str>,
    domain: Cow<'a, str>,
}

impl<'a> Mailbox<'a> {
    /// The longest local part in octets. RFC 5321 section 4.5.3.1.1 asks for 64, but longer ones are about.
    pub const LONGEST_LOCAL_PART: usize = 256;
    /// The longest domain in octets (RFC 5321 section 4.5.3.1.2).
    pub const LONGEST_DOMAIN: usize = 255;

    /// Reads `local-part@domain`, without angle brackets.
    ///
    /// # Errors
    /// [`ParseError`] with the offset and what was expected there.
    pub fn parse(octets: &'a [u8]) -> Result<Self, ParseError> {
        let text = ParseError::utf8(octets)?;
        match terminated(mailbox, end).parse(text).finish() {
            Ok((_, mailbox)) => Ok(mailbox),
            Err(failure) => Err(ParseError::new(text, failure)),
        }
    }

    /// A mailbox of a local part without control characters, and of a domain or an address literal, if it is one.
    pub(crate) fn of(local: Cow<'a, str>, domain: &'a str) -> Option<Self> {
        let (_, domain) = terminated(domain_part, end).parse(domain).ok()?;
        let is_printable = !local.contains(|letter: char| letter.is_ascii_control());
        let valid = is_printable && local.len() <= Self::LONGEST_LOCAL_PART;
        let domain = Cow::Borrowed(domain);
        valid.then_some(Self { local, domain })
    }

    /// The local part, without quotes.
    pub fn local_part(&self) -> &str {
        &self.local
    }

    /// The domain as it was written; an address literal with its brackets.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// Whether the mailbox can be sent without SMTPUTF8.
    pub fn is_ascii(&self) -> bool {
        self.local.is_ascii() && self.domain.is_ascii()
    }

    /// Whether both mean the same mailbox: upper and lower case of ASCII letters are the same, in the domain by RFC
    /// 5321 section 2.4, in the local part by everybody's practice.
    pub fn matches(&self, other: &Mailbox<'_>) -> bool {
        self.local.eq_ignore_ascii_case(&other.local) && self.domain.eq_ignore_ascii_case(&other.domain)
    }

    /// The mailbox without a borrow.
    pub fn into_owned(self) -> Mailbox<'static> {
        Mailbox {
            local: Cow::Owned(self.local.into_owned()),
            domain: Cow::Owned(self.domain.into_owned()),
        }
    }
}

/// The form on the wire: the local part in quotes if it needs them.
impl fmt::Display for Mailbox<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if is_dot_string(&self.local) {
            f.write_str(&self.local)?;
        } else {
            write_quoted(&self.local, f)?;
        }
        write!(f, "@{}", self.domain)
    }
}

fn write_quoted(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("\"")?;
    for letter in text.chars() {
        if matches!(letter, '"' | '\\') {
            f.write_str("\\")?;
        }
        write!(f, "{letter}")?;
    }
    f.write_str("\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (String, String) {
        let mailbox = Mailbox::parse(text.as_bytes()).unwrap();
        (mailbox.local_part().to_owned(), mailbox.domain().to_owned())
    }

    fn error(text: &[u8]) -> (usize, &'static str) {
        let error = Mailbox::parse(text).unwrap_err();
        (error.offset, error.expected)
    }

    #[test]
    fn the_forms_of_a_mailbox() {
        for (text, local, domain) in [
            ("Smith@bar.com", "Smith", "bar.com"),
            ("a.b+c=d/e_f!{}~`^?'*&%$#-@x", "a.b+c=d/e_f!{}~`^?'*&%$#-", "x"),
            ("\"Joe.\\\\Blow\"@Example.ORG", "Joe.\\Blow", "Example.ORG"),
            ("\"a \\\"b\\\" @c\"@x", "a \"b\" @c", "x"),
            ("\"\"@x", "", "x"),
            ("\"plain\"@x", "plain", "x"),
            ("\"a..b.\"@x", "a..b.", "x"),
            ("u@[192.0.2.1]", "u", "[192.0.2.1]"),
            ("u@[IPv6:2001:db8::1]", "u", "[IPv6:2001:db8::1]"),
            ("u@[ipv6:::ffff:192.0.2.1]", "u", "[ipv6:::ffff:192.0.2.1]"),
            ("u@[x-tag:any!thing]", "u", "[x-tag:any!thing]"),
            ("u@xn--bcher-kva.example", "u", "xn--bcher-kva.example"),
            ("u@my_host.example", "u", "my_host.example"),
            (
                "pel\u{e9}@b\u{fc}cher.example",
                "pel\u{e9}",
                "b\u{fc}cher.example",
            ),
            ("\"\u{e9} \u{1f4e7}\"@x", "\u{e9} \u{1f4e7}", "x"),
        ] {
            assert_eq!(parts(text), (local.to_owned(), domain.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_is_no_mailbox() {
        assert_eq!(error(b""), (0, "a local part"));
        assert_eq!(error(b"@x"), (0, "a local part"));
        assert_eq!(error(b".a@x"), (0, "a local part"));
        assert_eq!(error(b"a.@x"), (0, "a local part"));
        assert_eq!(error(b"a..b@x"), (0, "a local part"));
        assert_eq!(error(b"a b@x"), (1, "@"));
        assert_eq!(error(b"a"), (1, "@"));
        assert_eq!(error(b"a@"), (2, "a domain"));
        assert_eq!(error(b"a@.x"), (2, "a domain"));
        assert_eq!(error(b"a@x."), (2, "a domain"));
        assert_eq!(error(b"a@x..y"), (2, "a domain"));
        assert_eq!(error(b"a@-x"), (2, "a domain"));
        assert_eq!(error(b"a@x-"), (2, "a domain"));
        assert_eq!(error(b"a@x-.y"), (2, "a domain"));
        assert_eq!(error(b"a@x.-y"), (2, "a domain"));
        assert_eq!(error(b"a@x y"), (3, "the end of the line"));
        assert_eq!(error(b"a@[192.0.2.256]"), (3, "an address literal"));
        assert_eq!(error(b"a@[IPv6:x]"), (3, "an address literal"));
        assert_eq!(error(b"a@[]"), (3, "an address literal"));
        assert_eq!(error(b"a@[x:y"), (6, "an address literal"));
        assert_eq!(error(b"\"a@x"), (4, "a closing quote"));
        assert_eq!(error(b"\"a\\\xc3\xa9\"@x"), (2, "a closing quote"));
        assert_eq!(error(b"\"a\x01\"@x"), (2, "a closing quote"));
        assert_eq!(error(b"a\xff@x"), (1, "UTF-8"));
        assert_eq!(error(b"<a@x>"), (0, "a local part"));
    }

    #[test]
    fn lengths_are_limited() {
        let long = |local, domain| format!("{}@{}", "a".repeat(local), "b".repeat(domain)).into_bytes();
        assert!(Mailbox::parse(&long(256, 255)).is_ok());
        assert_eq!(error(&long(257, 1)), (0, "a shorter local part"));
        assert_eq!(error(&long(1, 256)), (2, "a shorter domain"));
    }

    #[test]
    fn quotes_are_written_where_they_are_needed() {
        for (text, written) in [
            ("a.b@x", "a.b@x"),
            ("\"plain\"@x", "plain@x"),
            ("\"a b\"@x", "\"a b\"@x"),
            ("\"a..b\"@x", "\"a..b\"@x"),
            ("\"\"@x", "\"\"@x"),
            ("\"\\\\\\\"\\a\"@x", "\"\\\\\\\"a\"@x"),
        ] {
            assert_eq!(Mailbox::parse(text.as_bytes()).unwrap().to_string(), written);
        }
    }

    #[test]
    fn upper_and_lower_case_match_in_ascii_only() {
        let matches = |one: &str, two: &str| {
            let two = Mailbox::parse(two.as_bytes()).unwrap();
            Mailbox::parse(one.as_bytes()).unwrap().matches(&two)
        };
        assert!(matches("Alice@Example.COM", "\"alice\"@example.com"));
        assert!(!matches("alice@example.com", "alice@example.org"));
        assert!(!matches("alice@example.com", "alice+x@example.com"));
        // The Kelvin sign is no K.
        assert!(!matches("\u{212a}im@example.com", "kim@example.com"));
    }

    #[test]
    fn paths() {
        let reverse = |text| reverse_path(text).map(|(rest, path)| (rest.to_owned(), path.to_string()));
        let forward = |text| forward_path(text).map(|(rest, path)| (rest.to_owned(), path.to_string()));
        let ok = |rest: &str, path: &str| Ok((rest.to_owned(), path.to_owned()));
        assert_eq!(reverse("<> X"), ok(" X", "<>"));
        assert_eq!(reverse("<a@b>"), ok("", "<a@b>"));
        assert_eq!(reverse("<@r1.example,@r2.example:a@b>"), ok("", "<a@b>"));
        assert_eq!(forward("<postMASTER>"), ok("", "<Postmaster>"));
        assert_eq!(forward("<Postmaster@b>"), ok("", "<Postmaster@b>"));
        let error = |text: &'static str| match forward_path(text) {
            Err(nom::Err::Error(failure) | nom::Err::Failure(failure)) => {
                (text.len() - failure.rest.len(), failure.expected)
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(error("a@b"), (0, "an opening angle bracket"));
        assert_eq!(error("<a@b"), (4, "a closing angle bracket"));
        assert_eq!(error("<>"), (1, "a local part"));
        assert_eq!(error("<@r a@b>"), (3, "a colon"));
        assert_eq!(error("<@r,x:a@b>"), (4, "@"));
        assert_eq!(error("<a@b:25>"), (4, "a closing angle bracket"));
    }

    #[test]
    fn smtputf8_is_needed_for_what_is_not_ascii() {
        let is_ascii = |text: &str| Mailbox::parse(text.as_bytes()).unwrap().is_ascii();
        assert!(is_ascii("a@b"));
        assert!(!is_ascii("\u{e9}@b") && !is_ascii("a@\u{e9}"));
        assert!(ReversePath::Null.is_ascii() && ForwardPath::Postmaster.is_ascii());
    }
}
