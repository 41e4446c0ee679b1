//! The switches that make a server misbehave, and the end of connections.

use std::time::Duration;

use gatepost_testkit::client::{Client, ErrorKind};
use gatepost_testkit::mail::Greeting;
use tokio::time::timeout;

use crate::pair::{LIMIT, alice, builder, greeted};

#[tokio::test(start_paused = true)]
async fn greetings_can_be_withheld() {
    let server = builder().build();
    server.control().set_greeting(Greeting::Withheld);
    let (near, far) = tokio::io::duplex(1024);
    let serving = tokio::spawn({
        let server = server.clone();
        async move { server.serve(far).await }
    });
    let mut client = Client::new(near, Duration::from_secs(60));
    client.send(b"a CAPABILITY\r\n").await.unwrap();
    assert!(matches!(
        client.response().await.unwrap_err().kind(),
        ErrorKind::Late(_)
    ));
    drop(client);
    serving.await.unwrap();
}

#[tokio::test]
async fn connections_can_be_closed_at_once() {
    let server = builder().build();
    server.control().set_greeting(Greeting::Closed);
    let (near, far) = tokio::io::duplex(1024);
    server.serve(far).await;
    Client::new(near, LIMIT).closed().await.unwrap();
    server.control().set_greeting(Greeting::Sent);
    greeted(&server).await;
}

#[tokio::test]
async fn connections_are_counted_and_can_be_dropped() {
    let server = builder().build();
    let (mut one, mut other) = (alice(&server).await, greeted(&server).await);
    assert_eq!(server.control().connections(), 2);
    server.control().drop_connections();
    one.closed().await.unwrap();
    other.closed().await.unwrap();
    timeout(LIMIT, server.control().wait_for_connections(0))
        .await
        .unwrap();
    alice(&server).await.command("NOOP").await.unwrap();
}

#[tokio::test]
async fn stopping_says_bye_and_waits_for_all() {
    let running = builder().bind("127.0.0.1:0").await.unwrap();
    let stream = tokio::net::TcpStream::connect(running.address()).await.unwrap();
    let (mut client, _) = Client::greeted(stream, LIMIT).await.unwrap();
    client.login("alice", "secret").await.unwrap();
    client.command("SELECT INBOX").await.unwrap();
    client.idle().await.unwrap();
    let (address, server) = (running.address(), running.server().clone());
    timeout(LIMIT, running.stop()).await.unwrap();
    assert_eq!(server.control().connections(), 0);
    assert!(client.wait_for("BYE").await.unwrap().starts_with("* BYE"));
    client.closed().await.unwrap();
    let again = server.bind(address).await.unwrap();
    assert_eq!(again.address(), address);
    timeout(LIMIT, again.stop()).await.unwrap();
}

#[tokio::test]
async fn stopping_does_not_wait_for_a_client_that_does_not_read() {
    let running = builder().bind("127.0.0.1:0").await.unwrap();
    running
        .store()
        .deliver("alice", "INBOX", vec![b'x'; 64 << 20])
        .unwrap();
    let stream = tokio::net::TcpStream::connect(running.address()).await.unwrap();
    let (mut client, _) = Client::greeted(stream, LIMIT).await.unwrap();
    client.login("alice", "secret").await.unwrap();
    client
        .send(b"a SELECT INBOX\r\nb FETCH 1 BODY[]\r\n")
        .await
        .unwrap();
    client.wait_for("a OK").await.unwrap();
    timeout(LIMIT, running.stop()).await.unwrap();
    assert!(client.wait_for("b OK").await.is_err());
}

#[tokio::test]
async fn only_loopback_is_listened_on() {
    let refused = builder().bind("0.0.0.0:0").await.unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::InvalidInput);
}

#[tokio::test]
async fn commands_that_break_the_protocol_end_the_connection() {
    let server = builder().build();
    let mut client = alice(&server).await;
    client.send(b"a NOOP\nb NOOP\r\n").await.unwrap();
    assert!(client.response().await.unwrap().starts_with("* BYE bare LF"));
    client.closed().await.unwrap();
}

#[tokio::test]
async fn literals_over_the_cap_are_refused_and_the_session_goes_on() {
    let server = builder().build();
    let mut client = alice(&server).await;
    client.send(b"a APPEND INBOX {268435457}\r\n").await.unwrap();
    assert!(
        client
            .response()
            .await
            .unwrap()
            .starts_with("a BAD literal too large")
    );
    client.command("NOOP").await.unwrap();
}
