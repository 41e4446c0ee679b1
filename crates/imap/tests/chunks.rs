//! Framing does not depend on how octets arrive, nor on what a hostile peer makes of them.

#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use gatepost_imap::frame::{Frame, Framer, Outline, Part, Streaming};
use gatepost_imap::{Error, Limits};
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

/// What a framer says about a stream, be there an error at its end or not.
#[derive(Debug, Default, PartialEq, Eq)]
struct Told {
    frames: Vec<Frame>,
    error: Option<Error>,
}

impl Told {
    /// Adds a frame, so that it does not depend on how a literal came.
    fn push(&mut self, frame: Frame) {
        let literal = |octets, left| Frame::Part(Part::Literal { octets, left });
        match (self.frames.pop(), frame) {
            (
                Some(Frame::Part(Part::Literal { mut octets, left })),
                Frame::Part(Part::Literal {
                    octets: more,
                    left: rest,
                }),
            ) if left > 0 => {
                octets.extend_from_slice(&more);
                self.frames.push(literal(octets, rest));
            }
            (last, frame) => self.frames.extend(last.into_iter().chain([frame])),
        }
    }

    fn octets(&self) -> Vec<u8> {
        self.frames
            .iter()
            .flat_map(|frame| frame.octets().concat())
            .collect()
    }
}

/// What a framer says about a stream that arrives in pieces of these sizes, over and over.
fn frames(framer: Framer, octets: &[u8], sizes: &[usize], capacity: usize) -> Told {
    told(framer, octets, sizes, capacity).0
}

/// The same, and what is left of the stream.
fn told(mut framer: Framer, octets: &[u8], sizes: &[usize], capacity: usize) -> (Told, Vec<u8>) {
    let mut input = Input::new(capacity);
    let mut told = Told::default();
    let mut rest = octets;
    let mut sizes = sizes.iter().cycle();
    while !rest.is_empty() && told.error.is_none() {
        let size = (*sizes.next().unwrap()).min(rest.len()).min(input.room());
        assert!(size > 0, "a full input and nothing is consumed");
        let (now, later) = rest.split_at(size);
        input.feed(now).unwrap();
        rest = later;
        loop {
            match framer.next(&mut input) {
                Ok(None) => break,
                Ok(Some(frame)) => told.push(frame),
                Err(error) => {
                    told.error = Some(error);
                    break;
                }
            }
        }
    }
    (told, [input.as_slice(), rest].concat())
}

/// An outline with its gaps filled from the `message` that it is of.
fn filled(outline: &Outline, message: &[u8]) -> Vec<u8> {
    let mut filled = Vec::new();
    let mut from = 0;
    for gap in &outline.gaps {
        filled.extend_from_slice(&outline.octets[from..gap.offset]);
        assert!(filled.ends_with(b"}\r\n"), "{outline:?}");
        let literal = &message[filled.len()..][..usize::try_from(gap.octets).unwrap()];
        filled.extend_from_slice(literal);
        from = gap.offset;
    }
    filled.extend_from_slice(&outline.octets[from..]);
    filled
}

/// Framers for clients, then those for servers: that stream nothing, some literals, and all.
fn framers(limits: Limits) -> Vec<Framer> {
    let limit = 10 * limits.literal as u64;
    let some = Streaming { above: 2, limit };
    let modes = |framer: fn(Limits) -> Framer| {
        let streaming = |streaming| framer(limits).streaming(streaming);
        [framer(limits), streaming(some), streaming(Streaming::EVERYTHING)]
    };
    [modes(Framer::commands), modes(Framer::responses)]
        .into_iter()
        .flatten()
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_chunking_is_the_same(octets in stream(), sizes in vec(1_usize..20, 1..8)) {
        let told = |sizes: &[usize]| -> Vec<Told> {
            framers(SMALL).into_iter().map(|framer| frames(framer, &octets, sizes, 100_000)).collect()
        };
        let whole = told(&[usize::MAX]);
        prop_assert_eq!(&told(&[1]), &whole);
        prop_assert_eq!(&told(&sizes), &whole);
    }

    #[test]
    fn nothing_is_lost(octets in stream(), size in 1_usize..20) {
        let large = Limits { line: 10_000, literal: 10_000, message: 10_000, ..SMALL };
        for framer in framers(SMALL).into_iter().skip(3).chain(framers(large)) {
            let (told, rest) = told(framer, &octets, &[size], 100_000);
            let refused = told.frames.iter().any(|frame| matches!(frame, Frame::Refused(_)));
            prop_assert!(refused || [told.octets(), rest].concat() == octets);
        }
    }

    #[test]
    fn any_octets_are_cut_somehow(octets in vec(any::<u8>(), 0..300), size in 1_usize..40) {
        for framer in framers(SMALL) {
            frames(framer, &octets, &[size], 70);
        }
    }

    #[test]
    fn a_small_input_is_never_stuck(octets in stream(), capacity in 3_usize..80) {
        for (pieces, singly) in framers(SMALL).into_iter().zip(framers(SMALL)) {
            let pieces = frames(pieces, &octets, &[usize::MAX], capacity);
            let singly = frames(singly, &octets, &[1], capacity);
            prop_assert_eq!(pieces, singly);
        }
    }

    #[test]
    fn an_outline_is_the_message_without_its_streamed_literals(octets in stream(), size in 1_usize..20) {
        for framer in framers(SMALL) {
            let mut message = Vec::new();
            for frame in frames(framer, &octets, &[size], 100_000).frames {
                match frame {
                    Frame::Part(Part::Close { octets, outline }) => {
                        message.extend_from_slice(&octets);
                        message.truncate(message.len() - 2);
                        prop_assert_eq!(filled(&outline, &message), message);
                        message = Vec::new();
                    }
                    Frame::Part(part) => message.extend_from_slice(part.octets()),
                    // The parts so far are those of a command that was refused.
                    Frame::Refused(_) => message.clear(),
                    Frame::LiteralWanted { .. } => {}
                    Frame::Message(_) => prop_assert!(message.is_empty()),
                }
            }
        }
    }
}

/// Octets of a literal within the limits are never taken for a command.
#[test]
fn literal_octets_are_never_commands() {
    for mode in ["", "+"] {
        let evil = "x NOOP\r\n\r\nb";
        let octets = format!("a LOGIN {{{}{mode}}}\r\n{evil} p\r\n", evil.len());
        let said = frames(Framer::commands(SMALL), octets.as_bytes(), &[1], 100);
        let wanted = said.frames.len() - 1;
        assert_eq!(wanted, usize::from(mode.is_empty()), "{said:?}");
        assert!(
            matches!(&said.frames[wanted], Frame::Message(command) if command[..] == octets.as_bytes()[..octets.len() - 2])
        );
    }
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
