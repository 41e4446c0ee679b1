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
//! assert_eq!(gatepost_smtp::xtext::decode("a+2Bb").unwrap(), b"a+b");
//! ```

use std::fmt::Write as _;

/// Writes `octets` as xtext.
pub fn encode(octets: &[u8]) -> String {
    let mut text = String::with_capacity(octets.len());
    for &octet in octets {
        if matches!(octet, b'!'..=b'~') && !matches!(octet, b'+' | b'=') {
            text.push(char::from(octet));
        } else {
            let _ = write!(text, "+{octet:02X}");
        }
    }
    text
}

/// Reads xtext. Lower case digits are tolerated, and a `=`, which some clients do not encode.
///
/// `None` if there is a `+` without two hexadecimal digits, or an octet that must be encoded.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(octet) = rest.next() {
        octets.push(match octet {
            b'+' => (digit(rest.next()?)? << 4) | digit(rest.next()?)?,
            b'!'..=b'~' => octet,
            _ => return None,
        });
    }
    Some(octets)
}

fn digit(octet: u8) -> Option<u8> {
    let digit = char::from(octet).to_digit(16)?;
    u8::try_from(digit).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_rfc_3461_and_4954() {
        assert_eq!(decode("e=mc2@example.com").unwrap(), b"e=mc2@example.com");
        assert_eq!(encode(b"e=mc2@example.com"), "e+3Dmc2@example.com");
        assert_eq!(decode("e+3Dmc2@example.com").unwrap(), b"e=mc2@example.com");
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
        assert_eq!(decode("").unwrap(), b"");
    }

    #[test]
    fn what_is_no_xtext() {
        for wrong in ["+", "+4", "+4G", "a b", "+4\u{e9}", "\u{e9}", "\r"] {
            assert_eq!(decode(wrong), None, "{wrong:?}");
        }
        assert_eq!(decode("+4a").unwrap(), b"J");
    }
}
