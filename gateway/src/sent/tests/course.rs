//! The usual course of things, and what is not usual.

use std::path::Path;
use std::time::Duration;

use gatepost_directory::EntryId;
use tokio::time::Instant;

use super::mailbox::{Mailboxes, Planned, Post, synced};
use crate::config::{SentConfig, SentMode};
use crate::sent::Copies;
use crate::sent::entry::CopyId;
use crate::sent::entry::tests::envelope;
use crate::sent::files::{Place, Visit};
use crate::sent::queue::Fault;
use crate::sent::source::PIECE;
use crate::sent::spool::SpoolError;
use crate::sent::worker::Outcome;

fn retry(fault: Fault) -> Planned {
    Planned::Outcome(Outcome::Retry {
        reason: "over quota".into(),
        fault,
    })
}

fn ids(spool: &Path, place: Place) -> Vec<CopyId> {
    let entries = Visit::open(spool).unwrap().list(place).unwrap();
    entries.into_iter().map(|(id, _)| id).collect()
}

fn id_of(name: &str) -> EntryId {
    envelope(name).account
}

#[tokio::test(start_paused = true)]
async fn a_copy_is_filed_after_the_wait_and_leaves_the_spool() {
    let (spool, mailboxes) = (tempfile::tempdir().unwrap(), Mailboxes::default());
    let (post, started) = (Post::start(spool.path(), &mailboxes), Instant::now());
    post.send("alice", "<1@example.com>").await;
    assert_eq!(ids(spool.path(), Place::Queue).len(), 1);
    mailboxes.called(1).await;
    let waited = started.elapsed().as_secs();
    assert!((59..62).contains(&waited), "{waited}");
    post.emptied().await;
    let filed = mailboxes.filed();
    assert_eq!(filed["alice"][0].0, "<1@example.com>");
    assert_eq!(filed["alice"][0].1, b"Subject: x\r\n\r\nHello!\r\n");
    assert!(ids(spool.path(), Place::Queue).is_empty());
    post.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_large_message_is_filed_octet_for_octet() {
    let (spool, mailboxes) = (tempfile::tempdir().unwrap(), Mailboxes::default());
    let post = Post::start(spool.path(), &mailboxes);
    let octets: Vec<u8> = (0..PIECE * 3 + 5).map(|number| (number / 7) as u8).collect();
    let mut pending = post.copies.begin(envelope("alice"));
    for piece in octets.chunks(10_000) {
        pending.append(piece).await.unwrap();
    }
    pending.sync(Some(b"<1>")).await.unwrap().queue().await;
    post.emptied().await;
    assert!(mailboxes.filed()["alice"][0].1 == octets);
}

#[tokio::test(start_paused = true)]
async fn what_the_client_files_is_not_filed() {
    let (spool, mailboxes) = (tempfile::tempdir().unwrap(), Mailboxes::default());
    let post = Post::start(spool.path(), &mailboxes);
    // Behind our 250, and before.
    post.send("alice", "<1@example.com>").await;
    post.copies
        .appended("users", &id_of("alice"), b"Sent", b"<1@example.com>");
    let synced = post.synced("alice", "<2@example.com>").await;
    post.copies
        .appended("users", &id_of("alice"), b"Sent", b"<2@example.com>");
    synced.queue().await;
    // Somebody else's, and one of another directory.
    post.send("bob", "<1@example.com>").await;
    post.copies
        .appended("other", &id_of("bob"), b"Sent", b"<1@example.com>");
    post.emptied().await;
    assert_eq!((mailboxes.calls(), mailboxes.count("bob")), (1, 1));
    assert!(ids(spool.path(), Place::Queue).is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_the_client_puts_elsewhere_is_no_copy() {
    let (spool, mailboxes) = (tempfile::tempdir().unwrap(), Mailboxes::default());
    let post = Post::start(spool.path(), &mailboxes);
    let synced = post.synced("alice", "<1@example.com>").await;
    let appended = |mailbox: &[u8], message_id: &[u8]| {
        post.copies
            .appended("users", &id_of("alice"), mailbox, message_id);
    };
    appended(b"Drafts", b"<1@example.com>");
    synced.queue().await;
    appended(b"Trash", b"<1@example.com>");
    post.emptied().await;
    assert_eq!((mailboxes.calls(), mailboxes.count("alice")), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn where_copies_were_filed_the_clients_count() {
    let (spool, mailboxes) = (tempfile::tempdir().unwrap(), Mailboxes::default());
    let post = Post::start(spool.path(), &mailboxes);
    let present = Outcome::Present {
        mailbox: "Ausgang".into(),
    };
    mailboxes.plan(Planned::Outcome(present));
    post.send("alice", "<1@example.com>").await;
    post.emptied().await;
    post.send("alice", "<2@example.com>").await;
    let alice = id_of("alice");
    post.copies
        .appended("users", &alice, b"Ausgang", b"<2@example.com>");
    post.emptied().await;
    assert_eq!(mailboxes.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn refused_and_broken_off_messages_leave_nothing() {
    let (spool, mailboxes) = (tempfile::tempdir().unwrap(), Mailboxes::default());
    let post = Post::start(spool.path(), &mailboxes);
    post.synced("alice", "<1@example.com>").await.discard().await;
    let mut pending = post.copies.begin(envelope("alice"));
    pending.append(&vec![b'a'; PIECE + 1]).await.unwrap();
    assert_eq!(ids_in_pending(spool.path()), 1);
    pending.discard().await;
    let mut pending = post.copies.begin(envelope("alice"));
    pending.append(&vec![b'a'; PIECE + 1]).await.unwrap();
    drop(pending);
    post.copies.begin(envelope("alice")).discard().await;
    assert_eq!(ids_in_pending(spool.path()), 0);
    assert_eq!(post.copies.waiting(), 0);
}

fn ids_in_pending(spool: &Path) -> usize {
    std::fs::read_dir(spool.join("pending")).unwrap().count()
}

#[tokio::test(start_paused = true)]
async fn without_an_answer_a_copy_is_in_doubt_and_kept() {
    let (spool, mailboxes) = (tempfile::tempdir().unwrap(), Mailboxes::default());
    let post = Post::start(spool.path(), &mailboxes);
    post.synced("alice", "<1@example.com>").await.doubt().await;
    drop(post.synced("bob", "<2@example.com>").await);
    assert_eq!(ids(spool.path(), Place::Doubt).len(), 2);
    post.stop().await;
    let post = Post::start(spool.path(), &mailboxes);
    tokio::time::sleep(Duration::from_secs(1000)).await;
    assert_eq!((post.copies.waiting(), mailboxes.calls()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_filed_is_tried_again_and_in_the_end_put_aside() {
    let (spool, mailboxes) = (tempfile::tempdir().unwrap(), Mailboxes::default());
    let post = Post::start(spool.path(), &mailboxes);
    mailboxes.plan(retry(Fault::Copy));
    mailboxes.plan(retry(Fault::Backend("main".into())));
    mailboxes.plan(Planned::Panic);
    post.send("alice", "<1@example.com>").await;
    post.emptied().await;
    assert_eq!((mailboxes.calls(), mailboxes.count("alice")), (4, 1));
    mailboxes.plan(Planned::Outcome(Outcome::Fail {
        reason: "somebody else".into(),
    }));
    post.send("alice", "<2@example.com>").await;
    post.emptied().await;
    assert_eq!(ids(spool.path(), Place::Failed).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_found_at_a_start_waits_for_what_an_earlier_run_may_have_sent() {
    let (spool, mailboxes) = (tempfile::tempdir().unwrap(), Mailboxes::default());
    let config = SentConfig {
        spool: spool.path().to_owned(),
        wait: Duration::ZERO,
        ..SentConfig::default()
    };
    let copies = Copies::open(&config).unwrap();
    synced(&copies, "alice", "<1@example.com>").await.queue().await;
    drop(copies);
    let started = Instant::now();
    let post = Post::on(Copies::open(&config).unwrap(), &mailboxes);
    mailboxes.called(1).await;
    assert!((30..32).contains(&started.elapsed().as_secs()));
    post.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_mail_server_that_did_not_answer_has_minutes_to_file() {
    let (spool, mailboxes) = (tempfile::tempdir().unwrap(), Mailboxes::default());
    let post = Post::start(spool.path(), &mailboxes);
    mailboxes.plan(retry(Fault::Unanswered));
    post.send("alice", "<1@example.com>").await;
    mailboxes.called(1).await;
    let asked = Instant::now();
    mailboxes.called(2).await;
    assert!(
        asked.elapsed() >= Duration::from_secs(300),
        "{:?}",
        asked.elapsed()
    );
    post.emptied().await;
    assert_eq!(mailboxes.count("alice"), 1);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_searched_for_and_may_be_filed_is_in_doubt() {
    let (spool, mailboxes) = (tempfile::tempdir().unwrap(), Mailboxes::default());
    let post = Post::start(spool.path(), &mailboxes);
    // A refusal is none of these cases.
    mailboxes.plan(retry(Fault::Copy));
    mailboxes.plan(retry(Fault::Unanswered));
    post.send("alice", "").await;
    post.emptied().await;
    assert_eq!((mailboxes.calls(), mailboxes.count("alice")), (2, 0));
    let doubt = ids(spool.path(), Place::Doubt);
    assert_eq!(doubt.len(), 1);
    let visit = Visit::open(spool.path()).unwrap();
    visit.retry(&doubt[0], Place::Doubt).unwrap();
    mailboxes.called(3).await;
    post.emptied().await;
    assert_eq!(mailboxes.count("alice"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_filing_of_what_cannot_be_searched_for_that_ends_without_a_word_is_in_doubt() {
    let (spool, mailboxes) = (tempfile::tempdir().unwrap(), Mailboxes::default());
    let post = Post::start(spool.path(), &mailboxes);
    mailboxes.plan(Planned::FiledAndPanic);
    post.send("alice", "").await;
    post.emptied().await;
    assert_eq!((mailboxes.calls(), mailboxes.count("alice")), (1, 1));
    assert_eq!(ids(spool.path(), Place::Doubt).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_filing_that_breaks_off_at_the_end_of_life_ends_in_failed() {
    let (spool, mailboxes) = (tempfile::tempdir().unwrap(), Mailboxes::default());
    let config = SentConfig {
        spool: spool.path().to_owned(),
        give_up: Duration::from_secs(1),
        ..SentConfig::default()
    };
    let post = Post::on(Copies::open(&config).unwrap(), &mailboxes);
    mailboxes.plan(Planned::Panic);
    post.send("alice", "<1@example.com>").await;
    post.emptied().await;
    assert_eq!(ids(spool.path(), Place::Failed).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_could_not_be_put_aside_is_later_and_may_then_be_tried_again() {
    let (spool, mailboxes) = (tempfile::tempdir().unwrap(), Mailboxes::default());
    let post = Post::start(spool.path(), &mailboxes);
    mailboxes.plan(Planned::Outcome(Outcome::Fail {
        reason: "somebody else".into(),
    }));
    post.send("alice", "<1@example.com>").await;
    let failed = spool.path().join("failed");
    std::fs::remove_dir(&failed).unwrap();
    std::fs::write(&failed, b"no folder").unwrap();
    mailboxes.called(1).await;
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!((post.copies.waiting(), mailboxes.calls()), (1, 1));
    std::fs::remove_file(&failed).unwrap();
    std::fs::create_dir(&failed).unwrap();
    post.emptied().await;
    let id = &ids(spool.path(), Place::Failed)[0];
    Visit::open(spool.path())
        .unwrap()
        .retry(id, Place::Failed)
        .unwrap();
    mailboxes.called(2).await;
    post.emptied().await;
    assert_eq!(mailboxes.count("alice"), 1);
}

#[tokio::test(start_paused = true)]
async fn an_outage_that_does_not_end_ends_all_copies() {
    let (spool, mailboxes) = (tempfile::tempdir().unwrap(), Mailboxes::default());
    let config = SentConfig {
        spool: spool.path().to_owned(),
        give_up: Duration::from_secs(3600),
        ..SentConfig::default()
    };
    let post = Post::on(Copies::open(&config).unwrap(), &mailboxes);
    for _ in 0..100 {
        mailboxes.plan(retry(Fault::Backend("main".into())));
    }
    post.send("alice", "<1@example.com>").await;
    post.send("alice", "<2@example.com>").await;
    post.send("bob", "<2@example.com>").await;
    let started = Instant::now();
    post.emptied().await;
    let hours = started.elapsed().as_secs_f64() / 3600.0;
    assert!((1.0..1.7).contains(&hours), "{hours}");
    assert_eq!(ids(spool.path(), Place::Failed).len(), 3);
    assert!(mailboxes.calls() < 12, "{}", mailboxes.calls());
}

#[tokio::test(start_paused = true)]
async fn what_is_left_when_no_copies_are_kept_any_more_is_filed() {
    let (spool, mailboxes) = (tempfile::tempdir().unwrap(), Mailboxes::default());
    let root = spool.path().join("spool");
    let config = SentConfig {
        spool: root.clone(),
        mode: SentMode::Off,
        ..SentConfig::default()
    };
    assert!(Copies::left(&config).is_none());
    assert!(!root.exists(), "nothing is made");
    let post = Post::start(&root, &mailboxes);
    post.send("alice", "<1@example.com>").await;
    post.synced("bob", "<2@example.com>").await.doubt().await;
    // Another gateway files it.
    assert!(Copies::left(&config).is_none());
    post.stop().await;
    let post = Post::on(Copies::left(&config).unwrap(), &mailboxes);
    post.emptied().await;
    post.stop().await;
    assert_eq!((mailboxes.count("alice"), mailboxes.count("bob")), (1, 0));
    assert!(Copies::left(&config).is_none(), "what is in doubt is left alone");
    std::fs::write(root.join("pending/0-1"), b"").unwrap();
    assert!(Copies::left(&config).is_some());
}

#[tokio::test(start_paused = true)]
async fn what_an_administrator_puts_back_is_noticed() {
    let (spool, mailboxes) = (tempfile::tempdir().unwrap(), Mailboxes::default());
    let post = Post::start(spool.path(), &mailboxes);
    post.synced("alice", "<1@example.com>").await.doubt().await;
    let visit = Visit::open(spool.path()).unwrap();
    let id = &ids(spool.path(), Place::Doubt)[0];
    visit.retry(id, Place::Doubt).unwrap();
    mailboxes.called(1).await;
    post.emptied().await;
    assert_eq!(mailboxes.count("alice"), 1);
    assert_eq!(visit.find(id), None);
}

#[tokio::test(start_paused = true)]
async fn what_an_administrator_removes_is_forgotten_and_what_breaks_is_put_aside() {
    let (spool, mailboxes) = (tempfile::tempdir().unwrap(), Mailboxes::default());
    let post = Post::start(spool.path(), &mailboxes);
    post.send("alice", "<1@example.com>").await;
    post.send("bob", "<2@example.com>").await;
    let queued = ids(spool.path(), Place::Queue);
    let file = |id: &CopyId| spool.path().join("queue").join(id.as_str());
    std::fs::remove_file(file(&queued[0])).unwrap();
    std::fs::write(file(&queued[1]), b"damaged").unwrap();
    post.emptied().await;
    assert_eq!(mailboxes.calls(), 0);
    assert_eq!(ids(spool.path(), Place::Failed), queued[1..]);
}

#[tokio::test(start_paused = true)]
async fn many_messages_are_each_filed_once_and_not_all_at_once() {
    let (spool, mailboxes) = (tempfile::tempdir().unwrap(), Mailboxes::default());
    let post = Post::start(spool.path(), &mailboxes);
    mailboxes.take_time(Duration::from_secs(1));
    for number in 0..10 {
        for name in ["alice", "bob", "carol", "dave", "eve", "frank"] {
            post.send(name, &format!("<{number}@example.com>")).await;
        }
    }
    post.emptied().await;
    assert_eq!(mailboxes.most_at_once(), 4);
    assert!(mailboxes.filed().values().all(|mailbox| mailbox.len() == 10));
    assert_eq!(mailboxes.calls(), 60);
}

#[tokio::test(start_paused = true)]
async fn a_filing_under_way_ends_before_the_gateway_does() {
    let (spool, mailboxes) = (tempfile::tempdir().unwrap(), Mailboxes::default());
    let post = Post::start(spool.path(), &mailboxes);
    mailboxes.take_time(Duration::from_secs(10));
    post.send("alice", "<1@example.com>").await;
    post.send("alice", "<2@example.com>").await;
    mailboxes.called(1).await;
    post.stop().await;
    assert_eq!((mailboxes.count("alice"), mailboxes.calls()), (1, 1));
    assert_eq!(ids(spool.path(), Place::Queue).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_filing_that_takes_longer_than_the_grace_is_broken_off() {
    let (spool, mailboxes) = (tempfile::tempdir().unwrap(), Mailboxes::default());
    let post = Post::start(spool.path(), &mailboxes);
    mailboxes.take_time(Duration::from_secs(1000));
    post.send("alice", "<1@example.com>").await;
    mailboxes.called(1).await;
    let started = Instant::now();
    post.stop.end.cancel();
    post.stop().await;
    assert!(started.elapsed() < Duration::from_secs(1));
    assert_eq!(ids(spool.path(), Place::Queue).len(), 1);
    mailboxes.take_time(Duration::ZERO);
    let post = Post::start(spool.path(), &mailboxes);
    post.emptied().await;
    assert_eq!(mailboxes.count("alice"), 1);
}

#[tokio::test]
async fn a_full_spool_takes_no_message_and_keeps_none() {
    let spool = tempfile::tempdir().unwrap();
    let config = SentConfig {
        spool: spool.path().to_owned(),
        max_spool_size: Some(2 * PIECE as u64),
        ..SentConfig::default()
    };
    let copies = Copies::open(&config).unwrap();
    let alice = envelope("alice");
    copies.room_for(&alice, PIECE as u64).await.unwrap();
    assert!(copies.room_for(&alice, 2 * PIECE as u64).await.is_err());
    let mut pending = copies.begin(envelope("alice"));
    pending.append(&vec![b'a'; PIECE]).await.unwrap();
    let error = pending.append(&vec![b'a'; PIECE]).await.unwrap_err();
    assert!(matches!(error, SpoolError::Full(_)), "{error}");
    assert!(pending.append(b"more").await.is_ok(), "it is not written yet");
    assert!(pending.sync(None).await.is_err());
    assert_eq!(ids_in_pending(spool.path()), 0);
    copies.room_for(&alice, PIECE as u64).await.unwrap();
}
