//! Where lines end.

use crate::data::control;

/// Looks for LF, and at no octet twice.
#[derive(Debug, Clone, Default)]
pub(super) struct LineEnds {
    /// Octets from the start of the buffer in which the next LF is not.
    searched: usize,
    #[cfg(test)]
    pub(super) looked_at: usize,
}

impl LineEnds {
    /// The next LF of `octets`, which have grown since the last call.
    #[inline]
    pub(super) fn next(&mut self, octets: &[u8]) -> Option<usize> {
        let rest = octets.get(self.searched..).unwrap_or_default();
        let found = line_feed(rest);
        let count = found.map_or(rest.len(), |at| at + 1);
        #[cfg(test)]
        {
            self.looked_at += count;
        }
        self.searched += count;
        found.map(|_| self.searched - 1)
    }

    /// How many octets are before the CRLF that ends the first line, if nothing was searched yet, the line is short, and
    /// there are no other controls in it; most are such.
    #[inline]
    pub(super) fn short_line(&mut self, octets: &[u8]) -> Option<usize> {
        const SHORT: usize = 64;
        if self.searched > 0 {
            return None;
        }
        let few = octets.get(..SHORT).unwrap_or(octets);
        let end = control(few);
        let is_whole = few.get(end..end + 2) == Some(b"\r\n");
        #[cfg(test)]
        {
            self.looked_at += if is_whole { end + 2 } else { end };
        }
        if is_whole {
            return Some(end);
        }
        // Among these there is no LF.
        self.searched = end;
        None
    }

    /// All up to the last LF was taken off the buffer.
    pub(super) const fn taken(&mut self) {
        self.searched = 0;
    }

    /// The last LF is to be found again.
    pub(super) const fn again(&mut self) {
        self.searched = self.searched.saturating_sub(1);
    }
}

/// Where the first LF is. Most lines are short, and not worth a call.
#[inline]
fn line_feed(octets: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const SHORT: usize = 8;
    let mut count = 0;
    for word in octets.as_chunks::<8>().0.iter().take(SHORT) {
        let word = u64::from_le_bytes(*word) ^ (ONES * b'\n' as u64);
        // A nought borrows, and a nought behind one may seem to.
        let found = word.wrapping_sub(ONES) & !word & (ONES * 0x80);
        if found != 0 {
            return Some(count + found.trailing_zeros() as usize / 8);
        }
        count += 8;
    }
    let rest = octets.get(count..).unwrap_or_default();
    let found = match rest.len() {
        0..8 => rest.iter().position(|octet| *octet == b'\n'),
        _ => memchr::memchr(b'\n', rest),
    };
    found.map(|at| count + at)
}
