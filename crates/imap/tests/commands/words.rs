//! Arbitrary strings, names, sets and moments.

use std::num::{NonZeroU32, NonZeroU64};

use bytes::Bytes;
use gatepost_imap::Tag;
use gatepost_imap::types::{
    Atom, Bound, Date, DateTime, Flag, HeaderNames, Mailbox, NonEmpty, ObjectId, Parameter, Part, Partial,
    PartialRange, Raw, Section, SectionText, SequenceSet, Text, Value,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// Octets that a string may hold: all but NUL.
fn octets() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec(1_u8.., 0..20),
        "[ -~]{0,20}".prop_map(String::into_bytes),
        "[A-Za-z0-9]{0,8}".prop_map(String::into_bytes),
        "\\PC{0,10}".prop_map(String::into_bytes),
        Just(b"\r\na1 LOGIN x {5}".to_vec()),
        Just(b"NIL".to_vec()),
    ]
}

pub(crate) fn text() -> impl Strategy<Value = Text> {
    octets().prop_map(|octets| Text::new(octets).unwrap())
}

pub(crate) fn any_octets() -> impl Strategy<Value = Bytes> {
    vec(any::<u8>(), 0..30).prop_map(Bytes::from)
}

pub(crate) fn mailbox() -> impl Strategy<Value = Mailbox> {
    prop_oneof![
        text().prop_map(Mailbox::from),
        Just(Mailbox::INBOX),
        "\\PC{0,6}".prop_map(|name| Mailbox::named(&name).unwrap()),
    ]
}

pub(crate) fn atom() -> impl Strategy<Value = Atom> {
    "[A-Za-z0-9!#$&'+,./:;<=>?@^_`|}\\[~-]{1,12}".prop_map(|atom| Atom::new(atom).unwrap())
}

pub(crate) fn tag() -> impl Strategy<Value = Tag> {
    "[A-Za-z0-9.\\]=/-]{1,64}".prop_map(|tag| Tag::parse(tag.as_bytes()).unwrap())
}

pub(crate) fn nz() -> impl Strategy<Value = NonZeroU32> {
    prop_oneof![1_u32..50, any::<u32>()].prop_map(|number| NonZeroU32::new(number.max(1)).unwrap())
}

/// A mod-sequence, which has 63 bits.
pub(crate) fn mod_sequence() -> impl Strategy<Value = NonZeroU64> {
    (1..=u64::MAX >> 1).prop_map(|number| NonZeroU64::new(number).unwrap())
}

pub(crate) fn some<T: std::fmt::Debug + Clone>(
    one: impl Strategy<Value = T>,
) -> impl Strategy<Value = NonEmpty<T>> {
    vec(one, 1..4).prop_map(|elements| NonEmpty::new(elements).unwrap())
}

fn bound() -> impl Strategy<Value = Bound> {
    prop_oneof![
        4 => nz().prop_map(|number| Bound::Number(number.get())),
        1 => Just(Bound::Star),
    ]
}

/// A set of numbers and `*`.
pub(crate) fn numbered_set() -> impl Strategy<Value = SequenceSet> {
    vec((bound(), bound()), 1..4).prop_map(|ranges| SequenceSet::of(ranges).unwrap())
}

pub(crate) fn set() -> impl Strategy<Value = SequenceSet> {
    prop_oneof![9 => numbered_set(), 1 => Just(SequenceSet::new("$").unwrap())]
}

pub(crate) fn date() -> impl Strategy<Value = Date> {
    (0_u16..=9999, 1_u8..=12, 1_u8..=31).prop_map(|(year, month, day)| Date::new(year, month, day).unwrap())
}

pub(crate) fn date_time() -> impl Strategy<Value = DateTime> {
    let time = (0_u8..24, 0_u8..60, 0_u8..=60);
    (date(), time, -1439_i16..=1439).prop_map(|(date, time, zone)| DateTime::new(date, time, zone).unwrap())
}

/// A flag that can be set.
pub(crate) fn flag() -> impl Strategy<Value = Flag> {
    let known = ["\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft"];
    prop_oneof![
        prop::sample::select(known.to_vec()).prop_map(|flag| Flag::new(flag).unwrap()),
        atom().prop_map(Flag::Keyword),
        "\\\\X[a-z]{1,5}".prop_map(|flag| Flag::new(flag).unwrap()),
    ]
}

pub(crate) fn part() -> impl Strategy<Value = Part> {
    vec(nz(), 0..4).prop_map(|numbers| numbers.into_iter().collect())
}

pub(crate) fn section() -> impl Strategy<Value = Section> {
    let names = || vec("[ -~]{0,10}", 1..4).prop_map(|names| HeaderNames::new(names).unwrap());
    let text = prop_oneof![
        Just(SectionText::Header),
        Just(SectionText::Text),
        Just(SectionText::Mime),
        names().prop_map(SectionText::HeaderFields),
        names().prop_map(SectionText::HeaderFieldsNot),
    ];
    (part(), option::of(text)).prop_map(|(part, text)| Section::new(part, text).unwrap_or_default())
}

pub(crate) fn partial() -> impl Strategy<Value = Partial> {
    (any::<u64>(), 1_u64..).prop_map(|(start, length)| Partial {
        start,
        length: NonZeroU64::new(length).unwrap(),
    })
}

pub(crate) fn partial_range() -> impl Strategy<Value = PartialRange> {
    (nz(), nz(), any::<bool>()).prop_map(|(from, to, last)| match last {
        true => PartialRange::Last(from, to),
        false => PartialRange::First(from, to),
    })
}

pub(crate) fn object_id() -> impl Strategy<Value = ObjectId> {
    "[A-Za-z0-9_-]{1,40}".prop_map(|id| ObjectId::new(id).unwrap())
}

/// A number, a set or a list.
fn value() -> impl Strategy<Value = Value> {
    let list = "\\(([a-z]{1,3}( [a-z]{1,3}| \"[ -!#-\\[\\]-~]{0,5}\"| \\([0-9]{1,3}\\)| \\{3\\+?\\}\r\n[()a]{3}){0,3})?\\)";
    prop_oneof![
        any::<u64>().prop_map(|number| Value::new(number.to_string()).unwrap()),
        set().prop_map(|set| Value::new(set.to_string()).unwrap()),
        list.prop_filter_map("a value", |list| Value::new(list).ok()),
    ]
}

/// One that waits nowhere.
fn quiet_value() -> impl Strategy<Value = Value> {
    value().prop_filter("a literal that waits", |value| {
        !value.as_bytes().windows(3).any(|octets| octets == b"}\r\n")
    })
}

pub(crate) fn parameter() -> impl Strategy<Value = Parameter> {
    let name = "X-[A-Z0-9:._-]{0,6}".prop_map(|name| Atom::new(name).unwrap());
    (name, option::of(quiet_value())).prop_map(|(name, value)| Parameter::new(name, value).unwrap())
}

pub(crate) fn list_value() -> impl Strategy<Value = Value> {
    quiet_value().prop_filter("a list", |value| value.as_bytes().starts_with(b"("))
}

/// Lines and literals.
pub(crate) fn raw() -> impl Strategy<Value = Raw> {
    let part = prop_oneof![
        "[!-z|~][ -z|~]{0,8}[!-z|~]".prop_map(String::into_bytes),
        vec(any::<u8>(), 0..9).prop_map(|octets| {
            let mut literal = format!("{{{}+}}\r\n", octets.len()).into_bytes();
            literal.extend_from_slice(&octets);
            literal
        }),
    ];
    vec(part, 0..4).prop_filter_map("arguments", |parts| Raw::new(parts.concat()).ok())
}
