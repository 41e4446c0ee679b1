//! Messages of NTLM: what is read can be written and read again, and nobody is let in as somebody else.
//!
//! The input is a message. As the last one of an exchange it answers the challenges that were recorded with the seeds:
//! whatever the fuzzer makes of those, it is refused or it is alice's. As a challenge it is answered by our client:
//! whatever a server says, by a response of version 2 that can be read.
#![no_main]

use std::time::Duration;

use gatepost_sasl::ntlm::{
    AuthenticateMessage, AvPair, Bindings, ChallengeMessage, MAX_MESSAGE_OCTETS, NegotiateFlags,
    NegotiateMessage, NtHash, Target,
};
use gatepost_sasl::server::{Exchange, Fresh, Settings, start};
use gatepost_sasl::{Claim, Mechanism, Ntlm, client};
use gatepost_wire::Secret;
use libfuzzer_sys::fuzz_target;
use sasl::client::Mechanism as _;

/// The NEGOTIATE_MESSAGEs of curl and of pyspnego.
const NEGOTIATE: [&[u8]; 2] = [
    include_bytes!("../seeds/ntlm_message/curl_negotiate"),
    include_bytes!("../seeds/ntlm_message/pyspnego_negotiate"),
];

fuzz_target!(|octets: &[u8]| {
    write_again(octets);
    challenge(octets);
    for negotiate in NEGOTIATE {
        if let Some(claim) = answer(negotiate, octets) {
            check(&claim);
        }
    }
});

fn write_again(octets: &[u8]) {
    if let Ok(message) = NegotiateMessage::parse(octets) {
        assert_eq!(NegotiateMessage::parse(&message.encode()), Ok(message));
    }
    if let Ok(message) = ChallengeMessage::parse(octets)
        && let Ok(encoded) = message.encode()
    {
        let promised = message.negotiate_flags.contains(NegotiateFlags::TARGET_INFO);
        assert!(promised || message.target_info.is_empty());
        assert_eq!(ChallengeMessage::parse(&encoded), Ok(message));
    }
    if let Ok(message) = AuthenticateMessage::parse(octets)
        && let Ok(encoded) = message.encode()
    {
        assert_eq!(AuthenticateMessage::parse(&encoded), Ok(message));
    }
    if let Ok(pairs) = AvPair::parse_list(octets) {
        let encoded = AvPair::encode_list(&pairs).expect("it was read");
        assert_eq!(AvPair::parse_list(&encoded), Ok(pairs));
    }
}

fn challenge(octets: &[u8]) {
    let fresh = Fresh {
        random: [0xaa; 16],
        since_epoch: Duration::from_secs(1_800_000_000),
    };
    let client = client::Ntlm::new("CORP\\alice", &Secret::from("Al1ce.Secret"), fresh);
    let mut client = client
        .expect("alice has a password")
        .with_key_exchange([0x55; 16]);
    if !octets.is_empty()
        && let Ok(message) = client.response(octets)
    {
        let message = AuthenticateMessage::parse(&message).expect("our own can be read");
        assert!(message.nt_challenge_response.len() >= 44);
        assert!([0, 16].contains(&message.encrypted_random_session_key.len()));
    }
}

fn answer(negotiate: &[u8], authenticate: &[u8]) -> Option<Ntlm> {
    let settings = Settings {
        host: "gw1.corp.example.test".to_owned(),
        ntlm: Target::new("CORP", "corp.example.test", "gw1.corp.example.test"),
        bindings: Bindings::IfSent(vec![[7; 16]]),
    };
    let fresh = Fresh {
        random: [
            0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0, 0, 0, 0, 0, 0, 0, 0,
        ],
        since_epoch: Duration::from_nanos((0x01dd_7af2_2719_1600 - 116_444_736_000_000_000) * 100),
    };
    let exchange = start(Mechanism::Ntlm, Some(negotiate), &settings, fresh);
    let Ok(Exchange::Challenge(challenge)) = exchange else {
        panic!("a recorded message was refused")
    };
    match challenge.respond(authenticate) {
        Ok(Exchange::Verify(Claim::Ntlm(claim))) => Some(*claim),
        Ok(_) => panic!("not a claim of NTLM"),
        Err(error) => {
            assert!(!error.to_string().is_empty());
            None
        }
    }
}

fn check(claim: &Ntlm) {
    assert!(!claim.user().is_empty());
    assert!((44..MAX_MESSAGE_OCTETS).contains(&claim.nt_response().len()));
    let hash = NtHash::of_password(&Secret::from("Al1ce.Secret")).expect("it is UTF-8");
    if claim.is_of(&hash) {
        let user = claim.user().to_ascii_lowercase();
        let known = [("alice", "CORP"), ("alice@corp.example.test", "")];
        assert!(known.contains(&(&user, claim.domain())), "{claim:?}");
    }
}
