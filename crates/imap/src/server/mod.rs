//! The server's side of a connection, up to the login.
//!
//! A session is an owned state; the methods of each state are what makes sense in it. [`greet`] starts, and
//! [`NeedInput::process`] gives the next [`Step`]:
//!
//! ```text
//!  greet
//!    |
//!    v               LOGIN                       accept
//!  NeedInput ------------------> Login ------------------------> Authenticated
//!    |  ^                          |                                  ^
//!    |  +----------- reject -------+                                  |
//!    |  |                                        accept               |
//!    |  |            AUTHENTICATE, response                           |
//!    +--|----------------------> Sasl --------------------------------+
//!    |  |                          |
//!    |  +-- reject, malformed, ----+
//!    |  |   challenge
//!    |  |            STARTTLS
//!    +--|----------------------> StartTls
//!    |  +----------- upgraded -----+
//!    |
//!    |  "*" or bad base64 in an exchange
//!    +-------------------------> Cancelled(NeedInput)
//!    |  LOGOUT, HTTP, too many commands, bad commands or failures
//!    +-------------------------> Closed
//! ```
//!
//! The same as transitions, which a test compares with the code:
//!
//! ```text
//! plain --NOOP--> NeedInput
//! plain --STARTTLS--> StartTls
//! plain --LOGIN--> NeedInput
//! plain --AUTHENTICATE--> NeedInput
//! plain --LOGOUT--> Closed
//! plain --GET--> Closed
//! tls --NOOP--> NeedInput
//! tls --STARTTLS--> NeedInput
//! tls --LOGIN--> Login
//! tls --AUTHENTICATE--> Sasl
//! tls --SELECT--> NeedInput
//! tls --LOGOUT--> Closed
//! challenged --response--> Sasl
//! challenged --star--> Cancelled
//! challenged --garbage--> Cancelled
//! ```
//!
//! Whatever is in the output has to be sent, whether a call succeeded or not. [`NeedInput`] as a result of
//! [`NeedInput::process`] means that nothing more can be done with the input there is. [`NeedInput`] from anywhere
//! else ([`greet`], a rejection, a challenge, [`StartTls::upgraded`], [`Step::Cancelled`]) may find a whole command
//! waiting in the input: call [`NeedInput::process`] before reading.

mod core;
mod need_input;
mod refusal;
mod states;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use bytes::BytesMut;

use self::core::Core;
pub use self::need_input::NeedInput;
pub use self::refusal::{Bye, Counts, Refusal, RefusalCode};
pub use self::states::{Authenticated, Closed, Login, Sasl, SaslInput, StartTls};
use crate::Limits;

/// What a listener offers. Shared by its connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The text of the greeting.
    pub greeting: String,
    /// The SASL mechanisms that are offered, by their registered names, in the order in which they are announced.
    pub mechanisms: Vec<String>,
    /// Whether the LOGIN command is served.
    pub login: LoginCommand,
    /// The fields of the answer to ID (RFC 2971), such as `name`; none is `NIL`.
    pub id: Vec<(String, String)>,
    /// What a client may ask for before it is logged in.
    pub limits: Limits,
}

/// Whether the LOGIN command is served on a connection with TLS. Without TLS it never is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginCommand {
    /// It is served.
    Offered,
    /// LOGINDISABLED is announced, and it is refused.
    Disabled,
}

/// What protects the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Nothing: STARTTLS and LOGINDISABLED are announced, and every login is refused.
    Plain,
    /// TLS: the mechanisms are announced.
    Tls,
}

/// What comes next.
#[derive(Debug)]
pub enum Step {
    /// Read more and call [`NeedInput::process`].
    NeedInput(NeedInput),
    /// Send the output, do the TLS handshake, then call [`StartTls::upgraded`].
    StartTls(StartTls),
    /// Judge a user and a password, then accept or reject.
    Login(Login),
    /// Give the exchange its next input, then challenge, accept or reject.
    Sasl(Sasl),
    /// The client broke the exchange off, or sent what is not base64; the exchange is over and was answered.
    Cancelled(NeedInput),
    /// Send the output and close.
    Closed(Closed),
}

/// Greets a client: `* OK [CAPABILITY ..] greeting`.
pub fn greet(config: Arc<Config>, transport: Transport, out: &mut BytesMut) -> NeedInput {
    let core = Core::new(config, transport);
    core.greet(out);
    NeedInput::command(core)
}
