//! Wrong passwords, which Active Directory counts, and locks accounts for.

use gatepost_testkit::servers::Samba;

use crate::common::Gateway;
use crate::site::{Proof, Servers, log_in, say};
use crate::talk::{Protocol, Talk};

/// All by which Alice is known.
const NAMES: [&str; 4] = ["alice", "ALICE", "alice@corp.example.test", "CORP\\alice"];

const GUARD: &str = "failures = 3\nfailures_per_network = 2";

async fn gets_in(gateway: &Gateway, proof: Proof, password: &str) -> bool {
    let heard = log_in(gateway, Protocol::Imap, proof, ("alice", password)).await;
    heard.starts_with("OK ")
}

/// A phone tries 200 times, in turn by both protocols and under all names, and hears what it may.
async fn phone(gateway: &Gateway, proof: Proof, password: impl Fn(usize) -> String) {
    let mut talks = [
        Talk::begin(gateway, Protocol::Imap).await,
        Talk::begin(gateway, Protocol::Smtp).await,
    ];
    for time in 0..200 {
        let password = password(time);
        if time % 90 == 89 {
            // Each connection has its own limit.
            talks = [
                Talk::begin(gateway, Protocol::Imap).await,
                Talk::begin(gateway, Protocol::Smtp).await,
            ];
        }
        let heard = say(&mut talks[time % 2], proof, (NAMES[time / 2 % 4], &password)).await;
        let refusals = [
            "NO [AUTHENTICATIONFAILED] ",
            "535 5.7.8 ",
            "NO [UNAVAILABLE] ",
            "454 4.7.0 ",
        ];
        assert!(
            refusals.iter().any(|refusal| heard.starts_with(refusal)),
            "{time}: {heard}"
        );
    }
}

#[tokio::test]
async fn an_old_password_costs_one_attempt() {
    let servers = Servers::start();
    let gateway = servers.site().guard(GUARD).start().await;
    let alice = Samba::password("alice");
    assert!(gets_in(&gateway, Proof::Plain, &alice).await);
    phone(&gateway, Proof::Plain, |_| "long-ago".to_owned()).await;
    assert_eq!(servers.samba.bad_pwd_count("alice").unwrap(), 1);
    for proof in Proof::BOTH {
        assert!(gets_in(&gateway, proof, &alice).await, "{proof:?}");
    }
    phone(&gateway, Proof::Plain, |_| "long-ago".to_owned()).await;
    assert_eq!(servers.samba.bad_pwd_count("alice").unwrap(), 0);
}

#[tokio::test]
async fn guesses_cost_no_more_than_the_budget() {
    let servers = Servers::start();
    let gateway = servers.site().guard(GUARD).start().await;
    let alice = Samba::password("alice");
    assert!(gets_in(&gateway, Proof::Plain, &alice).await);
    phone(&gateway, Proof::Plain, |time| format!("guess-{time}")).await;
    assert_eq!(servers.samba.bad_pwd_count("alice").unwrap(), 3);
    // The password that was right before is let through.
    assert!(gets_in(&gateway, Proof::Plain, &alice).await);
}

#[tokio::test]
async fn responses_cost_no_more_than_a_network_may() {
    let servers = Servers::start();
    let gateway = servers.site().guard(GUARD).start().await;
    let alice = Samba::password("alice");
    assert!(gets_in(&gateway, Proof::Plain, &alice).await);
    phone(&gateway, Proof::Ntlm, |_| "long-ago".to_owned()).await;
    let count = servers.samba.bad_pwd_count("alice").unwrap();
    assert!((1..=2).contains(&count), "{count}");
    assert!(gets_in(&gateway, Proof::Plain, &alice).await);
}

#[tokio::test]
async fn without_the_guard_the_account_is_locked() {
    let servers = Servers::start();
    let gateway = servers.site().start().await;
    let alice = Samba::password("alice");
    for time in 0..5 {
        let guess = format!("guess-{time}");
        assert!(!gets_in(&gateway, Proof::Plain, &guess).await);
    }
    assert!(!gets_in(&gateway, Proof::Plain, &alice).await);
    assert!(!gets_in(&gateway, Proof::Ntlm, &alice).await);
    servers.samba.unlock("alice").unwrap();
    assert!(gets_in(&gateway, Proof::Ntlm, &alice).await);
}

/// `pwdLastSet` tells that a password that was wrong may be right now.
#[tokio::test]
async fn a_password_set_to_another_and_back_is_accepted() {
    let servers = Servers::start();
    let gateway = servers.site().guard(GUARD).start().await;
    let (first, second) = (Samba::password("alice"), "another-Secret2");
    assert!(gets_in(&gateway, Proof::Plain, &first).await);
    assert!(!gets_in(&gateway, Proof::Plain, second).await);
    servers.samba.set_password("alice", second).unwrap();
    assert!(gets_in(&gateway, Proof::Plain, second).await);
    assert!(!gets_in(&gateway, Proof::Plain, &first).await);
    servers.samba.set_password("alice", &first).unwrap();
    assert!(gets_in(&gateway, Proof::Plain, &first).await);
    assert!(!gets_in(&gateway, Proof::Plain, second).await);
}
