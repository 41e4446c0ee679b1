//! Which messages SEARCH finds.

use std::num::NonZeroU32;
use std::ops::RangeInclusive;

use gatepost_imap::command::{Criterion, Key, Keys};
use gatepost_imap::types::{Date, Flag, SequenceSet};
use memchr::memmem;

use crate::mail::date;
use crate::mail::message::{Content, encoded, header};
use crate::mail::store::mailbox::Message;

/// What `*` stands for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Last {
    pub(super) number: u32,
    pub(super) uid: u32,
}

/// A question to a message, which has this number.
pub(super) type Test<'a> = Box<dyn Fn(NonZeroU32, &Message) -> bool + 'a>;

/// Whether all keys are true; `None` if one is not known here. Calls itself for keys in keys, which nest no deeper than
/// commands are read.
pub(super) fn all(keys: Keys<'_>, last: Last) -> Option<Test<'_>> {
    let tests = each(keys, last)?;
    test(move |number, message| tests.iter().all(|test| test(number, message)))
}

fn each(keys: Keys<'_>, last: Last) -> Option<Vec<Test<'_>>> {
    keys.map(|key| one(key, last)).collect()
}

fn one(key: Key<'_>, last: Last) -> Option<Test<'_>> {
    match key {
        Key::Criterion(criterion) => simple(criterion, last),
        Key::All(inner) => all(inner, last),
        Key::Not(inner) => {
            let inner = all(inner, last)?;
            test(move |number, message| !inner(number, message))
        }
        Key::Or(inner) => {
            let tests = each(inner, last)?;
            test(move |number, message| tests.iter().any(|test| test(number, message)))
        }
        _ => None,
    }
}

fn test<'a>(test: impl Fn(NonZeroU32, &Message) -> bool + 'a) -> Option<Test<'a>> {
    Some(Box::new(test))
}

/// A key that has no others in it. Nothing here is ever recent.
fn simple(criterion: &Criterion, last: Last) -> Option<Test<'_>> {
    let has = |flag: Flag| test(move |_, message| message.draft.flags.contains(&flag));
    let lacks = |flag: Flag| test(move |_, message| !message.draft.flags.contains(&flag));
    match criterion {
        Criterion::All | Criterion::Old => test(|_, _| true),
        Criterion::New | Criterion::Recent => test(|_, _| false),
        Criterion::Answered => has(Flag::Answered),
        Criterion::Deleted => has(Flag::Deleted),
        Criterion::Draft => has(Flag::Draft),
        Criterion::Flagged => has(Flag::Flagged),
        Criterion::Seen => has(Flag::Seen),
        Criterion::Keyword(keyword) => has(Flag::Keyword(keyword.clone())),
        Criterion::Unanswered => lacks(Flag::Answered),
        Criterion::Undeleted => lacks(Flag::Deleted),
        Criterion::Undraft => lacks(Flag::Draft),
        Criterion::Unflagged => lacks(Flag::Flagged),
        Criterion::Unseen => lacks(Flag::Seen),
        Criterion::Unkeyword(keyword) => lacks(Flag::Keyword(keyword.clone())),
        Criterion::Messages(set) => {
            let ranges = ranges(set, last.number)?;
            test(move |number, _| within(&ranges, number))
        }
        Criterion::Uid(set) => {
            let ranges = ranges(set, last.uid)?;
            test(move |_, message| within(&ranges, message.uid))
        }
        Criterion::Larger(octets) => test(|_, message| message.draft.size() as u64 > *octets),
        Criterion::Smaller(octets) => test(|_, message| (message.draft.size() as u64) < *octets),
        Criterion::Before(day) => test(|_, message| message.draft.date.date() < *day),
        Criterion::On(day) => test(|_, message| message.draft.date.date() == *day),
        Criterion::Since(day) => test(|_, message| message.draft.date.date() >= *day),
        Criterion::SentBefore(day) => test(|_, message| sent(message).is_some_and(|sent| sent < *day)),
        Criterion::SentOn(day) => test(|_, message| sent(message) == Some(*day)),
        Criterion::SentSince(day) => test(|_, message| sent(message).is_some_and(|sent| sent >= *day)),
        Criterion::Bcc(text) => field(b"bcc", text),
        Criterion::Cc(text) => field(b"cc", text),
        Criterion::From(text) => field(b"from", text),
        Criterion::Subject(text) => field(b"subject", text),
        Criterion::To(text) => field(b"to", text),
        Criterion::Header(name, text) => field(name, text),
        Criterion::Body(text) => {
            let text = in_small_letters(text);
            test(move |_, message| contains(&message.draft.content.body(), &text))
        }
        Criterion::Text(text) => {
            let text = in_small_letters(text);
            test(move |_, message| contains(message.draft.content.octets(), &text))
        }
        _ => None,
    }
}

/// The set of the last search is not kept.
fn ranges(set: &SequenceSet, last: u32) -> Option<Vec<RangeInclusive<u32>>> {
    (!set.is_saved_result()).then(|| set.resolved(last))
}

/// Ranges are in order and do not overlap.
fn within(ranges: &[RangeInclusive<u32>], number: NonZeroU32) -> bool {
    let next = ranges.partition_point(|range| *range.end() < number.get());
    ranges
        .get(next)
        .is_some_and(|range| range.contains(&number.get()))
}

fn sent(message: &Message) -> Option<Date> {
    date::of_header(&header::value(&message.draft.content.header(), "date")?)
}

fn field<'a>(name: &'a [u8], text: &[u8]) -> Option<Test<'a>> {
    let text = in_small_letters(text);
    test(move |_, message| header_contains(&message.draft.content, name, &text))
}

/// An empty text asks whether there is such a field at all.
fn header_contains(content: &Content, name: &[u8], text: &[u8]) -> bool {
    let header = content.header();
    let named = header::fields(&header).filter(|field| field.is(name));
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use gatepost_imap::command::{self, Body};

    use super::*;
    use crate::mail::DateTime;
    use crate::mail::flags::Flags;
    use crate::mail::store::mailbox::Draft;

    fn message() -> Message {
        let octets = "Date: Sat, 3 Jan 1970 12:00:00 +0000\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= all\r\n\
            From: Bob <bob@example.org>\r\nX-Empty:\r\n\r\nHello Wörld\r\n";
        let flags: Flags = [Flag::Seen].into_iter().collect();
        let content = Arc::new(Content::new(Bytes::from_static(octets.as_bytes())));
        Message {
            uid: NonZeroU32::MIN.saturating_add(6),
            changed: 1,
            draft: Draft {
                content,
                flags,
                date: DateTime::UNIX_EPOCH,
            },
        }
    }

    /// Of the second of three messages; `None` if the keys are not known.
    fn ask(text: &str) -> Option<bool> {
        let command = format!("a SEARCH CHARSET UTF-8 {text}");
        let Body::Search(_, search) = command::parse(command.as_bytes()).unwrap().body else {
            panic!()
        };
        let test = all(search.query.keys(), Last { number: 3, uid: 9 })?;
        Some(test(NonZeroU32::MIN.saturating_add(1), &message()))
    }

    fn matches(text: &str) -> bool {
        ask(text).unwrap()
    }

    #[test]
    fn keys_that_match() {
        for text in [
            "ALL",
            "SEEN",
            "UNDELETED",
            "2",
            "1:*",
            "UID 5:7",
            "SUBJECT \"grü\"",
            "FROM BOB",
            "BODY \"WÖRLD\"",
            "TEXT subject:",
            "HEADER x-empty \"\"",
            "SENTON 3-Jan-1970",
            "SENTSINCE 3-Jan-1970",
            "BEFORE 2-Jan-1970",
            "ON \"1-Jan-1970\"",
            "SMALLER 1000",
            "LARGER 10",
            "NOT DRAFT",
            "OR DRAFT SEEN",
            "(SEEN (NOT DELETED))",
            "NOT (SEEN DELETED)",
            "NOT NOT SEEN",
            "OR (DRAFT) OR FLAGGED (SEEN ALL)",
            "OLD",
        ] {
            assert!(matches(text), "{text}");
        }
    }

    #[test]
    fn keys_that_do_not_match() {
        for text in [
            "UNSEEN",
            "1",
            "3:*",
            "UID 8:*",
            "SUBJECT hello",
            "BODY subject",
            "HEADER x-missing \"\"",
            "RECENT",
            "SINCE 2-Jan-1970",
            "SENTBEFORE 3-Jan-1970",
            "LARGER 1000",
            "SEEN DELETED",
            "OR DRAFT DELETED",
            "NOT (SEEN ALL)",
            "KEYWORD $Work",
            "NOT OR SEEN DRAFT",
        ] {
            assert!(!matches(text), "{text}");
        }
    }

    #[test]
    fn what_is_not_served_is_not_known() {
        for text in [
            "MODSEQ 1",
            "NOT FUZZY SEEN",
            "OR SEEN (ALL $)",
            "SAVEDATESUPPORTED",
        ] {
            assert_eq!(ask(text), None, "{text}");
        }
    }
}
