//! The machine in front of a directory that counts as Active Directory does, whatever happens in whatever order.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;

/// What can happen. Numbers choose among what there is.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// Somebody tries one of five passwords from one of three networks.
    Try {
        password: u8,
        network: u8,
        challenge: bool,
    },
    /// The directory judges one of the attempts in flight; its answer is under way.
    Judge(usize),
    /// An answer arrives.
    Answer(usize),
    /// None arrives, and nothing was judged.
    Outage(usize),
    Pass(Duration),
    /// The user gets another password, or an old one.
    Change(u8),
}

/// An attempt that was let through.
struct Flight {
    attempt: Attempt,
    ticket: Ticket,
    password: u8,
    verdict: Option<bool>,
}

/// One account of a directory: the count ends with a success, or at a failure that comes long enough after the last.
struct Directory {
    password: u8,
    version: u32,
    failures: usize,
    last_failure: Option<Instant>,
}

impl Directory {
    fn judge(&mut self, password: u8, now: Instant) -> bool {
        if password == self.password {
            self.failures = 0;
            return true;
        }
        if self.last_failure.is_some_and(|last| now - last > WINDOW) {
            self.failures = 0;
        }
        self.failures += 1;
        self.last_failure = Some(now);
        false
    }
}

struct World {
    site: Site,
    directory: Directory,
    versioned: bool,
    flights: Vec<Flight>,
    /// Passwords that proved right, by version, and when they did last.
    right: HashMap<(u8, u32), Instant>,
    /// When a password was last found wrong.
    wrong: HashMap<u8, Instant>,
    /// What was right and is not any more.
    stale: usize,
    challenges: bool,
}

impl World {
    fn new(versioned: bool) -> Self {
        Self {
            site: Site::new(),
            directory: Directory {
                password: 0,
                version: 0,
                failures: 0,
                last_failure: None,
            },
            versioned,
            flights: Vec::new(),
            right: HashMap::new(),
            wrong: HashMap::new(),
            stale: 0,
            challenges: false,
        }
    }

    fn attempt(&self, password: u8, network: u8, challenge: bool) -> Attempt {
        let version = self.versioned.then(|| self.directory.version.to_string());
        let proof = if challenge {
            Proof::Challenge
        } else {
            Proof::Password(
                self.site
                    .print("alice", version.as_deref(), &password.to_string()),
            )
        };
        self.site.attempt("alice", version.as_deref(), network, proof)
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Try {
                password,
                network,
                challenge,
            } => self.attempted(password, network, challenge),
            Step::Judge(choice) => {
                if let Some(index) = self.choose(choice) {
                    self.judge(index);
                }
            }
            Step::Answer(choice) => {
                if let Some(index) = self.choose(choice) {
                    self.answer(index);
                }
            }
            Step::Outage(choice) => {
                let index = self.choose(choice);
                if let Some(index) = index.filter(|index| self.flights[*index].verdict.is_none()) {
                    let flight = self.flights.remove(index);
                    self.site.land(&flight.attempt, flight.ticket, Outcome::NotJudged);
                }
            }
            Step::Pass(time) => self.site.pass(time),
            Step::Change(password) => self.change(password),
        }
        self.check();
    }

    fn choose(&self, choice: usize) -> Option<usize> {
        choice.checked_rem(self.flights.len())
    }

    fn attempted(&mut self, password: u8, network: u8, challenge: bool) {
        let attempt = self.attempt(password, network, challenge);
        let permission = self.site.ask(&attempt);
        self.challenges |= challenge;
        if !challenge {
            self.check_password(password, &attempt, &permission);
        }
        match permission {
            Permission::Ask(ticket) => self.flights.push(Flight {
                attempt,
                ticket,
                password,
                verdict: None,
            }),
            Permission::Wait => assert!(!self.flights.is_empty(), "nobody would wake it"),
            Permission::KnownRight => unreachable!("nothing is remembered as right"),
            Permission::KnownWrong | Permission::Spent(_) => {}
        }
    }

    fn check_password(&self, password: u8, attempt: &Attempt, permission: &Permission) {
        let equal = |flight: &Flight| flight.attempt.proof == attempt.proof;
        let in_flight = self.flights.iter().any(equal);
        let was_right = self.right.contains_key(&(password, self.directory.version));
        if was_right && password == self.directory.password {
            let allowed = match permission {
                Permission::Ask(_) | Permission::KnownRight => true,
                Permission::Wait => in_flight,
                Permission::KnownWrong | Permission::Spent(_) => false,
            };
            assert!(allowed, "{permission:?} for what proved right");
        }
        if *permission == Permission::KnownWrong {
            let since = self.site.now - self.wrong[&password];
            let is_wrong = password != self.directory.password;
            assert!(is_wrong || !self.versioned && since <= WINDOW, "{password}");
        }
        if matches!(permission, Permission::Ask(_)) && !was_right {
            assert!(!in_flight, "the same twice");
        }
    }

    fn judge(&mut self, index: usize) {
        let flight = &mut self.flights[index];
        if flight.verdict.is_none() {
            flight.verdict = Some(self.directory.judge(flight.password, self.site.now));
        }
    }

    fn answer(&mut self, index: usize) {
        self.judge(index);
        let flight = self.flights.remove(index);
        let challenge = flight.attempt.proof == Proof::Challenge;
        let granted = flight.verdict == Some(true);
        let key = (flight.password, self.directory.version);
        match (granted, challenge) {
            (true, false) => drop(self.right.insert(key, self.site.now)),
            (false, false) => {
                self.right.remove(&key);
                self.wrong.insert(flight.password, self.site.now);
            }
            (_, true) => {}
        }
        let outcome = if granted { Outcome::Granted } else { Outcome::Wrong };
        self.site.land(&flight.attempt, flight.ticket, outcome);
    }

    /// Not while something is in flight: the version that it was asked for is then that which it is judged by.
    fn change(&mut self, password: u8) {
        if self.flights.is_empty() && password != self.directory.password {
            self.directory.password = password;
            if self.versioned {
                self.directory.version += 1;
            } else {
                self.stale += 1;
            }
        }
    }

    /// The directory never counts more failures than it may.
    fn check(&self) {
        // Without a version, what was right before the password was changed may cost one more each time.
        let most = 3 + usize::from(self.challenges) + self.stale;
        let failures = self.directory.failures;
        assert!(failures <= most, "{failures} failures, not {most}");
    }

    /// Once all answers are there and the directory has forgotten, everybody may ask again.
    fn settle(&mut self) {
        while !self.flights.is_empty() {
            self.answer(0);
            self.check();
        }
        self.site.pass(WINDOW + MOMENT);
        let attempt = self.attempt(9, 9, false);
        self.site.judge(&attempt, Outcome::NotJudged);
        let attempt = self.attempt(0, 9, true);
        self.site.judge(&attempt, Outcome::NotJudged);
    }
}

fn step(challenges: bool) -> impl Strategy<Value = Step> {
    let minutes = |most: u64| (1..most).prop_map(|minutes| Duration::from_secs(60 * minutes));
    prop_oneof![
        8 => (0..5_u8, 1..4_u8, any::<bool>()).prop_map(move |(password, network, challenge)| Step::Try {
            password,
            network,
            challenge: challenge && challenges,
        }),
        3 => any::<usize>().prop_map(Step::Judge),
        4 => any::<usize>().prop_map(Step::Answer),
        1 => any::<usize>().prop_map(Step::Outage),
        3 => minutes(40).prop_map(Step::Pass),
        1 => (0..5_u8).prop_map(Step::Change),
    ]
}

fn steps(challenges: bool) -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec(step(challenges), 0..120)
}

fn run(versioned: bool, steps: Vec<Step>) {
    let mut world = World::new(versioned);
    for step in steps {
        world.step(step);
    }
    world.settle();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// The directory's count stays within the configured number exactly.
    #[test]
    fn passwords_with_versions_cost_no_more_than_allowed(steps in steps(false)) {
        run(true, steps);
    }

    /// And one more at most.
    #[test]
    fn challenges_and_passwords_cost_one_more_at_most(steps in steps(true)) {
        run(true, steps);
    }

    #[test]
    fn without_versions_only_old_passwords_cost_more(steps in steps(true)) {
        run(false, steps);
    }
}
