//! The limits of those who send.

use std::time::Duration;

use gatepost_testkit::mail::smtp::{Fault, Stage};
use gatepost_testkit::mail::{MailServer, Running};
use gatepost_testkit::smtp_client::{Client, Reply};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::time::{interval, timeout};
use tokio_rustls::client::TlsStream;

use crate::common::LIMIT;
use crate::control::SOCKET;
use crate::site::{ALICE, Setup, Site};
use crate::status::{says, status};

/// The listeners for sending, by their place.
const SMTPS: usize = 1;
const SUBMISSION: usize = 2;

/// A gateway that sends, too, and its MTA.
async fn site(limits: &'static str) -> (Site, Running) {
    let mta = MailServer::builder().user(ALICE.0, "x").master("gateway", "m");
    let mta = mta.build().bind_smtp("127.0.0.1:0").await.unwrap();
    let address = mta.address();
    let mut more = format!(
        "[mtas.memory]\naddresses = [\"{address}\"]\ntls = \"none\"\n\
         login = {{ method = \"master\", user = \"gateway\", password_file = \"master\" }}\n\
         [submission]\nmta = \"memory\"\n[sent_copy]\nmode = \"off\"\n{SOCKET}"
    );
    for listener in ["tls = \"implicit\"", "tls = \"starttls\"\nconnections = 1"] {
        more.push_str(&format!(
            "[[listeners]]\nprotocol = \"smtp\"\naddresses = [\"127.0.0.1:0\"]\ndirectory = \"users\"\n\
             certificates = [\"main\"]\n{listener}\n"
        ));
    }
    let setup = Setup {
        limits,
        more,
        ..Setup::default()
    };
    (setup.start().await, mta)
}

async fn greeted(site: &Site) -> Client<TlsStream<TcpStream>> {
    site.gateway.sender(SMTPS).await
}

async fn auth(client: &mut Client<TlsStream<TcpStream>>) -> Reply {
    // NUL alice NUL wonderland
    client.ask("AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=").await.unwrap()
}

#[tokio::test]
async fn who_finds_no_seat_is_told_where_tls_comes_later() {
    let (site, _mta) = site("").await;
    let connect = || async {
        TcpStream::connect(site.gateway.address(SUBMISSION))
            .await
            .unwrap()
    };
    let _first = Client::greeted(connect().await, LIMIT).await.unwrap();
    let (mut refused, mut line) = (connect().await, String::new());
    timeout(LIMIT, refused.read_to_string(&mut line))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(line, "421 4.7.0 too many connections\r\n");
    assert_eq!(status(&site.gateway)["refused.listener"], "1");
}

#[tokio::test]
async fn the_idle_session_that_sends_ends_for_a_newer_one() {
    let (site, _mta) = site("failure_grid = \"0s\"\nsessions_per_user = 1\nidle_after = \"4s\"").await;
    let mut reading = site.gateway.login(ALICE.0, ALICE.1).await;
    let (mut first, mut second) = (greeted(&site).await, greeted(&site).await);
    assert_eq!(auth(&mut first).await.code, 235);
    let refused = auth(&mut second).await;
    assert_eq!((refused.code, refused.enhanced()), (454, Some("4.7.0")));
    let mut patience = interval(Duration::from_millis(250));
    while auth(&mut second).await.code == 454 {
        patience.tick().await;
    }
    let bye = first.reply().await.unwrap();
    assert_eq!((bye.code, bye.enhanced()), (421, Some("4.7.0")));
    assert!(
        bye.text().contains("too many sessions of this account"),
        "{bye:?}"
    );
    first.closed().await.unwrap();
    second.command("NOOP").await.unwrap();
    // Who reads is none of those who send.
    reading.command("NOOP").await.unwrap();
    assert_eq!(status(&site.gateway)["refused.let-go"], "1");
}

/// A long message is no silence: neither does its session make room for another, nor is it sent away behind the message.
#[tokio::test]
async fn a_session_in_the_middle_of_a_message_is_not_idle() {
    let (site, _mta) = site("failure_grid = \"0s\"\nsessions_per_user = 1\nidle_after = \"3s\"").await;
    let (mut first, mut second) = (greeted(&site).await, greeted(&site).await);
    assert_eq!(auth(&mut first).await.code, 235);
    let commands = [
        "MAIL FROM:<alice@example.org>",
        "RCPT TO:<alice@example.org>",
        "DATA",
    ];
    assert_eq!(first.batch(&commands).await.unwrap().pop().unwrap().code, 354);
    first.send(b"From: alice@example.org\r\n\r\n").await.unwrap();
    let mut pace = interval(Duration::from_millis(100));
    // For longer than a session may be silent.
    for _ in 0..45 {
        pace.tick().await;
        first.send(b"more and more\r\n").await.unwrap();
    }
    // What was sent has arrived before what is sent now.
    first.send(b"and the last\r\n").await.unwrap();
    assert_eq!(auth(&mut second).await.code, 454);
    first.send(b".\r\n").await.unwrap();
    assert_eq!(first.reply().await.unwrap().code, 250);
    first.command("NOOP").await.unwrap();
}

#[tokio::test]
async fn refused_senders_and_too_many_bad_commands_are_counted() {
    let (site, _mta) = site("").await;
    let mut client = greeted(&site).await;
    assert_eq!(auth(&mut client).await.code, 235);
    let refused = client.ask("MAIL FROM:<bob@example.org>").await.unwrap();
    assert_eq!(refused.code, 553);
    says(&site.gateway, "refused.sender", "1").await;
    let mut other = greeted(&site).await;
    other.send(&b"NONSENSE\r\n".repeat(100)).await.unwrap();
    says(&site.gateway, "refused.wire-limit", "1").await;
}

/// A client that has said DATA to an MTA that stalls at `stage`, with what it heard last.
async fn stalled(site: &Site, mta: &Running, stage: Stage) -> Client<TlsStream<TcpStream>> {
    mta.smtp().fail(stage, Fault::Silence);
    let mut client = greeted(site).await;
    assert_eq!(auth(&mut client).await.code, 235);
    let commands = "MAIL FROM:<alice@example.org>\r\nRCPT TO:<alice@example.org>\r\nDATA\r\n";
    client.send(commands.as_bytes()).await.unwrap();
    for _ in 0..2 {
        assert_eq!(client.reply().await.unwrap().code, 250);
    }
    client
}

/// Closes the connection: the peer hears of the end, or of a reset.
async fn leave(site: &Site, client: Client<TlsStream<TcpStream>>, how: Leaving) {
    // What was sent has arrived, and the MTA was told.
    site.gateway.rests().await;
    if how == Leaving::Reset {
        client.into_stream().get_ref().0.set_zero_linger().unwrap();
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Leaving {
    End,
    Reset,
}

/// Nothing of the message has gone up, so nothing can be in doubt.
#[tokio::test]
async fn who_leaves_before_the_mta_asks_for_the_message_is_not_waited_for() {
    let (site, mta) = site("").await;
    for how in [Leaving::End, Leaving::Reset] {
        let client = stalled(&site, &mta, Stage::Data).await;
        leave(&site, client, how).await;
        site.gateway.settled().await;
        timeout(LIMIT, mta.smtp().wait_for_connections(0)).await.unwrap();
    }
    assert!(site.gateway.lines("event=message ").is_empty());
}

/// Only the MTA can say what became of the message; until then its connection needs the seat.
#[tokio::test]
async fn who_leaves_behind_the_message_keeps_the_seat_until_it_is_settled() {
    let (site, mta) = site("").await;
    for (times, how) in [(1, Leaving::End), (2, Leaving::Reset)] {
        let mut client = stalled(&site, &mta, Stage::Message).await;
        assert_eq!(client.reply().await.unwrap().code, 354);
        let message = b"From: alice@example.org\r\n\r\nhello\r\n.\r\n";
        client.send(message).await.unwrap();
        leave(&site, client, how).await;
        site.gateway.rests().await;
        says(&site.gateway, "connections.logged_in", "1").await;
        mta.smtp().drop_connections();
        site.gateway.settled().await;
        assert_eq!(site.gateway.lines("result=doubt").len(), times);
        says(&site.gateway, "connections.logged_in", "0").await;
    }
}
