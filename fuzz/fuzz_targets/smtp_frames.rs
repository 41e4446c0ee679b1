//! Frames of a client: whatever is done to a framer, a simple model does the same.
//!
//! The input is a list of pieces with 0xFF between them, each an operation by its first octet: `f` the rest arrives, `t`
//! as many frames are taken as the second octet says, `m` a message is expected, `c` a chunk of as many octets as the
//! second octet says, `r` a response, `d` what is left is not wanted. The model is `crates/smtp/tests/frames/model.rs`.
#![no_main]

#[path = "../../crates/smtp/tests/frames/model.rs"]
mod model;

use libfuzzer_sys::fuzz_target;
use model::{Op, run};

fuzz_target!(|octets: &[u8]| {
    let ops: Vec<Op> = octets.split(|octet| *octet == 0xFF).filter_map(op).collect();
    run(&ops);
});

fn op(piece: &[u8]) -> Option<Op> {
    let (&kind, rest) = piece.split_first()?;
    let number = rest.first().map_or(1, |octet| octet % 64);
    Some(match kind {
        b'f' => Op::Feed(rest.to_vec()),
        b't' => Op::Take(number % 8),
        b'm' => Op::Message,
        b'c' => Op::Chunk(number.into()),
        b'r' => Op::Response,
        b'd' => Op::Discard,
        _ => return None,
    })
}
