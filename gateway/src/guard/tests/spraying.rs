//! Many accounts from one network, many passwords for one account.

use super::*;

fn sprayed() -> Site {
    Site::with(GuardConfig {
        accounts_per_network: 3,
        ..rules()
    })
}

#[test]
fn a_network_that_fails_at_too_many_accounts_is_refused_where_it_is_not_known() {
    let mut site = sprayed();
    let right = site.password("alice", "1", "right");
    site.judge(&right, Outcome::Granted);
    // A name that is nobody's counts as well, and a phone that repeats counts once.
    for (user, alarm) in [
        ("alice", None),
        ("alice", None),
        ("NOBODY", None),
        ("bob", None),
        ("carol", Some(Alarm::Spraying)),
    ] {
        let print = site.print(user, Some("1"), &format!("guess {:?}", site.now));
        let attempt = site.attempt(user, Some("1"), 2, Proof::Password(print));
        assert_eq!(site.judge(&attempt, Outcome::Wrong), alarm, "{user}");
        site.pass(MOMENT);
    }
    let refused = Permission::Spent(Why::Spraying);
    for user in ["alice", "dave", "NOBODY"] {
        let attempt = site.password(user, "1", "Summer2026");
        assert_eq!(site.ask(&attempt), refused, "{user}");
    }
    for user in ["dave", "NOBODY"] {
        let attempt = site.challenge(user, 2);
        assert_eq!(site.ask(&attempt), refused, "{user}");
    }
    // Alice is known there.
    site.judge(&right, Outcome::Granted);
    let challenge = site.challenge("alice", 3);
    site.judge(&challenge, Outcome::Granted);
    // Another network is not meant.
    let elsewhere = site.challenge("dave", 3);
    site.judge(&elsewhere, Outcome::Granted);
    site.pass(WINDOW + MOMENT);
    let attempt = site.password("dave", "1", "his own");
    site.judge(&attempt, Outcome::Granted);
}

#[test]
fn a_known_network_may_send_challenge_responses() {
    let mut site = sprayed();
    let home = site.challenge("alice", 2);
    site.judge(&home, Outcome::Granted);
    for user in ["bob", "carol", "dave", "erin"] {
        let attempt = site.password(user, "1", "Summer2026");
        site.judge(&attempt, Outcome::Wrong);
    }
    site.judge(&home, Outcome::Granted);
}

#[test]
fn successes_do_not_let_anybody_guess_for_ever() {
    let mut site = Site::new();
    let right = site.password("alice", "1", "right");
    for time in 0..=20 {
        site.judge(&right, Outcome::Granted);
        let guess = site.password("alice", "1", &format!("guess {time}"));
        let alarm = (time == 20).then_some(Alarm::Guessing);
        assert_eq!(site.judge(&guess, Outcome::Wrong), alarm, "{time}");
    }
    let guess = site.password("alice", "1", "another");
    assert_eq!(site.ask(&guess), Permission::Spent(Why::Guessing));
    site.judge(&right, Outcome::Granted);
    site.pass(WINDOW + MOMENT);
    site.judge(&guess, Outcome::Wrong);
}

#[test]
fn challenge_responses_are_guesses_but_where_the_account_is_known() {
    let mut site = Site::new();
    let right = site.password("alice", "1", "right");
    let home = site.challenge("alice", 1);
    site.judge(&home, Outcome::Granted);
    // An old tablet between a phone's logins.
    for _ in 0..100 {
        assert_eq!(site.judge(&home, Outcome::Wrong), None);
        site.judge(&home, Outcome::Granted);
    }
    for network in 10..=30 {
        site.judge(&right, Outcome::Granted);
        let guess = site.challenge("alice", network);
        let alarm = (network == 30).then_some(Alarm::Guessing);
        assert_eq!(site.judge(&guess, Outcome::Wrong), alarm, "{network}");
    }
    let away = site.challenge("alice", 40);
    assert_eq!(site.ask(&away), Permission::Spent(Why::Guessing));
    site.judge(&home, Outcome::Granted);
}

#[test]
fn no_limit_is_no_limit() {
    let mut site = Site::with(GuardConfig {
        accounts_per_network: 0,
        passwords_per_account: 0,
        ..rules()
    });
    let right = site.password("alice", "1", "right");
    for time in 0..1000 {
        site.judge(&right, Outcome::Granted);
        let guess = site.password("alice", "1", &format!("guess {time}"));
        assert_eq!(site.judge(&guess, Outcome::Wrong), None);
        let guess = site.password(&format!("user {time}"), "1", "Summer2026");
        assert_eq!(site.judge(&guess, Outcome::Wrong), None);
    }
}
