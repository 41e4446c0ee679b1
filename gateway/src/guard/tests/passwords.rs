//! Passwords of one account.

use super::*;

const SPENT: Permission = Permission::Spent(Why::Failures);

#[test]
fn a_wrong_password_is_asked_about_once() {
    let mut site = Site::new();
    let old = site.password("alice", "1", "old");
    site.judge(&old, Outcome::Wrong);
    for _ in 0..200 {
        assert_eq!(site.ask(&old), Permission::KnownWrong);
        site.pass(Duration::from_secs(23 * 3600));
    }
    // The others still have two.
    site.guess("alice", 2);
}

#[test]
fn a_wrong_password_that_nobody_tries_is_forgotten() {
    let mut site = Site::new();
    let old = site.password("alice", "1", "old");
    site.judge(&old, Outcome::Wrong);
    site.pass(Duration::from_secs(24 * 3600) + MOMENT);
    site.judge(&old, Outcome::Wrong);
}

#[test]
fn without_a_version_a_wrong_password_is_asked_about_once_a_window() {
    let mut site = Site::new();
    let old = site.unversioned("alice", "old");
    for _ in 0..20 {
        site.judge(&old, Outcome::Wrong);
        for _ in 0..3 {
            assert_eq!(site.ask(&old), Permission::KnownWrong);
            site.pass(WINDOW / 3);
        }
        site.pass(MOMENT * 1000);
        // Each time the directory has forgotten the time before.
        assert!(site.machine.list(site.now).is_empty());
    }
}

#[test]
fn so_many_failures_and_no_more_until_the_window_has_passed_since_the_last() {
    let mut site = Site::new();
    for time in 0..3 {
        let attempt = site.password("alice", "1", &format!("guess {time}"));
        site.judge(&attempt, Outcome::Wrong);
        site.pass(WINDOW - MOMENT);
    }
    // The first is long ago, but the directory counts them all.
    let another = site.password("alice", "1", "another");
    assert_eq!(site.ask(&another), SPENT);
    site.pass(MOMENT);
    assert_eq!(site.ask(&another), SPENT);
    site.pass(MOMENT);
    site.judge(&another, Outcome::Wrong);
    assert_eq!(site.machine.list(site.now)[0].failures, 1);
}

#[test]
fn a_refusal_does_not_prolong_anything() {
    let mut site = Site::new();
    site.guess("alice", 3);
    for second in 0..1800 {
        let attempt = site.password("alice", "1", &format!("more {second}"));
        assert_eq!(site.ask(&attempt), SPENT);
        site.pass(Duration::from_secs(1));
    }
    site.pass(MOMENT);
    site.guess("bob", 3);
    let attempt = site.password("alice", "1", "at last");
    site.judge(&attempt, Outcome::Granted);
}

#[test]
fn a_success_gives_all_failures_back_but_not_the_wrong_passwords() {
    let mut site = Site::new();
    site.guess("alice", 2);
    let right = site.password("alice", "1", "right");
    site.judge(&right, Outcome::Granted);
    let old = site.password("alice", "1", "guess 0");
    assert_eq!(site.ask(&old), Permission::KnownWrong);
    for guess in ["x", "y", "z"] {
        let attempt = site.password("alice", "1", guess);
        site.judge(&attempt, Outcome::Wrong);
    }
    let attempt = site.password("alice", "1", "one too many");
    assert_eq!(site.ask(&attempt), SPENT);
}

#[test]
fn a_success_does_not_give_back_what_the_directory_may_have_counted_after_it() {
    let mut site = Site::new();
    let right = site.password("alice", "1", "right");
    let wrong = site.password("alice", "1", "wrong");
    let (success, failure) = (site.depart(&right), site.depart(&wrong));
    site.land(&wrong, failure, Outcome::Wrong);
    site.land(&right, success, Outcome::Granted);
    assert_eq!(site.machine.list(site.now)[0].failures, 1);
}

#[test]
fn what_proved_right_may_ask_when_the_failures_are_spent() {
    let mut site = Site::new();
    let right = site.password("alice", "1", "right");
    site.judge(&right, Outcome::Granted);
    site.guess("alice", 3);
    let stranger = site.password("alice", "1", "never seen");
    assert_eq!(site.ask(&stranger), SPENT);
    site.judge(&right, Outcome::Granted);
    site.judge(&stranger, Outcome::Wrong);

    site.pass(Duration::from_secs(30 * 24 * 3600) + MOMENT);
    site.guess("alice", 3);
    assert_eq!(site.ask(&right), SPENT);
}

#[test]
fn an_account_that_may_not_be_used_has_proved_its_password_all_the_same() {
    let mut site = Site::new();
    let right = site.password("alice", "1", "right");
    site.guess("alice", 2);
    site.judge(&right, Outcome::ProofRight);
    // The directory did not begin anew.
    assert_eq!(site.machine.list(site.now)[0].failures, 2);
    let wrong = site.password("alice", "1", "wrong");
    site.judge(&wrong, Outcome::Wrong);
    site.judge(&right, Outcome::ProofRight);
}

#[test]
fn what_was_right_and_is_not_any_more_costs_one_failure() {
    let mut site = Site::new();
    let old = site.unversioned("alice", "old");
    site.judge(&old, Outcome::Granted);
    for guess in ["x", "y", "z"] {
        let attempt = site.unversioned("alice", guess);
        site.judge(&attempt, Outcome::Wrong);
    }
    site.judge(&old, Outcome::Wrong);
    assert_eq!(site.ask(&old), Permission::KnownWrong);
    site.pass(WINDOW);
    assert_eq!(site.ask(&old), Permission::KnownWrong);
    site.pass(MOMENT);
    for guess in ["x", "y", "z"] {
        let attempt = site.unversioned("alice", guess);
        site.judge(&attempt, Outcome::Wrong);
    }
    // It is a wrong password like any other by now.
    assert_eq!(site.ask(&old), SPENT);
}

#[test]
fn the_last_word_on_a_password_counts() {
    let mut site = Site::new();
    let password = site.unversioned("alice", "a");
    site.judge(&password, Outcome::Granted);
    let (first, second) = (site.depart(&password), site.depart(&password));
    // It was set to another between the two, or back again.
    site.land(&password, first, Outcome::Wrong);
    assert_eq!(site.ask(&password), Permission::KnownWrong);
    site.land(&password, second, Outcome::Granted);
    site.judge(&password, Outcome::Granted);
}

#[test]
fn a_password_of_another_version_is_another_one() {
    let mut site = Site::new();
    let a = site.password("alice", "1", "a");
    site.judge(&a, Outcome::Granted);
    // Set to b, and back to a.
    let a = site.password("alice", "2", "a");
    site.judge(&a, Outcome::Wrong);
    assert_eq!(site.ask(&a), Permission::KnownWrong);
    let a = site.password("alice", "3", "a");
    site.judge(&a, Outcome::Granted);
}

#[test]
fn just_after_a_change_the_directory_is_not_believed_for_long() {
    let mut site = Site::new();
    let old = site.password("alice", "1", "old");
    site.judge(&old, Outcome::Granted);
    let new = site.password("alice", "2", "new");
    // A replica that does not know the new password.
    site.judge(&new, Outcome::Wrong);
    assert_eq!(site.ask(&new), Permission::KnownWrong);
    site.pass(WINDOW + MOMENT);
    site.judge(&new, Outcome::Wrong);
    // By now they all know it.
    site.pass(WINDOW + MOMENT);
    assert_eq!(site.ask(&new), Permission::KnownWrong);
}

#[test]
fn what_was_not_judged_costs_nothing() {
    let mut site = Site::new();
    for time in 0..100 {
        let attempt = site.password("alice", "1", &format!("guess {time}"));
        site.judge(&attempt, Outcome::NotJudged);
        site.judge(&attempt, Outcome::NotJudged);
    }
    assert!(site.machine.list(site.now).is_empty());
}

#[test]
fn only_a_wrong_proof_is_a_failure() {
    use gatepost_directory::{Account, Denial, Unavailable};

    let account = Account {
        id: id("1"),
        name: "alice".to_owned(),
        upstream_login: "alice".to_owned(),
        addresses: Vec::new(),
        attributes: std::collections::BTreeMap::new(),
    };
    assert_eq!(Outcome::of(&Verdict::Granted(account)), Outcome::Granted);
    let unavailable = Verdict::Unavailable(Unavailable("down".to_owned()));
    assert_eq!(Outcome::of(&unavailable), Outcome::NotJudged);
    for (denial, outcome) in [
        (Denial::BadCredentials, Outcome::Wrong),
        (Denial::Locked, Outcome::NotJudged),
        (Denial::NotSupported, Outcome::Wrong),
        (Denial::Disagreement, Outcome::NotJudged),
        (Denial::Disabled, Outcome::ProofRight),
        (Denial::PasswordExpired, Outcome::ProofRight),
        (Denial::NotPermitted, Outcome::ProofRight),
    ] {
        assert_eq!(Outcome::of(&Verdict::Denied(denial)), outcome, "{denial:?}");
    }
}

#[test]
fn an_equal_password_waits_and_then_knows() {
    let mut site = Site::new();
    let old = site.password("alice", "1", "old");
    let ticket = site.depart(&old);
    for _ in 0..3 {
        assert_eq!(site.ask(&old), Permission::Wait);
    }
    site.land(&old, ticket, Outcome::Wrong);
    for _ in 0..3 {
        assert_eq!(site.ask(&old), Permission::KnownWrong);
    }
}

#[test]
fn an_equal_password_that_is_right_queues_once() {
    let mut site = Site::new();
    let right = site.password("alice", "1", "right");
    let first = site.depart(&right);
    assert_eq!(site.ask(&right), Permission::Wait);
    site.land(&right, first, Outcome::Granted);
    let tickets = [(); 3].map(|()| site.depart(&right));
    // As many at once as might fail.
    assert_eq!(site.ask(&right), Permission::Wait);
    for ticket in tickets {
        site.land(&right, ticket, Outcome::Granted);
    }
    site.pass(Duration::from_secs(11));
    let _first = site.depart(&right);
    assert_eq!(site.ask(&right), Permission::Wait);
}

#[test]
fn what_is_in_flight_counts() {
    let mut site = Site::new();
    let attempts = ["a", "b", "c", "d"].map(|guess| site.password("alice", "1", guess));
    let [a, b, c, d] = &attempts;
    let [first, second, third] = [a, b, c].map(|attempt| site.depart(attempt));
    assert_eq!(site.ask(d), Permission::Wait);
    site.land(a, first, Outcome::Wrong);
    assert_eq!(site.ask(d), Permission::Wait);
    site.land(b, second, Outcome::NotJudged);
    let fourth = site.depart(d);
    site.land(c, third, Outcome::Wrong);
    site.land(d, fourth, Outcome::Wrong);
    assert_eq!(site.ask(b), SPENT);
}

#[test]
fn a_slow_answer_holds_the_window_open() {
    let mut site = Site::new();
    let slow = site.password("alice", "1", "slow");
    let ticket = site.depart(&slow);
    site.guess("alice", 2);
    // The directory may have said "wrong" a moment ago, and so go on counting from two.
    site.pass(WINDOW * 2);
    let attempt = site.password("alice", "1", "another");
    assert_eq!(site.ask(&attempt), Permission::Wait);
    site.land(&slow, ticket, Outcome::Wrong);
    assert_eq!(site.ask(&attempt), SPENT);
}

#[test]
fn an_account_is_no_other_account() {
    let mut site = Site::new();
    site.guess("alice", 3);
    site.guess("bob", 3);
    let mut elsewhere = site.password("alice", "1", "x");
    elsewhere.subject = Subject::Account {
        directory: "others".to_owned(),
        id: id("alice"),
    };
    site.depart(&elsewhere);
}

#[test]
fn names_that_are_nobodys_are_answered_alike() {
    let mut site = Site::new();
    let nobody = |site: &Site, password: &str| {
        let print = site.print("EVE", None, password);
        site.attempt("EVE", None, 2, Proof::Password(print))
    };
    for guess in ["a", "b", "c"] {
        let attempt = nobody(&site, guess);
        site.judge(&attempt, Outcome::Wrong);
        assert_eq!(site.ask(&attempt), Permission::KnownWrong);
    }
    let attempt = nobody(&site, "d");
    assert_eq!(site.ask(&attempt), SPENT);
    assert!(site.machine.list(site.now).is_empty());
}

#[test]
fn an_administrator_sees_and_clears() {
    let mut site = Site::new();
    site.guess("alice", 3);
    site.pass(WINDOW / 3);
    let expected = Listed {
        directory: "users".to_owned(),
        id: id("alice"),
        name: "alice".to_owned(),
        failures: 3,
        spent_for: Some(WINDOW - WINDOW / 3),
        known_wrong: 3,
        networks: vec![ListedNetwork {
            network: Network::of([192, 0, 2, 1].into()),
            failures: 3,
            spent: false,
        }],
    };
    assert_eq!(site.machine.list(site.now), [expected]);
    site.pass(WINDOW);
    let listed = site.machine.list(site.now);
    assert_eq!((listed[0].failures, listed[0].known_wrong), (0, 3));
    assert_eq!((listed[0].spent_for, listed[0].networks.len()), (None, 0));

    assert!(!site.machine.clear("others", &id("alice")) && !site.machine.clear("users", &id("bob")));
    assert!(site.machine.clear("users", &id("alice")));
    assert!(site.machine.list(site.now).is_empty());
    site.guess("alice", 3);
}

#[test]
fn an_answer_after_a_clear_counts_again() {
    let mut site = Site::new();
    let wrong = site.password("alice", "1", "wrong");
    let ticket = site.depart(&wrong);
    site.machine.clear("users", &id("alice"));
    site.land(&wrong, ticket, Outcome::Wrong);
    assert_eq!(site.machine.list(site.now)[0].failures, 1);
}
