//! Why a message could not be read.

use std::fmt;

use crate::types::Tag;
use crate::{Error, Limit, PeerError, Rule};

/// The octets are no command, or no response.
///
/// ```
/// use gatepost_imap::command;
///
/// let error = command::parse(b"a1 LOGIN alice").unwrap_err();
/// assert_eq!(error.to_string(), "expected a space at octet 14");
/// assert_eq!(error.tag.unwrap().as_str(), "a1");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// What is wrong.
    pub kind: ErrorKind,
    /// Octets from the start of the message.
    pub offset: usize,
    /// What the grammar wants there.
    pub expected: &'static str,
    /// The tag, if it could be read.
    pub tag: Option<Tag>,
}

/// What is wrong with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// There is something else than the grammar wants.
    Syntax,
    /// The message ends too early.
    End,
    /// A number is out of its range.
    Number,
    /// The message is larger than we take.
    Limit(Limit),
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

impl From<ParseError> for Error {
    fn from(error: ParseError) -> Self {
        match error.kind {
            ErrorKind::Limit(limit) => Self::Limit(limit),
            _ => Self::Peer(PeerError {
                offset: error.offset,
                rule: Rule::Expected(error.expected),
                tag: error.tag,
            }),
        }
    }
}
