//! What can only be tested with a challenge that this server would not make: that of MS-NLMP section 4.2.4.3.

#[path = "../../../tests/ntlm/recorded.rs"]
mod recorded;

use self::recorded::hex;
use super::*;
use crate::ErrorKind;
use crate::ntlm::{NtHash, WrongMic, binding_of_certificate};

/// The hash of the certificate that Chromium's test data is bound to.
const CERTIFICATE: &str = "ea05fefecc6b0bd571dbbc5baa3ed45386d0446835f7b74c85621b9983475f95";

fn sent(negotiate: Vec<u8>, bindings: Bindings) -> Sent {
    Sent {
        target: Target::of_host("server.example.test"),
        bindings,
        charset: Charset::Unicode,
        server_challenge: hex("0123456789abcdef").try_into().unwrap(),
        negotiate,
        challenge: recorded::chromium().challenge,
    }
}

fn claim(sent: &Sent, message: &[u8]) -> Result<Ntlm, Error> {
    match sent.respond(message)? {
        Claim::Ntlm(claim) => Ok(*claim),
        other => panic!("{other:?}"),
    }
}

fn hash(password: &str) -> NtHash {
    NtHash::of_password(&Secret::from(password)).unwrap()
}

#[test]
fn the_exchange_of_chromium() {
    let recorded = recorded::chromium();
    let claim = claim(
        &sent(recorded.negotiate, Bindings::Ignored),
        &recorded.authenticate,
    )
    .unwrap();
    assert_eq!(claim.name(), "Domain\\User");
    assert_eq!(claim.workstation(), "COMPUTER");
    assert!(claim.is_of(&hash("Password")));
    assert!(!claim.is_of(&hash("password")));
    let key = claim.prove(&hash("Password")).unwrap();
    assert_eq!(
        key,
        <[u8; 16]>::try_from(hex("623dbd071be7a530b6a95c2eb4982470"))
            .unwrap()
            .into()
    );
}

#[test]
fn a_changed_message_of_the_client_breaks_the_mic() {
    let recorded = recorded::chromium();
    for at in 0..recorded.negotiate.len() {
        let mut negotiate = recorded.negotiate.clone();
        negotiate[at] ^= 1;
        let claim = claim(&sent(negotiate, Bindings::Ignored), &recorded.authenticate).unwrap();
        let key = claim.prove(&hash("Password")).unwrap();
        assert_eq!(claim.finish(&key), Err(WrongMic), "octet {at}");
    }
}

#[test]
fn the_channel_is_looked_at_if_that_is_asked_for() {
    let binding = binding_of_certificate(&hex(CERTIFICATE));
    let other = binding_of_certificate(&[7; 32]);
    let recorded = recorded::chromium();
    let answer = |bindings| {
        let sent = sent(recorded.negotiate.clone(), bindings);
        claim(&sent, &recorded.authenticate).map(|claim| claim.is_of(&hash("Password")))
    };
    for bindings in [
        Bindings::IfSent(vec![other, binding]),
        Bindings::Required(vec![binding]),
    ] {
        assert_eq!(answer(bindings), Ok(true));
    }
    for bindings in [
        Bindings::IfSent(vec![other]),
        Bindings::IfSent(Vec::new()),
        Bindings::Required(vec![other]),
    ] {
        assert_eq!(answer(bindings).unwrap_err().kind(), ErrorKind::Policy);
    }
}

/// The zeros behind the AV pairs, the unused flags and the like: nothing may change unnoticed.
#[test]
fn no_octet_of_the_last_message_may_change() {
    let recorded = recorded::chromium();
    let sent = sent(recorded.negotiate, Bindings::Ignored);
    for at in 0..recorded.authenticate.len() {
        let mut message = recorded.authenticate.clone();
        message[at] ^= 0x20;
        let is_of = claim(&sent, &message).is_ok_and(|claim| claim.is_of(&hash("Password")));
        assert!(!is_of, "octet {at}");
    }
}
