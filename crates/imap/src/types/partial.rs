//! A part of the messages that were found.

use std::num::NonZeroU32;

use crate::parse::{Cursor, Parsing};
use crate::write::{Write, Writer};

/// Which of the results of a search are wanted, by their place among them (RFC 9394). Either end may be the larger one.
///
/// ```abnf
/// partial-range-first = nz-number ":" nz-number                      ; RFC 9394 section 4
/// partial-range-last  = MINUS nz-number ":" MINUS nz-number
/// partial-range       = partial-range-first / partial-range-last
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PartialRange {
    /// `1:500`: counted from the oldest message.
    First(NonZeroU32, NonZeroU32),
    /// `-1:-500`: counted from the newest.
    Last(NonZeroU32, NonZeroU32),
}

impl Cursor<'_> {
    /// `partial-range`
    pub(crate) fn partial_range(&mut self) -> Parsing<PartialRange> {
        let last = self.eat(b'-');
        let from = self.nz_number()?;
        self.octet(b':', "a colon")?;
        if last {
            self.octet(b'-', "a minus")?;
            return Ok(PartialRange::Last(from, self.nz_number()?));
        }
        Ok(PartialRange::First(from, self.nz_number()?))
    }
}

impl Write for PartialRange {
    fn write(&self, out: &mut Writer<'_>) {
        let (minus, from, to): (&[u8], _, _) = match *self {
            Self::First(from, to) => (b"", from, to),
            Self::Last(from, to) => (b"-", from, to),
        };
        out.put(minus);
        out.number(from.get());
        out.put(b":");
        out.put(minus);
        out.number(to.get());
    }
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;

    use super::*;
    use crate::parse::Options;

    #[test]
    fn ranges_of_rfc_9394() {
        for range in ["23500:24000", "-1:-100", "-100:-1", "1:1"] {
            let mut cursor = Cursor::new(range.as_bytes().into(), Options::default());
            let read = cursor.partial_range().unwrap();
            let mut out = BytesMut::new();
            read.write(&mut Writer::server(&mut out));
            assert!(cursor.is_at_end() && out == range, "{range}");
        }
        for wrong in ["1:-2", "-1:2", "0:1", "1:*", "1", ":1"] {
            let mut cursor = Cursor::new(wrong.as_bytes().into(), Options::default());
            assert!(cursor.partial_range().is_err(), "{wrong}");
        }
    }
}
