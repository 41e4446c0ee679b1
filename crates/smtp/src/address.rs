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

use std::borrow::Cow;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use nom::branch::alt;
use nom::character::complete::{char, satisfy};
use nom::combinator::{cut, map, recognize, value, verify};
use nom::error::context;
use nom::multi::many0_count;
use nom::sequence::{delimited, preceded, terminated};
use nom::{Finish, Parser};

use crate::ParseError;
use crate::grammar::{Parsed, class, dotted, end, error, run, word};

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

/// Who hears of failures: a mailbox, or nobody.
///
/// ```abnf
/// Reverse-path = Path / "<>"        ; RFC 5321 section 4.1.2
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ReversePath<'a> {
    /// `<>`
    Null,
    /// A mailbox.
    Mailbox(Mailbox<'a>),
}

impl ReversePath<'_> {
    /// The mailbox, if there is one.
    pub fn mailbox(&self) -> Option<&Mailbox<'_>> {
        match self {
            Self::Null => None,
            Self::Mailbox(mailbox) => Some(mailbox),
        }
    }

    /// Whether the path can be sent without SMTPUTF8.
    pub fn is_ascii(&self) -> bool {
        self.mailbox().is_none_or(Mailbox::is_ascii)
    }

    /// The path without a borrow.
    pub fn into_owned(self) -> ReversePath<'static> {
        match self {
            Self::Null => ReversePath::Null,
            Self::Mailbox(mailbox) => ReversePath::Mailbox(mailbox.into_owned()),
        }
    }
}

/// The form on the wire, with angle brackets.
impl fmt::Display for ReversePath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("<>"),
            Self::Mailbox(mailbox) => write!(f, "<{mailbox}>"),
        }
    }
}

/// A recipient.
///
/// ```abnf
/// "RCPT TO:" ( "<Postmaster@" Domain ">" / "<Postmaster>" / Forward-path )        ; RFC 5321 section 4.1.1.3
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ForwardPath<'a> {
    /// `<Postmaster>` without a domain.
    Postmaster,
    /// A mailbox.
    Mailbox(Mailbox<'a>),
}

impl ForwardPath<'_> {
    /// The mailbox, if there is one.
    pub fn mailbox(&self) -> Option<&Mailbox<'_>> {
        match self {
            Self::Postmaster => None,
            Self::Mailbox(mailbox) => Some(mailbox),
        }
    }

    /// Whether the path can be sent without SMTPUTF8.
    pub fn is_ascii(&self) -> bool {
        self.mailbox().is_none_or(Mailbox::is_ascii)
    }

    /// The path without a borrow.
    pub fn into_owned(self) -> ForwardPath<'static> {
        match self {
            Self::Postmaster => ForwardPath::Postmaster,
            Self::Mailbox(mailbox) => ForwardPath::Mailbox(mailbox.into_owned()),
        }
    }
}

/// The form on the wire, with angle brackets.
impl fmt::Display for ForwardPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Postmaster => f.write_str("<Postmaster>"),
            Self::Mailbox(mailbox) => write!(f, "<{mailbox}>"),
        }
    }
}

/// `Reverse-path`
pub(crate) fn reverse_path(input: &str) -> Parsed<'_, ReversePath<'_>> {
    match input.strip_prefix("<>") {
        Some(rest) => Ok((rest, ReversePath::Null)),
        None => map(path, ReversePath::Mailbox).parse(input),
    }
}

/// What follows `RCPT TO:`
pub(crate) fn forward_path(input: &str) -> Parsed<'_, ForwardPath<'_>> {
    match word("<Postmaster>")(input) {
        Ok((rest, ())) => Ok((rest, ForwardPath::Postmaster)),
        Err(_) => map(path, ForwardPath::Mailbox).parse(input),
    }
}

/// ```abnf
/// Path  = "<" [ A-d-l ":" ] Mailbox ">"        ; RFC 5321 section 4.1.2
/// A-d-l = At-domain *( "," At-domain )         ; the route, to be ignored: appendix C
/// ```
fn path(input: &str) -> Parsed<'_, Mailbox<'_>> {
    let Some(mut rest) = input.strip_prefix('<') else {
        return error(input, "an opening angle bracket");
    };
    if rest.starts_with('@') {
        (rest, ()) = route(rest)?;
    }
    let (rest, mailbox) = mailbox(rest)?;
    match rest.strip_prefix('>') {
        Some(rest) => Ok((rest, mailbox)),
        None => error(rest, "a closing angle bracket"),
    }
}

fn route(input: &str) -> Parsed<'_, ()> {
    let at_domain = || preceded(context("@", char('@')), domain);
    let domains = (at_domain(), many0_count(preceded(char(','), cut(at_domain()))));
    value((), (domains, context("a colon", char(':')))).parse(input)
}

fn mailbox(input: &str) -> Parsed<'_, Mailbox<'_>> {
    let (rest, local) = local_part(input)?;
    let Some(rest) = rest.strip_prefix('@') else {
        return error(rest, "@");
    };
    let (rest, domain) = domain_part(rest)?;
    let domain = Cow::Borrowed(domain);
    Ok((rest, Mailbox { local, domain }))
}

/// ```abnf
/// Local-part = Dot-string / Quoted-string        ; RFC 5321 section 4.1.2
/// Dot-string = Atom *("."  Atom)
/// atext      =/ UTF8-non-ascii                   ; RFC 6531 section 3.3
/// ```
fn local_part(input: &str) -> Parsed<'_, Cow<'_, str>> {
    let (rest, local) = match dotted(input, class::ATEXT, b'.') {
        Some((local, rest)) => (rest, Cow::Borrowed(local)),
        None if input.starts_with('"') => quoted_string(input)?,
        None => return error(input, "a local part"),
    };
    match local.len() {
        ..=Mailbox::LONGEST_LOCAL_PART => Ok((rest, local)),
        _ => error(input, "a shorter local part"),
    }
}

/// ```abnf
/// Quoted-string   = DQUOTE *QcontentSMTP DQUOTE        ; RFC 5321 section 4.1.2
/// QcontentSMTP    = qtextSMTP / "\" %d32-126
/// qtextSMTP       = %d32-33 / %d35-91 / %d93-126 / UTF8-non-ascii
/// ```
fn quoted_string(input: &str) -> Parsed<'_, Cow<'_, str>> {
    let text = run(class::QTEXT, "");
    let pair = recognize((char('\\'), satisfy(|letter| matches!(letter, ' '..='~'))));
    let content = recognize(many0_count(alt((text, pair))));
    let closing = cut(context("a closing quote", char('"')));
    map(delimited(char('"'), content, closing), unescape).parse(input)
}

fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut escaped = false;
    let kept = text.chars().filter(|&letter| {
        escaped = letter == '\\' && !escaped;
        !escaped
    });
    Cow::Owned(kept.collect())
}

/// What stands behind `@`.
fn domain_part(input: &str) -> Parsed<'_, &str> {
    if input.starts_with('[') {
        return address_literal(input);
    }
    domain(input)
}

/// ```abnf
/// Domain     = sub-domain *("." sub-domain)        ; RFC 5321 section 4.1.2
/// sub-domain = Let-dig [Ldh-str] / U-label         ; RFC 6531 section 3.3
/// ```
/// Underscores are tolerated.
fn domain(input: &str) -> Parsed<'_, &str> {
    match dotted(input, class::LABEL, b'-') {
        Some((domain, rest)) if domain.len() <= Mailbox::LONGEST_DOMAIN => Ok((rest, domain)),
        Some(_) => error(input, "a shorter domain"),
        None => error(input, "a domain"),
    }
}

/// ```abnf
/// address-literal = "[" ( IPv4-address-literal / IPv6-address-literal / General-address-literal ) "]"
/// General-address-literal = Standardized-tag ":" 1*dcontent        ; RFC 5321 section 4.1.3
/// ```
fn address_literal(input: &str) -> Parsed<'_, &str> {
    let content = run(class::DCONTENT, "");
    let literal = recognize(delimited(char('['), verify(content, is_address), char(']')));
    context("an address literal", literal).parse(input)
}

fn is_address(address: &str) -> bool {
    match address.split_once(':') {
        None => address.parse::<Ipv4Addr>().is_ok(),
        Some((tag, address)) if tag.eq_ignore_ascii_case("IPv6") => address.parse::<Ipv6Addr>().is_ok(),
        Some((tag, address)) => {
            let is_tag = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'-';
            !tag.is_empty() && !tag.ends_with('-') && tag.bytes().all(is_tag) && !address.is_empty()
        }
    }
}

fn is_dot_string(text: &str) -> bool {
    dotted(text, class::ATEXT, b'.').is_some_and(|(_, rest)| rest.is_empty())
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
