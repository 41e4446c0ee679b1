//! Octets of a message.

use std::fmt;

use bytes::Bytes;
use memchr::memchr;

use crate::Escaped;
use crate::parse::{Allowance, Cursor, Literal, Parsing};
use crate::write::Writer;

/// A message or a part of one.
#[derive(Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Data {
    /// These octets, which may be any.
    Here(Bytes),
    /// A literal that was streamed ([`crate::frame::Part`]): it is where its octets were put as they came.
    Streamed {
        /// How many they were.
        octets: u64,
    },
}

impl Data {
    /// How many octets there are.
    pub const fn octets(&self) -> u64 {
        match self {
            Self::Here(octets) => octets.len() as u64,
            Self::Streamed { octets } => *octets,
        }
    }
}

impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Here(octets) => write!(f, "\"{}\"", Escaped(octets)),
            Self::Streamed { octets } => write!(f, "{octets} octets that were streamed"),
        }
    }
}

impl Cursor<'_> {
    /// `nstring / literal8`
    ///
    /// What has a NUL must be a literal8 (RFC 3516 section 4.2, RFC 9051 section 4.3.1).
    pub(super) fn data(&mut self) -> Parsing<Option<Data>> {
        const EXPECTED: &str = "a string or NIL";
        match self.rest() {
            [b'{', ..] => {
                let mark = self.mark();
                let literal = self.any_literal(EXPECTED)?;
                if matches!(literal, Literal::Here(octets) if memchr(0, octets).is_some())
                    && !self.forgives(Allowance::Controls)
                {
                    return self.expected_at(mark, "a literal without NUL, or a literal8");
                }
                Ok(Some(self.literal_data(literal)))
            }
            [b'~', ..] => {
                let literal = self.any_literal(EXPECTED)?;
                Ok(Some(self.literal_data(literal)))
            }
            [b')', ..] if self.forgives(Allowance::Nil) => Ok(None),
            _ => {
                let text = self.nstring(EXPECTED)?;
                Ok(text.map(|text| Data::Here(text.into_bytes())))
            }
        }
    }
}

impl<'a> Cursor<'a> {
    fn literal_data(&self, literal: Literal<'a>) -> Data {
        match literal {
            Literal::Here(octets) => Data::Here(self.bytes(octets)),
            Literal::Streamed(octets) => Data::Streamed { octets },
        }
    }
}

/// Writes `nstring / literal8`. What was streamed is written as `opening` and its size, and the rest of the
/// announcement; its octets are the caller's to put behind that.
///
/// Nothing is quoted but no octets at all: iOS stalls at `{0}` (swift-nio-imap #850, dovecot/core #317).
pub(super) fn write_data(data: Option<&Data>, opening: &[u8], out: &mut Writer<'_>) {
    match data {
        None => out.put(b"NIL"),
        Some(Data::Here(octets)) if octets.is_empty() => out.put(b"\"\""),
        Some(Data::Here(octets)) if memchr(0, octets).is_some() => out.literal8(octets),
        Some(Data::Here(octets)) => out.literal(octets),
        Some(Data::Streamed { octets }) => out.streamed(*octets, opening),
    }
}
