//! The client's side of a connection to an MTA, up to where it takes MAIL.
//!
//! [`start`] gives the first state and [`NeedInput::process`] the next [`Step`]:
//!
//! ```text
//!  start
//!    |              220 to STARTTLS
//!    v           +-----------------------> StartTls --- upgraded ---+
//!  NeedInput ----+                                                  |
//!    ^  ^        |  AUTH, 334                                       |
//!    |  |        +-----------------------> Sasl                     |
//!    |  |        |                           |                      |
//!    |  +--------|- initial, respond, cancel +                      |
//!    +-----------|--------------------------------------------------+
//!                |  235, 220 to XCLIENT and EHLO again, or nobody has to log in
//!                +-----------------------> Authenticated
//!                |  4xx or 5xx
//!                +-----------------------> Refused
//! ```
//!
//! The order on the wire: greeting, EHLO, STARTTLS and EHLO again if TLS is still missing, and then the login: AUTH,
//! XCLIENT and EHLO again, or nothing at all. HELO is said only where EHLO is refused, and only if neither TLS nor a
//! login is wanted.
//!
//! The server is not trusted more than needed. A list without STARTTLS where TLS is required, octets behind the answer
//! to STARTTLS, a login that is answered before the credentials were sent, a challenge that nothing asked for and
//! octets behind any other answer are errors: we ask one thing at a time, so nothing can stand there. What was
//! announced before TLS or before XCLIENT is forgotten behind it. Nothing is ever sent on without the login that the
//! configuration asks for.
//!
//! Whatever is in the output has to be sent, whether a call succeeded or not. [`NeedInput`] from anywhere but
//! [`NeedInput::process`] may find a reply waiting in the input: call [`NeedInput::process`] before reading.

mod core;
mod method;
mod need_input;
mod states;
#[cfg(test)]
mod tests;
mod xclient;

use self::core::Core;
pub use self::method::Method;
pub use self::need_input::NeedInput;
pub use self::states::{Authenticated, Refused, Sasl, Stage, StartTls};
pub use self::xclient::Xclient;
pub use crate::command::{Attribute, InvalidAttribute, Protocol};
use crate::{Extensions, Limits};

/// The longest command in octets with its CRLF that any server has to take (RFC 5321 section 4.5.3.1.4).
const COMMAND_LINE: usize = 512;

/// How to get ready for MAIL at an MTA.
#[derive(Debug, Clone)]
pub struct Config {
    /// Our name in EHLO: a domain or an address literal. What cannot stand in a command is left out of it.
    pub name: String,
    /// What protects the connection.
    pub security: Security,
    /// The ways to log in; the first that the server offers is used. With none the session stops before the login,
    /// at [`Step::Offered`].
    pub methods: Vec<Method>,
    /// What the server may send: its `reply_line`, `reply_lines`, `replies` and `sasl_line`.
    pub limits: Limits,
}

/// What protects the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// It is inside TLS already.
    Tls,
    /// STARTTLS comes before anything else; without it there is no login.
    StartTls,
    /// Nothing. The caller answers for it that the connection does not leave the machine.
    Plain,
}

/// What comes next.
#[derive(Debug)]
pub enum Step {
    /// Read more and call [`NeedInput::process`].
    NeedInput(NeedInput),
    /// Do the TLS handshake, then call [`StartTls::upgraded`].
    StartTls(StartTls),
    /// Ask the mechanism for its next response.
    Sasl(Sasl),
    /// There is no way to log in to try, and this is what the server offers, inside TLS if there is TLS.
    Offered(Extensions),
    /// The server takes MAIL.
    Authenticated(Authenticated),
    /// The server refuses; the connection is of no use any more.
    Refused(Refused),
}

/// Starts: the server speaks first.
pub fn start(config: Config) -> NeedInput {
    NeedInput::greeting(Core::new(config))
}
