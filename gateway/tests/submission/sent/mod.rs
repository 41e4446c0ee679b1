//! Sent copies, with real servers: where they are filed, and that it is once, whoever dies.

mod copies;
mod crash;
mod cut_line;
mod dying;
mod load;
mod nothing;
mod outage;
mod own;
mod room;
mod verdict;

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Output;
use std::time::Duration;

use gatepost_testkit::servers::{Dovecot, Message};
use tokio::process::Command;
use tokio::time::{sleep, timeout};

use crate::common::{Gateway, LIMIT};
use crate::setup::{Servers, Site, TlsClient, login};

/// How often a folder is looked at, which tells nobody when it changes.
const PAUSE: Duration = Duration::from_millis(20);

/// Prints a line that is shown even if the test passes: figures are there to be read.
fn report(line: &str) {
    let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
}

/// Somebody who sends.
#[derive(Clone, Copy)]
struct Person {
    name: &'static str,
    password: &'static str,
    address: &'static str,
}

const ALICE: Person = Person {
    name: "alice",
    password: "wonderland",
    address: "alice@example.org",
};
const BOB: Person = Person {
    name: "bob",
    password: "builder",
    address: "bob@example.org",
};
const CAROL: Person = Person {
    name: "carol",
    password: "same-everywhere",
    address: "carol@example.org",
};

impl Person {
    async fn log_in(self, gateway: &Gateway) -> TlsClient {
        login(gateway, self.name, self.password).await
    }

    /// Sends a message with a Message-ID, which has to be accepted.
    async fn send(self, gateway: &Gateway, to: Self, id: impl fmt::Display) {
        let mut client = self.log_in(gateway).await;
        let message = self.message(to, id);
        client
            .send_mail(self.address, &[to.address], &message)
            .await
            .unwrap();
    }

    fn message(self, to: Self, id: impl fmt::Display) -> Vec<u8> {
        let (from, to) = (self.address, to.address);
        format!(
            "From: {from}\r\nTo: {to}\r\nDate: Fri, 7 Aug 2026 10:00:00 +0200\r\nMessage-ID: {id}\r\n\
             Subject: a test\r\n\r\n.Hello!\r\n"
        )
        .into_bytes()
    }

    /// Where the mail is.
    fn backend(self, servers: &Servers) -> &Dovecot {
        match self.name {
            "bob" => &servers.two,
            _ => &servers.one,
        }
    }

    async fn inbox(self, servers: &Servers) -> Vec<Message> {
        self.backend(servers).messages(self.name, "INBOX").await.unwrap()
    }

    async fn sent(self, servers: &Servers) -> Vec<Message> {
        let backend = self.backend(servers);
        backend.messages(self.name, &backend.sent()).await.unwrap()
    }
}

/// A gateway with more keys in `[sent_copy]`, which has its spool in its folder unless they say otherwise, does not take long over its retries and lets everybody send as much
/// as he likes.
fn site<'a>(servers: &'a Servers, keys: &str) -> Site<'a> {
    let spool = if keys.contains("spool =") {
        ""
    } else {
        "spool = \"spool\""
    };
    let sent = format!(
        "[sent_copy]\nretry_first = \"1s\"\nretry_max = \"1s\"\nretry_unanswered = \"1s\"\nrestart_wait = \"1s\"\n{spool}\n{keys}\n"
    );
    Site::new(servers)
        .submission("messages_per_hour = 0\nrecipients_per_hour = 0")
        .with(&sent)
}

fn spool(gateway: &Gateway) -> PathBuf {
    gateway.folder().join("spool")
}

/// What stands in a folder of the spool.
fn files(gateway: &Gateway, folder: &str) -> Vec<PathBuf> {
    let files = std::fs::read_dir(spool(gateway).join(folder)).unwrap();
    files.map(|file| file.unwrap().path()).collect()
}

/// Waits until there are so many files in a folder of the spool.
async fn left(gateway: &Gateway, folder: &str, wanted: usize) {
    until(gateway, folder, |found| found == wanted).await;
}

/// Waits until there are no more than so many, however fast they go.
async fn shrunk(gateway: &Gateway, folder: &str, most: usize) {
    until(gateway, folder, |found| found <= most).await;
}

async fn until(gateway: &Gateway, folder: &str, enough: impl Fn(usize) -> bool) {
    let looks = async {
        while !enough(files(gateway, folder).len()) {
            sleep(PAUSE).await;
        }
    };
    let there = || panic!("{folder} holds {:?}", files(gateway, folder));
    timeout(LIMIT, looks).await.unwrap_or_else(|_| there());
}

/// Waits until a folder of the spool is empty.
async fn emptied(gateway: &Gateway, folder: &str) {
    left(gateway, folder, 0).await;
}

/// Waits until nothing is to be filed any more, and sees to it that nothing else is left.
async fn filed(gateway: &Gateway) {
    emptied(gateway, "queue").await;
    for folder in ["pending", "doubt", "failed"] {
        let files = files(gateway, folder);
        assert!(files.is_empty(), "{files:?}");
    }
}

/// `gatepost sent`.
async fn command(gateway: &Gateway, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatepost"));
    command
        .arg("sent")
        .args(arguments)
        .arg("--spool")
        .arg(spool(gateway));
    command.output().await.unwrap()
}

/// The lines of `gatepost sent list` about a folder.
async fn listed(gateway: &Gateway, folder: &str) -> Vec<String> {
    let output = command(gateway, &["list"]).await;
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().filter(|line| line.starts_with(folder));
    lines.map(str::to_owned).collect()
}

/// How often each Message-ID is there.
fn counted(messages: &[Message]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for message in messages {
        *counts.entry(message.field("Message-ID").unwrap()).or_insert(0) += 1;
    }
    counts
}

/// Every one of them is there, once, and nothing else.
fn assert_once(messages: &[Message], ids: impl IntoIterator<Item = String>) {
    let wanted = ids.into_iter().map(|id| (id, 1));
    assert_eq!(counted(messages), wanted.collect());
}

/// The same random numbers for the same seed.
struct Random(u64);

impl Random {
    /// A seed that `GATEPOST_TEST_SEED` names, or a new one; it is printed.
    fn seeded() -> Self {
        let seed = match std::env::var("GATEPOST_TEST_SEED") {
            Ok(seed) => seed.parse().unwrap(),
            Err(_) => {
                let mut seed = [0; 4];
                getrandom::fill(&mut seed).unwrap();
                u64::from(u32::from_ne_bytes(seed))
            }
        };
        report(&format!("GATEPOST_TEST_SEED={seed}"));
        Self(seed)
    }

    /// Less than `limit` (Steele and others, "Fast splittable pseudorandom number generators", 2014).
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    fn millis_below(&mut self, limit: u64) -> Duration {
        Duration::from_millis(self.below(limit))
    }
}
