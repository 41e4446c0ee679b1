//! Sequence sets (RFC 3501 section 9, `sequence-set`).

use std::fmt::Write as _;
use std::ops::RangeInclusive;

use super::cursor::{Cursor, Unexpected};

/// A set of message numbers or UIDs as a client writes it: `2,4:7,9,12:*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SequenceSet(Vec<(Bound, Bound)>);

/// `seq-number = nz-number / "*"`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bound {
    Number(u32),
    Last,
}

impl Bound {
    fn parse(cursor: &mut Cursor<'_>) -> Result<Self, Unexpected> {
        if cursor.accept(b'*') {
            return Ok(Self::Last);
        }
        let start = cursor.clone();
        match cursor.number()? {
            0 => start.unexpected("a number above 0"),
            number => Ok(Self::Number(number)),
        }
    }

    fn resolve(self, last: u32) -> u32 {
        match self {
            Self::Number(number) => number,
            Self::Last => last,
        }
    }
}

impl SequenceSet {
    pub(crate) fn parse(cursor: &mut Cursor<'_>) -> Result<Self, Unexpected> {
        let mut ranges = Vec::new();
        loop {
            let from = Bound::parse(cursor)?;
            let to = if cursor.accept(b':') {
                Bound::parse(cursor)?
            } else {
                from
            };
            ranges.push((from, to));
            if !cursor.accept(b',') {
                return Ok(Self(ranges));
            }
        }
    }

    /// The ranges in ascending order, merged where they overlap, with `last` for `*`. A set on an empty mailbox
    /// (`last` 0) names nothing through `*`.
    pub(crate) fn ranges(&self, last: u32) -> Vec<RangeInclusive<u32>> {
        let bounds = self
            .0
            .iter()
            .map(|(from, to)| (from.resolve(last), to.resolve(last)));
        let mut ordered: Vec<(u32, u32)> = bounds.map(|(from, to)| (from.min(to), from.max(to))).collect();
        ordered.sort_unstable();
        let mut merged: Vec<RangeInclusive<u32>> = Vec::with_capacity(ordered.len());
        for (from, to) in ordered {
            match merged.last_mut() {
                Some(range) if from <= *range.end() => *range = *range.start()..=to.max(*range.end()),
                _ => merged.push(from..=to),
            }
        }
        merged
    }
}

/// Ascending numbers as a set with ranges: `1:3,5`.
pub(crate) fn compress(numbers: &[u32]) -> String {
    let mut text = String::new();
    for run in numbers.chunk_by(|previous, next| previous.checked_add(1) == Some(*next)) {
        let (Some(from), Some(to)) = (run.first(), run.last()) else {
            continue;
        };
        let comma = if text.is_empty() { "" } else { "," };
        let _ = match from == to {
            true => write!(text, "{comma}{from}"),
            false => write!(text, "{comma}{from}:{to}"),
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges(text: &[u8], last: u32) -> Vec<RangeInclusive<u32>> {
        SequenceSet::parse(&mut Cursor::new(text)).unwrap().ranges(last)
    }

    #[test]
    fn sets_are_ordered_and_merged() {
        assert_eq!(ranges(b"2,4:7,9,12:*", 15), [2..=2, 4..=7, 9..=9, 12..=15]);
        assert_eq!(ranges(b"7:4,5:9,1", 20), [1..=1, 4..=9]);
        assert_eq!(ranges(b"*:4,1", 6), [1..=1, 4..=6]);
        assert_eq!(ranges(b"20:*", 6), [6..=20]);
        assert_eq!(ranges(b"*", 0), [0..=0]);
    }

    #[test]
    fn malformed_sets_are_refused() {
        for text in [&b""[..], b"0", b"1,", b"1:", b":1", b"a", b"4294967296"] {
            assert!(SequenceSet::parse(&mut Cursor::new(text)).is_err(), "{text:?}");
        }
    }

    #[test]
    fn runs_are_written_as_ranges() {
        assert_eq!(compress(&[1, 2, 3, 5, 7, 8]), "1:3,5,7:8");
        assert_eq!(compress(&[u32::MAX]), "4294967295");
        assert_eq!(compress(&[]), "");
    }
}
