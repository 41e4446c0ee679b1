//! `kill -9` of the gateway at random moments, under load: what was accepted is delivered and filed, once.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use gatepost_testkit::smtp_client::{Client, ErrorKind};
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;

use super::{
    ALICE, BOB, CAROL, Person, Random, assert_once, counted, emptied, filed, files, listed, report, site,
};
use crate::common::{Gateway, LIMIT};
use crate::setup::{Servers, Site, TlsClient};

const KILLS: usize = 10;
/// Who sends to whom. Each of them is two clients.
const LETTERS: [(Person, Person); 3] = [(ALICE, BOB), (BOB, CAROL), (CAROL, ALICE)];
/// One letter of so many is large, so that the gateway is killed over some of them.
const LARGE: u64 = 8;
/// How long the load lasts between a start and the kill, at most.
const LIFE_MILLIS: u64 = 800;

/// What a client knows of an attempt to send a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Heard {
    /// Nothing: it is under way, or was when the gateway was killed.
    Nothing,
    Accepted,
    Refused(String),
}

/// All attempts, by their Message-IDs.
type Attempts = BTreeMap<String, Heard>;

/// What is the same whichever gateway runs.
#[derive(Clone)]
struct Door {
    address: SocketAddr,
    connector: TlsConnector,
}

impl Door {
    fn of(gateway: &Gateway) -> Self {
        Self {
            address: gateway.address(Site::IMPLICIT),
            connector: gateway.identity().connector().unwrap(),
        }
    }

    /// A client that is logged in, unless the gateway is away.
    async fn enter(&self, person: Person) -> Option<TlsClient> {
        let stream = TcpStream::connect(self.address).await.ok()?;
        let name = ServerName::try_from("localhost").unwrap();
        let stream = self.connector.connect(name, stream).await.ok()?;
        let (mut client, _) = Client::greeted(stream, LIMIT).await.ok()?;
        client.ehlo().await.ok()?;
        let login = client.auth_plain("", person.name, person.password);
        login.await.ok().map(|_| client)
    }
}

/// Somebody who sends letters without end.
struct Sender {
    door: Door,
    from: Person,
    to: Person,
    name: String,
    attempts: watch::Sender<Attempts>,
    over: watch::Receiver<bool>,
}

impl Sender {
    /// Sends one letter after the other. One that is not known to be accepted is sent again, by another Message-ID.
    async fn run(self) {
        let (mut letter, mut attempt) = (0, 0);
        while !*self.over.borrow() {
            let Some(mut client) = self.door.enter(self.from).await else {
                // Somebody is starting it.
                sleep(Duration::from_millis(5)).await;
                continue;
            };
            while !*self.over.borrow() {
                attempt += 1;
                let id = format!("<{}.{letter}.{attempt}@example.org>", self.name);
                match self.send(&mut client, &id, letter).await {
                    Heard::Accepted => letter += 1,
                    Heard::Nothing => break,
                    Heard::Refused(_) => {}
                }
            }
        }
    }

    async fn send(&self, client: &mut TlsClient, id: &str, letter: u64) -> Heard {
        self.hear(id, Heard::Nothing);
        let lines = if letter.is_multiple_of(LARGE) { 6_000 } else { 1 };
        let message = [
            self.from.message(self.to, id),
            b"0123456789abcde\r\n".repeat(lines),
            last_line(id).into_bytes(),
        ];
        let (from, to) = (self.from.address, [self.to.address]);
        let heard = match client.send_mail(from, &to, &message.concat()).await {
            Ok(_) => Heard::Accepted,
            Err(error) if matches!(error.kind(), ErrorKind::Refused) => Heard::Refused(error.to_string()),
            Err(_) => Heard::Nothing,
        };
        self.hear(id, heard.clone());
        heard
    }

    fn hear(&self, id: &str, heard: Heard) {
        self.attempts.send_modify(|attempts| {
            attempts.insert(id.to_owned(), heard);
        });
    }
}

/// What is missing if a message is not whole.
fn last_line(id: &str) -> String {
    format!("That was all of {id}.\r\n")
}

fn accepted(attempts: &Attempts) -> usize {
    attempts
        .values()
        .filter(|heard| **heard == Heard::Accepted)
        .count()
}

/// Kills the gateway again and again, each time at a random moment after it has begun to accept messages.
async fn kill(gateway: &mut Gateway, attempts: &watch::Sender<Attempts>, random: &mut Random) {
    for _ in 0..KILLS {
        let before = accepted(&attempts.borrow());
        let mut news = attempts.subscribe();
        let working = news.wait_for(|attempts| accepted(attempts) > before);
        timeout(LIMIT, working).await.unwrap().unwrap();
        sleep(random.millis_below(LIFE_MILLIS)).await;
        gateway.restart().await;
    }
}

/// How often each message is in all INBOXes, and in all mailboxes of sent mail.
async fn found(servers: &Servers) -> [BTreeMap<String, usize>; 2] {
    let (mut delivered, mut filed) = (Vec::new(), Vec::new());
    for person in [ALICE, BOB, CAROL] {
        delivered.extend(person.inbox(servers).await);
        filed.extend(person.sent(servers).await);
    }
    for message in delivered.iter().chain(&filed) {
        let last = last_line(&message.field("Message-ID").unwrap());
        assert!(message.raw.ends_with(last.as_bytes()), "{last}");
    }
    [counted(&delivered), counted(&filed)]
}

async fn in_doubt(gateway: &Gateway) -> BTreeSet<String> {
    let lines = listed(gateway, "doubt").await;
    let id = |line: String| line.rsplit_once(", ").unwrap().1.to_owned();
    let ids: BTreeSet<String> = lines.into_iter().map(id).collect();
    assert_eq!(ids.len(), files(gateway, "doubt").len());
    ids
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_accepted_message_is_delivered_and_filed_exactly_once() {
    let (mut random, servers) = (Random::seeded(), Servers::start());
    let site = site(&servers, "mode = \"always\"\nfilings = 8").on_fixed_ports();
    let mut gateway = site.start().await;
    let attempts = watch::Sender::new(Attempts::new());
    let (end, over) = watch::channel(false);
    let mut senders = JoinSet::new();
    for (number, (from, to)) in LETTERS.into_iter().cycle().take(2 * LETTERS.len()).enumerate() {
        let sender = Sender {
            door: Door::of(&gateway),
            from,
            to,
            name: format!("client-{number}"),
            attempts: attempts.clone(),
            over: over.clone(),
        };
        senders.spawn(sender.run());
    }
    kill(&mut gateway, &attempts, &mut random).await;
    end.send_replace(true);
    while senders.join_next().await.is_some() {}
    servers.postfix.drained().unwrap();
    emptied(&gateway, "queue").await;
    let attempts = attempts.borrow().clone();
    let ([delivered, filed], doubt) = (found(&servers).await, in_doubt(&gateway).await);
    report(&format!(
        "found to be filed: {}",
        gateway.lines("event=sent-present").len()
    ));
    judge(&attempts, &delivered, &filed, &doubt);
    for folder in ["pending", "failed"] {
        assert!(files(&gateway, folder).is_empty(), "{folder}");
    }
}

/// Holds what became of the messages against what their senders heard.
fn judge(
    attempts: &Attempts,
    delivered: &BTreeMap<String, usize>,
    filed: &BTreeMap<String, usize>,
    doubt: &BTreeSet<String>,
) {
    let unheard: BTreeSet<&String> = delivered
        .keys()
        .filter(|id| attempts[*id] != Heard::Accepted)
        .collect();
    report(&format!(
        "{KILLS} times killed: {} attempts, {} accepted, {} delivered, {} filed, {} in doubt",
        attempts.len(),
        accepted(attempts),
        delivered.len(),
        filed.len(),
        doubt.len()
    ));
    report(&format!("open at a kill and delivered: {unheard:?}"));
    report(&format!("in doubt: {doubt:?}"));
    assert!(accepted(attempts) >= KILLS);
    for (id, heard) in attempts {
        let (delivered, filed) = (delivered.get(id), filed.get(id));
        match heard {
            Heard::Accepted => assert_eq!((delivered, filed), (Some(&1), Some(&1)), "{id}"),
            Heard::Nothing => match delivered {
                Some(times) => assert!(*times == 1 && doubt.contains(id) != filed.is_some(), "{id}"),
                None => assert_eq!(filed, None, "{id}"),
            },
            Heard::Refused(why) => panic!("{id}: {why}"),
        }
    }
    for (id, times) in filed {
        assert!(
            *times == 1 && delivered.contains_key(id) && !doubt.contains(id),
            "{id}"
        );
    }
    // Nothing is in doubt but what was open at a kill.
    for id in doubt {
        assert_eq!(attempts[id], Heard::Nothing, "{id}");
    }
}

/// How long a gateway lives that has only to start and to file, at most.
const FILING_MILLIS: u64 = 300;

#[tokio::test]
async fn one_that_is_killed_over_its_filings_files_once() {
    let (mut random, mut servers) = (Random::seeded(), Servers::start());
    let site = site(&servers, "mode = \"always\"").on_fixed_ports();
    let mut gateway = site.start().await;
    servers.two.stop();
    let ids: Vec<String> = (0..100).map(|number| format!("<{number}@example.org>")).collect();
    let mut client = BOB.log_in(&gateway).await;
    for id in &ids {
        let message = BOB.message(ALICE, id);
        client
            .send_mail(BOB.address, &[ALICE.address], &message)
            .await
            .unwrap();
    }
    servers.two.restart().unwrap();
    for _ in 0..2 * KILLS {
        // Now and then it is killed before it is ready.
        gateway.launch_again().await;
        sleep(random.millis_below(FILING_MILLIS)).await;
    }
    gateway.restart().await;
    filed(&gateway).await;
    let found = gateway.lines("event=sent-present").len();
    report(&format!(
        "{} times killed: {found} of {} found to be filed",
        2 * KILLS,
        ids.len()
    ));
    assert_once(&BOB.sent(&servers).await, ids);
}
