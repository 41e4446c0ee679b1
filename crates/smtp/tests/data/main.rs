//! Messages on the wire.

#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod encode;
mod exhaustive;
mod known;
mod smuggling;

use gatepost_smtp::data::{DataError, Decoded, Decoder, Fault, Swallower};

/// What came out of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) message: Vec<u8>,
    pub(crate) end: End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The message ended, and so many octets of the stream belong to it.
    Ended(usize),
    /// More is needed.
    Open,
    Fault(u64, Fault),
}

/// Decodes `pieces`, and checks what holds always.
pub(crate) fn decode(pieces: &[&[u8]]) -> Outcome {
    let mut decoder = Decoder::new();
    let mut message = Vec::new();
    let mut before = 0;
    for piece in pieces {
        let result = decoder.decode(piece, |run| {
            assert!(!run.is_empty());
            message.extend_from_slice(run);
        });
        let end = match result {
            Ok(Decoded {
                consumed,
                ended: true,
            }) => Some(End::Ended(before + consumed)),
            Ok(Decoded {
                consumed,
                ended: false,
            }) => {
                assert_eq!(consumed, piece.len());
                None
            }
            Err(DataError {
                offset,
                fault,
                consumed,
            }) => {
                assert!(consumed <= piece.len());
                Some(End::Fault(offset, fault))
            }
        };
        if let Some(end) = end {
            return Outcome { message, end };
        }
        before += piece.len();
        assert_eq!(decoder.consumed(), before as u64);
    }
    Outcome {
        message,
        end: End::Open,
    }
}

/// Where a swallower finds the end of `pieces`.
pub(crate) fn swallow(pieces: &[&[u8]]) -> Option<usize> {
    let mut swallower = Swallower::new();
    let mut before = 0;
    for piece in pieces {
        let Decoded { consumed, ended } = swallower.swallow(piece);
        if ended {
            return Some(before + consumed);
        }
        assert_eq!(consumed, piece.len());
        before += piece.len();
    }
    None
}

/// `stream` in two pieces, cut everywhere, and octet by octet.
pub(crate) fn every_split(stream: &[u8]) -> impl Iterator<Item = Vec<&[u8]>> {
    let halves = (0..=stream.len()).map(|at| {
        let (one, two) = stream.split_at(at);
        vec![one, two]
    });
    halves.chain(std::iter::once(stream.chunks(1).collect()))
}
