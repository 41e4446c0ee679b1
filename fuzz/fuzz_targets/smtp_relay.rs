//! The relay of messages, with a client, a server and a caller that do anything.
//!
//! The input is a list of pieces with 0xFF between them. The first piece is what the server chooses, and whether it
//! has PIPELINING (first octet even). Each other piece is an operation by its first octet: `c` octets of the client,
//! `a` so many answers of the server as the second octet says, `s` octets that the server says instead, `l` the server is
//! lost, `n` there is another (with PIPELINING if a second octet follows), `x` there is none, `f` the caller fails, `g`
//! it goes on as usual, `d` it refuses DATA, `b` it abandons whole messages.
//!
//! What has to hold is in `crates/smtp/tests/relay/`: `rig.rs` looks at what goes to the server (whole commands, no end
//! without a commit), `model.rs` at the replies (one for each command, in order), and at what servers made of it.
#![no_main]

#[path = "../../crates/smtp/tests/relay/model.rs"]
mod model;
#[allow(dead_code)]
#[path = "../../crates/smtp/tests/relay/rig.rs"]
mod rig;

use libfuzzer_sys::fuzz_target;
use model::{Op, run};
use rig::Choice;

fuzz_target!(|octets: &[u8]| {
    let mut pieces = octets.split(|octet| *octet == 0xFF);
    let choices = pieces.next().unwrap_or_default();
    let pipelining = choices.first().is_none_or(|octet| octet % 2 == 0);
    let ops: Vec<Op> = pieces.filter_map(op).collect();
    run(&ops, pipelining, choices);
});

fn op(piece: &[u8]) -> Option<Op> {
    let (&kind, rest) = piece.split_first()?;
    Some(match kind {
        b'c' => Op::Client(rest.to_vec()),
        b's' => Op::Raw(rest.to_vec()),
        b'l' => Op::Lose,
        b'n' => Op::Replace(!rest.is_empty()),
        b'x' => Op::NoServer,
        b'f' => Op::Fail,
        b'g' => Op::Choose(Choice::Send),
        b'd' => Op::Choose(Choice::Refuse),
        b'b' => Op::Choose(Choice::Abandon),
        b'a' => Op::Say(rest.first().copied().unwrap_or(1)),
        _ => return None,
    })
}
