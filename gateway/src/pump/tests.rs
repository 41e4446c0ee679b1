mod neighbours;
mod spread;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use gatepost_directory::{
    Account, BoxFuture, Claim, ClaimKinds, Directory, Entry, EntryId, Resolution, Standing, Verdict,
};
use gatepost_imap::Capabilities;
use gatepost_imap::relay::{EmptyLiteral, Rules};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::scratch::SCRATCH_OCTETS;
use super::silence::{HUSH, LINGER};
use super::*;
use crate::config::{Limits, Protocol};
use crate::recheck::{PerUser, Sessions};
use crate::refusals::Refusals;
use crate::turns::{Lines, Target};

const NO_LIMIT: PerUser = PerUser {
    sessions: 0,
    idle_after: Duration::from_secs(30),
};

/// What a stream in memory takes before its reader reads.
const PIPE_OCTETS: usize = 4096;

/// A pump between the two ends that a test holds.
struct Bench {
    client: DuplexStream,
    server: DuplexStream,
    end: CancellationToken,
    sessions: Arc<Sessions>,
    pump: JoinHandle<Summary>,
}

/// A directory where nobody is any more.
struct Nobody;

impl Directory for Nobody {
    fn accepts(&self) -> ClaimKinds {
        ClaimKinds::NONE
    }

    fn resolve<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Resolution> {
        Box::pin(std::future::ready(Resolution::Unknown { why: "not there" }))
    }

    fn resolve_id<'a>(&'a self, _: &'a EntryId) -> BoxFuture<'a, Resolution> {
        self.resolve("")
    }

    fn verify<'a>(&'a self, _: &'a Entry, _: &'a Claim) -> BoxFuture<'a, Verdict> {
        unreachable!("nobody proves anything")
    }

    fn standing<'a>(&'a self, _: &'a Entry) -> BoxFuture<'a, Standing> {
        unreachable!("there is no entry")
    }
}

fn company() -> Arc<Target> {
    Lines::new(&Limits::default()).directory("company")
}

fn alice() -> Account {
    Account {
        id: EntryId("1".to_owned()),
        name: "alice".to_owned(),
        upstream_login: "alice".to_owned(),
        addresses: Vec::new(),
        attributes: Default::default(),
    }
}

fn inspecting() -> Option<Box<Relay>> {
    let rules = Arc::new(Rules::new([], EmptyLiteral::Quote));
    Some(Box::new(Relay::new(
        &Capabilities::parse(b"IMAP4rev1 IDLE LITERAL+"),
        rules,
    )))
}

fn bench(relay: Option<Box<Relay>>) -> Bench {
    bench_with(relay, b"", b"")
}

/// `early` octets came from the client and from the server before the relay began.
fn bench_with(relay: Option<Box<Relay>>, client_early: &[u8], server_early: &[u8]) -> Bench {
    bench_at(
        Lines::new(&Limits::default()).mail_server("mail:993"),
        relay,
        client_early,
        server_early,
    )
}

fn bench_at(
    backend: Arc<Target>,
    relay: Option<Box<Relay>>,
    client_early: &[u8],
    server_early: &[u8],
) -> Bench {
    let (client, near_client) = duplex(PIPE_OCTETS);
    let (server, near_server) = duplex(PIPE_OCTETS);
    let mut near_client = Link::new(near_client, PIPE_OCTETS);
    let mut near_server = Link::new(near_server, PIPE_OCTETS);
    near_client.input.feed(client_early).unwrap();
    near_server.input.feed(server_early).unwrap();
    let end = CancellationToken::new();
    let sessions = Sessions::new("company", Duration::from_millis(20), NO_LIMIT, Refusals::new());
    let pair = Pair {
        backend,
        live: sessions.enter(Protocol::Imap, (&alice(), None), &end).unwrap(),
        appended: None,
        session: "1".to_owned(),
        client: near_client,
        server: near_server,
        relay,
    };
    let pump = tokio::spawn(run(Box::new(pair)));
    Bench {
        client,
        server,
        end,
        sessions,
        pump,
    }
}

async fn hears(stream: &mut DuplexStream, expected: &[u8]) {
    let mut heard = vec![0; expected.len()];
    stream.read_exact(&mut heard).await.unwrap();
    assert_eq!(
        heard.escape_ascii().to_string(),
        expected.escape_ascii().to_string()
    );
}

async fn hears_the_end(stream: &mut DuplexStream) {
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
    assert_eq!(rest.escape_ascii().to_string(), "");
}

#[tokio::test]
async fn both_directions_and_their_counts() {
    for relay in [None, inspecting()] {
        let mut bench = bench(relay);
        bench.client.write_all(b"a NOOP\r\n").await.unwrap();
        hears(&mut bench.server, b"a NOOP\r\n").await;
        bench.server.write_all(b"a OK done\r\n").await.unwrap();
        hears(&mut bench.client, b"a OK done\r\n").await;
        drop(bench.server);
        hears_the_end(&mut bench.client).await;
        let summary = bench.pump.await.unwrap();
        let expected = Summary {
            bytes_in: 8,
            bytes_out: 11,
            reason: "upstream closed".to_owned(),
        };
        assert_eq!(summary, expected);
    }
}

#[tokio::test]
async fn what_came_before_the_relay_comes_first() {
    for relay in [None, inspecting()] {
        let mut bench = bench_with(relay, b"a NOOP\r\n", b"* 1 EXISTS\r\n");
        bench.client.write_all(b"b NOOP\r\n").await.unwrap();
        bench.server.write_all(b"* 2 EXISTS\r\n").await.unwrap();
        hears(&mut bench.server, b"a NOOP\r\nb NOOP\r\n").await;
        hears(&mut bench.client, b"* 1 EXISTS\r\n* 2 EXISTS\r\n").await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_only_stops_sending_hears_the_rest() {
    for relay in [None, inspecting()] {
        let mut bench = bench(relay);
        bench.client.write_all(b"a LOGOUT\r\n").await.unwrap();
        bench.client.shutdown().await.unwrap();
        hears(&mut bench.server, b"a LOGOUT\r\n").await;
        // The server is told once it has had a second to answer.
        let stopped = Instant::now();
        hears_the_end(&mut bench.server).await;
        assert!(stopped.elapsed() >= HUSH && stopped.elapsed() < HUSH * 2);
        bench.server.write_all(b"* BYE\r\na OK bye\r\n").await.unwrap();
        drop(bench.server);
        hears(&mut bench.client, b"* BYE\r\na OK bye\r\n").await;
        hears_the_end(&mut bench.client).await;
        assert_eq!(bench.pump.await.unwrap().reason, "client closed");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_close_behind_its_client_is_left() {
    let bench = bench(inspecting());
    let started = Instant::now();
    drop(bench.client);
    assert_eq!(bench.pump.await.unwrap().reason, "client closed");
    assert!(started.elapsed() >= LINGER && started.elapsed() < LINGER * 2);
    drop(bench.server);
}

#[tokio::test(start_paused = true)]
async fn at_the_end_of_the_gateway_a_client_that_does_not_read_is_closed_before_it_is_abandoned() {
    for relay in [None, inspecting()] {
        let mut bench = bench(relay);
        // More than its stream takes.
        let said = b"* 5 EXISTS\r\n".repeat(1000);
        bench.server.write_all(&said).await.unwrap();
        bench.end.cancel();
        let started = Instant::now();
        assert_eq!(bench.pump.await.unwrap().reason, "the gateway shuts down");
        assert!(started.elapsed() < crate::gateway::LAST_WORDS);
    }
}

#[tokio::test]
async fn a_slow_client_slows_the_server_and_loses_nothing() {
    for relay in [None, inspecting()] {
        let mut bench = bench(relay);
        let line = b"* 1 FETCH (FLAGS (\\Seen))\r\n";
        let sent: Vec<u8> = line.iter().copied().cycle().take(line.len() * 40_000).collect();
        let all = sent.clone();
        let progress = Arc::new(AtomicUsize::new(0));
        let written = Arc::clone(&progress);
        let mut server = bench.server;
        let writer = tokio::spawn(async move {
            for piece in all.chunks(1000) {
                server.write_all(piece).await.unwrap();
                written.fetch_add(piece.len(), Ordering::Relaxed);
            }
            server
        });
        // Let everything run that can: the writer has to stop.
        for _ in 0..1000 {
            yield_now().await;
        }
        let stalled = progress.load(Ordering::Relaxed);
        assert!(
            stalled <= 4 * PIPE_OCTETS + SCRATCH_OCTETS,
            "{stalled} octets are kept for a client that does not read"
        );
        hears(&mut bench.client, &sent).await;
        drop(writer.await.unwrap());
        hears_the_end(&mut bench.client).await;
    }
}

#[tokio::test]
async fn a_refused_command_is_answered_here() {
    let mut bench = bench(inspecting());
    bench.client.write_all(b"a STARTTLS\r\nb NOOP\r\n").await.unwrap();
    hears(&mut bench.server, b"b NOOP\r\n").await;
    hears(&mut bench.client, b"a BAD ").await;
}

#[tokio::test]
async fn the_octets_of_a_literal_wait_for_the_server() {
    let mut bench = bench(inspecting());
    bench
        .client
        .write_all(b"a APPEND x {3}\r\nabc\r\nb NOOP\r\n")
        .await
        .unwrap();
    hears(&mut bench.server, b"a APPEND x {3}\r\n").await;
    let more = tokio::time::timeout(Duration::from_millis(20), bench.server.read_u8()).await;
    assert!(more.is_err(), "the literal went ahead of its invitation");
    bench.server.write_all(b"+ go\r\n").await.unwrap();
    hears(&mut bench.server, b"abc\r\nb NOOP\r\n").await;
    hears(&mut bench.client, b"+ go\r\n").await;
}

#[tokio::test]
async fn a_client_that_breaks_the_protocol_hears_bye() {
    let mut bench = bench(inspecting());
    bench
        .client
        .write_all(b"a NOOP\nb COMPRESS DEFLATE\r\n")
        .await
        .unwrap();
    hears(&mut bench.client, b"* BYE ").await;
    let mut sent = Vec::new();
    bench.server.read_to_end(&mut sent).await.unwrap();
    assert!(
        !sent.contains(&b'\n'),
        "no line of it reached the server: {}",
        sent.escape_ascii()
    );
    assert!(bench.pump.await.unwrap().reason.contains("bare LF"));
}

#[tokio::test]
async fn the_end_of_the_gateway_is_announced() {
    let mut bench = bench(inspecting());
    bench.end.cancel();
    hears(&mut bench.client, b"* BYE the gateway shuts down\r\n").await;
    hears_the_end(&mut bench.client).await;
    hears_the_end(&mut bench.server).await;
    assert_eq!(bench.pump.await.unwrap().reason, "the gateway shuts down");
}

/// A phone sleeps in IDLE for days; it hears at once that its account is gone.
#[tokio::test]
async fn the_end_of_an_account_is_announced_in_idle() {
    let mut bench = bench(inspecting());
    bench.client.write_all(b"a IDLE\r\n").await.unwrap();
    hears(&mut bench.server, b"a IDLE\r\n").await;
    bench.server.write_all(b"+ idling\r\n").await.unwrap();
    hears(&mut bench.client, b"+ idling\r\n").await;
    tokio::spawn(bench.sessions.work(Arc::new(Nobody), company()));
    hears(&mut bench.client, b"* BYE this account is no longer allowed\r\n").await;
    hears_the_end(&mut bench.client).await;
    hears_the_end(&mut bench.server).await;
    assert_eq!(
        bench.pump.await.unwrap().reason,
        "this account is no longer allowed"
    );
}

/// In the middle of a response nothing of ours may stand, and in the transparent gear nobody knows where that is.
#[tokio::test]
async fn where_nothing_can_be_said_the_end_comes_without_a_word() {
    for relay in [None, inspecting()] {
        let mut bench = bench(relay);
        let half = b"* 1 FETCH (BODY[] {100}\r\nonly this";
        bench.server.write_all(half).await.unwrap();
        hears(&mut bench.client, half).await;
        tokio::spawn(bench.sessions.work(Arc::new(Nobody), company()));
        hears_the_end(&mut bench.client).await;
        hears_the_end(&mut bench.server).await;
        assert_eq!(
            bench.pump.await.unwrap().reason,
            "this account is no longer allowed"
        );
    }
}

#[tokio::test]
async fn a_server_that_ends_in_the_middle_is_passed_on() {
    let mut bench = bench(inspecting());
    bench
        .server
        .write_all(b"* 1 FETCH (BODY[] {100}\r\nonly this")
        .await
        .unwrap();
    drop(bench.server);
    hears(&mut bench.client, b"* 1 FETCH (BODY[] {100}\r\nonly this").await;
    hears_the_end(&mut bench.client).await;
    assert_eq!(bench.pump.await.unwrap().reason, "upstream closed");
}

/// What the relay may take of a connection's task, in octets: see `gateway::tests` for all of it.
const RELAY_OCTETS: usize = 640;

#[test]
fn a_relay_is_small() {
    fn octets<F: Future>(_: impl Fn(Box<Pair>) -> F) -> usize {
        size_of::<F>()
    }
    let relay = octets(run::<Stream, Stream>);
    assert!(relay <= RELAY_OCTETS, "{relay} octets");
}
