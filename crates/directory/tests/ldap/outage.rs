//! An outage is never a denial, and it passes.

use std::time::Duration;

use gatepost_directory::Denial;
use gatepost_directory::ldap::Config;
use gatepost_testkit::servers::Slapd;
use tokio::time::{Instant, timeout};

use crate::company::{
    config, config_for, denied, found, granted, open, people, service, unavailable, unjudged,
};
use crate::proxy::Proxy;

/// Time limits that a test can wait for; a busy machine keeps to them too.
const SHORT: Duration = Duration::from_secs(1);
/// What no answer may take that has a limit of [`SHORT`] for the connection and another for the operation.
const LATEST: Duration = Duration::from_secs(5);

#[tokio::test]
async fn a_server_that_is_down_denies_nobody_and_comes_back() {
    let mut slapd = people().start().unwrap();
    let directory = open(config(&slapd));
    let alice = found(&directory, "alice").await;
    granted(&directory, &alice, "secret").await;
    slapd.stop();
    for password in ["secret", "wrong"] {
        let why = unjudged(&directory, &alice, password).await;
        assert!(why.starts_with(&slapd.ldaps_url()), "{why}");
        unavailable(&directory, "alice").await;
    }
    assert!(directory.probe().await[0].outcome.is_err());
    slapd.restart().unwrap();
    found(&directory, "alice").await;
    granted(&directory, &alice, "secret").await;
    assert_eq!(denied(&directory, &alice, "wrong").await, Denial::BadCredentials);
}

#[tokio::test]
async fn a_connection_that_was_cut_while_idle_is_replaced() {
    let mut slapd = people().start().unwrap();
    let directory = open(config(&slapd));
    let alice = found(&directory, "alice").await;
    granted(&directory, &alice, "secret").await;
    for _ in 0..3 {
        slapd.restart().unwrap();
        found(&directory, "alice").await;
        granted(&directory, &alice, "secret").await;
    }
}

#[tokio::test]
async fn connections_are_used_again() {
    let slapd = people().start().unwrap();
    let proxy = Proxy::start(slapd.ldaps()).await;
    let directory = open(config_for(&slapd, &[&proxy.url()]));
    for _ in 0..5 {
        let alice = found(&directory, "alice").await;
        granted(&directory, &alice, "secret").await;
        denied(&directory, &alice, "wrong").await;
    }
    assert_eq!(proxy.accepted(), 2, "one for searches, one for binds");
}

#[tokio::test]
async fn connections_that_were_idle_for_long_are_replaced() {
    let slapd = people().start().unwrap();
    let mut proxy = Proxy::start(slapd.ldaps()).await;
    let directory = open(config_for(&slapd, &[&proxy.url()]));
    let alice = found(&directory, "alice").await;
    granted(&directory, &alice, "secret").await;
    for (idle, accepted) in [(119, 2), (120, 4)] {
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(idle)).await;
        tokio::time::resume();
        found(&directory, "alice").await;
        granted(&directory, &alice, "secret").await;
        assert_eq!(proxy.accepted(), accepted, "after {idle} s");
    }
    timeout(LATEST, proxy.left(2))
        .await
        .expect("the old ones are closed");
}

/// Two servers that trust one authority, with the same people.
fn twins() -> (Slapd, Slapd) {
    let first = people().start().unwrap();
    let second = people().identity(first.identity().clone()).start().unwrap();
    (first, second)
}

#[tokio::test]
async fn one_of_two_servers_is_enough() {
    let (mut first, mut second) = twins();
    let directory = open(config_for(&first, &[&first.ldaps_url(), &second.ldaps_url()]));
    let alice = found(&directory, "alice").await;
    granted(&directory, &alice, "secret").await;
    let service = format!("BIND dn=\"{}\"", second.service_dn());
    assert!(!second.log().contains(&service), "the second is asked if need be");

    first.stop();
    found(&directory, "alice").await;
    granted(&directory, &alice, "secret").await;
    denied(&directory, &alice, "wrong").await;

    second.stop();
    unavailable(&directory, "alice").await;
    unjudged(&directory, &alice, "wrong").await;

    first.restart().unwrap();
    found(&directory, "alice").await;
    granted(&directory, &alice, "secret").await;
    let outcomes = directory
        .probe()
        .await
        .into_iter()
        .map(|report| report.outcome.is_ok());
    assert_eq!(outcomes.collect::<Vec<_>>(), [true, false]);
}

#[tokio::test]
async fn a_service_account_that_is_refused_is_an_outage() {
    let slapd = people().start().unwrap();
    let wrong = service(&slapd, "wrong");
    let directory = open(Config {
        service: Some(wrong),
        ..config(&slapd)
    });
    let why = unavailable(&directory, "alice").await;
    assert!(
        why.contains("the service account is refused: result code 49"),
        "{why}"
    );
    let report = &directory.probe().await[0];
    assert!(
        report.outcome.as_ref().unwrap_err().contains("refused"),
        "{report:?}"
    );
    let directory = open(Config {
        service: None,
        ..config(&slapd)
    });
    let why = unavailable(&directory, "alice").await;
    assert!(why.contains("result code 50"), "{why}");
}

#[tokio::test]
async fn an_answer_that_comes_too_late_is_nobodys() {
    let slapd = people().start().unwrap();
    let mut proxy = Proxy::start(slapd.ldaps()).await;
    let directory = open(Config {
        operation_time: SHORT,
        ..config_for(&slapd, &[&proxy.url()])
    });
    let (alice, bob) = (found(&directory, "alice").await, found(&directory, "bob").await);
    granted(&directory, &alice, "secret").await;

    proxy.freeze();
    let started = Instant::now();
    // On the connection that is there the time runs out; the new one is not even greeted.
    let limits = Config {
        connect_time: SHORT,
        operation_time: SHORT,
        ..config_for(&slapd, &[&proxy.url()])
    };
    let why = unjudged(&directory, &alice, "secret").await;
    assert!(why.contains("no answer within the time limit"), "{why}");
    assert!(started.elapsed() < LATEST);
    timeout(LATEST, proxy.left(1))
        .await
        .expect("the connection is closed");
    let why = unavailable(&open(limits), "alice").await;
    assert!(why.contains("connecting took longer than 1 s"), "{why}");

    proxy.thaw();
    let before = proxy.accepted();
    assert_eq!(denied(&directory, &bob, "secret").await, Denial::BadCredentials);
    assert_eq!(proxy.accepted(), before + 1);
    granted(&directory, &alice, "secret").await;
}

#[tokio::test]
async fn a_password_is_told_to_one_server_alone() {
    let (first, second) = twins();
    let proxies = [
        Proxy::start(first.ldaps()).await,
        Proxy::start(second.ldaps()).await,
    ];
    let urls = [proxies[0].url(), proxies[1].url()];
    let directory = open(Config {
        operation_time: SHORT,
        ..config_for(&first, &[&urls[0], &urls[1]])
    });
    let alice = found(&directory, "alice").await;
    granted(&directory, &alice, "secret").await;
    proxies[0].freeze();
    // It may have heard the password, and counted it.
    let why = unjudged(&directory, &alice, "wrong").await;
    assert!(why.contains("no answer within the time limit"), "{why}");
    assert_eq!(proxies[1].accepted(), 0);
    // What is asked from now on goes to the other. A search may be repeated.
    assert_eq!(denied(&directory, &alice, "wrong").await, Denial::BadCredentials);
    found(&directory, "alice").await;
    assert_eq!(proxies[1].accepted(), 2);
}

#[tokio::test]
async fn who_waits_for_a_connection_waits_not_for_ever() {
    let slapd = people().start().unwrap();
    let proxy = Proxy::start(slapd.ldaps()).await;
    let config = config_for(&slapd, &[&proxy.url()]);
    let directory = open(Config {
        bind_connections: 1,
        // Who comes by the connection after all has to make a new one.
        connect_time: SHORT,
        operation_time: SHORT,
        ..config
    });
    let alice = found(&directory, "alice").await;
    granted(&directory, &alice, "secret").await;
    proxy.freeze();
    let ask = || unjudged(&directory, &alice, "secret");
    let all = async { tokio::join!(ask(), ask(), ask()) };
    let (first, second, third) = timeout(LATEST, all).await.unwrap();
    let busy = [&first, &second, &third]
        .into_iter()
        .filter(|why| why.contains("busy"))
        .count();
    assert!(busy >= 1, "{first} / {second} / {third}");
    proxy.thaw();
    granted(&directory, &alice, "secret").await;
}
