//! Messages of real sessions, damaged: what is read leniently is what is read strictly where that can be, and what is
//! written is one message that is read as the same.

#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::sync::LazyLock;

use bytes::{Bytes, BytesMut};
use common::{Line, traces};
use gatepost_imap::parse::{Allowance, Forgiven, Leniency, Options};
use gatepost_imap::{Frame, Framer, Limits, Literals, command, response};
use gatepost_wire::Input;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

/// The messages that one side of all sessions sends, and may send without being asked.
fn messages(side: fn(&Line) -> Option<&Vec<u8>>, framer: fn(Limits) -> Framer) -> Vec<Vec<u8>> {
    let mut messages = Vec::new();
    for trace in traces("sessions") {
        let mut framer = framer(Limits::AFTER_LOGIN);
        let mut input = Input::new(Limits::AFTER_LOGIN.input_capacity());
        input.feed(&trace.octets(side)).unwrap();
        while let Some(frame) = framer.next(&mut input).unwrap() {
            if let Frame::Message(message) = frame {
                messages.push(message.to_vec());
            }
        }
    }
    messages
}

static COMMANDS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| messages(client, Framer::commands));

static RESPONSES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| messages(server, Framer::responses));

fn client(line: &Line) -> Option<&Vec<u8>> {
    match line {
        Line::Client(octets) => Some(octets),
        _ => None,
    }
}

fn server(line: &Line) -> Option<&Vec<u8>> {
    match line {
        Line::Server(octets) => Some(octets),
        _ => None,
    }
}

/// What is put where something else was.
const PIECES: [&[u8]; 40] = [
    b"",
    b" ",
    b"  ",
    b"(",
    b")",
    b"()",
    b"((",
    b"))",
    b"\"",
    b"\"\"",
    b"\\",
    b"NIL",
    b"nil",
    b"0",
    b"00",
    b"1",
    b"-1",
    b"4294967295",
    b"4294967296",
    b"18446744073709551616",
    b"*",
    b"$",
    b"%",
    b"+",
    b"]",
    b"[",
    b"[]",
    b"{",
    b"}",
    b"{0}\r\n",
    b"{1}\r\n\"",
    b"~{1}\r\n\0",
    b"{2+}\r\n\r\n",
    b"{5}",
    b"{000000000000000000001}\r\nx",
    b"\r\n",
    b"\0",
    b"\xff",
    b"\xc3\xbc",
    b"<0>",
];

#[derive(Debug, Clone)]
enum Damage {
    Piece(Index, Index, usize),
    Octet(Index, u8),
    Splice(Index, Index, Index, Index),
}

fn damage() -> impl Strategy<Value = Vec<Damage>> {
    let at = any::<Index>;
    let one = prop_oneof![
        4 => (at(), at(), 0_usize..4).prop_map(|(at, piece, gone)| Damage::Piece(at, piece, gone)),
        1 => (at(), any::<u8>()).prop_map(|(at, octet)| Damage::Octet(at, octet)),
        1 => (at(), at(), at(), at()).prop_map(|(at, other, from, to)| Damage::Splice(at, other, from, to)),
    ];
    vec(one, 0..4)
}

fn damaged(messages: &[Vec<u8>], which: &Index, damage: &[Damage]) -> Vec<u8> {
    let mut octets = which.get(messages).clone();
    for one in damage {
        match one {
            Damage::Piece(at, piece, gone) => {
                let at = at.index(octets.len() + 1);
                let end = octets.len().min(at + gone);
                octets.splice(at..end, piece.get(&PIECES).iter().copied());
            }
            Damage::Octet(at, octet) => {
                let at = at.index(octets.len() + 1);
                octets.insert(at, *octet);
            }
            Damage::Splice(at, other, from, to) => {
                let other = other.get(messages);
                let (from, to) = (from.index(other.len() + 1), to.index(other.len() + 1));
                let at = at.index(octets.len() + 1);
                octets.splice(at..at, other[from.min(to)..from.max(to)].iter().copied());
            }
        }
    }
    octets
}

/// The first message of the octets and a final CRLF, if they have one.
fn first(mut octets: Vec<u8>, mut framer: Framer) -> Option<Bytes> {
    let mut input = Input::new(Limits::AFTER_LOGIN.input_capacity());
    octets.extend_from_slice(b"\r\n");
    input.feed(&octets).unwrap();
    loop {
        match framer.next(&mut input) {
            Ok(Some(Frame::Message(message))) => return Some(message.freeze()),
            Ok(Some(Frame::LiteralWanted { .. })) => {}
            _ => return None,
        }
    }
}

/// The one message that the octets are.
fn framed(octets: &[u8], mut framer: Framer) -> Bytes {
    let mut input = Input::new(Limits::AFTER_LOGIN.input_capacity());
    input.feed(octets).unwrap();
    match framer.next(&mut input).unwrap() {
        Some(Frame::Message(message)) if input.is_empty() => message.freeze(),
        other => panic!("{other:?} of {}", octets.escape_ascii()),
    }
}

/// Whether all that was forgiven is a response code, which is noted even if nothing is allowed.
fn is_strict(forgiven: &Forgiven) -> bool {
    forgiven
        .iter()
        .all(|(allowance, _)| allowance == Allowance::Unreadable)
}

fn lenient() -> Options {
    Options {
        leniency: Leniency::SERVERS,
        ..Options::default()
    }
}

fn written(response: &response::Response) -> Bytes {
    let mut octets = BytesMut::new();
    response.encode(&mut octets);
    framed(&octets, Framer::responses(Limits::AFTER_LOGIN))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn responses(which in any::<Index>(), damage in damage()) {
        let octets = damaged(&RESPONSES, &which, &damage);
        let Some(octets) = first(octets, Framer::responses(Limits::AFTER_LOGIN)) else {
            return Ok(());
        };
        let strict = response::parse_with(&octets, &Options::default());
        let lenient_read = response::parse_with(&octets, &lenient());
        if let Ok(strict) = strict {
            let lenient = lenient_read.as_ref().unwrap();
            if strict.forgiven.is_empty() {
                prop_assert_eq!(&lenient.value, &strict.value);
                prop_assert!(lenient.forgiven.is_empty());
            }
            prop_assert!(is_strict(&strict.forgiven));
            prop_assert_eq!(response::parse(&written(&strict.value)), Ok(strict.value));
        }
        if let Ok(parsed) = lenient_read {
            let again = response::parse_with(&written(&parsed.value), &lenient()).unwrap();
            prop_assert_eq!(again.value, parsed.value);
        }
    }

    #[test]
    fn commands(which in any::<Index>(), damage in damage()) {
        let octets = damaged(&COMMANDS, &which, &damage);
        let Some(octets) = first(octets, Framer::commands(Limits::AFTER_LOGIN)) else {
            return Ok(());
        };
        let strict = command::parse(&octets);
        let clients = Options { leniency: Leniency::CLIENTS, ..Options::default() };
        for options in [clients, lenient()] {
            let read = command::parse_with(&octets, &options);
            if let Ok(strict) = &strict {
                let read = read.as_ref().unwrap();
                prop_assert_eq!(&read.value, strict);
                prop_assert!(read.forgiven.is_empty());
            }
            if let Ok(parsed) = read {
                let mut octets = BytesMut::new();
                if !parsed.value.encode(&mut octets, Literals::Any).is_empty() {
                    // What is not known keeps its literals, which have to be asked for.
                    continue;
                }
                let message = framed(&octets, Framer::commands(Limits::AFTER_LOGIN));
                let again = command::parse_with(&message, &options).unwrap();
                prop_assert_eq!(again.value, parsed.value);
            }
        }
    }
}
