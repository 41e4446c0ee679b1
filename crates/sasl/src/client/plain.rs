//! PLAIN (RFC 4616).

use gatepost_wire::Secret;
use sasl::client::{Mechanism, MechanismError};
use sasl::common::Credentials;

use super::{check_name, check_password, name_and_password};
use crate::Error;

/// PLAIN with an authorization identity, which the `sasl` crate's own PLAIN does not have.
#[derive(Debug)]
pub struct Plain {
    /// The whole message.
    message: Secret,
}

impl Plain {
    /// Logs in as `authcid` with `password`, to act for `authzid`; `None`: for itself.
    ///
    /// # Errors
    /// If one of them is empty or holds NUL, or the password is not UTF-8.
    pub fn new(authzid: Option<&str>, authcid: &str, password: &Secret) -> Result<Self, Error> {
        authzid.map_or(Ok(()), check_name)?;
        check_name(authcid)?;
        let password = password
            .expose_str()
            .map_err(|_| Error::identity("the password is not UTF-8"))?;
        check_password(password)?;
        let authzid = authzid.unwrap_or_default();
        let mut message = Vec::with_capacity(authzid.len() + authcid.len() + password.len() + 2);
        for (separator, field) in [(&b""[..], authzid), (b"\0", authcid), (b"\0", password)] {
            message.extend_from_slice(separator);
            message.extend_from_slice(field.as_bytes());
        }
        Ok(Self {
            message: Secret::new(message),
        })
    }
}

impl Mechanism for Plain {
    fn name(&self) -> &str {
        "PLAIN"
    }

    fn from_credentials(credentials: Credentials) -> Result<Self, MechanismError> {
        let (name, password) = name_and_password(&credentials)?;
        Self::new(None, name, &Secret::from(password)).map_err(|_| MechanismError::InvalidState)
    }

    fn initial(&mut self) -> Vec<u8> {
        self.message.expose().to_vec()
    }

    /// The answer to the empty challenge of a server that takes no initial response is that response.
    fn response(&mut self, challenge: &[u8]) -> Result<Vec<u8>, MechanismError> {
        if challenge.is_empty() {
            Ok(self.initial())
        } else {
            Err(MechanismError::CannotDecodeChallenge)
        }
    }
}
