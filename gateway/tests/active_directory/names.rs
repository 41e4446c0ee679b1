//! By which names people get in, and whose mail they see.

use std::time::Duration;

use gatepost_testkit::servers::Samba;
use tokio::time::{sleep, timeout};

use crate::common::{Gateway, LIMIT};
use crate::site::{Proof, Servers, log_in};
use crate::talk::Protocol;

/// What is typed, whose password, and whose mail it is.
const NAMES: [(&str, &str, &str); 14] = [
    ("alice", "alice", "alice"),
    ("ALICE", "alice", "alice"),
    ("CORP\\alice", "alice", "alice"),
    ("corp\\Alice", "alice", "alice"),
    ("corp.example.test\\alice", "alice", "alice"),
    ("alice@corp.example.test", "alice", "alice"),
    ("Alice@CORP.example.test", "alice", "alice"),
    ("b.baker@mail.example.test", "bob", "bob"),
    ("bob", "bob", "bob"),
    ("müller", "müller", "mueller"),
    ("CORP\\straße", "straße", "strasse"),
    ("µser", "µser", "muser"),
    ("ıdil", "ıdil", "idil"),
    ("ÿves@corp.example.test", "ÿves", "yves"),
];

async fn gets_in(servers: &Servers, gateway: &Gateway, login: (&str, &str), mailbox: &str, proof: Proof) {
    let before = logins(servers, mailbox);
    for protocol in Protocol::BOTH {
        let heard = log_in(gateway, protocol, proof, login).await;
        assert!(
            heard.starts_with(protocol.let_in()),
            "{proof:?} {login:?}: {heard}"
        );
    }
    let opened = async {
        while logins(servers, mailbox) == before {
            // It logs by and by, and tells nobody.
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(LIMIT, opened).await.expect("the mailbox is another's");
    let line = gateway.lines("event=login ").pop().unwrap();
    let mech = if proof == Proof::Ntlm { "NTLM" } else { "PLAIN" };
    assert!(line.contains(&format!(" mech={mech} ")), "{line}");
}

/// How often somebody has opened that mailbox.
fn logins(servers: &Servers, mailbox: &str) -> usize {
    let login = format!("Login: user=<{mailbox}@example.test>");
    servers.dovecot.log().matches(&login).count()
}

#[tokio::test]
async fn each_form_of_a_name_leads_to_the_mail() {
    let servers = Servers::start();
    let gateway = servers.site().group("mail-users").start().await;
    for proof in Proof::BOTH {
        for (name, whose, mailbox) in NAMES {
            let password = Samba::password(whose);
            gets_in(&servers, &gateway, (name, &password), mailbox, proof).await;
        }
    }
}

/// A domain controller knows nobody by a mail address: where the password itself comes, the directory finds its owner.
#[tokio::test]
async fn mail_addresses_are_names_too() {
    let servers = Servers::start();
    let gateway = servers.site().start().await;
    for name in ["alice@example.test", "Alice.Alias@example.test"] {
        let password = Samba::password("alice");
        gets_in(&servers, &gateway, (name, &password), "alice", Proof::Plain).await;
    }
}

#[tokio::test]
async fn the_global_catalog_knows_them_too() {
    let servers = Servers::start();
    let site = servers.site().by_global_catalog().group("mail-users");
    let gateway = site.start().await;
    for proof in Proof::BOTH {
        for (name, whose, mailbox) in [NAMES[2], NAMES[7], NAMES[10]] {
            let password = Samba::password(whose);
            gets_in(&servers, &gateway, (name, &password), mailbox, proof).await;
        }
    }
}

#[tokio::test]
async fn other_domains_are_not_ours() {
    let servers = Servers::start();
    let gateway = servers.site().start().await;
    let password = Samba::password("alice");
    for proof in Proof::BOTH {
        for name in [
            "OTHER\\alice",
            "GW1\\alice",
            "alice@other.test",
            "mail.corp.example.test\\alice",
        ] {
            let heard = log_in(&gateway, Protocol::Imap, proof, (name, &password)).await;
            assert_eq!(heard, Protocol::Imap.failed(), "{proof:?} {name}");
        }
    }
}

/// A computer's password is not a user's, and nobody reads mail as the gateway.
#[tokio::test]
async fn computers_have_no_mail() {
    let servers = Servers::start();
    let gateway = servers.site().start().await;
    for proof in Proof::BOTH {
        let heard = log_in(&gateway, Protocol::Imap, proof, ("GW2$", &Samba::password("GW2"))).await;
        assert_eq!(heard, Protocol::Imap.failed(), "{proof:?}");
    }
}
