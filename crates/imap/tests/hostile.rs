//! Values that are not known, of any octets that their constructors take, in every place that holds some: they are
//! written as one message, and read back as the same.

#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::num::NonZeroU32;

use bytes::{Bytes, BytesMut};
use gatepost_imap::command::{
    Append, Body, By, Change, Command, Create, CreateParameter, Data, Fetch, FetchItems, FetchModifier, List,
    Message, Other, Search, SearchReturn, Select, SelectParameter, SelectionOption, Store, StoreModifier,
    Stored,
};
use gatepost_imap::parse::{Leniency, Options};
use gatepost_imap::response::fetch::{self, BodyFields, BodyStructure, Item, Media, OtherItem};
use gatepost_imap::response::{
    ESearch, List as Listed, ListItem, ListKind, MailboxStatus, OtherListItem, OtherResponse,
    OtherSearchResult, Response, SearchResult, StatusText,
};
use gatepost_imap::types::*;
use gatepost_imap::{Frame, Framer, Limits, Literals, ResponseCode, Status, Tag, command, response};
use gatepost_wire::Input;
use proptest::collection::vec;
use proptest::prelude::*;

/// Octets that begin, end and hold what has a meaning of its own.
fn octets() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        6 => prop::sample::select(vec![
            &b"("[..], b")", b" ", b"\"", b"\\", b"\"\"", b"\"a\"", b"a", b"5", b"1:*", b",", b"$", b"NIL", b"UID", b"~",
            b"{", b"}", b"+", b"]", b"[", b"{5}", b"{0}\r\n", b"{3}\r\n\r\n\"", b"~{2}\r\n\0\n", b"{1+}\r\n(", b"\r\n", b"*",
            b"{01}\r\nx", b"{00000000000000000001}\r\ny", b"{000000000000000000001}\r\nz", b"\xff", b"\"\xc3\xbc\"", b"\0",
            b"OK", b"RETURN", b"(MODSEQ 5)", b"<0>", b"\x01", b"\x7f",
        ]).prop_map(<[u8]>::to_vec),
        1 => vec(any::<u8>(), 0..3),
    ];
    (vec(piece, 0..6), any::<bool>()).prop_map(|(pieces, list)| {
        let inner = pieces.concat();
        if list {
            [b"(", &inner[..], b")"].concat()
        } else {
            inner
        }
    })
}

fn value() -> impl Strategy<Value = Value> {
    octets().prop_filter_map("no value", |octets| Value::new(octets).ok())
}

fn name() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        "[A-Za-z]{1,4}".prop_map(String::into_bytes),
        prop::sample::select(vec![
            "X",
            "UID",
            "NIL",
            "LAZY",
            "UTF8",
            "CATENATE",
            "RETURN",
            "CHARSET",
            "OK",
            "BYE",
            "x.y",
            "_",
            "-",
            "FLAGS",
            "BODY",
            "X[]",
            "X[1 (a)]<0>",
            "+FLAGS",
            "DONE",
            "TAG",
            "IDLE",
            "1",
            "'",
            "MODSEQ",
            "MESSAGES",
            "SHARED",
        ])
        .prop_map(|name| name.as_bytes().to_vec()),
        octets(),
    ]
}

fn parameter() -> impl Strategy<Value = Parameter> {
    (name(), proptest::option::of(value())).prop_filter_map("no parameter", |(name, value)| {
        Parameter::new(Atom::new(name).ok()?, value).ok()
    })
}

fn lists(name: &[u8], value: &Value) -> Vec<Response> {
    let mut responses = Vec::new();
    let atom = Atom::new(name.to_vec());
    let mailbox = || Mailbox::new("a").unwrap();
    if let Ok(item) = OtherListItem::new(Text::new(name.to_vec()).unwrap_or_default(), value.clone()) {
        responses.push(Response::List(Listed {
            kind: ListKind::List,
            attributes: vec![],
            delimiter: None,
            mailbox: mailbox(),
            extended: vec![ListItem::Other(item.clone()), ListItem::Other(item)],
        }));
    }
    if let Ok(StatusItem::Other(item)) = atom.clone().map(StatusItem::new) {
        let item = StatusValue::Other(item, value.clone());
        let items = vec![item.clone(), item];
        responses.push(Response::MailboxStatus(MailboxStatus {
            mailbox: mailbox(),
            items,
        }));
    }
    if let Ok(result) = atom.and_then(|name| OtherSearchResult::new(name, value.clone())) {
        let result = SearchResult::Other(result);
        let results = vec![result.clone(), result];
        responses.push(Response::ESearch(ESearch {
            results,
            ..ESearch::default()
        }));
    }
    responses
}

fn items(name: &[u8], value: &Value) -> Vec<Response> {
    let body = |media| fetch::Body {
        extensions: vec![value.clone(), value.clone()],
        ..fetch::Body::new(media)
    };
    let leaf = BodyStructure::new(
        body(Media::Text {
            subtype: Text::EMPTY,
            lines: 0,
            fields: BodyFields::default(),
        }),
        [],
    )
    .unwrap();
    let two = [leaf.clone(), leaf];
    let structure = BodyStructure::new(body(Media::Multipart { subtype: Text::EMPTY }), two).unwrap();
    let mut items = vec![Item::Body(structure.clone()), Item::BodyStructure(structure)];
    if let Ok(item) = OtherItem::new(name.to_vec(), value.clone()) {
        items.extend([Item::Other(item.clone()), Item::Other(item)]);
    }
    let fetch = fetch::Fetch {
        number: NonZeroU32::MIN,
        items: NonEmpty::new(items).unwrap(),
    };
    vec![Response::Fetch(fetch.clone()), Response::UidFetch(fetch)]
}

fn commands(parameter: &Parameter) -> Vec<Body> {
    let mailbox = || Mailbox::new("a").unwrap();
    let set = || SequenceSet::new("1").unwrap();
    let two = || [parameter.clone(), parameter.clone()].into_iter();
    let mut commands = vec![
        Body::Create(Create {
            mailbox: mailbox(),
            parameters: two().map(CreateParameter::Other).collect(),
        }),
        Body::Select(Select {
            mailbox: mailbox(),
            parameters: two().map(SelectParameter::Other).collect(),
        }),
        Body::List(List {
            selection: Some(two().map(SelectionOption::Other).collect()),
            returns: Some(two().map(command::ReturnOption::Other).collect()),
            ..List::new(mailbox(), Text::EMPTY)
        }),
        Body::Search(
            By::Uid,
            Search {
                returns: Some(two().map(SearchReturn::Other).collect()),
                ..Search::from(command::Query::from(command::Criterion::All))
            },
        ),
        Body::Store(
            By::Uid,
            Store {
                set: set(),
                modifiers: two().map(StoreModifier::Other).collect(),
                change: Change::Replace,
                silent: false,
                stored: Stored::Flags(vec![]),
            },
        ),
    ];
    for items in [
        FetchItems::All,
        FetchItems::These(NonEmpty::of(command::Attribute::Preview)),
    ] {
        let modifiers = two().map(FetchModifier::Other).collect();
        commands.push(Body::Fetch(
            By::Sequence,
            Fetch {
                set: set(),
                items,
                modifiers,
            },
        ));
    }
    if let Some(value) = parameter.value() {
        let datas = [
            Data::Literal(Text::new("x").unwrap()),
            Data::Literal8(Bytes::from_static(b"\0")),
            Data::Utf8(Bytes::from_static(b"\r\n")),
            Data::Catenate(value.clone()),
        ];
        let is_list = value.as_bytes().starts_with(b"(");
        let datas = datas
            .into_iter()
            .filter(|data| is_list || !matches!(data, Data::Catenate(_)));
        let messages = datas.map(|data| Message {
            options: two().collect(),
            ..Message::from(data)
        });
        let messages = NonEmpty::new(messages.collect()).unwrap();
        commands.push(Body::Append(Append {
            mailbox: mailbox(),
            messages,
        }));
    }
    commands
}

fn lenient() -> Options {
    Options {
        leniency: Leniency::SERVERS,
        ..Options::default()
    }
}

fn input(octets: &[u8]) -> Input {
    let mut input = Input::new(Limits::AFTER_LOGIN.input_capacity());
    input.feed(octets).unwrap();
    input
}

fn check_response(response: &Response) -> Result<(), TestCaseError> {
    let mut octets = BytesMut::new();
    response.encode(&mut octets);
    let mut input = input(&octets);
    let frame = Framer::responses(Limits::AFTER_LOGIN).next(&mut input);
    let Ok(Some(Frame::Message(message))) = frame else {
        return Err(TestCaseError::fail(format!(
            "{frame:?}: {}",
            octets.escape_ascii()
        )));
    };
    prop_assert!(input.is_empty(), "{}", octets.escape_ascii());
    prop_assert_eq!(
        &response::parse(&message),
        &Ok(response.clone()),
        "{}",
        octets.escape_ascii()
    );
    let read = response::parse_with(&message, &lenient()).unwrap();
    prop_assert!(
        read.forgiven.is_empty(),
        "{:?} {}",
        read.forgiven,
        octets.escape_ascii()
    );
    prop_assert_eq!(&read.value, response);
    Ok(())
}

fn check_command(body: &Body) -> Result<(), TestCaseError> {
    let command = Command {
        tag: Tag::parse(b"a").unwrap(),
        body: body.clone(),
    };
    for literals in [Literals::Any, Literals::Small, Literals::Synchronizing] {
        let mut octets = BytesMut::new();
        let pauses = command.encode(&mut octets, literals);
        let mut framer = Framer::commands(Limits::AFTER_LOGIN);
        let mut input = input(b"");
        let mut sent = 0;
        for pause in pauses.iter() {
            input.feed(&octets[sent..pause]).unwrap();
            let frame = framer.next(&mut input);
            prop_assert!(
                matches!(frame, Ok(Some(Frame::LiteralWanted { .. }))),
                "{frame:?} {}",
                octets.escape_ascii()
            );
            sent = pause;
        }
        input.feed(&octets[sent..]).unwrap();
        let frame = framer.next(&mut input);
        let Ok(Some(Frame::Message(message))) = frame else {
            return Err(TestCaseError::fail(format!(
                "{frame:?}: {}",
                octets.escape_ascii()
            )));
        };
        prop_assert!(input.is_empty());
        for options in [Options::default(), lenient()] {
            let read = command::parse_with(&message, &options);
            let shown = octets.escape_ascii();
            prop_assert!(read.is_ok(), "{:?} {}", read, shown);
            let read = read.unwrap();
            prop_assert!(read.forgiven.is_empty(), "{:?} {}", read.forgiven, shown);
            let respelled = octets.contains(&b'{') && literals != Literals::Any || !pauses.is_empty();
            if !respelled {
                prop_assert_eq!(&read.value, &command);
            }
            prop_assert_eq!(
                std::mem::discriminant(&read.value.body),
                std::mem::discriminant(&command.body),
                "{}",
                shown
            );
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn unknown_values(name in name(), value in value()) {
        for response in lists(&name, &value).into_iter().chain(items(&name, &value)) {
            check_response(&response)?;
        }
    }

    #[test]
    fn unknown_parameters(parameter in parameter()) {
        for command in commands(&parameter) {
            check_command(&command)?;
        }
    }

    #[test]
    fn unknown_messages(first in name(), second in octets()) {
        let space: &[u8] = if second.is_empty() { b"" } else { b" " };
        if let Ok(raw) = Raw::new([&first[..], space, &second].concat())
            && let Ok(other) = OtherResponse::new(raw)
        {
            check_response(&Response::Other(other))?;
        }
        if let Ok(raw) = Raw::new(second)
            && let Ok(name) = Atom::new(first)
            && let Ok(other) = Other::new(name, raw)
        {
            check_command(&Body::Other(other))?;
        }
    }

    #[test]
    fn status_texts(code in octets(), other in any::<bool>(), text in octets(), value in value()) {
        let code = match other {
            true => Text::new(code).ok().map(ResponseCode::Other),
            false => Some(ResponseCode::BadEvent(value)),
        };
        for code in [None, code] {
            if let Ok(text) = StatusText::new(code, text.clone()) {
                check_response(&Response::Status { status: Status::Bye, text: text.clone() })?;
                check_response(&Response::Continuation(response::Continuation::new(text)))?;
            }
        }
    }
}
