//! imap-codec reads the same in what we write, and we in what it writes.

use gatepost_imap::command::{self, Body};
use imap_codec::CommandCodec;
use imap_codec::decode::Decoder as _;
use imap_codec::encode::Encoder as _;
use proptest::prelude::*;

use crate::arbitrary::body;
use crate::encoded;

/// What we read in what imap-codec writes of what it reads in `octets`; `None` if it reads nothing.
fn echoed(octets: &[u8]) -> Option<Body> {
    let (rest, theirs) = CommandCodec::default().decode(octets).ok()?;
    assert!(rest.is_empty());
    let written = CommandCodec::default().encode(&theirs).dump();
    let message = written.strip_suffix(b"\r\n").unwrap();
    Some(command::parse(message).unwrap().body)
}

fn difference(body: &Body) -> Option<&'static str> {
    match body {
        Body::Other(_) => Some("unknown"),
        _ => None,
    }
}

#[test]
fn probe() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut seen = std::collections::BTreeMap::new();
    for _ in 0..20000 {
        let body = body().new_tree(&mut runner).unwrap().current();
        if difference(&body).is_some() {
            continue;
        }
        let octets = encoded(&body);
        let verb: Vec<_> = octets.split(|o| *o == b' ').skip(1).take(2).collect();
        let verb = String::from_utf8_lossy(if verb[0] == b"UID" { verb[1] } else { verb[0] })
            .trim()
            .to_string();
        let r = std::panic::catch_unwind(|| echoed(&octets));
        let kind = match r {
            Err(_) => "panic",
            Ok(None) => "refused",
            Ok(Some(other)) if other != body => "differs",
            _ => "same",
        };
        let e: &mut Vec<String> = seen.entry((verb, kind)).or_default();
        e.push(octets.escape_ascii().to_string());
    }
    for ((verb, kind), mut e) in seen {
        e.sort_by_key(|s| s.len());
        println!("{verb} {kind} {}", e.len());
        if kind != "same" {
            for s in e.iter().take(6) {
                println!("    {s}");
            }
        }
    }
}
