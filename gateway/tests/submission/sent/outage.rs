//! A mail server that is down, or full.

use std::time::{Duration, SystemTime};

use super::{ALICE, BOB, CAROL, assert_once, command, emptied, filed, files, listed, site};
use crate::common::Gateway;
use crate::setup::Servers;

#[tokio::test]
async fn one_that_is_down_gets_its_copies_later() {
    let mut servers = Servers::start();
    let gateway = site(&servers, "mode = \"always\"").start().await;
    servers.two.stop();
    let ids: Vec<String> = (0..3).map(|number| format!("<{number}@example.org>")).collect();
    for id in &ids {
        BOB.send(&gateway, ALICE, id).await;
    }
    // It takes nobody's mail but its own with it.
    ALICE.send(&gateway, CAROL, "<alice@example.org>").await;
    gateway.logged("event=sent-filed").await;
    servers.postfix.drained().unwrap();
    assert_once(&ALICE.inbox(&servers).await, ids.clone());
    assert_eq!(ALICE.sent(&servers).await.len(), 1);
    // It is asked again, for one of them, until it is there.
    let line = gateway.logged_times("event=sent-retry", 2).await;
    assert!(
        line.contains("account=bob") && line.contains("two: connecting to"),
        "{line}"
    );
    assert_eq!(listed(&gateway, "queue").await.len(), 3);
    servers.two.restart().unwrap();
    filed(&gateway).await;
    assert_once(&BOB.sent(&servers).await, ids);
}

/// More than a quota of 2,000 octets.
fn large(id: &str) -> Vec<u8> {
    [ALICE.message(BOB, id), b"0123456789\r\n".repeat(400)].concat()
}

async fn send_large(gateway: &Gateway, id: &str) {
    let mut client = ALICE.log_in(gateway).await;
    client
        .send_mail(ALICE.address, &[BOB.address], &large(id))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_full_mailbox_gets_its_copy_once_there_is_room() {
    let mut servers = Servers::start();
    servers.one.set_quota("alice", Some(2000)).unwrap();
    let gateway = site(&servers, "mode = \"always\"").start().await;
    send_large(&gateway, "<1@example.org>").await;
    let line = gateway.logged_times("event=sent-retry", 2).await;
    assert!(
        line.contains("OVERQUOTA") && line.contains("attempts=2"),
        "{line}"
    );
    // That is nothing to others, on the same server or with a smaller message.
    CAROL.send(&gateway, BOB, "<2@example.org>").await;
    ALICE.send(&gateway, BOB, "<3@example.org>").await;
    gateway.logged_times("event=sent-filed", 2).await;
    assert_once(&ALICE.sent(&servers).await, ["<3@example.org>".to_owned()]);
    servers.one.set_quota("alice", None).unwrap();
    filed(&gateway).await;
    let ids = ["<1@example.org>", "<3@example.org>"].map(str::to_owned);
    assert_once(&ALICE.sent(&servers).await, ids);
    servers.postfix.drained().unwrap();
    assert_eq!(BOB.inbox(&servers).await.len(), 3);
}

#[tokio::test]
async fn a_copy_that_was_tried_for_long_enough_is_kept_and_can_be_tried_again() {
    let mut servers = Servers::start();
    servers.one.set_quota("alice", Some(2000)).unwrap();
    let site = site(&servers, "mode = \"always\"\ngive_up = \"1m\"");
    let mut gateway = site.start().await;
    send_large(&gateway, "<1@example.org>").await;
    gateway.logged("event=sent-retry").await;
    // Two minutes pass.
    gateway.kill().await;
    let [file] = &files(&gateway, "queue")[..] else {
        panic!("not one file")
    };
    let file = std::fs::File::options().write(true).open(file).unwrap();
    let then = SystemTime::now() - Duration::from_secs(120);
    file.set_modified(then).unwrap();
    gateway.restart().await;
    let line = gateway.logged("event=sent-failed").await;
    assert!(line.contains("OVERQUOTA"), "{line}");
    emptied(&gateway, "queue").await;
    let list = listed(&gateway, "failed").await;
    assert!(
        list.len() == 1 && list[0].ends_with("alice, <1@example.org>"),
        "{list:?}"
    );
    // It waits for whom it concerns.
    servers.one.set_quota("alice", None).unwrap();
    let id = list[0].split_whitespace().nth(1).unwrap();
    let raw = command(&gateway, &["show", "--raw", id]).await;
    assert!(raw.stdout == large("<1@example.org>"));
    assert_eq!(ALICE.sent(&servers).await, []);
    assert!(command(&gateway, &["retry", "--all"]).await.status.success());
    gateway.logged("event=sent-filed").await;
    filed(&gateway).await;
    assert_once(&ALICE.sent(&servers).await, ["<1@example.org>".to_owned()]);
}
