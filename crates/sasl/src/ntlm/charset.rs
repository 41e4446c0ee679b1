//! How names are written in messages.

use super::NegotiateFlags;

/// The character set of names. It is the challenge's flags that decide: the server takes UTF-16 if the client can, and
/// what the last message's flags say is not to be relied on, since some clients set none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charset {
    /// UTF-16 in little-endian order.
    Unicode,
    /// The code page of the client. What that is, nobody says; clients of today put UTF-8 in.
    Oem,
}

/// A name is not in its character set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a name is not in the character set of the exchange")]
pub struct WrongText;

impl Charset {
    /// What the flags of a NEGOTIATE_MESSAGE or CHALLENGE_MESSAGE say.
    pub fn of(flags: NegotiateFlags) -> Self {
        if flags.contains(NegotiateFlags::UNICODE) {
            Self::Unicode
        } else {
            Self::Oem
        }
    }

    /// The flag that says so.
    pub fn flag(self) -> NegotiateFlags {
        match self {
            Self::Unicode => NegotiateFlags::UNICODE,
            Self::Oem => NegotiateFlags::OEM,
        }
    }

    /// The text that `octets` are.
    ///
    /// # Errors
    /// If they are no UTF-16 or, for a code page, no UTF-8.
    pub fn decode(self, octets: &[u8]) -> Result<String, WrongText> {
        match self {
            Self::Unicode => decode_utf16(octets),
            Self::Oem => String::from_utf8(octets.to_vec()).map_err(|_| WrongText),
        }
    }

    /// The octets that `text` is sent as.
    pub fn encode(self, text: &str) -> Vec<u8> {
        match self {
            Self::Unicode => encode_utf16(text),
            Self::Oem => text.as_bytes().to_vec(),
        }
    }
}

fn decode_utf16(octets: &[u8]) -> Result<String, WrongText> {
    let (units, []) = octets.as_chunks::<2>() else {
        return Err(WrongText);
    };
    let units = units.iter().map(|unit| u16::from_le_bytes(*unit));
    char::decode_utf16(units)
        .collect::<Result<String, _>>()
        .map_err(|_| WrongText)
}

/// UTF-16 in little-endian order.
pub(super) fn encode_utf16(text: &str) -> Vec<u8> {
    // No text has more units than octets of UTF-8; and what may be a password is not moved while it grows.
    let mut octets = Vec::with_capacity(2 * text.len());
    octets.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    octets
}
