//! Who may ask the directory: a pure machine. Time and the prints of secrets are arguments.

use std::time::Duration;

use gatepost_directory::EntryId;
use tokio::time::Instant;

use super::account::{Account, Answer};
use super::decision::Decision;
use super::distinct::Distinct;
use super::subject::{Attempt, Network, Subject};
use super::table::{self, Table};
use super::{Alarm, Listed, ListedNetwork, Outcome, Permission, Ticket};
use crate::config::GuardConfig;

/// Accounts that are held at once. They are a directory's, so nobody can invent them.
const MAX_ACCOUNTS: usize = 100_000;

/// Names that are nobody's, of which anybody can invent any number. They take no place from accounts.
const MAX_NOBODIES: usize = 10_000;

/// Networks with failures that are held at once.
const MAX_NETWORKS: usize = 20_000;

/// All that is known of failures and successes.
#[derive(Debug)]
pub(crate) struct Machine {
    rules: GuardConfig,
    accounts: Table<Subject, Account>,
    nobodies: Table<Subject, Account>,
    networks: Table<Network, Failed>,
    number: u64,
}

/// The accounts that failed from a network.
#[derive(Debug)]
struct Failed {
    accounts: Distinct,
    window: Duration,
}

impl table::Entry for Failed {
    type Worth = (bool, usize);

    fn is_live(&mut self, now: Instant) -> bool {
        !self.accounts.is_empty(now, self.window)
    }

    fn worth(&self) -> Option<Self::Worth> {
        Some(self.accounts.worth())
    }
}

impl Machine {
    pub(crate) fn new(rules: GuardConfig) -> Self {
        Self::with_room(rules, MAX_ACCOUNTS, MAX_NOBODIES, MAX_NETWORKS)
    }

    pub(super) fn with_room(rules: GuardConfig, accounts: usize, nobodies: usize, networks: usize) -> Self {
        Self {
            rules,
            accounts: Table::new(accounts),
            nobodies: Table::new(nobodies),
            networks: Table::new(networks),
            number: 0,
        }
    }

    /// Whether the directory may be asked. Who may has to say what came of it, by [`Self::answered`], whatever happens.
    pub(crate) fn ask(&mut self, now: Instant, attempt: &Attempt) -> Permission {
        let sprayed = self.is_sprayed(attempt.network, now);
        let number = self.next();
        let (table, rules) = match &attempt.subject {
            Subject::Account { .. } => (&mut self.accounts, &self.rules),
            Subject::Nobody(_) => (&mut self.nobodies, &self.rules),
        };
        let account = table.entry(&attempt.subject, now, || Account::new(attempt, now, rules));
        match account.decide(attempt, now, sprayed, rules) {
            Decision::Ask => {
                account.depart(number, attempt);
                Permission::Ask(Ticket(number))
            }
            Decision::KnownRight => Permission::KnownRight,
            Decision::KnownWrong => Permission::KnownWrong,
            Decision::Spent(why) => Permission::Spent(why),
            Decision::Wait => Permission::Wait,
        }
    }

    /// What the directory said to an attempt that was let through.
    pub(crate) fn answered(
        &mut self,
        now: Instant,
        attempt: &Attempt,
        Ticket(asked): Ticket,
        outcome: Outcome,
    ) -> Option<Alarm> {
        let number = self.next();
        let table = match &attempt.subject {
            Subject::Account { .. } => &mut self.accounts,
            Subject::Nobody(_) => &mut self.nobodies,
        };
        let account = table.get(&attempt.subject)?;
        let answer = Answer {
            asked,
            number,
            at: now,
            outcome,
        };
        let guessed = account.answer(attempt, &answer, &self.rules);
        let sprayed = outcome == Outcome::Wrong && self.fail(attempt, now);
        match (sprayed, guessed) {
            (true, _) => Some(Alarm::Spraying),
            (false, true) => Some(Alarm::Guessing),
            (false, false) => None,
        }
    }

    /// What the directory said to an equal attempt of somebody else. It has counted one failure, so the account has; but
    /// each network has tried the account, or has logged in to it.
    pub(crate) fn shared(&mut self, now: Instant, attempt: &Attempt, outcome: Outcome) -> Option<Alarm> {
        match outcome {
            Outcome::Granted => {
                if let Some(account) = self.accounts.get(&attempt.subject) {
                    account.let_in_from(attempt.network, now, &self.rules);
                }
                None
            }
            Outcome::Wrong => self.fail(attempt, now).then_some(Alarm::Spraying),
            Outcome::ProofRight | Outcome::NotJudged => None,
        }
    }

    fn next(&mut self) -> u64 {
        self.number += 1;
        self.number
    }

    fn is_sprayed(&mut self, network: Network, now: Instant) -> bool {
        let failed = self.networks.get(&network);
        failed.is_some_and(|failed| failed.accounts.is_over(now, failed.window))
    }

    /// Counts an account against the network. Whether they are too many, for the first time.
    fn fail(&mut self, attempt: &Attempt, now: Instant) -> bool {
        let (limit, window) = (self.rules.accounts_per_network, self.rules.window);
        let new = || Failed {
            accounts: Distinct::default(),
            window,
        };
        let failed = self.networks.entry(&attempt.network, now, new);
        failed.accounts.count(attempt.mark, now, limit, window)
    }

    /// The accounts with failures or known wrong passwords, in order.
    pub(crate) fn list(&mut self, now: Instant) -> Vec<Listed> {
        let rules = &self.rules;
        let accounts = self.accounts.iter();
        let listed = accounts.filter_map(|(subject, account)| listed(subject, account, now, rules));
        let mut listed: Vec<Listed> = listed.collect();
        listed.sort_unstable_by(|one, other| (&one.directory, &one.id).cmp(&(&other.directory, &other.id)));
        listed
    }

    /// Forgets an account's failures and its wrong passwords. Whether anything was known of it.
    pub(crate) fn clear(&mut self, directory: &str, id: &EntryId) -> bool {
        let subject = Subject::Account {
            directory: directory.to_owned(),
            id: id.clone(),
        };
        self.accounts.get(&subject).map(Account::clear).is_some()
    }

    /// Forgets which accounts failed from which network.
    pub(crate) fn clear_networks(&mut self) {
        self.networks.clear();
    }

    /// How many accounts, names that are nobody's, and networks are held.
    #[cfg(test)]
    pub(super) fn sizes(&self) -> (usize, usize, usize) {
        (self.accounts.len(), self.nobodies.len(), self.networks.len())
    }
}

fn listed(subject: &Subject, account: &mut Account, now: Instant, rules: &GuardConfig) -> Option<Listed> {
    let Subject::Account { directory, id } = subject else {
        return None;
    };
    let (failures, spent_for) = account.failures(now, rules);
    let known_wrong = account.known_wrong(now);
    let networks = account.networks.rows().map(|row| ListedNetwork {
        network: row.network,
        failures: row.failures,
        spent: row.is_spent(rules.failures_per_network),
    });
    let networks: Vec<_> = networks.collect();
    if failures == 0 && known_wrong == 0 && networks.is_empty() {
        return None;
    }
    Some(Listed {
        directory: directory.clone(),
        id: id.clone(),
        name: account.name.clone(),
        failures,
        spent_for,
        known_wrong,
        networks,
    })
}
