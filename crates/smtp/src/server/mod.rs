//! The server's side of a connection, up to the login.
//!
//! A session is an owned state; the methods of each state are what makes sense in it. [`greet`] starts, and
//! [`NeedInput::process`] gives the next [`Step`]:
//!
//! ```text
//!  greet
//!    |
//!    v            AUTH, response                accept
//!  NeedInput ------------------> Sasl ------------------------> Authenticated
//!    |  ^                          |
//!    |  +-- reject, malformed, ----+
//!    |  |   challenge
//!    |  |            STARTTLS
//!    +--|----------------------> StartTls
//!    |  +----------- upgraded -----+
//!    |
//!    |  "*" or bad base64 in an exchange
//!    +-------------------------> Cancelled(NeedInput)
//!    |  QUIT, HTTP, too many commands, bad commands or failures
//!    +-------------------------> Closed
//! ```
//!
//! The same as transitions, which a test compares with the code. `plain` and `tls` are behind EHLO, `new` is inside
//! TLS before it:
//!
//! ```text
//! new --EHLO--> NeedInput
//! new --AUTH--> NeedInput
//! new --GET--> Closed
//! plain --NOOP--> NeedInput
//! plain --STARTTLS--> StartTls
//! plain --AUTH--> NeedInput
//! plain --MAIL--> NeedInput
//! plain --QUIT--> Closed
//! tls --EHLO--> NeedInput
//! tls --NOOP--> NeedInput
//! tls --STARTTLS--> NeedInput
//! tls --AUTH--> Sasl
//! tls --MAIL--> NeedInput
//! tls --BDAT--> NeedInput
//! tls --XCLIENT--> NeedInput
//! tls --QUIT--> Closed
//! challenged --response--> Sasl
//! challenged --star--> Cancelled
//! challenged --garbage--> Cancelled
//! ```
//!
//! | the client sends | it hears |
//! |---|---|
//! | AUTH without TLS | 530 5.7.0, before anything is looked at |
//! | AUTH before EHLO or HELO | 503 5.5.1 |
//! | AUTH with a mechanism that is not offered | 504 5.5.4; this is no failed login |
//! | MAIL, RCPT, DATA, VRFY, EXPN | 530 5.7.0 |
//! | BDAT | 502 5.5.1 behind its octets, which are dropped |
//! | XCLIENT, XFORWARD | 550 5.7.0 |
//! | octets behind STARTTLS in the same read | 501 5.5.4, and the end |
//! | a bare CR, bare LF or NUL, a line that is too long | 500 5.5.2, and the end |
//!
//! Whatever is in the output has to be sent, whether a call succeeded or not. [`NeedInput`] as a result of
//! [`NeedInput::process`] means that nothing more can be done with the input there is. [`NeedInput`] from anywhere
//! else ([`greet`], a rejection, a challenge, [`StartTls::upgraded`], [`Step::Cancelled`]) may find a whole command
//! waiting in the input: call [`NeedInput::process`] before reading.

mod core;
mod dispatch;
mod need_input;
mod refusal;
mod states;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use bytes::BytesMut;

use self::core::Core;
pub(crate) use self::core::{command_line, is_bdat};
pub use self::need_input::NeedInput;
pub use self::refusal::{Bye, Counts, Refusal};
pub use self::states::{Authenticated, Closed, Sasl, SaslInput, StartTls};
use crate::{Extensions, Limits};

/// What a listener offers. Shared by its connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Our name: the first word of the greeting and of the answer to EHLO (RFC 5321 section 4.2).
    pub name: String,
    /// The text of the greeting behind the name and `ESMTP`.
    pub greeting: String,
    /// What the answer to EHLO lists besides STARTTLS and AUTH.
    pub extensions: Extensions,
    /// The SASL mechanisms that are offered, by their registered names, in the order in which they are announced.
    pub mechanisms: Vec<String>,
    /// What a client may ask for before it is logged in.
    pub limits: Limits,
}

/// What protects the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Nothing: STARTTLS is announced, and every login is refused.
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
    /// Give the exchange its next input, then challenge, accept or reject.
    Sasl(Sasl),
    /// The client broke the exchange off, or sent what is not base64; the exchange is over and was answered.
    Cancelled(NeedInput),
    /// Send the output and close.
    Closed(Closed),
}

/// Greets a client: `220 name ESMTP greeting`.
pub fn greet(config: Arc<Config>, transport: Transport, out: &mut BytesMut) -> NeedInput {
    let core = Core::new(config, transport);
    core.greet(out);
    NeedInput::command(core)
}
