//! `kill -9` at random moments under load.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::common::{Gateway, LIMIT};
use crate::site::{Site, command, send, try_alice};

const ROUNDS: usize = 10;
const CLIENTS: usize = 8;

/// How often each Message-ID is in a mailbox.
fn counted(site: &Site, user: &str, mailbox: &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for message in site.messages(user, mailbox) {
        let text = String::from_utf8_lossy(&message.octets).into_owned();
        let id = text.split("Message-ID: ").nth(1).unwrap().lines().next().unwrap();
        *counts.entry(id.to_owned()).or_insert(0) += 1;
    }
    counts
}

/// Sends one message after the other until the gateway is gone.
async fn client(gateway: Arc<Gateway>, name: String, accepted: watch::Sender<BTreeSet<String>>) {
    let Some(mut client) = try_alice(&gateway).await else {
        return;
    };
    for number in 0.. {
        let id = format!("<{name}-{number}@example.org>");
        if send(&mut client, &id).await.is_err() {
            return;
        }
        accepted.send_modify(|accepted| {
            accepted.insert(id);
        });
    }
}

fn random_millis() -> u64 {
    let mut random = [0; 2];
    getrandom::fill(&mut random).unwrap();
    u64::from(u16::from_ne_bytes(random) % 400)
}

async fn round(site: &Site, number: usize, accepted: &watch::Sender<BTreeSet<String>>) {
    let before = accepted.borrow().len();
    let gateway = Arc::new(site.gateway("wait = \"0s\"").await);
    let mut clients = JoinSet::new();
    for index in 0..CLIENTS {
        let name = format!("{number}-{index}");
        clients.spawn(client(Arc::clone(&gateway), name, accepted.clone()));
    }
    let mut more = accepted.subscribe();
    let begun = more.wait_for(|accepted| accepted.len() > before);
    timeout(LIMIT, begun).await.unwrap().unwrap();
    sleep(Duration::from_millis(random_millis())).await;
    let process = Pid::from_raw(gateway.process_id().cast_signed()).unwrap();
    kill_process(process, Signal::KILL).unwrap();
    while clients.join_next().await.is_some() {}
    Arc::into_inner(gateway).unwrap().ended().await;
}

/// The Message-IDs of what is in doubt.
async fn in_doubt(site: &Site) -> BTreeSet<String> {
    let output = command(site.spool(), &["list"]).await;
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().filter(|line| line.starts_with("doubt "));
    lines
        .map(|line| line.split(", ").nth(1).unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_accepted_message_is_delivered_and_filed_exactly_once() {
    let (site, accepted) = (Site::new().await, watch::Sender::default());
    for number in 0..ROUNDS {
        round(&site, number, &accepted).await;
    }
    let gateway = site.gateway("wait = \"0s\"").await;
    site.filed().await;
    drop(gateway);
    let accepted = accepted.borrow().clone();
    let (delivered, filed) = (counted(&site, "bob", "INBOX"), counted(&site, "alice", "Sent"));
    let doubt = in_doubt(&site).await;
    println!(
        "{} accepted, {} delivered, {} filed, {} in doubt, {ROUNDS} times killed",
        accepted.len(),
        delivered.len(),
        filed.len(),
        doubt.len()
    );
    assert!(accepted.len() >= ROUNDS);
    for id in &accepted {
        assert_eq!((delivered.get(id), filed.get(id)), (Some(&1), Some(&1)), "{id}");
    }
    for (id, count) in &filed {
        assert_eq!((*count, delivered.get(id)), (1, Some(&1)), "{id}");
    }
    for id in delivered.keys().filter(|id| !accepted.contains(*id)) {
        assert!(doubt.contains(id) ^ filed.contains_key(id), "{id}");
    }
    assert_eq!((site.files("pending").len(), site.files("failed").len()), (0, 0));
}
