//! The guard in front of a directory that takes its time.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use gatepost_directory::{
    Account, BoxFuture, ClaimKinds, Denial, Directory, Resolution, Standing, Unavailable,
};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::*;
use crate::config::Limits;
use crate::directory::{Flights, Judge, Judgement, judge};
use crate::turns::{Lines, Target};

/// Alice, whose password is `right`. `down` is an outage, and `crash` a panic.
pub(super) struct Slow {
    asked: AtomicUsize,
    /// Answers that may be given.
    pub(super) answers: Semaphore,
    pub(super) version: Mutex<Option<String>>,
    pub(super) disabled: AtomicBool,
    /// Of alice's account, what may change.
    pub(super) login: Mutex<String>,
}

impl Slow {
    pub(super) fn new(answers: usize) -> Arc<Self> {
        Arc::new(Self {
            asked: AtomicUsize::new(0),
            answers: Semaphore::new(answers),
            version: Mutex::default(),
            disabled: AtomicBool::new(false),
            login: Mutex::new("alice".to_owned()),
        })
    }

    pub(super) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// Waits until it was asked so often.
    pub(super) async fn was_asked(&self, times: usize) {
        while self.asked() < times {
            tokio::time::sleep(MOMENT).await;
        }
    }
}

impl Directory for Slow {
    fn accepts(&self) -> ClaimKinds {
        ClaimKinds::PASSWORD
    }

    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Resolution> {
        let (number, who) = if name == "bob" {
            ("2", "bob")
        } else {
            ("1", "alice")
        };
        let account = Account {
            id: id(number),
            name: who.to_owned(),
            upstream_login: self.login.lock().unwrap().clone(),
            addresses: Vec::new(),
            attributes: BTreeMap::new(),
        };
        let entry = Entry {
            id: id(number),
            secret_version: self.version.lock().unwrap().clone(),
            handle: who.to_owned(),
            account,
        };
        let is_alice =
            name == "bob" || name.to_lowercase().contains("alice") && !name.ends_with("@nowhere.test");
        Box::pin(std::future::ready(if is_alice {
            Resolution::Found(entry)
        } else {
            Resolution::Unknown { why: "nobody" }
        }))
    }

    fn resolve_id<'a>(&'a self, _: &'a EntryId) -> BoxFuture<'a, Resolution> {
        self.resolve("alice")
    }

    fn verify<'a>(&'a self, entry: &'a Entry, claim: &'a Claim) -> BoxFuture<'a, Verdict> {
        let Claim::Password(password) = claim else {
            unreachable!("nothing else is claimed")
        };
        Box::pin(async move {
            self.asked.fetch_add(1, Ordering::SeqCst);
            self.answers.acquire().await.unwrap().forget();
            match password.password().expose() {
                b"right" => Verdict::Granted(entry.account.clone()),
                password if password.starts_with(b"unjudged") => Verdict::Denied(Denial::NotSupported),
                b"down" => Verdict::Unavailable(Unavailable("down".to_owned())),
                b"crash" => panic!("the directory has a bug"),
                _ => Verdict::Denied(Denial::BadCredentials),
            }
        })
    }

    fn verify_unknown<'a>(&'a self, claim: &'a Claim) -> BoxFuture<'a, Result<(), Unavailable>> {
        let is_down = matches!(claim, Claim::Password(proof) if proof.password().expose() == b"down");
        let down = || Unavailable("down".to_owned());
        Box::pin(std::future::ready(if is_down { Err(down()) } else { Ok(()) }))
    }

    fn standing<'a>(&'a self, _: &'a Entry) -> BoxFuture<'a, Standing> {
        let standing = match self.disabled.load(Ordering::SeqCst) {
            true => Standing::Denied(Denial::Disabled),
            false => Standing::Usable,
        };
        Box::pin(std::future::ready(standing))
    }
}

/// A gateway's part of a login.
#[derive(Clone)]
pub(super) struct Front {
    pub(super) directory: Arc<Slow>,
    pub(super) name: &'static str,
    pub(super) right_for: Duration,
    pub(super) guard: Arc<Guard>,
    pub(super) flights: Arc<Flights>,
    pub(super) target: Arc<Target>,
    /// Where the client is.
    pub(super) network: Network,
}

impl Front {
    pub(super) fn new(directory: &Arc<Slow>) -> Self {
        Self::with(directory, &rules())
    }

    pub(super) fn with(directory: &Arc<Slow>, rules: &GuardConfig) -> Self {
        Self {
            directory: Arc::clone(directory),
            name: "users",
            right_for: Duration::ZERO,
            guard: Guard::new(rules, [1; 64]),
            flights: Arc::default(),
            target: Lines::new(&Limits::default()).directory("users"),
            network: Network::of([192, 0, 2, 1].into()),
        }
    }

    pub(super) async fn login(self, name: &'static str, password: &'static str) -> Judgement {
        let latest = Instant::now() + Duration::from_secs(60);
        let turn = match self.target.turn(latest).await {
            Ok(turn) => turn,
            Err(crowded) => return Judgement::Crowded(crowded),
        };
        let asked = Judge {
            directory: self.directory,
            name: self.name.to_owned(),
            domains: ["EXAMPLE", "example.org"].map(str::to_owned),
            guard: self.guard,
            flights: self.flights,
            right_for: self.right_for,
            latest,
            network: self.network,
        };
        judge(
            asked,
            Claim::password(name.as_bytes(), password.as_bytes()).unwrap(),
            turn,
        )
        .await
    }

    pub(super) fn failures(&self) -> usize {
        self.guard
            .list(Instant::now())
            .first()
            .map_or(0, |alice| alice.failures)
    }
}

/// What a client can tell of a judgement.
pub(super) fn heard(judgement: &Judgement) -> &'static str {
    match judgement {
        Judgement::Granted(_) => "granted",
        Judgement::Denied { .. } | Judgement::KnownWrong { .. } => "wrong",
        Judgement::Guarded { .. } => "guarded",
        Judgement::Crowded(_) | Judgement::Unavailable(_) => "unavailable",
    }
}

pub(super) fn is_granted(judgement: &Judgement) -> bool {
    matches!(judgement, Judgement::Granted(_))
}

/// Nobody has a name in a foreign domain, whether there is such a user in the directory's own or not.
#[tokio::test(start_paused = true)]
async fn failures_in_a_foreign_domain_do_not_tell_who_exists() {
    let front = Front::new(&Slow::new(100));
    for (somebody, nobody, password) in [
        ("alice@nowhere.test", "eve@nowhere.test", "guess1"),
        ("alice@nowhere.test", "eve@nowhere.test", "guess2"),
        ("alice@nowhere.test", "eve@nowhere.test", "guess3"),
        ("alice@nowhere.test", "eve@nowhere.test", "guess4"),
        ("alice", "eve", "guess5"),
        ("alice@example.org", "eve@example.org", "guess6"),
        ("EXAMPLE\\alice", "EXAMPLE\\eve", "guess7"),
        ("alice", "eve", "guess8"),
    ] {
        let nobody = front.clone().login(nobody, password).await;
        let somebody = front.clone().login(somebody, password).await;
        assert_eq!(heard(&somebody), heard(&nobody), "{password}");
    }
}

/// A network that many share is let in again without a restart.
#[tokio::test(start_paused = true)]
async fn an_administrator_clears_what_was_sprayed() {
    let rules = GuardConfig {
        accounts_per_network: 1,
        ..rules()
    };
    let front = Front::with(&Slow::new(100), &rules);
    for name in ["eve", "mallory"] {
        front.clone().login(name, "guess").await;
    }
    let refused = front.clone().login("alice", "right").await;
    assert_eq!(heard(&refused), "guarded");
    front.guard.clear_networks();
    assert!(is_granted(&front.clone().login("alice", "right").await));
}

/// While the directory says nothing, who waits for what it says to others hears of the outage in time.
#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_silent_directory_for_ever() {
    let directory = Slow::new(0);
    let front = Front::new(&directory);
    let first = tokio::spawn(front.clone().login("alice", "right"));
    directory.was_asked(1).await;
    let second = front.clone().login("alice", "right");
    let second = tokio::time::timeout(Duration::from_secs(30), second).await;
    assert_eq!(second.as_ref().map(heard), Ok("unavailable"));
    assert_eq!(directory.asked(), 1);
    // The one that was asked about is counted all the same.
    directory.answers.add_permits(1);
    assert!(is_granted(&first.await.unwrap()));
}

/// What is known to be wrong is no failure, of nobody either, as long as it is known.
#[tokio::test(start_paused = true)]
async fn how_long_a_password_is_known_to_be_wrong_does_not_tell_who_exists() {
    for version in [Some("1".to_owned()), None] {
        let directory = Slow::new(100);
        *directory.version.lock().unwrap() = version;
        let front = Front::new(&directory);
        front.clone().login("alice", "right").await;
        for (password, time) in [
            ("old", WINDOW + MOMENT),
            ("old", MOMENT),
            ("guess1", MOMENT),
            ("guess2", MOMENT),
            ("guess3", MOMENT),
            ("guess4", MOMENT),
        ] {
            let nobody = front.clone().login("eve", password).await;
            let somebody = front.clone().login("alice", password).await;
            assert_eq!(heard(&somebody), heard(&nobody), "{password}");
            tokio::time::sleep(time).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_judged_does_not_tell_who_exists() {
    let front = Front::new(&Slow::new(100));
    let mut told = Vec::new();
    for password in [
        "unjudged1",
        "unjudged2",
        "unjudged3",
        "unjudged3",
        "unjudged4",
        "wrong",
    ] {
        let somebody = front.clone().login("alice", password).await;
        let nobody = front.clone().login("eve", password).await;
        assert_eq!(heard(&somebody), heard(&nobody), "{password}");
        told.push(heard(&nobody));
    }
    assert_eq!(told, ["wrong", "wrong", "wrong", "wrong", "guarded", "guarded"]);
}

#[tokio::test(start_paused = true)]
async fn an_outage_does_not_tell_who_exists() {
    let front = Front::new(&Slow::new(100));
    for _ in 0..5 {
        for name in ["alice", "eve"] {
            let judgement = front.clone().login(name, "down").await;
            assert_eq!(heard(&judgement), "unavailable", "{name}");
        }
    }
}

/// Four connections at once, as a phone opens them, and what they hear.
async fn at_once(front: &Front, passwords: [&'static str; 4]) -> Vec<Judgement> {
    let names = ["alice", "ALICE", "alice@example.org", "Alice"];
    let mut logins = JoinSet::new();
    for (name, password) in names.into_iter().zip(passwords) {
        logins.spawn(front.clone().login(name, password));
    }
    logins.join_all().await
}

#[tokio::test(start_paused = true)]
async fn four_connections_with_the_same_wrong_password_cost_one_failure() {
    let directory = Slow::new(0);
    let front = Front::new(&directory);
    let phone = tokio::spawn({
        let front = front.clone();
        async move { at_once(&front, ["old"; 4]).await }
    });
    directory.was_asked(1).await;
    directory.answers.add_permits(4);
    let heard = phone.await.unwrap();
    let known = |heard: &&Judgement| matches!(heard, Judgement::KnownWrong { id: Some(_) });
    assert_eq!(heard.iter().filter(known).count(), 3);
    assert_eq!((directory.asked(), front.failures()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn four_connections_with_the_right_password_all_get_in() {
    let directory = Slow::new(100);
    let front = Front::new(&directory);
    for guesses in [["a", "b", "c"], ["d", "e", "f"], ["g", "h", "i"]] {
        let heard = at_once(&front, ["right"; 4]).await;
        assert!(heard.iter().all(is_granted), "{heard:?}");
        // Whatever else is tried.
        for guess in guesses {
            front.clone().login("alice", guess).await;
        }
    }
    let refused = front.clone().login("alice", "j").await;
    assert!(
        matches!(
            refused,
            Judgement::Guarded {
                why: Why::Failures,
                ..
            }
        ),
        "{refused:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn more_attempts_than_may_fail_wait_for_those_before() {
    let directory = Slow::new(0);
    let front = Front::new(&directory);
    let guesses = tokio::spawn({
        let front = front.clone();
        async move { at_once(&front, ["a", "b", "c", "right"]).await }
    });
    directory.was_asked(3).await;
    directory.answers.add_permits(1);
    // Which of them are asked about first is not said; the fourth is asked about only if one of the three was right.
    directory.answers.add_permits(3);
    let heard = guesses.await.unwrap();
    let asked = directory.asked();
    assert_eq!(asked, if heard.iter().any(is_granted) { 4 } else { 3 });
    assert!(front.failures() <= 3);
}

#[tokio::test(start_paused = true)]
async fn outages_and_crashes_are_no_failures() {
    let directory = Slow::new(100);
    let front = Front::new(&directory);
    for _ in 0..10 {
        for password in ["down", "crash"] {
            let heard = front.clone().login("alice", password).await;
            assert!(matches!(heard, Judgement::Unavailable(_)), "{heard:?}");
        }
    }
    assert!(is_granted(&front.clone().login("alice", "right").await));
}

#[tokio::test(start_paused = true)]
async fn what_was_asked_is_counted_even_if_the_client_has_gone() {
    let directory = Slow::new(0);
    let front = Front::new(&directory);
    let client = tokio::spawn(front.clone().login("alice", "old"));
    directory.was_asked(1).await;
    client.abort();
    assert!(client.await.unwrap_err().is_cancelled());
    directory.answers.add_permits(1);
    while front.failures() == 0 {
        tokio::time::sleep(MOMENT).await;
    }
    let heard = front.login("alice", "old").await;
    assert!(matches!(heard, Judgement::KnownWrong { .. }), "{heard:?}");
}

/// It hears that there is no answer, and not that the password is wrong.
#[tokio::test(start_paused = true)]
async fn what_was_asked_is_counted_even_if_the_clients_time_is_over() {
    let directory = Slow::new(0);
    let front = Front::new(&directory);
    let came = Instant::now();
    let late = front.clone().login("alice", "old").await;
    assert_eq!((heard(&late), came.elapsed().as_secs()), ("unavailable", 60));
    assert_eq!((directory.asked(), front.failures()), (1, 0));
    directory.answers.add_permits(1);
    while front.failures() == 0 {
        tokio::time::sleep(MOMENT).await;
    }
    let heard = front.login("alice", "old").await;
    assert!(matches!(heard, Judgement::KnownWrong { .. }), "{heard:?}");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_has_gone_does_not_wait_to_ask() {
    let directory = Slow::new(0);
    let front = Front::new(&directory);
    let first = tokio::spawn(front.clone().login("alice", "right"));
    directory.was_asked(1).await;
    let second = tokio::spawn(front.clone().login("alice", "right"));
    // All that runs has done what it could when time goes on.
    tokio::time::sleep(MOMENT).await;
    second.abort();
    assert!(second.await.unwrap_err().is_cancelled());
    directory.answers.add_permits(2);
    assert!(is_granted(&first.await.unwrap()));
    tokio::time::sleep(MOMENT).await;
    assert_eq!(directory.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_guard_that_is_off_lets_everybody_ask() {
    let directory = Slow::new(100);
    let rules = GuardConfig {
        enabled: false,
        ..rules()
    };
    let front = Front::with(&directory, &rules);
    for _ in 0..10 {
        let heard = front.clone().login("alice", "old").await;
        assert!(matches!(heard, Judgement::Denied { .. }), "{heard:?}");
    }
    assert_eq!(directory.asked(), 10);
    assert!(front.guard.list(Instant::now()).is_empty() && !front.guard.clear("users", &id("1")));
}

#[tokio::test(start_paused = true)]
async fn an_administrator_may_clear_while_somebody_waits() {
    let directory = Slow::new(0);
    let front = Front::new(&directory);
    let guesses = ["a", "b", "c"].map(|guess| tokio::spawn(front.clone().login("alice", guess)));
    directory.was_asked(3).await;
    let waiting = tokio::spawn(front.clone().login("alice", "right"));
    tokio::time::sleep(MOMENT).await;
    directory.answers.add_permits(2);
    while front.failures() < 2 {
        tokio::time::sleep(MOMENT).await;
    }
    assert!(front.guard.clear("users", &id("1")));
    directory.was_asked(4).await;
    directory.answers.add_permits(2);
    assert!(is_granted(&waiting.await.unwrap()));
    for guess in guesses {
        guess.await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn names_that_are_nobodys_hear_what_others_hear() {
    let directory = Slow::new(100);
    let front = Front::new(&directory);
    for guess in ["a", "b", "c"] {
        let [alice, nobody] = ["alice", "eve"].map(|name| front.clone().login(name, guess));
        assert!(matches!(alice.await, Judgement::Denied { id: Some(_), .. }));
        assert!(matches!(nobody.await, Judgement::Denied { id: None, .. }));
        let again = front.clone().login("EVE@example.org", guess).await;
        assert!(matches!(again, Judgement::KnownWrong { id: None }), "{again:?}");
    }
    for name in ["alice", "eve"] {
        let heard = front.clone().login(name, "d").await;
        assert!(matches!(heard, Judgement::Guarded { .. }), "{heard:?}");
    }
}
