//! Taking a message off the stream.

use super::{DataError, Decoded, Fault, Place, Swallower};

/// Finds the end of a message and takes the stuffed dots out, in any pieces.
#[derive(Debug, Clone)]
pub struct Decoder {
    place: Place,
    /// Octets of the stream that were consumed.
    consumed: u64,
}

impl Decoder {
    /// A decoder at the start of a message: behind the CRLF of DATA, so that `.CRLF` is the empty message.
    pub const fn new() -> Self {
        Self {
            place: Place::Start,
            consumed: 0,
        }
    }

    /// Gives the message's octets to `out` in runs, without stuffed dots and without the end. Nothing is copied.
    ///
    /// After the end or an error the decoder must not be used any more.
    ///
    /// # Errors
    /// [`DataError`] at the first bare CR, bare LF or NUL. `out` has had everything before it.
    pub fn decode(&mut self, octets: &[u8], out: impl FnMut(&[u8])) -> Result<Decoded, DataError> {
        let mut piece = Piece {
            octets,
            at: 0,
            given: 0,
            out,
        };
        while let Some(octet) = piece.octet() {
            self.place = match (self.place, octet) {
                (Place::Middle, _) => match piece.find_special() {
                    Some(b'\r') => piece.step(Place::Cr),
                    Some(b'\n') => return Err(self.fault(Fault::BareLf, piece)),
                    Some(_) => return Err(self.fault(Fault::Nul, piece)),
                    None => break,
                },
                (Place::Cr, b'\n') => piece.line_end(),
                (Place::Start, b'.') => piece.stuffed_dot(),
                (Place::Dot, b'\r') => piece.step(Place::DotCr),
                (Place::Start | Place::Dot, _) => Place::Middle,
                (Place::DotCr, b'\n') => return Ok(self.ended(piece.at + 1)),
                (Place::Cr | Place::DotCr, _) => return Err(self.fault(Fault::BareCr, piece)),
            };
        }
        piece.give(octets.len() - self.place.held().min(octets.len()));
        self.consumed += octets.len() as u64;
        Ok(Decoded {
            consumed: octets.len(),
            ended: false,
        })
    }

    fn ended(&mut self, consumed: usize) -> Decoded {
        self.consumed += consumed as u64;
        Decoded {
            consumed,
            ended: true,
        }
    }

    /// An error at the current octet; a bare CR is the octet before it.
    fn fault(&mut self, fault: Fault, mut piece: Piece<'_, impl FnMut(&[u8])>) -> DataError {
        let at = piece.at;
        let (offset, consumed) = match fault {
            Fault::BareCr => ((self.consumed + at as u64).saturating_sub(1), at),
            Fault::BareLf | Fault::Nul => (self.consumed + at as u64, at + 1),
        };
        piece.give(at.saturating_sub(self.place.held()));
        self.place = Place::Middle;
        self.consumed += consumed as u64;
        DataError {
            offset,
            fault,
            consumed,
        }
    }

    /// How many octets of the stream were consumed, the end included.
    pub const fn consumed(&self) -> u64 {
        self.consumed
    }

    /// What finds the end of the message, for one that had an error or is not wanted any more.
    pub const fn into_swallower(self) -> Swallower {
        Swallower::behind(self.place)
    }
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

/// A piece of the stream, how far it was looked at, and how far it was given out.
struct Piece<'a, F> {
    octets: &'a [u8],
    at: usize,
    given: usize,
    out: F,
}

impl<F: FnMut(&[u8])> Piece<'_, F> {
    fn octet(&self) -> Option<u8> {
        self.octets.get(self.at).copied()
    }

    fn step(&mut self, place: Place) -> Place {
        self.at += 1;
        place
    }

    /// The next CR, LF or NUL.
    fn find_special(&mut self) -> Option<u8> {
        let rest = self.octets.get(self.at..)?;
        self.at += memchr::memchr3(b'\r', b'\n', 0, rest)?;
        self.octet()
    }

    /// A LF behind a CR, which may have been in the piece before this one, and was held back there.
    fn line_end(&mut self) -> Place {
        if self.at == 0 {
            (self.out)(b"\r\n");
            self.given = 1;
        }
        self.step(Place::Start)
    }

    fn stuffed_dot(&mut self) -> Place {
        self.give(self.at);
        self.given = self.at + 1;
        self.step(Place::Dot)
    }

    fn give(&mut self, end: usize) {
        if let Some(run) = self.octets.get(self.given..end)
            && !run.is_empty()
        {
            (self.out)(run);
        }
        self.given = end;
    }
}
