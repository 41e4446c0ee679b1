//! Another implementation's client, with our server. It sends no MIC.

use gatepost_sasl::Ntlm;
use ntlmclient::{
    ChallengeMessage, ChallengeResponse, Credentials, Flags, Message, NegotiateMessage,
    respond_challenge_ntlm_v2,
};

use crate::{challenge, hash, respond, settings};

fn credentials(domain: &str, user: &str) -> Credentials {
    Credentials {
        username: user.to_owned(),
        password: "pässwörd".to_owned(),
        domain: domain.to_owned(),
    }
}

fn log_in(credentials: &Credentials) -> Ntlm {
    let negotiate = Message::Negotiate(NegotiateMessage {
        flags: Flags::NEGOTIATE_UNICODE | Flags::REQUEST_TARGET | Flags::NEGOTIATE_NTLM,
        supplied_domain: String::new(),
        supplied_workstation: "PHONE".to_owned(),
        os_version: Default::default(),
    });
    let challenge = challenge(&negotiate.to_bytes().unwrap(), &settings());
    let Message::Challenge(theirs) = Message::try_from(challenge.octets()).unwrap() else {
        panic!("no challenge")
    };
    assert_eq!(theirs.target_name, "CORP");
    let message = version_2(&theirs, credentials).to_message(credentials, "PHONE", theirs.flags);
    respond(challenge, &message.to_bytes().unwrap()).unwrap()
}

fn version_2(challenge: &ChallengeMessage, credentials: &Credentials) -> ChallengeResponse {
    let pairs = challenge.target_information.iter();
    let info: Vec<u8> = pairs.flat_map(|entry| entry.to_bytes()).collect();
    respond_challenge_ntlm_v2(challenge.challenge, &info, 0x01dd_7af2_2719_1600, credentials)
}

#[test]
fn another_client_is_understood() {
    for (domain, user) in [("CORP", "alice"), ("", "müller"), ("Other", "Алиса")] {
        let claim = log_in(&credentials(domain, user));
        assert_eq!((claim.domain(), claim.user()), (domain, user));
        assert!(claim.is_of(&hash("pässwörd")), "{user}");
        assert!(!claim.is_of(&hash("passwörd")), "{user}");
    }
}
