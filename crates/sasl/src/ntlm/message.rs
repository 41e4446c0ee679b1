//! What the three messages have in common: a signature, fixed fields, and payloads that fields point at (MS-NLMP
//! section 2.2.1).

use nom::bytes::complete::{tag, take};
use nom::combinator::verify;
use nom::error::{ContextError, ErrorKind, ParseError, context};
use nom::number::complete::{le_u16, le_u32};
use nom::{IResult, Parser as _};

/// The longest message that is read or made, in octets. The longest seen in use had 600.
pub const MAX_MESSAGE_OCTETS: usize = 16 * 1024;

const SIGNATURE: &[u8; 8] = b"NTLMSSP\0";

/// What is wrong with a message, and where. It never holds what the peer sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{what} at octet {offset}")]
pub struct MessageError {
    /// What was expected, or is wrong.
    pub what: &'static str,
    /// The offset in the message; of an NTLMv2 response or a list of AV pairs, in that.
    pub offset: usize,
}

impl MessageError {
    pub(super) const fn new(what: &'static str, offset: usize) -> Self {
        Self { what, offset }
    }
}

impl From<MessageError> for crate::Error {
    fn from(error: MessageError) -> Self {
        Self::malformed_at(error.what, error.offset)
    }
}

/// The result of a parser over a message.
pub(super) type Parsed<'a, T> = IResult<&'a [u8], T, Failure<'a>>;

/// Where a parser stopped and what it wanted there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Failure<'a> {
    rest: &'a [u8],
    expected: &'static str,
}

impl<'a> ParseError<&'a [u8]> for Failure<'a> {
    fn from_error_kind(rest: &'a [u8], _: ErrorKind) -> Self {
        Self { rest, expected: "" }
    }

    fn append(_: &'a [u8], _: ErrorKind, other: Self) -> Self {
        other
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

/// Runs a parser over a whole message, which may go on behind what it reads.
pub(super) fn read<'a, T>(
    message: &'a [u8],
    parser: impl FnOnce(&'a [u8]) -> Parsed<'a, T>,
) -> Result<T, MessageError> {
    if message.len() > MAX_MESSAGE_OCTETS {
        return Err(MessageError::new(
            "NTLM: a message of over 16 KiB",
            MAX_MESSAGE_OCTETS,
        ));
    }
    let (expected, rest) = match parser(message) {
        Ok((_, read)) => return Ok(read),
        Err(nom::Err::Error(failure) | nom::Err::Failure(failure)) => (failure.expected, failure.rest),
        // No parser here asks for more; if one did, there is no more.
        Err(nom::Err::Incomplete(_)) => ("NTLM: expected more", &[][..]),
    };
    Err(MessageError::new(expected, message.len() - rest.len()))
}

/// `Signature` and `MessageType`.
pub(super) fn header<'a>(kind: u32, expected: &'static str) -> impl Fn(&'a [u8]) -> Parsed<'a, ()> {
    move |input| {
        let (rest, _) = context("NTLM: expected NTLMSSP", tag(&SIGNATURE[..])).parse(input)?;
        let (rest, _) = context(expected, verify(le_u32, |read| *read == kind)).parse(rest)?;
        Ok((rest, ()))
    }
}

/// Exactly `N` octets.
pub(super) fn octets<'a, const N: usize>(expected: &'static str) -> impl Fn(&'a [u8]) -> Parsed<'a, [u8; N]> {
    move |input| {
        let (rest, octets) = context(expected, take(N)).parse(input)?;
        match octets.first_chunk() {
            Some(octets) => Ok((rest, *octets)),
            None => fail(input, expected),
        }
    }
}

/// A payload, and where it begins if it is not empty.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Payload<'a> {
    pub(super) octets: &'a [u8],
    pub(super) begins: Option<usize>,
}

/// `Len`, `MaxLen` and `BufferOffset`, and the payload of `message` that they point at. Payloads may overlap, but none
/// reaches beyond the message. The offset of an empty one says nothing, and neither does `MaxLen`.
pub(super) fn payload<'a>(
    message: &'a [u8],
    expected: &'static str,
) -> impl Fn(&'a [u8]) -> Parsed<'a, Payload<'a>> {
    move |input| {
        let (rest, (length, _, begins)) = context(expected, (le_u16, le_u16, le_u32)).parse(input)?;
        if length == 0 {
            return Ok((rest, Payload::default()));
        }
        let begins = usize::try_from(begins).unwrap_or(usize::MAX);
        let octets = message.get(begins..).and_then(|from| from.get(..length.into()));
        match octets {
            Some(octets) => Ok((
                rest,
                Payload {
                    octets,
                    begins: Some(begins),
                },
            )),
            None => fail(input, expected),
        }
    }
}

/// Says that `expected` should stand at `rest`.
pub(super) fn fail<'a, T>(rest: &'a [u8], expected: &'static str) -> Parsed<'a, T> {
    Err(nom::Err::Failure(Failure { rest, expected }))
}

/// A message in the making: fixed fields in front, payloads behind.
pub(super) struct Writer {
    fixed: Vec<u8>,
    payloads: Vec<u8>,
    /// How long the fixed part will be.
    begins: usize,
}

impl Writer {
    /// `begins`: the length of the fixed part, where the payloads begin.
    pub(super) fn new(kind: u32, begins: usize) -> Self {
        let mut writer = Self {
            fixed: Vec::with_capacity(begins),
            payloads: Vec::new(),
            begins,
        };
        writer.put(SIGNATURE);
        writer.put(&kind.to_le_bytes());
        writer
    }

    /// Appends to the fixed part.
    pub(super) fn put(&mut self, octets: &[u8]) {
        self.fixed.extend_from_slice(octets);
    }

    /// Appends a payload, and the field that points at it.
    pub(super) fn put_payload(&mut self, octets: &[u8]) -> Result<(), MessageError> {
        let offset = self.begins + self.payloads.len();
        let too_long = MessageError::new("NTLM: a message of over 16 KiB", offset);
        let end = offset.saturating_add(octets.len());
        let length = u16::try_from(octets.len()).map_err(|_| too_long)?;
        let begins = u32::try_from(offset).map_err(|_| too_long)?;
        if end > MAX_MESSAGE_OCTETS {
            return Err(too_long);
        }
        self.put(&length.to_le_bytes());
        self.put(&length.to_le_bytes());
        self.put(&begins.to_le_bytes());
        self.payloads.extend_from_slice(octets);
        Ok(())
    }

    /// The whole message.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.fixed.append(&mut self.payloads);
        self.fixed
    }
}
