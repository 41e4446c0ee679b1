//! Sealing on a secure channel with AES (MS-NRPC 3.3.4.2).

use aes::Aes128;
use subtle::ConstantTimeEq as _;

use super::Error;
use crate::crypto::{Cfb8, Octets8, SessionKey, hmac};

/// NL_AUTH_SHA2_SIGNATURE (MS-NRPC 2.2.1.3.3): HMAC-SHA256, AES-128, padding, no flags.
const KIND: Octets8 = [0x13, 0, 0x1a, 0, 0xff, 0xff, 0, 0];

/// In the second half of a client's sequence number.
const CLIENT: u32 = 0x8000_0000;
const SERVER: u32 = 0;

/// Seals what we send and opens what we receive, of one connection.
pub(crate) struct Sealer {
    key: SessionKey,
    for_sequence: Aes128,
    for_data: Aes128,
    /// Counts the messages of both directions.
    next: u32,
    ours: u32,
    theirs: u32,
}

/// The parts of a token that change.
struct Token {
    sequence: Octets8,
    checksum: Octets8,
    confounder: Octets8,
}

impl Sealer {
    /// The length of a token: what has no meaning is zero.
    pub(crate) const TOKEN: usize = 56;

    /// Data is padded to a multiple of this.
    pub(crate) const BLOCK: usize = 16;

    pub(crate) fn client(key: &SessionKey) -> Self {
        Self {
            key: key.clone(),
            for_sequence: key.cipher(),
            for_data: key.data_cipher(),
            next: 0,
            ours: CLIENT,
            theirs: SERVER,
        }
    }

    #[cfg(test)]
    pub(crate) fn server(key: &SessionKey) -> Self {
        Self {
            ours: SERVER,
            theirs: CLIENT,
            ..Self::client(key)
        }
    }

    /// Encrypts the data, and returns the token that goes with it. The confounder has to be random.
    pub(crate) fn seal(&mut self, data: &mut [u8], mut confounder: Octets8) -> [u8; Self::TOKEN] {
        let mut sequence = self.sequence(self.ours);
        let checksum = self.checksum(&confounder, data);
        let mut cipher = Cfb8::of_half(&self.for_data, &sequence);
        cipher.encrypt(&mut confounder);
        cipher.encrypt(data);
        Cfb8::of_half(&self.for_sequence, &checksum).encrypt(&mut sequence);
        let token = Token {
            sequence,
            checksum,
            confounder,
        };
        token.write()
    }

    /// Decrypts the data, which may be used only if there is no error.
    pub(crate) fn open(&mut self, data: &mut [u8], token: &[u8]) -> Result<(), Error> {
        let mut token = Token::read(token).ok_or(Error::Token)?;
        let expected = self.sequence(self.theirs);
        Cfb8::of_half(&self.for_sequence, &token.checksum).decrypt(&mut token.sequence);
        if !bool::from(token.sequence.ct_eq(&expected)) {
            return Err(Error::Sequence);
        }
        let mut cipher = Cfb8::of_half(&self.for_data, &expected);
        cipher.decrypt(&mut token.confounder);
        cipher.decrypt(data);
        match bool::from(self.checksum(&token.confounder, data).ct_eq(&token.checksum)) {
            true => Ok(()),
            false => Err(Error::Checksum),
        }
    }

    /// The next number, big-endian, and who sends (3.3.4.2.1 step 5).
    fn sequence(&mut self, sender: u32) -> Octets8 {
        let number = u64::from(self.next) << 32 | u64::from(sender);
        self.next = self.next.wrapping_add(1);
        number.to_be_bytes()
    }

    fn checksum(&self, confounder: &Octets8, data: &[u8]) -> Octets8 {
        let [a, b, c, d, e, f, g, h, ..] = hmac(self.key.octets(), &[&KIND, confounder, data]);
        [a, b, c, d, e, f, g, h]
    }
}

impl Token {
    fn write(&self) -> [u8; Sealer::TOKEN] {
        let mut octets = [0; Sealer::TOKEN];
        let parts = [KIND, self.sequence, self.checksum, self.confounder];
        let (chunks, _) = octets.as_chunks_mut::<8>();
        chunks.iter_mut().zip(parts).for_each(|(to, from)| *to = from);
        octets
    }

    fn read(octets: &[u8]) -> Option<Self> {
        match octets.as_chunks::<8>().0 {
            [KIND, sequence, checksum, confounder, ..] => Some(Self {
                sequence: *sequence,
                checksum: *checksum,
                confounder: *confounder,
            }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
