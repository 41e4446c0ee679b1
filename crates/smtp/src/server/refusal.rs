//! The words that a client hears when it does not get in.

use bytes::BytesMut;

use crate::Reply;

/// Why a login is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What the client hears, such as 535 5.7.8 or 454 4.7.0 (RFC 4954 section 6).
    pub reply: Reply,
    /// Whether it counts against [`crate::Limits::failures`].
    pub counts: Counts,
}

/// Whether a refusal is the client's failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counts {
    /// It guessed wrong; too many of these close the connection.
    AsFailure,
    /// It did not: something is down, or the exchange was malformed.
    Not,
}

/// Why we close a connection: `421` (RFC 5321 section 3.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Bye {
    /// We shut down.
    Shutdown,
    /// The client took too long.
    Timeout,
    /// There are too many connections, of this client or in all.
    TooManyConnections,
    /// The account may not be used any longer, for this reason: one line, without CR and LF.
    NotAllowed(&'static str),
    /// Something of ours went wrong.
    Internal,
}

impl Bye {
    /// What the client is told.
    pub fn reply(self) -> Reply {
        match self {
            Self::Shutdown => Reply::new(421, "4.3.2", "shutting down"),
            Self::Timeout => Reply::new(421, "4.4.2", "took too long"),
            Self::TooManyConnections => Reply::new(421, "4.7.0", "too many connections"),
            Self::NotAllowed(reason) => Reply::new(421, "4.7.0", reason),
            Self::Internal => Reply::new(421, "4.3.0", "internal error"),
        }
    }

    /// Appends [`Bye::reply`]. As the first line it is a greeting that refuses the connection.
    pub fn encode(self, out: &mut BytesMut) {
        self.reply().encode(out);
    }
}
