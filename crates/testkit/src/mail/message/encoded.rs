//! Encoded words in header fields (RFC 2047), for searching.

use std::borrow::Cow;

use gatepost_wire::base64;

/// A field's value with its encoded words decoded; what is in an unknown charset or malformed stays as it is.
pub(crate) fn decode(value: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(value.len());
    let mut rest = value;
    let mut after_word = false;
    while let Some(start) = memchr::memmem::find(rest, b"=?") {
        let (before, tail) = rest.split_at(start);
        let Some((text, length)) = word(tail) else {
            decoded.extend_from_slice(before);
            decoded.extend_from_slice(b"=?");
            rest = tail.get(2..).unwrap_or_default();
            after_word = false;
            continue;
        };
        // White space between two encoded words is no part of the text.
        if !after_word || !before.trim_ascii().is_empty() {
            decoded.extend_from_slice(before);
        }
        decoded.extend_from_slice(&text);
        rest = tail.get(length..).unwrap_or_default();
        after_word = true;
    }
    decoded.extend_from_slice(rest);
    decoded
}

/// `encoded-word = "=?" charset "?" encoding "?" encoded-text "?="` at the start of `text`: what it says in UTF-8, and
/// its length.
fn word(text: &[u8]) -> Option<(Vec<u8>, usize)> {
    let mut parts = text.get(2..)?.splitn(4, |octet| *octet == b'?');
    let (charset, encoding, encoded, rest) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let length = text.len() - rest.strip_prefix(b"=")?.len();
    let octets = match encoding {
        b"B" | b"b" => base64::decode(encoded).ok()?.expose().to_vec(),
        b"Q" | b"q" => q(encoded)?,
        _ => return None,
    };
    Some((utf8(charset, &octets)?.into_owned(), length))
}

fn utf8<'a>(charset: &[u8], octets: &'a [u8]) -> Option<Cow<'a, [u8]>> {
    // RFC 2231 section 5: a language may follow the charset.
    let charset = charset.split(|octet| *octet == b'*').next()?;
    match charset.to_ascii_lowercase().as_slice() {
        b"utf-8" | b"us-ascii" => Some(octets.into()),
        b"iso-8859-1" => Some(
            octets
                .iter()
                .map(|octet| char::from(*octet))
                .collect::<String>()
                .into_bytes()
                .into(),
        ),
        _ => None,
    }
}

/// The "Q" encoding (RFC 2047 section 4.2).
fn q(encoded: &[u8]) -> Option<Vec<u8>> {
    let mut octets = Vec::with_capacity(encoded.len());
    let mut rest = encoded.iter();
    while let Some(&octet) = rest.next() {
        octets.push(match octet {
            b'_' => b' ',
            b'=' => hex(*rest.next()?)? << 4 | hex(*rest.next()?)?,
            _ => octet,
        });
    }
    Some(octets)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| value.try_into().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> String {
        String::from_utf8(decode(value.as_bytes())).unwrap()
    }

    #[test]
    fn both_encodings_and_charsets() {
        assert_eq!(text("=?UTF-8?Q?Gr=C3=BC_e?= you"), "Grü e you");
        assert_eq!(text("a =?utf-8*de?b?w7w=?= =?iso-8859-1?q?=FC?= b"), "a üü b");
        assert_eq!(text("plain"), "plain");
    }

    #[test]
    fn what_is_malformed_stays() {
        for value in [
            "=?",
            "=?utf-8?q?=C?=",
            "=?utf-8?b?***?=",
            "=?koi8-r?q?a?=",
            "=?utf-8?x?a?=",
            "=?utf-8?q?a",
            "=?=?=?",
        ] {
            assert_eq!(text(value), value);
        }
    }
}
