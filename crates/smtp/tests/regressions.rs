//! One case for each bug that was there.

#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use bytes::BytesMut;
use gatepost_smtp::frame::{Commands, Frame};
use gatepost_smtp::message::mailboxes;
use gatepost_smtp::parse::Leniency;
use gatepost_smtp::{Limits, Reply, reply};
use gatepost_wire::Input;

/// A bare CR in a line without its end was an error if the line before came with it, and none if it came earlier.
#[test]
fn an_unfinished_line_is_not_judged() {
    for pieces in [&["250-ok\r\nx\r2"][..], &["250-ok\r\n", "x\r2"]] {
        let mut input = Input::new(100);
        for piece in pieces {
            input.feed(piece.as_bytes()).unwrap();
            assert_eq!(
                reply::take(&mut input, &Limits::BEFORE_LOGIN),
                Ok(None),
                "{pieces:?}"
            );
        }
        input.feed(b"\r\n").unwrap();
        assert!(
            reply::take(&mut input, &Limits::BEFORE_LOGIN).is_err(),
            "{pieces:?}"
        );
    }
}

/// The obsolete form of `jdoe@test.example` was read as `jdoe@test`.
#[test]
fn a_domain_with_spaces_around_its_dots_is_not_cut() {
    assert!(mailboxes(b"jdoe@test . example").is_err());
    assert!(mailboxes(b"Joe <jdoe@test . example>").is_err());
}

/// The obsolete form of `"a.b"@example.com` was read as `.b@example.com`.
#[test]
fn a_local_part_of_several_words_is_not_cut() {
    assert!(mailboxes(b"\"a\".b@example.com").is_err());
    assert!(mailboxes(b"a . b@example.com").is_err());
}

/// What had been searched for the end of a line was not searched again when it turned out to be a chunk.
#[test]
fn a_chunk_that_was_taken_for_a_line_hides_none() {
    let mut commands = Commands::new(Limits::BEFORE_LOGIN);
    let mut input = BytesMut::from("chunk");
    assert_eq!(commands.next(&mut input), Ok(None));
    commands.expect_chunk(5);
    assert_eq!(
        commands.next(&mut input),
        Ok(Some(Frame::Octets(BytesMut::from("chunk"))))
    );
    assert_eq!(commands.next(&mut input), Ok(Some(Frame::End)));
    input.extend_from_slice(b"A\r\nB\r\n");
    assert_eq!(
        commands.next(&mut input),
        Ok(Some(Frame::Line(BytesMut::from("A"))))
    );
}

/// A control behind what looked like an enhanced code was written as a space, and made one of it.
#[test]
fn a_control_makes_no_enhanced_code() {
    let (read, _) = reply::parse_with("250 2.1.2\x070 \r\n", Leniency::SERVERS).unwrap();
    let made = Reply::new(250, "", "2.1.2\x070");
    for reply in [read.clone(), made, read.with_line("x")] {
        let mut written = BytesMut::new();
        reply.encode(&mut written);
        let again = reply::parse_with(written, Leniency::SERVERS).unwrap().0;
        assert_eq!(again.enhanced(), reply.enhanced());
    }
}
