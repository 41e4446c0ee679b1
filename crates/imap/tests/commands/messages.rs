//! Arbitrary FETCH, STORE, SEARCH, SORT, THREAD and APPEND.

use gatepost_imap::command::{
    Algorithm, Append, Attribute, Change, Criterion, Data, EntryType, Fetch, FetchItems, FetchModifier,
    Message, OtherAttribute, Query, Search, SearchReturn, Sort, SortCriterion, SortKey, Store, StoreModifier,
    Stored, Thread,
};
use gatepost_imap::types::{Atom, Text};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::words::*;

pub(crate) fn attribute() -> BoxedStrategy<Attribute> {
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
        Attribute::EmailId,
        Attribute::ThreadId,
        Attribute::SaveDate,
        Attribute::Preview,
        Attribute::LazyPreview,
        Attribute::GmailMessageId,
        Attribute::GmailThreadId,
        Attribute::GmailLabels,
    ];
    prop_oneof![
        4 => prop::sample::select(simple),
        2 => (section(), option::of(partial()), any::<bool>()).prop_map(|(section, partial, peek)| {
            Attribute::Section { section, partial, peek }
        }),
        1 => (part(), option::of(partial()), any::<bool>()).prop_map(|(part, partial, peek)| {
            Attribute::Binary { part, partial, peek }
        }),
        1 => part().prop_map(Attribute::BinarySize),
        1 => "X-?[A-Z0-9._-]{0,8}".prop_filter_map("unknown", |name| {
            let name = Atom::new(name).unwrap();
            OtherAttribute::new(name).ok().map(Attribute::Other)
        }),
    ]
    .boxed()
}

pub(crate) fn fetch() -> BoxedStrategy<Fetch> {
    let items = prop_oneof![
        Just(FetchItems::All),
        Just(FetchItems::Fast),
        Just(FetchItems::Full),
        some(attribute()).prop_map(FetchItems::These),
    ];
    let modifier = prop_oneof![
        mod_sequence().prop_map(FetchModifier::ChangedSince),
        Just(FetchModifier::Vanished),
        partial_range().prop_map(FetchModifier::Partial),
        parameter().prop_map(FetchModifier::Other),
    ];
    (set(), items, vec(modifier, 0..3))
        .prop_map(|(set, items, modifiers)| Fetch {
            set,
            items,
            modifiers,
        })
        .boxed()
}

pub(crate) fn store() -> BoxedStrategy<Store> {
    let change = prop::sample::select(vec![Change::Replace, Change::Add, Change::Remove]);
    let modifier = prop_oneof![
        any::<u64>().prop_map(StoreModifier::UnchangedSince),
        parameter().prop_map(StoreModifier::Other),
    ];
    let stored = prop_oneof![
        vec(flag(), 0..4).prop_map(Stored::Flags),
        vec(gmail_label(), 0..4).prop_map(Stored::GmailLabels),
    ];
    (set(), vec(modifier, 0..3), change, any::<bool>(), stored)
        .prop_map(|(set, modifiers, change, silent, stored)| Store {
            set,
            modifiers,
            change,
            silent,
            stored,
        })
        .boxed()
}

fn gmail_label() -> BoxedStrategy<Text> {
    prop_oneof![
        text(),
        "\\\\[A-Za-z]{0,6}".prop_map(|label| Text::new(label).unwrap())
    ]
    .boxed()
}

/// The words of RFC 3501 that are whole keys.
pub(crate) fn whole_keys() -> Vec<Criterion> {
    vec![
        Criterion::All,
        Criterion::Answered,
        Criterion::Deleted,
        Criterion::Draft,
        Criterion::Flagged,
        Criterion::New,
        Criterion::Old,
        Criterion::Recent,
        Criterion::Seen,
        Criterion::Unanswered,
        Criterion::Undeleted,
        Criterion::Undraft,
        Criterion::Unflagged,
        Criterion::Unseen,
    ]
}

fn word() -> BoxedStrategy<Criterion> {
    let more = std::iter::once(Criterion::SaveDateSupported);
    prop::sample::select(whole_keys().into_iter().chain(more).collect::<Vec<_>>()).boxed()
}

pub(crate) fn criterion() -> BoxedStrategy<Criterion> {
    let dated: Vec<fn(_) -> Criterion> = vec![
        Criterion::Before,
        Criterion::On,
        Criterion::Since,
        Criterion::SentBefore,
        Criterion::SentOn,
        Criterion::SentSince,
        Criterion::SavedBefore,
        Criterion::SavedOn,
        Criterion::SavedSince,
    ];
    let worded: Vec<fn(_) -> Criterion> = vec![
        Criterion::Bcc,
        Criterion::Body,
        Criterion::Cc,
        Criterion::From,
        Criterion::Subject,
        Criterion::Text,
        Criterion::To,
        Criterion::Filter,
        Criterion::GmailRaw,
    ];
    let counted: Vec<fn(_) -> Criterion> = vec![
        Criterion::Larger,
        Criterion::Smaller,
        Criterion::GmailMessageId,
        Criterion::GmailThreadId,
    ];
    let entry_type = prop::sample::select(vec![EntryType::Private, EntryType::Shared, EntryType::All]);
    prop_oneof![
        word(),
        (prop::sample::select(dated), date()).prop_map(|(criterion, date)| criterion(date)),
        (prop::sample::select(worded), text()).prop_map(|(criterion, text)| criterion(text)),
        (prop::sample::select(counted), any::<u64>()).prop_map(|(criterion, number)| criterion(number)),
        set().prop_map(Criterion::Messages),
        set().prop_map(Criterion::Uid),
        atom().prop_map(Criterion::Keyword),
        atom().prop_map(Criterion::Unkeyword),
        nz().prop_map(Criterion::Older),
        nz().prop_map(Criterion::Younger),
        (text(), text()).prop_map(|(field, text)| Criterion::Header(field, text)),
        (option::of((text(), entry_type)), any::<u64>())
            .prop_map(|(entry, least)| Criterion::ModSeq { entry, least }),
        object_id().prop_map(Criterion::EmailId),
        object_id().prop_map(Criterion::ThreadId),
        gmail_label().prop_map(Criterion::GmailLabels),
    ]
    .boxed()
}

/// Keys of `one`, within each other.
pub(crate) fn query_of(one: impl Strategy<Value = Criterion> + 'static) -> BoxedStrategy<Query> {
    one.prop_map(Query::from)
        .prop_recursive(5, 20, 3, |inner| {
            prop_oneof![
                inner.clone().prop_map(|query| !query),
                (inner.clone(), inner.clone()).prop_map(|(either, other)| Query::or(either, other)),
                (inner.clone(), inner.clone()).prop_map(|(one, other)| one.and(other)),
                inner.prop_map(Query::grouped),
            ]
        })
        .boxed()
}

pub(crate) fn query() -> BoxedStrategy<Query> {
    (query_of(criterion()), any::<bool>())
        .prop_map(|(query, fuzzy)| match fuzzy {
            true => Query::fuzzy(query),
            false => query,
        })
        .boxed()
}

fn search_return() -> BoxedStrategy<SearchReturn> {
    prop_oneof![
        Just(SearchReturn::Min),
        Just(SearchReturn::Max),
        Just(SearchReturn::All),
        Just(SearchReturn::Count),
        Just(SearchReturn::Save),
        Just(SearchReturn::Relevancy),
        partial_range().prop_map(SearchReturn::Partial),
        parameter().prop_map(SearchReturn::Other),
    ]
    .boxed()
}

pub(crate) fn search() -> BoxedStrategy<Search> {
    let returns = option::of(vec(search_return(), 0..4));
    (returns, option::of(text()), query())
        .prop_map(|(returns, charset, query)| Search {
            returns,
            charset,
            query,
        })
        .boxed()
}

pub(crate) fn sort_criterion() -> BoxedStrategy<SortCriterion> {
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
        SortKey::Relevancy,
        SortKey::new(Atom::new("UID").unwrap()).unwrap(),
    ];
    (any::<bool>(), prop::sample::select(keys))
        .prop_map(|(reverse, key)| SortCriterion { reverse, key })
        .boxed()
}

pub(crate) fn sort() -> BoxedStrategy<Sort> {
    let returns = option::of(vec(search_return(), 0..4));
    (returns, some(sort_criterion()), text(), query())
        .prop_map(|(returns, criteria, charset, query)| Sort {
            returns,
            criteria,
            charset,
            query,
        })
        .boxed()
}

pub(crate) fn thread() -> BoxedStrategy<Thread> {
    let algorithm = prop_oneof![
        Just(Algorithm::OrderedSubject),
        Just(Algorithm::References),
        atom().prop_map(Algorithm::new),
    ];
    (algorithm, text(), query())
        .prop_map(|(algorithm, charset, query)| Thread {
            algorithm,
            charset,
            query,
        })
        .boxed()
}

pub(crate) fn message() -> BoxedStrategy<Message> {
    let data = prop_oneof![
        text().prop_map(Data::Literal),
        any_octets().prop_map(Data::Literal8),
        any_octets().prop_map(Data::Utf8),
        list_value().prop_map(Data::Catenate),
    ];
    let option = parameter().prop_filter("one with a value", |option| option.value().is_some());
    (
        vec(flag(), 0..3),
        option::of(date_time()),
        vec(option, 0..2),
        data,
    )
        .prop_map(|(flags, date, options, data)| Message {
            flags,
            date,
            options,
            data,
        })
        .boxed()
}

pub(crate) fn append() -> BoxedStrategy<Append> {
    (mailbox(), some(message()))
        .prop_map(|(mailbox, messages)| Append { mailbox, messages })
        .boxed()
}
