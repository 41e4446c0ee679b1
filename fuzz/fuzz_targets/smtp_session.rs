//! The server session before login, with a driver that decides anything.
//!
//! The first octet chooses: `p` without TLS, else inside TLS. The rest is a list of pieces with 0xFF between them; a
//! piece's first octet is the driver's decision if one is asked for (`c` challenge, `a` accept, `m` malformed, `u`
//! unavailable, else reject), and what follows are octets from the client. How they arrive makes no difference.
#![no_main]

use std::sync::Arc;

use bytes::BytesMut;
use gatepost_smtp::server::{self, Counts, Refusal, SaslInput, Step, Transport};
use gatepost_smtp::{Extensions, Limits, Reply};
use gatepost_wire::Input;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let [side, pieces @ ..] = data else { return };
    let transport = if *side == b'p' {
        Transport::Plain
    } else {
        Transport::Tls
    };
    let pieces: Vec<(u8, &[u8])> = pieces
        .split(|octet| *octet == 0xFF)
        .filter_map(|piece| piece.split_first())
        .map(|(decision, octets)| (*decision, octets))
        .collect();
    let whole = serve(transport, &pieces);
    check(&whole.said);
    // What stands behind STARTTLS is refused only if it comes with it.
    let text: Vec<u8> = pieces
        .iter()
        .flat_map(|(_, octets)| *octets)
        .map(u8::to_ascii_uppercase)
        .collect();
    if !text.windows(8).any(|word| word == b"STARTTLS") {
        let singly: Vec<(u8, &[u8])> = pieces
            .iter()
            .flat_map(|(decision, octets)| octets.chunks(1).map(|octet| (*decision, octet)))
            .collect();
        assert!(
            serve(transport, &singly) == whole,
            "octet by octet it is different"
        );
    }
});

/// What came of a session.
#[derive(Debug, PartialEq)]
struct Outcome {
    said: Vec<u8>,
    authenticated: bool,
    closed: bool,
}

/// What we say is whole lines: a code, and nothing that could end a line elsewhere.
fn check(said: &[u8]) {
    let lines = said.strip_suffix(b"\r\n").expect("half a line");
    for line in lines.split(|octet| *octet == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        assert!(!line.contains(&0) && !line.contains(&b'\r'));
        assert!(line.len() >= 4 && line[..3].iter().all(u8::is_ascii_digit));
    }
}

fn serve(transport: Transport, pieces: &[(u8, &[u8])]) -> Outcome {
    let config = server::Config {
        name: "fuzz.example.com".into(),
        greeting: "ready".into(),
        extensions: Extensions::new().with("PIPELINING", ""),
        mechanisms: vec!["PLAIN".into(), "LOGIN".into()],
        limits: Limits::BEFORE_LOGIN,
    };
    let (mut input, mut out) = (Input::new(config.limits.input_capacity()), BytesMut::new());
    let mut state = server::greet(Arc::new(config), transport, &mut out);
    let mut inside_tls = transport == Transport::Tls;
    let mut decision = b'r';
    let mut pieces = pieces.iter();
    let mut waiting: &[u8] = b"";
    let end = |out: &BytesMut, authenticated, closed| {
        let welcomed = out.windows(4).any(|text| text == b"235 ");
        assert_eq!(welcomed, authenticated, "235 without accept");
        Outcome {
            said: out.to_vec(),
            authenticated,
            closed,
        }
    };
    loop {
        let step = match state.process(&mut input, &mut out) {
            Ok(step) => step,
            Err(error) => {
                assert!(error.is_fatal());
                return end(&out, false, true);
            }
        };
        state = match step {
            Step::NeedInput(next) => {
                if waiting.is_empty() {
                    let Some((byte, octets)) = pieces.next() else {
                        return end(&out, false, false);
                    };
                    (decision, waiting) = (*byte, octets);
                }
                assert!(input.room() > 0, "a full input, and nothing comes out of it");
                let (now, later) = waiting.split_at(input.room().min(waiting.len()));
                input.feed(now).unwrap();
                waiting = later;
                next
            }
            Step::StartTls(step) => {
                assert!(!inside_tls && input.is_empty());
                inside_tls = true;
                step.upgraded(&mut input)
            }
            Step::Cancelled(next) => next,
            Step::Closed(_) => return end(&out, false, true),
            Step::Sasl(sasl) => {
                assert!(inside_tls, "an exchange without TLS");
                if let SaslInput::Start { mechanism, .. } = sasl.input() {
                    assert!(["PLAIN", "LOGIN"].contains(&mechanism.as_str()));
                }
                let step = match decision {
                    b'c' => Step::NeedInput(sasl.challenge(b"more?", &mut out)),
                    b'a' => {
                        let client = sasl.accept(&mut out);
                        assert!(!client.helo().is_empty(), "a client without EHLO");
                        return end(&out, true, false);
                    }
                    b'm' => sasl.malformed(&mut out),
                    b'u' => sasl.reject(&refusal(454, "4.7.0", Counts::Not), &mut out),
                    _ => sasl.reject(&refusal(535, "5.7.8", Counts::AsFailure), &mut out),
                };
                match step {
                    Step::NeedInput(next) => next,
                    Step::Closed(_) => return end(&out, false, true),
                    other => panic!("{other:?} behind a verdict"),
                }
            }
        };
    }
}

fn refusal(code: u16, enhanced: &str, counts: Counts) -> Refusal {
    Refusal {
        reply: Reply::new(code, enhanced, "no"),
        counts,
    }
}
