//! One case for each mistake that was made once, here or by others, in its shortest form.

#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use gatepost_imap::parse::ErrorKind;
use gatepost_imap::{Error, Frame, Framer, Limit, Limits, command, response};
use gatepost_wire::Input;

const SMALL: Limits = Limits {
    line: 10,
    literal: 10,
    message: 100,
    ..Limits::BEFORE_LOGIN
};

fn first(mut framer: Framer, octets: &[u8]) -> Result<Option<Frame>, Error> {
    let mut input = Input::new(200);
    input.feed(octets).unwrap();
    framer.next(&mut input)
}

/// A drained line that did not end in a number at all was taken for one that ends in too many digits.
#[test]
fn a_drained_line_without_a_number_is_refused_not_fatal() {
    let line = [b"a ", &b"x".repeat(60)[..], b"\r\n"].concat();
    let frame = first(Framer::commands(SMALL), &line);
    assert!(matches!(frame, Ok(Some(Frame::Refused(refused))) if refused.limit == Limit::Line));
}

/// Digits that run out of the kept tail would hide a literal, whose octets would run as commands.
#[test]
fn a_number_with_many_zeros_does_not_hide_a_literal() {
    let line = format!("a {{{}5+}}\r\n", "0".repeat(60));
    assert_eq!(
        first(Framer::commands(SMALL), line.as_bytes()),
        Err(Error::Limit(Limit::Literal))
    );
}

/// Two alternatives that fail at the same place left an error that expected nothing.
#[test]
fn every_parse_error_says_what_was_expected() {
    for message in [
        &b""[..],
        b"a",
        b"a ",
        b"a ID",
        b"a ID ",
        b"a ID (",
        b"a LOGIN",
        b"a LOGIN ",
        b"a LOGIN x ",
        b"a NOOP ",
        b"a AUTHENTICATE ",
        b"a FOO(",
        b"* ",
        b"*",
        b"a X",
    ] {
        for error in [command::parse(message).err(), response::parse(message).err()]
            .into_iter()
            .flatten()
        {
            assert_ne!(error.expected, "", "{}", message.escape_ascii());
        }
    }
}

/// A text that ends in `{10}` put another framer out of step.
#[test]
fn a_status_text_announces_no_literal() {
    let frame = first(Framer::responses(SMALL), b"a1 NO {10}\r\n");
    assert!(matches!(frame, Ok(Some(Frame::Message(_)))));
}

/// Another parser needed stack for each parenthesis and died of 525.
#[test]
fn parentheses_cost_no_stack() {
    let deep = [b"* LIST ", &b"(".repeat(1_000_000)[..]].concat();
    assert!(response::parse(&deep).is_err());
    let deep = [b"* X ", &b"(".repeat(1_000_000)[..]].concat();
    assert!(response::parse(&deep).is_ok());
    let deep = [b"a SEARCH ", &b"(".repeat(1_000_000)[..]].concat();
    let error = command::parse(&deep).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Limit(Limit::Nesting));
}
