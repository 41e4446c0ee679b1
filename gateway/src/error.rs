//! What went wrong on a connection: whose fault it is, and whether another server may be tried.

use std::fmt;

/// An error of the gateway.
#[derive(Debug)]
pub struct Error {
    /// Whose fault it is.
    pub side: Side,
    /// Whether the same may be tried with another server, or later.
    pub retry: bool,
    /// What happened, in words for an administrator; never a secret, never a peer's octets unescaped.
    pub source: anyhow::Error,
}

/// A side of the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The client.
    Downstream,
    /// The mail server.
    Upstream,
    /// The directory.
    Directory,
    /// The gateway itself.
    Internal,
}

impl Side {
    /// A short word for logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Downstream => "client",
            Self::Upstream => "upstream",
            Self::Directory => "directory",
            Self::Internal => "gateway",
        }
    }
}

impl Error {
    /// The client broke off or broke the protocol.
    pub fn downstream(source: impl Into<anyhow::Error>) -> Self {
        Self { side: Side::Downstream, retry: false, source: source.into() }
    }

    /// The mail server could not be reached, or refused; another may be tried.
    pub fn upstream(source: impl Into<anyhow::Error>) -> Self {
        Self { side: Side::Upstream, retry: true, source: source.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:#}", self.side.as_str(), self.source)
    }
}

impl std::error::Error for Error {}
