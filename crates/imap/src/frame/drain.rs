//! Reading an oversized command to its end without keeping it.

use gatepost_wire::{Input, wipe};

use super::literal::{self, Mode};
use super::scan::{self, Scan};
use super::{Refused, bad_octet, discard};
use crate::{Error, Limit};

/// How much of a line's end is kept to see whether it announces a literal: more than `~{`, 20 digits, `+}` and CRLF.
const TAIL: usize = 32;

/// An oversized command of which nothing is kept but its tag.
#[derive(Debug)]
pub(super) struct Drain {
    refused: Refused,
    /// Octets of the command that are gone, for offsets in errors.
    gone: usize,
    /// Octets of a non-synchronizing literal that are still to come.
    skip: usize,
    /// The last octets of the current line that are gone.
    tail: Vec<u8>,
}

impl Drain {
    pub(super) fn new(refused: Refused, gone: usize, skip: usize) -> Self {
        Self {
            refused,
            gone,
            skip,
            tail: Vec::with_capacity(TAIL),
        }
    }

    /// Consumes what there is; the answer once the command is over.
    pub(super) fn run(&mut self, input: &mut Input) -> Result<Option<Refused>, Error> {
        loop {
            let skipped = self.skip.min(input.len());
            self.consume(input, skipped);
            self.skip -= skipped;
            if self.skip > 0 {
                return Ok(None);
            }
            match scan::strict(input.as_slice(), 0) {
                Scan::Bad(offset) => return Err(bad_octet(input, offset, self.gone)),
                Scan::Incomplete(end) => {
                    self.absorb(input, end);
                    return Ok(None);
                }
                Scan::End(cr) => {
                    self.absorb(input, cr);
                    self.consume(input, 2);
                }
            }
            match self.announced()? {
                Some(octets) => self.skip = octets,
                None => return Ok(Some(self.refused.clone())),
            }
        }
    }

    /// Consumes `count` octets of the current line and remembers the last of them.
    fn absorb(&mut self, input: &mut Input, count: usize) {
        let octets = input.as_slice().get(..count).unwrap_or_default();
        let last = octets.get(count.saturating_sub(TAIL)..).unwrap_or_default();
        self.tail.extend_from_slice(last);
        let spare = self.tail.len().saturating_sub(TAIL);
        self.tail.drain(..spare);
        self.consume(input, count);
    }

    /// The size of the non-synchronizing literal that follows the line. A client whose literal is a synchronizing one
    /// gets its answer instead of `+`.
    fn announced(&mut self) -> Result<Option<usize>, Error> {
        let announced = literal::announced(&self.tail);
        let cut = announced.is_none() && self.is_cut_number();
        wipe(&mut self.tail);
        self.tail.clear();
        match announced {
            Some(Ok(literal)) if literal.mode == Mode::NonSynchronizing => usize::try_from(literal.octets)
                .ok()
                .filter(|_| literal.octets <= literal::LITERAL_MINUS)
                .map(Some)
                .ok_or(Error::Limit(Limit::Literal)),
            Some(Err(error)) if error.mode == Mode::NonSynchronizing => Err(Error::Limit(Limit::Literal)),
            _ if cut => Err(Error::Limit(Limit::Literal)),
            _ => Ok(None),
        }
    }

    /// Whether the line ended in more digits than are kept, and `+}`: a literal of whatever size may follow.
    fn is_cut_number(&self) -> bool {
        self.tail
            .strip_suffix(b"+}")
            .is_some_and(|digits| self.tail.len() == TAIL && digits.iter().all(u8::is_ascii_digit))
    }

    fn consume(&mut self, input: &mut Input, count: usize) {
        self.gone = self.gone.saturating_add(count);
        discard(input, count);
    }
}
