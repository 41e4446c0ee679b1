//! Responses of any kind.

use std::num::{NonZeroU32, NonZeroU64};

use bytes::Bytes;
use gatepost_imap::response::*;
use gatepost_imap::types::*;
use gatepost_imap::{Capabilities, ResponseCode, Status, Tag};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

fn octets() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => "[A-Za-z0-9/.\\]&-]{0,12}".prop_map(String::into_bytes),
        2 => "[ -~]{0,20}".prop_map(String::into_bytes),
        1 => vec(1_u8.., 0..20),
        1 => "\\PC{0,10}".prop_map(String::into_bytes),
        1 => prop::sample::select(vec!["NIL", "\r\na1 OK x {5}", "(", "\"", "]", "[ALERT] x", "INBOX"])
            .prop_map(|text| text.as_bytes().to_vec()),
    ]
}

pub(crate) fn text() -> impl Strategy<Value = Text> {
    octets().prop_filter_map("a NUL", |octets| Text::new(octets).ok())
}

pub(crate) fn mailbox() -> impl Strategy<Value = Mailbox> {
    text().prop_map(Mailbox::from)
}

pub(crate) fn atom() -> impl Strategy<Value = Atom> {
    "[!#$&'+-\\[^-z|}~]{1,10}".prop_map(|atom| Atom::new(atom).unwrap())
}

fn tag() -> impl Strategy<Value = Tag> {
    "[A-Za-z0-9.\\]=/-]{1,64}".prop_map(|tag| Tag::parse(tag.as_bytes()).unwrap())
}

fn nz() -> impl Strategy<Value = NonZeroU32> {
    any::<NonZeroU32>()
}

fn nz64() -> impl Strategy<Value = NonZeroU64> {
    any::<NonZeroU64>()
}

fn non_empty<T: std::fmt::Debug>(element: impl Strategy<Value = T>) -> impl Strategy<Value = NonEmpty<T>> {
    vec(element, 1..4).prop_map(|elements| NonEmpty::new(elements).unwrap())
}

fn delimiter() -> impl Strategy<Value = Option<Delimiter>> {
    option::of((1_u8..128).prop_filter_map("a line end", |octet| Delimiter::new(char::from(octet)).ok()))
}

fn uid_set() -> impl Strategy<Value = UidSet> {
    let range =
        (nz(), nz()).prop_map(|(first, last)| (Bound::Number(first.get()), Bound::Number(last.get())));
    vec(range, 1..4).prop_map(|ranges| SequenceSet::of(ranges).unwrap().try_into().unwrap())
}

fn value() -> impl Strategy<Value = Value> {
    let value = prop_oneof![
        "[!-'*-z|}]{1,10}",
        "\"[ !#-\\[\\]-~]{0,10}\"",
        "\\(([a-z]{1,3} ){0,3}(\\(\\))?\\)",
        Just("({3}\r\n)\r\n \"]\" ~{1}\r\n\0)".to_owned()),
    ];
    value.prop_filter_map("no value", |value| Value::new(value).ok())
}

pub(crate) fn flag() -> impl Strategy<Value = Flag> {
    prop_oneof![
        atom().prop_map(Flag::Keyword),
        atom().prop_map(|name| Flag::new(format!("\\{name}")).unwrap()),
        prop::sample::select(vec![
            Flag::Answered,
            Flag::Deleted,
            Flag::Draft,
            Flag::Flagged,
            Flag::Seen,
            Flag::Recent,
            Flag::Any,
        ]),
    ]
}

fn flags() -> impl Strategy<Value = Vec<Flag>> {
    vec(flag(), 0..5)
}

fn capabilities() -> impl Strategy<Value = Capabilities> {
    "([A-Z0-9=/-]{1,9} ){0,6}".prop_map(|list| Capabilities::parse(list.as_bytes()))
}

fn words() -> impl Strategy<Value = ResponseCode> {
    prop::sample::select(vec![
        ResponseCode::Alert,
        ResponseCode::Parse,
        ResponseCode::ReadOnly,
        ResponseCode::TryCreate,
        ResponseCode::UidNotSticky,
        ResponseCode::UnknownCte,
        ResponseCode::NoModSeq,
        ResponseCode::Closed,
        ResponseCode::AuthenticationFailed,
        ResponseCode::Limit,
        ResponseCode::OverQuota,
        ResponseCode::NonExistent,
        ResponseCode::AnnotateTooBig,
        ResponseCode::MetadataTooMany,
        ResponseCode::UidRequired,
        ResponseCode::InProgress(None),
    ])
}

fn numbers() -> impl Strategy<Value = ResponseCode> {
    prop_oneof![
        nz().prop_map(ResponseCode::UidNext),
        nz().prop_map(ResponseCode::UidValidity),
        nz().prop_map(ResponseCode::Unseen),
        nz64().prop_map(ResponseCode::HighestModSeq),
        uid_set().prop_map(ResponseCode::Modified),
        (nz(), uid_set()).prop_map(|(validity, uids)| ResponseCode::AppendUid { validity, uids }),
        (nz(), uid_set(), uid_set()).prop_map(|(validity, source, target)| ResponseCode::CopyUid {
            validity,
            source,
            target
        }),
        any::<u32>().prop_map(ResponseCode::MetadataMaxSize),
        any::<u32>().prop_map(ResponseCode::MetadataLongEntries),
        nz().prop_map(ResponseCode::MaxConvertParts),
        (nz(), option::of(nz())).prop_map(|(limit, last)| ResponseCode::MessageLimit { limit, last }),
        (option::of(text()), option::of(any::<u32>()), option::of(nz()))
            .prop_map(|(tag, done, total)| { ResponseCode::InProgress(Some(Progress { tag, done, total })) }),
    ]
}

fn texts() -> impl Strategy<Value = ResponseCode> {
    prop_oneof![
        vec(text(), 0..3).prop_map(ResponseCode::BadCharset),
        capabilities().prop_map(ResponseCode::Capability),
        flags().prop_map(ResponseCode::PermanentFlags),
        text().prop_map(ResponseCode::Referral),
        text().prop_map(ResponseCode::NewName),
        text().prop_map(ResponseCode::BadUrl),
        text().prop_map(ResponseCode::UrlMech),
        text().prop_map(ResponseCode::NoUpdate),
        text().prop_map(ResponseCode::Annotations),
        value().prop_map(ResponseCode::BadEvent),
        atom().prop_map(ResponseCode::UndefinedFilter),
        "[a-zA-Z0-9_-]{1,20}".prop_map(|id| ResponseCode::MailboxId(ObjectId::new(id).unwrap())),
        text().prop_map(ResponseCode::Other),
        "X[ -~]{0,20}".prop_map(|code| ResponseCode::Other(Text::new(code).unwrap())),
    ]
}

/// Codes and texts that are taken together.
fn status_text() -> impl Strategy<Value = StatusText> {
    let code = option::of(prop_oneof![words(), numbers(), texts()]);
    let text = prop_oneof![octets(), "[ -~]{0,30}".prop_map(String::into_bytes)];
    (code, text).prop_filter_map("something else", |(code, text)| StatusText::new(code, text).ok())
}

fn continuation() -> impl Strategy<Value = Continuation> {
    prop_oneof![
        status_text().prop_map(Continuation::new),
        vec(any::<u8>(), 0..20).prop_map(|octets| Continuation::challenge(&octets)),
    ]
}

fn list_item() -> impl Strategy<Value = ListItem> {
    prop_oneof![
        non_empty(text()).prop_map(ListItem::ChildInfo),
        mailbox().prop_map(ListItem::OldName),
        (text(), value()).prop_filter_map("known", |(name, value)| {
            OtherListItem::new(name, value).ok().map(ListItem::Other)
        }),
    ]
}

fn list() -> impl Strategy<Value = List> {
    let kind = prop::sample::select(vec![ListKind::List, ListKind::Lsub, ListKind::Xlist]);
    let attribute = prop_oneof![
        atom().prop_map(Attribute::new),
        prop::sample::select(vec![Attribute::Sent, Attribute::Noselect, Attribute::HasChildren]),
    ];
    (
        kind,
        vec(attribute, 0..4),
        delimiter(),
        mailbox(),
        vec(list_item(), 0..3),
    )
        .prop_map(|(kind, attributes, delimiter, mailbox, extended)| List {
            kind,
            attributes,
            delimiter,
            mailbox,
            extended,
        })
}

fn status_value() -> impl Strategy<Value = StatusValue> {
    let other = (atom(), value()).prop_filter_map("known", |(name, value)| match StatusItem::new(name) {
        StatusItem::Other(item) => Some(StatusValue::Other(item, value)),
        _ => None,
    });
    prop_oneof![
        any::<u32>().prop_map(StatusValue::Messages),
        any::<u32>().prop_map(StatusValue::Recent),
        any::<u32>().prop_map(StatusValue::Unseen),
        any::<u32>().prop_map(StatusValue::Deleted),
        any::<u64>().prop_map(StatusValue::Size),
        any::<u64>().prop_map(StatusValue::HighestModSeq),
        any::<u64>().prop_map(StatusValue::DeletedStorage),
        nz().prop_map(StatusValue::UidNext),
        nz().prop_map(StatusValue::UidValidity),
        option::of(any::<u32>()).prop_map(StatusValue::AppendLimit),
        "[a-zA-Z0-9_-]{1,20}".prop_map(|id| StatusValue::MailboxId(ObjectId::new(id).unwrap())),
        other,
    ]
}

fn namespaces() -> impl Strategy<Value = Namespaces> {
    let extensions = vec((text(), non_empty(text())), 0..2);
    let namespace = (text(), delimiter(), extensions).prop_map(|(prefix, delimiter, extensions)| Namespace {
        prefix,
        delimiter,
        extensions,
    });
    let namespace = namespace.boxed();
    let list = || vec(namespace.clone(), 0..3);
    (list(), list(), list()).prop_map(|(personal, other_users, shared)| Namespaces {
        personal,
        other_users,
        shared,
    })
}

fn search() -> impl Strategy<Value = Search> {
    (vec(nz(), 0..6), option::of(nz64())).prop_map(|(numbers, mod_seq)| Search {
        numbers: numbers.into_iter().collect(),
        mod_seq,
    })
}

fn search_result() -> impl Strategy<Value = SearchResult> {
    let range = prop_oneof![
        (nz(), nz()).prop_map(|(from, to)| PartialRange::First(from, to)),
        (nz(), nz()).prop_map(|(from, to)| PartialRange::Last(from, to)),
    ];
    prop_oneof![
        nz().prop_map(SearchResult::Min),
        nz().prop_map(SearchResult::Max),
        any::<u32>().prop_map(SearchResult::Count),
        uid_set().prop_map(SearchResult::All),
        (range, option::of(uid_set())).prop_map(|(range, set)| SearchResult::Partial(range, set)),
        nz64().prop_map(SearchResult::ModSeq),
        (atom(), value()).prop_filter_map("known", |(name, value)| {
            OtherSearchResult::new(name, value).ok().map(SearchResult::Other)
        }),
    ]
}

fn esearch() -> impl Strategy<Value = ESearch> {
    let numbers = prop::sample::select(vec![By::Sequence, By::Uid]);
    (
        option::of(text()),
        option::of(mailbox()),
        option::of(nz()),
        numbers,
        vec(search_result(), 0..4),
    )
        .prop_map(|(tag, mailbox, uid_validity, numbers, results)| ESearch {
            tag,
            mailbox,
            uid_validity,
            numbers,
            results,
        })
}

fn threads() -> impl Strategy<Value = Threads> {
    let message = (0_u32..4, option::weighted(0.9, nz()));
    vec(message, 0..20).prop_filter_map("no threads", |messages| {
        let mut next = 0;
        let messages = messages.into_iter().map(|(level, number)| {
            let level = level.min(next);
            next = level + 1;
            Threaded { level, number }
        });
        Threads::new(messages.collect()).ok()
    })
}

fn rights() -> impl Strategy<Value = Rights> {
    "[a-z0-9]{0,9}".prop_map(|letters| Rights::new(letters).unwrap())
}

fn resource_usage() -> impl Strategy<Value = ResourceUsage> {
    let name = prop_oneof![atom(), Just(Atom::new("storage").unwrap())];
    (name, any::<u64>(), any::<u64>()).prop_map(|(name, usage, limit)| ResourceUsage {
        resource: Resource::new(name),
        usage,
        limit,
    })
}

fn metadata() -> impl Strategy<Value = Metadata> {
    let value = option::of(vec(any::<u8>(), 0..20).prop_map(Bytes::from));
    let entries = prop_oneof![
        non_empty((text(), value)).prop_map(MetadataEntries::Values),
        non_empty(text()).prop_map(MetadataEntries::Changed),
    ];
    (mailbox(), entries).prop_map(|(mailbox, entries)| Metadata { mailbox, entries })
}

fn other() -> impl Strategy<Value = OtherResponse> {
    let octets = prop_oneof![
        "([0-9]{1,9} )?[A-Z-]{1,9}( [ -~]{0,20})?".prop_map(String::into_bytes),
        octets(),
        Just(b"X {3}\r\n\0\r\n x".to_vec()),
    ];
    octets.prop_filter_map("known", |octets| OtherResponse::new(Raw::new(octets).ok()?).ok())
}

pub(crate) fn response() -> impl Strategy<Value = Response> {
    let completion = prop::sample::select(vec![Completion::Ok, Completion::No, Completion::Bad]);
    let status = prop::sample::select(Status::ALL.to_vec());
    let statuses = prop_oneof![
        (tag(), completion, status_text()).prop_map(|(tag, status, text)| Response::Tagged {
            tag,
            status,
            text
        }),
        (status, status_text()).prop_map(|(status, text)| Response::Status { status, text }),
        continuation().prop_map(Response::Continuation),
        capabilities().prop_map(Response::Capability),
        capabilities().prop_map(Response::Enabled),
    ];
    let parameters = vec((text(), option::of(text())), 0..3).prop_map(|fields| fields.into_iter().collect());
    let mailboxes = prop_oneof![
        list().prop_map(Response::List),
        (mailbox(), vec(status_value(), 0..4))
            .prop_map(|(mailbox, items)| Response::MailboxStatus(MailboxStatus { mailbox, items })),
        namespaces().prop_map(Response::Namespaces),
        flags().prop_map(Response::Flags),
        parameters.prop_map(Response::Id),
    ];
    let gone = prop::sample::select(vec![Gone::Now, Gone::Earlier]);
    let messages = prop_oneof![
        search().prop_map(Response::Search),
        search().prop_map(Response::Sort),
        esearch().prop_map(Response::ESearch),
        threads().prop_map(Response::Thread),
        any::<u32>().prop_map(Response::Exists),
        any::<u32>().prop_map(Response::Recent),
        nz().prop_map(Response::Expunge),
        (gone, uid_set()).prop_map(|(when, uids)| Response::Vanished(Vanished { when, uids })),
    ];
    let administration = prop_oneof![
        (text(), vec(resource_usage(), 0..3))
            .prop_map(|(root, resources)| Response::Quota(Quota { root, resources })),
        (mailbox(), vec(text(), 0..3))
            .prop_map(|(mailbox, roots)| Response::QuotaRoot(QuotaRoot { mailbox, roots })),
        (mailbox(), vec((text(), rights()), 0..3))
            .prop_map(|(mailbox, entries)| Response::Acl(Acl { mailbox, entries })),
        (mailbox(), text(), rights(), vec(rights(), 0..3)).prop_map(
            |(mailbox, identifier, required, optional)| {
                Response::ListRights(ListRights {
                    mailbox,
                    identifier,
                    required,
                    optional,
                })
            }
        ),
        (mailbox(), rights()).prop_map(|(mailbox, rights)| Response::MyRights(MyRights { mailbox, rights })),
        metadata().prop_map(Response::Metadata),
    ];
    prop_oneof![
        3 => statuses,
        3 => mailboxes,
        2 => messages,
        2 => administration,
        1 => other().prop_map(Response::Other),
    ]
}
