//! The machine by itself, and the guard in front of a directory.

mod bounds;
mod challenges;
mod judging;
mod model;
mod passwords;
mod spraying;
mod together;

use std::sync::Arc;

use gatepost_directory::{Claim, Entry};
use tokio::time::Instant;

use super::machine::Machine;
use super::seal::{Print, Seal};
use super::subject::{Proof, Subject};
use super::*;
use crate::config::GuardConfig;

const WINDOW: Duration = Duration::from_secs(30 * 60);
const MOMENT: Duration = Duration::from_millis(1);

/// Three failures in half an hour, two from one network.
fn rules() -> GuardConfig {
    GuardConfig::default()
}

fn id(name: &str) -> EntryId {
    EntryId(name.to_owned())
}

/// A machine, its clock, and attempts to ask it about.
struct Site {
    machine: Machine,
    seal: Seal,
    now: Instant,
}

impl Site {
    fn new() -> Self {
        Self::with(rules())
    }

    fn with(rules: GuardConfig) -> Self {
        Self::of(Machine::new(rules))
    }

    fn of(machine: Machine) -> Self {
        Self {
            machine,
            seal: Seal::new([1; 64]),
            now: Instant::now(),
        }
    }

    /// An attempt from the network 192.0.`network`.0/24. A user in upper case is nobody.
    fn attempt(&self, user: &str, version: Option<&str>, network: u8, proof: Proof) -> Attempt {
        let (subject, print) = if user == user.to_uppercase() {
            let name = self.seal.name("users", user);
            (Subject::Nobody(name), name)
        } else {
            let (directory, id) = ("users".to_owned(), id(user));
            let print = self.seal.account("users", &id);
            (Subject::Account { directory, id }, print)
        };
        Attempt {
            subject,
            mark: print.short(),
            name: user.to_owned(),
            version: version.map(str::to_owned),
            network: Network::of([192, 0, network, 77].into()),
            proof,
            right_for: Duration::ZERO,
        }
    }

    fn print(&self, user: &str, version: Option<&str>, password: &str) -> Print {
        self.seal.password("users", &id(user), version, &password.into())
    }

    /// With a password, where the directory knows the secret's version.
    fn password(&self, user: &str, version: &str, password: &str) -> Attempt {
        let print = self.print(user, Some(version), password);
        self.attempt(user, Some(version), 2, Proof::Password(print))
    }

    /// With a password, where it does not.
    fn unversioned(&self, user: &str, password: &str) -> Attempt {
        let print = self.print(user, None, password);
        self.attempt(user, None, 2, Proof::Password(print))
    }

    fn challenge(&self, user: &str, network: u8) -> Attempt {
        self.attempt(user, Some("1"), network, Proof::Challenge)
    }

    fn ask(&mut self, attempt: &Attempt) -> Permission {
        self.machine.ask(self.now, attempt)
    }

    /// Asks, and has to be let through.
    fn depart(&mut self, attempt: &Attempt) -> Ticket {
        match self.ask(attempt) {
            Permission::Ask(ticket) => ticket,
            other => panic!("{other:?} for {attempt:?}"),
        }
    }

    fn land(&mut self, attempt: &Attempt, ticket: Ticket, outcome: Outcome) -> Option<Alarm> {
        self.machine.answered(self.now, attempt, ticket, outcome)
    }

    /// Asks, and this is what comes of it.
    fn judge(&mut self, attempt: &Attempt, outcome: Outcome) -> Option<Alarm> {
        let ticket = self.depart(attempt);
        self.land(attempt, ticket, outcome)
    }

    /// So many different wrong passwords.
    fn guess(&mut self, user: &str, times: usize) {
        for time in 0..times {
            let attempt = self.password(user, "1", &format!("guess {time}"));
            self.judge(&attempt, Outcome::Wrong);
        }
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
    }
}
