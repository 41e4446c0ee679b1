//! What is written is read back as the same value, and nothing else.

use bytes::{Bytes, BytesMut};
use gatepost_imap::response::fetch::{Item, OtherItem};
use gatepost_imap::response::{self, Response};
use gatepost_imap::types::Value;
use gatepost_imap::{Frame, Framer, Limits};
use gatepost_wire::Input;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::arbitrary::{any_text, fetch, response};
use crate::{lenient, written};

/// The one message that the octets are.
fn framed(octets: &[u8]) -> BytesMut {
    let mut input = Input::new(Limits::AFTER_LOGIN.input_capacity());
    input.feed(octets).unwrap();
    match Framer::responses(Limits::AFTER_LOGIN).next(&mut input).unwrap() {
        Some(Frame::Message(message)) if input.is_empty() => message,
        other => panic!("{other:?}"),
    }
}

/// Lines that look like FETCH responses.
fn line() -> impl Strategy<Value = Vec<u8>> {
    let words = [
        "FLAGS",
        "UID",
        "ENVELOPE",
        "BODY",
        "BODYSTRUCTURE",
        "BODY[",
        "BINARY[1]",
        "BINARY.SIZE[2]",
        "RFC822",
        "INTERNALDATE",
        "MODSEQ",
        "THREADID",
        "X-GM-LABELS",
        "X-Y",
        "]",
        "<0>",
        "(",
        "((",
        ")",
        "))",
        "NIL",
        "()",
        "\"TEXT\"",
        "\"MESSAGE\" \"RFC822\"",
        "\"PLAIN\"",
        "\"7BIT\"",
        "\"\"",
        "1",
        "-1",
        "4294967296",
        "1.5e3",
        "{3}\r\nabc",
        "~{1}\r\n\0",
        "\\Seen",
        "\"17-Jul-1996 02:44:25 -0700\"",
        "(NIL NIL \"a\" \"b\")",
        "(\"a\" \"b\")",
        "NIL NIL NIL NIL",
    ];
    let word = prop_oneof![
        4 => prop::sample::select(words.to_vec()).prop_map(|word| word.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..6),
    ];
    vec((word, "[ ]{0,1}"), 0..16).prop_map(|words| {
        let mut line = b"* 5 FETCH (".to_vec();
        for (word, space) in words {
            line.extend_from_slice(&word);
            line.extend_from_slice(space.as_bytes());
        }
        line
    })
}

/// `octets` with some of them replaced, removed or doubled.
fn damaged(octets: &[u8], damage: &[(usize, u8, u8)]) -> Vec<u8> {
    let mut octets = octets.to_vec();
    for &(at, how, octet) in damage {
        let at = at % octets.len();
        match how % 4 {
            0 => octets[at] = octet,
            1 => octets.insert(at, octet),
            2 if octets.len() > 1 => drop(octets.remove(at)),
            _ => octets.insert(at, octets[at]),
        }
    }
    octets
}

/// What both ways to read have in common, whatever they read.
fn check(line: &[u8]) -> Result<(), TestCaseError> {
    let strict = response::parse(&line.to_vec());
    let lenient_read = response::parse_with(&line.to_vec(), &lenient());
    if let Ok(response) = strict {
        let lenient = lenient_read.as_ref().unwrap();
        prop_assert_eq!(&lenient.value, &response);
        prop_assert!(lenient.forgiven.is_empty());
        prop_assert_eq!(response::parse(&written(&response)), Ok(response));
    }
    if let Ok(parsed) = lenient_read
        && matches!(parsed.value, Response::Fetch(_))
    {
        // What had to be forgiven is written as well as it can be.
        let again = response::parse_with(&written(&parsed.value), &lenient());
        prop_assert_eq!(again.unwrap().value, parsed.value);
    }
    Ok(())
}

proptest! {


    #[test]
    fn what_is_written_is_read_back(response in response(&any_text())) {
        let mut octets = BytesMut::new();
        response.encode(&mut octets);
        let message = framed(&octets).freeze();
        let slices = response::parse(&message);
        prop_assert_eq!(slices.as_ref(), Ok(&response));
        // Copies are the same as slices.
        prop_assert_eq!(response::parse(&message.to_vec()), Ok(response));
    }

    #[test]
    fn lines_that_look_like_it(line in line()) {
        check(&line)?;
    }

    #[test]
    fn damaged_ones(fetch in fetch(&any_text()), damage in vec((any::<usize>(), any::<u8>(), any::<u8>()), 1..4)) {
        check(&damaged(&written(&Response::Fetch(fetch)), &damage))?;
    }

    #[test]
    fn a_start_is_no_response(fetch in fetch(&any_text()), end in any::<prop::sample::Index>()) {
        let message = written(&Response::Fetch(fetch)).freeze();
        let cut: Bytes = message.slice(..end.index(message.len()));
        if let Ok(response) = response::parse(&cut) {
            prop_assert!(!matches!(response, Response::Fetch(_)));
        }
    }
}

#[test]
fn other_items_are_none_that_are_known() {
    let value = || Value::new("NIL").unwrap();
    for known in [
        "FLAGS",
        "uid",
        "Body",
        "BODY[1]",
        "BODYSTRUCTURE",
        "BINARY[]<0>",
        "X-GM-LABELS",
        "UID[1]",
    ] {
        assert!(OtherItem::new(known, value()).is_err(), "{known}");
    }
    for wrong in [
        "",
        "A B",
        "A(",
        "A[",
        "A[]]",
        "A[\"]",
        "[1]",
        "A\r\n",
        "A[{1}\r\n]",
        "\u{e9}",
    ] {
        assert!(OtherItem::new(wrong, value()).is_err(), "{wrong}");
    }
    let item = OtherItem::new("X-Part[1 (a)]<5>", value()).unwrap();
    assert_eq!((item.name(), item.value()), ("X-Part[1 (a)]<5>", &value()));
    assert!(matches!(
        crate::items("* 1 FETCH (X-Part[1 (a)]<5> NIL)")[..],
        [Item::Other(ref read)] if *read == item
    ));
}
