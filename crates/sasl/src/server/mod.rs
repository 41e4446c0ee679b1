//! The server's side of an exchange.
//!
//! ```text
//!            initial response, or none
//!                       |
//!                     start ----------------> Error
//!                     |   |                     ^
//!                     |   +--> Challenge -------+
//!                     |         |  ^  |
//!                     |         +--+  | respond
//!                     v               v
//!                   Verify(Claim) <---+
//! ```
//!
//! [`start`] gives the first step. A [`Challenge`] is sent to the client, and its response goes to
//! [`Challenge::respond`]; a [`Claim`] goes to a directory. An exchange has at most three steps.

mod login;
mod plain;

use crate::{Claim, Error, Mechanism};

/// Where an exchange is.
#[derive(Debug)]
pub enum Exchange {
    /// Send the challenge, and hand the client's response to [`Challenge::respond`].
    Challenge(Challenge),
    /// The client has said everything. Whether it is true, a directory knows.
    Verify(Claim),
}

/// A challenge that waits for its response.
#[derive(Debug)]
pub struct Challenge(State);

#[derive(Debug)]
enum State {
    Plain,
    LoginName,
    LoginPassword(login::Name),
}

/// Begins an exchange.
///
/// `initial` is the initial response, decoded from base64; `None` if the client sent none. RFC 4422 section 3 tells
/// an empty initial response from none, which for the mechanisms here makes no difference: PLAIN refuses both an empty
/// message and, after an empty challenge, an empty response.
///
/// # Errors
/// If the initial response is not what the mechanism asks for.
pub fn start(mechanism: Mechanism, initial: Option<&[u8]>) -> Result<Exchange, Error> {
    match (mechanism, initial) {
        (Mechanism::Plain, None) => Ok(Exchange::Challenge(Challenge(State::Plain))),
        (Mechanism::Plain, Some(message)) => plain::read(message).map(Exchange::Verify),
        // Some clients send an empty initial response where they mean none.
        (Mechanism::Login, None | Some([])) => Ok(Exchange::Challenge(Challenge(State::LoginName))),
        (Mechanism::Login, Some(name)) => login::name(name),
    }
}

impl Challenge {
    /// What to send, before base64. It may be empty, and is then sent as an empty challenge.
    pub fn octets(&self) -> &[u8] {
        match self.0 {
            State::Plain => b"",
            State::LoginName => b"Username:",
            State::LoginPassword(_) => b"Password:",
        }
    }

    /// Takes the client's response, decoded from base64.
    ///
    /// # Errors
    /// If it is not what the mechanism asks for. The exchange is over then.
    pub fn respond(self, response: &[u8]) -> Result<Exchange, Error> {
        match self.0 {
            State::Plain => plain::read(response).map(Exchange::Verify),
            State::LoginName => login::name(response),
            State::LoginPassword(name) => login::password(&name, response).map(Exchange::Verify),
        }
    }
}

#[cfg(test)]
mod tests;
