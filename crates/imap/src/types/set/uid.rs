//! Sets of messages that are known.

use std::fmt;
use std::num::NonZeroU32;

use bytes::Bytes;

use super::{Bound, SequenceSet};
use crate::parse::{Cursor, Parsing};
use crate::types::Invalid;
use crate::write::{Write, Writer};
/// A set of UIDs, or of sequence numbers, that are known: without `*` and `$`.
///
/// ```abnf
/// uid-set    = (uniqueid / uid-range) *("," uid-set)        ; RFC 9051 section 9
/// known-uids = sequence-set                                 ; RFC 7162 section 7: "*" is not allowed
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UidSet(SequenceSet);

impl UidSet {
    /// Takes `octets` as a set.
    ///
    /// # Errors
    /// If they are none.
    pub fn new(octets: impl Into<Bytes>) -> Result<Self, Invalid> {
        SequenceSet::new(octets).and_then(Self::try_from)
    }

    /// The set of one UID.
    pub fn one(uid: NonZeroU32) -> Self {
        Self(SequenceSet(Bytes::from(uid.to_string())))
    }

    /// The set of these UIDs in their order; those that follow each other are a range.
    ///
    /// ```
    /// use gatepost_imap::types::UidSet;
    ///
    /// let found = [2, 3, 4, 9].into_iter().filter_map(std::num::NonZeroU32::new);
    /// assert_eq!(UidSet::of(found).unwrap().to_string(), "2:4,9");
    /// ```
    ///
    /// # Errors
    /// If there is none.
    pub fn of(uids: impl IntoIterator<Item = NonZeroU32>) -> Result<Self, Invalid> {
        let mut ranges: Vec<(u32, u32)> = Vec::new();
        for uid in uids.into_iter().map(NonZeroU32::get) {
            match ranges.last_mut() {
                Some((_, last)) if last.checked_add(1) == Some(uid) => *last = uid,
                _ => ranges.push((uid, uid)),
            }
        }
        let bounds = ranges.into_iter();
        SequenceSet::of(bounds.map(|(first, last)| (Bound::Number(first), Bound::Number(last)))).map(Self)
    }

    /// The ranges in the order of the spelling. Either end may be the larger one.
    pub fn ranges(&self) -> impl Iterator<Item = (u32, u32)> {
        let ranges = self.0.ranges();
        ranges.map(|(first, last)| (first.value(u32::MAX), last.value(u32::MAX)))
    }

    /// The UID, if it is only one.
    pub fn single(&self) -> Option<u32> {
        let mut ranges = self.ranges();
        let (first, last) = ranges.next()?;
        (first == last && ranges.next().is_none()).then_some(first)
    }

    /// Whether `uid` is in the set.
    pub fn contains(&self, uid: u32) -> bool {
        self.0.contains(uid, u32::MAX)
    }

    /// The set as it was spelled.
    pub const fn as_bytes(&self) -> &Bytes {
        self.0.as_bytes()
    }
}

impl TryFrom<SequenceSet> for UidSet {
    type Error = Invalid;

    fn try_from(set: SequenceSet) -> Result<Self, Invalid> {
        if set.has_star() || set.is_saved_result() {
            return Err(Invalid { what: "set of UIDs" });
        }
        Ok(Self(set))
    }
}

impl From<UidSet> for SequenceSet {
    fn from(set: UidSet) -> Self {
        set.0
    }
}

impl fmt::Display for UidSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Cursor<'_> {
    /// `uid-set`
    pub(crate) fn uid_set(&mut self) -> Parsing<UidSet> {
        let mark = self.mark();
        match UidSet::try_from(self.sequence_set()?) {
            Ok(set) => Ok(set),
            Err(_) => self.expected_at(mark, "a set of UIDs"),
        }
    }
}

impl Write for UidSet {
    fn write(&self, out: &mut Writer<'_>) {
        self.0.write(out);
    }
}
