//! Clients that send.

use gatepost_testkit::mail::smtp::Pace;

use crate::site::{CHANGED, NOT_ALLOWED, Site, is_sent_away, is_told_421, user};

const MESSAGE: &str = "From: alice@example.org\r\nTo: bob@example.org\r\nSubject: last\r\n\r\nhello\r\n";

#[tokio::test]
async fn a_client_that_waits_hears_421() {
    let site = Site::of_file().await;
    let mut alice = site.sender("alice", "wonderland").await;
    let mut bob = site.sender("bob", "builder").await;
    alice
        .send_mail("alice@example.org", &["bob@example.org"], MESSAGE.as_bytes())
        .await
        .unwrap();
    site.edit(&(user("alice", "looking-glass", "") + &user("bob", "builder", "")));
    is_told_421(&mut alice, CHANGED).await;
    bob.command("NOOP").await.unwrap();
    let line = site.gateway.logged("event=recheck ").await;
    assert!(line.contains(" account=alice id=alice "), "{line}");
}

/// Recipients that were named are no message yet.
#[tokio::test]
async fn an_envelope_without_a_message_is_given_up() {
    let site = Site::of_file().await;
    let mut alice = site.sender("alice", "wonderland").await;
    alice.command("MAIL FROM:<alice@example.org>").await.unwrap();
    alice.command("RCPT TO:<bob@example.org>").await.unwrap();
    site.edit(&user("bob", "builder", ""));
    is_told_421(&mut alice, NOT_ALLOWED).await;
    assert!(site.memory.mail.smtp().transactions().is_empty());
}

#[tokio::test]
async fn a_message_on_its_way_is_finished_first() {
    let site = Site::of_file().await;
    let mut reading = site.idle("alice", "wonderland").await;
    let mut sending = site.sender("alice", "wonderland").await;
    sending.command("MAIL FROM:<alice@example.org>").await.unwrap();
    sending.command("RCPT TO:<bob@example.org>").await.unwrap();
    assert_eq!(sending.ask("DATA").await.unwrap().code, 354);
    let (begin, end) = MESSAGE.split_at(30);
    sending.send(begin.as_bytes()).await.unwrap();
    site.edit(&user("bob", "builder", ""));
    // The directory has been asked, and this one waits for nothing.
    is_sent_away(&mut reading, NOT_ALLOWED).await;
    sending.send(end.as_bytes()).await.unwrap();
    sending.send(b".\r\n").await.unwrap();
    assert_eq!(sending.reply().await.unwrap().code, 250);
    is_told_421(&mut sending, NOT_ALLOWED).await;
    let sent = site.memory.mail.smtp().transactions();
    assert_eq!(sent.len(), 1);
}

/// The MTA has the message and has not said what it makes of it.
#[tokio::test]
async fn a_verdict_is_waited_for() {
    let site = Site::of_file().await;
    let mut reading = site.idle("alice", "wonderland").await;
    let mut sending = site.sender("alice", "wonderland").await;
    site.memory.mail.smtp().set_pace(Pace::Stopped);
    sending.command("MAIL FROM:<alice@example.org>").await.unwrap();
    sending.command("RCPT TO:<bob@example.org>").await.unwrap();
    assert_eq!(sending.ask("DATA").await.unwrap().code, 354);
    sending.send(format!("{MESSAGE}.\r\n").as_bytes()).await.unwrap();
    site.edit(&user("bob", "builder", ""));
    is_sent_away(&mut reading, NOT_ALLOWED).await;
    site.memory.mail.smtp().set_pace(Pace::Full);
    assert_eq!(sending.reply().await.unwrap().code, 250);
    is_told_421(&mut sending, NOT_ALLOWED).await;
    assert_eq!(site.memory.mail.smtp().transactions().len(), 1);
}

/// A client that always has its next message under way is never waited for.
#[tokio::test]
async fn what_was_sent_behind_a_message_is_not_begun() {
    let site = Site::of_file().await;
    let mut reading = site.idle("alice", "wonderland").await;
    let mut sending = site.sender("alice", "wonderland").await;
    site.memory.mail.smtp().set_pace(Pace::Stopped);
    let envelope = "MAIL FROM:<alice@example.org>\r\nRCPT TO:<bob@example.org>\r\nDATA\r\n";
    sending.command("MAIL FROM:<alice@example.org>").await.unwrap();
    sending.command("RCPT TO:<bob@example.org>").await.unwrap();
    assert_eq!(sending.ask("DATA").await.unwrap().code, 354);
    let more = format!("{MESSAGE}.\r\n{envelope}");
    sending.send(more.as_bytes()).await.unwrap();
    site.edit(&user("bob", "builder", ""));
    is_sent_away(&mut reading, NOT_ALLOWED).await;
    site.memory.mail.smtp().set_pace(Pace::Full);
    assert_eq!(sending.reply().await.unwrap().code, 250);
    is_told_421(&mut sending, NOT_ALLOWED).await;
    assert_eq!(site.memory.mail.smtp().transactions().len(), 1);
}
