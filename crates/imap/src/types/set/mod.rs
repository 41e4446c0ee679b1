//! Sets of messages.

mod numbers;
mod uid;

use std::fmt;
use std::ops::RangeInclusive;

use bytes::Bytes;

pub use self::numbers::Numbers;
pub use self::uid::UidSet;

use super::Invalid;
use crate::parse::octets::SET;
use crate::parse::{Cursor, Parsing};
use crate::write::{Write, Writer};

/// A set of sequence numbers or UIDs, as it was spelled.
///
/// ```abnf
/// sequence-set = (seq-number / seq-range) ["," sequence-set] / "$"      ; RFC 9051 section 9, RFC 5182
/// seq-range    = seq-number ":" seq-number
/// seq-number   = nz-number / "*"
/// ```
/// However large it is, it takes no more memory than its spelling.
///
/// ```
/// use gatepost_imap::types::{Bound, SequenceSet};
///
/// let set = SequenceSet::new("2,4:*").unwrap();
/// let ranges: Vec<_> = set.ranges().collect();
/// assert_eq!(ranges, [(Bound::Number(2), Bound::Number(2)), (Bound::Number(4), Bound::Star)]);
/// assert!(set.contains(7, 9) && !set.contains(3, 9));
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SequenceSet(Bytes);

/// One end of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bound {
    /// A number above 0.
    Number(u32),
    /// `*`: the largest number in use.
    Star,
}

impl Bound {
    const fn value(self, largest: u32) -> u32 {
        match self {
            Self::Number(number) => number,
            Self::Star => largest,
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Star => f.write_str("*"),
        }
    }
}

impl SequenceSet {
    /// Takes `octets` as a set.
    ///
    /// # Errors
    /// If they are none.
    pub fn new(octets: impl Into<Bytes>) -> Result<Self, Invalid> {
        let octets = octets.into();
        match is_set(&octets) {
            true => Ok(Self(octets)),
            false => Err(Invalid { what: "sequence set" }),
        }
    }

    /// The set of these ranges; of one number, both ends are it.
    ///
    /// # Errors
    /// If there is no range, or a number is 0.
    pub fn of(ranges: impl IntoIterator<Item = (Bound, Bound)>) -> Result<Self, Invalid> {
        let mut text = String::new();
        for (first, last) in ranges {
            if !text.is_empty() {
                text.push(',');
            }
            text.push_str(&first.to_string());
            if first != last {
                text.push(':');
                text.push_str(&last.to_string());
            }
        }
        Self::new(text)
    }

    /// The set of one message.
    ///
    /// # Errors
    /// If `number` is 0.
    pub fn one(number: u32) -> Result<Self, Invalid> {
        Self::new(number.to_string())
    }

    /// Whether this is `$`: the messages of the last search (RFC 5182). It has no ranges.
    pub fn is_saved_result(&self) -> bool {
        *self.0 == *b"$"
    }

    /// Whether `*` is in it: it depends on the mailbox which messages it means.
    pub fn has_star(&self) -> bool {
        self.0.contains(&b'*')
    }

    /// The ranges in the order of the spelling. Either end may be the larger one.
    pub fn ranges(&self) -> impl Iterator<Item = (Bound, Bound)> {
        let parts = self.0.split(|&octet| octet == b',');
        parts.filter_map(range)
    }

    /// Whether the message `number` is in the set, `largest` being what `*` stands for.
    pub fn contains(&self, number: u32, largest: u32) -> bool {
        self.ranges().any(|(first, last)| {
            let (first, last) = (first.value(largest), last.value(largest));
            (first.min(last)..=first.max(last)).contains(&number)
        })
    }

    /// The ranges in ascending order, merged where they overlap, `largest` being what `*` stands for. In an empty
    /// mailbox, where that is 0, a `*` alone means 0: no message.
    ///
    /// ```
    /// use gatepost_imap::types::SequenceSet;
    ///
    /// let set = SequenceSet::new("7:4,*:5,1").unwrap();
    /// assert_eq!(set.resolved(9), [1..=1, 4..=9]);
    /// ```
    pub fn resolved(&self, largest: u32) -> Vec<RangeInclusive<u32>> {
        let values = self
            .ranges()
            .map(|(first, last)| (first.value(largest), last.value(largest)));
        let mut ordered: Vec<_> = values
            .map(|(first, last)| first.min(last)..=first.max(last))
            .collect();
        ordered.sort_unstable_by_key(|range| *range.start());
        ordered.dedup_by(|next, kept| {
            let overlap = next.start() <= kept.end();
            if overlap {
                *kept = *kept.start()..=*kept.end().max(next.end());
            }
            overlap
        });
        ordered
    }

    /// The set as it was spelled.
    pub const fn as_bytes(&self) -> &Bytes {
        &self.0
    }
}

fn range(part: &[u8]) -> Option<(Bound, Bound)> {
    match memchr::memchr(b':', part) {
        None => {
            let bound = bound(part)?;
            Some((bound, bound))
        }
        Some(colon) => {
            let (first, last) = part.split_at_checked(colon)?;
            Some((bound(first)?, bound(last.get(1..)?)?))
        }
    }
}

/// `seq-number`
fn bound(octets: &[u8]) -> Option<Bound> {
    match octets {
        b"*" => Some(Bound::Star),
        [b'1'..=b'9', ..] if octets.len() <= 10 => {
            let digits = octets.iter().try_fold(0_u32, |number, octet| {
                let digit = octet.is_ascii_digit().then(|| u32::from(octet - b'0'))?;
                number.checked_mul(10)?.checked_add(digit)
            });
            digits.map(Bound::Number)
        }
        _ => None,
    }
}

pub(super) fn is_set(octets: &[u8]) -> bool {
    octets == b"$"
        || octets
            .split(|&octet| octet == b',')
            .all(|part| range(part).is_some())
}

impl fmt::Display for SequenceSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Made of ASCII only.
        f.write_str(std::str::from_utf8(&self.0).unwrap_or_default())
    }
}

impl fmt::Debug for SequenceSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SequenceSet({self})")
    }
}

impl Cursor<'_> {
    /// `sequence-set`
    pub(crate) fn sequence_set(&mut self) -> Parsing<SequenceSet> {
        const EXPECTED: &str = "a set of messages";
        let mark = self.mark();
        let set = if self.eat(b'$') {
            self.since(mark)
        } else {
            self.run(SET, EXPECTED)?
        };
        if !is_set(set) {
            return self.expected_at(mark, EXPECTED);
        }
        Ok(SequenceSet(self.bytes(set)))
    }
}

impl Write for SequenceSet {
    fn write(&self, out: &mut Writer<'_>) {
        out.put(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    #[test]
    fn sets_of_the_rfcs() {
        for set in [
            "1",
            "*",
            "2:4",
            "4:2",
            "1,3:5,*",
            "*:4,5:7",
            "2,4:7,9,12:*",
            "4294967295",
            "$",
        ] {
            assert_eq!(SequenceSet::new(set).unwrap().to_string(), set);
        }
        for wrong in [
            "",
            "0",
            "1,",
            ",1",
            "1:",
            ":1",
            "1:2:3",
            "a",
            "$,1",
            "01",
            "4294967296",
            "1 2",
            "1-2",
            "**",
        ] {
            assert!(SequenceSet::new(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_set_of_ranges() {
        let ranges = [
            (Bound::Number(1), Bound::Number(1)),
            (Bound::Number(4), Bound::Star),
        ];
        assert_eq!(SequenceSet::of(ranges).unwrap().to_string(), "1,4:*");
        assert!(SequenceSet::of([]).is_err());
        assert!(SequenceSet::one(0).is_err());
    }

    #[test]
    fn the_largest_number_is_meant_by_a_star() {
        let set = SequenceSet::new("5:*").unwrap();
        assert!(set.contains(3, 3) && set.contains(5, 3) && !set.contains(2, 3));
    }

    #[test]
    fn resolved_ranges_are_in_order_and_do_not_overlap() {
        let resolved = |text: &'static str, largest| SequenceSet::new(text).unwrap().resolved(largest);
        assert_eq!(resolved("2,4:7,9,12:*", 15), [2..=2, 4..=7, 9..=9, 12..=15]);
        assert_eq!(resolved("7:4,5:9,1", 20), [1..=1, 4..=9]);
        assert_eq!(resolved("4:9,5:6,7", 20), [4..=9]);
        assert_eq!(resolved("*:4,1", 6), [1..=1, 4..=6]);
        assert_eq!(resolved("20:*", 6), [6..=20]);
        assert_eq!(resolved("*", 0), [0..=0]);
        assert_eq!(resolved("$", 6), []);
    }

    #[test]
    fn uids_in_a_row_are_a_range() {
        let set = |uids: &[u32]| {
            let uids = uids.iter().copied().filter_map(NonZeroU32::new);
            UidSet::of(uids).map(|set| set.to_string())
        };
        assert_eq!(set(&[1, 2, 3, 5, 7, 8]).unwrap(), "1:3,5,7:8");
        assert_eq!(set(&[9, 8, u32::MAX]).unwrap(), "9,8,4294967295");
        assert!(set(&[]).is_err());
    }

    #[test]
    fn a_set_of_uids_names_them() {
        let set = UidSet::new("3956,3958:3957").unwrap();
        assert_eq!(set.ranges().collect::<Vec<_>>(), [(3956, 3956), (3958, 3957)]);
        assert!(set.contains(3957) && !set.contains(3959));
        assert_eq!(
            (set.single(), UidSet::new("7").unwrap().single()),
            (None, Some(7))
        );
        for wrong in ["", "*", "1:*", "$", "0"] {
            assert!(UidSet::new(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn numbers_in_a_row() {
        let numbers = Numbers::new("2 84 882").unwrap();
        assert_eq!(numbers.iter().collect::<Vec<_>>(), [2, 84, 882]);
        assert!(Numbers::new("").unwrap().is_empty());
        for wrong in [" 1", "1 ", "1  2", "0", "*", "x"] {
            assert!(Numbers::new(wrong).is_err(), "{wrong}");
        }
    }
}
