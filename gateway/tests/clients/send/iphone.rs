//! What an iPhone does to send, from traces of real ones.

use std::sync::Arc;

use gatepost_testkit::smtp_client::{Client, Reply, stuffed};
use gatepost_wire::base64;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore, version};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::{ALICE, BOB, CAROL, Office, letter};
use crate::common::LIMIT;
use crate::setup::{Site, TlsClient};

/// Connects with TLS from the first octet, whatever the port is, and says EHLO. It never says it again.
async fn connect(office: &Office, listener: usize) -> TlsClient {
    let stream = TcpStream::connect(office.gateway.address(listener))
        .await
        .unwrap();
    // Newer ones can do 1.3, too.
    let name = ServerName::try_from("localhost").unwrap();
    let stream = tls_1_2(office).connect(name, stream).await.unwrap();
    let mut client = Client::greeted(stream, LIMIT).await.unwrap().0;
    let hello = client.ask("EHLO smtpclient.apple").await.unwrap();
    for (keyword, value) in [("8BITMIME", ""), ("AUTH", "PLAIN LOGIN")] {
        assert_eq!(hello.keyword(keyword), Some(value), "{hello:?}");
    }
    assert!(hello.keyword("SIZE").is_some(), "{hello:?}");
    client
}

/// TLS as iPhones have spoken it for years.
fn tls_1_2(office: &Office) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(office.ca_file()).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&version::TLS12])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

/// The answer to AUTH PLAIN with all in one line.
async fn plain(client: &mut TlsClient, password: &str) -> Reply {
    let mut command = b"AUTH PLAIN ".to_vec();
    base64::encode(format!("\0alice\0{password}").as_bytes(), &mut command);
    client.ask(std::str::from_utf8(&command).unwrap()).await.unwrap()
}

async fn log_in(office: &Office, listener: usize) -> TlsClient {
    let mut client = connect(office, listener).await;
    let reply = plain(&mut client, "wonderland").await;
    assert_eq!((reply.code, reply.enhanced()), (235, Some("2.7.0")), "{reply:?}");
    client
}

/// Begins a message to both: up to 354.
async fn begin(client: &mut TlsClient, message: &str) {
    let mail = format!("MAIL FROM:<{ALICE}> SIZE={} BODY=8BITMIME", message.len());
    let (bob, carol) = (format!("RCPT TO:<{BOB}>"), format!("RCPT TO:<{CAROL}>"));
    for (command, code) in [(mail.as_str(), 250), (&bob, 250), (&carol, 250), ("DATA", 354)] {
        let reply = client.ask(command).await.unwrap();
        assert_eq!(reply.code, code, "{command}: {reply:?}");
    }
}

async fn send(client: &mut TlsClient, message: &str) {
    begin(client, message).await;
    let reply = client.message(message.as_bytes()).await.unwrap();
    assert_eq!((reply.code, reply.enhanced()), (250, Some("2.0.0")), "{reply:?}");
}

async fn quit(mut client: TlsClient) {
    assert_eq!(client.ask("QUIT").await.unwrap().code, 221);
    client.closed().await.unwrap();
}

#[tokio::test]
async fn finds_587_with_a_hello_of_tls_and_sends() {
    let office = Office::open().await;
    // It looks whether there is TLS at all, and goes.
    drop(connect(&office, Site::STARTTLS).await);
    let mut client = log_in(&office, Site::STARTTLS).await;
    send(&mut client, &letter(1)).await;
    // The connection is kept for the next message.
    assert_eq!(client.ask("RSET").await.unwrap().code, 250);
    send(&mut client, &letter(1)).await;
    quit(client).await;
    office.arrived_whole(2, &letter(1)).await;
    let text = &office.arrived(2).await[0];
    assert!(text.contains("from smtpclient.apple ([127.0.0.1])"), "{text}");
    let line = office.gateway.logged("event=tls ").await;
    assert!(line.contains("tls=1.2 cipher=TLS_ECDHE_"), "{line}");
}

#[tokio::test]
async fn logs_in_by_login() {
    let office = Office::open().await;
    for listener in [Site::IMPLICIT, Site::STARTTLS] {
        let mut client = connect(&office, listener).await;
        client.auth_login("alice", "wonderland").await.unwrap();
        send(&mut client, &letter(1)).await;
        quit(client).await;
    }
    office.arrived_whole(2, &letter(1)).await;
}

#[tokio::test]
async fn sends_over_two_connections_at_once() {
    let office = Office::open().await;
    let (mut one, mut two) = tokio::join!(log_in(&office, Site::IMPLICIT), log_in(&office, Site::STARTTLS));
    let letters = [letter(1), letter(2)];
    tokio::join!(begin(&mut one, &letters[0]), begin(&mut two, &letters[1]));
    let (first, second) = tokio::join!(
        two.message(letters[1].as_bytes()),
        one.message(letters[0].as_bytes())
    );
    assert_eq!((first.unwrap().code, second.unwrap().code), (250, 250));
    tokio::join!(quit(one), quit(two));
    let arrived = office.arrived(2).await;
    for letter in &letters {
        assert_eq!(arrived.iter().filter(|text| text.ends_with(letter)).count(), 2);
    }
}

#[tokio::test]
async fn is_refused_and_asks_its_user() {
    let office = Office::open().await;
    let mut client = connect(&office, Site::STARTTLS).await;
    let reply = plain(&mut client, "only-here-1").await;
    assert_eq!((reply.code, reply.enhanced()), (535, Some("5.7.8")), "{reply:?}");
    office.assert_wrong_password(1).await;
    // The right one, over the same connection.
    assert_eq!(plain(&mut client, "wonderland").await.code, 235);
    let reply = client
        .ask(&format!("MAIL FROM:<{BOB}> SIZE=1000 BODY=8BITMIME"))
        .await
        .unwrap();
    assert_eq!((reply.code, reply.enhanced()), (553, Some("5.7.1")), "{reply:?}");
    office.assert_let_in(1).await;
    assert_eq!(client.ask("RSET").await.unwrap().code, 250);
    send(&mut client, &letter(1)).await;
    office.arrived_whole(1, &letter(1)).await;
}

#[tokio::test]
async fn dies_in_the_middle_of_a_message_and_sends_it_again() {
    let office = Office::open().await;
    let letter = letter(1);
    let mut client = log_in(&office, Site::STARTTLS).await;
    begin(&mut client, &letter).await;
    let octets = stuffed(letter.as_bytes());
    client.send(&octets[..octets.len() / 2]).await.unwrap();
    drop(client);
    office.gateway.logged("event=closed").await;
    let mut client = log_in(&office, Site::STARTTLS).await;
    send(&mut client, &letter).await;
    quit(client).await;
    office.arrived_whole(1, &letter).await;
}
