//! Why a command or an address could not be read.

use std::fmt;

use crate::grammar::Failure;
use crate::{Error, Limit, PeerError, Rule};

/// The octets are not what they should be.
///
/// ```
/// use gatepost_smtp::parse::ErrorKind;
/// use gatepost_smtp::{Limit, Mailbox, command};
///
/// let error = command::parse(b"DATA now").unwrap_err();
/// assert_eq!(error.to_string(), "expected the end of the line at octet 4");
///
/// let long = format!("{}@example.com", "a".repeat(65));
/// let error = Mailbox::parse(long.as_bytes()).unwrap_err();
/// assert_eq!(error.kind, ErrorKind::Limit(Limit::LocalPart));
/// assert_eq!(error.to_string(), "local part too long at octet 0");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParseError {
    /// What is wrong.
    pub kind: ErrorKind,
    /// Octets from the start of what was read.
    pub offset: usize,
    /// What the grammar wants there.
    pub expected: &'static str,
}

/// What is wrong with a command or an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// There is something else than the grammar wants, or nothing more.
    Syntax,
    /// The octets are not UTF-8.
    Utf8,
    /// A parameter or an attribute is there for the second time.
    Repeated,
    /// It is longer, or there are more of it, than the [`super::Options`] allow.
    Limit(Limit),
}

impl ParseError {
    pub(crate) fn new(whole: &str, failure: Failure<'_>) -> Self {
        Self {
            kind: ErrorKind::Syntax,
            offset: whole.len().saturating_sub(failure.rest.len()),
            expected: failure.expected,
        }
    }

    pub(crate) const fn syntax(offset: usize, expected: &'static str) -> Self {
        Self {
            kind: ErrorKind::Syntax,
            offset,
            expected,
        }
    }

    pub(crate) fn utf8(octets: &[u8]) -> Result<&str, Self> {
        std::str::from_utf8(octets).map_err(|error| Self {
            kind: ErrorKind::Utf8,
            offset: error.valid_up_to(),
            expected: "UTF-8",
        })
    }

    /// The error of a part that begins `octets` further on.
    #[must_use]
    pub(crate) const fn behind(self, octets: usize) -> Self {
        Self {
            offset: self.offset.saturating_add(octets),
            ..self
        }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            ErrorKind::Limit(limit) => write!(f, "{limit} at octet {}", self.offset),
            _ => write!(f, "expected {} at octet {}", self.expected, self.offset),
        }
    }
}

impl std::error::Error for ParseError {}

/// A command that is refused leaves the connection usable, whatever is wrong with it.
impl From<ParseError> for Error {
    fn from(error: ParseError) -> Self {
        Self::Peer(PeerError {
            offset: error.offset,
            rule: Rule::Expected(error.expected),
        })
    }
}
