//! What is refused without asking a directory, whoever proves what.

use gatepost_sasl::ntlm::{AuthenticateMessage, AvId, AvPair, NegotiateFlags};
use gatepost_sasl::{Error, ErrorKind};

use crate::recorded::{Recorded, hex};
use crate::{answer, recorded};

/// The message of curl, which has no MIC, with something changed.
fn refused(change: impl FnOnce(&mut AuthenticateMessage<'_>)) -> Error {
    let recorded = recorded::curl();
    refused_of(&recorded, change)
}

fn refused_of(recorded: &Recorded, change: impl FnOnce(&mut AuthenticateMessage<'_>)) -> Error {
    let mut message = AuthenticateMessage::parse(&recorded.authenticate).unwrap();
    change(&mut message);
    let octets = message.encode().unwrap();
    answer(recorded, &octets).unwrap_err()
}

#[test]
fn ntlm_v1_is_refused() {
    let recorded = recorded::fetchmail();
    let error = answer(&recorded, &recorded.authenticate).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Policy);
    assert_eq!(error.to_string(), "NTLM: NTLMv1 is refused");
    // MS-NLMP sections 4.2.2.2.1 and 4.2.3.2.2: without and with session security.
    for response in [
        "67c43011f30298a2ad35ece64f16331c44bdbed927841f94",
        "7537f803ae367128ca458204bde7caf81e97ed2683267232",
    ] {
        let response = hex(response);
        let error = refused(|message| message.nt_challenge_response = &response.leak()[..]);
        assert_eq!(error.kind(), ErrorKind::Policy);
    }
}

#[test]
fn lm_alone_and_nobody_are_refused() {
    let error = refused(|message| message.nt_challenge_response = b"");
    assert_eq!(
        (error.kind(), error.to_string().as_str()),
        (ErrorKind::Policy, "NTLM: LM responses are refused")
    );
    // MS-NLMP section 3.2.5.1.2: an anonymous client has no user and no response, or an LM response of one octet.
    let error = refused(|message| {
        message.nt_challenge_response = b"";
        message.lm_challenge_response = b"\0";
        message.user_name = b"";
        message.domain_name = b"";
    });
    assert_eq!(
        (error.kind(), error.to_string().as_str()),
        (ErrorKind::Policy, "NTLM: anonymous logins are refused")
    );
}

#[test]
fn an_empty_user_is_refused_whatever_it_proves() {
    let error = refused(|message| message.user_name = b"");
    assert_eq!(error.kind(), ErrorKind::Identity);
}

#[test]
fn what_is_too_short_for_version_2_is_refused() {
    for length in [1, 16, 23, 25, 43] {
        let error =
            refused(|message| message.nt_challenge_response = &message.nt_challenge_response[..length]);
        assert_eq!(error.kind(), ErrorKind::Policy, "{length}");
    }
    // The AV pairs may be absent, but not begin and not end.
    assert_eq!(length_44_is_of_version_2(44), None);
    assert_eq!(
        length_44_is_of_version_2(45).as_deref(),
        Some("NTLM: expected an AV_PAIR at octet 44")
    );
}

fn length_44_is_of_version_2(length: usize) -> Option<String> {
    let recorded = recorded::curl();
    let mut message = AuthenticateMessage::parse(&recorded.authenticate).unwrap();
    message.nt_challenge_response = &message.nt_challenge_response[..length];
    let octets = message.encode().unwrap();
    answer(&recorded, &octets).err().map(|error| error.to_string())
}

#[test]
fn another_structure_of_the_response_is_refused() {
    let recorded = recorded::curl();
    let message = AuthenticateMessage::parse(&recorded.authenticate).unwrap();
    for at in [16, 17] {
        let mut response = message.nt_challenge_response.to_vec();
        response[at] = 2;
        let octets = AuthenticateMessage {
            nt_challenge_response: &response,
            ..message
        }
        .encode()
        .unwrap();
        let error = answer(&recorded, &octets).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed);
        assert_eq!(
            error.to_string(),
            "NTLM response: expected RespType and HiRespType 1 at octet 16"
        );
    }
}

/// Whoever could choose these names could make a domain controller refuse to judge.
#[test]
fn the_names_of_another_server_are_refused() {
    let recorded = recorded::curl();
    let message = AuthenticateMessage::parse(&recorded.authenticate).unwrap();
    let pairs = AvPair::parse_list(&message.nt_challenge_response[44..]).unwrap();
    let answer_with = |pairs: &[AvPair<'_>]| {
        let list = AvPair::encode_list(pairs).unwrap();
        let response = [&message.nt_challenge_response[..44], &list].concat();
        let nt_challenge_response = &response[..];
        let changed = AuthenticateMessage {
            nt_challenge_response,
            ..message
        };
        answer(&recorded, &changed.encode().unwrap())
    };
    for id in [AvId::NB_COMPUTER_NAME, AvId::NB_DOMAIN_NAME] {
        for value in [&b"X\0"[..], b""] {
            let other = AvPair { id, value };
            let replaced = pairs.iter().map(|pair| if pair.id == id { other } else { *pair });
            let added = pairs.iter().copied().chain([other]);
            for pairs in [replaced.collect::<Vec<_>>(), added.collect()] {
                let error = answer_with(&pairs).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Policy);
                let expected = "NTLM: the response is to the challenge of another server";
                assert_eq!(error.to_string(), expected);
            }
        }
    }
    // Not every client repeats them.
    let without = |id| {
        pairs
            .iter()
            .copied()
            .filter(move |pair| pair.id != id)
            .collect::<Vec<_>>()
    };
    assert!(answer_with(&without(AvId::NB_COMPUTER_NAME)).is_ok());
    assert!(answer_with(&[]).is_ok());
}

#[test]
fn a_mic_that_is_promised_has_to_be_there() {
    let recorded = recorded::pyspnego();
    let error = refused_of(&recorded, |message| message.mic = None);
    assert_eq!(error.kind(), ErrorKind::Malformed);
    assert_eq!(
        error.to_string(),
        "NTLM: expected a MIC, which MsvAvFlags promises, at octet 72"
    );
}

#[test]
fn names_that_nobody_has_are_refused() {
    let long = [b'a'; 321];
    for name in [&b"al\0ice"[..], b"al\nice", b"\xff\xfe", &long] {
        let of_user = refused(|message| message.user_name = name.to_vec().leak());
        let of_domain = refused(|message| message.domain_name = name.to_vec().leak());
        for error in [of_user, of_domain] {
            assert_eq!(error.kind(), ErrorKind::Identity, "{}", name.escape_ascii());
        }
    }
    // Domain and user are within the limits, but not together.
    let error = refused(|message| {
        message.user_name = &[b'a'; 200];
        message.domain_name = &[b'b'; 200];
    });
    assert_eq!(error.kind(), ErrorKind::Identity);
}

/// An old client may have named its computer in a code page of its own.
#[test]
fn nobody_is_refused_for_the_name_of_a_computer() {
    let recorded = recorded::curl();
    let long = [b'a'; 321];
    for name in [&b"PH\xd6NE"[..], b"PHO\0NE", &long] {
        let message = AuthenticateMessage::parse(&recorded.authenticate).unwrap();
        let octets = AuthenticateMessage {
            workstation: name,
            ..message
        }
        .encode()
        .unwrap();
        let claim = answer(&recorded, &octets).unwrap();
        assert_eq!(claim.workstation(), "", "{}", name.escape_ascii());
        assert!(claim.is_of(&crate::hash(crate::PASSWORD)));
    }
}

#[test]
fn half_a_unit_and_half_a_letter_are_no_utf16() {
    let recorded = recorded::pyspnego();
    for name in [&b"a\0b"[..], b"\x00\xd8", b"a\0\x00\xdc"] {
        let error = refused_of(&recorded, |message| message.user_name = name.to_vec().leak());
        assert_eq!(error.kind(), ErrorKind::Identity, "{}", name.escape_ascii());
    }
}

/// What JavaMail does: UTF-16 where the challenge says so, and no flag at all.
#[test]
fn the_flags_of_the_last_message_do_not_decide_the_character_set() {
    let recorded = recorded::curl();
    let mut message = AuthenticateMessage::parse(&recorded.authenticate).unwrap();
    for flags in [NegotiateFlags(0), NegotiateFlags::UNICODE] {
        message.negotiate_flags = flags;
        let octets = message.encode().unwrap();
        let claim = answer(&recorded, &octets).unwrap();
        assert!(claim.is_of(&crate::hash(crate::PASSWORD)));
    }
}
