//! The keys that are made of a password (MS-NLMP sections 3.3.1 and 3.3.2).

use std::fmt;

use gatepost_wire::Secret;
use md4::{Digest as _, Md4};
use zeroize::Zeroizing;

use super::charset::encode_utf16;
use super::crypt::hmac_md5;
use super::upcase::upcase;
use crate::key::Key;
use crate::{Error, ParseError};

/// NTOWFv1: MD4 of the password in UTF-16. As good as the password for NTLM; it is what Samba stores as
/// `sambaNTPassword`. Wiped when dropped, compared in constant time, never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct NtHash(Key);

impl NtHash {
    /// The hash of a password.
    ///
    /// # Errors
    /// [`ErrorKind::Identity`](crate::ErrorKind::Identity) if the password is not UTF-8.
    pub fn of_password(password: &Secret) -> Result<Self, Error> {
        let text = password
            .expose_str()
            .map_err(|_| Error::identity("the password is not UTF-8"))?;
        let units = Zeroizing::new(encode_utf16(text));
        Ok(Self::from_octets(Md4::digest(&*units).into()))
    }

    /// Takes the hash itself.
    pub const fn from_octets(octets: [u8; 16]) -> Self {
        Self(Key::new(octets))
    }

    /// Reads 32 hexadecimal digits of either case.
    ///
    /// # Errors
    /// If it is anything else.
    pub fn parse_hex(text: &str) -> Result<Self, ParseError> {
        Key::parse_hex(text).map(Self)
    }

    /// What [`NtHash::parse_hex`] reads, in lower case.
    pub fn to_hex(&self) -> Secret {
        self.0.to_hex()
    }

    /// NTOWFv2: of this user, and of the domain exactly as it was sent.
    pub(crate) fn ntowf_v2(&self, user: &str, domain: &str) -> Key {
        let user = encode_utf16(&upcase(user));
        hmac_md5(self.0.expose(), &[&user, &encode_utf16(domain)])
    }
}

impl fmt::Debug for NtHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NtHash(..)")
    }
}

/// SessionBaseKey: what both sides know once the proof is right, and a domain controller tells. Wiped when dropped,
/// compared in constant time, never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionKey(pub(crate) Key);

impl SessionKey {
    pub(crate) fn expose(&self) -> &[u8; 16] {
        self.0.expose()
    }
}

impl From<[u8; 16]> for SessionKey {
    fn from(octets: [u8; 16]) -> Self {
        Self(Key::new(octets))
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionKey(..)")
    }
}
