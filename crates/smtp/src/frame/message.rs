//! A message or a chunk, piece by piece.

use bytes::{Buf as _, BytesMut};

use super::Buffer;
use crate::chunk::Chunk;
use crate::data::{DataError, Decoder, Swallower};

/// What octets of a client are no commands.
#[derive(Debug, Clone)]
pub(super) enum Content {
    Message(Decoder),
    /// The decoder has found a fault, which is told when all before it was given.
    Faulty(DataError, Swallower),
    Chunk(Chunk),
    /// A message that nobody wants.
    UnwantedMessage(Swallower),
    /// A chunk that nobody wants.
    UnwantedChunk(Chunk),
    /// All was given, and the end is due.
    Over,
}

/// A piece of it.
pub(super) enum Piece {
    More,
    Octets(BytesMut),
    End,
}

impl Content {
    pub(super) fn next(&mut self, input: &mut impl Buffer) -> Result<Piece, DataError> {
        match self {
            Self::Message(_) => self.message(input),
            Self::Faulty(error, _) => Err(*error),
            Self::Chunk(chunk) => {
                let octets = input.take(chunk.count(input.octets().len()));
                let is_over = chunk.is_over();
                Ok(self.given(octets, is_over))
            }
            Self::UnwantedChunk(chunk) => {
                input.take(chunk.count(input.octets().len()));
                let is_over = chunk.is_over();
                Ok(self.given(BytesMut::new(), is_over))
            }
            Self::UnwantedMessage(swallower) => {
                let swallowed = swallower.swallow(input.octets());
                input.take(swallowed.consumed);
                Ok(self.given(BytesMut::new(), swallowed.ended))
            }
            Self::Over => Ok(Piece::End),
        }
    }

    fn given(&mut self, octets: BytesMut, is_over: bool) -> Piece {
        if is_over {
            *self = Self::Over;
        }
        match (octets.is_empty(), is_over) {
            (false, _) => Piece::Octets(octets),
            (true, true) => Piece::End,
            (true, false) => Piece::More,
        }
    }

    fn message(&mut self, input: &mut impl Buffer) -> Result<Piece, DataError> {
        let Self::Message(decoder) = self else {
            return Ok(Piece::More);
        };
        // What a CR is shows with the octet behind it.
        let octets = input.octets();
        let octets = octets.strip_suffix(b"\r").unwrap_or(octets);
        let mut runs = Runs::new(octets);
        let decoded = decoder.scan(octets, |start, end| runs.add(start, end));
        let (consumed, ended) = match decoded {
            Ok(decoded) => (decoded.consumed, decoded.ended),
            Err(error) => {
                *self = Self::Faulty(error, decoder.clone().into_swallower());
                (error.consumed, false)
            }
        };
        let Runs { first, copy, .. } = runs;
        let taken = input.take(consumed);
        let message = copy.unwrap_or_else(|| cut(taken, first));
        match self {
            Self::Faulty(error, _) if message.is_empty() => Err(*error),
            _ => Ok(self.given(message, ended)),
        }
    }

    /// What is left of it is not wanted.
    pub(super) fn unwanted(self) -> Self {
        match self {
            Self::Message(decoder) => Self::UnwantedMessage(decoder.into_swallower()),
            Self::Faulty(_, swallower) => Self::UnwantedMessage(swallower),
            Self::Chunk(chunk) => Self::UnwantedChunk(chunk),
            Self::UnwantedMessage(_) | Self::UnwantedChunk(_) | Self::Over => self,
        }
    }
}

fn cut(mut taken: BytesMut, (start, end): (usize, usize)) -> BytesMut {
    taken.truncate(end);
    taken.advance(start.min(end));
    taken
}

/// The runs between stuffed dots: where the only one is, or a copy of several.
struct Runs<'a> {
    octets: &'a [u8],
    first: (usize, usize),
    copy: Option<BytesMut>,
}

impl<'a> Runs<'a> {
    const fn new(octets: &'a [u8]) -> Self {
        Self {
            octets,
            first: (0, 0),
            copy: None,
        }
    }

    fn add(&mut self, start: usize, end: usize) {
        let run = |(start, end)| self.octets.get(start..end).unwrap_or_default();
        match &mut self.copy {
            None if self.first.1 == 0 => self.first = (start, end),
            None => {
                let mut copy = BytesMut::with_capacity(self.octets.len());
                copy.extend_from_slice(run(self.first));
                copy.extend_from_slice(run((start, end)));
                self.copy = Some(copy);
            }
            Some(copy) => copy.extend_from_slice(run((start, end))),
        }
    }
}
