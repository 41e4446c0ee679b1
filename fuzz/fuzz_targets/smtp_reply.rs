//! Replies: every way to cut a stream gives the same frames, which hold all its octets; what was read can be written and
//! is read as the same; what needs no forgiveness is strict, and what is relayed is tame.
//!
//! The first octet is the size of the pieces, the second what is forgiven, the rest is the stream.
#![no_main]

use bytes::{Bytes, BytesMut};
use gatepost_smtp::extensions::Extension;
use gatepost_smtp::frame::Replies;
use gatepost_smtp::parse::{Allowance, Leniency};
use gatepost_smtp::reply::{parse, parse_with};
use gatepost_smtp::{Error, Extensions, Limits, Reply};
use libfuzzer_sys::fuzz_target;

/// Small, so that short inputs reach them.
const LIMITS: Limits = Limits {
    reply_line: 60,
    reply_lines: 5,
    reply: 200,
    ..Limits::BEFORE_LOGIN
};

fuzz_target!(|data: &[u8]| {
    let [size, forgiven, stream @ ..] = data else {
        return;
    };
    let leniency = match forgiven % 3 {
        0 => Leniency::STRICT,
        1 => Leniency::SERVERS,
        _ => Leniency::ALL,
    };
    let whole = frames(&[stream], leniency);
    let pieces: Vec<_> = stream.chunks(usize::from(*size % 32) + 1).collect();
    assert_eq!(whole, frames(&pieces, leniency));
    assert!(stream.starts_with(&whole.0.concat()));
    whole.0.into_iter().for_each(|frame| check(frame, leniency));
});

/// All replies, and the error that ended them.
fn frames(pieces: &[&[u8]], leniency: Leniency) -> (Vec<Bytes>, Option<Error>) {
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

fn written(reply: &Reply) -> Bytes {
    let mut written = BytesMut::new();
    reply.encode(&mut written);
    written.freeze()
}

fn check(frame: Bytes, leniency: Leniency) {
    let strict = parse(frame.clone());
    let Ok((reply, forgiven)) = parse_with(frame.clone(), leniency) else {
        return assert!(strict.is_err());
    };
    assert_eq!(reply.octets(), Some(&frame));
    assert!(
        forgiven
            .iter()
            .all(|(allowance, offset)| leniency.allows(allowance) && offset < frame.len())
    );
    assert_eq!(reply.lines().count(), reply.octet_lines().count());
    match strict {
        Ok(strict) => assert!(strict == reply && forgiven.is_empty()),
        Err(_) => assert!(!forgiven.is_empty()),
    }

    // Controls are written as question marks; without them nothing changes.
    let (again, _) = parse_with(written(&reply), Leniency::ALL).unwrap();
    if forgiven.contains(Allowance::Controls) {
        assert_eq!((again.code(), again.enhanced()), (reply.code(), reply.enhanced()));
    } else {
        assert_eq!(again, reply);
    }
    assert_eq!(written(&again), written(&reply));

    check_relayed(&again.clone().relayed());
    let list = Extensions::from_reply(&again);
    assert_eq!(Extensions::from_reply(&list.reply("mx")), list);
    for extension in list.typed() {
        let line = extension.to_string();
        let (keyword, parameters) = line.split_once(' ').unwrap_or((&line, ""));
        assert_eq!(Extension::parse(keyword, parameters), extension);
    }
}

fn check_relayed(relayed: &Reply) {
    let class = relayed.enhanced().map(|enhanced| enhanced.class());
    assert!(class.is_none_or(|class| class == relayed.code().class()));
    assert!(relayed.lines().count() <= Reply::RELAYED_LINES);
    let is_tame = |line: &str| {
        line.len() <= Reply::RELAYED_LINE && line.bytes().all(|octet| (b' '..=b'~').contains(&octet))
    };
    assert!(relayed.lines().all(is_tame));
    assert_eq!(
        parse_with(written(relayed), Leniency::SERVERS).unwrap().0,
        *relayed
    );
}
