//! Wrong passwords, which Active Directory counts, and locks accounts for.

use gatepost_testkit::client::Client;
use gatepost_testkit::servers::Samba;
use tokio::net::TcpSocket;

use crate::common::{Gateway, LIMIT};
use crate::site::{Proof, Servers, at_once, log_in, say};
use crate::talk::{Protocol, Talk};

/// All by which Alice is known.
const NAMES: [&str; 4] = ["alice", "ALICE", "alice@corp.example.test", "CORP\\alice"];

const GUARD: &str = "failures = 3\nfailures_per_network = 2";

async fn gets_in(gateway: &Gateway, proof: Proof, password: &str) -> bool {
    let heard = log_in(gateway, Protocol::Imap, proof, ("alice", password)).await;
    heard.starts_with("OK ")
}

/// An IMAP client at another address.
async fn talk_from(address: [u8; 4], gateway: &Gateway) -> Talk {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((address, 0).into()).unwrap();
    let stream = socket
        .connect(gateway.address(Protocol::Imap as usize))
        .await
        .unwrap();
    let client = Client::greeted(gateway.tls(stream).await, LIMIT).await.unwrap().0;
    Talk::Imap(client)
}

/// How many proofs the controller found wrong.
fn judged_wrong(servers: &Servers) -> usize {
    servers.samba.log().matches("[NT_STATUS_WRONG_PASSWORD]").count()
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
    assert_eq!(judged_wrong(&servers), 2);
    assert_eq!(servers.samba.bad_pwd_count("alice").unwrap(), 2);
    // Her tablet is elsewhere, and her desk sends the password.
    let mut tablet = talk_from([127, 9, 9, 9], &gateway).await;
    let heard = say(&mut tablet, Proof::Ntlm, ("alice", &alice)).await;
    assert!(heard.starts_with("OK "), "{heard}");
    assert!(gets_in(&gateway, Proof::Plain, &alice).await);
}

/// Forty connections at once find the budget full before the first of them has its answer.
#[tokio::test]
async fn guesses_at_once_cost_no_more() {
    for (proof, budget) in [(Proof::Plain, 3), (Proof::Ntlm, 2)] {
        let servers = Servers::start();
        let gateway = servers.site().guard(GUARD).start().await;
        let mut talks = Vec::new();
        for _ in 0..40 {
            talks.push(Talk::begin(&gateway, Protocol::Imap).await);
        }
        let guesses = talks.into_iter().enumerate().map(|(time, mut talk)| async move {
            let (name, guess) = (NAMES[time % 4], format!("guess-{time}"));
            let heard = say(&mut talk, proof, (name, &guess)).await;
            assert!(heard.starts_with("NO ["), "{heard}");
        });
        at_once(guesses).await;
        assert_eq!(judged_wrong(&servers), budget, "{proof:?}");
        let counted = servers.samba.bad_pwd_count("alice").unwrap();
        assert_eq!(counted as usize, budget, "{proof:?}");
    }
}

/// While nobody answers, nothing is spent.
#[tokio::test]
async fn an_outage_is_no_failure() {
    let mut servers = Servers::start();
    let gateway = servers.site().guard(GUARD).start().await;
    servers.samba.kill();
    for proof in Proof::BOTH {
        for time in 0..10 {
            let guess = format!("guess-{time}");
            let heard = log_in(&gateway, Protocol::Imap, proof, ("alice", &guess)).await;
            assert!(heard.starts_with("NO [UNAVAILABLE] "), "{heard}");
        }
    }
    servers.samba.start().unwrap();
    let alice = Samba::password("alice");
    for proof in Proof::BOTH {
        assert!(gets_in(&gateway, proof, &alice).await, "{proof:?}");
    }
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
