//! CRAM-MD5 and NTLM, judged by what slapd keeps for the service account.

use gatepost_sasl::client::CramMd5;
use gatepost_sasl::cram_md5::State;
use gatepost_sasl::ntlm::NtHash;
use gatepost_testkit::servers::{Person, Slapd};
use gatepost_wire::Secret;
use sasl::client::Mechanism as _;

use crate::common::Gateway;
use crate::setup::{ALL_ON_ONE, BY_AUTHZID, BY_SAME_CREDENTIALS, BY_SEPARATOR, Setup, backend};
use crate::talk::{Protocol, Talk, ntlm};

/// The mechanisms that an attribute judges, as the key for it.
const CELLS: [(&str, &[&str]); 3] = [
    ("nt_hash_attribute = \"sambaNTPassword\"", &["NTLM"]),
    ("cram_md5_attribute = \"cramMd5State\"", &["CRAM-MD5"]),
    ("plaintext_attribute = \"clearPassword\"", &["NTLM", "CRAM-MD5"]),
];

fn text(secret: &Secret) -> &str {
    secret.expose_str().unwrap()
}

/// Somebody of whom everything is kept.
fn person(uid: &str, password: &str) -> Person {
    let secret = Secret::from(password);
    Person::new(uid)
        .password(password)
        .nt_hash(text(&NtHash::of_password(&secret).unwrap().to_hex()))
        .cram_md5_state(text(&State::of_password(&secret).to_text()))
        .clear_password(password)
}

fn people() -> Slapd {
    let slapd = Slapd::builder().person(person("alice", "Wunder länd"));
    let bob = person("bob", "builder").attribute("employeeType", "left");
    slapd.person(bob).start().unwrap()
}

async fn said(gateway: &Gateway, mechanism: &str, user: &str, password: &str) -> String {
    let mut talk = Talk::begin(gateway, Protocol::Imap).await;
    match mechanism {
        "NTLM" => talk.log_in(ntlm(user, "", password), true).await,
        _ => {
            let client = CramMd5::new(user, &Secret::from(password)).unwrap();
            talk.log_in(client, true).await
        }
    }
}

#[tokio::test]
async fn each_attribute_judges_what_it_can() {
    let (slapd, dovecot) = (people(), backend().start().unwrap());
    for (key, mechanisms) in CELLS {
        let keys = format!("{key}\ndisabled_filter = \"(employeeType=left)\"");
        let setup = Setup::new()
            .offering(mechanisms)
            .ldap(&slapd, &keys)
            .with(ALL_ON_ONE)
            .with("[guard]\nenabled = false");
        for login in [BY_AUTHZID, BY_SEPARATOR] {
            let gateway = setup.clone().upstream("one", &dovecot, login).start().await;
            for mechanism in mechanisms {
                let failed = Protocol::Imap.failed();
                assert_eq!(said(&gateway, mechanism, "alice", "builder").await, failed);
                assert_eq!(said(&gateway, mechanism, "nobody", "builder").await, failed);
                assert_eq!(said(&gateway, mechanism, "bob", "wrong").await, failed);
                let disabled = said(&gateway, mechanism, "bob", "builder").await;
                assert!(disabled.starts_with("NO [CONTACTADMIN]"), "{disabled}");
                let right = said(&gateway, mechanism, "alice", "Wunder länd").await;
                assert!(right.starts_with("OK "), "{key} {mechanism}: {right}");
                dovecot.logged("user=<alice>, auth=<gateway>").unwrap();
            }
        }
    }
}

#[tokio::test]
async fn what_an_attribute_cannot_judge_or_the_mail_server_not_go_on_from_is_refused() {
    let (slapd, dovecot) = (people(), backend().start().unwrap());
    for (keys, login, mechanism, complaint) in [
        (
            CELLS[0].0,
            BY_AUTHZID,
            "CRAM-MD5",
            "directory `users` cannot judge CRAM-MD5",
        ),
        (
            CELLS[1].0,
            BY_AUTHZID,
            "NTLM",
            "directory `users` cannot judge NTLM",
        ),
        ("", BY_AUTHZID, "NTLM", "directory `users` cannot judge NTLM"),
        (
            CELLS[0].0,
            BY_SAME_CREDENTIALS,
            "NTLM",
            "upstream `one` logs in with same-credentials: after NTLM there is no password to pass on",
        ),
    ] {
        let setup = Setup::new().offering(&[mechanism]).ldap(&slapd, keys);
        let setup = setup.upstream("one", &dovecot, login).with(ALL_ON_ONE);
        let output = setup.check().await;
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && error.contains(complaint), "{error}");
    }
}

/// What is heard by a client whose last message was changed on its way.
async fn changed(gateway: &Gateway, password: &str, change: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut talk = Talk::begin(gateway, Protocol::Imap).await;
    let mut client = ntlm("alice", "", password);
    let challenge = talk.start("NTLM", Some(&client.initial())).await.challenge();
    let mut last = client.response(&challenge).unwrap();
    change(&mut last);
    talk.respond(&last).await.over()
}

/// The integrity code covers every octet, so nothing gets through that was changed, and nothing twice.
#[tokio::test]
async fn no_octet_can_be_changed_and_no_response_repeated() {
    let (slapd, dovecot) = (people(), backend().start().unwrap());
    let setup = Setup::new().offering(&["NTLM"]).ldap(&slapd, CELLS[0].0);
    let setup = setup.with(ALL_ON_ONE).with("[guard]\nenabled = false");
    let gateway = setup.upstream("one", &dovecot, BY_AUTHZID).start().await;
    let mut good = Vec::new();
    let said = changed(&gateway, "Wunder länd", |last| good.clone_from(last)).await;
    assert!(said.starts_with("OK ") && good.len() > 300, "{said}");
    let again = changed(&gateway, "Wunder länd", |last| last.clone_from(&good)).await;
    assert_eq!(again, Protocol::Imap.failed());
    for place in 0..good.len() {
        let said = changed(&gateway, "Wunder länd", |last| last[place] ^= 1).await;
        let refused = [Protocol::Imap.failed(), Protocol::Imap.malformed()];
        assert!(
            refused.iter().any(|known| said.starts_with(known)),
            "{place}: {said}"
        );
    }
    let log = dovecot.log();
    assert_eq!(log.matches("Login: ").count(), 1, "{log}");
}
