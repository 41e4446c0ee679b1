//! Clients that are logged in and do not read what they asked for.

use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_rustls::client::TlsStream;

use crate::common::LIMIT;
use crate::crowd::{Crowd, end};
use crate::site::{Bounds, MALLORY, RELAYED_KIB, Setup, TRUDY};
use crate::upstream::{Act, Fickle, Stage};

const MIB: u64 = 1024 * 1024;

/// What a transfer of 64 MiB without a reader leaves in the buffers of the two connections' four sockets.
const IN_SOCKETS: u64 = 24 * MIB;

/// What a session may hold for a client that does not read: a scratch buffer, and TLS's own.
const UNREAD_KIB: u64 = 160;

/// Logged in, with a command sent. Nothing is read behind the login.
async fn ask(crowd: &Crowd, user: (&str, &str), command: &str) -> TlsStream<TcpStream> {
    let client = crowd.reader(user).await;
    let mut stream = client.into_stream();
    stream.write_all(command.as_bytes()).await.unwrap();
    stream.flush().await.unwrap();
    stream
}

async fn nobody_reads(gear: &str, first: &'static str, words: Vec<u8>, command: &'static str) {
    const READERS: usize = 10;
    let act = Act::Flood(first.as_bytes().to_vec(), words);
    let fickle = Fickle::start(Stage::Command, act).await;
    let site = Setup {
        limits: "dead_peer_time = \"2s\"",
        upstream: format!("tls = \"none\"\nrelay = \"{gear}\""),
        ..Setup::bad(fickle.addresses())
    };
    let site = site.start().await;
    let flood = site.flood().await;
    let streams = site
        .crowd()
        .all(READERS, move |crowd, _| async move {
            ask(&crowd, TRUDY, command).await
        })
        .await;
    // The mail server is slowed down, and the clients are not waited for for ever.
    fickle.is_blocked().await;
    let each = fickle.said() / READERS as u64;
    assert!(each < IN_SOCKETS, "{} MiB each were taken", each / MIB);
    fickle.has_open(0).await;
    flood.over(Bounds::of(READERS, RELAYED_KIB + UNREAD_KIB)).await;
    drop(streams);
    let ended = site.gateway.lines("reason=\"client: ");
    assert_eq!(ended.len(), READERS, "{ended:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_reads_a_fetch() {
    let first = "* 1 FETCH (BODY[] {67108864}\r\n";
    nobody_reads("inspecting", first, vec![b'x'; 65_536], "a FETCH 1 BODY[]\r\n").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_reads_a_fetch_that_is_only_copied() {
    let first = "* 1 FETCH (BODY[] {67108864}\r\n";
    nobody_reads("transparent", first, vec![b'x'; 65_536], "a FETCH 1 BODY[]\r\n").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_reads_the_news_of_idle() {
    let news = b"* 5 EXISTS\r\n* 2 FETCH (FLAGS (\\Seen))\r\n".repeat(1000);
    nobody_reads("inspecting", "+ idling\r\n", news, "a IDLE\r\n").await;
}

/// What a client has pipelined waits with it, and not in the gateway, if the answers are not read.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_without_end_and_nobody_reads_the_answers() {
    let act = Act::Flood(Vec::new(), b"* 5 EXISTS\r\n".repeat(5000));
    let fickle = Fickle::start(Stage::Command, act).await;
    let site = Setup {
        limits: "dead_peer_time = \"2s\"",
        ..Setup::bad(fickle.addresses())
    };
    let site = site.start().await;
    let flood = site.flood().await;
    let count = 10;
    let sent = site.crowd().all(count, |crowd, _| async move {
        let mut stream = ask(&crowd, TRUDY, "a SELECT INBOX\r\n").await;
        let commands = b"a FETCH 1:* BODY.PEEK[]\r\n".repeat(1000);
        let mut sent = 0_u64;
        let endless = async {
            while stream.write_all(&commands).await.is_ok() {
                sent += commands.len() as u64;
            }
        };
        // It is cut off, since it does not take what it asked for.
        timeout(LIMIT, endless).await.unwrap();
        sent
    });
    for sent in sent.await {
        assert!(sent < IN_SOCKETS, "{} MiB were taken", sent / MIB);
    }
    fickle.has_open(0).await;
    flood.over(Bounds::of(count, RELAYED_KIB + UNREAD_KIB)).await;
}

/// A mailbox of one large message, fetched by those who read a little now and then: they are served as they read.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_readers_get_all_of_it() {
    let site = Setup::limits("").start().await;
    let message = [
        &b"Subject: large\r\n\r\n"[..],
        &b"0123456789abcde\r\n".repeat(500_000),
    ]
    .concat();
    site.mail
        .store()
        .deliver(MALLORY.0, "INBOX", message.clone())
        .unwrap();
    let flood = site.flood().await;
    let count = 8;
    let crowd = site.crowd();
    let ends = crowd
        .all(count, |crowd, _| async move {
            let commands = "a SELECT INBOX\r\nb FETCH * BODY.PEEK[]\r\nc LOGOUT\r\n";
            let stream = ask(&crowd, MALLORY, commands).await;
            sleep(Duration::from_millis(1500)).await;
            end(stream).await
        })
        .await;
    for end in ends {
        let last = end.heard[end.heard.len().saturating_sub(100)..].escape_ascii();
        assert!(end.heard.ends_with(b"c OK logged out\r\n"), "{last}");
        assert!(end.heard.len() > message.len(), "{} octets", end.heard.len());
    }
    flood.over(Bounds::of(count, RELAYED_KIB + UNREAD_KIB)).await;
}
