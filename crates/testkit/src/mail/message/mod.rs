//! Messages: their octets, and what FETCH wants to know of them.

use std::ops::Range;
use std::sync::OnceLock;

use bytes::Bytes;
use gatepost_imap::response::fetch::{BodyStructure, Envelope};

pub(crate) mod encoded;
mod envelope;
pub(crate) mod header;
mod lexer;
mod media;
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

    pub(crate) fn header(&self) -> Bytes {
        self.slice(&self.header)
    }

    pub(crate) fn body(&self) -> Bytes {
        self.octets.slice(self.header.end..)
    }

    pub(crate) fn envelope(&self) -> Envelope {
        envelope::of(&self.header())
    }

    /// BODY or BODYSTRUCTURE.
    pub(crate) fn structure(&self, detail: Detail) -> Option<BodyStructure> {
        structure::of(&self.octets, self.tree(), detail)
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
