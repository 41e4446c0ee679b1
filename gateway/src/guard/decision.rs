//! What follows for an attempt from what is known of its account.

use std::time::Duration;

use tokio::time::Instant;

use super::Why;
use super::account::Account;
use super::seal::Print;
use super::subject::{Attempt, Network, Proof};
use crate::config::GuardConfig;

/// A password that proved right so lately may be asked about by several connections at once.
const FRESH: Duration = Duration::from_secs(10);

/// Challenge-responses from a network that succeeded before, beyond the account's failures.
const RESERVE: usize = 1;

/// What follows for an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    Ask,
    KnownRight,
    KnownWrong,
    Spent(Why),
    /// What the directory says to another attempt has to be known first.
    Wait,
}

impl Account {
    /// What follows for an attempt; `sprayed`: its network has failed at too many accounts.
    pub(super) fn decide(
        &mut self,
        attempt: &Attempt,
        now: Instant,
        sprayed: bool,
        rules: &GuardConfig,
    ) -> Decision {
        self.meet(attempt, now);
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
        if self.fresh.meet(password, now).is_some() {
            return Decision::KnownRight;
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
}
