//! Sessions before login, both sides, with a driver that decides anything.
//!
//! The first octet chooses the side: `p` server without TLS, `t` server inside TLS, `s` client that requires STARTTLS,
//! else client inside TLS. The rest is a list of pieces with 0xFF between them; a piece's first octet is the driver's
//! decision if one is asked for, and what follows are octets from the peer.
#![no_main]

use std::sync::Arc;

use bytes::BytesMut;
use gatepost_imap::server::{self, Counts, LoginCommand, Refusal, RefusalCode, SaslInput, Transport};
use gatepost_imap::{Capabilities, Limits, client};
use gatepost_wire::{Input, Secret};
use libfuzzer_sys::fuzz_target;

const PASSWORD: &str = "correct horse battery";

fuzz_target!(|data: &[u8]| {
    let [side, pieces @ ..] = data else { return };
    let pieces = pieces
        .split(|octet| *octet == 0xFF)
        .filter_map(|piece| piece.split_first());
    match side {
        b'p' => serve(Transport::Plain, pieces),
        b't' => serve(Transport::Tls, pieces),
        b's' => log_in(client::Security::StartTls, pieces),
        _ => log_in(client::Security::Tls, pieces),
    }
});

/// What a side sends is whole lines, without anything that could end a line elsewhere.
fn check(out: &[u8]) {
    assert!(out.len() < 65_536);
    let Some(lines) = out.strip_suffix(b"\r\n") else {
        return assert!(out.is_empty(), "half a line");
    };
    let text: Vec<u8> = lines
        .split(|octet| *octet == b'\n')
        .flat_map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .copied()
        .collect();
    assert!(!text.contains(&0) && !text.contains(&b'\r'));
}

fn feed(input: &mut Input, octets: &[u8]) {
    let room = input.room().min(octets.len());
    input.feed(&octets[..room]).unwrap();
}

fn serve<'a>(transport: Transport, pieces: impl Iterator<Item = (&'a u8, &'a [u8])>) {
    let config = server::Config {
        greeting: "ready".into(),
        mechanisms: vec!["PLAIN".into(), "LOGIN".into()],
        login: LoginCommand::Offered,
        id: vec![("name".into(), "fuzz".into())],
        limits: Limits::BEFORE_LOGIN,
    };
    let (mut input, mut out) = (Input::new(config.limits.input_capacity()), BytesMut::new());
    let mut state = server::greet(Arc::new(config), transport, &mut out);
    let mut inside_tls = transport == Transport::Tls;
    let mut decision = b'r';
    let mut pieces = pieces;
    loop {
        let step = match state.process(&mut input, &mut out) {
            Ok(step) => step,
            Err(_) => return check(&out),
        };
        state = match step {
            server::Step::NeedInput(next) => match pieces.next() {
                None => return check(&out),
                Some((byte, octets)) => {
                    assert!(input.room() > 0, "a full input, and nothing comes out of it");
                    decision = *byte;
                    feed(&mut input, octets);
                    next
                }
            },
            server::Step::StartTls(step) => {
                assert!(!inside_tls && input.is_empty());
                inside_tls = true;
                step.upgraded(&mut input)
            }
            server::Step::Cancelled(next) => next,
            server::Step::Closed(_) => return check(&out),
            server::Step::Login(login) => {
                assert!(inside_tls, "a password without TLS");
                match rejected(decision) {
                    None => return drop(login.accept(&Capabilities::parse(b"IMAP4rev1"), &mut out)),
                    Some(refusal) => match next(login.reject(&refusal, &mut out)) {
                        Some(next) => next,
                        None => return check(&out),
                    },
                }
            }
            server::Step::Sasl(sasl) => {
                assert!(inside_tls, "an exchange without TLS");
                if let SaslInput::Start { mechanism, .. } = sasl.input() {
                    assert!(["PLAIN", "LOGIN"].contains(&mechanism.as_str()));
                }
                match decision {
                    b'c' => sasl.challenge(b"more?", &mut out),
                    b'a' => return drop(sasl.accept(&Capabilities::parse(b"IMAP4rev1"), &mut out)),
                    b'm' => match next(sasl.malformed(&mut out)) {
                        Some(next) => next,
                        None => return check(&out),
                    },
                    other => match next(sasl.reject(&rejected(other).unwrap(), &mut out)) {
                        Some(next) => next,
                        None => return check(&out),
                    },
                }
            }
        };
        assert!(
            !out.windows(9).any(|text| text == b"Logged in"),
            "logged in without accept"
        );
        check(&out);
    }
}

fn next(step: server::Step) -> Option<server::NeedInput> {
    match step {
        server::Step::NeedInput(next) => Some(next),
        server::Step::Closed(_) => None,
        other => panic!("{other:?} behind a refusal"),
    }
}

fn rejected(decision: u8) -> Option<Refusal> {
    let (code, counts) = match decision {
        b'a' => return None,
        b'u' => (RefusalCode::Unavailable, Counts::Not),
        _ => (RefusalCode::AuthenticationFailed, Counts::AsFailure),
    };
    Some(Refusal {
        code,
        text: "no".into(),
        counts,
    })
}

fn log_in<'a>(security: client::Security, mut pieces: impl Iterator<Item = (&'a u8, &'a [u8])>) {
    let config = client::Config {
        security,
        methods: vec![
            client::Method::Sasl {
                mechanism: "PLAIN".into(),
            },
            client::Method::login("alice", Secret::from(PASSWORD)).unwrap(),
        ],
        id: vec![("name".into(), "fuzz".into())],
        limits: Limits::BEFORE_LOGIN,
        tag_seed: [7; 8],
    };
    let (mut input, mut out) = (Input::new(config.limits.input_capacity()), BytesMut::new());
    let mut state = client::start(config);
    let mut inside_tls = security == client::Security::Tls;
    loop {
        let Ok(step) = state.process(&mut input, &mut out) else {
            return;
        };
        state = match step {
            client::Step::NeedInput(next) => match pieces.next() {
                None => return,
                Some((_, octets)) => {
                    assert!(input.room() > 0, "a full input, and nothing comes out of it");
                    feed(&mut input, octets);
                    next
                }
            },
            client::Step::StartTls(step) => {
                assert!(!inside_tls, "STARTTLS twice");
                inside_tls = true;
                step.upgraded(&mut input, &mut out)
            }
            client::Step::Sasl(sasl) => {
                assert!(inside_tls, "credentials without TLS");
                let message = format!("\0alice\0{PASSWORD}");
                match sasl.challenge() {
                    None => sasl.initial(Some(message.as_bytes()), &mut out),
                    Some(_) => sasl.cancel(&mut out),
                }
            }
            client::Step::Authenticated(_) => return assert!(inside_tls && !out.is_empty()),
            client::Step::Offered(_) | client::Step::Refused(_) => return,
        };
        let password = out
            .windows(PASSWORD.len())
            .any(|text| text == PASSWORD.as_bytes());
        assert!(inside_tls || !password, "the password without TLS");
    }
}
