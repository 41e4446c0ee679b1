//! The pieces that commands share, as nom parsers that say what they expected.

use nom::IResult;
use nom::error::{ContextError, ErrorKind, ParseError};

/// The result of a parser over text.
pub(crate) type Parsed<'a, T> = IResult<&'a str, T, Failure<'a>>;

/// Where a parser stopped and what it wanted there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Failure<'a> {
    /// What was left.
    pub(crate) rest: &'a str,
    /// The innermost context.
    pub(crate) expected: &'static str,
}

impl<'a> ParseError<&'a str> for Failure<'a> {
    fn from_error_kind(rest: &'a str, _: ErrorKind) -> Self {
        Self { rest, expected: "" }
    }

    fn append(_: &'a str, _: ErrorKind, other: Self) -> Self {
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

impl<'a> ContextError<&'a str> for Failure<'a> {
    fn add_context(_: &'a str, expected: &'static str, inner: Self) -> Self {
        match inner.expected {
            "" => Self { expected, ..inner },
            _ => inner,
        }
    }
}

/// Says that `expected` should stand at `rest`, but another alternative may do.
pub(crate) fn error<'a, T>(rest: &'a str, expected: &'static str) -> Parsed<'a, T> {
    Err(nom::Err::Error(Failure { rest, expected }))
}

/// Says that `expected` should stand at `rest`, and nothing else will do.
pub(crate) fn failure<'a, T>(rest: &'a str, expected: &'static str) -> Parsed<'a, T> {
    Err(nom::Err::Failure(Failure { rest, expected }))
}

/// `SP`, exactly one.
pub(crate) fn space(input: &str) -> Parsed<'_, ()> {
    match input.strip_prefix(' ') {
        Some(rest) => Ok((rest, ())),
        None => error(input, "a space"),
    }
}

/// The end of the line.
pub(crate) fn end(input: &str) -> Parsed<'_, ()> {
    match input {
        "" => Ok((input, ())),
        _ => error(input, "the end of the line"),
    }
}

/// `word`, in upper or lower case.
pub(crate) fn word<'a>(word: &'static str) -> impl Fn(&'a str) -> Parsed<'a, ()> {
    move |input| match input.split_at_checked(word.len()) {
        Some((found, rest)) if found.eq_ignore_ascii_case(word) => Ok((rest, ())),
        _ => error(input, word),
    }
}

/// One or more octets that are `allowed`, which octets above ASCII are all or not at all.
pub(crate) fn run<'a>(
    allowed: impl Fn(u8) -> bool,
    expected: &'static str,
) -> impl Fn(&'a str) -> Parsed<'a, &'a str> {
    move |input| {
        let length = input.bytes().position(|octet| !allowed(octet));
        match input.split_at_checked(length.unwrap_or(input.len())) {
            Some((found, rest)) if !found.is_empty() => Ok((rest, found)),
            _ => error(input, expected),
        }
    }
}
