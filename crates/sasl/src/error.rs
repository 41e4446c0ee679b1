//! What is wrong with a message of an exchange.

use std::fmt;

/// Why an exchange ended without a claim. The text is fixed: it never holds what the peer sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    what: &'static str,
}

/// What a server should answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The message breaks the mechanism's syntax: a protocol error, not a failed login.
    Malformed,
    /// The client wants to act for somebody else (RFC 4422 section 2), which nobody may: not authorized.
    Authzid,
    /// Name or password are nothing that anybody could have: a failed login, without asking a directory.
    Identity,
}

impl Error {
    /// What a server should answer.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    pub(crate) const fn malformed(what: &'static str) -> Self {
        Self {
            kind: ErrorKind::Malformed,
            what,
        }
    }

    pub(crate) const fn authzid(what: &'static str) -> Self {
        Self {
            kind: ErrorKind::Authzid,
            what,
        }
    }

    pub(crate) const fn identity(what: &'static str) -> Self {
        Self {
            kind: ErrorKind::Identity,
            what,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)
    }
}

impl std::error::Error for Error {}
