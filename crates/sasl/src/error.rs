//! What is wrong with a message of an exchange.

use std::fmt;

/// Why an exchange ended without a claim. The text is fixed: it never holds what the peer sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    what: &'static str,
    /// Where in the message, of mechanisms with binary ones.
    offset: Option<usize>,
}

/// What a server should answer.
///
/// | kind | IMAP (RFC 9051 section 6.2.2, RFC 5530 section 3) | SMTP (RFC 4954 sections 4 and 6) |
/// |---|---|---|
/// | [`Malformed`](Self::Malformed) | `BAD` | `501 5.5.2` |
/// | [`Authzid`](Self::Authzid) | `NO [AUTHORIZATIONFAILED]` | `535 5.7.8` |
/// | [`Identity`](Self::Identity), [`Policy`](Self::Policy) | `NO [AUTHENTICATIONFAILED]` | `535 5.7.8` |
///
/// The last two are what a wrong password hears, so that nobody learns from the answer which it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The message breaks the mechanism's syntax: a protocol error, not a failed login.
    Malformed,
    /// The client wants to act for somebody else (RFC 4422 section 2), which nobody may: not authorized.
    Authzid,
    /// Name or password are nothing that anybody could have: a failed login, without asking a directory.
    Identity,
    /// A variant of the mechanism that is not accepted, such as NTLMv1 or a foreign channel binding: a failed login,
    /// without asking a directory.
    Policy,
}

impl Error {
    /// What a server should answer.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    pub(crate) const fn malformed(what: &'static str) -> Self {
        Self::new(ErrorKind::Malformed, what)
    }

    pub(crate) const fn malformed_at(what: &'static str, offset: usize) -> Self {
        Self {
            offset: Some(offset),
            ..Self::malformed(what)
        }
    }

    pub(crate) const fn authzid(what: &'static str) -> Self {
        Self::new(ErrorKind::Authzid, what)
    }

    pub(crate) const fn identity(what: &'static str) -> Self {
        Self::new(ErrorKind::Identity, what)
    }

    pub(crate) const fn policy(what: &'static str) -> Self {
        Self::new(ErrorKind::Policy, what)
    }

    const fn new(kind: ErrorKind, what: &'static str) -> Self {
        Self {
            kind,
            what,
            offset: None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)?;
        match self.offset {
            Some(offset) => write!(f, " at octet {offset}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}

/// A stored secret is not of its form. The text is fixed: it never holds what was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ParseError(pub(crate) &'static str);
