//! Messages behind DATA.

use bytes::BytesMut;
use gatepost_smtp::data::{Decoder, Encoder};
use gatepost_smtp::frame::{Commands, Frame};
use gatepost_smtp::{Limits, data::Fault};
use proptest::collection::vec;
use proptest::prelude::*;
use smtp_proto::request::receiver::DataReceiver;

fn ours(pieces: &[&[u8]]) -> (Vec<u8>, bool) {
    let mut decoder = Decoder::new();
    let mut message = Vec::new();
    let mut ended = false;
    for piece in pieces {
        ended = decoder
            .decode(piece, |run| message.extend_from_slice(run))
            .unwrap()
            .ended;
    }
    (message, ended)
}

fn framed(pieces: &[&[u8]]) -> (Vec<u8>, bool) {
    let mut commands = Commands::new(Limits::AFTER_LOGIN);
    commands.expect_message();
    let mut input = BytesMut::new();
    let mut message = Vec::new();
    for piece in pieces {
        input.extend_from_slice(piece);
        while let Some(frame) = commands.next(&mut input).unwrap() {
            match frame {
                Frame::Octets(octets) => message.extend_from_slice(&octets),
                Frame::End => return (message, true),
                Frame::Line(_) => panic!("a line in a message"),
            }
        }
    }
    (message, false)
}

fn theirs(pieces: &[&[u8]]) -> (Vec<u8>, bool) {
    let mut receiver = DataReceiver::new();
    let mut message = Vec::new();
    let mut ended = false;
    for piece in pieces {
        ended = receiver.ingest(&mut piece.iter(), &mut message);
    }
    (message, ended)
}

proptest! {
    #[test]
    fn a_message_is_read_the_same(
        first in "[!--/-~][ -~]{0,20}",
        lines in vec("\\.{0,3}[ -~]{0,90}|[\u{e9}\t]{0,200}", 0..20),
        size in 1_usize..300,
    ) {
        let message = lines.iter().fold(format!("{first}\r\n"), |message, line| message + line + "\r\n");
        let (mut encoder, mut wire) = (Encoder::new(), BytesMut::new());
        encoder.encode(message.as_bytes(), &mut wire);
        encoder.finish(&mut wire);
        let pieces: Vec<_> = wire.chunks(size).collect();
        let expected = (message.into_bytes(), true);
        prop_assert_eq!(&ours(&pieces), &expected);
        prop_assert_eq!(&framed(&pieces), &expected);
        prop_assert_eq!(&theirs(&pieces), &expected);
    }
}

#[test]
fn a_dot_at_the_very_start() {
    let wire = &[&b"..a\r\n.\r\n"[..]];
    assert_eq!(ours(wire), (b".a\r\n".to_vec(), true));
    assert_eq!(framed(wire), (b".a\r\n".to_vec(), true));
    assert_eq!(theirs(wire), (b"..a\r\n".to_vec(), true));
}

#[test]
fn the_empty_message() {
    let wire = &[&b".\r\n"[..]];
    assert_eq!(ours(wire), (vec![], true));
    assert_eq!(framed(wire), (vec![], true));
    assert_eq!(theirs(wire), (b".\r\n".to_vec(), false));
}

#[test]
fn what_is_no_text() {
    for (wire, fault) in [
        (&b"a\rb\r\n.\r\n"[..], Fault::BareCr),
        (b"a\nb\r\n.\r\n", Fault::BareLf),
        (b"a\0b\r\n.\r\n", Fault::Nul),
    ] {
        let error = Decoder::new().decode(wire, |_| {}).unwrap_err();
        assert_eq!((error.fault, error.offset), (fault, 1));
        assert_eq!(theirs(&[wire]), (wire[..5].to_vec(), true));
    }
}
