//! Framing: every way to cut a stream gives the same frames, and nothing exceeds a limit.
//!
//! The first octet is the size of the pieces, the second the side (`c` commands, `C` commands whose literals are refused,
//! else responses), the rest is the stream.
#![no_main]

use gatepost_imap::{Error, Frame, Framer, Limits};
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

fuzz_target!(|data: &[u8]| {
    let [size, side, stream @ ..] = data else { return };
    let whole = frames(*side, stream, usize::MAX);
    let pieces = frames(*side, stream, usize::from(*size % 32) + 1);
    assert_eq!(whole, pieces);
});

/// All frames, and the error that ended them.
fn frames(side: u8, mut stream: &[u8], size: usize) -> (Vec<Frame>, Option<Error>) {
    let mut framer = if side.eq_ignore_ascii_case(&b'c') {
        Framer::commands(LIMITS)
    } else {
        Framer::responses(LIMITS)
    };
    let mut input = Input::new(LIMITS.input_capacity());
    let mut frames = Vec::new();
    loop {
        match framer.next(&mut input) {
            Err(error) => return (frames, Some(error)),
            Ok(Some(frame)) => {
                check(&frame);
                if side == b'C' && matches!(frame, Frame::LiteralWanted { .. }) {
                    framer.refuse_literal(&mut input);
                }
                frames.push(frame);
            }
            Ok(None) if stream.is_empty() => return (frames, None),
            Ok(None) => {
                let (piece, rest) = stream.split_at(stream.len().min(size).min(input.room()));
                assert!(!piece.is_empty(), "a full input, and nothing comes out of it");
                input.feed(piece).unwrap();
                stream = rest;
            }
        }
    }
}

fn check(frame: &Frame) {
    match frame {
        Frame::Message(message) => assert!(message.len() <= LIMITS.message),
        Frame::LiteralWanted { octets } => assert!(*octets <= LIMITS.literal),
        Frame::Refused(_) => {}
    }
}
