//! What a client may not do before it is logged in, and how long it may take.

use std::time::Duration;

use gatepost_testkit::client::Client;
use gatepost_testkit::mail::RefusalCode;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::common::{LIMIT, refusal};
use crate::control::SOCKET;
use crate::site::{ALICE, Setup};
use crate::status::says;

#[tokio::test]
async fn three_failures_are_the_end_of_a_connection() {
    let site = Setup::default().start().await;
    let mut client = site.gateway.connect().await;
    for _ in 0..3 {
        let heard = refusal(&mut client, ALICE.0, "wrong").await;
        assert_eq!(heard, "NO [AUTHENTICATIONFAILED] authentication failed");
    }
    assert!(client.response().await.unwrap().starts_with("* BYE"));
    client.closed().await.unwrap();
}

#[tokio::test]
async fn unknown_and_wrong_sound_the_same_at_the_same_moment() {
    let setup = Setup {
        limits: "failure_grid = \"300ms\"",
        ..Setup::default()
    };
    let site = setup.start().await;
    let mut heard = Vec::new();
    for user in [ALICE.0, "nobody"] {
        let mut client = site.gateway.connect().await;
        let started = Instant::now();
        heard.push(refusal(&mut client, user, "wrong").await);
        let taken = started.elapsed();
        assert!(taken >= Duration::from_millis(300), "{user}: {taken:?}");
    }
    assert_eq!(heard[0], heard[1]);
    site.gateway.logged("user=nobody").await;
}

#[tokio::test]
async fn who_says_nothing_hears_bye_at_the_time_limit() {
    let setup = Setup {
        // The handshake has to be over before.
        limits: "login_time = \"5s\"",
        ..Setup::default()
    };
    let site = setup.start().await;
    let mut client = site.gateway.connect().await;
    assert!(client.response().await.unwrap().starts_with("* BYE"));
    client.closed().await.unwrap();
}

#[tokio::test]
async fn who_does_not_even_start_tls_is_closed_at_the_time_limit() {
    let setup = Setup {
        limits: "login_time = \"1s\"",
        ..Setup::default()
    };
    let site = setup.start().await;
    let mut stream = TcpStream::connect(site.gateway.address(0)).await.unwrap();
    let read = tokio::time::timeout(LIMIT, stream.read_u8()).await.unwrap();
    assert!(read.is_err(), "a byte came before TLS");
    site.gateway.logged("not logged in within the time limit").await;
}

#[tokio::test]
async fn an_address_has_so_many_connections_and_no_more() {
    let setup = Setup {
        limits: "connections_per_address = 2",
        more: SOCKET.to_owned(),
        ..Setup::default()
    };
    let site = setup.start().await;
    let first = site.gateway.connect().await;
    let _second = site.gateway.connect().await;
    let mut third = TcpStream::connect(site.gateway.address(0)).await.unwrap();
    assert!(
        tokio::time::timeout(LIMIT, third.read_u8())
            .await
            .unwrap()
            .is_err()
    );
    site.gateway
        .logged("reason=\"too many connections from this address\"")
        .await;
    drop(first);
    // Its seat is free a moment after the line that says that it is closed.
    says(&site.gateway, "connections.before_login", "1").await;
    site.gateway.login(ALICE.0, ALICE.1).await;
}

#[tokio::test]
async fn a_mail_server_that_is_silent_or_gone_is_an_outage() {
    let limits = "failure_grid = \"0s\"\nupstream_login_time = \"3s\"";
    let site = Setup {
        limits,
        ..Setup::default()
    }
    .start()
    .await;
    site.mail
        .control()
        .set_greeting(gatepost_testkit::mail::Greeting::Withheld);
    let heard = site.gateway.refused(ALICE.0, ALICE.1).await;
    assert_eq!(
        heard,
        "NO [UNAVAILABLE] the mail server is unavailable, try again later"
    );
    site.mail
        .control()
        .set_greeting(gatepost_testkit::mail::Greeting::Closed);
    assert!(
        site.gateway
            .refused(ALICE.0, ALICE.1)
            .await
            .starts_with("NO [UNAVAILABLE]")
    );
    site.mail
        .control()
        .set_greeting(gatepost_testkit::mail::Greeting::Sent);
    site.gateway.login(ALICE.0, ALICE.1).await;
}

#[tokio::test]
async fn outages_are_no_failures_of_the_client() {
    let site = Setup::default().start().await;
    site.mail
        .control()
        .refuse_logins(RefusalCode::Unavailable, "later");
    let mut client = site.gateway.connect().await;
    for _ in 0..5 {
        assert!(
            refusal(&mut client, ALICE.0, ALICE.1)
                .await
                .starts_with("NO [UNAVAILABLE]")
        );
    }
    site.mail.control().grant_logins();
    client.authenticate_plain("", ALICE.0, ALICE.1).await.unwrap();
}

#[tokio::test]
async fn ipv6_is_listened_on() {
    let site = Setup {
        addresses: "\"[::1]:0\"",
        ..Setup::default()
    }
    .start()
    .await;
    assert!(site.gateway.address(0).is_ipv6());
    let mut client = site.gateway.login(ALICE.0, ALICE.1).await;
    client.command("NOOP").await.unwrap();
    site.gateway.logged("rip=::1 ").await;
}

#[tokio::test]
async fn plaintext_to_a_tls_port_is_closed_without_a_word() {
    let site = Setup::default().start().await;
    let stream = TcpStream::connect(site.gateway.address(0)).await.unwrap();
    let mut client = Client::new(stream, LIMIT);
    client.send(b"a LOGIN alice wonderland\r\n").await.unwrap();
    // A TLS alert at most.
    let mut stream = client.into_stream();
    let mut heard = Vec::new();
    let _ = tokio::time::timeout(LIMIT, stream.read_to_end(&mut heard))
        .await
        .unwrap();
    assert!(
        !heard.windows(2).any(|text| text == b"OK"),
        "{}",
        heard.escape_ascii()
    );
}

/// Whether the kernel's keepalive timer runs for the sockets of an established connection with this port on this side.
fn is_kept_alive(local: Option<u16>, remote: Option<u16>) -> bool {
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    // Columns: number, local address, remote address, state (01: established), queues, timer (02: keepalive).
    let port = |address: &str| u16::from_str_radix(address.split_once(':').unwrap().1, 16).unwrap();
    let found = table.lines().skip(1).find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let is = |wanted: Option<u16>, address| wanted.is_none_or(|wanted| wanted == port(address));
        let wanted = is(local, fields[1]) && is(remote, fields[2]) && fields[3] == "01";
        wanted.then(|| fields[5].starts_with("02:"))
    });
    found.unwrap()
}

#[tokio::test]
async fn both_sides_of_a_sleeping_session_are_probed() {
    let site = Setup::default().start().await;
    let mut client = site.gateway.login(ALICE.0, ALICE.1).await;
    client.idle().await.unwrap();
    // An acknowledgement that is still due has a timer of its own.
    let mut patience = tokio::time::interval(Duration::from_millis(50));
    let limit = Instant::now() + LIMIT;
    let (client, mail) = (site.gateway.address(0).port(), site.mail.address().port());
    while !(is_kept_alive(Some(client), None) && is_kept_alive(None, Some(mail))) {
        assert!(Instant::now() < limit, "no keepalive timer");
        patience.tick().await;
    }
}

#[tokio::test]
async fn there_are_so_many_connections_in_all() {
    let setup = Setup {
        limits: "connections = 1",
        ..Setup::default()
    };
    let site = setup.start().await;
    let _first = site.gateway.login(ALICE.0, ALICE.1).await;
    let mut second = TcpStream::connect(site.gateway.address(0)).await.unwrap();
    let read = tokio::time::timeout(LIMIT, second.read_u8()).await.unwrap();
    assert!(read.is_err());
    site.gateway.logged("reason=\"too many connections\"").await;
}
