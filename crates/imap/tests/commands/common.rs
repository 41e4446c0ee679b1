//! Arbitrary commands that imap-codec knows too, without what it is known to read in another way.

use std::num::NonZeroU64;

use gatepost_imap::command::{Algorithm, Known};
use gatepost_imap::command::{
    Append, Attribute, Body, By, Change, Create, Criterion, Data, Fetch, FetchItems, FetchModifier, List,
    Message, QuickResync, Search, Select, SelectParameter, Sort, SortCriterion, SortKey, Store,
    StoreModifier, Stored, Thread,
};
use gatepost_imap::types::{Atom, Bound, Date, DateTime, Partial, SequenceSet, StatusItem, Text};
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;

use crate::arbitrary;
use crate::messages::query_of;
use crate::words::*;

/// Numbers that grow, with a gap between any two ranges.
fn known_set() -> BoxedStrategy<SequenceSet> {
    btree_set(1_u32..1_000_000, 1..6)
        .prop_map(|numbers| {
            let ranges = numbers.into_iter().map(|number| {
                let first = Bound::Number(number * 4);
                (first, Bound::Number(number * 4 + number % 2 * 2))
            });
            SequenceSet::of(ranges).unwrap()
        })
        .boxed()
}

fn set() -> BoxedStrategy<SequenceSet> {
    prop_oneof![
        known_set(),
        Just(SequenceSet::new("*").unwrap()),
        (known_set(), 1_u32..9)
            .prop_map(|(set, more)| { SequenceSet::new(format!("{set},{}:*", 4_100_000 + more)).unwrap() }),
    ]
    .boxed()
}

fn by() -> BoxedStrategy<By> {
    prop::sample::select(vec![By::Sequence, By::Uid]).boxed()
}

/// A day that is in its month.
fn date() -> BoxedStrategy<Date> {
    (1_u16..=9999, 1_u8..=12, 1_u8..=28)
        .prop_map(|(year, month, day)| Date::new(year, month, day).unwrap())
        .boxed()
}

fn date_time() -> BoxedStrategy<DateTime> {
    let time = (0_u8..24, 0_u8..60, 0_u8..60);
    (date(), time, -12_i16..=14)
        .prop_map(|(date, time, zone)| DateTime::new(date, time, zone * 60).unwrap())
        .boxed()
}

fn partial() -> BoxedStrategy<Partial> {
    (any::<u32>(), 1_u32..)
        .prop_map(|(start, length)| Partial {
            start: start.into(),
            length: NonZeroU64::new(length.into()).unwrap(),
        })
        .boxed()
}

fn attribute() -> BoxedStrategy<Attribute> {
    let simple = vec![
        Attribute::Envelope,
        Attribute::Flags,
        Attribute::InternalDate,
        Attribute::Uid,
        Attribute::Rfc822,
        Attribute::Rfc822Header,
        Attribute::Rfc822Size,
        Attribute::Rfc822Text,
        Attribute::Body,
        Attribute::BodyStructure,
        Attribute::ModSeq,
    ];
    let body = (section(), option::of(partial()), any::<bool>());
    let binary = (part(), option::of(partial()), any::<bool>());
    prop_oneof![
        prop::sample::select(simple),
        body.prop_map(|(section, partial, peek)| Attribute::Section {
            section,
            partial,
            peek
        }),
        binary.prop_map(|(part, partial, peek)| Attribute::Binary { part, partial, peek }),
        part().prop_map(Attribute::BinarySize),
    ]
    .boxed()
}

fn fetch() -> BoxedStrategy<Fetch> {
    let items = prop_oneof![
        Just(FetchItems::All),
        Just(FetchItems::Fast),
        Just(FetchItems::Full),
        some(attribute()).prop_map(FetchItems::These),
    ];
    let modifiers = prop_oneof![
        Just(vec![]),
        mod_sequence().prop_map(|number| vec![FetchModifier::ChangedSince(number)]),
        mod_sequence().prop_map(|number| vec![FetchModifier::ChangedSince(number), FetchModifier::Vanished]),
    ];
    (set(), items, modifiers)
        .prop_map(|(set, items, modifiers)| Fetch {
            set,
            items,
            modifiers,
        })
        .boxed()
}

fn store() -> BoxedStrategy<Store> {
    let change = prop::sample::select(vec![Change::Replace, Change::Add, Change::Remove]);
    let modifier = mod_sequence().prop_map(|number| StoreModifier::UnchangedSince(number.get()));
    (
        set(),
        vec(modifier, 0..2),
        change,
        any::<bool>(),
        vec(flag(), 0..4),
    )
        .prop_map(|(set, modifiers, change, silent, flags)| Store {
            set,
            modifiers,
            change,
            silent,
            stored: Stored::Flags(flags),
        })
        .boxed()
}

fn criterion() -> BoxedStrategy<Criterion> {
    let words = crate::messages::whole_keys();
    let dated: Vec<fn(_) -> Criterion> = vec![
        Criterion::Before,
        Criterion::On,
        Criterion::Since,
        Criterion::SentBefore,
        Criterion::SentOn,
        Criterion::SentSince,
    ];
    let worded: Vec<fn(_) -> Criterion> = vec![
        Criterion::Bcc,
        Criterion::Body,
        Criterion::Cc,
        Criterion::From,
        Criterion::Subject,
        Criterion::Text,
        Criterion::To,
    ];
    prop_oneof![
        prop::sample::select(words),
        (prop::sample::select(dated), date()).prop_map(|(criterion, date)| criterion(date)),
        (prop::sample::select(worded), text()).prop_map(|(criterion, text)| criterion(text)),
        set().prop_map(Criterion::Messages),
        set().prop_map(Criterion::Uid),
        atom().prop_map(Criterion::Keyword),
        atom().prop_map(Criterion::Unkeyword),
        nz().prop_map(Criterion::Older),
        nz().prop_map(Criterion::Younger),
        any::<u32>().prop_map(|size| Criterion::Larger(size.into())),
        any::<u32>().prop_map(|size| Criterion::Smaller(size.into())),
        (text(), text()).prop_map(|(field, text)| Criterion::Header(field, text)),
    ]
    .boxed()
}

fn charset() -> BoxedStrategy<Text> {
    prop::sample::select(vec!["UTF-8", "US-ASCII", "ISO-8859-1", "a b"])
        .prop_map(|charset| Text::new(charset).unwrap())
        .boxed()
}

fn search() -> BoxedStrategy<Body> {
    let query = || query_of(criterion());
    let keys = vec![
        SortKey::Arrival,
        SortKey::Cc,
        SortKey::Date,
        SortKey::From,
        SortKey::Size,
        SortKey::Subject,
        SortKey::To,
        SortKey::DisplayFrom,
        SortKey::DisplayTo,
    ];
    let sorted =
        (any::<bool>(), prop::sample::select(keys)).prop_map(|(reverse, key)| SortCriterion { reverse, key });
    let algorithm = prop_oneof![
        Just(Algorithm::OrderedSubject),
        Just(Algorithm::References),
        Just(Algorithm::new(Atom::new("REFS").unwrap())),
    ];
    prop_oneof![
        (by(), option::of(charset()), query()).prop_map(|(by, charset, query)| {
            let returns = None;
            Body::Search(
                by,
                Search {
                    returns,
                    charset,
                    query,
                },
            )
        }),
        (by(), some(sorted), charset(), query()).prop_map(|(by, criteria, charset, query)| {
            let returns = None;
            Body::Sort(
                by,
                Sort {
                    returns,
                    criteria,
                    charset,
                    query,
                },
            )
        }),
        (by(), algorithm, charset(), query()).prop_map(|(by, algorithm, charset, query)| {
            Body::Thread(
                by,
                Thread {
                    algorithm,
                    charset,
                    query,
                },
            )
        }),
    ]
    .boxed()
}

fn select() -> BoxedStrategy<Select> {
    let known = || known_set().prop_map(|set| Known::new(set).unwrap());
    let matches = option::of((known(), known()));
    let resync = (nz(), mod_sequence(), option::of(known()), matches).prop_map(
        |(uid_validity, mod_sequence, known_uids, matches)| QuickResync {
            uid_validity,
            mod_sequence,
            known_uids,
            matches,
        },
    );
    let parameter = prop_oneof![
        Just(SelectParameter::CondStore),
        resync.prop_map(SelectParameter::QuickResync),
    ];
    (mailbox(), vec(parameter, 0..3))
        .prop_map(|(mailbox, parameters)| Select { mailbox, parameters })
        .boxed()
}

fn append() -> BoxedStrategy<Append> {
    let data = prop_oneof![
        text().prop_map(Data::Literal),
        any_octets().prop_map(Data::Literal8)
    ];
    let message =
        (vec(flag(), 0..3), option::of(date_time()), data).prop_map(|(flags, date, data)| Message {
            flags,
            date,
            options: vec![],
            data,
        });
    (mailbox(), message)
        .prop_map(|(mailbox, message)| Append {
            mailbox,
            messages: gatepost_imap::types::NonEmpty::of(message),
        })
        .boxed()
}

fn mailboxes() -> BoxedStrategy<Body> {
    let items = vec![
        StatusItem::Messages,
        StatusItem::Recent,
        StatusItem::UidNext,
        StatusItem::UidValidity,
        StatusItem::Unseen,
        StatusItem::Deleted,
        StatusItem::DeletedStorage,
        StatusItem::HighestModSeq,
    ];
    let items = some(prop::sample::select(items));
    prop_oneof![
        select().prop_map(Body::Select),
        select().prop_map(Body::Examine),
        mailbox().prop_map(|mailbox| Body::Create(Create::from(mailbox))),
        (mailbox(), text()).prop_map(|(reference, pattern)| Body::List(List::new(reference, pattern))),
        (mailbox(), items).prop_map(|(mailbox, items)| Body::Status { mailbox, items }),
        append().prop_map(Body::Append),
        Just(Body::Compress(Atom::new("DEFLATE").unwrap())),
    ]
    .boxed()
}

fn selected() -> BoxedStrategy<Body> {
    prop_oneof![
        set().prop_map(Body::UidExpunge),
        (by(), fetch()).prop_map(|(by, fetch)| Body::Fetch(by, fetch)),
        (by(), store()).prop_map(|(by, store)| Body::Store(by, store)),
        (by(), set(), mailbox()).prop_map(|(by, set, mailbox)| Body::Copy(by, set, mailbox)),
        (by(), set(), mailbox()).prop_map(|(by, set, mailbox)| Body::Move(by, set, mailbox)),
    ]
    .boxed()
}

/// Those of our own that it always reads.
fn same() -> BoxedStrategy<Body> {
    let is_same = |body: &Body| {
        matches!(
            body,
            Body::Authenticate { .. }
                | Body::Capability
                | Body::Check
                | Body::Close
                | Body::Delete(_)
                | Body::Enable(_)
                | Body::Expunge
                | Body::GetMetadata(_)
                | Body::GetQuota(_)
                | Body::GetQuotaRoot(_)
                | Body::Id(_)
                | Body::Idle
                | Body::Login { .. }
                | Body::Logout
                | Body::Lsub { .. }
                | Body::Namespace
                | Body::Noop
                | Body::Rename { .. }
                | Body::SetMetadata { .. }
                | Body::SetQuota { .. }
                | Body::StartTls
                | Body::Subscribe(_)
                | Body::Unselect
                | Body::Unsubscribe(_)
        )
    };
    arbitrary::body().prop_filter("read by both", is_same).boxed()
}

pub(crate) fn body() -> BoxedStrategy<Body> {
    prop_oneof![2 => same(), 2 => mailboxes(), 2 => selected(), 2 => search()].boxed()
}
