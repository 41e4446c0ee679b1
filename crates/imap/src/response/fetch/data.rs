//! Octets of a message.

use std::fmt;

use bytes::Bytes;

use crate::Escaped;
use crate::parse::{Cursor, Parsing};
use crate::write::{Write, Writer};

/// A message or a part of one.
#[derive(Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Data {
    /// These octets. They may be any.
    Here(Bytes),
    // Streamed comes with the frames.
}

impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Here(octets) => write!(f, "\"{}\"", Escaped(octets)),
        }
    }
}

impl Cursor<'_> {
    /// `nstring / literal8`
    pub(crate) fn data(&mut self) -> Parsing<Option<Data>> {
        let text = self.nstring("a string or NIL")?;
        Ok(text.map(|text| Data::Here(text.into_bytes())))
    }
}

impl Write for Option<Data> {
    fn write(&self, out: &mut Writer<'_>) {
        match self {
            None => out.put(b"NIL"),
            Some(Data::Here(octets)) if octets.is_empty() => out.put(b"\"\""),
            Some(Data::Here(octets)) if octets.contains(&0) => out.literal8(octets),
            Some(Data::Here(octets)) => out.literal(octets),
        }
    }
}
