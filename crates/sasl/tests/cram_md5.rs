//! CRAM-MD5: the digests and stored states of others, and our server's side.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::time::Duration;

use gatepost_sasl::client::CramMd5 as Client;
use gatepost_sasl::cram_md5::State;
use gatepost_sasl::server::{Challenge, Exchange, Fresh, Settings, start};
use gatepost_sasl::{Claim, CramMd5, Error, ErrorKind, Mechanism};
use gatepost_wire::Secret;
use hmac::{Hmac, KeyInit as _, Mac as _};
use md5::Md5;
use proptest::collection::vec;
use proptest::prelude::*;
use sasl::client::{Mechanism as _, MechanismError};

/// As RFC 2195 section 2 has it, but for the time: the challenge is `<1896.697170952@postoffice.reston.mci.net>`.
fn challenge() -> Challenge {
    let settings = Settings::of_host("postoffice.reston.mci.net");
    let fresh = Fresh {
        random: 1896_u128.to_be_bytes(),
        since_epoch: Duration::from_secs(697_170_952),
    };
    match start(Mechanism::CramMd5, None, &settings, fresh) {
        Ok(Exchange::Challenge(challenge)) => challenge,
        other => panic!("{other:?}"),
    }
}

fn claim(response: &[u8]) -> Result<CramMd5, Error> {
    match challenge().respond(response)? {
        Exchange::Verify(Claim::CramMd5(claim)) => Ok(claim),
        other => panic!("{other:?}"),
    }
}

fn state(password: &str) -> State {
    State::of_password(&Secret::from(password))
}

/// RFC 2195 section 2.
#[test]
fn the_example_of_the_specification() {
    assert_eq!(
        challenge().octets(),
        b"<1896.697170952@postoffice.reston.mci.net>"
    );
    for response in [
        "tim b913a602c7eda7a495b4e6e7334d3890",
        "tim B913A602C7EDA7A495B4E6E7334D3890",
    ] {
        let claim = claim(response.as_bytes()).unwrap();
        assert_eq!(claim.name(), "tim");
        assert!(claim.is_of(&state("tanstaaftanstaaf")));
        assert!(!claim.is_of(&state("tanstaaftanstaaF")));
    }
}

/// `doveadm pw -s CRAM-MD5`.
#[test]
fn the_states_that_dovecot_stores() {
    let long = "x".repeat(80);
    for (password, stored) in [
        (
            "tanstaaftanstaaf",
            "{CRAM-MD5}d06d4e1b26fccaa4b0b61801132340a354b21152711fb604ca3e035e7015116b",
        ),
        (
            "Ol1via.Secret",
            "{CRAM-MD5}49c181c7356fbe1d6472437e25b2b1fb411f4842af4414566bae9d5829e373ef",
        ),
        (
            "secret",
            "{CRAM-MD5}cd3ba7deaad6e5ca23448ba42e379747a9e0f7f1fbc00c8a81bbaac395731b56",
        ),
        (
            &long,
            "{CRAM-MD5}ff6454343902c25cfaf14768b382dae3172680a33b4792a34267ff0628fbfe89",
        ),
    ] {
        assert_eq!(state(password).to_text().expose_str(), Ok(stored));
        assert_eq!(State::parse(stored).unwrap(), state(password));
    }
}

#[test]
fn a_stored_state_judges() {
    let stored = "{cram-md5}D06D4E1B26FCCAA4B0B61801132340A354B21152711FB604CA3E035E7015116B";
    let claim = claim(b"tim b913a602c7eda7a495b4e6e7334d3890").unwrap();
    assert!(claim.is_of(&State::parse(stored).unwrap()));
    assert!(!claim.is_of(&State::from_octets([1; 16], [2; 16])));
}

#[test]
fn a_state_of_another_form_is_refused() {
    let digits = "d06d4e1b26fccaa4b0b61801132340a354b21152711fb604ca3e035e7015116b";
    for wrong in [
        "",
        "{CRAM-MD5}",
        digits,
        &format!("{{CRAM-MD5}}{digits}0"),
        &format!("{{CRAM-MD5}}{}", &digits[..63]),
        &format!("{{CRAM-MD5}} {}", &digits[..63]),
        &format!("{{CRAM-MD5}}{}g", &digits[..63]),
        &format!("{{HMAC-MD5}}{digits}"),
        "{CRAM-MD5}ä",
    ] {
        let error = State::parse(wrong).unwrap_err();
        assert_eq!(
            error.to_string(),
            "expected {CRAM-MD5} and 64 hexadecimal digits",
            "{wrong}"
        );
    }
}

#[test]
fn names_may_hold_spaces() {
    let claim = claim(b"Tim Smith b913a602c7eda7a495b4e6e7334d3890").unwrap();
    assert_eq!(claim.name(), "Tim Smith");
}

#[test]
fn a_reply_of_another_form_is_refused() {
    let kind = |reply: &[u8]| claim(reply).unwrap_err().kind();
    for malformed in [
        &b""[..],
        b"tim",
        b"b913a602c7eda7a495b4e6e7334d3890",
        b"tim ",
        b"tim b913a602c7eda7a495b4e6e7334d389",
        b"tim b913a602c7eda7a495b4e6e7334d38900",
        b"tim b913a602c7eda7a495b4e6e7334d389g",
        b"tim b913a602c7eda7a495b4e6e7334d3890 ",
        b"tim\tb913a602c7eda7a495b4e6e7334d3890",
    ] {
        assert_eq!(
            kind(malformed),
            ErrorKind::Malformed,
            "{}",
            malformed.escape_ascii()
        );
    }
    for nobody in [
        &b" b913a602c7eda7a495b4e6e7334d3890"[..],
        b"ti\0m b913a602c7eda7a495b4e6e7334d3890",
        b"\xff b913a602c7eda7a495b4e6e7334d3890",
    ] {
        assert_eq!(kind(nobody), ErrorKind::Identity, "{}", nobody.escape_ascii());
    }
}

#[test]
fn the_server_speaks_first() {
    let begin = |initial: &[u8]| {
        let fresh = Fresh {
            random: [7; 16],
            since_epoch: Duration::ZERO,
        };
        start(
            Mechanism::CramMd5,
            Some(initial),
            &Settings::of_host("mail"),
            fresh,
        )
    };
    assert!(matches!(begin(b""), Ok(Exchange::Challenge(_))));
    assert_eq!(begin(b"tim").unwrap_err().kind(), ErrorKind::Malformed);
}

#[test]
fn a_challenge_is_printable_whatever_the_host_is_called() {
    let host = format!("m<a>i@l ä\r\n.{}", "x".repeat(300));
    let fresh = Fresh {
        random: [0xff; 16],
        since_epoch: Duration::MAX,
    };
    let Ok(Exchange::Challenge(challenge)) =
        start(Mechanism::CramMd5, None, &Settings::of_host(&host), fresh)
    else {
        panic!()
    };
    let text = std::str::from_utf8(challenge.octets()).unwrap();
    let expected = format!("<{}.{}@mail.{}>", u128::MAX, u64::MAX, "x".repeat(250));
    assert_eq!(text, expected);
}

#[test]
fn nothing_prints_the_proof() {
    let claim = Claim::CramMd5(claim(b"tim b913a602c7eda7a495b4e6e7334d3890").unwrap());
    let state = state("hunter2");
    let printed = format!("{claim:?} {claim:#?} {state:?} {:?}", challenge());
    for secret in ["b913", "185, 19", "postoffice", "hunter2", "697170952"] {
        assert!(!printed.contains(secret), "{printed}");
    }
    assert!(printed.contains("tim"));
}

#[test]
fn our_client_and_our_server_understand_each_other() {
    let secret = |text: &str| Secret::from(text);
    let mut client = Client::new("jörg der zweite", &secret("ge heim")).unwrap();
    assert_eq!(client.initial(), b"");
    let response = client.response(challenge().octets()).unwrap();
    let claim = claim(&response).unwrap();
    assert_eq!(claim.name(), "jörg der zweite");
    assert!(claim.is_of(&state("ge heim")));
    assert!(!format!("{client:?}").contains("heim"));

    let again = client.response(challenge().octets());
    assert_eq!(again, Err(MechanismError::InvalidState));
    let mut client = Client::new("tim", &secret("tanstaaftanstaaf")).unwrap();
    assert_eq!(client.response(b""), Err(MechanismError::CannotDecodeChallenge));
    for (name, password) in [("", "p"), ("t", ""), ("t\0", "p"), ("t", "p\0")] {
        assert!(Client::new(name, &secret(password)).is_err(), "{name} {password}");
    }
    assert!(Client::new("t", &Secret::from(&b"\xff"[..])).is_err());
}

proptest! {
    /// Passwords shorter and longer than a block, and challenges that take one block more, or two.
    #[test]
    fn a_stored_state_comes_to_the_digest_of_hmac(password in vec(any::<u8>(), 0..150), host in "[a-z.]{0,200}") {
        let fresh = Fresh {
            random: [1; 16],
            since_epoch: Duration::ZERO,
        };
        let Ok(Exchange::Challenge(challenge)) = start(Mechanism::CramMd5, None, &Settings::of_host(&host), fresh) else {
            panic!("no challenge")
        };
        let mut mac = Hmac::<Md5>::new_from_slice(&password).unwrap();
        mac.update(challenge.octets());
        let digest: String = mac.finalize().into_bytes().iter().map(|octet| format!("{octet:02x}")).collect();
        let Ok(Exchange::Verify(Claim::CramMd5(claim))) = challenge.respond(format!("tim {digest}").as_bytes()) else {
            panic!("no claim")
        };
        let state = State::of_password(&Secret::from(&password[..]));
        prop_assert!(claim.is_of(&state));
        let stored = state.to_text();
        prop_assert!(claim.is_of(&State::parse(stored.expose_str().unwrap()).unwrap()));
    }
}
