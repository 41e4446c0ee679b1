//! What is written is read back as the same value, and nothing else.

use bytes::{Bytes, BytesMut};
use gatepost_imap::response::{self, Response};
use gatepost_imap::{Frame, Framer, Limits};
use gatepost_wire::Input;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::values::response;
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

/// Lines that look like responses.
fn line() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        "[ -~]{0,12}".prop_map(String::into_bytes),
        vec(any::<u8>(), 0..6),
        prop::sample::select(vec![
            "LIST",
            "OK",
            "SEARCH",
            "ESEARCH",
            "STATUS",
            "NAMESPACE",
            "FLAGS",
            "THREAD",
            "QUOTA",
            "ACL",
            "METADATA",
            "CAPABILITY",
            "VANISHED",
            "ID",
            "5",
            "EXISTS",
            "(",
            ")",
            "NIL",
            "\"/\"",
            "\\Seen",
            "[",
            "]",
            "ALERT",
            "APPENDUID",
            "PERMANENTFLAGS",
            "BADCHARSET",
            "MODSEQ",
            "TAG",
            "UID",
            "ALL",
            "1:3",
            "{3}\r\nabc",
            "~{1}\r\n\0",
        ])
        .prop_map(|word| word.as_bytes().to_vec()),
    ];
    (
        prop::sample::select(vec!["* ", "+ ", "a1 ", ""]),
        vec((word, "[ ]{0,1}"), 0..8),
    )
        .prop_map(|(start, words)| {
            let mut line = start.as_bytes().to_vec();
            for (word, space) in words {
                line.extend_from_slice(&word);
                line.extend_from_slice(space.as_bytes());
            }
            line
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn values(response in response()) {
        let mut octets = BytesMut::new();
        response.encode(&mut octets);
        let message = framed(&octets).freeze();
        prop_assert_eq!(response::parse(&message), Ok(response.clone()));
        let parsed = response::parse_with(&message, &lenient()).unwrap();
        prop_assert_eq!(parsed.value, response);
    }

    #[test]
    fn lines(line in line()) {
        let shared = Bytes::from(line.clone());
        let strict = response::parse(&line);
        prop_assert_eq!(&strict, &response::parse(&shared));
        if let Ok(response) = strict {
            prop_assert_eq!(response::parse(&written(&response)), Ok(response));
        }
        if let Ok(parsed) = response::parse_with(&shared, &lenient()) {
            // What was forgiven is not always written as it was, but never as anything else.
            let octets = [&written(&parsed.value)[..], b"\r\n"].concat();
            let message = framed(&octets).freeze();
            let again = response::parse_with(&message, &lenient()).unwrap();
            prop_assert_eq!(again.value, parsed.value);
        }
    }

    #[test]
    fn nothing_panics(octets in vec(any::<u8>(), 0..200)) {
        for options in [lenient(), Default::default()] {
            if let Err(error) = response::parse_with(&octets, &options) {
                prop_assert!(error.offset <= octets.len() && !error.expected.is_empty());
            }
        }
    }
}

#[test]
fn strings_share_the_memory_of_the_message() {
    let message = Bytes::from_static(b"* LIST () \"/\" \"Sent Items\"");
    let Ok(Response::List(list)) = response::parse(&message) else {
        panic!()
    };
    let name = list.mailbox.as_bytes();
    assert!(message.as_ptr_range().contains(&name.as_ptr()));
}
