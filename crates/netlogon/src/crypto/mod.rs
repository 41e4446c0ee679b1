//! The arithmetic of a secure channel with AES (MS-NRPC 3.1.4.3.1, 3.1.4.4.1).

use aes::Aes128;
use aes::cipher::{BlockCipherEncrypt as _, KeyInit as _};
use hmac::{Hmac, Mac as _};
use md4::{Digest as _, Md4};
use sha2::Sha256;
use zeroize::Zeroizing;

/// A challenge, or the credential computed from it.
pub(crate) type Octets8 = [u8; 8];

/// The key of a secure channel. Wiped when dropped, never printed.
#[derive(Clone)]
pub(crate) struct SessionKey(Zeroizing<[u8; 16]>);

impl SessionKey {
    /// HMAC-SHA256 of both challenges, keyed by MD4 of the account's password, cut to 16 octets (3.1.4.3.1).
    pub(crate) fn new(password: &str, client: &Octets8, server: &Octets8) -> Self {
        let digest = Zeroizing::new(hmac(&password_hash(password), &[client, server]));
        let mut key = Zeroizing::new([0; 16]);
        key.iter_mut()
            .zip(digest.iter())
            .for_each(|(to, from)| *to = *from);
        Self(key)
    }

    pub(crate) fn octets(&self) -> &[u8; 16] {
        &self.0
    }

    /// ComputeNetlogonCredential (3.1.4.4.1): what proves to the other side that we have the key.
    pub(crate) fn credential(&self, challenge: &Octets8) -> Octets8 {
        let mut credential = *challenge;
        let cipher = Aes128::new(self.octets().into());
        Cfb8::new(&cipher, [0; 16]).encrypt(&mut credential);
        credential
    }

    /// The cipher of the key itself.
    pub(crate) fn cipher(&self) -> Aes128 {
        Aes128::new(self.octets().into())
    }

    /// The cipher for data (3.3.4.2.1): of the key with each octet XOR 0xf0.
    pub(crate) fn data_cipher(&self) -> Aes128 {
        let key = Zeroizing::new(self.0.map(|octet| octet ^ 0xf0));
        Aes128::new((&*key).into())
    }
}

impl From<[u8; 16]> for SessionKey {
    fn from(octets: [u8; 16]) -> Self {
        Self(Zeroizing::new(octets))
    }
}

/// NTOWFv1: MD4 of the password in UTF-16.
fn password_hash(password: &str) -> Zeroizing<[u8; 16]> {
    let mut units = Zeroizing::new(Vec::with_capacity(password.len() * 2));
    for unit in password.encode_utf16() {
        units.extend_from_slice(&unit.to_le_bytes());
    }
    Zeroizing::new(Md4::digest(&*units).into())
}

/// HMAC-SHA256 of the parts in a row.
pub(crate) fn hmac(key: &[u8; 16], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC pads a key with zeros to the hash's block (RFC 2104); of that length, no key can be refused.
    let mut block = Zeroizing::new([0; 64]);
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    let mut hmac = Hmac::<Sha256>::new((&*block).into());
    parts.iter().for_each(|part| hmac.update(part));
    hmac.finalize().into_bytes().into()
}

/// Random octets that can be a client challenge: MS-NRPC 3.1.4.1 step 7 refuses those of which none of the first five
/// is unique, since an all-zero one can meet an all-zero credential by chance (CVE-2020-1472).
pub(crate) fn client_challenge() -> Result<Octets8, getrandom::Error> {
    loop {
        let challenge = random()?;
        if !is_weak(&challenge) {
            return Ok(challenge);
        }
    }
}

fn is_weak([a, b, c, d, e, ..]: &Octets8) -> bool {
    let first = [a, b, c, d, e];
    let unique = |octet| first.iter().filter(|other| **other == octet).count() == 1;
    !first.into_iter().any(unique)
}

pub(crate) fn random() -> Result<Octets8, getrandom::Error> {
    let mut octets = [0; 8];
    getrandom::fill(&mut octets)?;
    Ok(octets)
}

/// AES-128 in CFB mode with segments of 8 bits (NIST SP 800-38A 6.3).
pub(crate) struct Cfb8<'a> {
    cipher: &'a Aes128,
    register: [u8; 16],
}

impl<'a> Cfb8<'a> {
    pub(crate) fn new(cipher: &'a Aes128, vector: [u8; 16]) -> Self {
        Self {
            cipher,
            register: vector,
        }
    }

    /// With an initialization vector that is eight octets twice.
    pub(crate) fn of_half(cipher: &'a Aes128, half: &Octets8) -> Self {
        let [a, b, c, d, e, f, g, h] = *half;
        Self::new(cipher, [a, b, c, d, e, f, g, h, a, b, c, d, e, f, g, h])
    }

    pub(crate) fn encrypt(&mut self, data: &mut [u8]) {
        for octet in data {
            *octet ^= self.pad();
            self.shift(*octet);
        }
    }

    pub(crate) fn decrypt(&mut self, data: &mut [u8]) {
        for octet in data {
            let sealed = *octet;
            *octet ^= self.pad();
            self.shift(sealed);
        }
    }

    fn pad(&self) -> u8 {
        let mut block = aes::Block::from(self.register);
        self.cipher.encrypt_block(&mut block);
        let [first, ..] = <[u8; 16]>::from(block);
        first
    }

    fn shift(&mut self, sealed: u8) {
        self.register.rotate_left(1);
        let [.., last] = &mut self.register;
        *last = sealed;
    }
}

#[cfg(test)]
mod tests;
