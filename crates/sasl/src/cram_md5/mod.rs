//! CRAM-MD5 (RFC 2195): what a directory needs to judge it.
//!
//! The client proves that it knows the password by HMAC-MD5 of a challenge that the server made. Whoever judges it
//! needs the password, or the [`State`] that Dovecot stores as `{CRAM-MD5}`.

mod state;

use std::fmt;

pub use self::state::State;
use crate::key::Key;

/// A name and the digest of a challenge. A server's exchange makes one.
///
/// For a name that nobody has, a directory judges it against a [`State`] of random octets, so that the time does not
/// tell who exists.
#[derive(Clone, PartialEq, Eq)]
pub struct CramMd5 {
    pub(crate) name: String,
    pub(crate) challenge: String,
    pub(crate) digest: Key,
}

impl CramMd5 {
    /// The authentication identity as typed.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the digest is that of `state`'s password. In constant time.
    pub fn is_of(&self, state: &State) -> bool {
        let digest = state.digest(self.challenge.as_bytes());
        digest.is_some_and(|digest| digest == self.digest)
    }
}

/// The digest is never printed.
impl fmt::Debug for CramMd5 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CramMd5")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
