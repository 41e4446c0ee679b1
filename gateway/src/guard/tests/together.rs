//! What several prove in the same moment is judged once.

use std::sync::atomic::Ordering;

use gatepost_directory::Account;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::judging::{Front, Slow, heard, is_granted};
use super::*;
use crate::config::{Limits, LineRules};
use crate::directory::Judgement;
use crate::turns::Lines;

/// Logins that have begun, and wait.
async fn begin<const N: usize>(
    front: &Front,
    name: &'static str,
    password: &'static str,
) -> [JoinHandle<Judgement>; N] {
    let logins = std::array::from_fn(|_| tokio::spawn(front.clone().login(name, password)));
    // All that runs has done what it could when time goes on.
    sleep(MOMENT).await;
    logins
}

async fn all<const N: usize>(logins: [JoinHandle<Judgement>; N]) -> Vec<Judgement> {
    let mut judgements = Vec::new();
    for login in logins {
        judgements.push(login.await.unwrap());
    }
    judgements
}

fn account(judgement: &Judgement) -> &Account {
    match judgement {
        Judgement::Granted(granted) => &granted.account,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn five_devices_with_the_right_password_are_asked_about_once() {
    let directory = Slow::new(0);
    let front = Front::new(&directory);
    let devices = begin::<5>(&front, "alice", "right").await;
    directory.answers.add_permits(100);
    assert!(all(devices).await.iter().all(is_granted));
    assert_eq!(directory.asked(), 1);
    // Nobody joins afterwards.
    assert!(is_granted(&front.clone().login("alice", "right").await));
    assert_eq!(directory.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn five_devices_with_the_same_wrong_password_are_one_failure() {
    for name in ["alice", "eve"] {
        let directory = Slow::new(0);
        let front = Front::new(&directory);
        let devices = begin::<5>(&front, name, "old").await;
        directory.answers.add_permits(100);
        let judgements = all(devices).await;
        assert!(judgements.iter().all(|judgement| heard(judgement) == "wrong"));
        // To the log it is one wrong password that is known then, as if they had come one after the other.
        let known = |judgement: &&Judgement| matches!(judgement, Judgement::KnownWrong { .. });
        assert_eq!(judgements.iter().filter(known).count(), 4, "{name}");
        if name == "alice" {
            assert_eq!((directory.asked(), front.failures()), (1, 1));
        }
    }
}

/// So many devices hear that the directory is down: how often it was asked, and how many failures that made.
async fn unavailable<const DEVICES: usize>(password: &'static str) -> (usize, usize) {
    let directory = Slow::new(0);
    let front = Front::new(&directory);
    let devices = begin::<DEVICES>(&front, "alice", password).await;
    directory.answers.add_permits(100);
    for judgement in all(devices).await {
        assert_eq!(heard(&judgement), "unavailable");
    }
    (directory.asked(), front.failures())
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_heard_by_all_who_waited_and_tried_once() {
    assert_eq!(unavailable::<5>("down").await, (1, 0));
}

/// A crash of the first is no answer.
#[tokio::test(start_paused = true)]
async fn a_crash_is_shared_with_nobody() {
    assert_eq!(unavailable::<3>("crash").await, (3, 0));
}

#[tokio::test(start_paused = true)]
async fn the_first_may_leave() {
    let directory = Slow::new(0);
    let front = Front::new(&directory);
    let [first] = begin(&front, "alice", "right").await;
    let others = begin::<4>(&front, "alice", "right").await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    directory.answers.add_permits(100);
    assert!(all(others).await.iter().all(is_granted));
    assert_eq!(directory.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn users_with_the_same_password_are_asked_about_each() {
    let directory = Slow::new(0);
    let front = Front::new(&directory);
    let [alice] = begin(&front, "alice", "right").await;
    let [bob] = begin(&front, "bob", "right").await;
    directory.answers.add_permits(100);
    let (alice, bob) = (alice.await.unwrap(), bob.await.unwrap());
    assert_eq!((&account(&alice).id, &account(&bob).id), (&id("1"), &id("2")));
    assert_eq!(directory.asked(), 2);
}

/// Nothing but the directory's name differs.
#[tokio::test(start_paused = true)]
async fn users_of_different_directories_are_asked_about_each() {
    let (one, other) = (Slow::new(0), Slow::new(0));
    let front = Front::new(&one);
    let there = Front {
        directory: Arc::clone(&other),
        name: "others",
        ..front.clone()
    };
    let logins = [
        begin::<2>(&front, "alice", "right").await,
        begin(&there, "alice", "right").await,
    ];
    for (directory, logins) in [&one, &other].into_iter().zip(logins) {
        directory.answers.add_permits(100);
        assert!(all(logins).await.iter().all(is_granted));
        assert_eq!(directory.asked(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_password_of_another_version_of_the_secret_is_another_one() {
    let directory = Slow::new(0);
    let front = Front::new(&directory);
    let [before] = begin(&front, "alice", "right").await;
    *directory.version.lock().unwrap() = Some("2".to_owned());
    let [after] = begin(&front, "alice", "right").await;
    directory.answers.add_permits(100);
    let versions = [before, after].map(async |login| match login.await.unwrap() {
        Judgement::Granted(granted) => granted.secret_version,
        other => panic!("{other:?}"),
    });
    let [before, after] = versions;
    assert_eq!((before.await, after.await), (None, Some("2".to_owned())));
    assert_eq!(directory.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_has_changed_meanwhile_is_asked_about_again() {
    let directory = Slow::new(0);
    let front = Front::new(&directory);
    let [before] = begin(&front, "alice", "right").await;
    *directory.login.lock().unwrap() = "alice.liddell".to_owned();
    let [after] = begin(&front, "alice", "right").await;
    // What was right a moment ago need not wait, and what never was has to.
    directory.answers.add_permits(100);
    let (before, after) = (before.await.unwrap(), after.await.unwrap());
    assert_eq!(account(&before).upstream_login, "alice");
    assert_eq!(account(&after).upstream_login, "alice.liddell");
    assert_eq!(directory.asked(), 2);
}

/// A network's reasons to be refused are its own: who is not let through does not speak for others.
#[tokio::test(start_paused = true)]
async fn who_may_not_ask_leaves_it_to_the_others() {
    let directory = Slow::new(0);
    let front = Front::new(&directory);
    let mut guesses = Vec::new();
    for guess in ["a", "b", "c"] {
        guesses.extend(begin::<1>(&front, "alice", guess).await);
    }
    // The first of these waits for the three, and the other for the first.
    let late = begin::<2>(&front, "alice", "d").await;
    directory.answers.add_permits(100);
    for judgement in all(late).await {
        assert_eq!(heard(&judgement), "guarded");
    }
    assert_eq!(directory.asked(), 3);
}

/// Whoever listens, or waits for what the directory says to others, keeps nobody from asking.
#[tokio::test(start_paused = true)]
async fn those_who_wait_for_others_take_nobodys_turn() {
    let directory = Slow::new(0);
    let limits = Limits {
        directory_logins: LineRules {
            at_once: 4,
            waiting: 0,
            patience: MOMENT,
        },
        ..Limits::default()
    };
    let front = Front {
        target: Lines::new(&limits).directory("users"),
        ..Front::new(&directory)
    };
    let mut alices = Vec::new();
    for guess in ["a", "b", "c", "c", "c", "d", "e"] {
        alices.extend(begin::<1>(&front, "alice", guess).await);
    }
    assert_eq!(directory.asked(), 3);
    let [bob] = begin(&front, "bob", "right").await;
    assert_eq!(directory.asked(), 4);
    // And now all turns are taken.
    let crowded = front.clone().login("bob", "wrong").await;
    assert!(matches!(crowded, Judgement::Crowded(_)), "{crowded:?}");
    directory.answers.add_permits(100);
    assert!(is_granted(&bob.await.unwrap()));
    for alice in alices {
        assert!(!is_granted(&alice.await.unwrap()));
    }
}

/// The guard has one failure, but both networks have tried the account, and both are let in.
#[tokio::test(start_paused = true)]
async fn an_answer_counts_for_the_network_of_each() {
    let mut machine = Machine::new(GuardConfig {
        accounts_per_network: 1,
        ..rules()
    });
    let now = Instant::now();
    let seal = Seal::new([1; 64]);
    let try_from = |name: &str, network: [u8; 4]| {
        let claim = Claim::password(name.as_bytes(), b"guess").unwrap();
        Attempt::at_nobody(&seal, "users", &[], Network::of(network.into()), &claim)
    };
    let (here, there) = ([192, 0, 2, 1], [198, 51, 100, 1]);
    for name in ["eve", "mallory"] {
        let Permission::Ask(ticket) = machine.ask(now, &try_from(name, here)) else {
            panic!("{name} may not ask")
        };
        machine.answered(now, &try_from(name, here), ticket, Outcome::Wrong);
        let alarm = machine.shared(now, &try_from(name, there), Outcome::Wrong);
        assert_eq!(alarm, (name == "mallory").then_some(Alarm::Spraying));
    }
    let third = machine.ask(now, &try_from("trent", there));
    assert_eq!(third, Permission::Spent(Why::Spraying));
}

/// Whoever waits for what is said to somebody elsewhere has tried from where they are.
#[tokio::test(start_paused = true)]
async fn who_waits_for_an_answer_has_it_counted_for_a_network_of_their_own() {
    let directory = Slow::new(0);
    let rules = GuardConfig {
        accounts_per_network: 1,
        ..rules()
    };
    let here = Front::with(&directory, &rules);
    let there = Front {
        network: Network::of([198, 51, 100, 1].into()),
        ..here.clone()
    };
    for (name, password, expected) in [
        ("alice", "right", "granted"),
        ("alice", "guess", "wrong"),
        ("bob", "guess", "wrong"),
    ] {
        let first = begin::<1>(&here, name, password).await;
        let second = begin::<1>(&there, name, password).await;
        directory.answers.add_permits(1);
        for judgement in all(first).await.into_iter().chain(all(second).await) {
            assert_eq!(heard(&judgement), expected, "{name} {password}");
        }
    }
    assert_eq!((directory.asked(), there.failures()), (3, 1));
    directory.answers.add_permits(100);
    // It has failed at more accounts than a network may, so it is heard for the one alone that it was let in for.
    assert_eq!(heard(&there.clone().login("bob", "right").await), "guarded");
    assert!(is_granted(&there.login("alice", "right").await));
}

/// A directory whose answers are remembered for half a minute.
fn remembering(directory: &Arc<Slow>) -> Front {
    Front {
        right_for: Duration::from_secs(30),
        ..Front::new(directory)
    }
}

#[tokio::test(start_paused = true)]
async fn a_right_password_is_remembered_for_a_while_if_it_is_to_be() {
    let directory = Slow::new(100);
    let front = remembering(&directory);
    for (asked, later) in [(1, 0), (1, 15), (1, 14), (2, 2), (2, 29)] {
        sleep(Duration::from_secs(later)).await;
        assert!(is_granted(&front.clone().login("alice", "right").await));
        assert_eq!(directory.asked(), asked, "after {later} s");
    }
    // Nobody else's, and no other password.
    assert!(is_granted(&front.clone().login("bob", "right").await));
    assert_eq!(heard(&front.clone().login("alice", "old").await), "wrong");
    assert_eq!(directory.asked(), 4);
}

#[tokio::test(start_paused = true)]
async fn what_is_remembered_ends_with_the_secret_and_when_an_administrator_clears() {
    let directory = Slow::new(100);
    let front = remembering(&directory);
    front.clone().login("alice", "right").await;
    *directory.version.lock().unwrap() = Some("2".to_owned());
    front.clone().login("alice", "right").await;
    assert_eq!(directory.asked(), 2);
    front.guard.clear("users", &id("1"));
    front.clone().login("alice", "right").await;
    assert_eq!(directory.asked(), 3);
}

/// The account that is let in is that of now.
#[tokio::test(start_paused = true)]
async fn whether_the_account_may_be_used_is_not_remembered_nor_what_it_is() {
    let directory = Slow::new(100);
    let front = remembering(&directory);
    front.clone().login("alice", "right").await;
    *directory.login.lock().unwrap() = "alice.liddell".to_owned();
    let again = front.clone().login("alice", "right").await;
    assert_eq!(account(&again).upstream_login, "alice.liddell");
    directory.disabled.store(true, Ordering::SeqCst);
    let again = front.clone().login("alice", "right").await;
    let is_disabled = matches!(
        again,
        Judgement::Denied {
            denial: Denial::Disabled,
            ..
        }
    );
    assert!(is_disabled, "{again:?}");
    assert_eq!(directory.asked(), 1);
}
