//! Sixteen octets that must not leak.

use std::fmt;

use gatepost_wire::Secret;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroize as _;

use crate::{ParseError, hex};

/// A key, hash or digest: wiped when dropped, compared in constant time, never printed.
#[derive(Clone)]
pub(crate) struct Key([u8; 16]);

impl Key {
    pub(crate) const fn new(octets: [u8; 16]) -> Self {
        Self(octets)
    }

    pub(crate) fn parse_hex(text: &str) -> Result<Self, ParseError> {
        let octets = hex::decode(text.as_bytes());
        octets
            .map(Self)
            .ok_or(ParseError("expected 32 hexadecimal digits"))
    }

    pub(crate) fn to_hex(&self) -> Secret {
        hex::encode(&self.0)
    }

    pub(crate) const fn expose(&self) -> &[u8; 16] {
        &self.0
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Key {}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}
