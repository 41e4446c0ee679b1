//! NTLM against what was recorded of others, and against ourselves.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod client;
mod messages;
mod names;
mod oracle;
mod policy;
mod recorded;
mod secrets;
mod tampering;

use std::time::Duration;

use gatepost_sasl::ntlm::{Bindings, NtHash, Target};
use gatepost_sasl::server::{Challenge, Exchange, Fresh, Settings, start};
use gatepost_sasl::{Claim, Error, Mechanism, Ntlm};
use gatepost_wire::Secret;

use crate::recorded::{Recorded, hex};

/// The password of all recordings.
const PASSWORD: &str = "Al1ce.Secret";

/// The server that the recorded clients talked to.
fn settings() -> Settings {
    Settings {
        host: "gw1.corp.example.test".to_owned(),
        ntlm: Target::new("CORP", "corp.example.test", "gw1.corp.example.test"),
        bindings: Bindings::Ignored,
    }
}

/// The challenge and the time of the recordings.
fn fresh() -> Fresh {
    let mut random = [0xee; 16];
    random[..8].copy_from_slice(&hex("0011223344556677"));
    let file_time = u64::from_le_bytes(hex("00161901f27add01").try_into().unwrap());
    let since_epoch = Duration::from_nanos((file_time - 116_444_736_000_000_000) * 100);
    Fresh { random, since_epoch }
}

fn challenge(negotiate: &[u8], settings: &Settings) -> Challenge {
    match start(Mechanism::Ntlm, Some(negotiate), settings, fresh()) {
        Ok(Exchange::Challenge(challenge)) => challenge,
        other => panic!("{other:?}"),
    }
}

fn respond(challenge: Challenge, authenticate: &[u8]) -> Result<Ntlm, Error> {
    match challenge.respond(authenticate)? {
        Exchange::Verify(Claim::Ntlm(claim)) => Ok(*claim),
        other => panic!("{other:?}"),
    }
}

/// What the server makes of the last message of a recording, or of another in its place.
fn answer(recorded: &Recorded, authenticate: &[u8]) -> Result<Ntlm, Error> {
    respond(challenge(&recorded.negotiate, &settings()), authenticate)
}

fn hash(password: &str) -> NtHash {
    NtHash::of_password(&Secret::from(password)).unwrap()
}

#[test]
fn recorded_exchanges_are_repeated_octet_by_octet() {
    for (recorded, user, domain, workstation) in [
        (recorded::pyspnego(), "alice", "CORP", "VM"),
        (recorded::curl(), "alice", "CORP", "WORKSTATION"),
        (recorded::curl_upn(), "alice@corp.example.test", "", "WORKSTATION"),
    ] {
        let challenge = challenge(&recorded.negotiate, &settings());
        assert_eq!(challenge.octets(), recorded.challenge);
        let claim = respond(challenge, &recorded.authenticate).unwrap();
        assert_eq!(
            (claim.user(), claim.domain(), claim.workstation()),
            (user, domain, workstation)
        );
        assert_eq!(
            claim.server_challenge().to_vec(),
            hex("0011223344556677"),
            "{user}"
        );
        assert!(claim.is_of(&hash(PASSWORD)), "{user}");
        assert!(!claim.is_of(&hash("Al1ce.secret")), "{user}");
    }
}

/// As a domain controller judges: it gets what the claim holds, and tells the session key.
#[test]
fn a_session_key_from_elsewhere_finishes_a_claim() {
    let recorded = recorded::pyspnego();
    let claim = answer(&recorded, &recorded.authenticate).unwrap();
    let key = <[u8; 16]>::try_from(hex("83cf2b252a3b40ea4c694e88bc133b16")).unwrap();
    assert_eq!(claim.finish(&key.into()), Ok(()));
    assert_eq!(claim.prove(&hash(PASSWORD)), Some(key.into()));
    let other = claim.finish(&[0; 16].into()).unwrap_err();
    assert_eq!(other.to_string(), "NTLM: the message integrity code is wrong");
}

#[test]
fn a_client_that_sends_no_initial_response_gets_an_empty_challenge() {
    let recorded = recorded::curl();
    for initial in [None, Some(&b""[..])] {
        let exchange = start(Mechanism::Ntlm, initial, &settings(), fresh()).unwrap();
        let Exchange::Challenge(empty) = exchange else {
            panic!("{exchange:?}")
        };
        assert_eq!(empty.octets(), b"");
        let Exchange::Challenge(challenge) = empty.respond(&recorded.negotiate).unwrap() else {
            panic!("no challenge")
        };
        assert_eq!(challenge.octets(), recorded.challenge);
    }
}
