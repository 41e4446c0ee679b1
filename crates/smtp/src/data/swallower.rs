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
        let mut at = 0;
        while let Some(&octet) = octets.get(at) {
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
                _ => {
                    let rest = octets.get(at..).unwrap_or_default();
                    at += memchr::memchr(b'\r', rest).unwrap_or(rest.len());
                    self.place = Place::Middle;
                    continue;
                }
            };
            at += 1;
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
