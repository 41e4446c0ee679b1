use gatepost_wire::Secret;
use sasl::client::Mechanism as _;
use sasl::client::mechanisms::Plain as TheirClient;
use sasl::common::Credentials;
use sasl::secret;
use sasl::server::mechanisms::Plain as TheirServer;
use sasl::server::{Validator, ValidatorError};

use super::*;
use crate::client::{Login, Ntlm, Plain};
use crate::ntlm::NtHash;

#[allow(clippy::needless_pass_by_value, reason = "what a judge is")]
fn judge(claim: Claim) -> Result<Identity, MechanismError> {
    let secret = Secret::from("secret");
    let is_true = match &claim {
        Claim::Password(proof) => *proof.password() == secret,
        Claim::CramMd5(proof) => proof.is_of(&crate::cram_md5::State::of_password(&secret)),
        Claim::Ntlm(proof) => proof.is_of(&NtHash::of_password(&secret).unwrap()),
    };
    let identity = is_true.then(|| claim.name().into());
    identity.ok_or(MechanismError::AuthenticationFailed)
}

fn credentials(password: &str) -> Credentials {
    Credentials::default()
        .with_username("alice")
        .with_password(password)
}

struct OnlyAlice;

impl Validator<secret::Plain> for OnlyAlice {
    fn validate(&self, identity: &Identity, value: &secret::Plain) -> Result<(), ValidatorError> {
        let right = *identity == Identity::from("alice") && value.0 == "secret";
        right.then_some(()).ok_or(ValidatorError::AuthenticationFailed)
    }
}

#[test]
fn their_client_and_our_server() {
    let mut client = TheirClient::from_credentials(credentials("secret")).unwrap();
    let answer = Judged::plain(judge).respond(&client.initial());
    assert_eq!(answer, Ok(Response::Success("alice".into(), Vec::new())));
    let mut client = TheirClient::from_credentials(credentials("wrong")).unwrap();
    let answer = Judged::plain(judge).respond(&client.initial());
    assert_eq!(answer, Err(MechanismError::AuthenticationFailed));
}

#[test]
fn our_client_and_their_server() {
    let mut client = Plain::from_credentials(credentials("secret")).unwrap();
    let answer = TheirServer::new(OnlyAlice).respond(&client.initial());
    assert_eq!(answer, Ok(Response::Success("alice".into(), Vec::new())));
}

#[test]
fn login_takes_three_payloads() {
    let mut client = Login::from_credentials(credentials("secret")).unwrap();
    let mut server = Judged::login(judge);
    let mut payload = client.initial();
    for prompt in [&b"Username:"[..], b"Password:"] {
        assert_eq!(server.respond(&payload), Ok(Response::Proceed(prompt.to_vec())));
        payload = client.response(prompt).unwrap();
    }
    assert_eq!(
        server.respond(&payload),
        Ok(Response::Success("alice".into(), Vec::new()))
    );
    assert_eq!(
        server.respond(b"more"),
        Err(MechanismError::SaslSessionAlreadyOver)
    );
}

#[test]
fn an_error_ends_the_exchange() {
    let mut server = Judged::plain(judge);
    assert_eq!(
        server.respond(b"nonsense"),
        Err(MechanismError::FailedToDecodeMessage)
    );
    assert_eq!(
        server.respond(b"\0alice\0secret"),
        Err(MechanismError::SaslSessionAlreadyOver)
    );
}

#[test]
fn nobody_acts_for_somebody_else() {
    let answer = Judged::plain(judge).respond(b"bob\0alice\0secret");
    assert_eq!(answer, Err(MechanismError::AuthenticationFailed));
}

fn settings() -> Settings {
    Settings::of_host("mail.example.test")
}

fn fresh() -> Fresh {
    Fresh {
        random: [7; 16],
        since_epoch: std::time::Duration::from_secs(1_800_000_000),
    }
}

#[test]
fn every_mechanism_by_the_common_constructor() {
    for mechanism in Mechanism::ALL {
        let mut server = Judged::new(*mechanism, settings(), fresh(), judge);
        assert_eq!(server.name(), mechanism.name());
        let answer = server.respond(b"");
        let Ok(Response::Proceed(challenge)) = answer else {
            panic!("{mechanism} {answer:?}")
        };
        let expected: &[u8] = match mechanism {
            Mechanism::Plain | Mechanism::Ntlm => b"",
            Mechanism::Login => b"Username:",
            Mechanism::CramMd5 => b"<9",
        };
        assert!(challenge.starts_with(expected), "{mechanism}");
        let printed = format!("{:?}", server.state);
        assert!(!printed.contains("7, 7"), "{printed}");
    }
}

#[test]
fn a_wrong_digest_and_a_wrong_response_are_refused() {
    let mut server = Judged::new(Mechanism::CramMd5, settings(), fresh(), judge);
    server.respond(b"").unwrap();
    assert_eq!(
        server.respond(b"alice 00000000000000000000000000000000"),
        Err(MechanismError::AuthenticationFailed)
    );
    let mut client = Ntlm::new("alice", &Secret::from("wrong"), fresh()).unwrap();
    let mut server = Judged::new(Mechanism::Ntlm, settings(), fresh(), judge);
    let Ok(Response::Proceed(challenge)) = server.respond(&client.initial()) else {
        panic!("no challenge")
    };
    let response = client.response(&challenge).unwrap();
    assert_eq!(
        server.respond(&response),
        Err(MechanismError::AuthenticationFailed)
    );
    assert_eq!(
        server.respond(&response),
        Err(MechanismError::SaslSessionAlreadyOver)
    );
}

/// The refusals of policy are failed logins to that trait.
#[test]
fn an_anonymous_client_is_refused() {
    let mut client = Ntlm::new("alice", &Secret::from("secret"), fresh()).unwrap();
    let mut server = Judged::new(Mechanism::Ntlm, settings(), fresh(), judge);
    server.respond(&client.initial()).unwrap();
    let anonymous = crate::ntlm::AuthenticateMessage {
        lm_challenge_response: b"\0",
        nt_challenge_response: b"",
        domain_name: b"",
        user_name: b"",
        workstation: b"",
        encrypted_random_session_key: b"",
        negotiate_flags: crate::ntlm::NegotiateFlags::UNICODE,
        mic: None,
    };
    let answer = server.respond(&anonymous.encode().unwrap());
    assert_eq!(answer, Err(MechanismError::AuthenticationFailed));
}
