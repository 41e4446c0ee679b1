//! Arbitrary commands.

use gatepost_imap::Capability;
use gatepost_imap::command::{
    Body, By, Create, CreateParameter, Depth, Entry, GetMetadata, Initial, Known, List, MetadataOption,
    MetadataValue, Other, QuickResync, Replace, ReturnOption, Select, SelectParameter, SelectionOption,
};
use gatepost_imap::types::{Bound, IdParameters, Resource, ResourceLimit, Rights, RightsChange, StatusItem};
use gatepost_wire::Secret;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::messages::*;
use crate::words::*;

fn by() -> BoxedStrategy<By> {
    prop::sample::select(vec![By::Sequence, By::Uid]).boxed()
}

fn known() -> BoxedStrategy<Known> {
    numbered_set().prop_filter_map("a star", Known::new).boxed()
}

fn select() -> BoxedStrategy<Select> {
    let resync = (
        nz(),
        mod_sequence(),
        option::of(known()),
        option::of((known(), known())),
    );
    let resync = resync.prop_map(|(uid_validity, mod_sequence, known_uids, matches)| QuickResync {
        uid_validity,
        mod_sequence,
        known_uids,
        matches,
    });
    let parameter = prop_oneof![
        Just(SelectParameter::CondStore),
        resync.prop_map(SelectParameter::QuickResync),
        parameter().prop_map(SelectParameter::Other),
    ];
    (mailbox(), vec(parameter, 0..3))
        .prop_map(|(mailbox, parameters)| Select { mailbox, parameters })
        .boxed()
}

fn create() -> BoxedStrategy<Create> {
    let parameter = prop_oneof![
        vec(atom(), 0..3).prop_map(CreateParameter::Use),
        parameter().prop_map(CreateParameter::Other),
    ];
    (mailbox(), vec(parameter, 0..3))
        .prop_map(|(mailbox, parameters)| Create { mailbox, parameters })
        .boxed()
}

fn entry() -> BoxedStrategy<Entry> {
    "(/[a-z \"\\\\.-]{1,5}){1,3}"
        .prop_map(|name| Entry::new(name).unwrap())
        .boxed()
}

pub(crate) fn status_item() -> BoxedStrategy<StatusItem> {
    atom()
        .prop_map(StatusItem::new)
        .boxed()
        .prop_union(
            prop::sample::select(vec![
                StatusItem::Messages,
                StatusItem::UidNext,
                StatusItem::UidValidity,
                StatusItem::Unseen,
                StatusItem::Recent,
            ])
            .boxed(),
        )
        .boxed()
}

fn list() -> BoxedStrategy<List> {
    let selection = prop_oneof![
        Just(SelectionOption::Subscribed),
        Just(SelectionOption::Remote),
        Just(SelectionOption::RecursiveMatch),
        Just(SelectionOption::SpecialUse),
        parameter().prop_map(SelectionOption::Other),
    ];
    let returned = prop_oneof![
        Just(ReturnOption::Subscribed),
        Just(ReturnOption::Children),
        Just(ReturnOption::SpecialUse),
        Just(ReturnOption::MyRights),
        some(status_item()).prop_map(ReturnOption::Status),
        some(entry()).prop_map(ReturnOption::Metadata),
        parameter().prop_map(ReturnOption::Other),
    ];
    let patterns = some(prop_oneof![text(), Just("*%".try_into().unwrap())]);
    (
        option::of(vec(selection, 0..3)),
        mailbox(),
        patterns,
        option::of(vec(returned, 0..3)),
    )
        .prop_map(|(selection, reference, patterns, returns)| List {
            selection,
            reference,
            patterns,
            returns,
        })
        .boxed()
}

fn rights() -> BoxedStrategy<RightsChange> {
    let change: Vec<fn(Rights) -> RightsChange> =
        vec![RightsChange::Add, RightsChange::Remove, RightsChange::Replace];
    ("[a-z0-9]{0,9}", prop::sample::select(change))
        .prop_map(|(letters, change)| change(Rights::new(letters).unwrap()))
        .boxed()
}

fn session() -> BoxedStrategy<Body> {
    let capability = atom().prop_map(|name| Capability::parse(name.as_bytes()).unwrap());
    prop_oneof![
        prop::sample::select(vec![
            Body::Capability,
            Body::Noop,
            Body::Logout,
            Body::StartTls,
            Body::Namespace,
            Body::Idle,
            Body::Check,
            Body::Close,
            Body::Unselect,
            Body::Expunge,
            Body::Unauthenticate,
        ]),
        (text(), text()).prop_map(|(user, password)| Body::Login {
            user,
            password: Secret::from(&password[..]),
        }),
        (atom(), option::of(any_octets())).prop_map(|(mechanism, initial)| Body::Authenticate {
            mechanism,
            initial: initial.map(|octets| Initial::new(&octets)),
        }),
        vec((text(), option::of(text())), 0..4)
            .prop_map(|fields| Body::Id(fields.into_iter().collect::<IdParameters>())),
        some(capability).prop_map(Body::Enable),
        atom().prop_map(Body::Compress),
        ("X[A-Z]{0,8}", raw()).prop_filter_map("unknown", |(name, arguments)| {
            let name = gatepost_imap::types::Atom::new(name).unwrap();
            Other::new(name, arguments).ok().map(Body::Other)
        }),
    ]
    .boxed()
}

fn mailboxes() -> BoxedStrategy<Body> {
    prop_oneof![
        select().prop_map(Body::Select),
        select().prop_map(Body::Examine),
        create().prop_map(Body::Create),
        mailbox().prop_map(Body::Delete),
        (mailbox(), mailbox()).prop_map(|(from, to)| Body::Rename { from, to }),
        mailbox().prop_map(Body::Subscribe),
        mailbox().prop_map(Body::Unsubscribe),
        list().prop_map(Body::List),
        (mailbox(), text()).prop_map(|(reference, pattern)| Body::Lsub { reference, pattern }),
        (mailbox(), text()).prop_map(|(reference, pattern)| Body::Xlist { reference, pattern }),
        (mailbox(), some(status_item())).prop_map(|(mailbox, items)| Body::Status { mailbox, items }),
        append().prop_map(Body::Append),
    ]
    .boxed()
}

fn selected() -> BoxedStrategy<Body> {
    let number = prop_oneof![
        nz().prop_map(|number| Bound::Number(number.get())),
        Just(Bound::Star)
    ];
    let replace = (number, mailbox(), message()).prop_map(|(number, mailbox, message)| Replace {
        number,
        mailbox,
        message,
    });
    prop_oneof![
        set().prop_map(Body::UidExpunge),
        (by(), search()).prop_map(|(by, search)| Body::Search(by, search)),
        (by(), fetch()).prop_map(|(by, fetch)| Body::Fetch(by, fetch)),
        (by(), store()).prop_map(|(by, store)| Body::Store(by, store)),
        (by(), set(), mailbox()).prop_map(|(by, set, mailbox)| Body::Copy(by, set, mailbox)),
        (by(), set(), mailbox()).prop_map(|(by, set, mailbox)| Body::Move(by, set, mailbox)),
        (by(), replace).prop_map(|(by, replace)| Body::Replace(by, replace)),
        (by(), sort()).prop_map(|(by, sort)| Body::Sort(by, sort)),
        (by(), thread()).prop_map(|(by, thread)| Body::Thread(by, thread)),
    ]
    .boxed()
}

fn management() -> BoxedStrategy<Body> {
    let limit = (atom(), any::<u64>()).prop_map(|(name, limit)| ResourceLimit {
        resource: Resource::new(name),
        limit,
    });
    let depth = prop::sample::select(vec![Depth::Zero, Depth::One, Depth::Infinity]);
    let option = prop_oneof![
        any::<u32>().prop_map(MetadataOption::MaxSize),
        depth.prop_map(MetadataOption::Depth),
    ];
    let get = (mailbox(), vec(option, 0..3), some(entry())).prop_map(|(mailbox, options, entries)| {
        Body::GetMetadata(GetMetadata {
            mailbox,
            options,
            entries,
        })
    });
    let value = (entry(), option::of(any_octets())).prop_map(|(entry, value)| MetadataValue { entry, value });
    prop_oneof![
        text().prop_map(Body::GetQuota),
        mailbox().prop_map(Body::GetQuotaRoot),
        (text(), vec(limit, 0..3)).prop_map(|(root, limits)| Body::SetQuota { root, limits }),
        (mailbox(), text(), rights()).prop_map(|(mailbox, identifier, rights)| Body::SetAcl {
            mailbox,
            identifier,
            rights
        }),
        (mailbox(), text()).prop_map(|(mailbox, identifier)| Body::DeleteAcl { mailbox, identifier }),
        mailbox().prop_map(Body::GetAcl),
        (mailbox(), text()).prop_map(|(mailbox, identifier)| Body::ListRights { mailbox, identifier }),
        mailbox().prop_map(Body::MyRights),
        get,
        (mailbox(), some(value)).prop_map(|(mailbox, values)| Body::SetMetadata { mailbox, values }),
    ]
    .boxed()
}

pub(crate) fn body() -> BoxedStrategy<Body> {
    prop_oneof![
        2 => session(),
        3 => mailboxes(),
        4 => selected(),
        2 => management(),
    ]
    .boxed()
}
