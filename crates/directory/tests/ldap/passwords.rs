//! Whether the password is right.

use std::future::Future as _;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use gatepost_directory::{Denial, Directory, Verdict};
use gatepost_testkit::servers::Person;
use tokio::task::JoinSet;

use crate::company::{config, denied, found, granted, open, people, verify};

/// More than what the kernel's coarse clock is behind.
const TICK: Duration = Duration::from_millis(20);

#[tokio::test]
async fn the_right_password_is_granted() {
    let slapd = people().start().unwrap();
    let directory = open(config(&slapd));
    assert!(
        directory
            .accepts()
            .contains(gatepost_directory::ClaimKind::Password)
    );
    for (name, password) in [("alice", "secret"), ("bob", "hunter2"), ("alice", "secret")] {
        let entry = found(&directory, name).await;
        assert_eq!(granted(&directory, &entry, password).await, entry.account);
    }
}

#[tokio::test]
async fn a_wrong_one_is_denied() {
    let nobody = Person::new("none");
    let slapd = people().person(nobody).start().unwrap();
    let directory = open(config(&slapd));
    let alice = found(&directory, "alice").await;
    for password in ["Secret", "secret ", "hunter2", "*", &"s".repeat(1024)] {
        assert_eq!(
            denied(&directory, &alice, password).await,
            Denial::BadCredentials,
            "{password}"
        );
    }
    let none = found(&directory, "none").await;
    assert_eq!(denied(&directory, &none, "x").await, Denial::BadCredentials);
    let mut gone = alice;
    gone.handle = "uid=gone,ou=people,dc=example,dc=org".to_owned();
    assert_eq!(denied(&directory, &gone, "secret").await, Denial::BadCredentials);
}

/// A server takes a bind without a password, or without a name, for an anonymous one, which succeeds.
#[tokio::test]
async fn what_would_be_an_anonymous_bind_is_never_sent() {
    let mut slapd = people().start().unwrap();
    let directory = open(config(&slapd));
    let mut alice = found(&directory, "alice").await;
    slapd.stop();
    for password in ["", "\0", "secret\0", "\0secret", &"s".repeat(1025)] {
        assert_eq!(
            denied(&directory, &alice, password).await,
            Denial::BadCredentials,
            "{password:?}"
        );
    }
    alice.handle.clear();
    assert_eq!(denied(&directory, &alice, "secret").await, Denial::BadCredentials);
}

#[tokio::test]
async fn the_password_policy_is_heard() {
    let person = |name| Person::new(name).password("p");
    let slapd = people()
        .person(person("locked"))
        .person(person("old"))
        .person(person("new"));
    let slapd = slapd.start().unwrap();
    slapd.lock("locked").unwrap();
    slapd.expire_password("old").unwrap();
    slapd.require_new_password("new").unwrap();
    let directory = open(config(&slapd));
    let expected = [
        ("locked", Denial::Locked, Denial::Locked),
        ("old", Denial::PasswordExpired, Denial::BadCredentials),
        ("new", Denial::PasswordExpired, Denial::BadCredentials),
    ];
    for (name, right, wrong) in expected {
        let entry = found(&directory, name).await;
        assert_eq!(denied(&directory, &entry, "p").await, right, "{name}");
        assert_eq!(denied(&directory, &entry, "q").await, wrong, "{name}");
    }
}

#[tokio::test]
async fn too_many_wrong_passwords_lock() {
    let slapd = people().start().unwrap();
    let directory = open(config(&slapd));
    let alice = found(&directory, "alice").await;
    for _ in 0..10 {
        assert_eq!(denied(&directory, &alice, "wrong").await, Denial::BadCredentials);
    }
    // slapd looks for the time of the lock at a clock that is a tick behind the one by which it has set it, and a lock of
    // the next second is none yet.
    tokio::time::sleep(TICK).await;
    assert_eq!(denied(&directory, &alice, "secret").await, Denial::Locked);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn verdicts_never_meet_the_wrong_claim() {
    let slapd = people().start().unwrap();
    let directory = Arc::new(open(config(&slapd)));
    let alice = Arc::new(found(&*directory, "alice").await);
    let bob = Arc::new(found(&*directory, "bob").await);
    let mut questions = JoinSet::new();
    for number in 0..200 {
        let directory = Arc::clone(&directory);
        let entry = Arc::clone(if number % 2 == 0 { &alice } else { &bob });
        // Alice's password is right for alice alone, and few enough of bob's are wrong not to lock him.
        let password = if number % 2 == 0 || number % 40 == 1 {
            "secret"
        } else {
            "hunter2"
        };
        questions.spawn(async move {
            (
                entry.account.name == "alice" || password == "hunter2",
                verify(&*directory, &entry, password).await,
            )
        });
    }
    let mut granted = 0;
    while let Some(answer) = questions.join_next().await {
        match answer.unwrap() {
            (true, Verdict::Granted(_)) => granted += 1,
            (false, Verdict::Denied(Denial::BadCredentials)) => {}
            (right, other) => panic!("{right}: {other:?}"),
        }
    }
    assert_eq!(granted, 195);
}

#[tokio::test]
async fn a_question_that_was_given_up_has_no_answer_for_the_next() {
    let slapd = people().start().unwrap();
    let directory = open(config(&slapd));
    let alice = found(&directory, "alice").await;
    let bob = found(&directory, "bob").await;
    granted(&directory, &alice, "secret").await;
    for _ in 0..5 {
        {
            let mut given_up = pin!(verify(&directory, &alice, "secret"));
            let first = given_up.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            assert!(first.is_pending());
            // The request is on its way.
            tokio::task::yield_now().await;
        }
        assert_eq!(denied(&directory, &bob, "secret").await, Denial::BadCredentials);
    }
}
