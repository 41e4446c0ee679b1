//! Challenge-responses: no two are alike, so nothing is known of them.

use super::*;

const NETWORK_SPENT: Permission = Permission::Spent(Why::Network);
const SPENT: Permission = Permission::Spent(Why::Failures);

#[test]
fn a_network_that_fails_is_refused_and_the_others_are_not() {
    let mut site = Site::new();
    let (old_phone, elsewhere) = (site.challenge("alice", 1), site.challenge("alice", 2));
    for _ in 0..2 {
        site.judge(&old_phone, Outcome::Wrong);
    }
    for _ in 0..100 {
        assert_eq!(site.ask(&old_phone), NETWORK_SPENT);
    }
    site.judge(&elsewhere, Outcome::Granted);
    assert_eq!(site.ask(&old_phone), NETWORK_SPENT);
    // Passwords from there are not meant.
    let password = site.print("alice", Some("1"), "right");
    let password = site.attempt("alice", Some("1"), 1, Proof::Password(password));
    site.judge(&password, Outcome::NotJudged);
    // Nor are other accounts.
    let bob = site.challenge("bob", 1);
    site.judge(&bob, Outcome::Wrong);
    site.pass(WINDOW + MOMENT);
    site.judge(&old_phone, Outcome::Wrong);
}

#[test]
fn failures_in_a_row_end_with_a_success() {
    let mut site = Site::new();
    let phones = site.challenge("alice", 1);
    for _ in 0..20 {
        site.judge(&phones, Outcome::Wrong);
        site.judge(&phones, Outcome::Granted);
    }
}

#[test]
fn a_new_secret_is_a_new_chance() {
    let mut site = Site::new();
    let phone = site.challenge("alice", 1);
    for _ in 0..2 {
        site.judge(&phone, Outcome::Wrong);
    }
    let phone = site.attempt("alice", Some("2"), 1, Proof::Challenge);
    site.judge(&phone, Outcome::Granted);
}

#[test]
fn what_is_in_flight_counts_for_the_network_too() {
    let mut site = Site::new();
    let phone = site.challenge("alice", 1);
    let (first, second) = (site.depart(&phone), site.depart(&phone));
    assert_eq!(site.ask(&phone), Permission::Wait);
    site.land(&phone, first, Outcome::Wrong);
    assert_eq!(site.ask(&phone), Permission::Wait);
    site.land(&phone, second, Outcome::Wrong);
    assert_eq!(site.ask(&phone), NETWORK_SPENT);
}

#[test]
fn four_connections_that_are_right_all_get_in() {
    let mut site = Site::new();
    let phone = site.challenge("alice", 1);
    let tickets = [(); 2].map(|()| site.depart(&phone));
    for ticket in tickets {
        site.land(&phone, ticket, Outcome::Granted);
    }
    for _ in 0..2 {
        site.judge(&phone, Outcome::Granted);
    }
}

#[test]
fn guessing_from_elsewhere_leaves_the_owner_one_attempt() {
    let mut site = Site::new();
    let home = site.challenge("alice", 1);
    site.judge(&home, Outcome::Granted);
    for network in [2, 2, 3] {
        let guess = site.challenge("alice", network);
        site.judge(&guess, Outcome::Wrong);
    }
    let away = site.challenge("alice", 4);
    assert_eq!(site.ask(&away), SPENT);
    let ticket = site.depart(&home);
    assert_eq!(site.ask(&home), Permission::Wait);
    site.land(&home, ticket, Outcome::Granted);
    // The directory counts anew.
    site.judge(&away, Outcome::Granted);
}

#[test]
fn all_networks_of_an_owner_have_one_attempt_together() {
    let mut site = Site::new();
    for network in [1, 2, 3] {
        let home = site.challenge("alice", network);
        site.judge(&home, Outcome::Granted);
    }
    for network in [4, 4, 5] {
        let guess = site.challenge("alice", network);
        site.judge(&guess, Outcome::Wrong);
    }
    let home = site.challenge("alice", 1);
    site.judge(&home, Outcome::Wrong);
    for network in [1, 2, 3] {
        let home = site.challenge("alice", network);
        assert_eq!(site.ask(&home), SPENT, "{network}");
    }
}

#[test]
fn an_administrator_sees_which_networks_are_refused() {
    let mut site = Site::new();
    for network in [1, 1, 2] {
        let phone = site.challenge("alice", network);
        site.judge(&phone, Outcome::Wrong);
    }
    let listed = site.machine.list(site.now);
    let mut networks: Vec<_> = listed[0]
        .networks
        .iter()
        .map(|row| (row.network.to_string(), row.failures, row.spent))
        .collect();
    networks.sort();
    let expected = [("192.0.1.0/24", 2, true), ("192.0.2.0/24", 1, false)];
    assert_eq!(
        networks,
        expected.map(|(network, failures, spent)| (network.to_owned(), failures, spent))
    );
    site.machine.clear("users", &id("alice"));
    let phone = site.challenge("alice", 1);
    site.depart(&phone);
}
