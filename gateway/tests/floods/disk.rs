//! The disk of the spool is full.

use std::time::Duration;

use gatepost_testkit::mail::RefusalCode;

use crate::crowd::Crowd;
use crate::meter::Meter;
use crate::mounted::Mounted;
use crate::sending::PIECES_KIB;
use crate::site::{ALICE, MALLORY, RELAYED_KIB, Setup, TO_MALLORY};

const MIB: usize = 1024 * 1024;

/// Users who send at once, and what each message has: more than the disk holds all together.
const SENDERS: usize = 20;
const OCTETS: usize = 300 * 1024;

/// Between two visits of somebody who reads.
const PAUSE: Duration = Duration::from_millis(20);

fn message(number: usize) -> Vec<u8> {
    let head = format!("From: mallory@example.org\r\nMessage-ID: <{number}@example.org>\r\n\r\n");
    [head.as_bytes(), &b"0123456789abcde\r\n".repeat(OCTETS / 17)].concat()
}

/// Sends a message, and gives the last reply's code and enhanced code.
async fn send(crowd: &Crowd, number: usize) -> (u16, String) {
    let mut client = crowd.sender(MALLORY).await;
    let mut reply = client.batch(&TO_MALLORY).await.unwrap().pop().unwrap();
    if reply.code == 354 {
        reply = client.message(&message(number)).await.unwrap();
    }
    // Whatever it was, the session goes on.
    client.command("NOOP").await.unwrap();
    (reply.code, reply.enhanced().unwrap_or_default().to_owned())
}

fn ids(messages: impl Iterator<Item = impl AsRef<[u8]>>) -> Vec<usize> {
    let mut ids: Vec<usize> = messages
        .filter_map(|octets| {
            let text = String::from_utf8_lossy(octets.as_ref()).into_owned();
            let id = text.split_once("Message-ID: <")?.1.split_once('@')?.0.to_owned();
            id.parse().ok()
        })
        .collect();
    ids.sort_unstable();
    ids
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_send_at_once_to_a_full_disk() {
    let disk = tempfile::tempdir().unwrap();
    let _mounted = Mounted::at(disk.path(), 2 * MIB);
    let sent_copy = format!(
        "mode = \"always\"\nmin_free_space = \"1B\"\nretry_first = \"1s\"\ncreate = \"Sent\"\nspool = {:?}",
        disk.path()
    );
    let setup = Setup {
        sent_copy,
        ..Setup::default()
    };
    let site = setup.start().await;
    let mut alice = site.gateway.login(ALICE.0, ALICE.1).await;
    alice.command("SELECT INBOX").await.unwrap();
    let meter = Meter::start(&site.gateway);
    // No copy leaves the spool for now.
    site.mail
        .control()
        .refuse_logins(RefusalCode::Unavailable, "later");
    let replies = site
        .crowd()
        .all(SENDERS, |crowd, number| async move { send(&crowd, number).await });
    let replies = tokio::spawn(replies);
    // Who reads is served meanwhile.
    while !replies.is_finished() {
        let fetched = alice.command("FETCH 1 BODY.PEEK[]").await.unwrap();
        assert!(fetched.literal().is_some());
        tokio::time::sleep(PAUSE).await;
    }
    let mut accepted = Vec::new();
    for (number, reply) in replies.await.unwrap().into_iter().enumerate() {
        match (reply.0, reply.1.as_str()) {
            (250, _) => accepted.push(number),
            (452, "4.3.1") => {}
            _ => panic!("{reply:?}"),
        }
    }
    assert!((1..SENDERS - 10).contains(&accepted.len()), "{accepted:?}");
    let refused = SENDERS - accepted.len();
    assert_eq!(site.refused("spool"), refused as u64);
    // Once there is a mail server again, nothing of what was accepted is lost.
    site.mail.control().grant_logins();
    site.gateway
        .logged_times("event=sent-filed", accepted.len())
        .await;
    let again = send(&site.crowd(), SENDERS).await;
    assert_eq!(again.0, 250, "{again:?}");
    accepted.push(SENDERS);
    site.gateway
        .logged_times("event=sent-filed", accepted.len())
        .await;
    let grown = meter.peak().memory_kib.saturating_sub(meter.before.memory_kib);
    let allowed = Meter::SLACK_KIB + (RELAYED_KIB + PIECES_KIB) * SENDERS as u64;
    assert!(grown <= allowed, "{grown} KiB are more than {allowed}");
    meter.is_as_before().await;
    for mailbox in ["INBOX", "Sent"] {
        let messages = site.mail.store().messages(MALLORY.0, mailbox).unwrap();
        assert_eq!(
            ids(messages.iter().map(|message| &message.octets)),
            accepted,
            "{mailbox}"
        );
    }
}
