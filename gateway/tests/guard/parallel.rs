//! A phone opens four connections at once.

use tokio::task::JoinSet;

use crate::common::{TlsClient, answer};
use crate::site::{Keys, NAMES, Site, WRONG, binds, gets_in, slapd};

/// Four connections that log in at the same time, and what they hear.
async fn four(site: &Site, passwords: [&'static str; 4]) -> Vec<String> {
    let mut clients: Vec<TlsClient> = Vec::new();
    for _ in 0..4 {
        clients.push(site.gateway.connect().await);
    }
    let mut logins = JoinSet::new();
    for ((mut client, user), password) in clients.into_iter().zip(NAMES).zip(passwords) {
        logins.spawn(async move {
            let reply = answer(&mut client, user, password).await;
            reply.tagged.text().split_once(' ').unwrap().1.to_owned()
        });
    }
    logins.join_all().await
}

#[tokio::test]
async fn with_an_old_password_they_cost_one_bind() {
    let slapd = slapd();
    let site = Site::of_slapd(&slapd).await;
    for _ in 0..5 {
        for heard in four(&site, ["old"; 4]).await {
            assert!(heard.starts_with(WRONG), "{heard}");
        }
    }
    assert_eq!(binds(&slapd), 1);
}

#[tokio::test]
async fn with_the_right_password_they_all_get_in() {
    let slapd = slapd();
    let site = Site::of_slapd(&slapd).await;
    for round in 0..5 {
        for heard in four(&site, ["wonderland"; 4]).await {
            assert!(heard.starts_with("OK"), "{heard}");
        }
        site.guess(3 * round, 3).await;
    }
    // Of four that come at the same time some ask for others too; the guesses are all different.
    let binds = binds(&slapd);
    assert!((20..=35).contains(&binds), "{binds}");
}

#[tokio::test]
async fn with_different_passwords_they_cost_no_more_than_there_are_failures() {
    let slapd = slapd();
    let site = Site::of_slapd_with(&slapd, &Keys::guard("failures = 2\nfailures_per_network = 1")).await;
    let heard = four(&site, ["a", "b", "c", "d"]).await;
    let wrong = heard.iter().filter(|heard| heard.starts_with(WRONG));
    assert_eq!((wrong.count(), binds(&slapd)), (2, 2));
    assert!(!gets_in(&site, "alice", "e").await);
    assert_eq!(binds(&slapd), 2);
}
