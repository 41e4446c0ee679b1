//! Taking a message off the stream.

use super::block::{BLOCK, FEW, control, skip};
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
    pub fn decode(&mut self, octets: &[u8], mut out: impl FnMut(&[u8])) -> Result<Decoded, DataError> {
        let behind_cr = match (self.place, octets) {
            // The CR was in the piece before this one, and was held back.
            (Place::Cr, [b'\n', rest @ ..]) => {
                out(b"\r\n");
                self.place = Place::Start;
                self.consumed += 1;
                rest
            }
            _ => octets,
        };
        let before = octets.len() - behind_cr.len();
        let decoded = self.scan(behind_cr, |start, end| {
            out(behind_cr.get(start..end).unwrap_or_default());
        });
        match decoded {
            Ok(decoded) => Ok(Decoded {
                consumed: decoded.consumed + before,
                ..decoded
            }),
            Err(error) => Err(DataError {
                consumed: error.consumed + before,
                ..error
            }),
        }
    }

    /// The same with the places of the runs. An LF behind a CR at the end of the piece before is for the caller.
    pub(crate) fn scan(
        &mut self,
        octets: &[u8],
        out: impl FnMut(usize, usize),
    ) -> Result<Decoded, DataError> {
        let mut piece = Piece {
            octets,
            at: 0,
            given: 0,
            out,
        };
        loop {
            self.place = match (self.place, piece.rest()) {
                (_, []) => break,
                (Place::Start, [b'.', next, ..]) if *next != b'\r' => {
                    piece.stuffed_dot();
                    piece.line_end().map_err(|fault| self.fault(fault, &mut piece))?
                }
                (Place::Start, [b'.', ..]) => piece.stuffed_dot(),
                (Place::Start, _) => piece.skip(),
                (Place::Middle, _) => piece.line_end().map_err(|fault| self.fault(fault, &mut piece))?,
                (Place::Dot, [b'\r', b'\n', ..]) => return Ok(self.ended(piece.at + 2)),
                (Place::DotCr, [b'\n', ..]) => return Ok(self.ended(piece.at + 1)),
                (Place::Dot, [b'\r']) => piece.step(Place::DotCr),
                (Place::Dot, _) => Place::Middle,
                (Place::Cr | Place::DotCr, _) => return Err(self.fault(Fault::BareCr, &mut piece)),
            };
        }
        piece.give(octets.len() - self.place.held().min(octets.len()));
        self.consumed += octets.len() as u64;
        Ok(Decoded {
            consumed: octets.len(),
            ended: false,
        })
    }

    const fn ended(&mut self, consumed: usize) -> Decoded {
        self.consumed += consumed as u64;
        Decoded {
            consumed,
            ended: true,
        }
    }

    /// An error at the current octet; a bare CR is the octet before it.
    #[cold]
    fn fault(&mut self, fault: Fault, piece: &mut Piece<'_, impl FnMut(usize, usize)>) -> DataError {
        let at = piece.at;
        let (offset, consumed, end) = match fault {
            Fault::BareCr => (
                (self.consumed + at as u64).saturating_sub(1),
                at,
                at.saturating_sub(1),
            ),
            Fault::BareLf | Fault::Nul => (self.consumed + at as u64, at + 1, at),
        };
        piece.give(end);
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

impl<'a, F: FnMut(usize, usize)> Piece<'a, F> {
    fn rest(&self) -> &'a [u8] {
        self.octets.get(self.at..).unwrap_or_default()
    }

    const fn step(&mut self, place: Place) -> Place {
        self.at += 1;
        place
    }

    fn stuffed_dot(&mut self) -> Place {
        self.give(self.at);
        self.given = self.at + 1;
        self.step(Place::Dot)
    }

    /// Skips the blocks in which there is nothing to do; the place behind them.
    fn skip(&mut self) -> Place {
        let start = self.at;
        self.at = skip::<BLOCK>(self.octets, self.at, is_plain);
        self.at = skip::<FEW>(self.octets, self.at, is_plain);
        match self.at.checked_sub(1).and_then(|last| self.octets.get(last)) {
            _ if self.at == start => {}
            Some(b'\n') if self.rest().first().is_none_or(|octet| *octet == b'.') => return Place::Start,
            // It is looked at again, with its LF.
            Some(b'\r') => self.at -= 1,
            _ => {}
        }
        Place::Middle
    }

    /// Goes on to the next line, or so far that it is worth to skip blocks again.
    #[inline(always)]
    fn line_end(&mut self) -> Result<Place, Fault> {
        let rest = self.rest();
        let control = control(rest.get(..BLOCK).unwrap_or(rest));
        match rest.get(control..) {
            Some([b'\r', b'\n', ..]) => {
                self.at += control + 2;
                Ok(Place::Start)
            }
            other => self.other(control, other.unwrap_or_default()),
        }
    }

    /// `count` octets without controls; what is behind them is no line end.
    #[inline(never)]
    fn other(&mut self, count: usize, behind: &[u8]) -> Result<Place, Fault> {
        self.at += count;
        match behind {
            [b'\r'] => Ok(self.step(Place::Cr)),
            [b'\r', ..] => {
                self.at += 1;
                Err(Fault::BareCr)
            }
            [b'\n', ..] => Err(Fault::BareLf),
            [0, ..] => Err(Fault::Nul),
            [_, ..] if count < BLOCK => Ok(self.step(Place::Middle)),
            _ => Ok(self.skip()),
        }
    }

    fn give(&mut self, end: usize) {
        if self.given < end {
            (self.out)(self.given, end);
        }
        self.given = end;
    }
}

/// Whether in `block` CR and LF are pairs, and there is neither NUL nor a dot behind LF.
fn is_plain<const N: usize>(before: &[u8; N], block: &[u8; N]) -> bool {
    let mut odd = 0;
    for (&before, &octet) in before.iter().zip(block) {
        odd |= u8::from(before == b'\r') ^ u8::from(octet == b'\n');
        odd |= u8::from(before == b'\n') & u8::from(octet == b'.');
        odd |= u8::from(octet == 0);
    }
    odd == 0
}
