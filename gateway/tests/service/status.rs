//! `gatepost status`: what a running gateway has, and what it has refused.

use std::collections::BTreeMap;
use std::process::Command;

use tokio::time::Instant;

use crate::common::{Gateway, LIMIT};
use crate::control::SOCKET;
use crate::site::{ALICE, BOB, Setup};

/// What it prints, by key.
pub(crate) fn status(gateway: &Gateway) -> BTreeMap<String, String> {
    let config = gateway.folder().join("gatepost.toml");
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatepost"));
    let output = command.args(["status", "--config"]).arg(config).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let pairs = text.lines().map(|line| {
        let (key, value) = line.split_once(' ').unwrap();
        (key.to_owned(), value.trim_start().to_owned())
    });
    pairs.collect()
}

/// Waits until a key has a value.
pub(crate) async fn says(gateway: &Gateway, key: &str, value: &str) {
    let limit = Instant::now() + LIMIT;
    let mut patience = tokio::time::interval(std::time::Duration::from_millis(50));
    while status(gateway)[key] != value {
        assert!(Instant::now() < limit, "{key}: {:?}", status(gateway));
        patience.tick().await;
    }
}

#[tokio::test]
async fn connections_and_refusals_are_counted() {
    let setup = Setup {
        more: SOCKET.to_owned(),
        limits: "failure_grid = \"0s\"\nlogin_time = \"3s\"",
        ..Setup::default()
    };
    let site = setup.start().await;
    let alice = site.gateway.login(ALICE.0, ALICE.1).await;
    site.gateway.refused(ALICE.0, "wrong").await;
    says(&site.gateway, "connections.logged_in", "1").await;
    says(&site.gateway, "listener.1.logged_in", "1").await;
    let said = status(&site.gateway);
    let expected = [
        ("version", env!("CARGO_PKG_VERSION")),
        ("listener.1.protocol", "imap"),
        ("listener.1.addresses", "127.0.0.1:0"),
        ("refused.denied", "1"),
        ("refused.login-time", "0"),
        ("refused.spool", "0"),
    ];
    for (key, value) in expected {
        assert_eq!(said[key], value, "{key}");
    }
    assert!(said["uptime_seconds"].parse::<u64>().unwrap() < 60, "{said:?}");
    let mut stranger = site.gateway.connect().await;
    assert!(stranger.response().await.unwrap().starts_with("* BYE"));
    says(&site.gateway, "connections.before_login", "0").await;
    says(&site.gateway, "refused.login-time", "1").await;
    // Not TLS, and too much before login.
    let mut garbage = tokio::net::TcpStream::connect(site.gateway.address(0))
        .await
        .unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut garbage, b"EHLO example.org\r\n")
        .await
        .unwrap();
    says(&site.gateway, "refused.tls-handshake", "1").await;
    let mut talker = site.gateway.connect().await;
    talker.send(&b"a NOOP\r\n".repeat(200)).await.unwrap();
    says(&site.gateway, "refused.wire-limit", "1").await;
    let mut guesser = site.gateway.connect().await;
    for guess in ["1", "2", "3"] {
        crate::common::refusal(&mut guesser, "nobody", guess).await;
    }
    says(&site.gateway, "refused.failures", "1").await;
    drop(alice);
    says(&site.gateway, "connections.logged_in", "0").await;
}

/// Bob is whom the guesses are about: what the guard knows of him does not concern Alice.
#[tokio::test]
async fn a_refused_login_is_counted_by_its_reason() {
    let setup = Setup {
        more: SOCKET.to_owned(),
        listener: "proxy_protocol_from = [\"127.9.9.9/32\"]",
        ..Setup::default()
    };
    let site = setup.start().await;
    let gateway = &site.gateway;
    for _ in 0..3 {
        gateway.refused(BOB.0, "wrong").await;
    }
    says(gateway, "refused.denied", "1").await;
    says(gateway, "refused.known-wrong", "2").await;
    for guess in 0..20 {
        gateway.refused(BOB.0, &guess.to_string()).await;
    }
    let said = status(gateway);
    let count = |reason: &str| said[&format!("refused.{reason}")].parse::<u32>().unwrap();
    assert!(count("guarded") > 0, "{said:?}");
    assert_eq!(count("denied") + count("guarded"), 21);

    let mut other = gateway.connect().await;
    let refused = other.authenticate_plain(BOB.0, ALICE.0, ALICE.1).await;
    refused.unwrap_err();
    says(gateway, "refused.foreign-identity", "1").await;
    let mut careless = gateway.connect().await;
    careless.send(b"a NOOP\nb NOOP\r\n").await.unwrap();
    says(gateway, "refused.protocol", "1").await;

    let balancer = tokio::net::TcpSocket::new_v4().unwrap();
    balancer.bind("127.9.9.9:0".parse().unwrap()).unwrap();
    let mut headless = balancer.connect(gateway.address(0)).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut headless, b"EHLO without a header\r\n")
        .await
        .unwrap();
    says(gateway, "refused.proxy-header", "1").await;
    assert_eq!(status(gateway)["refused.denied"], count("denied").to_string());
}
