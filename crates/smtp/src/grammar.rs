//! The pieces that commands share, as nom parsers that say what they expected.

use nom::character::complete::char;
use nom::combinator::value;
use nom::error::{ContextError, ErrorKind, ParseError, context};
use nom::{IResult, Parser};

/// The result of a parser over octets.
pub(crate) type Parsed<'a, T> = IResult<&'a [u8], T, Failure<'a>>;

/// Where a parser stopped and what it wanted there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Failure<'a> {
    /// What was left.
    pub(crate) rest: &'a [u8],
    /// The innermost context.
    pub(crate) expected: &'static str,
}

impl<'a> ParseError<&'a [u8]> for Failure<'a> {
    fn from_error_kind(rest: &'a [u8], _: ErrorKind) -> Self {
        Self { rest, expected: "" }
    }

    fn append(_: &'a [u8], _: ErrorKind, other: Self) -> Self {
        other
    }

    /// Of two alternatives the one that came further, else the last.
    fn or(self, other: Self) -> Self {
        if self.rest.len() < other.rest.len() {
            self
        } else {
            other
        }
    }
}

impl<'a> ContextError<&'a [u8]> for Failure<'a> {
    fn add_context(_: &'a [u8], expected: &'static str, inner: Self) -> Self {
        match inner.expected {
            "" => Self { expected, ..inner },
            _ => inner,
        }
    }
}

/// A failure at `rest` that no alternative may repair.
pub(crate) fn failure<'a, T>(rest: &'a [u8], expected: &'static str) -> Parsed<'a, T> {
    Err(nom::Err::Failure(Failure { rest, expected }))
}

/// `SP`, exactly one.
pub(crate) fn space(input: &[u8]) -> Parsed<'_, ()> {
    context("a space", value((), char(' '))).parse(input)
}

/// The end of the line.
pub(crate) fn end(input: &[u8]) -> Parsed<'_, ()> {
    context("the end of the line", value((), nom::combinator::eof)).parse(input)
}
