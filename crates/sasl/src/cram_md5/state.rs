//! The two halves of HMAC-MD5 (RFC 2104) after the key, as a secret that can be stored.

use std::fmt;

use gatepost_wire::Secret;
use md5::block_api::Md5Core;
use md5::digest::Output;
use md5::digest::block_api::{Block, Buffer, FixedOutputCore as _, UpdateCore as _};
use md5::digest::common::hazmat::SerializableState as _;
use md5::{Digest as _, Md5};
use zeroize::{Zeroize as _, Zeroizing};

use crate::ParseError;
use crate::key::Key;

/// The scheme's name, before the digits.
const SCHEME: &str = "{CRAM-MD5}";

/// The octets of a block of MD5, and of a key as HMAC takes it.
const BLOCK: usize = 64;

/// What HMAC-MD5 makes of a password before it sees a challenge: as good as the password for CRAM-MD5, of no use for
/// anything else. Wiped when dropped, compared in constant time, never printed.
///
/// ```
/// use gatepost_sasl::cram_md5::State;
/// use gatepost_wire::Secret;
///
/// // As `doveadm pw -s CRAM-MD5 -p secret` prints it:
/// let stored = "{CRAM-MD5}cd3ba7deaad6e5ca23448ba42e379747a9e0f7f1fbc00c8a81bbaac395731b56";
/// assert_eq!(State::parse(stored)?, State::of_password(&Secret::from("secret")));
/// # Ok::<(), gatepost_sasl::ParseError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct State {
    outer: Key,
    inner: Key,
}

impl State {
    /// The state of a password.
    pub fn of_password(password: &Secret) -> Self {
        let key = Zeroizing::new(key(password.expose()));
        Self {
            outer: after(&key, 0x5c),
            inner: after(&key, 0x36),
        }
    }

    /// The outer and the inner state, each of four words in little-endian order. Random ones are no password's: what to
    /// judge a claim against whose name nobody has.
    pub const fn from_octets(outer: [u8; 16], inner: [u8; 16]) -> Self {
        Self {
            outer: Key::new(outer),
            inner: Key::new(inner),
        }
    }

    /// Reads `{CRAM-MD5}` and 64 hexadecimal digits, as Dovecot's `doveadm pw -s CRAM-MD5` prints them: the outer
    /// state, then the inner. The scheme's name may be in any case.
    ///
    /// # Errors
    /// If it is anything else.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let parsed = Self::parse_digits(text);
        parsed.ok_or(ParseError("expected {CRAM-MD5} and 64 hexadecimal digits"))
    }

    fn parse_digits(text: &str) -> Option<Self> {
        let (scheme, digits) = text.split_at_checked(SCHEME.len())?;
        let (outer, inner) = digits.split_at_checked(32)?;
        if !scheme.eq_ignore_ascii_case(SCHEME) {
            return None;
        }
        Some(Self {
            outer: Key::parse_hex(outer).ok()?,
            inner: Key::parse_hex(inner).ok()?,
        })
    }

    /// What [`State::parse`] reads.
    pub fn to_text(&self) -> Secret {
        let (outer, inner) = (self.outer.to_hex(), self.inner.to_hex());
        Secret::new([SCHEME.as_bytes(), outer.expose(), inner.expose()].concat())
    }

    /// HMAC-MD5 of a challenge.
    pub(crate) fn digest(&self, challenge: &[u8]) -> Option<Key> {
        let inner = resume(&self.inner, challenge)?;
        resume(&self.outer, inner.expose())
    }
}

/// A key as HMAC takes it: a longer one is hashed, a shorter one filled with zeros (RFC 2104 section 2).
fn key(password: &[u8]) -> [u8; BLOCK] {
    let hashed = Zeroizing::new(<[u8; 16]>::from(Md5::digest(password)));
    let octets = if password.len() > BLOCK {
        &hashed[..]
    } else {
        password
    };
    let mut key = [0; BLOCK];
    key.iter_mut().zip(octets).for_each(|(to, from)| *to = *from);
    key
}

/// Where MD5 is after one block of the key.
fn after(key: &[u8; BLOCK], pad: u8) -> Key {
    let mut block = Block::<Md5Core>::from(key.map(|octet| octet ^ pad));
    let mut core = Md5Core::default();
    core.update_blocks(std::slice::from_ref(&block));
    block.as_mut_slice().zeroize();
    let mut stored = core.serialize();
    let mut words = [0; 16];
    words.iter_mut().zip(&stored).for_each(|(to, from)| *to = *from);
    stored.as_mut_slice().zeroize();
    Key::new(words)
}

/// The digest that MD5 comes to when it has seen one block, is at `words`, and now sees `rest`.
///
/// The crate `md-5` stores a state as its words and the count of blocks. It takes any; were there one that it does not
/// take, that would be no state to judge by.
fn resume(words: &Key, rest: &[u8]) -> Option<Key> {
    let mut stored = [0; 24];
    let octets = words.expose().iter().chain(&[1]);
    stored.iter_mut().zip(octets).for_each(|(to, from)| *to = *from);
    let core = Md5Core::deserialize(&stored.into());
    stored.zeroize();
    let mut core = core.ok()?;
    let mut buffer = Buffer::<Md5Core>::default();
    buffer.digest_blocks(rest, |blocks| core.update_blocks(blocks));
    let mut digest = Output::<Md5Core>::default();
    core.finalize_fixed_core(&mut buffer, &mut digest);
    Some(Key::new(digest.into()))
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("State(..)")
    }
}
