//! Hexadecimal digits, as stored secrets and CRAM-MD5 have them.

use gatepost_wire::Secret;

/// Reads exactly `N` octets, in digits of either case.
pub(crate) fn decode<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    if text.len() != 2 * N {
        return None;
    }
    let mut octets = [0; N];
    for (octet, digits) in octets.iter_mut().zip(text.chunks_exact(2)) {
        for digit in digits {
            let value = char::from(*digit).to_digit(16)?;
            *octet = *octet << 4 | u8::try_from(value).ok()?;
        }
    }
    Some(octets)
}

/// Digits in lower case.
pub(crate) fn encode(octets: &[u8]) -> Secret {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or_default();
    let pairs = octets.iter().map(|octet| [digit(octet >> 4), digit(octet & 15)]);
    let mut text = Vec::with_capacity(2 * octets.len());
    pairs.for_each(|pair| text.extend_from_slice(&pair));
    Secret::new(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_either_case() {
        assert_eq!(decode(b"00fFa9"), Some([0, 0xff, 0xa9]));
        assert_eq!(encode(&[0, 0xff, 0xa9]).expose(), b"00ffa9");
        for wrong in [
            &b""[..],
            b"00ffa",
            b"00ffa90",
            b"00ffa9a0",
            b"00ffg9",
            b"+0ffa9",
            b"00 fa9",
        ] {
            assert_eq!(decode::<3>(wrong), None, "{}", wrong.escape_ascii());
        }
    }
}
