//! Much at once, and large things.

use std::sync::Arc;
use std::time::{Duration, Instant};

use gatepost_testkit::client::Client;
use gatepost_testkit::servers::Dovecot;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::common::{Gateway, TlsClient};
use crate::setup::{Setup, backend, message, slapd};

/// What a large transfer may take.
const LONG: Duration = Duration::from_secs(120);

/// How long the clients of a mail server that is gone are let go.
const OVER: Duration = Duration::from_secs(6);

/// The resident memory of a process, in KiB.
fn resident(gateway: &Gateway) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", gateway.process_id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// A client with the inbox open that may take its time.
async fn patient(gateway: &Gateway, user: &str, password: &str) -> TlsClient {
    let stream = gateway.login(user, password).await.into_stream();
    let mut client = Client::new(stream, LONG);
    client.command("SELECT INBOX").await.unwrap();
    client
}

/// About `octets` of a message, no two lines of it alike.
fn large(octets: usize) -> Vec<u8> {
    let mut message = b"Subject: large\r\n\r\n".to_vec();
    let mut number = 0_u64;
    while message.len() < octets {
        message.extend_from_slice(
            format!("{number:020} {:x} {{5}}\r\n", number.wrapping_mul(0x9e37_79b9)).as_bytes(),
        );
        number += 1;
    }
    message
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_of_100_mb_goes_both_ways() {
    let (slapd, dovecot) = (slapd(), backend().start().unwrap());
    let gateway = Setup::simple(&slapd, &dovecot).start().await;
    let message = large(100_000_000);
    let mut client = patient(&gateway, "alice", "wonderland").await;
    let before = resident(&gateway);
    client.append("INBOX", &message).await.unwrap();
    let fetched = client.command("FETCH 1 BODY.PEEK[]").await.unwrap();
    assert!(fetched.literal().unwrap() == message, "other octets came back");
    let grown = resident(&gateway).saturating_sub(before);
    assert!(grown < 16_384, "the gateway grew by {grown} KiB");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_reader_stalls_itself_alone() {
    let (slapd, dovecot) = (slapd(), backend().start().unwrap());
    let gateway = Setup::simple(&slapd, &dovecot).start().await;
    let message = large(20_000_000);
    let mut slow = patient(&gateway, "alice", "wonderland").await;
    slow.append("INBOX", &message).await.unwrap();
    let before = resident(&gateway);
    let mut stream = slow.into_stream();
    stream.write_all(b"s1 FETCH 1 BODY.PEEK[]\r\n").await.unwrap();
    // Somebody else is served meanwhile.
    let mut quick = patient(&gateway, "bob", "builder").await;
    for _ in 0..50 {
        quick.command("NOOP").await.unwrap();
    }
    let grown = resident(&gateway).saturating_sub(before);
    assert!(
        grown < 16_384,
        "the gateway keeps {grown} KiB for who does not read"
    );
    let mut heard = Vec::with_capacity(message.len() + 200);
    while !heard.ends_with(b"\r\n") || !heard.windows(6).rev().take(200).any(|text| text == b"s1 OK ") {
        let read = timeout(LONG, stream.read_buf(&mut heard)).await.unwrap().unwrap();
        assert_ne!(read, 0, "the connection ended");
    }
    let start = heard
        .windows(16)
        .position(|text| text == b"Subject: large\r\n")
        .unwrap();
    assert!(
        heard[start..start + message.len()] == message,
        "other octets came"
    );
}

/// Alice's devices that idle, so many times thirty: a mail server starts a process for each.
async fn idling(gateway: &Arc<Gateway>, times: usize) -> Vec<TlsClient> {
    let mut idling = Vec::new();
    for _ in 0..times {
        let mut beginning = JoinSet::new();
        for _ in 0..30 {
            let gateway = Arc::clone(gateway);
            beginning.spawn(async move {
                let mut client = patient(&gateway, "alice", "wonderland").await;
                client.idle().await.unwrap();
                client
            });
        }
        idling.extend(beginning.join_all().await);
    }
    idling
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_hundred_who_idle_hear_of_a_new_message() {
    let (slapd, dovecot) = (slapd(), backend().start().unwrap());
    let gateway = Arc::new(Setup::simple(&slapd, &dovecot).start().await);
    let idling = idling(&gateway, 10).await;
    dovecot.deliver("alice", "INBOX", &message("for all")).unwrap();
    let mut waiting = JoinSet::new();
    for mut client in idling {
        waiting.spawn(async move {
            client.wait_for("1 EXISTS").await.unwrap();
            client.done().await.unwrap();
        });
    }
    let mut heard = 0;
    while let Some(done) = waiting.join_next().await {
        done.unwrap();
        heard += 1;
    }
    assert_eq!(heard, 300);
}

/// Dovecot says BYE to all of them in the same moment. Each hears it, but not at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_who_idle_are_let_go_one_after_the_other_when_the_mail_server_is_stopped() {
    let (slapd, dovecot) = (slapd(), backend().start().unwrap());
    let setup = Setup::simple(&slapd, &dovecot).limits("release_over = \"6s\"");
    let gateway = Arc::new(setup.start().await);
    let mut leaving = JoinSet::new();
    let idling = idling(&gateway, 4).await;
    dovecot.ask_to_end();
    for mut client in idling {
        leaving.spawn(async move {
            let heard = client.wait_for("BYE").await.unwrap().text().into_owned();
            let end = Instant::now();
            client.closed().await.unwrap();
            (heard, end)
        });
    }
    let mut ends = Vec::new();
    for (heard, end) in leaving.join_all().await {
        assert_eq!(heard, "* BYE Server shutting down.");
        ends.push(end);
    }
    ends.sort_unstable();
    let (first, last) = (ends[0], ends[ends.len() - 1]);
    // On a busy machine Dovecot takes its time too.
    let early = ends.iter().filter(|end| **end - first < OVER / 2).count();
    assert!(early < ends.len() * 3 / 4, "{early}");
    assert!(last - first > OVER / 2, "{:?}", last - first);
}

/// Logs in and reads until the connection ends, and counts.
async fn read_until_the_end(mut client: TlsClient) -> usize {
    let mut answers = 0;
    while client.command("FETCH 1 BODY.PEEK[]").await.is_ok() {
        answers += 1;
    }
    answers
}

async fn busy(gateway: &Gateway, user: &str, password: &str, count: usize) -> JoinSet<usize> {
    let mut clients = JoinSet::new();
    for _ in 0..count {
        clients.spawn(read_until_the_end(patient(gateway, user, password).await));
    }
    clients
}

fn with_mail() -> Dovecot {
    let dovecot = backend().start().unwrap();
    for user in ["alice", "bob"] {
        dovecot.deliver(user, "INBOX", &large(100_000)).unwrap();
    }
    dovecot
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_server_that_restarts_under_load_takes_nobody_else_along() {
    let (one, mut two) = (with_mail(), with_mail());
    let people = gatepost_testkit::servers::Slapd::builder()
        .person(crate::setup::alice().mail_host("one"))
        .person(crate::setup::bob().mail_host("two"));
    let slapd = people.start().unwrap();
    let setup = Setup::new().ldap(&slapd, "attributes = [\"mailHost\"]");
    let setup = setup.upstream("one", &one, crate::setup::BY_AUTHZID);
    let setup = setup.upstream("two", &two, crate::setup::BY_AUTHZID);
    let gateway = setup.with("[routing]\nattribute = \"mailHost\"").start().await;
    let mut alices = busy(&gateway, "alice", "wonderland", 5).await;
    let mut bobs = busy(&gateway, "bob", "builder", 5).await;
    two.restart().unwrap();
    while let Some(bob) = timeout(LONG, bobs.join_next()).await.expect("a clean end") {
        bob.unwrap();
    }
    assert!(
        alices.try_join_next().is_none(),
        "who is elsewhere was cut off too"
    );
    patient(&gateway, "bob", "builder")
        .await
        .command("FETCH 1 FLAGS")
        .await
        .unwrap();
    patient(&gateway, "alice", "wonderland")
        .await
        .command("FETCH 1 FLAGS")
        .await
        .unwrap();
    alices.abort_all();
}
