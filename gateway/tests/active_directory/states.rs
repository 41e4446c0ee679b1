//! What an account may be, and what its owner hears.

use gatepost_testkit::servers::Samba;

use crate::site::{Proof, Servers, log_in, ntlm};
use crate::talk::{Protocol, Talk};

/// The code of IMAP; in SMTP all of them are `535 5.7.8`.
const RIGHT: [(&str, &str); 9] = [
    ("nobody", "AUTHENTICATIONFAILED"),
    ("heidi", "AUTHENTICATIONFAILED"),
    ("carol", "CONTACTADMIN"),
    ("dave", "CONTACTADMIN"),
    ("erin", "EXPIRED"),
    ("ivan", "EXPIRED"),
    ("frank", "AUTHORIZATIONFAILED"),
    ("grace", "AUTHORIZATIONFAILED"),
    // Not in the group.
    ("judy", "AUTHORIZATIONFAILED"),
];

fn expected(protocol: Protocol, code: &str) -> String {
    match protocol {
        Protocol::Imap => format!("NO [{code}] "),
        Protocol::Smtp => "535 5.7.8 ".to_owned(),
    }
}

#[tokio::test]
async fn each_state_has_its_code() {
    let servers = Servers::start();
    let gateway = servers.site().group("mail-users").start().await;
    for protocol in Protocol::BOTH {
        for proof in Proof::BOTH {
            for (name, code) in RIGHT {
                let password = Samba::password(name);
                let heard = log_in(&gateway, protocol, proof, (name, &password)).await;
                assert!(
                    heard.starts_with(&expected(protocol, code)),
                    "{proof:?} {name}: {heard}"
                );
            }
        }
    }
    assert!(!servers.dovecot.log().contains("Login: "));
    let log = gateway.log();
    assert!(!log.contains("Secret1"), "{log}");
}

/// Before the right password, nobody is told anything.
#[tokio::test]
async fn with_a_wrong_password_all_hear_the_same() {
    let servers = Servers::start();
    let gateway = servers.site().group("mail-users").start().await;
    for proof in Proof::BOTH {
        for name in [
            "alice", "nobody", "carol", "erin", "frank", "grace", "judy", "heidi",
        ] {
            let heard = log_in(&gateway, Protocol::Imap, proof, (name, "wrong")).await;
            assert_eq!(heard, Protocol::Imap.failed(), "{proof:?} {name}");
        }
    }
    let heard = log_in(&gateway, Protocol::Smtp, Proof::Ntlm, ("carol", "wrong")).await;
    assert_eq!(heard, Protocol::Smtp.failed());
    // An empty password is none at all: Windows takes such a bind for an anonymous one, and says yes.
    let heard = log_in(&gateway, Protocol::Imap, Proof::Plain, ("alice", "")).await;
    assert_eq!(heard, Protocol::Imap.failed());
}

#[tokio::test]
async fn a_workstation_may_be_the_right_one() {
    let servers = Servers::start();
    let gateway = servers.site().start().await;
    let password = Samba::password("grace");
    for (workstation, answer) in [
        ("WS1", "OK "),
        ("ws1", "OK "),
        ("WS2", "NO [AUTHORIZATIONFAILED] "),
    ] {
        let mut talk = Talk::begin(&gateway, Protocol::Imap).await;
        let client = ntlm("grace", &password).with_workstation(workstation);
        let heard = talk.log_in(client, true).await;
        assert!(heard.starts_with(answer), "{workstation}: {heard}");
    }
}

#[tokio::test]
async fn what_an_administrator_changes_counts_at_the_next_login() {
    let servers = Servers::start();
    let gateway = servers.site().group("mail-users").start().await;
    let (samba, password) = (&servers.samba, Samba::password("alice"));
    let mut heard = Vec::new();
    for proof in Proof::BOTH {
        for change in [
            |samba: &Samba| samba.leave("mail-inner", "alice"),
            |samba: &Samba| samba.join("mail-inner", "alice"),
            |samba: &Samba| samba.disable("alice"),
            |samba: &Samba| samba.enable("alice"),
            |samba: &Samba| samba.lock_out("alice"),
            |samba: &Samba| samba.unlock("alice"),
        ] {
            change(samba).unwrap();
            let answer = log_in(&gateway, Protocol::Imap, proof, ("alice", &password)).await;
            heard.push(answer.split(['[', ']']).nth(1).unwrap_or("OK").to_owned());
        }
    }
    let changes = [
        "AUTHORIZATIONFAILED",
        "OK",
        "CONTACTADMIN",
        "OK",
        "AUTHENTICATIONFAILED",
        "OK",
    ];
    let let_in: Vec<&str> = heard
        .iter()
        .map(|code| {
            if code.starts_with("CAPABILITY") {
                "OK"
            } else {
                code
            }
        })
        .collect();
    assert_eq!(let_in, [changes, changes].concat());
}
