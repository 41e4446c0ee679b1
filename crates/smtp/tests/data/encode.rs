//! What is encoded is decoded to the same.

use bytes::BytesMut;
use gatepost_smtp::data::Encoder;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::{End, decode, swallow};

pub(crate) fn encode(pieces: &[&[u8]]) -> BytesMut {
    let (mut encoder, mut out) = (Encoder::new(), BytesMut::new());
    pieces.iter().for_each(|piece| encoder.encode(piece, &mut out));
    encoder.finish(&mut out);
    out
}

#[test]
fn known_answers() {
    assert_eq!(encode(&[b""]), &b".\r\n"[..]);
    assert_eq!(encode(&[b"a\r\n"]), &b"a\r\n.\r\n"[..]);
    assert_eq!(encode(&[b".\r\n..a\r\n"]), &b"..\r\n...a\r\n.\r\n"[..]);
    assert_eq!(encode(&[b"a.b\r\n"]), &b"a.b\r\n.\r\n"[..]);
}

#[test]
fn a_last_line_without_an_end_gets_one() {
    assert_eq!(encode(&[b"a"]), &b"a\r\n.\r\n"[..]);
    assert_eq!(encode(&[b"a\r"]), &b"a\r\n.\r\n"[..]);
    assert_eq!(encode(&[b"a\n"]), &b"a\n\r\n.\r\n"[..]);
    assert_eq!(encode(&[b"."]), &b"..\r\n.\r\n"[..]);
}

#[test]
fn a_dot_behind_a_bare_line_end_is_stuffed() {
    assert_eq!(encode(&[b"a\n.\n"]), &b"a\n..\n\r\n.\r\n"[..]);
    assert_eq!(encode(&[b"a\r.b"]), &b"a\r..b\r\n.\r\n"[..]);
    assert_eq!(encode(&[b"a\r", b"\n", b".", b"b"]), &b"a\r\n..b\r\n.\r\n"[..]);
    assert_eq!(encode(&[b"a\n", b"", b".b"]), &b"a\n..b\r\n.\r\n"[..]);
}

/// Lines as messages have them, dots at their starts above all.
fn message() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        "\\.{0,3}[ -~]{0,20}".prop_map(String::into_bytes),
        vec(1_u8.., 0..100).prop_map(|mut line| {
            line.retain(|octet| !b"\r\n".contains(octet));
            line
        }),
    ];
    vec(line, 0..20).prop_map(|lines| {
        lines
            .into_iter()
            .flat_map(|line| [&line[..], b"\r\n"].concat())
            .collect()
    })
}

proptest! {
    #[test]
    fn decoding_gives_back_what_was_encoded(
        message in message(),
        size in 1_usize..40,
        read in 1_usize..40,
        behind in "[ -~]{0,10}",
    ) {
        let mut wire = encode(&message.chunks(size).collect::<Vec<_>>());
        let end = wire.len();
        wire.extend_from_slice(behind.as_bytes());
        let pieces: Vec<_> = wire.chunks(read).collect();
        let outcome = decode(&pieces);
        prop_assert_eq!(outcome.end, End::Ended(end));
        prop_assert_eq!(outcome.message, message);
        prop_assert_eq!(swallow(&pieces), Some(end));
    }

    #[test]
    fn pieces_make_no_difference_in_writing(message in vec(prop::sample::select(b"\r\n.a\0".to_vec()), 0..30), size in 1_usize..9) {
        prop_assert_eq!(encode(&[&message]), encode(&message.chunks(size).collect::<Vec<_>>()));
    }
}

/// Dots around the blocks that are looked at at once.
#[test]
fn dots_anywhere_in_a_long_message() {
    for before in (0..20).chain(120..140).chain(250..260) {
        for odd in ["\r\n.", "\r\n..x\r\n.", "\n.", "\r.", "x.", "."] {
            let message = ["a".repeat(before).as_str(), odd, &"b".repeat(300)].concat();
            let mut expected = String::new();
            let mut last = '\n';
            for letter in message.chars() {
                if letter == '.' && matches!(last, '\r' | '\n') {
                    expected.push('.');
                }
                expected.push(letter);
                last = letter;
            }
            expected.push_str("\r\n.\r\n");
            assert_eq!(encode(&[message.as_bytes()]), expected.as_bytes());
            let pieces: Vec<_> = message.as_bytes().chunks(before + 2).collect();
            assert_eq!(encode(&pieces), expected.as_bytes());
        }
    }
}
