//! Taking a message off the stream.

use super::Place;
use crate::{Error, PeerError, Rule};

/// Finds the end of a message and takes the stuffed dots out, in any pieces.
#[derive(Debug, Clone)]
pub struct Decoder {
    pub(super) place: Place,
    /// Octets of the stream that were consumed.
    offset: u64,
}

/// How far [`Decoder::decode`] or [`super::Swallower::swallow`] came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decoded {
    /// How many octets were consumed: all of them, unless the message ended.
    pub consumed: usize,
    /// Whether the message ended.
    pub ended: bool,
}

/// Why a message can be neither decoded nor delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{fault} at octet {offset}")]
pub struct DataError {
    /// Octets from the start of the message as it was sent.
    pub offset: u64,
    /// What is wrong there.
    pub fault: Fault,
    /// How many octets of this call were consumed. The rest is for [`Decoder::into_swallower`].
    pub consumed: usize,
}

/// What a message must not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A CR that no LF follows.
    #[error("bare CR")]
    BareCr,
    /// A LF that no CR precedes.
    #[error("bare LF")]
    BareLf,
    /// A NUL.
    #[error("NUL")]
    Nul,
}

impl From<DataError> for Error {
    fn from(error: DataError) -> Self {
        Self::Peer(PeerError {
            offset: usize::try_from(error.offset).unwrap_or(usize::MAX),
            rule: match error.fault {
                Fault::BareCr => Rule::BareCr,
                Fault::BareLf => Rule::BareLf,
                Fault::Nul => Rule::Nul,
            },
        })
    }
}

impl Decoder {
    /// A decoder at the start of a message: behind the CRLF of DATA, so that `.CRLF` is the empty message.
    pub const fn new() -> Self {
        Self {
            place: Place::Start,
            offset: 0,
        }
    }

    /// Gives the message's octets to `out` in runs, without stuffed dots and without the end.
    ///
    /// After the end or an error the decoder must not be used any more.
    ///
    /// # Errors
    /// [`DataError`] at the first bare CR, bare LF or NUL. `out` has had everything before it.
    pub fn decode(&mut self, octets: &[u8], mut out: impl FnMut(&[u8])) -> Result<Decoded, DataError> {
        for (at, &octet) in octets.iter().enumerate() {
            let fault = match (self.place, octet) {
                (Place::DotCr, b'\n') => {
                    self.offset += at as u64 + 1;
                    return Ok(Decoded {
                        consumed: at + 1,
                        ended: true,
                    });
                }
                (Place::Cr, b'\n') => {
                    out(b"\r\n");
                    self.place = Place::Start;
                    continue;
                }
                (Place::Cr | Place::DotCr, _) => {
                    self.place = Place::Middle;
                    let offset = self.offset + at as u64 - 1;
                    return Err(DataError {
                        offset,
                        fault: Fault::BareCr,
                        consumed: at,
                    });
                }
                (_, b'\n') => Fault::BareLf,
                (_, 0) => Fault::Nul,
                (Place::Dot, b'\r') => {
                    self.place = Place::DotCr;
                    continue;
                }
                (_, b'\r') => {
                    self.place = Place::Cr;
                    continue;
                }
                (Place::Start, b'.') => {
                    self.place = Place::Dot;
                    continue;
                }
                _ => {
                    out(&[octet]);
                    self.place = Place::Middle;
                    continue;
                }
            };
            self.place = Place::Middle;
            return Err(DataError {
                offset: self.offset + at as u64,
                fault,
                consumed: at + 1,
            });
        }
        self.offset += octets.len() as u64;
        Ok(Decoded {
            consumed: octets.len(),
            ended: false,
        })
    }

    /// How many octets of the stream were consumed, the end included.
    pub const fn consumed(&self) -> u64 {
        self.offset
    }

    /// What finds the end of a message that had an error.
    pub const fn into_swallower(self) -> super::Swallower {
        super::Swallower::behind(self.place)
    }
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}
