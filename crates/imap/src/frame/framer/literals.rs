//! The framer: literals, collected and streamed.

use gatepost_wire::Input;

use super::{Collect, Framer, Side, State};
use crate::frame::literal::{self, Announced, Mode, TooLarge};
use crate::frame::part::Part;
use crate::frame::{Frame, Refused, discard};
use crate::{Error, Limit};

/// What becomes of a literal within the limits.
#[derive(Debug, Clone, Copy)]
enum Way {
    Collect(usize),
    Stream,
}

impl Framer {
    /// Gives a command that ends behind the announcement of a literal; `front` octets of it are in the input.
    pub(super) fn end(&mut self, input: &mut Input, front: usize) -> Frame {
        let mut octets = input.take(front);
        let streamed = self.streamed.take();
        self.reset();
        match streamed {
            None => {
                octets.truncate(front.saturating_sub(2));
                Frame::Message(octets)
            }
            Some(streamed) => {
                let outline = streamed.without_last();
                Frame::Part(Part::Close { octets, outline })
            }
        }
    }

    /// Handles a literal that begins at `start`.
    pub(super) fn literal(
        &mut self,
        input: &mut Input,
        start: usize,
        announced: Result<Announced, TooLarge>,
    ) -> Result<Option<Frame>, Error> {
        let mode = announced.map_or_else(|error| error.mode, |literal| literal.mode);
        if self.answered && mode == Mode::Synchronizing {
            return Ok(Some(self.message(input, start.saturating_sub(2))));
        }
        let octets = announced.map_or(u64::MAX, |literal| literal.octets);
        let limit = match announced {
            Err(_) => self.largest(),
            Ok(literal) => match self.way(octets, self.message_bound(input).checked_sub(start)) {
                Ok(way) => return Ok(self.accept_literal(input, start, literal, way)),
                Err(limit) => limit,
            },
        };
        let head = input.as_slice().get(..start).unwrap_or_default();
        let refused = Refused {
            tag: self.tag(head),
            limit,
        };
        match mode {
            Mode::Synchronizing if self.side == Side::Client => {
                discard(input, start);
                self.reset();
                Ok(Some(Frame::Refused(refused)))
            }
            Mode::NonSynchronizing if octets <= literal::LITERAL_MINUS => {
                // At most 4,096, so it fits.
                let skip = usize::try_from(octets).unwrap_or_default();
                self.drain(input, start, skip, refused)?;
                Ok(None)
            }
            _ => Err(Error::Limit(limit)),
        }
    }

    /// The limit of the largest literals.
    fn largest(&self) -> Limit {
        self.streaming.map_or(Limit::Literal, |_| Limit::Streamed)
    }

    /// What becomes of a literal if there is `room` for it in the input.
    fn way(&self, octets: u64, room: Option<usize>) -> Result<Way, Limit> {
        let collected = match (usize::try_from(octets), room) {
            (Ok(octets), _) if octets > self.limits.literal => Err(Limit::Literal),
            (Ok(octets), Some(room)) if octets <= room => Ok(Way::Collect(octets)),
            (Ok(_), _) => Err(Limit::Message),
            (Err(_), _) => Err(Limit::Literal),
        };
        match (self.streaming, collected) {
            (Some(streaming), Ok(Way::Collect(octets))) if octets <= streaming.above => collected,
            (Some(streaming), _) if octets <= streaming.limit => Ok(Way::Stream),
            (Some(_), _) => Err(Limit::Streamed),
            (None, _) => collected,
        }
    }

    fn accept_literal(&mut self, input: &Input, start: usize, literal: Announced, way: Way) -> Option<Frame> {
        match way {
            Way::Collect(octets) => {
                let line = start.saturating_add(octets);
                self.collect = Collect { line, search: line };
                self.state = State::Further;
            }
            Way::Stream => self.state = State::Open(literal),
        }
        if matches!(way, Way::Stream) || self.streamed.is_some() {
            let streamed = self.streamed.get_or_insert_default();
            streamed.copy(input.as_slice().get(..start).unwrap_or_default());
        }
        let wanted = self.side == Side::Client && literal.mode == Mode::Synchronizing;
        self.awaited = wanted.then_some(start);
        let octets = literal.octets;
        wanted.then_some(Frame::LiteralWanted { octets })
    }

    /// Gives what stands in front of a streamed literal.
    pub(super) fn open(&mut self, input: &mut Input, literal: Announced) -> Part {
        let streamed = self.streamed.get_or_insert_default();
        let octets = input.take(streamed.open(literal.octets));
        self.awaited = self.awaited.map(|_| 0);
        self.collect = Collect::default();
        self.state = match literal.octets {
            0 => State::Further,
            octets => State::Literal(octets),
        };
        Part::Open { octets, literal }
    }

    /// Gives octets of a streamed literal, of which `left` are still to come.
    pub(super) fn stream(&mut self, input: &mut Input, left: u64) -> Option<Part> {
        let count = usize::try_from(left).unwrap_or(usize::MAX).min(input.len());
        if count == 0 {
            return None;
        }
        self.awaited = None;
        let left = left.saturating_sub(count as u64);
        self.state = match left {
            0 => State::Further,
            left => State::Literal(left),
        };
        if let Some(streamed) = &mut self.streamed {
            streamed.gone = streamed.gone.saturating_add(count);
        }
        let octets = input.take(count);
        Some(Part::Literal { octets, left })
    }
}
