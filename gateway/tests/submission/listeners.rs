//! The ways in: 465, 587 and 25, and what is said there before a login.

use gatepost_testkit::smtp_client::{Client, Reply};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::common::{Gateway, LIMIT};
use crate::setup::{Servers, Site, TlsClient, connect, message, received};

const STARTTLS: usize = Site::STARTTLS;

async fn plain(gateway: &Gateway) -> (Client<TcpStream>, Reply) {
    let stream = TcpStream::connect(gateway.address(STARTTLS)).await.unwrap();
    Client::greeted(stream, LIMIT).await.unwrap()
}

async fn upgraded(gateway: &Gateway) -> TlsClient {
    let mut client = plain(gateway).await.0;
    client.ehlo().await.unwrap();
    let stream = client.starttls().await.unwrap();
    let mut client = Client::new(gateway.tls(stream).await, LIMIT);
    client.ehlo().await.unwrap();
    client
}

#[tokio::test]
async fn a_message_goes_from_user_to_user_by_each_way_in() {
    let servers = Servers::start();
    let gateway = servers.site().start().await;
    // Phones look for TLS on the port for STARTTLS, too.
    let stream = TcpStream::connect(gateway.address(STARTTLS)).await.unwrap();
    let probing = Client::greeted(gateway.tls(stream).await, LIMIT).await.unwrap().0;
    let clients = [
        ("implicit", connect(&gateway).await),
        ("starttls", upgraded(&gateway).await),
        ("probing", probing),
    ];
    for (way, mut client) in clients {
        client.ehlo().await.unwrap();
        client.auth_login("alice", "wonderland").await.unwrap();
        let sent = client
            .send_mail("alice@example.org", &["bob@example.org"], &message(way))
            .await;
        assert_eq!(sent.unwrap().enhanced(), Some("2.0.0"), "{way}");
        assert_eq!(client.ask("QUIT").await.unwrap().code, 221, "{way}");
        client.closed().await.unwrap();
    }
    let inbox = received(&servers.postfix, &servers.two, "bob").await;
    for way in ["implicit", "starttls", "probing"] {
        let found = inbox
            .iter()
            .filter(|text| text.contains(&format!("Subject: {way}\r\n")));
        assert_eq!(found.count(), 1, "{way}");
    }
    let text = &inbox[0];
    assert!(text.contains("by localhost with ESMTPSA id "), "{text}");
    assert!(text.contains("from client.example ([127.0.0.1])"), "{text}");
    assert!(
        text.contains("Message-ID: <") && text.contains("\r\nDate: "),
        "{text}"
    );
}

#[tokio::test]
async fn before_tls_nothing_but_starttls_is_of_use() {
    let servers = Servers::start();
    let gateway = servers.site().start().await;
    let (mut client, greeting) = plain(&gateway).await;
    assert!(greeting.text().starts_with("localhost ESMTP"), "{greeting:?}");
    let hello = client.ehlo().await.unwrap();
    assert_eq!(hello.keyword("STARTTLS"), Some(""));
    assert_eq!(hello.keyword("AUTH"), None);
    for command in [
        "AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=",
        "AUTH LOGIN",
        "MAIL FROM:<alice@example.org>",
    ] {
        let reply = client.ask(command).await.unwrap();
        assert!(matches!(reply.code, 530 | 538), "{command}: {reply:?}");
    }
    // What stands behind STARTTLS would be taken for what came inside TLS.
    client.send(b"STARTTLS\r\nEHLO inside\r\n").await.unwrap();
    assert_eq!(client.reply().await.unwrap().code, 501);
    client.closed().await.unwrap();
    assert!(!gateway.log().contains("event=login "), "{}", gateway.log());
}

#[tokio::test]
async fn ehlo_lists_what_the_gateway_relays_and_the_mta_has() {
    let servers = Servers::with(|postfix| postfix.message_size_limit(1_000_000));
    let gateway = servers.site().start().await;
    let mut client = connect(&gateway).await;
    let hello = client.ehlo().await.unwrap();
    for keyword in ["PIPELINING", "8BITMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES"] {
        assert_eq!(hello.keyword(keyword), Some(""), "{keyword}: {hello:?}");
    }
    assert_eq!(hello.keyword("SIZE"), Some("998976"));
    assert_eq!(hello.keyword("AUTH"), Some("PLAIN LOGIN"));
    for keyword in ["CHUNKING", "STARTTLS", "VRFY", "ETRN", "XCLIENT"] {
        assert_eq!(hello.keyword(keyword), None, "{keyword}: {hello:?}");
    }
}

#[tokio::test]
async fn while_the_mta_is_unknown_little_is_offered_and_nobody_is_let_in() {
    let mut servers = Servers::start();
    servers.postfix.stop();
    let gateway = servers.site().start_unready().await;
    gateway.logged("event=mta-unknown").await;
    let mut client = connect(&gateway).await;
    let hello = client.ehlo().await.unwrap();
    assert_eq!(hello.lines.len(), 5, "{hello:?}");
    for keyword in ["PIPELINING", "SIZE", "ENHANCEDSTATUSCODES", "AUTH"] {
        assert!(hello.keyword(keyword).is_some(), "{keyword}: {hello:?}");
    }
    let reply = client.ask("AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=").await.unwrap();
    assert_eq!((reply.code, reply.enhanced()), (454, Some("4.7.0")));
    // Once the MTA is there, the very connection may go on.
    servers.postfix.restart().unwrap();
    client.auth_plain("", "alice", "wonderland").await.unwrap();
}

#[tokio::test]
async fn a_foreign_protocol_is_sent_away() {
    let servers = Servers::start();
    let gateway = servers.site().start().await;
    let mut stream = TcpStream::connect(gateway.address(STARTTLS)).await.unwrap();
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await
        .unwrap();
    let mut client = Client::greeted(stream, LIMIT).await.unwrap().0;
    client.closed().await.unwrap();
}
