//! The messages: what is read can be written, and nothing reaches beyond its message.

use gatepost_sasl::ntlm::{
    AuthenticateMessage, ChallengeMessage, MAX_MESSAGE_OCTETS, NegotiateFlags, NegotiateMessage,
};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::recorded;
use crate::recorded::hex;

#[test]
fn a_recorded_message_is_written_as_it_was_read() {
    let mut recorded = recorded::pyspnego();
    let message = AuthenticateMessage::parse(&recorded.authenticate).unwrap();
    assert_eq!(
        message.mic.unwrap().to_vec(),
        hex("b7a33a0e1e1b470a661a14b022900a22")
    );
    let encoded = message.encode().unwrap();
    // VERSION is not kept.
    recorded.authenticate[64..72].fill(0);
    assert_eq!(encoded, recorded.authenticate);

    let recorded = recorded::curl();
    let message = AuthenticateMessage::parse(&recorded.authenticate).unwrap();
    assert_eq!(message.mic, None);
    let mut encoded = message.encode().unwrap();
    // curl says that an empty payload is at 0, we say where it would be.
    encoded[56..60].fill(0);
    assert_eq!(encoded, recorded.authenticate);
    let negotiate = NegotiateMessage::parse(&recorded.negotiate).unwrap();
    assert_eq!(negotiate.negotiate_flags, NegotiateFlags(0x0008_8206));
    assert_eq!(negotiate.encode(), recorded.negotiate);
    let challenge = ChallengeMessage::parse(&recorded.challenge).unwrap();
    assert_eq!(challenge.encode().unwrap(), recorded.challenge);
}

/// fetchmail names a domain and a workstation of 5 octets in a message of 37.
#[test]
fn the_names_of_the_first_message_are_not_looked_at() {
    let recorded = recorded::fetchmail();
    let flags = NegotiateMessage::parse(&recorded.negotiate)
        .unwrap()
        .negotiate_flags;
    assert_eq!(flags, NegotiateFlags(0x0000_b207));
    assert!(NegotiateMessage::parse(&recorded.negotiate[..16]).is_ok());
    let mut beyond = recorded.negotiate;
    beyond[16..32].fill(0xff);
    assert!(NegotiateMessage::parse(&beyond).is_ok());
}

#[test]
fn every_prefix_of_the_fixed_part_is_refused() {
    let recorded = recorded::pyspnego();
    for length in 0..16 {
        assert!(
            NegotiateMessage::parse(&recorded.negotiate[..length]).is_err(),
            "{length}"
        );
    }
    for length in 0..recorded.challenge.len() {
        assert!(
            ChallengeMessage::parse(&recorded.challenge[..length]).is_err(),
            "{length}"
        );
    }
    for length in 0..recorded.authenticate.len() {
        assert!(
            AuthenticateMessage::parse(&recorded.authenticate[..length]).is_err(),
            "{length}"
        );
    }
}

#[test]
fn errors_say_where_and_what() {
    let recorded = recorded::curl();
    let error = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut message = recorded.authenticate.clone();
        change(&mut message);
        AuthenticateMessage::parse(&message).unwrap_err().to_string()
    };
    assert_eq!(
        error(&|message| message[3] = b'X'),
        "NTLM: expected NTLMSSP at octet 0"
    );
    assert_eq!(
        error(&|message| message[8] = 2),
        "NTLM: expected an AUTHENTICATE_MESSAGE at octet 8"
    );
    assert_eq!(
        error(&|message| message[21] = 0xff),
        "NTLM: expected NtChallengeResponse inside the message at octet 20"
    );
    assert_eq!(
        error(&|message| message[36..40].fill(0xff)),
        "NTLM: expected UserName inside the message at octet 36"
    );
    assert_eq!(
        error(&|message| message.truncate(61)),
        "NTLM: expected LmChallengeResponse inside the message at octet 12"
    );
    assert_eq!(
        error(&|message| message.resize(MAX_MESSAGE_OCTETS + 1, 0)),
        "NTLM: a message of over 16 KiB at octet 16384"
    );
}

#[test]
fn payloads_may_overlap_and_empty_ones_may_be_anywhere() {
    let mut recorded = recorded::curl();
    // The workstation is the user, and the empty session key is nowhere.
    let user: [u8; 8] = recorded.authenticate[36..44].try_into().unwrap();
    recorded.authenticate[44..52].copy_from_slice(&user);
    recorded.authenticate[52..60].copy_from_slice(&[0, 0, 9, 9, 0xff, 0xff, 0xff, 0xff]);
    let message = AuthenticateMessage::parse(&recorded.authenticate).unwrap();
    assert_eq!(message.workstation, b"alice");
    assert_eq!(message.encrypted_random_session_key, b"");
}

/// The last octet counts, the one behind it does not exist.
#[test]
fn a_payload_may_end_with_the_message() {
    let mut message = recorded::curl().authenticate;
    let length = message.len();
    let begins = u32::try_from(length - 3).unwrap().to_le_bytes();
    message[44..48].copy_from_slice(&[3, 0, 3, 0]);
    message[48..52].copy_from_slice(&begins);
    assert_eq!(AuthenticateMessage::parse(&message).unwrap().workstation, b"ION");
    message[44] = 4;
    assert!(AuthenticateMessage::parse(&message).is_err());
}

#[test]
fn nothing_over_the_limit_is_written() {
    let message = AuthenticateMessage {
        lm_challenge_response: b"",
        nt_challenge_response: &[0; MAX_MESSAGE_OCTETS - 63],
        domain_name: b"",
        user_name: b"",
        workstation: b"",
        encrypted_random_session_key: b"",
        negotiate_flags: NegotiateFlags(0),
        mic: None,
    };
    assert!(message.encode().is_err());
    let fitting = AuthenticateMessage {
        nt_challenge_response: &[0; MAX_MESSAGE_OCTETS - 64],
        ..message
    };
    let octets = fitting.encode().unwrap();
    assert_eq!(octets.len(), MAX_MESSAGE_OCTETS);
    assert_eq!(AuthenticateMessage::parse(&octets).unwrap(), fitting);
}

proptest! {
    #[test]
    fn what_is_written_can_be_read(
        payloads in [vec(any::<u8>(), 0..40), vec(any::<u8>(), 0..400), vec(any::<u8>(), 0..40),
            vec(any::<u8>(), 0..40), vec(any::<u8>(), 0..40), vec(any::<u8>(), 0..20)],
        flags: u32,
        mic: Option<[u8; 16]>,
        server_challenge: [u8; 8],
    ) {
        let message = AuthenticateMessage {
            lm_challenge_response: &payloads[0],
            nt_challenge_response: &payloads[1],
            domain_name: &payloads[2],
            user_name: &payloads[3],
            workstation: &payloads[4],
            encrypted_random_session_key: &payloads[5],
            negotiate_flags: NegotiateFlags(flags),
            // Without any payload nobody can tell a MIC from what is not there.
            mic,
        };
        let encoded = message.encode().unwrap();
        prop_assert_eq!(AuthenticateMessage::parse(&encoded).unwrap(), message);

        let promised = NegotiateFlags(flags) | NegotiateFlags::TARGET_INFO;
        let challenge = ChallengeMessage {
            target_name: &payloads[2],
            negotiate_flags: promised,
            server_challenge,
            target_info: &payloads[1],
        };
        let encoded = challenge.encode().unwrap();
        prop_assert_eq!(ChallengeMessage::parse(&encoded).unwrap(), challenge);
    }

    #[test]
    fn nothing_panics(octets in vec(any::<u8>(), 0..200), recorded_octets in 0_usize..100) {
        let recorded = recorded::pyspnego();
        for message in [&recorded.negotiate, &recorded.challenge, &recorded.authenticate] {
            let octets = [&message[..recorded_octets.min(message.len())], &octets[..]].concat();
            let _ = NegotiateMessage::parse(&octets);
            let _ = ChallengeMessage::parse(&octets);
            let _ = AuthenticateMessage::parse(&octets);
        }
    }
}
