//! CRAM-MD5: who gets in, and what wrong proofs hear.

use gatepost_sasl::client::CramMd5;
use gatepost_wire::Secret;

use crate::site::{Kept, PEOPLE, Site};
use crate::talk::Protocol;

fn client(name: &str, password: &str) -> CramMd5 {
    CramMd5::new(name, &Secret::from(password)).unwrap()
}

#[tokio::test]
async fn everybody_gets_in_by_plaintext_and_by_state() {
    for kept in [Kept::Plaintext, Kept::CramState] {
        let site = Site::start(kept, &["CRAM-MD5"]).await;
        for protocol in Protocol::BOTH {
            for (name, password) in PEOPLE {
                let mut talk = site.talk(protocol).await;
                let said = talk.log_in(client(name, password), true).await;
                assert!(said.starts_with(protocol.let_in()), "{kept:?} {name}: {said}");
                site.assert_logged_in(protocol, name);
            }
        }
    }
}

#[tokio::test]
async fn wrong_unknown_and_disabled_hear_the_same() {
    let site = Site::start(Kept::CramState, &["CRAM-MD5"]).await;
    for protocol in Protocol::BOTH {
        for (name, password) in [
            ("alice", "builder"),
            ("alice", ""),
            ("nobody", "wonderland"),
            ("eve", "wrong"),
            ("carol", "christmas"),
        ] {
            let password = if password.is_empty() { "\u{1}" } else { password };
            let mut talk = site.talk(protocol).await;
            let said = talk.log_in(client(name, password), true).await;
            assert_eq!(said, protocol.failed(), "{name}");
        }
        let mut talk = site.talk(protocol).await;
        let said = talk.log_in(client("eve", "apple"), true).await;
        assert_ne!(said, protocol.failed());
        assert!(said.contains("this account is disabled"), "{said}");
    }
    site.assert_nobody_in();
}

#[tokio::test]
async fn a_response_is_good_for_one_challenge() {
    let site = Site::start(Kept::Plaintext, &["CRAM-MD5"]).await;
    for protocol in Protocol::BOTH {
        let mut talk = site.talk(protocol).await;
        let first = talk.start("CRAM-MD5", None).await.challenge();
        let response = {
            use sasl::client::Mechanism as _;
            client("alice", "wonderland").response(&first).unwrap()
        };
        let mut other = site.talk(protocol).await;
        let second = other.start("CRAM-MD5", None).await.challenge();
        assert_ne!(first, second);
        assert_eq!(other.respond(&response).await.over(), protocol.failed());
        // It was good all the time.
        assert!(
            talk.respond(&response)
                .await
                .over()
                .starts_with(protocol.let_in())
        );
    }
}

#[tokio::test]
async fn what_is_no_response_is_a_bad_command() {
    let site = Site::start(Kept::Plaintext, &["CRAM-MD5"]).await;
    for protocol in Protocol::BOTH {
        let mut talk = site.talk(protocol).await;
        for response in [
            &b""[..],
            b"alice",
            b"alice ",
            b"alice b913a602c7eda7a495b4e6e7334d389",
        ] {
            talk.start("CRAM-MD5", None).await.challenge();
            let said = talk.respond(response).await.over();
            assert!(said.starts_with(protocol.malformed()), "{response:?}: {said}");
        }
    }
    assert!(site.gateway.lines("event=login-failed").is_empty());
}
