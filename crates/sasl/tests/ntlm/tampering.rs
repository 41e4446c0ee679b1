//! Messages that are not those that the client sent.

use gatepost_sasl::Ntlm;
use gatepost_sasl::ntlm::AuthenticateMessage;
use gatepost_sasl::server::Fresh;

use crate::recorded::Recorded;
use crate::{PASSWORD, answer, challenge, fresh, hash, recorded, respond, settings};

/// Every bit in turn is another.
fn each_mutation(recorded: &Recorded, mut see: impl FnMut(usize, Option<Ntlm>)) {
    let hash = hash(PASSWORD);
    for at in 0..recorded.authenticate.len() {
        for bit in 0..8 {
            let mut message = recorded.authenticate.clone();
            message[at] ^= 1 << bit;
            let claim = answer(recorded, &message).ok();
            see(at, claim.filter(|claim| claim.is_of(&hash)));
        }
    }
}

#[test]
fn with_a_mic_no_octet_can_be_changed() {
    each_mutation(&recorded::pyspnego(), |at, claim| {
        assert!(claim.is_none(), "octet {at} {claim:?}");
    });
}

/// Nothing protects the name of the workstation, the LM response and the flags then; but nobody becomes somebody else.
#[test]
fn without_a_mic_nobody_becomes_somebody_else() {
    for recorded in [recorded::curl(), recorded::curl_upn()] {
        let original = answer(&recorded, &recorded.authenticate).unwrap();
        let mut accepted = 0;
        each_mutation(&recorded, |at, claim| {
            let Some(claim) = claim else { return };
            accepted += 1;
            // Only the case of the user's letters is free.
            assert!(claim.user().eq_ignore_ascii_case(original.user()), "octet {at}");
            assert_eq!(claim.domain(), original.domain(), "octet {at}");
        });
        assert!(accepted > 0, "the workstation could not be changed");
    }
}

/// A well-known library compares the MIC alone, and lets everybody in who sends none.
#[test]
fn without_a_mic_the_password_still_counts() {
    let recorded = recorded::curl();
    let claim = answer(&recorded, &recorded.authenticate).unwrap();
    assert!(!claim.is_of(&hash("totally-wrong")));
    assert_eq!(claim.prove(&hash("totally-wrong")), None);
}

#[test]
fn a_right_response_with_a_wrong_mic_is_refused() {
    let recorded = recorded::pyspnego();
    let mut message = AuthenticateMessage::parse(&recorded.authenticate).unwrap();
    message.mic = Some([0; 16]);
    let claim = answer(&recorded, &message.encode().unwrap()).unwrap();
    let key = claim.prove(&hash(PASSWORD)).unwrap();
    assert!(claim.finish(&key).is_err());
    assert!(!claim.is_of(&hash(PASSWORD)));
}

#[test]
fn a_response_is_of_no_use_for_another_challenge() {
    use gatepost_sasl::Mechanism;
    use gatepost_sasl::server::{Exchange, start};
    for recorded in [recorded::curl(), recorded::pyspnego()] {
        let fresh = Fresh {
            random: [9; 16],
            ..fresh()
        };
        let exchange = start(Mechanism::Ntlm, Some(&recorded.negotiate), &settings(), fresh);
        let Ok(Exchange::Challenge(challenge)) = exchange else {
            panic!("{exchange:?}")
        };
        let claim = respond(challenge, &recorded.authenticate).unwrap();
        assert!(!claim.is_of(&hash(PASSWORD)));
    }
}

/// Somebody in between who takes a flag out of the first message makes the client believe in a weaker server.
#[test]
fn with_a_mic_the_first_message_cannot_be_changed() {
    let recorded = recorded::pyspnego();
    for at in 16..recorded.negotiate.len() {
        let mut negotiate = recorded.negotiate.clone();
        negotiate[at] ^= 0x80;
        let claim = respond(challenge(&negotiate, &settings()), &recorded.authenticate).unwrap();
        assert!(claim.prove(&hash(PASSWORD)).is_some(), "octet {at}");
        assert!(!claim.is_of(&hash(PASSWORD)), "octet {at}");
    }
}
