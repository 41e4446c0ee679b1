//! Passwords in a domain: they need no computer account, without which nothing else is offered, and no port but one.

use gatepost_testkit::servers::Samba;

use crate::common::Gateway;
use crate::site::{Proof, Servers, log_in};
use crate::talk::{Protocol, Talk};

/// What somebody hears by the mechanism LOGIN.
async fn by_login(gateway: &Gateway, protocol: Protocol, (user, password): (&str, &str)) -> String {
    let mut talk = Talk::begin(gateway, protocol).await;
    talk.start("LOGIN", None).await.challenge();
    talk.respond(user.as_bytes()).await.challenge();
    talk.respond(password.as_bytes()).await.over()
}

#[tokio::test]
async fn they_need_no_computer_account() {
    let servers = Servers::start();
    let site = servers.site().without_netlogon().group("mail-users");
    let gateway = site.start().await;
    for protocol in Protocol::BOTH {
        for (user, password, is_let_in) in [
            ("alice", Samba::password("alice"), true),
            ("CORP\\straße", Samba::password("straße"), true),
            ("alice", "wrong".to_owned(), false),
            ("carol", Samba::password("carol"), false),
            ("judy", Samba::password("judy"), false),
        ] {
            let login = (user, password.as_str());
            for heard in [
                log_in(&gateway, protocol, Proof::Plain, login).await,
                by_login(&gateway, protocol, login).await,
            ] {
                assert_eq!(heard.starts_with(protocol.let_in()), is_let_in, "{user}: {heard}");
            }
        }
    }
    assert_eq!(gateway.lines("event=login ").len(), 8);
    servers.dovecot.logged("user=<strasse@example.test>").unwrap();
    assert!(!servers.samba.log().contains("Auth: [SamLogon"));
}

#[tokio::test]
async fn ntlm_is_not_offered_and_no_failed_login() {
    let servers = Servers::start();
    let gateway = servers.site().without_netlogon().start().await;
    for protocol in Protocol::BOTH {
        let mut talk = Talk::begin(&gateway, protocol).await;
        let heard = talk.start("NTLM", None).await.over();
        let refusal = match protocol {
            Protocol::Imap => "NO ",
            Protocol::Smtp => "504 ",
        };
        assert!(heard.starts_with(refusal), "{heard}");
    }
    assert!(gateway.lines("event=login-failed").is_empty());
}

#[tokio::test]
async fn they_come_to_the_controller_by_starttls_too() {
    let servers = Servers::start();
    let gateway = servers.site().by_starttls().start().await;
    let alice = Samba::password("alice");
    for protocol in Protocol::BOTH {
        for proof in Proof::BOTH {
            let heard = log_in(&gateway, protocol, proof, ("alice", &alice)).await;
            assert!(heard.starts_with(protocol.let_in()), "{proof:?}: {heard}");
            let heard = log_in(&gateway, protocol, proof, ("alice", "wrong")).await;
            assert_eq!(heard, protocol.failed(), "{proof:?}");
        }
    }
}
