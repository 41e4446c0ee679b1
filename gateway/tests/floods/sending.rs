//! Users who send without end.

use crate::common::Sender;
use crate::crowd::{Crowd, How, end};
use crate::site::{Bounds, MALLORY, RELAYED_KIB, Setup, TO_MALLORY};

/// Pieces of a message and answers that have not left yet.
pub(crate) const PIECES_KIB: u64 = 160;

async fn begin(crowd: &Crowd) -> Sender {
    let mut client = crowd.sender(MALLORY).await;
    let reply = client.batch(&TO_MALLORY).await.unwrap().pop().unwrap();
    assert_eq!(reply.code, 354, "{reply:?}");
    client
}

/// Many in the middle of a message, each with a copy in the spool, who say no more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hundreds_in_the_middle_of_a_message() {
    let site = Setup {
        sent_copy: "mode = \"always\"\nspool = \"spool\"".to_owned(),
        ..Setup::default()
    };
    let site = site.start().await;
    let flood = site.flood().await;
    let count = 200;
    let clients = site.crowd().all(count, |crowd, _| async move {
        let mut client = begin(&crowd).await;
        client
            .send(&b"X-More: 0123456789abcdef\r\n".repeat(2000))
            .await
            .unwrap();
        client
    });
    let clients = clients.await;
    let threads = flood.meter.now().threads;
    assert!(threads < 64, "{threads} threads");
    drop(clients);
    flood.over(Bounds::of(count, RELAYED_KIB + PIECES_KIB)).await;
    let messages = site.mta.store().messages(MALLORY.0, "INBOX").unwrap();
    assert!(
        messages
            .iter()
            .all(|message| !message.octets.starts_with(b"X-More")),
        "half a message"
    );
}

/// A message that is longer than it may be is read for a while, lest its sender tries again and again; then no more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_without_end() {
    let site = Setup {
        submission: "max_message_size = \"1MiB\"",
        ..Setup::default()
    };
    let site = site.start().await;
    let flood = site.flood().await;
    let count = 8;
    let ends = site.crowd().all(count, |crowd, number| async move {
        let client = begin(&crowd).await;
        let (reader, mut writer) = tokio::io::split(client.into_stream());
        let piece = match number % 4 {
            0 => b"X-Header: more and more\r\n".repeat(2000),
            1 => b"x".repeat(50_000),
            2 => b"hello\r\n".repeat(7000),
            _ => b"..\r\n".repeat(12_000),
        };
        let mut sent = 0_u64;
        let endless = async {
            while tokio::io::AsyncWriteExt::write_all(&mut writer, &piece)
                .await
                .is_ok()
            {
                sent += piece.len() as u64;
                assert!(sent < 4 << 30, "it is read for ever");
            }
        };
        let (end, ()) = tokio::join!(end(reader), endless);
        end
    });
    for end in ends.await {
        let heard = end.text();
        assert_eq!(end.how, How::Closed, "{heard}");
        assert!(
            heard.contains("552 5.3.4") || heard.contains("554 ") || heard.contains("500 "),
            "{heard}"
        );
    }
    flood.over(Bounds::of(count, RELAYED_KIB + PIECES_KIB)).await;
    let ended = site.gateway.lines("reason=\"client: a message without end\"");
    assert_eq!(ended.len(), count);
    for line in ended {
        let taken = line.split_once("bytes_in=").unwrap().1.split_once(' ').unwrap().0;
        assert!(taken.parse::<u64>().unwrap() < 3 << 20, "{line}");
    }
}

/// Recipients by the thousand, BDAT of nothing, commands without end: refused one by one, and read as they come.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_without_end() {
    let site = Setup::default().start().await;
    let flood = site.flood().await;
    let count = 40;
    let ends = site.crowd().all(count, |crowd, number| async move {
        let client = crowd.sender(MALLORY).await;
        let (reader, mut writer) = tokio::io::split(client.into_stream());
        let recipient = "RCPT TO:<mallory@example.org>\r\n";
        let words = match number % 5 {
            0 => "MAIL FROM:<mallory@example.org>\r\n".to_owned() + &recipient.repeat(3000),
            1 => "BDAT 0\r\n".repeat(3000),
            2 => "NOOP\r\n".repeat(5000),
            3 => "FROBNICATE\r\n".repeat(3000),
            _ => "MAIL FROM:<mallory@example.org>\r\nRSET\r\n".repeat(1000),
        };
        let saying = async {
            let words = words + "QUIT\r\n";
            let _ = tokio::io::AsyncWriteExt::write_all(&mut writer, words.as_bytes()).await;
            let _ = tokio::io::AsyncWriteExt::flush(&mut writer).await;
        };
        (number % 5, tokio::join!(end(reader), saying).0)
    });
    for (kind, end) in ends.await {
        let heard = end.text();
        let last = heard.lines().last().unwrap_or_default();
        assert_ne!(end.how, How::Open, "{last}");
        match kind {
            0 => {
                let accepted = heard.lines().filter(|line| line.starts_with("250 ")).count();
                let refused = heard.lines().filter(|line| line.starts_with("452 4.5.3")).count();
                assert_eq!((accepted, refused), (101, 2900));
                assert!(last.starts_with("221 "), "{last}");
            }
            1..=3 => assert!(last.starts_with("421 "), "{kind}: {last}"),
            _ => assert!(last.starts_with("221 "), "{kind}: {last}"),
        }
    }
    flood.over(Bounds::of(count, RELAYED_KIB + PIECES_KIB)).await;
    let refused = site.gateway.lines(" event=command-refused ").len();
    assert!(refused <= 100 * count, "{refused}");
}
