//! Framing: every way to cut a stream gives the same frames, nothing exceeds a limit, nothing is lost.
//!
//! The first octet is the size of the pieces, the second the side and what is streamed, the rest is the stream:
//! `c` commands, `C` commands whose literals are refused, else responses; `d`, `D` and `r` the same with large literals
//! streamed; `a`, `A` and `e` with all of them. `n` and `m` are commands, without and with all literals streamed, which a
//! server answers instead of asking for their literals.
#![no_main]

use bytes::BytesMut;
use gatepost_imap::frame::{Frame, Framer, Outline, Part, Streaming};
use gatepost_imap::{Error, Limits};
use gatepost_wire::Input;
use libfuzzer_sys::fuzz_target;

/// Small, so that short inputs reach them.
const LIMITS: Limits = Limits {
    line: 64,
    literal: 40,
    message: 120,
    sasl_line: 100,
    ..Limits::BEFORE_LOGIN
};

/// The most that may be streamed of a literal.
const STREAMED: u64 = 300;

fuzz_target!(|data: &[u8]| {
    let [size, mode, stream @ ..] = data else { return };
    let whole = Told::of(*mode, stream, usize::MAX);
    let pieces = Told::of(*mode, stream, usize::from(*size % 32) + 1);
    assert_eq!((&whole.frames, &whole.error), (&pieces.frames, &pieces.error));
    if !whole.refused {
        // What is not over is in the input, but for a command that is drained.
        let kept = stream.starts_with(&whole.octets);
        assert!(kept, "octets that nobody sent");
        let lost = [&whole.octets[..], &whole.rest].concat() != stream;
        assert!(is_command(*mode) || !lost, "a server's octets are lost");
    }
});

fn is_command(mode: u8) -> bool {
    matches!(mode, b'c' | b'C' | b'd' | b'D' | b'a' | b'A' | b'n' | b'm')
}

fn framer(mode: u8) -> Framer {
    let framer = if is_command(mode) {
        Framer::commands(LIMITS)
    } else {
        Framer::responses(LIMITS)
    };
    let above = match mode {
        b'd' | b'D' | b'r' => 10,
        b'a' | b'A' | b'e' | b'm' => 0,
        _ => return framer,
    };
    framer.streaming(Streaming {
        above,
        limit: STREAMED,
    })
}

/// All frames, with the pieces of a literal together, and the error that ended them.
#[derive(Default)]
struct Told {
    frames: Vec<Frame>,
    error: Option<Error>,
    /// The octets of all frames.
    octets: Vec<u8>,
    /// What is left of the stream.
    rest: Vec<u8>,
    refused: bool,
    /// The message whose parts are coming.
    message: Vec<u8>,
}

impl Told {
    fn of(mode: u8, mut stream: &[u8], size: usize) -> Self {
        let mut framer = framer(mode);
        let mut input = Input::new(LIMITS.input_capacity());
        let mut told = Self::default();
        loop {
            match framer.next(&mut input) {
                Err(error) => {
                    told.error = Some(error);
                    break;
                }
                Ok(Some(frame)) => {
                    if mode.is_ascii_uppercase() && matches!(frame, Frame::LiteralWanted { .. }) {
                        assert!(framer.pending(&input).ends_with(b"}"));
                        framer.refuse_literal(&mut input);
                        assert!(framer.pending(&input).is_empty());
                        told.refused = true;
                        told.message.clear();
                    }
                    if matches!((mode, &frame), (b'n' | b'm', Frame::LiteralWanted { .. })) {
                        let tag = framer.pending(&input).split(|octet| *octet == b' ').next();
                        let tag = tag.unwrap_or_default().to_vec();
                        framer.answered(&tag, &input);
                    }
                    told.push(frame);
                }
                Ok(None) if stream.is_empty() => break,
                Ok(None) => {
                    let (piece, rest) = stream.split_at(stream.len().min(size).min(input.room()));
                    assert!(!piece.is_empty(), "a full input, and nothing comes out of it");
                    input.give(BytesMut::from(piece)).unwrap();
                    stream = rest;
                }
            }
        }
        told.rest = [input.as_slice(), stream].concat();
        told
    }

    fn push(&mut self, frame: Frame) {
        let octets = frame.octets().concat();
        self.octets.extend_from_slice(&octets);
        match &frame {
            Frame::Message(message) => assert!(message.len() <= LIMITS.message && self.message.is_empty()),
            Frame::LiteralWanted { octets } => assert!(*octets <= STREAMED),
            Frame::Refused(_) => {
                self.refused = true;
                self.message.clear();
            }
            Frame::Part(part) => self.part(part),
        }
        self.join(frame);
    }

    fn part(&mut self, part: &Part) {
        self.message.extend_from_slice(part.octets());
        match part {
            Part::Open { octets, literal } => {
                assert!(literal.octets <= STREAMED && octets.ends_with(b"}\r\n"))
            }
            Part::Literal { octets, .. } => assert!(!octets.is_empty()),
            Part::Close { outline, .. } => {
                assert!(outline.octets.len() <= LIMITS.message);
                let message = std::mem::take(&mut self.message);
                assert_eq!([&filled(outline, &message), &b"\r\n"[..]].concat(), message);
            }
        }
    }

    /// Adds a frame; octets of a literal to those before.
    fn join(&mut self, frame: Frame) {
        if let Frame::Part(Part::Literal {
            octets: more,
            left: now,
        }) = &frame
            && let Some(Frame::Part(Part::Literal { octets, left })) = self.frames.last_mut()
            && *left > 0
        {
            octets.extend_from_slice(more);
            *left = *now;
        } else {
            self.frames.push(frame);
        }
    }
}

/// An outline with its gaps filled from the message that it is of.
fn filled(outline: &Outline, message: &[u8]) -> Vec<u8> {
    let mut filled = Vec::new();
    let mut from = 0;
    for gap in &outline.gaps {
        filled.extend_from_slice(&outline.octets[from..gap.offset]);
        assert!(filled.ends_with(b"}\r\n"));
        filled.extend_from_slice(&message[filled.len()..][..usize::try_from(gap.octets).unwrap()]);
        from = gap.offset;
    }
    filled.extend_from_slice(&outline.octets[from..]);
    filled
}
