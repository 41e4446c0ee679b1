//! Who goes between the end of a message and the MTA's answer.

use gatepost_testkit::servers::Stage;
use gatepost_testkit::smtp_client::stuffed;

use super::{ALICE, BOB, assert_once, emptied, filed, left, listed, site};
use crate::common::Gateway;
use crate::setup::{Servers, TlsClient};

/// An MTA that takes its time.
fn servers() -> Servers {
    Servers::with(|postfix| postfix.answer(Stage::EndOfData, BOB.address, "sleep 3"))
}

/// A client that has sent a message whose copy is whole, and waits for the answer.
async fn waiting(gateway: &Gateway, id: &str) -> TlsClient {
    let mut client = ALICE.log_in(gateway).await;
    let commands = [
        "MAIL FROM:<alice@example.org>",
        "RCPT TO:<bob@example.org>",
        "DATA",
    ];
    client.batch(&commands).await.unwrap();
    client.send(&stuffed(&ALICE.message(BOB, id))).await.unwrap();
    left(gateway, "pending", 1).await;
    while listed(gateway, "pending").await.is_empty() {
        tokio::time::sleep(super::PAUSE).await;
    }
    client
}

async fn assert_delivered(servers: &Servers, id: &str) {
    servers.postfix.drained().unwrap();
    assert_once(&BOB.inbox(servers).await, [id.to_owned()]);
}

#[tokio::test]
async fn when_the_client_goes_the_copy_is_filed() {
    let servers = servers();
    let gateway = site(&servers, "mode = \"always\"").start().await;
    drop(waiting(&gateway, "<1@example.org>").await);
    gateway.logged("event=sent-filed").await;
    filed(&gateway).await;
    assert_delivered(&servers, "<1@example.org>").await;
    assert_once(&ALICE.sent(&servers).await, ["<1@example.org>".to_owned()]);
}

#[tokio::test]
async fn when_the_gateway_is_stopped_the_answer_is_waited_for() {
    let servers = servers();
    let mut gateway = site(&servers, "wait = \"3s\"").start().await;
    let mut client = waiting(&gateway, "<1@example.org>").await;
    gateway.terminate();
    assert_eq!(client.reply().await.unwrap().code, 250);
    gateway.ended().await;
    left(&gateway, "queue", 1).await;
    gateway.restart().await;
    filed(&gateway).await;
    assert_delivered(&servers, "<1@example.org>").await;
    assert_once(&ALICE.sent(&servers).await, ["<1@example.org>".to_owned()]);
}

#[tokio::test]
async fn when_the_gateway_is_killed_the_copy_is_in_doubt() {
    let servers = servers();
    let mut gateway = site(&servers, "mode = \"always\"").start().await;
    let _client = waiting(&gateway, "<1@example.org>").await;
    gateway.restart().await;
    let line = gateway.logged("event=sent-doubt").await;
    for field in [
        "account=alice",
        "sender=<alice@example.org>",
        "message_id=<1@example.org>",
    ] {
        assert!(line.contains(field), "{line}");
    }
    assert_delivered(&servers, "<1@example.org>").await;
    // One that is accepted is filed, and the other one is not.
    ALICE.send(&gateway, ALICE, "<2@example.org>").await;
    gateway.logged("event=sent-filed").await;
    emptied(&gateway, "queue").await;
    assert_once(&ALICE.sent(&servers).await, ["<2@example.org>".to_owned()]);
    assert_eq!(listed(&gateway, "doubt").await.len(), 1);
}
