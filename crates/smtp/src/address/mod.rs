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

use self::grammar::{is_dot_string, mailbox};
pub use self::path::{ForwardPath, ReversePath};
use crate::Limit;
use crate::parse::{self, Cursor, Options, ParseError, Parsed};

pub(crate) use self::grammar::{domain_part, forward_path, quoted_string, reverse_path};

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
    /// Reads `local-part@domain`, without angle brackets, as RFC 5321 and RFC 6531 have it. Whether labels of a domain
    /// beyond ASCII are U-labels is not looked at.
    ///
    /// # Errors
    /// [`ParseError`] with the offset and what was expected there.
    pub fn parse(octets: &'a [u8]) -> Result<Self, ParseError> {
        Self::parse_with(octets, &Options::STRICT).map(|parsed| parsed.value)
    }

    /// As [`Mailbox::parse`], but as strictly and under such limits as `options` say.
    ///
    /// ```
    /// use gatepost_smtp::Mailbox;
    /// use gatepost_smtp::parse::{Allowance, Leniency, Options};
    ///
    /// let dots = Options { leniency: Leniency::STRICT.with(Allowance::Dots), ..Options::STRICT };
    /// let read = Mailbox::parse_with(b"so..so.@example.com", &dots).unwrap();
    /// assert_eq!(read.value.to_string(), r#""so..so."@example.com"#);
    /// ```
    ///
    /// # Errors
    /// [`ParseError`] with the offset and what was expected there.
    pub fn parse_with(octets: &'a [u8], options: &Options) -> Result<Parsed<Self>, ParseError> {
        let text = ParseError::utf8(octets)?;
        parse::whole(text, options, alone)
    }

    /// A mailbox of a local part without control characters, and of a domain or an address literal, if it is one, by
    /// [`Options::CLIENTS`].
    pub(crate) fn of(local: Cow<'a, str>, domain: &'a str) -> Option<Self> {
        let domain = parse::whole(domain, &Options::CLIENTS, domain_part).ok()?;
        let is_printable = !local.contains(|letter: char| letter.is_ascii_control());
        let valid = is_printable && local.len() <= Options::CLIENTS.local_part;
        let domain = Cow::Borrowed(domain.value);
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

/// A mailbox that has room in a path.
fn alone<'a>(cursor: &mut Cursor<'a, '_>) -> Result<Mailbox<'a>, ParseError> {
    let mailbox = mailbox(cursor)?;
    if cursor.offset().saturating_add("<>".len()) > cursor.options.path {
        return Err(Cursor::over(Limit::Path, 0, "a shorter path"));
    }
    Ok(mailbox)
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
    use crate::parse::{ErrorKind, Forgiven};

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
            ("u@[192.000.002.001]", "u", "[192.000.002.001]"),
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
        assert_eq!(error(b"a@my_host.example"), (2, "a domain"));
        assert_eq!(error(b"a@[192.0.2.256]"), (3, "an address literal"));
        assert_eq!(error(b"a@[192.0.2]"), (3, "an address literal"));
        assert_eq!(error(b"a@[192.0.2.0001]"), (3, "an address literal"));
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
        let kind = |octets: &[u8], options| {
            Mailbox::parse_with(octets, options)
                .map(|_| ())
                .map_err(|error| error.kind)
        };
        let over = |limit| Err(ErrorKind::Limit(limit));
        let strict = &Options::STRICT;
        assert_eq!(kind(&long(64, 189), strict), Ok(()));
        assert_eq!(kind(&long(64, 190), strict), over(Limit::Path));
        assert_eq!(kind(&long(65, 1), strict), over(Limit::LocalPart));
        assert_eq!(kind(&long(1, 256), strict), over(Limit::Domain));
        assert_eq!(error(&long(65, 1)), (0, "a shorter local part"));
        assert_eq!(error(&long(1, 256)), (2, "a shorter domain"));
        let clients = &Options::CLIENTS;
        assert_eq!(kind(&long(256, 255), clients), Ok(()));
        assert_eq!(kind(&long(257, 1), clients), over(Limit::LocalPart));
        let literal = format!("a@[x:{}]", "b".repeat(252));
        assert_eq!(kind(literal.as_bytes(), strict), over(Limit::Domain));
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

    fn read<'a, T>(
        text: &'a str,
        read: impl FnOnce(&mut Cursor<'a, '_>) -> Result<T, ParseError>,
    ) -> Result<(&'a str, T), (usize, &'static str)> {
        let mut forgiven = Forgiven::NONE;
        let mut cursor = Cursor::new(text, text.len(), &Options::STRICT, &mut forgiven);
        let found = read(&mut cursor).map_err(|error| (error.offset, error.expected))?;
        Ok((cursor.rest(), found))
    }

    #[test]
    fn paths() {
        let reverse = |text| read(text, reverse_path).map(|(rest, path)| (rest, path.to_string()));
        let forward = |text| read(text, forward_path).map(|(rest, path)| (rest, path.to_string()));
        let ok = |rest, path: &str| Ok((rest, path.to_owned()));
        assert_eq!(reverse("<> X"), ok(" X", "<>"));
        assert_eq!(reverse("<a@b>"), ok("", "<a@b>"));
        assert_eq!(reverse("<@r1.example,@r2.example:a@b>"), ok("", "<a@b>"));
        assert_eq!(reverse("< >"), Err((1, "a local part")));
        assert_eq!(reverse(""), Err((0, "an opening angle bracket")));
        assert_eq!(forward("<postMASTER>"), ok("", "<Postmaster>"));
        assert_eq!(forward("<Postmaster@b>"), ok("", "<Postmaster@b>"));
        assert_eq!(forward("a@b"), Err((0, "an opening angle bracket")));
        assert_eq!(forward("<a@b"), Err((4, "a closing angle bracket")));
        assert_eq!(forward("<>"), Err((1, "a local part")));
        assert_eq!(forward("<@r a@b>"), Err((3, "a colon")));
        assert_eq!(forward("<@r,x:a@b>"), Err((4, "@")));
        assert_eq!(forward("<a@b:25>"), Err((4, "a closing angle bracket")));
    }

    #[test]
    fn smtputf8_is_needed_for_what_is_not_ascii() {
        let is_ascii = |text: &str| Mailbox::parse(text.as_bytes()).unwrap().is_ascii();
        assert!(is_ascii("a@b"));
        assert!(!is_ascii("\u{e9}@b") && !is_ascii("a@\u{e9}"));
        assert!(ReversePath::Null.is_ascii() && ForwardPath::Postmaster.is_ascii());
    }
}
