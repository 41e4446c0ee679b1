//! The machine behind a lock, and those who wait before it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gatepost_directory::{Claim, Entry, EntryId};
use tokio::sync::Notify;
use tokio::time::Instant;
use tracing::warn;

use super::machine::Machine;
use super::seal::Seal;
use super::subject::{Attempt, Network, Subject};
use super::{Alarm, Listed, Outcome, Permission, Ticket, Why};
use crate::config::GuardConfig;

/// Attempts that wait are told of answers in so many groups, so that not every answer wakes all of them.
const GROUPS: usize = 64;

/// Where failures are counted: embedded, a [`Machine`] behind a lock. Gateways that share their counts would have
/// another one.
pub(crate) trait Counts: Send + Sync {
    /// As [`Machine::ask`].
    fn ask(&self, now: Instant, attempt: &Attempt) -> Permission;
    /// As [`Machine::answered`].
    fn answered(&self, now: Instant, attempt: &Attempt, ticket: Ticket, outcome: Outcome) -> Option<Alarm>;
    /// As [`Machine::shared`].
    fn shared(&self, now: Instant, attempt: &Attempt, outcome: Outcome) -> Option<Alarm>;
    /// As [`Machine::list`].
    fn list(&self, now: Instant) -> Vec<Listed>;
    /// As [`Machine::clear`].
    fn clear(&self, directory: &str, id: &EntryId) -> bool;
    /// As [`Machine::clear_networks`].
    fn clear_networks(&self);
}

/// One for all connections.
pub(crate) struct Guard {
    /// `None`: everybody may ask.
    counts: Option<Box<dyn Counts>>,
    seal: Seal,
    /// The directories that have told a version of somebody's secret.
    versioned: Mutex<BTreeSet<String>>,
    answers: [Notify; GROUPS],
}

/// Why an attempt is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stopped {
    /// The directory has said a moment ago that the proof is right.
    KnownRight,
    /// The directory has said before that the proof is wrong.
    KnownWrong,
    /// It is not asked.
    Spent(Why),
}

/// The permission to ask the directory, once. Dropped without an answer, nothing came of it.
pub(crate) struct Permit {
    guard: Arc<Guard>,
    attempt: Attempt,
    ticket: Option<Ticket>,
}

impl Guard {
    /// With a key of 64 random octets.
    pub(crate) fn new(rules: &GuardConfig, key: [u8; 64]) -> Arc<Self> {
        let machine = || Box::new(Mutex::new(Machine::new(rules.clone()))) as Box<dyn Counts>;
        Arc::new(Self {
            counts: rules.enabled.then(machine),
            seal: Seal::new(key),
            versioned: Mutex::default(),
            answers: std::array::from_fn(|_| Notify::new()),
        })
    }

    /// An attempt to be an entry of the directory.
    pub(crate) fn at_account(
        &self,
        directory: &str,
        entry: &Entry,
        network: Network,
        claim: &Claim,
    ) -> Attempt {
        if entry.secret_version.is_some() && !self.is_versioned(directory) {
            lock(&self.versioned).insert(directory.to_owned());
        }
        Attempt::at_account(&self.seal, directory, entry, network, claim)
    }

    /// An attempt to be somebody whom the directory, with these domains of its own, does not know.
    pub(crate) fn at_nobody(
        &self,
        directory: &str,
        domains: &[String],
        network: Network,
        claim: &Claim,
    ) -> Attempt {
        let mut attempt = Attempt::at_nobody(&self.seal, directory, domains, network, claim);
        // Remembered for as long as an account's of this directory: how long a wrong password is known would tell.
        attempt.version = self.is_versioned(directory).then(String::new);
        attempt
    }

    fn is_versioned(&self, directory: &str) -> bool {
        lock(&self.versioned).contains(directory)
    }

    /// Waits until it is clear whether the directory may be asked. Nothing is lost if nobody waits any more.
    pub(crate) async fn permit(self: &Arc<Self>, attempt: Attempt) -> Result<Permit, Stopped> {
        let Some(counts) = &self.counts else {
            return Ok(Permit::new(self, attempt, None));
        };
        loop {
            // Before asking, so that no answer is missed.
            let answer = self.answers(&attempt).notified();
            match counts.ask(Instant::now(), &attempt) {
                Permission::Ask(ticket) => return Ok(Permit::new(self, attempt, Some(ticket))),
                Permission::KnownRight => return Err(Stopped::KnownRight),
                Permission::KnownWrong => return Err(Stopped::KnownWrong),
                Permission::Spent(why) => return Err(Stopped::Spent(why)),
                Permission::Wait => answer.await,
            }
        }
    }

    /// What came of an equal attempt, which was asked about for this one too.
    pub(crate) fn shared(&self, attempt: &Attempt, outcome: Outcome) {
        let Some(counts) = &self.counts else { return };
        if let Some(alarm) = counts.shared(Instant::now(), attempt, outcome) {
            log_alarm(attempt, alarm);
        }
    }

    /// The accounts of which failures or wrong passwords are known.
    pub(crate) fn list(&self, now: Instant) -> Vec<Listed> {
        let counts = self.counts.as_ref();
        counts.map(|counts| counts.list(now)).unwrap_or_default()
    }

    /// Forgets the failures and the wrong passwords of an account. Whether anything was known of it.
    pub(crate) fn clear(&self, directory: &str, id: &EntryId) -> bool {
        let counts = self.counts.as_ref();
        let known = counts.is_some_and(|counts| counts.clear(directory, id));
        // Somebody may wait for what was forgotten.
        self.answers.iter().for_each(Notify::notify_waiters);
        known
    }

    /// Forgets which accounts failed from which network, so that none is refused for spraying.
    pub(crate) fn clear_networks(&self) {
        if let Some(counts) = &self.counts {
            counts.clear_networks();
        }
    }

    /// Who waits for answers about the attempt's account, and about some others.
    #[expect(clippy::indexing_slicing, reason = "the remainder is less than the length")]
    fn answers(&self, attempt: &Attempt) -> &Notify {
        &self.answers[(attempt.mark % GROUPS as u64) as usize]
    }

    fn answered(&self, attempt: &Attempt, ticket: Ticket, outcome: Outcome) {
        let Some(counts) = &self.counts else { return };
        let alarm = counts.answered(Instant::now(), attempt, ticket, outcome);
        self.answers(attempt).notify_waiters();
        if let Some(alarm) = alarm {
            log_alarm(attempt, alarm);
        }
    }
}

impl Permit {
    fn new(guard: &Arc<Guard>, attempt: Attempt, ticket: Option<Ticket>) -> Self {
        Self {
            guard: Arc::clone(guard),
            attempt,
            ticket,
        }
    }

    /// What came of asking.
    pub(crate) fn answered(mut self, outcome: Outcome) {
        self.settle(outcome);
    }

    fn settle(&mut self, outcome: Outcome) {
        if let Some(ticket) = self.ticket.take() {
            self.guard.answered(&self.attempt, ticket, outcome);
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.settle(Outcome::NotJudged);
    }
}

impl Counts for Mutex<Machine> {
    fn ask(&self, now: Instant, attempt: &Attempt) -> Permission {
        lock(self).ask(now, attempt)
    }

    fn answered(&self, now: Instant, attempt: &Attempt, ticket: Ticket, outcome: Outcome) -> Option<Alarm> {
        lock(self).answered(now, attempt, ticket, outcome)
    }

    fn shared(&self, now: Instant, attempt: &Attempt, outcome: Outcome) -> Option<Alarm> {
        lock(self).shared(now, attempt, outcome)
    }

    fn list(&self, now: Instant) -> Vec<Listed> {
        lock(self).list(now)
    }

    fn clear(&self, directory: &str, id: &EntryId) -> bool {
        lock(self).clear(directory, id)
    }

    fn clear_networks(&self) {
        lock(self).clear_networks();
    }
}

/// A task that panicked has left what it held as whole as any other.
fn lock<T>(held: &Mutex<T>) -> MutexGuard<'_, T> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Once a window, so that it can be acted on.
fn log_alarm(attempt: &Attempt, alarm: Alarm) {
    let network = attempt.network;
    match (alarm, &attempt.subject) {
        (Alarm::Guessing, Subject::Account { directory, id }) => {
            warn!(directory, %id, account = attempt.name, %network, "guessing");
        }
        (Alarm::Guessing, Subject::Nobody(_)) => {}
        (Alarm::Spraying, _) => warn!(%network, "spraying"),
    }
}
