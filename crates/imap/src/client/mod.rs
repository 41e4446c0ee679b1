//! The client's side of a connection to a mail server, up to the login.
//!
//! [`start`] gives the first state and [`NeedInput::process`] the next [`Step`]:
//!
//! ```text
//!  start
//!    |              answer to STARTTLS
//!    v           +-----------------------> StartTls --- upgraded ---+
//!  NeedInput ----+                                                  |
//!    ^  ^        |  AUTHENTICATE, challenge                         |
//!    |  |        +-----------------------> Sasl                     |
//!    |  |        |                           |                      |
//!    |  +--------|- initial, respond, cancel +                      |
//!    +-----------|--------------------------------------------------+
//!                |  login OK, capabilities known
//!                +-----------------------> Authenticated
//!                |  NO, BAD or BYE
//!                +-----------------------> Refused
//! ```
//!
//! The order on the wire: greeting, CAPABILITY if the greeting brought none, STARTTLS and CAPABILITY again if TLS is
//! still missing, ID if it is offered and configured, AUTHENTICATE or LOGIN, and CAPABILITY if the login brought none.
//!
//! The server is not trusted more than needed. A PREAUTH greeting, a list without STARTTLS where TLS is required,
//! octets behind the answer to STARTTLS, an answer with a tag that is not outstanding and a login that is answered
//! before the credentials were sent are errors; tags cannot be guessed; responses that nobody needs are ignored, but
//! not without end.
//!
//! Whatever is in the output has to be sent, whether a call succeeded or not. [`NeedInput`] from anywhere but
//! [`NeedInput::process`] may find a response waiting in the input: call [`NeedInput::process`] before reading.

mod core;
mod method;
mod need_input;
mod states;
#[cfg(test)]
mod tests;

use self::core::Core;
pub use self::method::{Credentials, InvalidCredentials, Method};
pub use self::need_input::NeedInput;
pub use self::states::{Authenticated, Refused, Sasl, Stage, StartTls};
use crate::{Capabilities, Limits};

/// How to log in to a mail server.
#[derive(Debug, Clone)]
pub struct Config {
    /// What protects the connection.
    pub security: Security,
    /// The ways to log in; the first that the server offers is used. With none the session stops before the login,
    /// at [`Step::Offered`].
    pub methods: Vec<Method>,
    /// The fields of our ID (RFC 2971), sent before the login if the server offers ID; none: it is not sent.
    pub id: Vec<(String, String)>,
    /// What the server may send before we are logged in: its `commands`, `responses`, `line`, `literal`, `message`
    /// and `sasl_line`.
    pub limits: Limits,
    /// Random octets that make our tags unpredictable.
    pub tag_seed: [u8; 8],
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
    Offered(Capabilities),
    /// The user is logged in.
    Authenticated(Authenticated),
    /// The server refuses; the connection is of no use any more.
    Refused(Refused),
}

/// Starts: the server speaks first.
pub fn start(config: Config) -> NeedInput {
    NeedInput::greeting(Core::new(config))
}
