//! The pieces that commands and responses share, as nom parsers that say what they expected.

use std::borrow::Cow;

use bytes::BytesMut;
use gatepost_wire::{Secret, wipe};
use nom::branch::alt;
use nom::bytes::complete::{tag, tag_no_case, take, take_while1};
use nom::character::complete::{char, one_of, u64};
use nom::combinator::{cut, map, opt, recognize, value, verify};
use nom::error::{ContextError, ErrorKind, ParseError, context};
use nom::multi::many0_count;
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Parser};

use crate::types::is_atom_char;

/// The result of a parser over octets.
pub(crate) type Parsed<'a, T> = IResult<&'a [u8], T, Failure<'a>>;

/// Where a parser stopped and what it wanted there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Failure<'a> {
    /// What was left.
    pub(crate) rest: &'a [u8],
    /// The innermost context.
    pub(crate) expected: &'static str,
}

impl<'a> ParseError<&'a [u8]> for Failure<'a> {
    fn from_error_kind(rest: &'a [u8], _: ErrorKind) -> Self {
        Self { rest, expected: "" }
    }

    fn append(_: &'a [u8], _: ErrorKind, other: Self) -> Self {
        other
    }

    /// Of two alternatives the one that came further, else the last.
    fn or(self, other: Self) -> Self {
        if self.rest.len() < other.rest.len() {
            self
        } else {
            other
        }
    }
}

impl<'a> ContextError<&'a [u8]> for Failure<'a> {
    fn add_context(_: &'a [u8], expected: &'static str, inner: Self) -> Self {
        match inner.expected {
            "" => Self { expected, ..inner },
            _ => inner,
        }
    }
}

/// A string as it stands on the wire, with a quoted one's escapes.
#[derive(Clone, Copy)]
pub(crate) enum Raw<'a> {
    Plain(&'a [u8]),
    Quoted(&'a [u8]),
}

impl<'a> Raw<'a> {
    /// The string itself, copied only if there are escapes in it.
    pub(crate) fn into_text(self) -> Cow<'a, [u8]> {
        match self {
            Self::Quoted(text) if text.contains(&b'\\') => Cow::Owned(unescape(text)),
            Self::Plain(text) | Self::Quoted(text) => Cow::Borrowed(text),
        }
    }

    /// The string as a copy that is overwritten when dropped.
    pub(crate) fn into_secret(self) -> Secret {
        match self.into_text() {
            Cow::Borrowed(text) => Secret::from(text),
            Cow::Owned(text) => Secret::new(text),
        }
    }
}

/// The text in `quoted` without its escapes. Reserved at once, so that no half of a password is left behind.
fn unescape(quoted: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(quoted.len());
    let mut escaped = false;
    for &octet in quoted {
        escaped = octet == b'\\' && !escaped;
        if !escaped {
            text.push(octet);
        }
    }
    text
}

/// `SP`, exactly one.
pub(crate) fn space(input: &[u8]) -> Parsed<'_, ()> {
    context("a space", value((), char(' '))).parse(input)
}

/// The end of the message.
pub(crate) fn end(input: &[u8]) -> Parsed<'_, ()> {
    context("the end of the line", value((), nom::combinator::eof)).parse(input)
}

/// `atom = 1*ATOM-CHAR`
pub(crate) fn atom(input: &[u8]) -> Parsed<'_, &[u8]> {
    take_while1(is_atom_char).parse(input)
}

/// `astring = 1*ASTRING-CHAR / string`, where an unquoted one may hold `%`, `*` and `\` too: Python's imaplib sends
/// `CORP\alice` like that, and it has one meaning only.
pub(crate) fn lenient_astring(input: &[u8]) -> Parsed<'_, Raw<'_>> {
    let unquoted = take_while1(|octet: u8| octet.is_ascii_graphic() && !b"(){\"".contains(&octet));
    alt((string, map(unquoted, Raw::Plain))).parse(input)
}

/// `string = quoted / literal`
pub(crate) fn string(input: &[u8]) -> Parsed<'_, Raw<'_>> {
    alt((quoted, literal)).parse(input)
}

/// `nstring = string / nil`
pub(crate) fn nstring(input: &[u8]) -> Parsed<'_, Option<Raw<'_>>> {
    alt((value(None, nil), map(string, Some))).parse(input)
}

/// `nil = "NIL"`
pub(crate) fn nil(input: &[u8]) -> Parsed<'_, ()> {
    value((), tag_no_case("NIL")).parse(input)
}

/// ```abnf
/// quoted = DQUOTE *(<any TEXT-CHAR except quoted-specials> / "\" ("\" / DQUOTE) / UTF8-2 / UTF8-3 / UTF8-4) DQUOTE
/// ```
fn quoted(input: &[u8]) -> Parsed<'_, Raw<'_>> {
    let plain = take_while1(|octet| !matches!(octet, b'"' | b'\\' | b'\r' | b'\n' | 0));
    let escape = preceded(
        char('\\'),
        cut(context("a quote or a backslash", recognize(one_of("\"\\")))),
    );
    let closing = cut(context("a closing quote", char('"')));
    delimited(
        char('"'),
        map(recognize(many0_count(alt((plain, escape)))), Raw::Quoted),
        closing,
    )
    .parse(input)
}

/// `literal = "{" number ["+"] "}" CRLF *CHAR8`, or a literal8, without NUL.
fn literal(input: &[u8]) -> Parsed<'_, Raw<'_>> {
    let octets = delimited((opt(char('~')), char('{')), u64, opt(char('+')));
    let (rest, octets) = terminated(octets, tag("}\r\n")).parse(input)?;
    let text = verify(take(octets), |text: &[u8]| !text.contains(&0));
    map(cut(context("a literal without NUL", text)), Raw::Plain).parse(rest)
}

/// Whether `text` may stand in quotes: ASCII without CR, LF, NUL and other controls.
pub(crate) fn is_quotable(text: &[u8]) -> bool {
    text.iter().all(|octet| matches!(octet, b' '..=b'~'))
}

/// Appends `text` in quotes. It must be quotable.
pub(crate) fn encode_quoted(text: &[u8], out: &mut BytesMut) {
    out.extend_from_slice(b"\"");
    for &octet in text {
        if matches!(octet, b'"' | b'\\') {
            out.extend_from_slice(b"\\");
        }
        out.extend_from_slice(&[octet]);
    }
    out.extend_from_slice(b"\"");
}

/// Appends `text` as a quoted string or, if that cannot be, as a non-synchronizing literal.
pub(crate) fn encode_string(text: &[u8], out: &mut BytesMut) {
    if is_quotable(text) {
        return encode_quoted(text, out);
    }
    out.extend_from_slice(format!("{{{}+}}\r\n", text.len()).as_bytes());
    out.extend_from_slice(text);
}

/// Appends `octets` as base64, leaving no copy behind.
pub(crate) fn encode_base64(octets: &[u8], out: &mut BytesMut) {
    let mut text = Vec::with_capacity(octets.len().div_ceil(3) * 4);
    gatepost_wire::base64::encode(octets, &mut text);
    out.extend_from_slice(&text);
    wipe(&mut text);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(input: &[u8]) -> Option<Vec<u8>> {
        match lenient_astring(input) {
            Ok((b"", raw)) => Some(raw.into_text().into_owned()),
            _ => None,
        }
    }

    #[test]
    fn the_forms_of_a_string() {
        assert_eq!(text(b"alice").unwrap(), b"alice");
        assert_eq!(text(b"CORP\\al%*]").unwrap(), b"CORP\\al%*]");
        assert_eq!(text(br#""a \"b\\\" ]""#).unwrap(), br#"a "b\" ]"#);
        assert_eq!(text(b"\"\xc3\xa9{5}\"").unwrap(), "\u{e9}{5}".as_bytes());
        assert_eq!(text(b"{3}\r\n\r\n\"").unwrap(), b"\r\n\"");
        assert_eq!(text(b"{0+}\r\n").unwrap(), b"");
        assert_eq!(text(b"\"\"").unwrap(), b"");
    }

    #[test]
    fn what_is_no_string() {
        for wrong in [
            &b""[..],
            b"\"open",
            b"\"a\\b\"",
            b"\"a\\",
            b"a\"b",
            b"(",
            b"{3}\r\nab",
            b"{2}\r\na\0",
            b"{99999999999999999999}\r\n",
            b"\x80",
        ] {
            assert_eq!(text(wrong), None, "{}", wrong.escape_ascii());
        }
    }
}
