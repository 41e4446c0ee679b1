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
