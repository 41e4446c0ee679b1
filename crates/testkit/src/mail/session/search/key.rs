//! One question that SEARCH asks of a message.

use std::ops::RangeInclusive;

use memchr::memmem;

use super::program::Last;
use crate::mail::cursor::{Cursor, Unexpected, is_atom};
use crate::mail::date::Day;
use crate::mail::message::{Content, encoded, header};
use crate::mail::sequence::SequenceSet;
use crate::mail::store::mailbox::Message;

/// A `search-key` without other keys in it.
#[derive(Debug, Clone)]
pub(super) enum Key {
    All,
    None,
    /// A flag is set.
    Flag(String),
    /// A flag is not set.
    NoFlag(String),
    Numbers(Vec<RangeInclusive<u32>>),
    Uids(Vec<RangeInclusive<u32>>),
    Larger(u32),
    Smaller(u32),
    /// The INTERNALDATE is related to a day.
    Arrived(When, Day),
    /// The Date field is related to a day.
    Sent(When, Day),
    /// A header field contains a text, in small letters.
    Header(String, Vec<u8>),
    Body(Vec<u8>),
    Text(Vec<u8>),
}

#[derive(Debug, Clone, Copy)]
pub(super) enum When {
    Before,
    On,
    Since,
}

impl When {
    fn holds(self, date: Day, day: Day) -> bool {
        match self {
            Self::Before => date < day,
            Self::On => date == day,
            Self::Since => date >= day,
        }
    }
}

impl Key {
    /// A key of which `word` was read, unless that begins one with other keys in it.
    pub(super) fn parse(word: &str, cursor: &mut Cursor<'_>, last: Last) -> Result<Self, Unexpected> {
        let flag = |name: &str| Ok(Self::Flag(name.into()));
        let without = |name: &str| Ok(Self::NoFlag(name.into()));
        match word {
            "ALL" | "OLD" => Ok(Self::All),
            // Nothing here is ever recent.
            "NEW" | "RECENT" => Ok(Self::None),
            "ANSWERED" => flag("\\Answered"),
            "DELETED" => flag("\\Deleted"),
            "DRAFT" => flag("\\Draft"),
            "FLAGGED" => flag("\\Flagged"),
            "SEEN" => flag("\\Seen"),
            "UNANSWERED" => without("\\Answered"),
            "UNDELETED" => without("\\Deleted"),
            "UNDRAFT" => without("\\Draft"),
            "UNFLAGGED" => without("\\Flagged"),
            "UNSEEN" => without("\\Seen"),
            "KEYWORD" => keyword(cursor).map(Self::Flag),
            "UNKEYWORD" => keyword(cursor).map(Self::NoFlag),
            _ => Self::parse_with_value(word, cursor, last),
        }
    }

    fn parse_with_value(word: &str, cursor: &mut Cursor<'_>, last: Last) -> Result<Self, Unexpected> {
        match word {
            "UID" => {
                cursor.space()?;
                Ok(Self::Uids(SequenceSet::parse(cursor)?.ranges(last.uid)))
            }
            "LARGER" => number(cursor).map(Self::Larger),
            "SMALLER" => number(cursor).map(Self::Smaller),
            "BEFORE" => day(cursor).map(|day| Self::Arrived(When::Before, day)),
            "ON" => day(cursor).map(|day| Self::Arrived(When::On, day)),
            "SINCE" => day(cursor).map(|day| Self::Arrived(When::Since, day)),
            "SENTBEFORE" => day(cursor).map(|day| Self::Sent(When::Before, day)),
            "SENTON" => day(cursor).map(|day| Self::Sent(When::On, day)),
            "SENTSINCE" => day(cursor).map(|day| Self::Sent(When::Since, day)),
            "BODY" => text(cursor).map(Self::Body),
            "TEXT" => text(cursor).map(Self::Text),
            "HEADER" => {
                cursor.space()?;
                let name = String::from_utf8_lossy(&cursor.astring()?).into_owned();
                Ok(Self::Header(name, text(cursor)?))
            }
            "BCC" | "CC" | "FROM" | "SUBJECT" | "TO" => Ok(Self::Header(word.into(), text(cursor)?)),
            _ => cursor.unexpected_word(word.len(), "a search key"),
        }
    }

    /// A `sequence-set` as a key.
    pub(super) fn parse_numbers(cursor: &mut Cursor<'_>, last: Last) -> Result<Self, Unexpected> {
        Ok(Self::Numbers(SequenceSet::parse(cursor)?.ranges(last.number)))
    }

    pub(super) fn matches(&self, number: usize, message: &Message) -> bool {
        let draft = &message.draft;
        match self {
            Self::All => true,
            Self::None => false,
            Self::Flag(name) => draft.flags.has(name),
            Self::NoFlag(name) => !draft.flags.has(name),
            Self::Numbers(ranges) => u32::try_from(number).is_ok_and(|number| within(ranges, number)),
            Self::Uids(ranges) => within(ranges, message.uid),
            Self::Larger(octets) => draft.size() > *octets as usize,
            Self::Smaller(octets) => draft.size() < *octets as usize,
            Self::Arrived(when, day) => when.holds(draft.date.day(), *day),
            Self::Sent(when, day) => sent(&draft.content).is_some_and(|sent| when.holds(sent, *day)),
            Self::Header(name, text) => header_contains(&draft.content, name, text),
            Self::Body(text) => contains(draft.content.body(), text),
            Self::Text(text) => contains(draft.content.octets(), text),
        }
    }
}

fn keyword(cursor: &mut Cursor<'_>) -> Result<String, Unexpected> {
    cursor.space()?;
    Ok(String::from_utf8_lossy(cursor.run(is_atom, "a keyword")?).into_owned())
}

fn number(cursor: &mut Cursor<'_>) -> Result<u32, Unexpected> {
    cursor.space()?;
    cursor.number()
}

fn day(cursor: &mut Cursor<'_>) -> Result<Day, Unexpected> {
    cursor.space()?;
    Day::parse(cursor)
}

fn text(cursor: &mut Cursor<'_>) -> Result<Vec<u8>, Unexpected> {
    cursor.space()?;
    Ok(in_small_letters(&cursor.astring()?))
}

/// Ranges are in order and do not overlap.
fn within(ranges: &[RangeInclusive<u32>], number: u32) -> bool {
    let next = ranges.partition_point(|range| *range.end() < number);
    ranges.get(next).is_some_and(|range| range.contains(&number))
}

fn sent(content: &Content) -> Option<Day> {
    Day::from_header(&header::value(content.header(), "date")?)
}

/// An empty text asks whether there is such a field at all.
fn header_contains(content: &Content, name: &str, text: &[u8]) -> bool {
    let named = header::fields(content.header()).filter(|field| field.is(name.as_bytes()));
    let mut values = named.map(|field| encoded::decode(&field.value()));
    values.any(|value| contains(&value, text))
}

/// `text` is in small letters.
fn contains(octets: &[u8], text: &[u8]) -> bool {
    text.is_empty() || memmem::find(&in_small_letters(octets), text).is_some()
}

fn in_small_letters(octets: &[u8]) -> Vec<u8> {
    match std::str::from_utf8(octets) {
        Ok(text) if !text.is_ascii() => text.to_lowercase().into_bytes(),
        _ => octets.to_ascii_lowercase(),
    }
}
