//! FETCH as the RFCs show it.

use super::*;
use crate::command::tests::{becomes, body, refused, same};
use crate::command::{Body, By};

/// RFC 9051 section 6.4.5, RFC 3501 section 6.4.5.
#[test]
fn fetches_of_rfc_9051() {
    same(&[
        "FETCH 2:4 (FLAGS BODY[HEADER.FIELDS (DATE FROM)])",
        "FETCH 1 ALL",
        "FETCH * FAST",
        "UID FETCH 1:* FULL",
        "FETCH 1 (ENVELOPE INTERNALDATE RFC822.SIZE BODY BODYSTRUCTURE UID)",
        "FETCH 1 (RFC822 RFC822.HEADER RFC822.TEXT)",
        "FETCH 12 (BODY.PEEK[]<0.2048> BODY[1.2.MIME] BODY[4.2.HEADER] BODY[TEXT])",
        "FETCH 1 (BINARY[1]<0.5> BINARY.PEEK[] BINARY.SIZE[1.2])",
        "UID FETCH 7 (UID BODY.PEEK[1]<0.393216>)",
    ]);
    becomes("FETCH 2 FLAGS", "FETCH 2 (FLAGS)");
    becomes("fetch 2 body[]", "FETCH 2 (BODY[])");
    becomes("FETCH 2 (BODY.peek[header])", "FETCH 2 (BODY.PEEK[HEADER])");
    let Body::Fetch(By::Uid, fetch) = body("UID FETCH 7 body.peek[1]<0.5>") else {
        panic!()
    };
    let FetchItems::These(items) = fetch.items else {
        panic!()
    };
    let expected = Attribute::Section {
        section: Part::new("1").unwrap().into(),
        partial: Some(Partial {
            start: 0,
            length: NonZeroU64::new(5).unwrap(),
        }),
        peek: true,
    };
    assert_eq!(*items, [expected]);
}

/// RFC 7162 sections 3.1.4 and 3.2.6, RFC 8474 section 5, RFC 8514 section 4, RFC 8970 section 4, RFC 9394
/// section 3.2, and what Gmail documents.
#[test]
fn fetches_of_extensions() {
    same(&[
        "UID FETCH 1:* (FLAGS) (CHANGEDSINCE 12345)",
        "UID FETCH 300:500 (FLAGS) (CHANGEDSINCE 12345 VANISHED)",
        "FETCH 1 (MODSEQ EMAILID THREADID SAVEDATE)",
        "FETCH 1 (PREVIEW)",
        "FETCH 1:3 (PREVIEW (LAZY) FLAGS)",
        "UID FETCH 25900:26600 (UID FLAGS) (PARTIAL -1:-100)",
        "FETCH 1 (X-GM-MSGID X-GM-THRID X-GM-LABELS)",
        "FETCH 1 (X-GUID ANNOTATION-X) (X-A 5 X-B)",
    ]);
    becomes("FETCH 1 PREVIEW (LAZY)", "FETCH 1 (PREVIEW (LAZY))");
    becomes(
        "FETCH 1 PREVIEW (CHANGEDSINCE 1)",
        "FETCH 1 (PREVIEW) (CHANGEDSINCE 1)",
    );
    becomes("FETCH 1 ALL (VANISHED)", "FETCH 1 ALL (VANISHED)");
}

#[test]
fn macros_stand_for_attributes() {
    let names = |text: &str| {
        let Body::Fetch(_, fetch) = body(text) else {
            panic!()
        };
        fetch.items.into_attributes()
    };
    let all = names("FETCH 1 (FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODY)");
    assert_eq!(names("FETCH 1 FAST"), all[..3]);
    assert_eq!(names("FETCH 1 ALL"), all[..4]);
    assert_eq!(names("FETCH 1 FULL"), all);
}

#[test]
fn what_is_no_attribute() {
    refused(&[
        ("FETCH", 5, "a space"),
        ("FETCH 1", 7, "a space"),
        ("FETCH 1 ", 8, "an attribute of a message"),
        ("FETCH 1 ()", 9, "an attribute of a message"),
        ("FETCH 1 (FLAGS", 14, "a space or a closing parenthesis"),
        ("FETCH 1 (ALL)", 12, "an attribute of a message"),
        ("FETCH 1 FLAGS UID", 14, "a list of modifiers"),
        ("FETCH 1 BODY.PEEK", 17, "["),
        ("FETCH 1 BODY[", 13, "a part of a message"),
        ("FETCH 1 BODY[]<0>", 16, "a dot"),
        ("FETCH 1 BODY[]<0.0>", 17, "a number above 0"),
        ("FETCH 1 BINARY[TEXT]", 15, "]"),
        ("FETCH 1 X[1]", 9, "the end of the line"),
        ("FETCH 1 FLAGS (CHANGEDSINCE)", 27, "a space"),
        ("FETCH 1 FLAGS (PARTIAL 0:1)", 23, "a number above 0"),
        ("FETCH $ FLAGS ()", 15, "a modifier of FETCH"),
    ]);
}

#[test]
fn other_attributes_are_words_that_are_not_known() {
    let other = |name: &'static str| OtherAttribute::new(Atom::new(name).unwrap());
    assert!(other("X-GUID").is_ok());
    for wrong in ["flags", "ALL", "Body.Peek", "BINARY", "X[1", "X<0", "preview"] {
        assert!(other(wrong).is_err(), "{wrong}");
    }
}
