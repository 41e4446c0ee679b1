use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use gatepost_directory::{BoxFuture, Claim, ClaimKinds, Denial, Entry, Standing, Verdict};
use tokio::time::sleep;

use super::*;
use crate::config::Limits;
use crate::turns::Lines;

const INTERVAL: Duration = Duration::from_secs(900);

const NO_LIMIT: PerUser = PerUser {
    sessions: 0,
    idle_after: Duration::from_secs(30),
};

fn account(name: &str) -> Account {
    Account {
        id: EntryId(name.to_owned()),
        name: name.to_owned(),
        upstream_login: name.to_owned(),
        addresses: Vec::new(),
        attributes: BTreeMap::new(),
    }
}

fn there(version: &str) -> Finding {
    Finding::There {
        version: Some(version.to_owned()),
        standing: Standing::Usable,
    }
}

/// A session of the account with this name.
fn enter(sessions: &Arc<Sessions>, name: &str, end: &CancellationToken) -> Live {
    let account = account(name);
    sessions
        .enter(Protocol::Imap, (&account, Some("1")), end)
        .unwrap()
}

/// A register and the time at which it was made.
fn register() -> (Register, Instant, CancellationToken) {
    (Register::new(INTERVAL), Instant::now(), CancellationToken::new())
}

/// How a session has ended by now, if it has.
async fn ended(watch: &Watch) -> Option<Ending> {
    tokio::select! {
        biased;
        ending = watch.ended() => Some(ending),
        () = std::future::ready(()) => None,
    }
}

#[tokio::test]
async fn sessions_of_one_password_share_a_watch_and_leave_nothing_behind() {
    let (mut register, now, end) = register();
    let first = register.enter(now, &account("alice"), Some("1"), &end);
    let second = register.enter(now, &account("alice"), Some("1"), &end);
    let other = register.enter(now, &account("alice"), Some("2"), &end);
    assert!(Arc::ptr_eq(&first, &second) && !Arc::ptr_eq(&first, &other));
    register.leave(&first);
    register.leave(&other);
    assert!(register.next().is_some(), "one session is left");
    register.leave(&second);
    assert!(register.is_empty());
}

#[tokio::test]
async fn every_account_is_due_once_per_interval_whatever_its_sessions_do() {
    let (mut register, start, end) = register();
    let names: Vec<String> = (0..1000).map(|number| format!("user-{number}")).collect();
    for name in &names {
        register.enter(start, &account(name), None, &end);
        register.enter(start, &account(name), Some("1"), &end);
    }
    for round in 0..3 {
        let (begin, rest) = (start + INTERVAL * round, INTERVAL / 10);
        let mut seen = Vec::new();
        for tenth in 1..=10 {
            let before = seen.len();
            while let Some(look) = register.take_due(begin + rest * tenth) {
                seen.push(look.id.0.clone());
            }
            // Spread: a tenth of the time brings about a tenth of the accounts.
            let share = seen.len() - before;
            assert!(
                (40..=200).contains(&share),
                "{share} in tenth {tenth} of round {round}"
            );
        }
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), names.len());
        assert_eq!(register.take_due(begin + INTERVAL), None);
    }
}

/// A directory was down for hours, and everybody is late.
#[tokio::test]
async fn who_is_late_keeps_the_place_in_the_interval() {
    let (mut register, start, end) = register();
    for number in 0..1000 {
        register.enter(start, &account(&number.to_string()), None, &end);
    }
    let late = start + INTERVAL * 7;
    let mut seen = 0;
    while register.take_due(late).is_some() {
        seen += 1;
    }
    assert_eq!(seen, 1000);
    for tenth in 1..=10 {
        let mut share = 0;
        while register.take_due(late + INTERVAL / 10 * tenth).is_some() {
            share += 1;
        }
        assert!((40..=200).contains(&share), "{share} in tenth {tenth}");
    }
}

#[tokio::test]
async fn without_an_interval_nobody_is_due() {
    let (mut register, now, end) = (
        Register::new(Duration::ZERO),
        Instant::now(),
        CancellationToken::new(),
    );
    let watch = register.enter(now, &account("alice"), None, &end);
    assert_eq!(register.next(), None);
    assert_eq!(register.take_due(now + INTERVAL), None);
    register.leave(&watch);
    assert!(register.is_empty());
}

#[tokio::test]
async fn only_the_sessions_with_the_old_password_end() {
    let (mut register, now, end) = register();
    let old = register.enter(now, &account("alice"), Some("1"), &end);
    let new = register.enter(now, &account("alice"), Some("2"), &end);
    let bob = register.enter(now, &account("bob"), Some("1"), &end);
    let mut looks = std::iter::from_fn(|| register.take_due(now + INTERVAL));
    let look = looks.find(|look| look.id.0 == "alice").unwrap();
    register.answered(&look, &there("2"));
    assert_eq!(ended(&old).await, Some(Ending::PasswordChanged));
    assert_eq!((ended(&new).await, ended(&bob).await), (None, None));
    register.leave(&old);
    // What has ended is not found again by a login, and its end does not end those who came later.
    let again = register.enter(now, &account("alice"), Some("1"), &end);
    assert!(!Arc::ptr_eq(&old, &again));
    register.leave(&old);
    assert_eq!(ended(&again).await, None);
    for watch in [&new, &bob, &again] {
        register.leave(watch);
    }
    assert!(register.is_empty());
}

/// The password changes, and somebody logs in with the new one, while the directory is being asked.
#[tokio::test]
async fn what_a_look_saw_before_a_login_does_not_end_it() {
    let (mut register, now, end) = register();
    let old = register.enter(now, &account("alice"), Some("1"), &end);
    let look = register.take_due(now + INTERVAL).unwrap();
    let new = register.enter(now + INTERVAL, &account("alice"), Some("2"), &end);
    register.answered(&look, &there("1"));
    assert_eq!((ended(&old).await, ended(&new).await), (None, None));
    let next = register.take_due(now + INTERVAL * 2).unwrap();
    register.answered(&next, &there("2"));
    assert_eq!(ended(&old).await, Some(Ending::PasswordChanged));
    assert_eq!(ended(&new).await, None);
}

#[tokio::test]
async fn an_answer_for_nobody_is_no_matter() {
    let (mut register, now, end) = register();
    let watch = register.enter(now, &account("alice"), None, &end);
    let look = register.take_due(now + INTERVAL).unwrap();
    register.leave(&watch);
    register.answered(&look, &Finding::Gone("not there"));
    assert!(register.is_empty());
}

#[tokio::test]
async fn the_gateways_end_is_every_sessions_end() {
    let (mut register, now, end) = register();
    let watch = register.enter(now, &account("alice"), None, &end);
    end.cancel();
    assert_eq!(ended(&watch).await, Some(Ending::Stop));
}

/// A directory whose accounts are what a test says, and whose answers take a second.
#[derive(Default)]
struct Slow {
    /// Versions of secrets; who is not here is usable, with version 1.
    versions: Mutex<BTreeMap<String, &'static str>>,
    disabled: Mutex<Vec<String>>,
    gone: Mutex<Vec<String>>,
    down: Mutex<bool>,
    asking: AtomicUsize,
    most: AtomicUsize,
    asked: AtomicUsize,
}

impl Slow {
    async fn find(&self, id: &EntryId) -> Resolution {
        let asking = self.asking.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(asking, Ordering::Relaxed);
        self.asked.fetch_add(1, Ordering::Relaxed);
        sleep(Duration::from_secs(1)).await;
        self.asking.fetch_sub(1, Ordering::Relaxed);
        if *self.down.lock().unwrap() {
            return Resolution::Unavailable(Unavailable("down".to_owned()));
        }
        if self.gone.lock().unwrap().contains(&id.0) {
            return Resolution::Unknown { why: "not there" };
        }
        let versions = self.versions.lock().unwrap();
        Resolution::Found(Entry {
            id: id.clone(),
            secret_version: Some(versions.get(&id.0).unwrap_or(&"1").to_string()),
            handle: id.0.clone(),
            account: account(&id.0),
        })
    }
}

impl Directory for Slow {
    fn accepts(&self) -> ClaimKinds {
        ClaimKinds::PASSWORD
    }

    fn resolve<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Resolution> {
        unreachable!("accounts are looked at by id")
    }

    fn resolve_id<'a>(&'a self, id: &'a EntryId) -> BoxFuture<'a, Resolution> {
        Box::pin(self.find(id))
    }

    fn verify<'a>(&'a self, _: &'a Entry, _: &'a Claim) -> BoxFuture<'a, Verdict> {
        unreachable!("nobody proves anything")
    }

    fn standing<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Standing> {
        let disabled = self.disabled.lock().unwrap().contains(&entry.id.0);
        Box::pin(std::future::ready(match disabled {
            true => Standing::Denied(Denial::Disabled),
            false => Standing::Usable,
        }))
    }
}

/// A worker at work, and its directory.
fn at_work() -> (Arc<Sessions>, Arc<Slow>) {
    let (sessions, directory) = (
        Sessions::new("company", INTERVAL, NO_LIMIT, Refusals::new()),
        Arc::new(Slow::default()),
    );
    let asked: Arc<dyn Directory> = Arc::clone(&directory) as _;
    let target = Lines::new(&Limits::default()).directory("company");
    tokio::spawn(Arc::clone(&sessions).work(asked, target));
    (sessions, directory)
}

#[tokio::test(start_paused = true)]
async fn who_may_not_go_on_is_told_within_the_interval() {
    let (sessions, directory) = at_work();
    let end = CancellationToken::new();
    let enter = |name: &str| enter(&sessions, name, &end);
    let live = ["alice", "bob", "carol", "dave"].map(enter);
    sleep(INTERVAL * 3).await;
    directory.disabled.lock().unwrap().push("alice".to_owned());
    directory.gone.lock().unwrap().push("bob".to_owned());
    directory.versions.lock().unwrap().insert("carol".to_owned(), "2");
    let changed = Instant::now();
    assert_eq!(live[0].ended().await, Ending::NotAllowed("disabled"));
    assert_eq!(live[1].ended().await, Ending::NotAllowed("not there"));
    assert_eq!(live[2].ended().await, Ending::PasswordChanged);
    assert!(changed.elapsed() <= INTERVAL + Duration::from_secs(2));
    let stays = timeout(INTERVAL * 3, live[3].ended()).await;
    assert!(stays.is_err(), "{stays:?}");
    drop(live);
    assert!(sessions.register().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_outage_ends_nothing_and_is_over_when_it_is_over() {
    let (sessions, directory) = at_work();
    let live = enter(&sessions, "alice", &CancellationToken::new());
    *directory.down.lock().unwrap() = true;
    directory.disabled.lock().unwrap().push("alice".to_owned());
    assert!(timeout(INTERVAL * 5, live.ended()).await.is_err());
    assert!(directory.asked.load(Ordering::Relaxed) >= 4, "it is tried again");
    *directory.down.lock().unwrap() = false;
    let back = Instant::now();
    assert_eq!(live.ended().await, Ending::NotAllowed("disabled"));
    assert!(back.elapsed() <= INTERVAL + Duration::from_secs(2));
}

/// Everybody logs in at once; the directory is asked about each once, and about few at the same time.
#[tokio::test(start_paused = true)]
async fn a_directory_is_not_stormed() {
    let (sessions, directory) = at_work();
    let end = CancellationToken::new();
    let names: Vec<String> = (0..500).map(|number| format!("user-{number}")).collect();
    let enter = |name: &String| enter(&sessions, name, &end);
    let live: Vec<Live> = names.iter().chain(&names).map(enter).collect();
    sleep(INTERVAL + Duration::from_secs(60)).await;
    let asked = directory.asked.load(Ordering::Relaxed);
    assert!((500..600).contains(&asked), "{asked}");
    assert_eq!(directory.most.load(Ordering::Relaxed), AT_ONCE);
    drop(live);
}

/// A worker that has nothing to do wakes for the first login, and for one that is due before all others.
#[tokio::test(start_paused = true)]
async fn a_sleeping_worker_hears_of_logins() {
    let (sessions, directory) = at_work();
    sleep(INTERVAL).await;
    let end = CancellationToken::new();
    let mut live = Vec::new();
    for number in 0..20 {
        live.push(enter(&sessions, &number.to_string(), &end));
        tokio::task::yield_now().await;
    }
    sleep(INTERVAL + Duration::from_secs(20)).await;
    assert!(directory.asked.load(Ordering::Relaxed) >= 20);
}

#[tokio::test(start_paused = true)]
async fn an_account_has_so_many_sessions_and_the_idle_ones_make_room() {
    let refusals = Refusals::new();
    let two = PerUser {
        sessions: 2,
        ..NO_LIMIT
    };
    let sessions = Sessions::new("company", INTERVAL, two, Arc::clone(&refusals));
    let end = CancellationToken::new();
    let first = enter(&sessions, "alice", &end);
    let second = enter(&sessions, "alice", &end);
    let third = |protocol| sessions.enter(protocol, (&account("alice"), Some("2")), &end);
    assert_eq!(third(Protocol::Imap).unwrap_err(), AllBusy);
    let sending = third(Protocol::Smtp).unwrap();
    let _other = enter(&sessions, "bob", &end);
    sleep(Duration::from_secs(60)).await;
    first.moved();
    let third = third(Protocol::Imap).unwrap();
    assert_eq!(second.ended().await, Ending::MakesRoom);
    for live in [&first, &sending, &third] {
        assert_eq!(live.has_ended(), None);
    }
    assert_eq!(refusals.of(Reason::LetGo), 1);
    drop((first, second, sending, third, _other));
    assert!(sessions.register().is_empty());
}

/// Signs of life are kept in parts of a second.
#[tokio::test(start_paused = true)]
async fn who_is_idle_for_so_long_makes_room_an_eighth_of_a_second_later_at_most() {
    let one = PerUser {
        sessions: 1,
        idle_after: Duration::from_secs(1),
    };
    let end = CancellationToken::new();
    for begin in [0, 20, 61, 62, 63, 500, 990] {
        let sessions = Sessions::new("company", INTERVAL, one, Refusals::new());
        let first = enter(&sessions, "alice", &end);
        sleep(Duration::from_millis(begin)).await;
        first.moved();
        let second = || sessions.enter(Protocol::Imap, (&account("alice"), Some("1")), &end);
        sleep(Duration::from_millis(999)).await;
        assert_eq!(second().unwrap_err(), AllBusy, "{begin}");
        sleep(Duration::from_millis(126)).await;
        let _second = second().unwrap();
        assert_eq!(first.has_ended(), Some(Ending::MakesRoom), "{begin}");
    }
}
