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

mod cram_md5;
mod login;
mod ntlm;
mod plain;
mod settings;

pub use self::settings::Settings;
pub use crate::fresh::Fresh;
use crate::{Claim, Error, Mechanism};

/// Where an exchange is.
#[derive(Debug)]
pub enum Exchange {
    /// Send the challenge, and hand the client's response to [`Challenge::respond`].
    Challenge(Challenge),
    /// The client has said everything. Whether it is true, a directory knows.
    Verify(Claim),
}

/// A challenge that waits for its response, of which there can be only one.
#[derive(Debug)]
pub struct Challenge(State);

#[derive(Debug)]
enum State {
    Plain,
    LoginName,
    LoginPassword(login::Name),
    CramMd5(cram_md5::Sent),
    NtlmReady(Box<ntlm::Ready>),
    NtlmSent(Box<ntlm::Sent>),
}

/// Begins an exchange.
///
/// `initial` is the initial response, decoded from base64; `None` if the client sent none. RFC 4422 section 3 tells
/// an empty initial response from none, which for the mechanisms here makes no difference: PLAIN refuses both an empty
/// message and, after an empty challenge, an empty response, and for the others an empty one is none.
///
/// `settings` are of the server, `fresh` of this exchange alone. PLAIN and LOGIN need neither: [`plain`] and [`login`]
/// begin them without.
///
/// # Errors
/// If the initial response is not what the mechanism asks for.
pub fn start(
    mechanism: Mechanism,
    initial: Option<&[u8]>,
    settings: &Settings,
    fresh: Fresh,
) -> Result<Exchange, Error> {
    match mechanism {
        Mechanism::Plain => plain(initial),
        Mechanism::Login => login(initial),
        Mechanism::CramMd5 => match initial.unwrap_or_default() {
            // Some clients send an empty initial response where they mean none.
            [] => Ok(cram_md5::start(&settings.host, &fresh)),
            _ => Err(Error::malformed("CRAM-MD5: the server speaks first")),
        },
        Mechanism::Ntlm => {
            let ready = ntlm::Ready::new(settings, fresh);
            match initial.unwrap_or_default() {
                [] => Ok(challenge(State::NtlmReady(Box::new(ready)))),
                message => ready.respond(message),
            }
        }
    }
}

/// Begins PLAIN, as [`start`] does.
///
/// # Errors
/// If the initial response is not what the mechanism asks for.
pub fn plain(initial: Option<&[u8]>) -> Result<Exchange, Error> {
    match initial {
        None => Ok(challenge(State::Plain)),
        Some(message) => plain::read(message).map(Exchange::Verify),
    }
}

/// Begins LOGIN, as [`start`] does.
///
/// # Errors
/// If the initial response is not what the mechanism asks for.
pub fn login(initial: Option<&[u8]>) -> Result<Exchange, Error> {
    match initial.unwrap_or_default() {
        // Some clients send an empty initial response where they mean none.
        [] => Ok(challenge(State::LoginName)),
        name => login::name(name),
    }
}

fn challenge(state: State) -> Exchange {
    Exchange::Challenge(Challenge(state))
}

impl Challenge {
    /// What to send, before base64. It may be empty, and is then sent as an empty challenge.
    pub fn octets(&self) -> &[u8] {
        match &self.0 {
            State::Plain | State::NtlmReady(_) => b"",
            State::LoginName => b"Username:",
            State::LoginPassword(_) => b"Password:",
            State::CramMd5(sent) => sent.octets(),
            State::NtlmSent(sent) => sent.octets(),
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
            State::CramMd5(sent) => sent.respond(response).map(Exchange::Verify),
            State::NtlmReady(ready) => ready.respond(response),
            State::NtlmSent(sent) => sent.respond(response).map(Exchange::Verify),
        }
    }
}

#[cfg(test)]
mod tests;
