//! What is known of one account.

use std::time::Duration;

use tokio::time::Instant;

use super::Outcome;
use super::distinct::Distinct;
use super::memory::{Lasting, Memory};
use super::networks::Networks;
use super::seal::Print;
use super::subject::{Attempt, Network, Proof};
use super::table;
use crate::config::GuardConfig;

/// Wrong passwords that are remembered of one account: more than its devices have.
const MAX_WRONG: usize = 32;

/// Right passwords and networks that are remembered of one account.
const MAX_RIGHT: usize = 8;

/// What the directory said to an attempt. The numbers tell what came before what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answer {
    /// The attempt's.
    pub(super) asked: u64,
    /// The answer's own.
    pub(super) number: u64,
    pub(super) at: Instant,
    pub(super) outcome: Outcome,
}

/// An attempt that the directory is judging.
#[derive(Debug)]
pub(super) struct Flight {
    number: u64,
    pub(super) network: Network,
    pub(super) proof: Proof,
}

/// The version of an account's secret.
#[derive(Debug)]
struct Version {
    current: Option<String>,
    /// When it was seen to change, if it was.
    changed: Option<Instant>,
}

/// One account's failures, what is in flight, and what is remembered.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) name: String,
    version: Version,
    /// The numbers of the failures' answers.
    pub(super) failures: Vec<u64>,
    last_failure: Option<Instant>,
    pub(super) flights: Vec<Flight>,
    pub(super) wrong: Memory<Print>,
    pub(super) right: Memory<Print>,
    /// Those that need not even be asked about.
    pub(super) fresh: Memory<Print>,
    pub(super) networks: Networks,
    pub(super) tried: Distinct,
    seen: Instant,
    pub(super) window: Duration,
}

impl Account {
    pub(super) fn new(attempt: &Attempt, now: Instant, rules: &GuardConfig) -> Self {
        Self {
            name: attempt.name.clone(),
            version: Version {
                current: attempt.version.clone(),
                changed: None,
            },
            failures: Vec::new(),
            last_failure: None,
            flights: Vec::new(),
            wrong: Memory::new(MAX_WRONG),
            right: Memory::new(MAX_RIGHT),
            fresh: Memory::new(MAX_RIGHT),
            networks: Networks::new(MAX_RIGHT),
            tried: Distinct::default(),
            seen: now,
            window: rules.window,
        }
    }

    /// Somebody wants to log in.
    pub(super) fn meet(&mut self, attempt: &Attempt, now: Instant) {
        self.expire(now);
        self.seen = now;
        self.name.clone_from(&attempt.name);
        self.see_version(attempt.version.as_ref(), now);
    }

    /// The directory is asked.
    pub(super) fn depart(&mut self, number: u64, attempt: &Attempt) {
        self.flights.push(Flight {
            number,
            network: attempt.network,
            proof: attempt.proof,
        });
    }

    /// What follows from the answer to an attempt. Whether too many different passwords were wrong, for the first time.
    pub(super) fn answer(&mut self, attempt: &Attempt, answer: &Answer, rules: &GuardConfig) -> bool {
        let before = self.flights.len();
        self.flights.retain(|flight| flight.number != answer.asked);
        if self.flights.len() == before {
            return false;
        }
        match answer.outcome {
            Outcome::Granted => {
                self.end_failures(answer.asked);
                self.let_in_from(attempt.network, answer.at, rules);
                self.prove_right(attempt, answer.at, rules);
                self.refresh(attempt, answer.at);
            }
            Outcome::ProofRight => self.prove_right(attempt, answer.at, rules),
            Outcome::Wrong => return self.prove_wrong(attempt, answer, rules),
            Outcome::NotJudged => {}
        }
        false
    }

    /// Somebody has logged in from there.
    pub(super) fn let_in_from(&mut self, network: Network, now: Instant, rules: &GuardConfig) {
        self.networks.succeed(network, now, rules.remember_right);
    }

    /// A success ends what the directory had counted by then. What was answered after the success was asked for it may
    /// have counted after it.
    fn end_failures(&mut self, asked: u64) {
        self.failures.retain(|answered| *answered > asked);
        if self.failures.is_empty() {
            self.last_failure = None;
        }
    }

    fn prove_right(&mut self, attempt: &Attempt, now: Instant, rules: &GuardConfig) {
        let Proof::Password(password) = attempt.proof else {
            return;
        };
        self.wrong.forget(&password);
        if !rules.remember_right.is_zero() {
            self.right
                .remember(password, now, Lasting::Fixed(rules.remember_right));
        }
    }

    fn refresh(&mut self, attempt: &Attempt, now: Instant) {
        if let Proof::Password(password) = attempt.proof
            && !attempt.right_for.is_zero()
        {
            self.fresh
                .remember(password, now, Lasting::Fixed(attempt.right_for));
        }
    }

    fn prove_wrong(&mut self, attempt: &Attempt, answer: &Answer, rules: &GuardConfig) -> bool {
        let now = answer.at;
        self.failures.push(answer.number);
        self.last_failure = Some(now);
        let known = self.networks.has_succeeded(attempt.network, now);
        let challenge = attempt.proof == Proof::Challenge;
        self.networks.fail(attempt.network, now, challenge);
        let guess = match attempt.proof {
            Proof::Password(password) => {
                self.right.forget(&password);
                self.fresh.forget(&password);
                let lasting = self.lasting(attempt, now, rules);
                self.wrong.remember(password, now, lasting);
                Some(password.short())
            }
            // An old phone at home may repeat itself; nobody can tell.
            Proof::Challenge => (!known).then_some(answer.number),
        };
        let limit = rules.passwords_per_account;
        guess.is_some_and(|guess| self.tried.count(guess, now, limit, self.window))
    }

    /// How long a wrong password stays wrong: as long as the secret is the same, if one can tell. Just after a change
    /// a replica may not know of it yet and call the new password wrong, so that is not believed for long.
    fn lasting(&self, attempt: &Attempt, now: Instant, rules: &GuardConfig) -> Lasting {
        let long_ago = |changed| now.saturating_duration_since(changed) > self.window;
        let settled = self.version.changed.is_none_or(long_ago);
        if attempt.version.is_some() && attempt.version == self.version.current && settled {
            Lasting::Renewed(rules.remember_wrong.max(self.window))
        } else {
            Lasting::Fixed(self.window)
        }
    }

    /// Forgets what was wrong, and asks about everything again.
    pub(super) fn clear(&mut self) {
        self.fresh.clear();
        self.failures.clear();
        self.last_failure = None;
        self.wrong.clear();
        self.networks.clear();
        self.tried = Distinct::default();
    }

    /// The failures that count, and how long they will if they are spent.
    pub(super) fn failures(&mut self, now: Instant, rules: &GuardConfig) -> (usize, Option<Duration>) {
        self.expire(now);
        let count = self.failures.len();
        let spent = count >= rules.failures as usize;
        let last = self.last_failure.filter(|_| spent);
        let rest = |last| self.window.saturating_sub(now.saturating_duration_since(last));
        (count, last.map(rest))
    }

    /// The passwords that are known to be wrong.
    pub(super) fn known_wrong(&mut self, now: Instant) -> usize {
        self.wrong.count(now)
    }

    fn expire(&mut self, now: Instant) {
        let window = self.window;
        let over = |last| now.saturating_duration_since(last) > window;
        // As long as something is in flight the directory may have counted it within its window, and go on counting.
        if self.flights.is_empty() && self.last_failure.is_some_and(over) {
            self.failures.clear();
            self.last_failure = None;
        }
        self.networks.expire(now, window);
    }

    /// A new secret is a new chance for every network.
    fn see_version(&mut self, version: Option<&String>, now: Instant) {
        if self.version.current.as_ref() != version {
            self.version.current = version.cloned();
            self.version.changed = Some(now);
            self.networks.clear();
        }
    }
}

impl table::Entry for Account {
    /// Failures first: whoever wants an account's failures forgotten has to make others fail more often.
    type Worth = (usize, Instant);

    fn is_live(&mut self, now: Instant) -> bool {
        self.expire(now);
        let idle = self.flights.is_empty() && self.failures.is_empty();
        let forgotten = self.wrong.count(now) + self.right.count(now) + self.fresh.count(now) == 0;
        !idle || !forgotten || !self.networks.is_empty(now) || !self.tried.is_empty(now, self.window)
    }

    fn worth(&self) -> Option<Self::Worth> {
        let worth = (self.failures.len(), self.seen);
        self.flights.is_empty().then_some(worth)
    }
}
