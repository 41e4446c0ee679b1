//! CRAM-MD5 (RFC 2195).

use gatepost_wire::Secret;
use sasl::client::{Mechanism, MechanismError};
use sasl::common::Credentials;

use super::{check_name, check_password, name_and_password};
use crate::Error;
use crate::cram_md5::State;

/// CRAM-MD5: a digest of the password and the server's challenge. It answers one challenge.
#[derive(Debug)]
pub struct CramMd5 {
    name: String,
    /// `None` once it has answered.
    state: Option<State>,
}

impl CramMd5 {
    /// Logs in as `name` with `password`, of which only the [`State`] is kept.
    ///
    /// # Errors
    /// If one of them is empty or holds NUL, or the password is not UTF-8.
    pub fn new(name: &str, password: &Secret) -> Result<Self, Error> {
        check_name(name)?;
        let text = password
            .expose_str()
            .map_err(|_| Error::identity("the password is not UTF-8"))?;
        check_password(text)?;
        Ok(Self {
            name: name.to_owned(),
            state: Some(State::of_password(password)),
        })
    }
}

impl Mechanism for CramMd5 {
    fn name(&self) -> &str {
        "CRAM-MD5"
    }

    fn from_credentials(credentials: Credentials) -> Result<Self, MechanismError> {
        let (name, password) = name_and_password(&credentials)?;
        Self::new(name, &Secret::from(password)).map_err(|_| MechanismError::InvalidState)
    }

    /// A server that sends an empty challenge waits for something else than a digest.
    fn response(&mut self, challenge: &[u8]) -> Result<Vec<u8>, MechanismError> {
        if challenge.is_empty() {
            return Err(MechanismError::CannotDecodeChallenge);
        }
        let state = self.state.take().ok_or(MechanismError::InvalidState)?;
        let digest = state.digest(challenge).ok_or(MechanismError::InvalidState)?;
        Ok([self.name.as_bytes(), b" ", digest.to_hex().expose()].concat())
    }
}
