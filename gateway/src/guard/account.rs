//! What is known of one account, and what follows from it.

use std::time::Duration;

use tokio::time::Instant;

use super::distinct::Distinct;
use super::memory::{Lasting, Memory};
use super::networks::Networks;
use super::seal::Print;
use super::subject::{Attempt, Network, Proof};
use super::table;
use super::{Outcome, Why};
use crate::config::GuardConfig;

/// Wrong passwords that are remembered of one account: more than its devices have.
const MAX_WRONG: usize = 32;

/// Right passwords and networks that are remembered of one account.
const MAX_RIGHT: usize = 8;

/// A password that proved right so lately may be asked about by several connections at once.
const FRESH: Duration = Duration::from_secs(10);

/// Challenge-responses from a network that succeeded before, beyond the account's failures.
const RESERVE: usize = 1;

/// What follows for an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    Ask,
    KnownWrong,
    Spent(Why),
    /// What the directory says to another attempt has to be known first.
    Wait,
}

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
struct Flight {
    number: u64,
    network: Network,
    proof: Proof,
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
    failures: Vec<u64>,
    last_failure: Option<Instant>,
    flights: Vec<Flight>,
    wrong: Memory<Print>,
    right: Memory<Print>,
    pub(super) networks: Networks,
    tried: Distinct,
    seen: Instant,
    window: Duration,
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
            networks: Networks::new(MAX_RIGHT),
            tried: Distinct::default(),
            seen: now,
            window: rules.window,
        }
    }

    /// What follows for an attempt; `sprayed`: its network has failed at too many accounts.
    pub(super) fn decide(
        &mut self,
        attempt: &Attempt,
        now: Instant,
        sprayed: bool,
        rules: &GuardConfig,
    ) -> Decision {
        self.expire(now);
        self.seen = now;
        self.name.clone_from(&attempt.name);
        self.see_version(attempt.version.as_ref(), now);
        match attempt.proof {
            Proof::Password(password) => self.decide_password(&password, now, sprayed, rules),
            Proof::Challenge => self.decide_challenge(attempt.network, now, sprayed, rules),
        }
    }

    fn decide_password(
        &mut self,
        password: &Print,
        now: Instant,
        sprayed: bool,
        rules: &GuardConfig,
    ) -> Decision {
        if self.wrong.meet(password, now).is_some() {
            return Decision::KnownWrong;
        }
        let right = self.right.meet(password, now);
        let equal = Proof::Password(*password);
        if self.flights.iter().any(|flight| flight.proof == equal) {
            // Four connections with the same password cost one failure at most. A password that was right a moment ago
            // need not queue, as long as it could not do harm even if it was wrong now.
            let fresh = right.is_some_and(|since| now.saturating_duration_since(since) <= FRESH);
            return if fresh && self.within(rules.failures as usize) == Decision::Ask {
                Decision::Ask
            } else {
                Decision::Wait
            };
        }
        if right.is_some() {
            return Decision::Ask;
        }
        self.decide_stranger(now, sprayed)
            .unwrap_or_else(|| self.within(rules.failures as usize))
    }

    fn decide_challenge(
        &mut self,
        network: Network,
        now: Instant,
        sprayed: bool,
        rules: &GuardConfig,
    ) -> Decision {
        let mut most = rules.failures as usize;
        if self.networks.has_succeeded(network, now) {
            most += RESERVE;
        } else if let Some(refused) = self.decide_stranger(now, sprayed) {
            return refused;
        }
        let in_a_row = self.networks.in_a_row(network);
        let flights = self.flights.iter();
        let judged = flights.filter(|flight| flight.proof == Proof::Challenge && flight.network == network);
        let limit = rules.failures_per_network;
        if in_a_row >= limit {
            Decision::Spent(Why::Network)
        } else if judged.count() >= (limit - in_a_row) as usize {
            Decision::Wait
        } else {
            self.within(most)
        }
    }

    /// What follows from guessing for what never proved right here.
    fn decide_stranger(&mut self, now: Instant, sprayed: bool) -> Option<Decision> {
        if sprayed {
            return Some(Decision::Spent(Why::Spraying));
        }
        let guessed = self.tried.is_over(now, self.window);
        guessed.then_some(Decision::Spent(Why::Guessing))
    }

    /// Whether there is room for one more failure among so many. What is in flight may become one.
    fn within(&self, most: usize) -> Decision {
        let failures = self.failures.len();
        if failures >= most {
            Decision::Spent(Why::Failures)
        } else if failures + self.flights.len() >= most {
            Decision::Wait
        } else {
            Decision::Ask
        }
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
                self.networks
                    .succeed(attempt.network, answer.at, rules.remember_right);
                self.prove_right(attempt, answer.at, rules);
            }
            Outcome::ProofRight => self.prove_right(attempt, answer.at, rules),
            Outcome::Wrong => return self.prove_wrong(attempt, answer, rules),
            Outcome::NotJudged => {}
        }
        false
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

    /// Forgets what was wrong.
    pub(super) fn clear(&mut self) {
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
        let forgotten = self.wrong.count(now) + self.right.count(now) == 0;
        !idle || !forgotten || !self.networks.is_empty(now) || !self.tried.is_empty(now, self.window)
    }

    fn worth(&self) -> Option<Self::Worth> {
        let worth = (self.failures.len(), self.seen);
        self.flights.is_empty().then_some(worth)
    }
}
