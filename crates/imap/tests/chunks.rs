//! Framing does not depend on how octets arrive, nor on what a hostile peer makes of them.

#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use gatepost_imap::{Frame, Framer, Limits};
use gatepost_wire::Input;
use proptest::collection::vec;
use proptest::prelude::*;

const SMALL: Limits = Limits {
    line: 30,
    literal: 12,
    message: 60,
    ..Limits::BEFORE_LOGIN
};

/// Pieces of which hostile and harmless streams are made.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let words: Vec<&[u8]> = vec![
        b"a NOOP\r\n",
        b"b LOGIN {3}\r\n",
        b"{3+}\r\n",
        b"{12+}\r\n",
        b"{13+}\r\n",
        b"{4096+}\r\n",
        b"{4097+}\r\n",
        b"{13}\r\n",
        b"{99999999999999999999+}\r\n",
        b"~{1}\r\n",
        b"{",
        b"}",
        b"+}",
        b"\r\n",
        b"\r",
        b"\n",
        b"\0",
        b"x",
        b"0000000000000000000000000000000000",
        b"* OK {5}\r\n",
        b"+ {5}\r\n",
        b"a NO ",
        b" ",
        b"aaaaaaaaaaaaaaaaaaaaa",
    ];
    vec(prop::sample::select(words), 0..24).prop_map(|words| words.concat())
}

/// What a framer says about a stream that arrives in pieces of these sizes, over and over.
fn frames(mut framer: Framer, octets: &[u8], sizes: &[usize], capacity: usize) -> Vec<String> {
    let mut input = Input::new(capacity);
    let mut said = Vec::new();
    let mut rest = octets;
    let mut sizes = sizes.iter().cycle();
    while !rest.is_empty() {
        let size = (*sizes.next().unwrap()).min(rest.len()).min(input.room());
        assert!(size > 0, "a full input and nothing is consumed");
        let (now, later) = rest.split_at(size);
        input.feed(now).unwrap();
        rest = later;
        loop {
            match framer.next(&mut input) {
                Ok(None) => break,
                Ok(Some(frame)) => said.push(format!("{frame:?}")),
                Err(error) => {
                    said.push(error.to_string());
                    return said;
                }
            }
        }
    }
    said
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_chunking_is_the_same(octets in stream(), sizes in vec(1_usize..20, 1..8)) {
        for framer in [Framer::commands, Framer::responses] {
            let whole = frames(framer(SMALL), &octets, &[usize::MAX], 100_000);
            let singly = frames(framer(SMALL), &octets, &[1], 100_000);
            let pieces = frames(framer(SMALL), &octets, &sizes, 100_000);
            prop_assert_eq!(&singly, &whole);
            prop_assert_eq!(&pieces, &whole);
        }
    }

    #[test]
    fn a_small_input_is_never_stuck(octets in stream(), capacity in 3_usize..80) {
        let pieces = frames(Framer::commands(SMALL), &octets, &[usize::MAX], capacity);
        let singly = frames(Framer::commands(SMALL), &octets, &[1], capacity);
        prop_assert_eq!(pieces, singly);
    }
}

/// Octets of a literal within the limits are never taken for a command.
#[test]
fn literal_octets_are_never_commands() {
    for mode in ["", "+"] {
        let evil = "x NOOP\r\n\r\nb";
        let octets = format!("a LOGIN {{{}{mode}}}\r\n{evil} p\r\n", evil.len());
        let said = frames(Framer::commands(SMALL), octets.as_bytes(), &[1], 100);
        let messages: Vec<_> = said.iter().filter(|frame| frame.starts_with("Message")).collect();
        assert_eq!(messages.len(), 1, "{said:?}");
        assert!(messages[0].contains("a LOGIN") && messages[0].contains("b p"));
    }
}

/// A line that arrives octet by octet is searched once, not once for each octet.
#[test]
fn a_long_line_in_small_pieces_is_linear() {
    let limits = Limits {
        line: 1 << 22,
        message: 1 << 22,
        ..Limits::BEFORE_LOGIN
    };
    let octets = [&b"a "[..], &vec![b'x'; (1 << 22) - 2], b"\r\n"].concat();
    let mut input = Input::new(limits.input_capacity());
    let mut framer = Framer::commands(limits);
    let mut frame = None;
    // Quadratic searching of 4 MiB in pieces of 64 octets would look at 137 GB.
    for piece in octets.chunks(64) {
        input.feed(piece).unwrap();
        frame = framer.next(&mut input).unwrap();
    }
    assert!(matches!(frame, Some(Frame::Message(line)) if line.len() == 1 << 22));
}

#[test]
fn frames_do_not_keep_the_input_over_the_cap() {
    let mut framer = Framer::commands(SMALL);
    let mut input = Input::new(64);
    for _ in 0..10_000 {
        input.feed(&[b'x'; 32]).unwrap();
        assert_eq!(framer.next(&mut input).unwrap(), None);
        assert!(input.len() <= 32);
    }
    input.feed(b"\r\n").unwrap();
    assert!(matches!(framer.next(&mut input), Ok(Some(Frame::Refused(_)))));
}
