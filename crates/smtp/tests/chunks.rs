//! However the octets arrive, the outcome is the same.

#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use gatepost_smtp::message::{From, Header};
use gatepost_smtp::{Error, Limits, Reply, reply};
use gatepost_wire::Input;
use proptest::collection::vec;
use proptest::prelude::*;

/// Small, so that short streams reach them.
const LIMITS: Limits = Limits {
    reply_line: 24,
    reply_lines: 4,
    ..Limits::BEFORE_LOGIN
};

/// `stream` in two pieces, cut everywhere, and octet by octet.
fn every_split(stream: &[u8]) -> impl Iterator<Item = Vec<&[u8]>> {
    let halves = (0..=stream.len()).map(|at| {
        let (one, two) = stream.split_at(at);
        vec![one, two]
    });
    halves.chain(std::iter::once(stream.chunks(1).collect()))
}

/// All replies, and the error that ended them.
fn replies(pieces: &[&[u8]]) -> (Vec<Reply>, Option<Error>) {
    let mut input = Input::new(4096);
    let mut replies = Vec::new();
    for piece in pieces {
        input.feed(piece).unwrap();
        loop {
            match reply::take(&mut input, &LIMITS) {
                Ok(Some(reply)) => replies.push(reply),
                Ok(None) => break,
                Err(error) => return (replies, Some(error)),
            }
        }
    }
    (replies, None)
}

#[test]
fn replies_in_any_pieces() {
    for stream in [
        &b"220 mx ESMTP\r\n250-mx\r\n250-PIPELINING\r\n250-SIZE 5\r\n250 DSN\r\n334 \r\n334\r\n235 2.7.0 ok\r\n"[..],
        b"250-2.1.0 a\r\n250 2.1.0 b\r\n421 4.3.2 bye\r\n",
        b"250-a\r\n250-b\r\n250-c\r\n250-d\r\n250 e\r\n",
        b"250 this line is too long for the limit\r\n",
        b"250-a\r\n251 b\r\n",
        b"250 a\r\n250 b\n",
        b"250 a\r\n250 b\rc\r\n",
        b"250 a\r\nhello\r\n",
    ] {
        let whole = replies(&[stream]);
        for pieces in every_split(stream) {
            assert_eq!(replies(&pieces), whole, "{}", stream.escape_ascii());
        }
    }
}

#[test]
fn every_prefix_of_a_good_reply_only_needs_more() {
    let stream = b"250-2.1.0 mx\r\n250-2.1.0\r\n250-\r\n250 2.1.0 DSN\r\n";
    for end in 0..stream.len() {
        assert_eq!(replies(&[&stream[..end]]), (vec![], None), "up to {end}");
    }
}

/// What a header scanner did with a message.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    passed: Vec<u8>,
    held: Vec<u8>,
    rest: Vec<u8>,
    separator: &'static [u8],
    has_date: bool,
    message_id: Option<Vec<u8>>,
    from: Option<Vec<u8>>,
}

fn scan(pieces: &[&[u8]]) -> Seen {
    let mut header = Header::new();
    let mut passed = Vec::new();
    let mut rest = Vec::new();
    for piece in pieces {
        let consumed = header.push(piece, |octets| passed.extend_from_slice(octets));
        rest.extend_from_slice(consumed.map_or(&b""[..], |consumed| &piece[consumed..]));
    }
    check_all_is_there(&pieces.concat(), &[&passed, header.held(), &rest].concat());
    Seen {
        passed,
        held: header.held().to_vec(),
        rest,
        separator: header.separator(),
        has_date: header.has_date(),
        message_id: header.message_id().map(<[u8]>::to_vec),
        from: match header.from() {
            From::Body(body) => Some(body.to_vec()),
            _ => None,
        },
    }
}

/// Nothing is lost but a Message-ID without a body.
fn check_all_is_there(message: &[u8], seen: &[u8]) {
    if !message
        .to_ascii_lowercase()
        .windows(10)
        .any(|name| name == b"message-id")
    {
        return assert_eq!(message, seen);
    }
    let mut message = message.iter();
    assert!(seen.iter().all(|octet| message.any(|other| other == octet)));
}

#[test]
fn headers_in_any_pieces() {
    for message in [
        &b"From: a <a@b>\r\nDate : now\r\nMessage-ID:\r\n <x@y>\r\nSubject: s\r\n\tt\r\n\r\nbody: x\r\n\r\n"
            [..],
        b"Message-ID: <x@y>\r\nno field\r\nDate: x\r\n",
        b" folded\r\nDate: x\r\n\r\n",
        b"\r\nDate: x\r\n",
        b"From:\r\n\r\n",
        b"Message-ID: \r\n\t\r\nMessage-ID: <x@y>\r\nMessage-ID:\r\n\r\n",
        b"From: a\r\nFrom: b\r\n\r\n",
        b"A: b\r\n\rc\r\n",
        b"",
    ] {
        let whole = scan(&[message]);
        for pieces in every_split(message) {
            assert_eq!(scan(&pieces), whole, "{}", message.escape_ascii());
        }
    }
}

proptest! {
    #[test]
    fn random_headers_in_any_pieces(message in "((From|Date|Message-ID|X)[ \t]?:? ?[a-z<>@ ]{0,6}|[ -~]{0,3}|\r)(\r\n|\n)", size in 1_usize..9, times in 1_usize..4) {
        let message = message.repeat(times);
        let pieces: Vec<_> = message.as_bytes().chunks(size).collect();
        prop_assert_eq!(scan(&pieces), scan(&[message.as_bytes()]));
    }

    #[test]
    fn random_replies_in_any_pieces(
        lines in vec(prop::sample::select(vec!["250 ok\r\n", "250-ok\r\n", "250\r\n", "550 5.1.1 no\r\n", "334 \r\n", "250-5.1.1\r\n", "25", "\r", "\n", "\0", "xxxxxxxxx"]), 0..8),
        size in 1_usize..9,
    ) {
        let stream = lines.concat();
        let pieces: Vec<_> = stream.as_bytes().chunks(size).collect();
        prop_assert_eq!(replies(&pieces), replies(&[stream.as_bytes()]));
    }
}
