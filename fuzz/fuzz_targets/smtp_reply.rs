//! Replies: every way to cut a stream gives the same ones, what was read can be written and is read as the same, and what is
//! relayed is tame.
//!
//! The first octet is the size of the pieces, the rest is the stream.
#![no_main]

use bytes::BytesMut;
use gatepost_smtp::{Error, Extensions, Limits, Reply, reply};
use gatepost_wire::Input;
use libfuzzer_sys::fuzz_target;

/// Small, so that short inputs reach them.
const LIMITS: Limits = Limits {
    reply_line: 60,
    reply_lines: 5,
    ..Limits::BEFORE_LOGIN
};

fuzz_target!(|data: &[u8]| {
    let [size, stream @ ..] = data else { return };
    let whole = replies(&[stream], &LIMITS);
    let pieces: Vec<_> = stream.chunks(usize::from(*size % 32) + 1).collect();
    assert_eq!(whole, replies(&pieces, &LIMITS));
    whole.0.iter().for_each(check);
});

/// All replies, and the error that ended them.
fn replies(pieces: &[&[u8]], limits: &Limits) -> (Vec<Reply>, Option<Error>) {
    let mut input = Input::new(1 << 20);
    let mut replies = Vec::new();
    for piece in pieces {
        input.feed(piece).unwrap();
        loop {
            match reply::take(&mut input, limits) {
                Ok(Some(reply)) => replies.push(reply),
                Ok(None) => break,
                Err(error) => return (replies, Some(error)),
            }
        }
    }
    (replies, None)
}

fn again(reply: &Reply) -> Reply {
    let mut written = BytesMut::new();
    reply.encode(&mut written);
    match replies(&[&written], &Limits::BEFORE_LOGIN) {
        (mut one, None) if one.len() == 1 => one.remove(0),
        other => panic!("{other:?}"),
    }
}

fn check(reply: &Reply) {
    // Control characters are written as spaces; without them nothing changes.
    let once = again(reply);
    assert_eq!(once.code(), reply.code());
    assert_eq!(again(&once), once);

    let relayed = once.clone().relayed();
    let class = relayed.enhanced().map(|enhanced| enhanced.class());
    assert!(class.is_none_or(|class| class == relayed.code().class()));
    assert!(relayed.lines().count() <= Reply::RELAYED_LINES);
    let is_tame = |line: &str| {
        line.len() <= Reply::RELAYED_LINE && line.bytes().all(|octet| (b' '..=b'~').contains(&octet))
    };
    assert!(relayed.lines().all(is_tame));

    let list = Extensions::from_reply(&once);
    assert_eq!(Extensions::from_reply(&list.reply("mx")), list);
}
