use super::*;
use crate::Claim;
use crate::server::{self, Exchange};

fn secret(text: &str) -> Secret {
    Secret::from(text)
}

fn assert_send<T: Send>(_: &T) {}

#[test]
fn plain_sends_authorization_identity_name_and_password() {
    let mut own = Plain::new(None, "alice", &secret("sec ret")).unwrap();
    assert_eq!(own.initial(), b"\0alice\0sec ret");
    let mut other = Plain::new(Some("alice"), "gateway", &secret("m")).unwrap();
    assert_eq!(other.initial(), b"alice\0gateway\0m");
    assert_eq!(other.response(b"").unwrap(), b"alice\0gateway\0m");
    assert!(other.response(b"what?").is_err());
    assert_send(&other);
}

#[test]
fn nothing_is_empty_and_nothing_holds_nul() {
    for (authzid, name, password) in [
        (Some(""), "a", "p"),
        (Some("a\0"), "a", "p"),
        (None, "", "p"),
        (None, "a\0", "p"),
        (None, "a", ""),
        (None, "a", "\0"),
    ] {
        assert!(
            Plain::new(authzid, name, &secret(password)).is_err(),
            "{authzid:?} {name:?} {password:?}"
        );
    }
    assert!(Plain::new(None, "a", &Secret::from(&b"\xff"[..])).is_err());
    assert!(Login::new("", &secret("p")).is_err());
    assert!(Login::new("a", &secret("")).is_err());
}

#[test]
fn login_answers_two_prompts_and_no_third() {
    let mut login = Login::new("alice", &secret("secret")).unwrap();
    assert_eq!(login.initial(), b"");
    assert_eq!(login.response(b"Username:").unwrap(), b"alice");
    assert_eq!(login.response(b"Passwort:").unwrap(), b"secret");
    assert!(login.response(b"Username:").is_err());
    assert_send(&login);
}

#[test]
fn a_client_never_prints_the_password() {
    let plain = Plain::new(Some("alice"), "gateway", &secret("hunter2")).unwrap();
    let login = Login::new("alice", &secret("hunter2")).unwrap();
    assert!(!format!("{plain:?} {login:?}").contains("hunter2"));
}

#[test]
fn our_clients_and_our_server_understand_each_other() {
    let plain = Plain::new(None, "jörg", &secret("ge heim")).unwrap();
    let login = Login::new("jörg", &secret("ge heim")).unwrap();
    let sides: [(Box<dyn Contract>, _); 2] = [
        (Box::new(plain), server::plain(None)),
        (Box::new(login), server::login(None)),
    ];
    for (mut client, exchange) in sides {
        let mut exchange = exchange.unwrap();
        let claim = loop {
            exchange = match exchange {
                Exchange::Verify(claim) => break claim,
                Exchange::Challenge(challenge) => {
                    let response = client.response(challenge.octets()).unwrap();
                    challenge.respond(&response).unwrap()
                }
            };
        };
        let Claim::Password(password) = &claim else {
            panic!("{claim:?}")
        };
        assert_eq!(
            (claim.name(), password.password().expose()),
            ("jörg", &b"ge heim"[..])
        );
    }
}
