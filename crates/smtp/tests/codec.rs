//! One codec reads what the other writes, in any pieces.

#![cfg(feature = "codec")]
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use bytes::BytesMut;
use gatepost_smtp::codec::{ClientCodec, CodecError, Frame, Message, ServerCodec};
use gatepost_smtp::{Command, Error, Limit, Limits, Reply, Rule, command};
use tokio_util::codec::{Decoder, Encoder as _};

/// Everything the codec reads from `octets`, given in pieces of `size`; pieces of a message are joined.
fn frames(octets: &[u8], size: usize) -> Result<Vec<Frame>, CodecError> {
    let mut codec = ServerCodec::new(Limits::AFTER_LOGIN);
    let mut frames = Vec::new();
    let mut read = BytesMut::new();
    for piece in octets.chunks(size) {
        read.extend_from_slice(piece);
        while let Some(frame) = codec.decode(&mut read)? {
            if let Frame::Line(line) = &frame {
                match command::parse(line) {
                    Ok(Command::Data) => codec.commands().expect_message(),
                    Ok(Command::Bdat { size, .. }) => codec.commands().expect_chunk(size),
                    Ok(Command::Auth { .. }) => codec.commands().expect_response(),
                    _ => {}
                }
            }
            match (frames.last_mut(), frame) {
                (Some(Frame::Octets(message)), Frame::Octets(more)) => message.extend_from_slice(&more),
                (_, frame) => frames.push(frame),
            }
        }
    }
    Ok(frames)
}

fn line(text: &str) -> Frame {
    Frame::Line(BytesMut::from(text))
}

fn octets(text: &str) -> Frame {
    Frame::Octets(BytesMut::from(text))
}

#[test]
fn lines_messages_and_chunks() {
    let stream = b"DATA\r\na\r\n..b\r\n.\r\nBDAT 7\r\nc\r\n.\r\nd\r\nBDAT 0 LAST\r\nDATA\r\n.\r\nAUTH X\r\n*\r\nQUIT\r\n";
    let expected = [
        line("DATA"),
        octets("a\r\n.b\r\n"),
        Frame::End,
        line("BDAT 7"),
        octets("c\r\n.\r\nd"),
        Frame::End,
        line(""),
        line("BDAT 0 LAST"),
        Frame::End,
        line("DATA"),
        Frame::End,
        line("AUTH X"),
        line("*"),
        line("QUIT"),
    ];
    for size in 1..=stream.len() {
        assert_eq!(frames(stream, size).unwrap(), expected, "in pieces of {size}");
    }
}

#[test]
fn a_client_writes_what_a_server_reads() {
    let mut client = ClientCodec::new(Limits::BEFORE_LOGIN);
    let mut wire = BytesMut::new();
    for _ in 0..2 {
        client.encode(Command::Data, &mut wire).unwrap();
        client.encode(Message::Octets(b".a\r"), &mut wire).unwrap();
        client.encode(Message::Octets(b"\n.b"), &mut wire).unwrap();
        client.encode(Message::End, &mut wire).unwrap();
    }
    let expected = [line("DATA"), octets(".a\r\n.b\r\n"), Frame::End];
    assert_eq!(frames(&wire, 5).unwrap(), [&expected[..], &expected].concat());
}

#[test]
fn a_server_writes_what_a_client_reads() {
    let replies = [
        Reply::new(220, "", "ready"),
        Reply::new(550, "5.7.1", "no\nnever"),
        Reply::new(354, "", ""),
    ];
    let mut wire = BytesMut::new();
    for reply in &replies {
        ServerCodec::new(Limits::BEFORE_LOGIN)
            .encode(reply, &mut wire)
            .unwrap();
    }
    let mut client = ClientCodec::new(Limits::BEFORE_LOGIN);
    let mut read = Vec::new();
    let mut buffer = BytesMut::new();
    for piece in wire.chunks(3) {
        buffer.extend_from_slice(piece);
        while let Some(reply) = client.decode(&mut buffer).unwrap() {
            read.push(reply);
        }
    }
    assert_eq!(read, replies);
    assert!(buffer.is_empty());
}

fn error(result: Result<Vec<Frame>, CodecError>) -> Error {
    match result {
        Err(CodecError::Smtp(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_wrong_ends_the_stream() {
    let peer = |error| match error {
        Error::Peer(error) => (error.offset, error.rule),
        other => panic!("{other:?}"),
    };
    for size in [1, 7, 100] {
        assert_eq!(peer(error(frames(b"NOOP\n", size))), (4, Rule::BareLf));
        assert_eq!(peer(error(frames(b"DATA\r\na\r\n.\n", size))), (4, Rule::BareLf));
        assert_eq!(peer(error(frames(b"DATA\r\na\0\r\n", size))), (1, Rule::Nul));
        let long = b"x".repeat(Limits::AFTER_LOGIN.command_line + 2);
        assert_eq!(error(frames(&long, size)), Error::Limit(Limit::CommandLine));
        let long = [
            b"auth x ",
            &b"x".repeat(Limits::AFTER_LOGIN.sasl_line - 7)[..],
            b"\r\n",
        ]
        .concat();
        assert_eq!(frames(&long, size).unwrap().len(), 1);
        let long = [b"AUTH X\r\n", &b"x".repeat(Limits::AFTER_LOGIN.sasl_line + 2)[..]].concat();
        assert_eq!(error(frames(&long, size)), Error::Limit(Limit::SaslLine));
    }
}

#[test]
fn a_reply_without_end_ends_the_stream() {
    let mut client = ClientCodec::new(Limits::BEFORE_LOGIN);
    let mut lines = BytesMut::from(&b"250-x\r\n".repeat(20_000)[..]);
    let error = client.decode(&mut lines).unwrap_err();
    assert!(
        matches!(error, CodecError::Smtp(Error::Limit(Limit::ReplyLines))),
        "{error:?}"
    );
}
