//! Base64 as SASL exchanges use it: the standard alphabet, padded, one line (RFC 4648 section 4, RFC 4954
//! section 4, RFC 9051 section 6.2.2).
//!
//! What stands for nothing is the protocol's: `=` for an empty initial response and `*` for "cancelled" are no base64, and
//! have to be looked for first.
//!
//! ```
//! use gatepost_wire::base64;
//!
//! let response = base64::decode(b"AGFsaWNlAHNlY3JldA==")?;
//! assert_eq!(response.expose(), b"\0alice\0secret");
//!
//! let mut line = b"AUTH PLAIN ".to_vec();
//! base64::encode(response.expose(), &mut line);
//! assert_eq!(line, b"AUTH PLAIN AGFsaWNlAHNlY3JldA==");
//! assert_eq!(base64::decode(b"*").unwrap_err().offset, 0);
//! # Ok::<(), base64::Base64Error>(())
//! ```

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::Secret;

/// Decodes `text`, which must be strict base64: no white space, canonical padding, no stray bits.
///
/// The result is a [`Secret`], since what mechanisms send may be a password.
///
/// # Errors
/// [`Base64Error`] with the offset of the first octet that is wrong.
pub fn decode(text: &[u8]) -> Result<Secret, Base64Error> {
    match STANDARD.decode(text) {
        Ok(octets) => Ok(Secret::new(octets)),
        Err(error) => Err(Base64Error {
            offset: offset(&error, text.len()),
        }),
    }
}

/// Appends `octets` to `out` as base64, without a line end.
pub fn encode(octets: &[u8], out: &mut impl Extend<u8>) {
    let mut text = STANDARD.encode(octets).into_bytes();
    out.extend(text.iter().copied());
    crate::wipe(&mut text);
}

fn offset(error: &base64::DecodeError, len: usize) -> usize {
    match error {
        base64::DecodeError::InvalidByte(at, _) | base64::DecodeError::InvalidLastSymbol(at, _) => *at,
        base64::DecodeError::InvalidLength(_) | base64::DecodeError::InvalidPadding => len,
    }
}

/// The text is not base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not base64 at offset {offset}")]
pub struct Base64Error {
    /// The offset of the first wrong octet; the text's length if its end is wrong.
    pub offset: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strict_base64_only() {
        assert_eq!(decode(b"AHQAdA==").unwrap().expose(), b"\0t\0t");
        assert_eq!(decode(b"").unwrap().expose(), b"");
        assert_eq!(decode(b"AH A").unwrap_err(), Base64Error { offset: 2 });
        assert_eq!(decode(b"AHQAdA=").unwrap_err(), Base64Error { offset: 7 });
        assert_eq!(decode(b"AHQAdB==").unwrap_err(), Base64Error { offset: 5 });
        assert!(decode(b"AHQAdA").is_err());
        assert!(decode(b"=").is_err());
    }

    #[test]
    fn encode_appends() {
        let mut out = b"+ ".to_vec();
        encode(b"\0t\0t", &mut out);
        assert_eq!(out, b"+ AHQAdA==");
    }
}
