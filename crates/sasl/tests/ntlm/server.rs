//! The server's side.

use std::time::Duration;

use gatepost_sasl::ntlm::{Bindings, NtHash, Target};
use gatepost_sasl::server::{Exchange, Fresh, Settings, start};
use gatepost_sasl::{Claim, Error, Mechanism, Ntlm};
use gatepost_wire::Secret;

use crate::recorded::{hex, pyspnego};

/// The server that pyspnego talked to.
fn settings() -> Settings {
    Settings {
        host: "gw1.corp.example.test".to_owned(),
        ntlm: Target::new("CORP", "corp.example.test", "gw1.corp.example.test"),
        bindings: Bindings::Ignored,
    }
}

/// The challenge of the recording, at its time.
fn fresh() -> Fresh {
    let mut random = [0xee; 16];
    random[..8].copy_from_slice(&pyspnego::SERVER_CHALLENGE);
    let file_time = u64::from_le_bytes(hex("00161901f27add01").try_into().unwrap());
    let since_epoch = Duration::from_nanos((file_time - 116_444_736_000_000_000) * 100);
    Fresh { random, since_epoch }
}

fn answer(authenticate: &[u8]) -> Result<Ntlm, Error> {
    let exchange = start(
        Mechanism::Ntlm,
        Some(&hex(pyspnego::NEGOTIATE)),
        &settings(),
        fresh(),
    );
    let Exchange::Challenge(challenge) = exchange? else {
        panic!("no challenge")
    };
    assert_eq!(challenge.octets(), hex(pyspnego::CHALLENGE));
    match challenge.respond(authenticate)? {
        Exchange::Verify(Claim::Ntlm(claim)) => Ok(*claim),
        other => panic!("{other:?}"),
    }
}

fn hash(password: &str) -> NtHash {
    NtHash::of_password(&Secret::from(password)).unwrap()
}

#[test]
fn a_recorded_exchange_is_repeated_octet_by_octet() {
    let claim = answer(&hex(pyspnego::AUTHENTICATE)).unwrap();
    assert_eq!(
        (claim.user(), claim.domain(), claim.workstation()),
        ("alice", "CORP", "VM")
    );
    assert!(claim.is_of(&hash(pyspnego::PASSWORD)));
    assert!(!claim.is_of(&hash("Al1ce.secret")));
}
