//! TLS from the start and by STARTTLS, over loopback.

use std::sync::Arc;

use gatepost_testkit::client::Client;
use gatepost_testkit::mail::Running;
use gatepost_testkit::mail::smtp::{Fault, Stage};
use gatepost_testkit::smtp_client;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::pair::{LIMIT, builder};

/// A server's and a client's side of TLS with a certificate made on the spot.
fn tls() -> (TlsAcceptor, TlsConnector) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate: CertificateDer<'static> = made.cert.der().clone();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let server = rustls::ServerConfig::builder().with_no_client_auth();
    let server = server.with_single_cert(vec![certificate.clone()], key).unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate).unwrap();
    let client = rustls::ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    (Arc::new(server).into(), Arc::new(client).into())
}

async fn connect(running: &Running) -> TcpStream {
    TcpStream::connect(running.address()).await.unwrap()
}

fn localhost() -> ServerName<'static> {
    ServerName::try_from("localhost").unwrap()
}

#[tokio::test]
async fn implicit_tls() {
    let (acceptor, connector) = tls();
    let running = builder()
        .implicit_tls(acceptor)
        .bind("127.0.0.1:0")
        .await
        .unwrap();
    let stream = connector
        .connect(localhost(), connect(&running).await)
        .await
        .unwrap();
    let (mut client, greeting) = Client::greeted(stream, LIMIT).await.unwrap();
    assert!(
        greeting.contains("AUTH=PLAIN") && !greeting.contains("STARTTLS"),
        "{greeting:?}"
    );
    client.authenticate_plain("", "alice", "secret").await.unwrap();
    let message = vec![b'm'; 3_000_000];
    client.append("INBOX", &message).await.unwrap();
    client.command("SELECT INBOX").await.unwrap();
    assert_eq!(
        client.command("FETCH 1 BODY[]").await.unwrap().literal().unwrap(),
        message
    );
    client.command("LOGOUT").await.unwrap();
    client.closed().await.unwrap();
    running.stop().await;
}

#[tokio::test]
async fn starttls_and_no_login_before() {
    let (acceptor, connector) = tls();
    let running = builder().starttls(acceptor).bind("127.0.0.1:0").await.unwrap();
    let (mut client, greeting) = Client::greeted(connect(&running).await, LIMIT).await.unwrap();
    assert!(
        greeting.contains("STARTTLS LOGINDISABLED") && !greeting.contains("AUTH="),
        "{greeting:?}"
    );
    assert_eq!(client.ask("LOGIN alice secret").await.unwrap().status(), "NO");
    client.command("STARTTLS").await.unwrap();
    let stream = connector
        .connect(localhost(), client.into_stream())
        .await
        .unwrap();
    let mut client = Client::new(stream, LIMIT);
    let capabilities = client.command("CAPABILITY").await.unwrap();
    assert!(capabilities.untagged[0].contains("AUTH=PLAIN"));
    client.login("alice", "secret").await.unwrap();
    client.command("LOGOUT").await.unwrap();
    running.stop().await;
}

#[tokio::test]
async fn smtp_inside_implicit_tls() {
    let (acceptor, connector) = tls();
    let server = builder().smtp_implicit_tls(acceptor).build();
    let running = server.bind_smtp("127.0.0.1:0").await.unwrap();
    let stream = connector
        .connect(localhost(), connect(&running).await)
        .await
        .unwrap();
    let (mut client, _) = smtp_client::Client::greeted(stream, LIMIT).await.unwrap();
    let reply = client.ehlo().await.unwrap();
    assert!(reply.keyword("AUTH").is_some() && reply.keyword("STARTTLS").is_none());
    client.auth_plain("", "alice", "secret").await.unwrap();
    client
        .send_mail("alice@x.example", &["bob@x.example"], b"hi\r\n")
        .await
        .unwrap();
    client.command("QUIT").await.unwrap();
    client.closed().await.unwrap();
    assert_eq!(running.store().messages("bob", "INBOX").unwrap().len(), 1);
    running.stop().await;
}

#[tokio::test]
async fn smtp_with_starttls_and_no_login_before() {
    let (acceptor, connector) = tls();
    let server = builder().smtp_starttls(acceptor).build();
    let running = server.bind_smtp("127.0.0.1:0").await.unwrap();
    let plain = || async {
        smtp_client::Client::greeted(connect(&running).await, LIMIT)
            .await
            .unwrap()
            .0
    };
    let mut client = plain().await;
    let reply = client.ehlo().await.unwrap();
    assert!(reply.keyword("AUTH").is_none() && reply.keyword("STARTTLS").is_some());
    let refused = client.auth_plain("", "alice", "secret").await.unwrap_err();
    assert_eq!(refused.heard().last().unwrap().enhanced(), Some("5.7.0"));
    let stream = connector
        .connect(localhost(), client.starttls().await.unwrap())
        .await
        .unwrap();
    let mut client = smtp_client::Client::new(stream, LIMIT);
    client.ehlo().await.unwrap();
    client.auth_login("alice", "secret").await.unwrap();
    client.command("QUIT").await.unwrap();

    running
        .smtp()
        .fail(Stage::StartTls, Fault::reply(454, "4.7.0", "no TLS now"));
    let mut client = plain().await;
    client.ehlo().await.unwrap();
    assert!(client.starttls().await.is_err());
    running.smtp().heal();
    // What comes behind STARTTLS in plaintext is not taken for what came inside TLS.
    let mut client = plain().await;
    client.ehlo().await.unwrap();
    client.send(b"STARTTLS\r\nEHLO x\r\n").await.unwrap();
    assert_eq!(client.reply().await.unwrap().code, 501);
    client.closed().await.unwrap();
    running.stop().await;
}
