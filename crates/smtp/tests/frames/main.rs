//! However the octets arrive, the frames are the same; nothing is lost between them, and the types agree with them on
//! where something ends.

#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod model;

use bytes::{Bytes, BytesMut};
use gatepost_smtp::data::Encoder;
use gatepost_smtp::frame::{Commands, Frame, Replies};
use gatepost_smtp::parse::Leniency;
use gatepost_smtp::reply::parse_with;
use gatepost_smtp::{Command, Error, Limit, Limits, Reply, Rule, command, reply};
use gatepost_wire::Input;
use proptest::collection::vec;
use proptest::prelude::*;

/// Small, so that short streams reach them.
const LIMITS: Limits = Limits {
    command_line: 40,
    sasl_line: 60,
    reply_line: 24,
    reply_lines: 4,
    reply: 60,
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

/// What a server that takes everything reads, and the error that ended it. Pieces of a message are joined.
fn frames(pieces: &[&[u8]]) -> (Vec<Frame>, Option<Error>) {
    let mut commands = Commands::new(LIMITS);
    let mut input = BytesMut::new();
    let mut frames = Vec::new();
    for piece in pieces {
        input.extend_from_slice(piece);
        loop {
            match commands.next(&mut input) {
                Ok(Some(frame)) => {
                    expect(&mut commands, &frame);
                    push(&mut frames, frame);
                }
                Ok(None) => break,
                Err(error) => return (frames, Some(error)),
            }
        }
    }
    (frames, None)
}

fn expect(commands: &mut Commands, frame: &Frame) {
    let Frame::Line(line) = frame else { return };
    match command::parse(line) {
        Ok(Command::Data) => commands.expect_message(),
        Ok(Command::Bdat { size, .. }) => commands.expect_chunk(size),
        Ok(Command::Auth { .. }) => commands.expect_response(),
        _ => {}
    }
}

fn push(frames: &mut Vec<Frame>, frame: Frame) {
    match (frames.last_mut(), frame) {
        (Some(Frame::Octets(octets)), Frame::Octets(more)) => octets.extend_from_slice(&more),
        (_, frame) => frames.push(frame),
    }
}

fn line(text: &str) -> Frame {
    Frame::Line(BytesMut::from(text))
}

fn octets(text: &str) -> Frame {
    Frame::Octets(BytesMut::from(text))
}

#[test]
fn lines_messages_and_chunks_in_any_pieces() {
    let stream = b"EHLO x\r\nAUTH LOGIN\r\nYWxpY2U=\r\nDATA\r\n..\r\na\r\n..b\r\n\r\n...\r\n.\r\nBDAT 9\r\n\r\n.\r\n\0\n.\rBDAT 0 LAST\r\nDATA\r\n.\r\n\r\nQUIT\r\n";
    let expected = [
        line("EHLO x"),
        line("AUTH LOGIN"),
        line("YWxpY2U="),
        line("DATA"),
        octets(".\r\na\r\n.b\r\n\r\n..\r\n"),
        Frame::End,
        line("BDAT 9"),
        octets("\r\n.\r\n\0\n.\r"),
        Frame::End,
        line("BDAT 0 LAST"),
        Frame::End,
        line("DATA"),
        Frame::End,
        line(""),
        line("QUIT"),
    ];
    assert_eq!(frames(&[stream]), (expected.to_vec(), None));
    for pieces in every_split(stream) {
        assert_eq!(frames(&pieces), (expected.to_vec(), None), "{pieces:?}");
    }
}

#[test]
fn what_is_wrong_is_wrong_in_any_pieces() {
    let long = "x".repeat(50);
    let peer = |offset, rule| Error::Peer(gatepost_smtp::PeerError { offset, rule });
    for (stream, count, error) in [
        ("NOOP\n".to_owned(), 0, peer(4, Rule::BareLf)),
        ("NOOP\r\nNO\rOP\r\n".to_owned(), 1, peer(2, Rule::BareCr)),
        ("NOOP\r\nNO\0P\r\n".to_owned(), 1, peer(2, Rule::Nul)),
        (format!("{long}\r\n"), 0, Error::Limit(Limit::CommandLine)),
        (
            format!("AUTH LOGIN\r\n{long}{long}\r\n"),
            1,
            Error::Limit(Limit::SaslLine),
        ),
        (
            format!("auth x {long}{long}\r\n"),
            0,
            Error::Limit(Limit::SaslLine),
        ),
        ("DATA\r\na\r\n.\nb".to_owned(), 2, peer(4, Rule::BareLf)),
        ("DATA\r\na\r\n.\rb".to_owned(), 2, peer(4, Rule::BareCr)),
        ("DATA\r\nab\rc".to_owned(), 2, peer(2, Rule::BareCr)),
        ("DATA\r\n\0".to_owned(), 1, peer(0, Rule::Nul)),
    ] {
        for pieces in every_split(stream.as_bytes()) {
            let (frames, found) = frames(&pieces);
            assert_eq!((frames.len(), found), (count, Some(error.clone())), "{stream:?}");
        }
    }
}

#[test]
fn an_initial_response_may_be_as_long_as_any() {
    let stream = format!("AUTH PLAIN {}\r\n", "QUJD".repeat(12));
    for pieces in every_split(stream.as_bytes()) {
        assert_eq!(frames(&pieces).0, [line(stream.trim_end())]);
    }
}

/// Behind an error, or because nobody wants it.
#[test]
fn what_is_not_wanted_is_dropped_up_to_its_end() {
    for stream in [
        "a\r\n.\nb\r\n.\r\nQUIT\r\n",
        "a\r\n\0\r\n.\r\nQUIT\r\n",
        "..a\rb\r\n.\r\nQUIT\r\n",
    ] {
        let mut commands = Commands::new(LIMITS);
        commands.expect_message();
        let mut input = BytesMut::from(stream);
        let mut next = |commands: &mut Commands| commands.next(&mut input);
        assert!(matches!(next(&mut commands), Ok(Some(Frame::Octets(_)))));
        let error = next(&mut commands).unwrap_err();
        assert_eq!(next(&mut commands), Err(error), "it stays");
        commands.discard();
        assert_eq!(next(&mut commands), Ok(Some(Frame::End)));
        assert_eq!(next(&mut commands), Ok(Some(line("QUIT"))));
    }
    let mut commands = Commands::new(LIMITS);
    commands.expect_chunk(10);
    commands.discard();
    let mut input = BytesMut::from("01234");
    assert_eq!(commands.next(&mut input), Ok(None));
    assert!(input.is_empty());
    input.extend_from_slice(b"56789QUIT\r\n");
    assert_eq!(commands.next(&mut input), Ok(Some(Frame::End)));
    assert_eq!(commands.next(&mut input), Ok(Some(line("QUIT"))));
}

/// Pieces of a message without stuffed dots, chunks, lines and replies are slices of what was read.
#[test]
fn nothing_is_copied_that_need_not_be() {
    let mut commands = Commands::new(Limits::AFTER_LOGIN);
    let mut input = BytesMut::from("DATA\r\nhello\r\nworld\r\n.\r\nBDAT 3\r\nabc");
    let start = input.as_ptr() as usize;
    let mut places = Vec::new();
    while let Some(frame) = commands.next(&mut input).unwrap() {
        expect(&mut commands, &frame);
        if let Frame::Line(slice) | Frame::Octets(slice) = &frame {
            places.push(slice.as_ptr() as usize - start);
        }
    }
    assert_eq!(places, [0, 6, 23, 31]);

    let mut input = BytesMut::from("250-a\r\n250 b\r\n354 c\r\n");
    let start = input.as_ptr() as usize;
    let mut replies = Replies::new(LIMITS);
    for place in [0, 14] {
        let octets = replies.next(&mut input).unwrap().unwrap();
        assert_eq!(octets.as_ptr() as usize - start, place);
        let reply = reply::parse(octets).unwrap();
        assert_eq!(reply.octets().unwrap().as_ptr() as usize - start, place);
    }
}

#[test]
fn a_line_over_a_small_input_is_over_the_limit() {
    let mut input = Input::new(5);
    input.feed(b"EHLO ").unwrap();
    let error = Commands::new(LIMITS).next(&mut input);
    assert_eq!(error, Err(Error::Limit(Limit::CommandLine)));
}

/// All replies, and the error that ended them.
fn replies(pieces: &[&[u8]], leniency: Leniency) -> (Vec<Bytes>, Option<Error>) {
    let mut framer = Replies::new(LIMITS).lenient(leniency);
    let mut input = BytesMut::new();
    let mut replies = Vec::new();
    for piece in pieces {
        input.extend_from_slice(piece);
        loop {
            match framer.next(&mut input) {
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
        b"250-a\r\n250-b\r\n250-c\r\n250-d\r\n250 e\r\n",
        b"250 this line is too long for the limit\r\n",
        b"250-0123456789\r\n250-0123456789\r\n250-0123456789\r\n250 0123456789\r\n",
        b"250 a\r\n250 b\n",
        b"250 a\r\nhello\r\n250-x\r",
    ] {
        for leniency in [Leniency::STRICT, Leniency::ALL] {
            let whole = replies(&[stream], leniency);
            for pieces in every_split(stream) {
                assert_eq!(replies(&pieces, leniency), whole, "{}", stream.escape_ascii());
            }
        }
    }
}

fn op() -> impl Strategy<Value = model::Op> {
    prop_oneof![
        6 => client_stream().prop_map(model::Op::Feed),
        6 => (1_u8..5).prop_map(model::Op::Take),
        1 => Just(model::Op::Message),
        1 => (0_u64..30).prop_map(model::Op::Chunk),
        1 => Just(model::Op::Response),
        1 => Just(model::Op::Discard),
    ]
}

/// Words that streams are made of, and octets that break them.
fn client_stream() -> impl Strategy<Value = Vec<u8>> {
    let words = vec![
        "NOOP\r\n",
        "DATA\r\n",
        "AUTH LOGIN\r\n",
        "AUTH PLAIN AAAA\r\n",
        "BDAT 5\r\n",
        "BDAT 0 LAST\r\n",
        "hello",
        ".",
        "..",
        "\r\n",
        "\r\n.\r\n",
        ".\r\n",
        "\r",
        "\n",
        "\0",
        "0123456789",
    ];
    let word = prop_oneof![
        20 => prop::sample::select(words).prop_map(|word| word.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..20),
    ];
    vec(word, 0..20).prop_map(|words| words.concat())
}

fn server_stream() -> impl Strategy<Value = Vec<u8>> {
    let words = vec![
        "250 ok\r\n",
        "250-ok\r\n",
        "250\r\n",
        "550 5.1.1 no\r\n",
        "334 \r\n",
        "250-5.1.1\r\n",
        "25",
        "\r",
        "\n",
        "\0",
        "xxxxxxxxx",
        "-",
        " ",
        "250\t",
    ];
    let word = prop_oneof![
        20 => prop::sample::select(words).prop_map(|word| word.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..20),
    ];
    vec(word, 0..12).prop_map(|words| words.concat())
}

/// What a client would have had to send for `frames`.
fn written(frames: &[Frame]) -> Vec<u8> {
    let mut out = BytesMut::new();
    let mut in_message = false;
    let mut encoder = Encoder::new();
    for frame in frames {
        match frame {
            Frame::Line(line) => {
                out.extend_from_slice(line);
                out.extend_from_slice(b"\r\n");
                in_message = matches!(command::parse(line), Ok(Command::Data));
            }
            Frame::Octets(octets) if in_message => encoder.encode(octets, &mut out),
            Frame::Octets(octets) => out.extend_from_slice(octets),
            Frame::End if in_message => std::mem::take(&mut encoder).finish(&mut out),
            Frame::End => {}
        }
    }
    out.to_vec()
}

proptest! {
    #[test]
    fn whatever_is_done_a_simple_framer_does_the_same(ops in vec(op(), 0..30)) {
        model::run(&ops);
    }

    #[test]
    fn clients_in_any_pieces(stream in client_stream(), size in 1_usize..20) {
        let pieces: Vec<_> = stream.chunks(size).collect();
        prop_assert_eq!(frames(&pieces), frames(&[&stream]));
    }

    #[test]
    fn servers_in_any_pieces(stream in server_stream(), size in 1_usize..20) {
        let pieces: Vec<_> = stream.chunks(size).collect();
        for leniency in [Leniency::STRICT, Leniency::ALL] {
            prop_assert_eq!(replies(&pieces, leniency), replies(&[&stream], leniency));
        }
    }

    /// What the frames hold is what was sent, but for dots that did not have to be doubled.
    #[test]
    fn no_octet_of_a_client_is_lost(stream in client_stream()) {
        let (read, error) = frames(&[&stream]);
        let written = written(&read);
        if error.is_none() {
            let undoubled = |octets: &[u8]| octets.iter().filter(|octet| **octet != b'.').copied().collect::<Vec<_>>();
            prop_assert!(undoubled(&stream).starts_with(&undoubled(&written)));
        }
        // Whole frames are read back as they are.
        if !matches!(read.last(), Some(Frame::Octets(_))) {
            prop_assert_eq!(frames(&[&written]).0, read);
        }
    }

    /// A reply of the types is one of the frames, and its octets are those of the frame.
    #[test]
    fn frames_and_types_agree(stream in server_stream()) {
        for leniency in [Leniency::STRICT, Leniency::SERVERS, Leniency::ALL] {
            let (frames, _) = replies(&[&stream], leniency);
            prop_assert!(stream.starts_with(&frames.concat()));
            for frame in frames {
                if let Ok((reply, _)) = parse_with(frame.clone(), leniency) {
                    prop_assert_eq!(reply.octets(), Some(&frame));
                }
                // Neither less nor more is a reply.
                prop_assert!(parse_with(frame.slice(..frame.len() - 1), leniency).is_err());
                let more = [&frame[..], b"250 x\r\n"].concat();
                prop_assert!(parse_with(more, leniency).is_err());
            }
        }
    }

    #[test]
    fn replies_are_written_and_read_back(
        code in (2_u16..6, 0_u16..6, 0_u16..10).prop_map(|(a, b, c)| a * 100 + b * 10 + c),
        enhanced in prop::option::of((0_u16..1000, 0_u16..1000)),
        lines in vec("([ -~\t]|[245]\\.[0-9]{1,3}\\.[0-9]{1,3} ){0,12}", 1..5),
        behind in "[ -~]{0,9}",
    ) {
        let enhanced = enhanced.map_or(String::new(), |(subject, detail)| format!("{}.{subject}.{detail}", code / 100));
        let reply = Reply::new(code, &enhanced, lines.join("\n"));
        let fits = reply.enhanced().is_none_or(|enhanced| enhanced.class() == reply.code().class());
        if !fits {
            return Ok(());
        }
        let mut out = BytesMut::new();
        reply.encode(&mut out);
        let octets = out.clone().freeze();
        out.extend_from_slice(behind.as_bytes());
        prop_assert_eq!(Replies::new(Limits::BEFORE_LOGIN).next(&mut out).unwrap().unwrap(), &octets);
        let read = reply::parse(octets.clone()).unwrap();
        prop_assert_eq!(&read, &reply);
        let mut again = BytesMut::new();
        read.encode(&mut again);
        prop_assert_eq!(again, octets);
    }

    /// Nothing that a constructor takes ends a line.
    #[test]
    fn no_text_is_more_than_one_reply(code in any::<u16>(), enhanced in "\\PC{0,8}", text in any::<String>(), line in any::<String>()) {
        let reply = Reply::new(code, &enhanced, text).with_line(&line);
        let mut out = BytesMut::new();
        reply.encode(&mut out);
        let limits = Limits { reply_lines: 10_000, reply: 1 << 20, ..Limits::BEFORE_LOGIN };
        let octets = Replies::new(limits).next(&mut out).unwrap().unwrap();
        prop_assert!(out.is_empty());
        prop_assert_eq!(parse_with(octets, Leniency::SERVERS).unwrap().0, reply);
    }

    #[test]
    fn nothing_panics(stream in vec(any::<u8>(), 0..200)) {
        frames(&[&stream]);
        replies(&[&stream], Leniency::ALL);
        let _ = parse_with(stream, Leniency::ALL);
    }
}
