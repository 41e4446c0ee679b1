//! What can go wrong for a client.

use std::fmt;
use std::io;
use std::time::Duration;

use super::Reply;

/// Why a step of the client failed, and what the server said last.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    heard: Vec<Reply>,
}

/// The kinds of failure.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The server did not answer in time.
    #[error("no answer within {0:?}")]
    Late(Duration),
    /// The server closed the connection.
    #[error("the server closed the connection")]
    Closed,
    /// The connection failed.
    #[error("the connection failed: {0}")]
    Io(#[from] io::Error),
    /// The command was answered 4xx or 5xx.
    #[error("the server refused the command")]
    Refused,
    /// The server said something that does not fit here.
    #[error("the server was expected to say {0}")]
    Unexpected(u16),
    /// What the server said is no reply.
    #[error("the server said what is no reply: {0:?}")]
    Malformed(String),
}

impl Error {
    pub(super) fn new(kind: ErrorKind, heard: Vec<Reply>) -> Self {
        Self { kind, heard }
    }

    /// The kind of failure.
    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// What the server said last, the newest at the end.
    pub fn heard(&self) -> &[Reply] {
        &self.heard
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind)?;
        let mut before = "; heard last: ";
        for reply in &self.heard {
            write!(f, "{before}{reply:?}")?;
            before = " | ";
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            ErrorKind::Io(error) => Some(error),
            _ => None,
        }
    }
}
