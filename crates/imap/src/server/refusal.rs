//! The words that a client hears when it does not get in.

use std::borrow::Cow;

use bytes::BytesMut;

use super::core::status;
use crate::{ResponseCode, Status};

/// Why a login is refused: `tag NO [CODE] text`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What the client's software makes of it.
    pub code: RefusalCode,
    /// What its user may read. Only printable ASCII is sent.
    pub text: Cow<'static, str>,
    /// Whether it counts against [`crate::Limits::failures`].
    pub counts: Counts,
}

/// The codes of RFC 5530 for a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RefusalCode {
    /// The credentials are wrong.
    AuthenticationFailed,
    /// The credentials are right, but the user may not act as the one asked for.
    AuthorizationFailed,
    /// A part of the system is down: try again later.
    Unavailable,
    /// Only the administrator can help.
    ContactAdmin,
    /// The password is too old.
    Expired,
    /// This needs TLS.
    PrivacyRequired,
    /// A limit is reached, such as on connections of this user.
    Limit,
}

impl From<RefusalCode> for ResponseCode {
    fn from(code: RefusalCode) -> Self {
        match code {
            RefusalCode::AuthenticationFailed => Self::AuthenticationFailed,
            RefusalCode::AuthorizationFailed => Self::AuthorizationFailed,
            RefusalCode::Unavailable => Self::Unavailable,
            RefusalCode::ContactAdmin => Self::ContactAdmin,
            RefusalCode::Expired => Self::Expired,
            RefusalCode::PrivacyRequired => Self::PrivacyRequired,
            RefusalCode::Limit => Self::Limit,
        }
    }
}

/// Whether a refusal is the client's failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counts {
    /// It guessed wrong; too many of these close the connection.
    AsFailure,
    /// It did not: something is down, or the exchange was malformed.
    Not,
}

/// Why we close a connection: `* BYE text`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Bye {
    /// The server stops.
    Shutdown,
    /// The client took too long.
    Timeout,
    /// There are too many connections.
    TooManyConnections,
    /// Something of ours went wrong.
    Internal,
}

impl Bye {
    /// Appends the line. As the first line it is a greeting that refuses the connection.
    pub fn encode(self, out: &mut BytesMut) {
        let (code, text) = match self {
            Self::Shutdown => (Some(ResponseCode::Unavailable), "shutting down"),
            Self::Timeout => (None, "took too long to log in"),
            Self::TooManyConnections => (Some(ResponseCode::Limit), "too many connections"),
            Self::Internal => (Some(ResponseCode::Unavailable), "internal error"),
        };
        status(None, Status::Bye, code.as_ref(), text, out);
    }
}
