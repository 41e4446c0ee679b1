//! The codecs give what the framer gives, and one reads what the other writes.

#![cfg(feature = "codec")]
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::io::ErrorKind;

use bytes::BytesMut;
use gatepost_imap::codec::{ClientCodec, CodecError, ServerCodec};
use gatepost_imap::command::Body;
use gatepost_imap::frame::{Part, Streaming};
use gatepost_imap::response::{Completion, StatusText};
use gatepost_imap::types::Mailbox;
use gatepost_imap::{Command, Error, Frame, Limit, Limits, Literals, Response, Rule, Tag};
use tokio_util::codec::{Decoder, Encoder as _};

fn message(frame: Option<Frame>) -> Vec<u8> {
    match frame {
        Some(Frame::Message(octets)) => octets.to_vec(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_one_side_writes_the_other_reads() {
    let (mut server, mut client) = (
        ServerCodec::new(Limits::BEFORE_LOGIN),
        ClientCodec::new(Limits::BEFORE_LOGIN),
    );
    let tag = Tag::parse(b"a1").unwrap();
    let mut wire = BytesMut::new();
    let command = Command {
        tag: tag.clone(),
        body: Body::Noop,
    };
    client.encode(command, &mut wire).unwrap();
    assert_eq!(message(server.decode(&mut wire).unwrap()), b"a1 NOOP");
    let response = Response::Tagged {
        tag,
        status: Completion::Ok,
        text: StatusText::new(None, "done {5}").unwrap(),
    };
    server.encode(response, &mut wire).unwrap();
    assert_eq!(message(client.decode(&mut wire).unwrap()), b"a1 OK done {5}");
    assert!(wire.is_empty() && server.unread().is_empty() && client.unread().is_empty());
}

#[test]
fn a_command_that_would_have_to_wait_is_not_written() {
    let mut client = ClientCodec::new(Limits::BEFORE_LOGIN);
    let command = Command {
        tag: Tag::parse(b"a1").unwrap(),
        body: Body::Delete(Mailbox::new("a\r\n").unwrap()),
    };
    let mut wire = BytesMut::from("a0 NOOP\r\n");
    let refused = client.encode(command.clone(), &mut wire).unwrap_err();
    assert!(matches!(refused, CodecError::Imap(Error::Peer(error)) if error.rule == Rule::LiteralUnoffered));
    assert_eq!(wire, "a0 NOOP\r\n");
    client.offered(Literals::Small);
    client.encode(command, &mut wire).unwrap();
    assert_eq!(wire, "a0 NOOP\r\na1 DELETE {3+}\r\na\r\n\r\n");
}

#[test]
fn more_than_the_input_holds_is_read_in_turns() {
    let mut codec = ServerCodec::new(Limits::BEFORE_LOGIN);
    let mut wire = BytesMut::from("a NOOP\r\n".repeat(10_000).as_bytes());
    let mut count = 0;
    while let Some(frame) = codec.decode(&mut wire).unwrap() {
        assert_eq!(message(Some(frame)), b"a NOOP");
        count += 1;
    }
    assert_eq!(count, 10_000);
}

#[test]
fn oversized_commands_are_drained() {
    let mut codec = ServerCodec::new(Limits::BEFORE_LOGIN);
    let mut wire = BytesMut::from(format!("a X {}\r\nb NOOP\r\n", "x".repeat(100_000)).as_bytes());
    let Some(Frame::Refused(refused)) = codec.decode(&mut wire).unwrap() else {
        panic!()
    };
    assert_eq!(refused.limit, Limit::Line);
    assert_eq!(message(codec.decode(&mut wire).unwrap()), b"b NOOP");
}

#[test]
fn literals_can_be_refused() {
    let mut codec = ServerCodec::new(Limits::BEFORE_LOGIN);
    let mut wire = BytesMut::from(&b"a LOGIN {5}\r\n"[..]);
    assert_eq!(
        codec.decode(&mut wire).unwrap(),
        Some(Frame::LiteralWanted { octets: 5 })
    );
    codec.refuse_literal();
    wire.extend_from_slice(b"b NOOP\r\n");
    assert_eq!(message(codec.decode(&mut wire).unwrap()), b"b NOOP");
}

#[test]
fn errors_are_ours() {
    let mut codec = ServerCodec::new(Limits::BEFORE_LOGIN);
    let error = codec.decode(&mut BytesMut::from(&b"a\n"[..])).unwrap_err();
    assert!(matches!(error, CodecError::Imap(Error::Peer(error)) if error.rule == Rule::BareLf));
}

#[test]
fn large_literals_are_streamed_and_passed_on_as_they_were() {
    let streaming = Streaming {
        above: 4,
        ..Streaming::EVERYTHING
    };
    let octets = b"a APPEND x {9+}\r\n123456789\r\nb X {3+}\r\nabc\r\n";
    for size in 1..octets.len() {
        let mut server = ServerCodec::new(Limits::BEFORE_LOGIN).streaming(streaming);
        let mut client = ClientCodec::new(Limits::BEFORE_LOGIN);
        let (mut wire, mut onward) = (BytesMut::new(), BytesMut::new());
        let mut streamed = Vec::new();
        for piece in octets.chunks(size) {
            wire.extend_from_slice(piece);
            while let Some(frame) = server.decode(&mut wire).unwrap() {
                if let Frame::Part(Part::Literal { octets, .. }) = &frame {
                    streamed.extend_from_slice(octets);
                }
                client.encode(frame, &mut onward).unwrap();
            }
        }
        assert_eq!((&streamed[..], &onward[..]), (&b"123456789"[..], &octets[..]));
        assert!(server.decode_eof(&mut wire).unwrap().is_none());
    }
}

#[test]
fn a_streamed_literal_can_be_refused() {
    let mut codec = ServerCodec::new(Limits::BEFORE_LOGIN).streaming(Streaming::EVERYTHING);
    let mut wire = BytesMut::from(&b"a APPEND x {5000}\r\n"[..]);
    let wanted = codec.decode(&mut wire).unwrap();
    assert_eq!(wanted, Some(Frame::LiteralWanted { octets: 5000 }));
    assert_eq!(codec.pending(), b"a APPEND x {5000}");
    codec.refuse_literal();
    wire.extend_from_slice(b"b NOOP\r\n");
    assert_eq!(message(codec.decode(&mut wire).unwrap()), b"b NOOP");
}

#[test]
fn a_message_that_is_cut_off_is_an_error() {
    for octets in [&b"* OK"[..], b"* X {5}\r\n123", b"* X {5}\r\n"] {
        for streaming in [None, Some(Streaming::EVERYTHING)] {
            let codec = ClientCodec::new(Limits::BEFORE_LOGIN);
            let mut codec = match streaming {
                Some(streaming) => codec.streaming(streaming),
                None => codec,
            };
            let mut wire = BytesMut::from(octets);
            let end = loop {
                match codec.decode_eof(&mut wire) {
                    Ok(Some(_)) => {}
                    end => break end,
                }
            };
            let Err(CodecError::Io(error)) = end else {
                panic!("{end:?}")
            };
            assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
        }
    }
}
