//! Keeps devices with an old password, and people who guess, from locking accounts in the directory.
//!
//! Every login is asked about here after its name is resolved and before its proof is judged, whatever the protocol.
//! What counts is the directory's own count of failures: it begins anew with a success, or when its observation window
//! has passed since the last failure. [`machine::Machine`] counts in the same way, a little more strictly, and so keeps
//! the directory's count at or below the configured number, whoever tries what from where:
//!
//! - A count is over only when the window has passed since the *last* failure's answer, and nothing is in flight. A
//!   window that slides would not do: failures that come one by one before the directory's window is over add up
//!   there for ever.
//! - What is being judged counts as if it was wrong. What could become one failure too many waits.
//! - A success takes back the failures that were answered before it was asked for, and no others.
//! - A wrong password is remembered, and not asked about again while the secret is the same. If one cannot tell, or the
//!   secret changed a moment ago, it is asked about again once a window.
//! - A password that proved right lately may always ask, so that nobody is cut off by somebody else's guesses. If it is
//!   wrong by now that costs one failure more, once: it is a wrong password from then on. Where the directory has a
//!   version of the secret it does not even cost that, because a password of another version never proved right.
//! - Challenge-responses cannot be remembered. After some failures in a row from one network for one account only that
//!   network is refused. A network that the account was logged in to from lately has one attempt more when the
//!   failures are spent; all such networks share the one.
//!
//! Names that are nobody's are counted like accounts, so that the answers do not tell who exists.

mod account;
mod distinct;
mod machine;
mod memory;
mod networks;
mod seal;
mod subject;
mod table;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gatepost_directory::{Claim, Entry, EntryId, Verdict};
use tokio::sync::Notify;
use tokio::time::Instant;
use tracing::warn;

use crate::config::GuardConfig;
use machine::Machine;
use seal::Seal;
pub(crate) use subject::{Attempt, Network, Subject};

/// Attempts that wait are told of answers in so many groups, so that not every answer wakes all of them.
const GROUPS: usize = 64;

/// Whether the directory may be asked.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Permission {
    /// It may; what comes of it has to be said, with this.
    Ask(Ticket),
    /// It has answered before: the proof is wrong.
    KnownWrong,
    /// It may not, now.
    Spent(Why),
    /// That depends on what it says to others: ask again after the next answer.
    Wait,
}

/// An attempt that the directory is judging.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ticket(u64);

/// Why the directory is not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// The account's failures are spent.
    Failures,
    /// Those of this network for the account are.
    Network,
    /// Too many different passwords of the account were wrong.
    Guessing,
    /// Too many accounts failed from the network.
    Spraying,
}

/// What came of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Logged in: the directory begins to count anew.
    Granted,
    /// The proof was right, but the account may not be used. The directory counts nothing.
    ProofRight,
    /// The proof was wrong.
    Wrong,
    /// Nothing was said of the proof.
    NotJudged,
}

/// What an administrator has to hear of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alarm {
    /// The network's failures are at too many accounts.
    Spraying,
    /// The account's failures are of too many different passwords.
    Guessing,
}

/// An account of which failures, or wrong passwords, are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    /// The directory's name in the configuration.
    pub(crate) directory: String,
    pub(crate) id: EntryId,
    /// The account's name in the directory.
    pub(crate) name: String,
    /// Failures that count.
    pub(crate) failures: usize,
    /// If they are spent, for how long yet.
    pub(crate) spent_for: Option<Duration>,
    /// Passwords that are not asked about because they are wrong.
    pub(crate) known_wrong: usize,
    /// Where the failures came from.
    pub(crate) networks: Vec<ListedNetwork>,
}

/// A network from which an account's logins failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ListedNetwork {
    pub(crate) network: Network,
    pub(crate) failures: u32,
    /// Whether challenge-responses from there are refused.
    pub(crate) spent: bool,
}

/// Where failures are counted: embedded, a [`Machine`] behind a lock. Gateways that share their counts would have
/// another one.
pub(crate) trait Counts: Send + Sync {
    /// As [`Machine::ask`].
    fn ask(&self, now: Instant, attempt: &Attempt) -> Permission;
    /// As [`Machine::answered`].
    fn answered(&self, now: Instant, attempt: &Attempt, ticket: Ticket, outcome: Outcome) -> Option<Alarm>;
    /// As [`Machine::list`].
    fn list(&self, now: Instant) -> Vec<Listed>;
    /// As [`Machine::clear`].
    fn clear(&self, directory: &str, id: &EntryId) -> bool;
}

/// One for all connections.
pub(crate) struct Guard {
    /// `None`: everybody may ask.
    counts: Option<Box<dyn Counts>>,
    seal: Seal,
    answers: [Notify; GROUPS],
}

/// Why an attempt is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stopped {
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

impl Why {
    /// In words for the log.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Failures => "the account's failures are spent",
            Self::Network => "the network's failures for this account are spent",
            Self::Guessing => "too many different passwords for this account",
            Self::Spraying => "too many accounts from this network",
        }
    }
}

impl Outcome {
    /// What a verdict says of the proof.
    pub(crate) fn of(verdict: &Verdict) -> Self {
        use gatepost_directory::Denial;
        match verdict {
            Verdict::Granted(_) => Self::Granted,
            Verdict::Denied(Denial::BadCredentials) => Self::Wrong,
            Verdict::Denied(denial) if denial.proof_was_right() => Self::ProofRight,
            // A locked account is said to be locked whatever the proof, and directories do not count then. To ask again
            // does no harm, and finds out at once that it was unlocked.
            Verdict::Denied(_) | Verdict::Unavailable(_) => Self::NotJudged,
        }
    }
}

impl Guard {
    /// With a key of 64 random octets.
    pub(crate) fn new(rules: &GuardConfig, key: [u8; 64]) -> Arc<Self> {
        let machine = || Box::new(Mutex::new(Machine::new(rules.clone()))) as Box<dyn Counts>;
        Arc::new(Self {
            counts: rules.enabled.then(machine),
            seal: Seal::new(key),
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
        Attempt::at_account(&self.seal, directory, entry, network, claim)
    }

    /// An attempt to be somebody whom the directory does not know.
    pub(crate) fn at_nobody(&self, directory: &str, network: Network, claim: &Claim) -> Attempt {
        Attempt::at_nobody(&self.seal, directory, network, claim)
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
                Permission::KnownWrong => return Err(Stopped::KnownWrong),
                Permission::Spent(why) => return Err(Stopped::Spent(why)),
                Permission::Wait => answer.await,
            }
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

    fn list(&self, now: Instant) -> Vec<Listed> {
        lock(self).list(now)
    }

    fn clear(&self, directory: &str, id: &EntryId) -> bool {
        lock(self).clear(directory, id)
    }
}

/// A task that panicked has left the machine as whole as any other.
fn lock(machine: &Mutex<Machine>) -> MutexGuard<'_, Machine> {
    machine.lock().unwrap_or_else(PoisonError::into_inner)
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
