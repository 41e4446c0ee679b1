//! Finding the end of a message that is not wanted.

use super::{Decoded, Place};

/// Drops a message up to its end, which is CRLF.CRLF and nothing else, in any pieces.
#[derive(Debug, Clone)]
pub struct Swallower {
    place: Place,
}

impl Swallower {
    /// A swallower at the start of a message.
    pub const fn new() -> Self {
        Self::behind(Place::Start)
    }

    pub(super) const fn behind(place: Place) -> Self {
        Self { place }
    }

    /// Looks for the end. What was consumed is to be dropped.
    pub fn swallow(&mut self, octets: &[u8]) -> Decoded {
        for (at, &octet) in octets.iter().enumerate() {
            self.place = match (self.place, octet) {
                (Place::DotCr, b'\n') => {
                    return Decoded {
                        consumed: at + 1,
                        ended: true,
                    };
                }
                (Place::Cr, b'\n') => Place::Start,
                (Place::Start, b'.') => Place::Dot,
                (Place::Dot, b'\r') => Place::DotCr,
                (_, b'\r') => Place::Cr,
                _ => Place::Middle,
            };
        }
        Decoded {
            consumed: octets.len(),
            ended: false,
        }
    }
}

impl Default for Swallower {
    fn default() -> Self {
        Self::new()
    }
}
