//! One message, one copy.

use gatepost_testkit::mail::Flag;
use gatepost_testkit::mail::smtp::{Fault, Stage};

use crate::site::{Site, alice, command, message, send};

#[tokio::test]
async fn a_sent_message_is_delivered_and_its_copy_filed() {
    let site = Site::new().await;
    let gateway = site.gateway("wait = \"0s\"").await;
    send(&mut alice(&gateway).await, "<1@example.org>").await.unwrap();
    let line = gateway.logged("event=sent-filed").await;
    for field in [
        "account=alice",
        "mailbox=Sent",
        "uid=1",
        "attempts=1",
        "message_id=<1@example.org>",
    ] {
        assert!(line.contains(field), "{line}");
    }
    site.filed().await;
    let (sent, received) = (site.messages("alice", "Sent"), site.messages("bob", "INBOX"));
    assert_eq!((sent.len(), received.len()), (1, 1));
    assert_eq!(sent[0].octets, message("<1@example.org>"));
    assert!(sent[0].flags.contains(&Flag::Seen));
    assert!(received[0].octets.starts_with(b"Received: ") && received[0].octets.ends_with(&sent[0].octets));
}

#[tokio::test]
async fn what_we_add_for_the_client_is_in_the_copy() {
    let site = Site::new().await;
    let gateway = site.gateway("mode = \"always\"").await;
    let (from, to) = ("alice@example.org", ["bob@example.org"]);
    let mut client = alice(&gateway).await;
    client
        .send_mail(from, &to, b"Subject: x\r\n\r\nHello!\r\n")
        .await
        .unwrap();
    gateway.logged("event=sent-filed").await;
    let sent = site.messages("alice", "Sent");
    let copy = String::from_utf8_lossy(&sent[0].octets).into_owned();
    assert!(
        copy.contains("Message-ID: <") && copy.contains("Date: "),
        "{copy}"
    );
    assert!(!copy.contains("Received:"), "{copy}");
}

#[tokio::test]
async fn the_clients_own_copy_is_enough() {
    let site = Site::new().await;
    let gateway = site.gateway("wait = \"1s\"").await;
    let mut imap = gateway.login("alice", "wonderland").await;
    let mut smtp = alice(&gateway).await;
    // Behind our 250, which the relay sees; and before, which the search finds.
    send(&mut smtp, "<1@example.org>").await.unwrap();
    imap.append("Sent", &message("<1@example.org>")).await.unwrap();
    gateway.logged("event=sent-own").await;
    imap.append("Sent", &message("<2@example.org>")).await.unwrap();
    send(&mut smtp, "<2@example.org>").await.unwrap();
    gateway.logged("event=sent-present").await;
    site.filed().await;
    assert_eq!(site.messages("alice", "Sent").len(), 2);
}

#[tokio::test]
async fn a_draft_with_the_same_message_id_is_no_copy() {
    let site = Site::new().await;
    site.mail.store().create("alice", "Drafts", None).unwrap();
    let gateway = site.gateway("wait = \"1s\"").await;
    let mut imap = gateway.login("alice", "wonderland").await;
    imap.append("Drafts", &message("<1@example.org>")).await.unwrap();
    send(&mut alice(&gateway).await, "<1@example.org>").await.unwrap();
    gateway.logged("event=sent-filed").await;
    assert_eq!(site.messages("alice", "Sent").len(), 1);
}

#[tokio::test]
async fn what_is_thrown_away_is_no_copy() {
    let site = Site::new().await;
    site.mail.store().create("alice", "Trash", None).unwrap();
    let gateway = site.gateway("wait = \"2s\"").await;
    let mut imap = gateway.login("alice", "wonderland").await;
    send(&mut alice(&gateway).await, "<1@example.org>").await.unwrap();
    imap.append("Trash", &message("<1@example.org>")).await.unwrap();
    gateway.logged("event=sent-filed").await;
    assert_eq!(site.messages("alice", "Sent").len(), 1);
}

#[tokio::test]
async fn a_mail_server_that_is_down_gets_its_copies_later() {
    let mut site = Site::new().await;
    let gateway = site.gateway("wait = \"0s\"").await;
    let mut client = alice(&gateway).await;
    site.imap_goes().await;
    for number in 0..3 {
        send(&mut client, &format!("<{number}@example.org>"))
            .await
            .unwrap();
    }
    let line = gateway.logged("event=sent-retry").await;
    assert!(line.contains("connecting to"), "{line}");
    assert_eq!(site.files("queue").len(), 3);
    site.imap_comes_back().await;
    site.filed().await;
    assert_eq!(site.messages("alice", "Sent").len(), 3);
}

#[tokio::test]
async fn a_refused_message_leaves_nothing_and_one_without_an_answer_is_in_doubt() {
    let site = Site::new().await;
    let gateway = site.gateway("wait = \"0s\"").await;
    let smtp = site.mail.smtp();
    smtp.fail_once(Stage::Answer, Fault::Close);
    let error = send(&mut alice(&gateway).await, "<1@example.org>")
        .await
        .unwrap_err();
    assert!(error.to_string().contains("451"), "{error}");
    gateway.logged("event=sent-doubt").await;
    assert_eq!((site.files("doubt").len(), site.files("pending").len()), (1, 0));
    let refusal = Fault::reply(554, "5.7.1", "no");
    smtp.fail_once(Stage::Message, refusal);
    send(&mut alice(&gateway).await, "<2@example.org>")
        .await
        .unwrap_err();
    assert_eq!((site.files("queue").len(), site.files("pending").len()), (0, 0));
    // An administrator who knows better puts the first one back.
    let output = command(site.spool(), &["retry", "--in-doubt"]).await;
    assert!(output.status.success(), "{output:?}");
    gateway.logged("event=sent-filed").await;
    site.filed().await;
    assert_eq!(site.messages("alice", "Sent").len(), 1);
}

#[tokio::test]
async fn a_full_spool_is_told_before_the_message_is_asked_for() {
    let site = Site::new().await;
    let gateway = site.gateway("max_spool_size = \"1MiB\"").await;
    let mut client = alice(&gateway).await;
    let (from, to) = ("alice@example.org", ["bob@example.org"]);
    // It fits while it comes, until it does not.
    let large = [message("<1@example.org>"), b"x\r\n".repeat(400_000)].concat();
    let error = client.send_mail(from, &to, &large).await.unwrap_err();
    assert!(error.to_string().contains("452"), "{error}");
    assert!(site.messages("bob", "INBOX").is_empty());
    assert_eq!(site.files("pending").len(), 0);
    let large = [message("<2@example.org>"), b"x\r\n".repeat(347_000)].concat();
    let mut client = alice(&gateway).await;
    client.send_mail(from, &to, &large).await.unwrap();
    for line in ["MAIL FROM:<alice@example.org>", "RCPT TO:<bob@example.org>"] {
        client.command(line).await.unwrap();
    }
    let reply = client.ask("DATA").await.unwrap();
    assert_eq!(reply.code, 452, "{reply:?}");
    assert_eq!(site.messages("bob", "INBOX").len(), 1);
}

#[tokio::test]
async fn off_is_off() {
    let site = Site::new().await;
    let gateway = site
        .gateway("accounts = [{ accounts = [\"alice\"], mode = \"off\" }]\nwait = \"0s\"")
        .await;
    send(&mut alice(&gateway).await, "<1@example.org>").await.unwrap();
    assert_eq!(site.messages("bob", "INBOX").len(), 1);
    assert!(site.files("queue").is_empty() && site.messages("alice", "Sent").is_empty());
}

#[tokio::test]
async fn a_message_that_is_announced_as_too_large_for_the_spool_is_not_asked_for() {
    let site = Site::new().await;
    let gateway = site.gateway("max_spool_size = \"1MiB\"").await;
    let mut client = alice(&gateway).await;
    let mut codes = Vec::new();
    for size in [2 << 20, 1000] {
        for command in [
            &format!("MAIL FROM:<alice@example.org> SIZE={size}"),
            "RCPT TO:<bob@example.org>",
            "DATA",
        ] {
            codes.push(client.ask(command).await.unwrap().code);
        }
    }
    assert_eq!(codes, [250, 250, 452, 250, 250, 354]);
}
