//! imap-codec reads the same in what we write, and we in what it writes.
//!
//! [`DIFFERENCES`] are those that are known; [`crate::common`] has nothing of them.

use gatepost_imap::command::{self, Body};
use imap_codec::CommandCodec;
use imap_codec::decode::Decoder as _;
use imap_codec::encode::Encoder as _;
use proptest::prelude::*;

use crate::common::body;
use crate::encoded;

/// What we read in what imap-codec writes of what it reads in `line`; `None` if it reads nothing.
fn echoed(line: &[u8]) -> Option<Body> {
    let (rest, theirs) = CommandCodec::default().decode(line).ok()?;
    assert!(rest.is_empty());
    let written = CommandCodec::default().encode(&theirs).dump();
    let message = written.strip_suffix(b"\r\n").unwrap();
    Some(command::parse(message).unwrap().body)
}

proptest! {
    #[test]
    fn commands_mean_the_same_to_both(body in body()) {
        prop_assert_eq!(echoed(&encoded(&body)), Some(body));
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Difference {
    /// imap-codec does not read it.
    OursAlone,
    /// We do not read it.
    TheirsAlone,
    /// Each reads something else.
    Other,
}

use Difference::{Other, OursAlone, TheirsAlone};

/// Where imap-codec 2.0.0-alpha.10 differs: how, in what, and why.
const DIFFERENCES: [(Difference, &str, &str); 38] = [
    (
        Other,
        "FETCH 4:2,3 FLAGS",
        "it sorts sets and joins ranges; ours keep their spelling",
    ),
    (OursAlone, "FETCH $ FLAGS", "it does not know SEARCHRES"),
    (OursAlone, "SEARCH RETURN (COUNT) ALL", "nor ESEARCH"),
    (OursAlone, "UID FETCH 1:* (FLAGS) (PARTIAL 1:9)", "nor PARTIAL"),
    (OursAlone, "SEARCH EMAILID a", "nor OBJECTID"),
    (OursAlone, "SEARCH FUZZY ALL", "nor SEARCH=FUZZY"),
    (OursAlone, "SEARCH SAVEDATESUPPORTED", "nor SAVEDATE"),
    (OursAlone, "SEARCH FILTER a", "nor FILTERS"),
    (OursAlone, "SEARCH X-GM-RAW a", "nor Gmail's words"),
    (OursAlone, "FETCH 1 (X-GM-LABELS)", "nor Gmail's words"),
    (OursAlone, "STORE 1 +X-GM-LABELS (a)", "nor Gmail's words"),
    (OursAlone, "FETCH 1 (PREVIEW)", "nor PREVIEW"),
    (OursAlone, "LIST (SUBSCRIBED) \"\" *", "nor LIST-EXTENDED"),
    (OursAlone, "LIST \"\" * RETURN (SPECIAL-USE)", "nor LIST-EXTENDED"),
    (OursAlone, "XLIST \"\" *", "nor XLIST"),
    (OursAlone, "CREATE a (USE (\\Sent))", "nor CREATE-SPECIAL-USE"),
    (OursAlone, "APPEND a {1+}\r\nx {1+}\r\ny", "nor MULTIAPPEND"),
    (
        OursAlone,
        "APPEND a UTF8 (~{1+}\r\nx)",
        "UTF8=ACCEPT is a feature of it that is off here",
    ),
    (OursAlone, "APPEND a CATENATE (URL x)", "nor CATENATE"),
    (OursAlone, "REPLACE 1 a {1+}\r\nx", "nor REPLACE"),
    (OursAlone, "GETACL a", "nor ACL"),
    (OursAlone, "UNAUTHENTICATE", "nor UNAUTHENTICATE"),
    (OursAlone, "SORT RETURN () (DATE) UTF-8 ALL", "nor ESORT"),
    (OursAlone, "STATUS a (X-GUID)", "words that are not known"),
    (OursAlone, "FETCH 1 (X-GUID)", "words that are not known"),
    (OursAlone, "SELECT a (X-NEW)", "words that are not known"),
    (OursAlone, "COMPRESS ZSTD", "words that are not known"),
    (OursAlone, "XFOO", "words that are not known"),
    (
        OursAlone,
        "SEARCH LARGER 4294967296",
        "it counts sizes in 32 bits: RFC 9051 has 64",
    ),
    (
        OursAlone,
        "FETCH 1 BODY[]<4294967296.1>",
        "it counts octets in 32 bits: RFC 9051 has 64",
    ),
    (
        OursAlone,
        "SEARCH SINCE 31-Feb-1994",
        "it asks a calendar, which the grammar does not",
    ),
    (
        OursAlone,
        "SELECT \"\u{e9}\"",
        "it knows no UTF-8 in quotes: RFC 9051 does",
    ),
    (
        OursAlone,
        "SEARCH ((((((((((ALL))))))))))",
        "its queries nest less than 10 deep, ours 100",
    ),
    (
        OursAlone,
        "SEARCH NOT NOT NOT NOT NOT NOT NOT NOT NOT NOT ALL",
        "its queries nest less than 10 deep",
    ),
    (
        TheirsAlone,
        "STORE 1 FLAGS (\\Recent)",
        "a client cannot set it: RFC 9051 section 2.3.2",
    ),
    (
        TheirsAlone,
        "APPEND a (\\Recent) {1+}\r\nx",
        "a client cannot set it",
    ),
    (
        TheirsAlone,
        "SELECT a (QRESYNC (1 2 3:*))",
        "RFC 7162 section 7: * is not allowed",
    ),
    (TheirsAlone, "STATUS a ()", "there is at least one item"),
];

#[test]
fn differences_are_what_they_are_said_to_be() {
    let mut wrong = Vec::new();
    for (difference, text, why) in &DIFFERENCES {
        let message = format!("a1 {text}");
        let ours = command::parse(message.as_bytes()).map(|command| command.body);
        let line = format!("{message}\r\n");
        let theirs = CommandCodec::default().decode(line.as_bytes());
        let found = match (&ours, &theirs) {
            (Ok(_), Err(_)) => Some(OursAlone),
            (Err(_), Ok(_)) => Some(TheirsAlone),
            (Ok(ours), Ok(_)) if echoed(line.as_bytes()).as_ref() != Some(ours) => Some(Other),
            _ => None,
        };
        if found.as_ref() != Some(difference) {
            wrong.push((text, why, found));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn both_refuse_the_same() {
    for text in [
        " NOOP",
        "NOOP x",
        "LOGIN alice",
        "LOGIN \"a\\b\" c",
        "LOGIN (a) b",
        "LOGIN a b c",
        "FETCH 0 FLAGS",
        "FETCH 1 (FLAGS",
        "FETCH 1 BODY[0]",
        "FETCH 1 BODY[MIME]",
        "FETCH 1 ALL (CHANGEDSINCE 0)",
        "STORE 1 FLAG (a)",
        "SEARCH FOO",
        "SEARCH ()",
        "SEARCH NOT",
        "SEARCH SINCE 1-Foo-1994",
        "SORT () UTF-8 ALL",
        "SORT (DATE) ALL",
        "LIST a",
        "APPEND a x",
        "ENABLE",
        "GETMETADATA a",
        "SELECT a (QRESYNC (0 1))",
        "SETQUOTA a STORAGE",
    ] {
        let message = format!("a1 {text}");
        let line = format!("{message}\r\n");
        assert!(CommandCodec::default().decode(line.as_bytes()).is_err(), "{text}");
        assert!(command::parse(message.as_bytes()).is_err(), "{text}");
    }
}
