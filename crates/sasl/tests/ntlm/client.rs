//! Our client, with our server and with recorded ones.

use std::time::Duration;

use gatepost_sasl::client::{Fresh, Ntlm as Client};
use gatepost_sasl::ntlm::{
    AuthenticateMessage, AvId, AvPair, Bindings, ChallengeMessage, Charset, NegotiateFlags, NegotiateMessage,
    binding_of_certificate,
};
use gatepost_sasl::server::Settings;
use gatepost_sasl::{Error, Ntlm};
use gatepost_wire::Secret;
use sasl::client::{Mechanism as _, MechanismError};
use sasl::common::Credentials;

use crate::recorded::hex;
use crate::{PASSWORD, challenge, hash, recorded, respond, settings};

fn client(login: &str) -> Client {
    let mut random = [0x77; 16];
    random[..8].copy_from_slice(&hex("ff3cabb7f0c4d087"));
    let fresh = Fresh {
        random,
        since_epoch: Duration::from_secs(1_800_000_000),
    };
    Client::new(login, &Secret::from(PASSWORD), fresh).unwrap()
}

fn log_in(mut client: Client, settings: &Settings) -> Result<Ntlm, Error> {
    let challenge = challenge(&client.initial(), settings);
    let message = client.response(challenge.octets()).unwrap();
    respond(challenge, &message)
}

#[test]
fn our_client_and_our_server_understand_each_other() {
    for charset in [Charset::Unicode, Charset::Oem] {
        for login in ["CORP\\alice", "müller", "alice@corp.example.test"] {
            let plain = client(login).with_charset(charset);
            let key = client(login).with_charset(charset).with_key_exchange([3; 16]);
            for client in [plain, key] {
                let claim = log_in(client.with_workstation("PHÖNE"), &settings()).unwrap();
                assert!(claim.is_of(&hash(PASSWORD)), "{charset:?} {login}");
                assert!(!claim.is_of(&hash("wrong")), "{charset:?} {login}");
                assert_eq!(claim.workstation(), "PHÖNE");
            }
        }
    }
}

/// The recorded client was given the same octets and names.
#[test]
fn our_client_responds_as_a_recorded_one() {
    let recorded = recorded::pyspnego();
    let mut client = client("CORP\\alice").with_target_name("imap/gw1.corp.example.test");
    let ours = client.response(&recorded.challenge).unwrap();
    let ours = AuthenticateMessage::parse(&ours).unwrap();
    let theirs = AuthenticateMessage::parse(&recorded.authenticate).unwrap();
    assert_eq!(ours.nt_challenge_response, theirs.nt_challenge_response);
    assert_eq!(ours.lm_challenge_response, theirs.lm_challenge_response);
    assert_eq!(
        (ours.domain_name, ours.user_name),
        (theirs.domain_name, theirs.user_name)
    );
}

#[test]
fn a_server_that_takes_no_initial_response_gets_it_later() {
    let mut client = client("alice");
    let negotiate = client.initial();
    assert_eq!(client.response(b"").unwrap(), negotiate);
    let challenge = challenge(&negotiate, &settings());
    let message = client.response(challenge.octets()).unwrap();
    assert!(respond(challenge, &message).unwrap().is_of(&hash(PASSWORD)));
    assert_eq!(client.response(b"").unwrap_err(), MechanismError::InvalidState);
}

#[test]
fn a_client_answers_one_challenge() {
    let recorded = recorded::pyspnego();
    let mut client = client("alice");
    client.response(&recorded.challenge).unwrap();
    assert_eq!(
        client.response(&recorded.challenge),
        Err(MechanismError::InvalidState)
    );
    let mut client = self::client("alice");
    assert_eq!(
        client.response(b"NTLM supported"),
        Err(MechanismError::CannotDecodeChallenge)
    );
}

/// MS-NLMP section 3.1.5.1.2: no time, no MIC, but an LMv2 response.
#[test]
fn a_server_without_a_time_gets_ours_and_no_mic() {
    let domain = Charset::Unicode.encode("CORP");
    let info = AvPair::encode_list(&[AvPair {
        id: AvId::NB_DOMAIN_NAME,
        value: &domain,
    }]);
    let challenge = ChallengeMessage {
        target_name: &domain,
        negotiate_flags: NegotiateFlags::NTLM | NegotiateFlags::UNICODE | NegotiateFlags::TARGET_INFO,
        server_challenge: [1; 8],
        target_info: &info.unwrap(),
    };
    let message = client("alice").response(&challenge.encode().unwrap()).unwrap();
    let message = AuthenticateMessage::parse(&message).unwrap();
    assert_eq!(message.mic, None);
    assert_ne!(message.lm_challenge_response, [0; 24]);
    let time = (1_800_000_000 + 11_644_473_600_u64) * 10_000_000;
    assert_eq!(message.nt_challenge_response[24..32], time.to_le_bytes());
    let pairs = AvPair::parse_list(&message.nt_challenge_response[44..]).unwrap();
    assert_eq!(
        pairs,
        [AvPair {
            id: AvId::NB_DOMAIN_NAME,
            value: &domain
        }]
    );
}

/// What only a client says is not taken over from a server: it could take the MIC out of the flags.
#[test]
fn a_server_says_nothing_in_our_name() {
    let time = [1; 8];
    let pairs = [
        (AvId::TIMESTAMP, &time[..]),
        (AvId::FLAGS, &[0; 4]),
        (AvId::TARGET_NAME, b"x\0"),
        (AvId::CHANNEL_BINDINGS, &[9; 16]),
    ];
    let info = AvPair::encode_list(&pairs.map(|(id, value)| AvPair { id, value }));
    let challenge = ChallengeMessage {
        target_name: b"",
        negotiate_flags: NegotiateFlags::NTLM | NegotiateFlags::UNICODE | NegotiateFlags::TARGET_INFO,
        server_challenge: [1; 8],
        target_info: &info.unwrap(),
    };
    let message = client("alice").response(&challenge.encode().unwrap()).unwrap();
    let message = AuthenticateMessage::parse(&message).unwrap();
    let pairs = AvPair::parse_list(&message.nt_challenge_response[44..]).unwrap();
    let pairs: Vec<_> = pairs.iter().map(|pair| (pair.id, pair.value)).collect();
    assert_eq!(
        pairs,
        [(AvId::TIMESTAMP, &time[..]), (AvId::FLAGS, &[2, 0, 0, 0])]
    );
    assert!(message.mic.is_some());
}

/// What servers before NTLMv2 send, which nobody should meet any more.
#[test]
fn a_server_without_names_is_answered() {
    let challenge = ChallengeMessage {
        target_name: b"",
        negotiate_flags: NegotiateFlags::NTLM | NegotiateFlags::OEM,
        server_challenge: [1; 8],
        target_info: b"",
    };
    let message = client("CORP\\alice")
        .response(&challenge.encode().unwrap())
        .unwrap();
    let message = AuthenticateMessage::parse(&message).unwrap();
    assert_eq!(
        (message.domain_name, message.user_name),
        (&b"CORP"[..], &b"alice"[..])
    );
    assert_eq!(
        AvPair::parse_list(&message.nt_challenge_response[44..]).unwrap(),
        []
    );
}

#[test]
fn a_key_is_exchanged_only_if_the_server_agrees() {
    let keyed = || client("alice").with_key_exchange([3; 16]);
    let flags = NegotiateMessage::parse(&keyed().initial())
        .unwrap()
        .negotiate_flags;
    assert!(flags.contains(NegotiateFlags::KEY_EXCH | NegotiateFlags::SIGN));
    // The challenge for a client that did not ask.
    let offered = challenge(&client("alice").initial(), &settings());
    let message = keyed().response(offered.octets()).unwrap();
    let message = AuthenticateMessage::parse(&message).unwrap();
    assert_eq!(message.encrypted_random_session_key, b"");
    let agreed = challenge(&keyed().initial(), &settings());
    let message = keyed().response(agreed.octets()).unwrap();
    let message = AuthenticateMessage::parse(&message).unwrap();
    assert_eq!(message.encrypted_random_session_key.len(), 16);
}

#[test]
fn a_channel_can_be_required() {
    let bound = binding_of_certificate(&[1; 32]);
    let required = Settings {
        bindings: Bindings::Required(vec![bound]),
        ..settings()
    };
    let claim = log_in(client("alice").with_channel_bindings(bound), &required).unwrap();
    assert!(claim.is_of(&hash(PASSWORD)));
    for (client, expected) in [
        (client("alice"), "NTLM: the client names no channel"),
        (
            client("alice").with_channel_bindings([0; 16]),
            "NTLM: the client names no channel",
        ),
        (
            client("alice").with_channel_bindings([5; 16]),
            "NTLM: the client means another channel",
        ),
    ] {
        let error = log_in(client, &required).unwrap_err();
        assert_eq!(error.to_string(), expected);
        assert_eq!(error.kind(), gatepost_sasl::ErrorKind::Policy);
    }
    let if_sent = Settings {
        bindings: Bindings::IfSent(vec![bound]),
        ..settings()
    };
    assert!(log_in(client("alice"), &if_sent).is_ok());
    assert!(log_in(client("alice").with_channel_bindings([0; 16]), &if_sent).is_ok());
    assert!(log_in(client("alice").with_channel_bindings([5; 16]), &if_sent).is_err());
}

#[test]
fn a_client_wants_a_name_a_password_and_random_octets() {
    let fresh = || Fresh {
        random: [0; 16],
        since_epoch: Duration::ZERO,
    };
    for (login, password) in [
        ("", "secret"),
        ("CORP\\", "secret"),
        ("al\0ice", "secret"),
        ("alice", ""),
        ("alice", "sec\0ret"),
    ] {
        assert!(
            Client::new(login, &Secret::from(password), fresh()).is_err(),
            "{login} {password}"
        );
    }
    assert!(Client::new("alice", &Secret::from(&b"\xff"[..]), fresh()).is_err());
    let credentials = Credentials::default()
        .with_username("alice")
        .with_password("secret");
    assert_eq!(
        Client::from_credentials(credentials).unwrap_err(),
        MechanismError::CannotGenerateNonce
    );
}
