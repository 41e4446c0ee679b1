//! An honest client that comes again and again while the gateway is under attack.

use std::sync::Arc;
use std::time::Duration;

use gatepost_testkit::{client, smtp_client};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::common::Gateway;
use crate::site::{ALICE, BOB, IMAPS, SMTPS};

/// How long it takes at most to read a message, and to send one, on a machine that does other things too.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long it rests between two visits.
const REST: Duration = Duration::from_millis(50);

pub(crate) struct Honest {
    stop: CancellationToken,
    visits: JoinHandle<usize>,
}

impl Honest {
    pub(crate) fn start(gateway: Arc<Gateway>) -> Self {
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let visits = tokio::spawn(async move {
            let mut visits = 0;
            while !stopped.is_cancelled() {
                Self::once(&gateway).await;
                visits += 1;
                tokio::time::sleep(REST).await;
            }
            visits
        });
        Self { stop, visits }
    }

    /// How often it was served. It always was.
    pub(crate) async fn stop(self) -> usize {
        self.stop.cancel();
        self.visits.await.expect("an honest client was not served")
    }

    /// One visit: reads a message and sends one.
    pub(crate) async fn once(gateway: &Gateway) {
        timeout(PATIENCE, read(gateway))
            .await
            .expect("a message within the time");
        timeout(PATIENCE, send(gateway))
            .await
            .expect("a message sent within the time");
    }
}

async fn read(gateway: &Gateway) {
    let stream = TcpStream::connect(gateway.address(IMAPS)).await.unwrap();
    let stream = gateway.tls(stream).await;
    let mut client = client::Client::greeted(stream, PATIENCE).await.unwrap().0;
    client.authenticate_plain("", ALICE.0, ALICE.1).await.unwrap();
    client.command("SELECT INBOX").await.unwrap();
    let reply = client.command("FETCH 1 BODY.PEEK[]").await.unwrap();
    assert!(reply.literal().is_some());
    client.command("LOGOUT").await.unwrap();
    client.closed().await.unwrap();
}

async fn send(gateway: &Gateway) {
    let stream = TcpStream::connect(gateway.address(SMTPS)).await.unwrap();
    let stream = gateway.tls(stream).await;
    let mut client = smtp_client::Client::greeted(stream, PATIENCE).await.unwrap().0;
    client.ehlo().await.unwrap();
    client.auth_plain("", BOB.0, BOB.1).await.unwrap();
    let message = b"From: bob@example.org\r\nTo: alice@example.org\r\nSubject: hello\r\n\r\nhello\r\n";
    client
        .send_mail("bob@example.org", &["alice@example.org"], message)
        .await
        .unwrap();
    client.command("QUIT").await.unwrap();
    client.closed().await.unwrap();
}
