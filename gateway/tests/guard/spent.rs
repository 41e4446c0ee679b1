//! What those hear who may not ask.

use std::time::Duration;

use tokio::time::interval;

use crate::site::{Keys, SPENT, Site, WRONG, auth_login, auth_plain, binds, gets_in, refused, slapd};

#[tokio::test]
async fn spent_failures_are_for_imap_and_smtp_and_no_wrong_password() {
    let slapd = slapd();
    let site = Site::of_slapd(&slapd).await;
    site.guess(0, 2).await;
    let (mut reader, mut sender) = (site.gateway.connect().await, site.sender().await);
    assert_eq!(auth_plain(&mut sender, "alice", "guess 2").await, 535);
    for _ in 0..5 {
        assert_eq!(refused(&mut reader, "alice@example.org", "new").await, SPENT);
        assert_eq!(auth_plain(&mut sender, "ALICE", "new").await, 454);
        assert_eq!(auth_login(&mut sender, "alice", "new").await, 454);
        // What is known is said.
        let heard = refused(&mut reader, "alice", "guess 2").await;
        assert!(heard.starts_with(WRONG), "{heard}");
        assert_eq!(auth_login(&mut sender, "alice", "guess 1").await, 535);
    }
    assert_eq!(binds(&slapd), 3);
    let line = site.gateway.logged("result=guarded").await;
    for field in [
        "level=info",
        " user=alice@example.org ",
        " id=",
        "reason=\"the account's failures are spent\"",
    ] {
        assert!(line.contains(field), "{line}");
    }
}

#[tokio::test]
async fn a_known_wrong_password_is_a_failure_on_the_connection_and_a_spent_one_is_not() {
    let slapd = slapd();
    let keys = Keys {
        limits: "failures_per_connection = 4",
        ..Keys::default()
    };
    let site = Site::of_slapd_with(&slapd, &keys).await;
    site.guess(0, 3).await;
    let mut client = site.gateway.connect().await;
    for _ in 0..10 {
        assert_eq!(refused(&mut client, "alice", "new").await, SPENT);
    }
    for _ in 0..4 {
        refused(&mut client, "alice", "guess 0").await;
    }
    assert!(client.response().await.unwrap().starts_with("* BYE"));
}

#[tokio::test]
async fn after_the_window_the_directory_is_asked_again() {
    let slapd = slapd();
    let site = Site::of_slapd_with(&slapd, &Keys::guard("window = \"5s\"")).await;
    site.guess(0, 3).await;
    let mut client = site.gateway.connect().await;
    assert_eq!(refused(&mut client, "alice", "wonder").await, SPENT);
    let mut patience = interval(Duration::from_millis(100));
    while !gets_in(&site, "alice", "wonderland").await {
        patience.tick().await;
    }
    assert_eq!(binds(&slapd), 4);
}

#[tokio::test]
async fn spraying_is_logged_and_refused() {
    let slapd = slapd();
    let site = Site::of_slapd_with(&slapd, &Keys::guard("accounts_per_network = 3")).await;
    assert!(gets_in(&site, "alice", "wonderland").await);
    let mut client = site.gateway.connect().await;
    for user in ["alice", "bob", "nobody", "eve"] {
        let heard = refused(&mut client, user, "Summer2026").await;
        assert!(heard.starts_with(WRONG), "{user}: {heard}");
    }
    let line = site.gateway.logged("event=spraying").await;
    assert!(
        line.contains("level=warn") && line.contains("network=127.0.0.0/24"),
        "{line}"
    );
    for user in ["bob", "adam", "alice"] {
        assert_eq!(refused(&mut client, user, "Autumn2026").await, SPENT, "{user}");
    }
    assert_eq!(site.gateway.lines("event=spraying").len(), 1);
    // Alice is known here, Bob is not.
    assert!(gets_in(&site, "alice", "wonderland").await && !gets_in(&site, "bob", "builder").await);
}

#[tokio::test]
async fn the_answers_do_not_tell_who_exists() {
    let slapd = slapd();
    let site = Site::of_slapd(&slapd).await;
    let (mut reader, mut sender) = (site.gateway.connect().await, site.sender().await);
    for guess in ["a", "a", "b", "c", "d", "a", "e"] {
        let alice = refused(&mut reader, "alice", guess).await;
        assert_eq!(refused(&mut reader, "eve", guess).await, alice, "{guess}");
        let alice = auth_plain(&mut sender, "alice", guess).await;
        assert_eq!(auth_plain(&mut sender, "eve", guess).await, alice, "{guess}");
    }
    site.failed("guarded", 8).await;
}
