//! Ways through body structures, and how deep they may be.

use gatepost_imap::Limit;
use gatepost_imap::parse::{ErrorKind, Options};
use gatepost_imap::response;
use gatepost_imap::response::fetch::{
    Body, BodyFields, BodyStructure, Envelope, Item, Media, MediaType, MessageType,
};
use gatepost_imap::types::{Part, Text};
use proptest::prelude::*;

use crate::arbitrary::{any_text, structure, without_extensions};
use crate::lenient;

fn text(text: &str) -> Text {
    Text::new(text.to_owned()).unwrap()
}

fn leaf(subtype: &str) -> BodyStructure {
    let subtype = text(subtype);
    let (lines, fields) = (0, BodyFields::default());
    BodyStructure::new(
        Body::new(Media::Text {
            subtype,
            lines,
            fields,
        }),
        [],
    )
    .unwrap()
}

fn multipart(subtype: &str, parts: impl IntoIterator<Item = BodyStructure>) -> BodyStructure {
    let subtype = text(subtype);
    BodyStructure::new(Body::new(Media::Multipart { subtype }), parts).unwrap()
}

fn message(part: BodyStructure) -> BodyStructure {
    let media = Media::Message {
        message: MessageType::Rfc822,
        envelope: Box::new(Envelope::default()),
        lines: 0,
        fields: BodyFields::default(),
    };
    BodyStructure::new(Body::new(media), [part]).unwrap()
}

/// The example of RFC 3501 section 6.4.5 and RFC 9051 section 6.4.5.1.
fn example() -> BodyStructure {
    let third = multipart("mixed", [leaf("3.1"), leaf("3.2")]);
    let inner = multipart(
        "mixed",
        [
            leaf("4.2.1"),
            multipart("alternative", [leaf("4.2.2.1"), leaf("4.2.2.2")]),
        ],
    );
    let fourth = multipart("mixed", [leaf("4.1"), message(inner)]);
    multipart("mixed", [leaf("1"), leaf("2"), message(third), fourth])
}

#[test]
fn parts_have_the_numbers_of_the_example() {
    let body = example();
    let leaves = ["1", "2", "3.1", "3.2", "4.1", "4.2.1", "4.2.2.1", "4.2.2.2"];
    for number in leaves {
        assert!(body.part(number).unwrap().is("text", number), "{number}");
    }
    assert!(body.part("3").unwrap().is("message", "rfc822"));
    assert!(body.part("4").unwrap().is("multipart", "mixed"));
    assert!(body.part("4.2").unwrap().is("message", "rfc822"));
    assert!(body.part("4.2.2").unwrap().is("multipart", "alternative"));
    for none in ["5", "1.1", "3.3", "4.2.3", "4.2.2.1.1", "0", "1.0", "", "x", "1."] {
        assert_eq!(body.part(none), None, "{none}");
    }
    let numbered: Vec<_> = body.numbered().map(|(part, _)| part.to_string()).collect();
    let all = [
        "1", "2", "3", "3.1", "3.2", "4", "4.1", "4.2", "4.2.1", "4.2.2", "4.2.2.1", "4.2.2.2",
    ];
    assert_eq!(numbered, all);
    // Two are bodies of messages, and one is the message's own.
    assert_eq!(body.iter().count(), all.len() + 3);
    assert!(body.at(&Part::MESSAGE).unwrap().is("multipart", "mixed"));
}

#[test]
fn a_message_of_one_part_is_its_first_part() {
    let plain = leaf("plain");
    assert!(plain.part("1").unwrap().is("text", "plain"));
    assert_eq!((plain.part("2"), plain.part("1.1")), (None, None));
    let forwarded = message(leaf("html"));
    assert!(forwarded.part("1").unwrap().is("message", "rfc822"));
    assert!(forwarded.part("1.1").unwrap().is("text", "html"));
    assert_eq!(forwarded.part("1.1.1"), None);
    let numbered: Vec<_> = forwarded.numbered().map(|(part, _)| part.to_string()).collect();
    assert_eq!(numbered, ["1", "1.1"]);
}

#[test]
fn bodies_have_the_parts_they_must_have() {
    let body = |media| Body::new(media);
    let mixed = || Media::Multipart {
        subtype: text("mixed"),
    };
    assert!(BodyStructure::new(body(mixed()), []).is_err());
    let fields = BodyFields::default();
    let (subtype, lines) = (text("plain"), 0);
    assert!(
        BodyStructure::new(
            body(Media::Text {
                subtype,
                lines,
                fields
            }),
            [leaf("x")]
        )
        .is_err()
    );
    for (kind, subtype) in [("TEXT", "x"), ("text", "plain"), ("message", "RFC822")] {
        assert!(MediaType::new(text(kind), text(subtype)).is_err());
    }
    for parts in [vec![], vec![leaf("x"), leaf("y")]] {
        let media = message(leaf("x")).root().media.clone();
        assert!(BodyStructure::new(body(media), parts).is_err());
    }
}

#[test]
fn the_depth_has_an_end() {
    let mut body = leaf("plain");
    for _ in 1..BodyStructure::DEEPEST {
        body = multipart("mixed", [body]);
    }
    let subtype = text("mixed");
    let too_deep = BodyStructure::new(Body::new(Media::Multipart { subtype }), [body.clone()]);
    assert!(too_deep.is_err());
    let path = ["1"; 254].join(".");
    assert!(body.part(&path).unwrap().is("text", "plain"));
}

#[test]
fn too_many_parentheses_are_over_a_limit() {
    for options in [Options::default(), lenient()] {
        for item in ["BODYSTRUCTURE", "BODY"] {
            let line = format!("* 1 FETCH ({item} {})", "(".repeat(100_000));
            let error = response::parse_with(line.as_bytes(), &options).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Limit(Limit::Nesting), "{error}");
        }
        let text = "(\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 1 1)";
        let line = format!("* 1 FETCH (BODY ({} \"MIXED\"))", text.repeat(100_000));
        let error = response::parse_with(line.as_bytes(), &options).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Limit(Limit::Elements), "{error}");
        let address = "(NIL NIL \"a\" \"b\")".repeat(100_000);
        let line = format!("* 1 FETCH (ENVELOPE (NIL NIL ({address}) NIL NIL NIL NIL NIL NIL NIL))");
        let error = response::parse_with(line.as_bytes(), &options).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Limit(Limit::Elements), "{error}");
    }
    // Of what is not known nothing is made, so it may be as deep as it likes.
    let (open, close) = ("(".repeat(100_000), ")".repeat(100_000));
    let line = format!("* 1 FETCH (X-DEEP {open}{close})");
    assert!(response::parse(line.as_bytes()).is_ok());
    // A message in a message in a message ..
    let message = "(\"MESSAGE\" \"RFC822\" NIL NIL NIL \"7BIT\" 1 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) ";
    let line = format!("* 1 FETCH (BODY {})", message.repeat(100_000));
    let error = response::parse(line.as_bytes()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Limit(Limit::Nesting));
}

#[test]
fn the_deepest_can_be_read_and_written() {
    let depth = usize::from(BodyStructure::DEEPEST);
    let text = "(\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 1 1)";
    let (open, close) = ("(".repeat(depth - 1), " \"MIXED\")".repeat(depth - 1));
    let line = format!("* 1 FETCH (BODY {open}{text}{close})");
    let options = |nesting| Options {
        nesting,
        ..Options::default()
    };
    let parsed = response::parse_with(line.as_bytes(), &options(u8::MAX)).unwrap();
    assert_eq!(crate::written(&parsed.value), line);
    assert!(response::parse_with(line.as_bytes(), &options(u8::MAX - 1)).is_err());
}

proptest! {
    #[test]
    fn numbers_lead_to_their_parts(body in structure(&any_text(), 6)) {
        let numbered: Vec<_> = body.numbered().collect();
        for (part, found) in &numbered {
            prop_assert_eq!(body.at(part), Some(*found));
        }
        let has_none = body.iter().count() - numbered.len();
        let whole = usize::from(body.root().is_multipart());
        let messages = body.iter().filter(|body| matches!(body.media, Media::Message { .. })).count();
        prop_assert!((whole..=whole + messages).contains(&has_none));
    }

    #[test]
    fn structures_can_be_taken_apart(body in structure(&any_text(), 6)) {
        let bare = without_extensions(body.root());
        prop_assert_eq!(bare.iter().count(), body.iter().count());
        let item = Item::Body(bare.clone());
        let line = format!("{:?}", item);
        prop_assert!(!line.is_empty());
        prop_assert_eq!(without_extensions(bare.root()), bare);
    }
}
