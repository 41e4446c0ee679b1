//! Whatever is said, by whichever side: nobody panics, an exchange ends, and who means the same agrees.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::time::Duration;

use gatepost_sasl::client::{self, Fresh};
use gatepost_sasl::cram_md5::State;
use gatepost_sasl::ntlm::{
    AuthenticateMessage, AvId, AvPair, ChallengeMessage, Charset, NegotiateFlags, NtHash,
};
use gatepost_sasl::server::{Exchange, Settings, start};
use gatepost_sasl::{Claim, Error, ErrorKind, MAX_NAME_OCTETS, MAX_PASSWORD_OCTETS, Mechanism};
use gatepost_wire::Secret;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use sasl::client::Mechanism as _;

fn fresh(octet: u8) -> Fresh {
    Fresh {
        random: [octet; 16],
        since_epoch: Duration::from_secs(1_800_000_000),
    }
}

fn settings() -> Settings {
    Settings::of_host("mail.example.test")
}

fn mechanism() -> impl Strategy<Value = Mechanism> {
    select(Mechanism::ALL)
}

/// What our client and our server come to.
fn log_in(mechanism: Mechanism, name: &str, password: &str, has_initial: bool) -> Result<Claim, Error> {
    let mut client = client::start(mechanism, name, &Secret::from(password), fresh(1))?;
    let initial = has_initial.then(|| client.initial());
    let mut exchange = start(mechanism, initial.as_deref(), &settings(), fresh(2))?;
    loop {
        match exchange {
            Exchange::Verify(claim) => return Ok(claim),
            Exchange::Challenge(challenge) => {
                let response = client.response(challenge.octets()).unwrap();
                exchange = challenge.respond(&response)?;
            }
        }
    }
}

fn is_of(claim: &Claim, password: &str) -> bool {
    let password = Secret::from(password);
    match claim {
        Claim::Password(proof) => *proof.password() == password,
        Claim::CramMd5(proof) => proof.is_of(&State::of_password(&password)),
        Claim::Ntlm(proof) => proof.is_of(&NtHash::of_password(&password).unwrap()),
        other => panic!("{other:?}"),
    }
}

/// Whether a claim may hold the name and the password; those that prove a password never see its length.
fn is_possible(mechanism: Mechanism, name: &str, password: &str) -> bool {
    let sends_password = matches!(mechanism, Mechanism::Plain | Mechanism::Login);
    let is_name = !name.is_empty() && name.len() <= MAX_NAME_OCTETS && !name.contains(char::is_control);
    let is_short = password.len() <= MAX_PASSWORD_OCTETS || !sends_password;
    is_name && !password.is_empty() && !password.contains('\0') && is_short
}

/// Names as they are typed and as nobody types them. For NTLM a backslash has another meaning, which `names.rs` has.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-zA-Z0-9._@ äöüß€😀]{1,40}",
        1 => any::<String>().prop_map(|name| name.replace('\\', "/")),
        1 => "[aé]{300,330}",
    ]
}

fn password() -> impl Strategy<Value = String> {
    prop_oneof![4 => any::<String>(), 1 => "[ -~]{1,20}", 1 => "[aé]{1000,1040}"]
}

/// Challenges that NTLM's client can read, of names and pairs that no server has.
fn ntlm_challenge() -> impl Strategy<Value = Vec<u8>> {
    let pair = (0_u16..12, vec(any::<u8>(), 0..24));
    let fields = (
        any::<u32>(),
        any::<[u8; 8]>(),
        vec(any::<u8>(), 0..24),
        vec(pair, 0..6),
    );
    fields.prop_map(|(flags, server_challenge, target_name, pairs)| {
        let pairs = pairs.iter().map(|(id, value)| AvPair { id: AvId(*id), value });
        let message = ChallengeMessage {
            target_name: &target_name,
            negotiate_flags: NegotiateFlags(flags),
            server_challenge,
            target_info: &AvPair::encode_list(&pairs.collect::<Vec<_>>()).unwrap(),
        };
        message.encode().unwrap()
    })
}

proptest! {
    /// At most three steps, and what is refused says why.
    #[test]
    fn a_server_ends_whatever_it_hears(
        mechanism in mechanism(),
        initial in proptest::option::of(vec(any::<u8>(), 0..80)),
        responses in vec(vec(any::<u8>(), 0..120), 3),
    ) {
        let mut exchange = start(mechanism, initial.as_deref(), &settings(), fresh(1));
        for response in responses {
            let Ok(Exchange::Challenge(challenge)) = exchange else { break };
            exchange = challenge.respond(&response);
        }
        match exchange {
            Ok(Exchange::Challenge(challenge)) => prop_assert!(false, "it goes on: {challenge:?}"),
            Ok(Exchange::Verify(claim)) => prop_assert!(!claim.name().is_empty()),
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }

    /// Three challenges are more than any mechanism has.
    #[test]
    fn a_client_survives_whatever_it_hears(
        mechanism in mechanism(),
        challenges in vec(prop_oneof![vec(any::<u8>(), 0..120), ntlm_challenge()], 3),
    ) {
        let mut client = client::start(mechanism, "alice", &Secret::from("secret"), fresh(1)).unwrap();
        client.initial();
        let answers = challenges.iter().filter(|challenge| client.response(challenge).is_ok());
        prop_assert!(answers.count() <= 2);
    }

    /// Whatever a server asks for, it gets a response of version 2 and nothing that an older one could be made of.
    #[test]
    fn a_client_of_ntlm_is_never_talked_down(challenge in ntlm_challenge()) {
        let mut client = client::Ntlm::new("CORP\\alice", &Secret::from("secret"), fresh(1)).unwrap();
        if let Ok(message) = client.response(&challenge) {
            let message = AuthenticateMessage::parse(&message).unwrap();
            prop_assert!(message.nt_challenge_response.len() >= 44);
            prop_assert_eq!(message.lm_challenge_response.len(), 24);
            let sent = Charset::of(ChallengeMessage::parse(&challenge).unwrap().negotiate_flags);
            prop_assert_eq!(sent.decode(message.user_name).unwrap(), "alice");
        }
    }

    /// Either both sides agree on name and password, or nobody could have them.
    #[test]
    fn client_and_server_agree(
        mechanism in mechanism(),
        name in name(),
        password in password(),
        other in password(),
        has_initial: bool,
    ) {
        match log_in(mechanism, &name, &password, has_initial) {
            Ok(claim) => {
                prop_assert!(is_possible(mechanism, &name, &password));
                prop_assert_eq!(claim.name(), &name);
                prop_assert!(is_of(&claim, &password));
                prop_assert_eq!(is_of(&claim, &other), other == password);
            }
            Err(error) => {
                prop_assert_eq!(error.kind(), ErrorKind::Identity);
                prop_assert!(!is_possible(mechanism, &name, &password), "{}", error);
            }
        }
    }

    /// Of NTLM, where every octet of the last message counts; the others have one message, or none that vouches for it.
    #[test]
    fn a_changed_response_is_never_true(at in 0_usize..400, flipped in 1_u8..) {
        let mut client = client::Ntlm::new("alice", &Secret::from("secret"), fresh(1)).unwrap();
        let initial = client.initial();
        let Ok(Exchange::Challenge(challenge)) = start(Mechanism::Ntlm, Some(&initial), &settings(), fresh(2)) else {
            panic!("no challenge")
        };
        let mut response = client.response(challenge.octets()).unwrap();
        let at = at % response.len();
        if let Some(octet) = response.get_mut(at) {
            *octet ^= flipped;
        }
        if let Ok(Exchange::Verify(claim)) = challenge.respond(&response) {
            prop_assert!(!is_of(&claim, "secret"), "octet {}", at);
        }
    }
}
