//! Messages that were not sent have no copy.

use gatepost_testkit::servers::Stage;

use super::cut_line::{CutLine, Said, Then, has};
use super::{ALICE, BOB, assert_once, command, emptied, filed, files, listed, site};
use crate::common::Gateway;
use crate::setup::{Servers, TlsClient};

const MAIL: &str = "MAIL FROM:<alice@example.org>";

async fn at_data(gateway: &Gateway, to: &str) -> TlsClient {
    let mut client = ALICE.log_in(gateway).await;
    let rcpt = format!("RCPT TO:<{to}>");
    let replies = client.batch(&[MAIL, &rcpt, "DATA"]).await.unwrap();
    assert_eq!(replies[2].code, 354, "{replies:?}");
    client
}

#[tokio::test]
async fn refused_broken_and_cut_ones() {
    let servers = Servers::with(|postfix| {
        postfix
            .answer(Stage::Data, "data@example.com", "451 4.3.0 no data now")
            .answer(Stage::EndOfData, "spam@example.com", "554 5.7.1 looks like spam")
            .answer(Stage::EndOfData, "later@example.com", "452 4.3.1 disk full")
    });
    let gateway = site(&servers, "mode = \"always\"").start().await;
    let message = ALICE.message(BOB, "<nothing@example.org>");
    // The MTA wants no message, or not this one, or not now.
    let mut client = ALICE.log_in(&gateway).await;
    let replies = client.batch(&[MAIL, "RCPT TO:<data@example.com>", "DATA"]).await;
    assert_eq!(replies.unwrap()[2].code, 451);
    for (to, code) in [("spam@example.com", 554), ("later@example.com", 452)] {
        let mut client = at_data(&gateway, to).await;
        assert_eq!(client.message(&message).await.unwrap().code, code);
    }
    // It has a fault.
    for fault in [&b"bare\nline end\r\n"[..], b"null \0\r\n", b"fake end\n.\n\r\n"] {
        let mut client = at_data(&gateway, BOB.address).await;
        let reply = client.message(&[&message, fault].concat()).await.unwrap();
        assert_eq!(reply.code, 554, "{}", fault.escape_ascii());
    }
    // Nobody ends it.
    for (times, part) in [&message[..], &message[..30], b""].into_iter().enumerate() {
        let mut client = at_data(&gateway, BOB.address).await;
        client.send(part).await.unwrap();
        drop(client);
        gateway
            .logged_times("in the middle of a message", times + 1)
            .await;
    }
    ALICE.send(&gateway, BOB, "<1@example.org>").await;
    emptied(&gateway, "pending").await;
    filed(&gateway).await;
    servers.postfix.drained().unwrap();
    for messages in [ALICE.sent(&servers).await, BOB.inbox(&servers).await] {
        assert_once(&messages, ["<1@example.org>".to_owned()]);
    }
}

/// Cuts the line to the MTA at the end of a message, when that is taken, or before it gets there.
fn cut(said: Said<'_>) -> Then {
    match said {
        Said::Client(octets) if !octets.ends_with(b"\r\n.\r\n") => Then::Pass,
        Said::Client(octets) if has(octets, "<taken@example.org>") => Then::CutBehind,
        Said::Client(octets) if has(octets, "<lost@example.org>") => Then::Cut,
        _ => Then::Pass,
    }
}

#[tokio::test]
async fn one_whose_answer_is_lost_is_in_doubt_and_never_filed() {
    let servers = Servers::start();
    let line = CutLine::to(servers.postfix.trusted(), cut).await;
    let keys = format!(
        "addresses = [\"{}\"]\ntls = \"none\"\nlogin = {{ method = \"trusted\" }}\n",
        line.address()
    );
    let mut gateway = site(&servers, "mode = \"always\"").mta(&keys).start().await;
    for (times, fate) in ["taken", "lost"].into_iter().enumerate() {
        let message = ALICE.message(BOB, format!("<{fate}@example.org>"));
        let mut client = at_data(&gateway, BOB.address).await;
        let reply = client.message(&message).await.unwrap();
        assert_eq!((reply.code, reply.enhanced()), (451, Some("4.3.0")), "{reply:?}");
        gateway.logged_times("event=sent-doubt", times + 1).await;
        // The session goes on, with another connection to the MTA.
        let message = ALICE.message(BOB, format!("<behind-{fate}@example.org>"));
        client
            .send_mail(ALICE.address, &[BOB.address], &message)
            .await
            .unwrap();
    }
    emptied(&gateway, "queue").await;
    gateway.restart().await;
    ALICE.send(&gateway, BOB, "<last@example.org>").await;
    emptied(&gateway, "queue").await;
    let ids = ["behind-taken", "behind-lost", "last"].map(|id| format!("<{id}@example.org>"));
    assert_once(&ALICE.sent(&servers).await, ids.clone());
    // They are listed, and what was received meanwhile is not lost.
    let doubt = listed(&gateway, "doubt").await;
    assert_eq!((doubt.len(), files(&gateway, "doubt").len()), (2, 2), "{doubt:?}");
    servers.postfix.drained().unwrap();
    let taken = "<taken@example.org>".to_owned();
    assert_once(&BOB.inbox(&servers).await, ids.into_iter().chain([taken]));
    // An administrator who has looked at the MTA's log has the one filed.
    let line = doubt
        .iter()
        .find(|line| line.contains("<taken@example.org>"))
        .unwrap();
    let id = line.split_whitespace().nth(1).unwrap();
    assert!(command(&gateway, &["retry", id]).await.status.success());
    gateway
        .logged("message_id=<taken@example.org> mailbox=Sent")
        .await;
    emptied(&gateway, "queue").await;
    assert_eq!(ALICE.sent(&servers).await.len(), 4);
    assert_eq!(files(&gateway, "doubt").len(), 1);
}
