//! The ways in which clients log in, octet by octet, with and without TLS.

use gatepost_testkit::client::Client;
use gatepost_testkit::servers::{Dovecot, Slapd};
use gatepost_wire::base64;
use tokio::net::TcpStream;

use crate::common::{Gateway, LIMIT, TlsClient};
use crate::setup::{STARTTLS, Setup, backend, slapd};

async fn start() -> (Slapd, Dovecot, Gateway) {
    let (slapd, dovecot) = (slapd(), backend().start().unwrap());
    let gateway = Setup::simple(&slapd, &dovecot).start().await;
    (slapd, dovecot, gateway)
}

fn encoded(text: &str) -> String {
    let mut octets = Vec::new();
    base64::encode(text.as_bytes(), &mut octets);
    String::from_utf8(octets).unwrap()
}

/// Sends lines, each after a `+` but for the first, and wants to be logged in at the end.
async fn log_in_by(client: &mut TlsClient, lines: &[String]) {
    for (index, line) in lines.iter().enumerate() {
        if index > 0 {
            let response = client.response().await.unwrap();
            assert!(response.starts_with("+"), "{response:?} before {line}");
        }
        client.send(format!("{line}\r\n").as_bytes()).await.unwrap();
    }
    let response = client.response().await.unwrap();
    assert!(
        response.starts_with("a OK [CAPABILITY "),
        "{lines:?}: {response:?}"
    );
    client.command("SELECT INBOX").await.unwrap();
}

#[tokio::test]
async fn every_form_of_login_works() {
    let (_slapd, _dovecot, gateway) = start().await;
    let plain = encoded("\0alice\0wonderland");
    let forms: [&[String]; 9] = [
        &[format!("a AUTHENTICATE PLAIN {plain}")],
        &["a AUTHENTICATE PLAIN".into(), plain.clone()],
        &["a authenticate plain".into(), plain],
        &[
            "a AUTHENTICATE LOGIN".into(),
            encoded("alice"),
            encoded("wonderland"),
        ],
        &["a LOGIN alice wonderland".into()],
        &["a login \"alice\" \"wonder\\land\"".replace("\\l", "l")],
        &["a LOGIN {5}".into(), "alice {10}".into(), "wonderland".into()],
        &["a LOGIN {5+}\r\nalice {10+}\r\nwonderland".into()],
        &["a LOGIN alice {10}".into(), "wonderland".into()],
    ];
    for lines in forms {
        log_in_by(&mut gateway.connect().await, lines).await;
    }
}

#[tokio::test]
async fn a_command_behind_the_login_is_not_lost() {
    let (_slapd, dovecot, gateway) = start().await;
    let mut client = gateway.connect().await;
    client
        .send(b"a LOGIN alice wonderland\r\nb CREATE later\r\nc NOOP\r\n")
        .await
        .unwrap();
    for tag in ["a OK", "b OK", "c OK"] {
        let response = client.response().await.unwrap();
        assert!(response.starts_with(tag), "{response:?}");
    }
    dovecot.logged("user=<alice>").unwrap();
}

#[tokio::test]
async fn nobody_logs_in_before_tls() {
    let (_slapd, dovecot, gateway) = start().await;
    let stream = TcpStream::connect(gateway.address(STARTTLS)).await.unwrap();
    let (mut client, greeting) = Client::greeted(stream, LIMIT).await.unwrap();
    assert!(
        greeting.contains("STARTTLS") && greeting.contains("LOGINDISABLED"),
        "{greeting:?}"
    );
    assert!(!greeting.contains("AUTH="), "{greeting:?}");
    let plain = format!("AUTHENTICATE PLAIN {}", encoded("\0alice\0wonderland"));
    for command in [
        "LOGIN alice wonderland",
        &plain,
        "AUTHENTICATE PLAIN",
        "LOGIN {5}",
    ] {
        let reply = client.ask(command).await.unwrap();
        assert_eq!(reply.status(), "NO", "{reply:?}");
        assert!(reply.tagged.contains("[PRIVACYREQUIRED]"), "{reply:?}");
    }
    client.command("STARTTLS").await.unwrap();
    let mut client = Client::new(gateway.tls(client.into_stream()).await, LIMIT);
    let offered = client.command("CAPABILITY").await.unwrap();
    assert_eq!(offered.with("AUTH=PLAIN").count(), 1, "{offered:?}");
    assert_eq!(offered.with("STARTTLS").count(), 0, "{offered:?}");
    client
        .authenticate_plain("", "alice", "wonderland")
        .await
        .unwrap();
    client.command("SELECT INBOX").await.unwrap();
    dovecot.logged("Login: user=<alice>").unwrap();
    let logins = dovecot.log().matches("Login: user=<alice>").count();
    assert_eq!(logins, 1, "{}", dovecot.log());
}
