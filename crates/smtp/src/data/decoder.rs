//! Taking a message off the stream.

use super::block::{BLOCK, FEW, skip};
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
        while piece.at < octets.len() {
            let start = piece.at;
            self.place = piece.skip(self.place);
            // Where nothing could be skipped, such as in lines of dots, it is not worth trying often.
            let count = if piece.at == start { 4 * FEW } else { FEW };
            if self.look_at(&mut piece, count)? {
                return Ok(self.ended(piece.at));
            }
        }
        piece.give(octets.len() - self.place.held().min(octets.len()));
        self.consumed += octets.len() as u64;
        Ok(Decoded {
            consumed: octets.len(),
            ended: false,
        })
    }

    /// Looks at `count` octets one by one; whether the message ended with the last of them.
    fn look_at(&mut self, piece: &mut Piece<'_, impl FnMut(&[u8])>, count: usize) -> Result<bool, DataError> {
        let end = piece.at + count;
        while let Some(octet) = piece.octet().filter(|_| piece.at < end) {
            self.place = match (self.place, octet) {
                (Place::Cr, b'\n') => piece.line_end(),
                (Place::DotCr, b'\n') => {
                    piece.at += 1;
                    return Ok(true);
                }
                (Place::Cr | Place::DotCr, _) => return Err(self.fault(Fault::BareCr, piece)),
                (_, b'\n') => return Err(self.fault(Fault::BareLf, piece)),
                (_, 0) => return Err(self.fault(Fault::Nul, piece)),
                (Place::Start, b'.') => piece.stuffed_dot(),
                (Place::Dot, b'\r') => piece.step(Place::DotCr),
                (_, b'\r') => piece.step(Place::Cr),
                _ => piece.step(Place::Middle),
            };
        }
        Ok(false)
    }

    fn ended(&mut self, consumed: usize) -> Decoded {
        self.consumed += consumed as u64;
        Decoded {
            consumed,
            ended: true,
        }
    }

    /// An error at the current octet; a bare CR is the octet before it.
    fn fault(&mut self, fault: Fault, piece: &mut Piece<'_, impl FnMut(&[u8])>) -> DataError {
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

    /// Skips what there is nothing to do with; the place behind it.
    fn skip(&mut self, place: Place) -> Place {
        if matches!(place, Place::Dot | Place::DotCr) {
            return place;
        }
        let start = self.at;
        self.at = skip::<BLOCK>(self.octets, self.at, is_plain);
        self.at = skip::<FEW>(self.octets, self.at, is_plain);
        match self.at.checked_sub(1).and_then(|last| self.octets.get(last)) {
            _ if self.at == start => place,
            Some(b'\n') => Place::Start,
            Some(b'\r') => Place::Cr,
            _ => Place::Middle,
        }
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

/// Whether in `block` CR and LF are pairs, and there is neither NUL nor a dot behind LF.
fn is_plain<const N: usize>(before: &[u8; N], block: &[u8; N]) -> bool {
    let mut odd = 0;
    let mut least = u8::MAX;
    for (&before, &octet) in before.iter().zip(block) {
        odd |= u8::from(before == b'\r') ^ u8::from(octet == b'\n');
        odd |= u8::from(before == b'\n') & u8::from(octet == b'.');
        least = least.min(octet);
    }
    odd == 0 && least > 0
}
