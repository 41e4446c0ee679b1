//! How messages are read: under which limits, how strictly, and what is wrong with those that cannot be.
//!
//! The readers are [`crate::command::parse`] and [`crate::response::parse`]. Both take a message as
//! [`crate::Framer`] delivers it, with its literals and without its final CRLF. What they give owns its strings: those
//! of a [`bytes::Bytes`] are slices that share its memory, those of a `&[u8]` are copies.
//!
//! They read from the first octet to the last, once. They do not recurse, whatever the input: what nests has a limit,
//! and what nests further is an error that says so.

mod cursor;
mod error;
mod leniency;
pub(crate) mod octets;

use bytes::{Bytes, BytesMut};

pub use self::error::{ErrorKind, ParseError};
pub use self::leniency::{Allowance, Forgiven, Leniency};

pub(crate) use self::cursor::{Cursor, Failed, Literal, Mark, Parsing, unescaped};

use crate::Limits;
use crate::frame::Gap;

/// How to read a message.
///
/// ```
/// use gatepost_imap::parse::{Leniency, Options};
///
/// let options = Options { leniency: Leniency::SERVERS, ..Options::default() };
/// assert_eq!(options.nesting, 100);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// What is forgiven. [`Leniency::STRICT`] by default.
    pub leniency: Leniency,
    /// How deep lists, bodies, threads and search keys may nest.
    pub nesting: u8,
    /// How many elements all lists of a message may have together. Numbers in sets and in search results are not
    /// counted: they take no memory of their own.
    pub elements: u32,
}

impl Options {
    /// The nesting and elements of `limits`, strictly.
    pub const fn strict(limits: &Limits) -> Self {
        Self {
            leniency: Leniency::STRICT,
            nesting: limits.nesting,
            elements: limits.elements,
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self::strict(&Limits::AFTER_LOGIN)
    }
}

/// What was read, and what had to be forgiven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed<T> {
    /// The message.
    pub value: T,
    /// What is wrong with it, and was allowed by [`Options::leniency`]. A response code that is malformed is noted as
    /// [`Allowance::Unreadable`] even if nothing is allowed: it never makes a response unreadable.
    pub forgiven: Forgiven,
}

/// The octets of a message.
#[derive(Debug, Clone, Copy)]
pub enum Source<'a> {
    /// The strings that are read will be slices of these.
    Shared(&'a Bytes),
    /// The strings that are read will be copies.
    Borrowed(&'a [u8]),
    /// What is left of a message with streamed literals ([`crate::frame::Outline`]). The strings that are read will be
    /// slices of these octets. In a response a streamed literal may be a message or a part of one, nothing else; in a
    /// command it is over a limit ([`crate::Limit::Literal`]).
    Outline {
        /// The octets.
        octets: &'a Bytes,
        /// Where literals are missing, in order.
        gaps: &'a [Gap],
    },
}

impl<'a> Source<'a> {
    /// The octets.
    pub fn as_slice(&self) -> &'a [u8] {
        match *self {
            Self::Shared(bytes) | Self::Outline { octets: bytes, .. } => bytes,
            Self::Borrowed(octets) => octets,
        }
    }

    /// The literals that are missing.
    const fn gaps(&self) -> &'a [Gap] {
        match *self {
            Self::Outline { gaps, .. } => gaps,
            Self::Shared(_) | Self::Borrowed(_) => &[],
        }
    }
}

impl<'a> From<&'a Bytes> for Source<'a> {
    fn from(bytes: &'a Bytes) -> Self {
        Self::Shared(bytes)
    }
}

impl<'a> From<&'a [u8]> for Source<'a> {
    fn from(octets: &'a [u8]) -> Self {
        Self::Borrowed(octets)
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Source<'a> {
    fn from(octets: &'a [u8; N]) -> Self {
        Self::Borrowed(octets)
    }
}

impl<'a> From<&'a BytesMut> for Source<'a> {
    fn from(octets: &'a BytesMut) -> Self {
        Self::Borrowed(octets)
    }
}

impl<'a> From<&'a Vec<u8>> for Source<'a> {
    fn from(octets: &'a Vec<u8>) -> Self {
        Self::Borrowed(octets)
    }
}
