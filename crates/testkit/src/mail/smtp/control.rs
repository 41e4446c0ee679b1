//! The switches and the memory of the SMTP side.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gatepost_smtp::{Extensions, Reply};
use tokio::sync::watch;

use super::LARGEST;
use super::fault::{Fault, Stage};
use super::transaction::Transaction;
use crate::mail::connections::Connections;
use crate::mail::control::LoginAttempt;

/// Makes a server misbehave, and tells what SMTP clients did. Clones belong to the same server.
#[derive(Debug, Clone)]
pub struct Control {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    switches: Mutex<Switches>,
    memory: Mutex<Memory>,
    pace: watch::Sender<Pace>,
    /// How many transactions are remembered.
    finished: watch::Sender<usize>,
    connections: Connections,
}

#[derive(Debug)]
struct Switches {
    extensions: Extensions,
    faults: BTreeMap<Stage, (Fault, Times)>,
    recipients: BTreeMap<String, Reply>,
}

/// How often a fault happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Times {
    Once,
    Always,
}

#[derive(Debug, Default)]
struct Memory {
    logins: Vec<LoginAttempt>,
    commands: Vec<String>,
    transactions: Vec<Transaction>,
}

/// How fast messages are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Pace {
    /// As fast as they come.
    #[default]
    Full,
    /// So many octets at a time, and then a pause.
    Slow {
        /// The octets.
        octets: usize,
        /// The pause.
        pause: Duration,
    },
    /// Not at all, until that is changed.
    Stopped,
}

impl Control {
    pub(crate) fn new() -> Self {
        let switches = Switches {
            extensions: default_extensions(),
            faults: BTreeMap::new(),
            recipients: BTreeMap::new(),
        };
        let shared = Shared {
            switches: Mutex::new(switches),
            memory: Mutex::default(),
            pace: watch::Sender::new(Pace::Full),
            finished: watch::Sender::new(0),
            connections: Connections::new(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// What EHLO lists from now on besides STARTTLS and AUTH, on new connections. What is not listed is not served.
    pub fn set_extensions(&self, extensions: Extensions) {
        self.switches().extensions = extensions;
    }

    /// What EHLO lists besides STARTTLS and AUTH: PIPELINING, SIZE, 8BITMIME, SMTPUTF8, DSN and ENHANCEDSTATUSCODES,
    /// unless that was changed.
    pub fn extensions(&self) -> Extensions {
        self.switches().extensions.clone()
    }

    /// Fails at a stage from now on.
    pub fn fail(&self, stage: Stage, fault: Fault) {
        self.switches().faults.insert(stage, (fault, Times::Always));
    }

    /// Fails at a stage once.
    pub fn fail_once(&self, stage: Stage, fault: Fault) {
        self.switches().faults.insert(stage, (fault, Times::Once));
    }

    /// Answers RCPT with this if it is for this address, in upper or lower case.
    pub fn refuse_recipient(&self, address: &str, reply: Reply) {
        self.switches()
            .recipients
            .insert(address.to_ascii_lowercase(), reply);
    }

    /// Fails nowhere any more, and refuses no recipient that exists.
    pub fn heal(&self) {
        let mut switches = self.switches();
        switches.faults.clear();
        switches.recipients.clear();
    }

    /// How fast messages are read from now on, the ones on their way included.
    pub fn set_pace(&self, pace: Pace) {
        self.shared.pace.send_replace(pace);
    }

    /// Closes every connection of the moment without a word. New ones are accepted.
    pub fn drop_connections(&self) {
        self.shared.connections.drop_all();
    }

    /// The logins attempted so far, the oldest first.
    pub fn logins(&self) -> Vec<LoginAttempt> {
        self.memory().logins.clone()
    }

    /// The command lines of clients that were logged in, the oldest first. What is not UTF-8 is replaced.
    pub fn commands(&self) -> Vec<String> {
        self.memory().commands.clone()
    }

    /// The transactions that came as far as DATA and are over, the oldest first.
    pub fn transactions(&self) -> Vec<Transaction> {
        self.memory().transactions.clone()
    }

    /// Waits until so many transactions are over, and gives them.
    pub async fn wait_for_transactions(&self, count: usize) -> Vec<Transaction> {
        // It fails only if the sender is gone, which `self` holds.
        let _ = self
            .shared
            .finished
            .subscribe()
            .wait_for(|finished| *finished >= count)
            .await;
        self.transactions()
    }

    /// How many connections are open.
    pub fn connections(&self) -> usize {
        self.shared.connections.count()
    }

    /// Waits until so many connections are open.
    pub async fn wait_for_connections(&self, count: usize) {
        self.shared.connections.wait_for(count).await;
    }

    pub(crate) fn open_connections(&self) -> &Connections {
        &self.shared.connections
    }

    /// The fault that is due at a stage.
    pub(super) fn fault(&self, stage: Stage) -> Option<Fault> {
        let mut switches = self.switches();
        let (fault, times) = switches.faults.get(&stage).cloned()?;
        if times == Times::Once {
            switches.faults.remove(&stage);
        }
        Some(fault)
    }

    pub(super) fn refused_recipient(&self, address: &str) -> Option<Reply> {
        let address = address.to_ascii_lowercase();
        self.switches().recipients.get(&address).cloned()
    }

    pub(super) fn pace(&self) -> watch::Receiver<Pace> {
        self.shared.pace.subscribe()
    }

    pub(super) fn record_login(&self, attempt: LoginAttempt) {
        self.memory().logins.push(attempt);
    }

    pub(super) fn record_command(&self, line: &[u8]) {
        let line = String::from_utf8_lossy(line).into_owned();
        self.memory().commands.push(line);
    }

    pub(super) fn record(&self, transaction: Transaction) {
        let count = {
            let mut memory = self.memory();
            memory.transactions.push(transaction);
            memory.transactions.len()
        };
        self.shared
            .finished
            .send_modify(|finished| *finished = count.max(*finished));
    }

    fn switches(&self) -> MutexGuard<'_, Switches> {
        self.shared
            .switches
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.shared.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn default_extensions() -> Extensions {
    let plain = ["PIPELINING", "8BITMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES"];
    let size = Extensions::new().with("SIZE", &LARGEST.to_string());
    plain.iter().fold(size, |list, keyword| list.with(keyword, ""))
}
