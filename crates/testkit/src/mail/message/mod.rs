//! Messages: their octets, and what FETCH wants to know of them.

use std::ops::Range;
use std::sync::OnceLock;

use bytes::{Bytes, BytesMut};

pub(crate) mod encoded;
mod envelope;
pub(crate) mod header;
mod lexer;
mod media;
pub(crate) mod quote;
pub(crate) mod section;
pub(crate) mod structure;
mod tree;

use structure::Detail;
use tree::Tree;

/// A message as it was delivered. Its parts are looked for when they are asked for, once.
#[derive(Debug)]
pub(crate) struct Content {
    octets: Bytes,
    header: Range<usize>,
    tree: OnceLock<Tree>,
}

impl Content {
    pub(crate) fn new(octets: Bytes) -> Self {
        let header = header::range(&octets, &(0..octets.len()));
        Self {
            octets,
            header,
            tree: OnceLock::new(),
        }
    }

    pub(crate) fn octets(&self) -> &Bytes {
        &self.octets
    }

    pub(crate) fn header(&self) -> &[u8] {
        self.octets.get(self.header.clone()).unwrap_or_default()
    }

    pub(crate) fn body(&self) -> &[u8] {
        self.octets.get(self.header.end..).unwrap_or_default()
    }

    /// Appends the ENVELOPE.
    pub(crate) fn write_envelope(&self, out: &mut BytesMut) {
        envelope::write(out, self.header());
    }

    /// Appends BODY or BODYSTRUCTURE.
    pub(crate) fn write_structure(&self, out: &mut BytesMut, detail: Detail) {
        structure::write(out, &self.octets, self.tree(), detail);
    }

    fn tree(&self) -> &Tree {
        self.tree.get_or_init(|| Tree::parse(&self.octets))
    }

    /// Octets of the message without a copy; a range of [`Tree`] is always inside.
    fn slice(&self, range: &Range<usize>) -> Bytes {
        let end = range.end.min(self.octets.len());
        self.octets.slice(range.start.min(end)..end)
    }
}
