//! Octets in a parameter's value: xtext (RFC 3461 section 4).
//!
//! ```abnf
//! xtext   = *( xchar / hexchar )
//! xchar   = any ASCII CHAR between "!" (33) and "~" (126) inclusive, except for "+" and "="
//! hexchar = ASCII "+" immediately followed by two upper case hexadecimal digits
//! ```
//!
//! ```
//! assert_eq!(gatepost_smtp::xtext::encode(b"a+b=c d"), "a+2Bb+3Dc+20d");
//! assert_eq!(gatepost_smtp::xtext::decode("a+2Bb").unwrap(), &b"a+b"[..]);
//! ```

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::grammar::{class, is};
use crate::parse::{self, Allowance, Cursor, Options, ParseError, Parsed};

/// Writes `octets` as xtext.
pub fn encode(octets: &[u8]) -> String {
    let mut text = String::with_capacity(octets.len());
    for &octet in octets {
        if is(octet, class::XTEXT) && octet != b'+' {
            text.push(char::from(octet));
        } else {
            let _ = write!(text, "+{octet:02X}");
        }
    }
    text
}

/// Reads xtext.
///
/// # Errors
/// Where there is a `+` without two hexadecimal digits in upper case, or an octet that must be encoded.
pub fn decode(text: &str) -> Result<Cow<'_, [u8]>, ParseError> {
    decode_with(text, &Options::STRICT).map(|parsed| parsed.value)
}

/// As [`decode`], but as strictly as `options` say: [`Allowance::HexDigits`], [`Allowance::EqualsSign`].
///
/// # Errors
/// As [`decode`].
pub fn decode_with<'a>(text: &'a str, options: &Options) -> Result<Parsed<Cow<'a, [u8]>>, ParseError> {
    parse::whole(text, options, |cursor| {
        let text = cursor.rest();
        if text.bytes().all(|octet| is(octet, class::XTEXT) && octet != b'+') {
            return Ok(Cow::Borrowed(cursor.take_rest().as_bytes()));
        }
        let mut octets = Vec::with_capacity(text.len());
        while !cursor.is_end() {
            octets.push(octet(cursor)?);
        }
        Ok(Cow::Owned(octets))
    })
}

/// Reads xtext of which a text comes.
pub(crate) fn text(xtext: &str) -> Result<Cow<'_, str>, ParseError> {
    text_of(decode(xtext)?)
}

/// As [`text`], of what was read already, and may have been forgiven then.
pub(crate) fn any_text(xtext: &str) -> Result<Cow<'_, str>, ParseError> {
    text_of(decode_with(xtext, &Options::CLIENTS)?.value)
}

fn text_of(octets: Cow<'_, [u8]>) -> Result<Cow<'_, str>, ParseError> {
    Ok(match octets {
        Cow::Borrowed(octets) => Cow::Borrowed(ParseError::utf8(octets)?),
        Cow::Owned(octets) => Cow::Owned(ParseError::utf8(&octets)?.to_owned()),
    })
}

/// Reads one octet.
pub(crate) fn octet(cursor: &mut Cursor<'_, '_>) -> Result<u8, ParseError> {
    let start = cursor.offset();
    let found = match cursor.peek() {
        Some(b'+') => hexchar(cursor),
        Some(b'=') if cursor.forgives(Allowance::EqualsSign) => cursor.eat(b'=').then_some(b'='),
        Some(octet) if is(octet, class::XTEXT) => cursor.eat(octet).then_some(octet),
        _ => None,
    };
    found.ok_or_else(|| ParseError::syntax(start, "xtext"))
}

fn hexchar(cursor: &mut Cursor<'_, '_>) -> Option<u8> {
    let digits = cursor.rest().get(1..3)?;
    if !digits.bytes().all(|octet| octet.is_ascii_hexdigit()) {
        return None;
    }
    let is_lower = digits.bytes().any(|octet| octet.is_ascii_lowercase());
    if is_lower && !cursor.forgives(Allowance::HexDigits) {
        return None;
    }
    cursor.move_to(cursor.rest().get("+4A".len()..)?);
    u8::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_rfc_3461_and_4954() {
        assert_eq!(encode(b"e=mc2@example.com"), "e+3Dmc2@example.com");
        assert_eq!(decode("e+3Dmc2@example.com").unwrap(), &b"e=mc2@example.com"[..]);
        assert_eq!(encode(b"Carol@Ivory.EDU"), "Carol@Ivory.EDU");
    }

    #[test]
    fn every_octet_comes_back() {
        let octets: Vec<u8> = (0..=255).collect();
        let text = encode(&octets);
        assert!(
            text.bytes()
                .all(|octet| octet.is_ascii_graphic() && octet != b'=')
        );
        assert_eq!(decode(&text).unwrap(), octets);
        assert_eq!(decode("").unwrap(), &b""[..]);
    }

    #[test]
    fn what_is_no_xtext() {
        for (wrong, offset) in [
            ("+", 0),
            ("a+4", 1),
            ("+4G", 0),
            ("+4a", 0),
            ("++1", 0),
            ("a b", 1),
            ("a=b", 1),
            ("+4\u{e9}", 0),
            ("\u{e9}", 0),
            ("\r", 0),
        ] {
            assert_eq!(
                decode(wrong),
                Err(ParseError::syntax(offset, "xtext")),
                "{wrong:?}"
            );
        }
    }

    #[test]
    fn lower_case_digits_and_equals_signs_are_forgiven_where_they_may_be() {
        let read = |text| {
            let parsed = decode_with(text, &Options::CLIENTS).unwrap();
            let forgiven: Vec<_> = parsed.forgiven.iter().collect();
            (parsed.value.into_owned(), forgiven)
        };
        assert_eq!(read("x+4a"), (b"xJ".to_vec(), vec![(Allowance::HexDigits, 1)]));
        assert_eq!(
            read("e=mc2@example.com"),
            (b"e=mc2@example.com".to_vec(), vec![(Allowance::EqualsSign, 1)])
        );
        assert_eq!(read("+4A"), (b"J".to_vec(), vec![]));
    }
}
