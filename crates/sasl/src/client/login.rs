//! LOGIN (draft-murchison-sasl-login).

use gatepost_wire::Secret;
use sasl::client::{Mechanism, MechanismError};
use sasl::common::Credentials;

use super::{check_name, check_password, name_and_password};
use crate::Error;

/// LOGIN: the name for the first prompt, the password for the second, whatever their words are.
#[derive(Debug)]
pub struct Login {
    name: String,
    password: Secret,
    next: Answer,
}

#[derive(Debug)]
enum Answer {
    Name,
    Password,
    Nothing,
}

impl Login {
    /// Logs in as `name` with `password`.
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
            password: password.clone(),
            next: Answer::Name,
        })
    }
}

impl Mechanism for Login {
    fn name(&self) -> &str {
        "LOGIN"
    }

    fn from_credentials(credentials: Credentials) -> Result<Self, MechanismError> {
        let (name, password) = name_and_password(&credentials)?;
        Self::new(name, &Secret::from(password)).map_err(|_| MechanismError::InvalidState)
    }

    /// Prompts differ from server to server, so only their order counts.
    fn response(&mut self, _challenge: &[u8]) -> Result<Vec<u8>, MechanismError> {
        match self.next {
            Answer::Name => {
                self.next = Answer::Password;
                Ok(self.name.as_bytes().to_vec())
            }
            Answer::Password => {
                self.next = Answer::Nothing;
                Ok(self.password.expose().to_vec())
            }
            Answer::Nothing => Err(MechanismError::InvalidState),
        }
    }
}
