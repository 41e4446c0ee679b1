//! What is held, and what is forgotten when it becomes too much.

use super::*;

/// A machine with room for so many accounts.
fn small(accounts: usize) -> Site {
    let rules = GuardConfig {
        accounts_per_network: 0,
        ..rules()
    };
    Site::of(Machine::with_room(rules, accounts, 16, 16))
}

#[test]
fn everything_expires() {
    let mut site = Site::new();
    let right = site.password("alice", "1", "right");
    site.judge(&right, Outcome::Granted);
    for user in ["bob", "CAROL"] {
        site.guess(user, 3);
    }
    let challenge = site.challenge("dave", 1);
    site.judge(&challenge, Outcome::Wrong);
    assert_eq!(site.machine.sizes(), (3, 1, 2));
    site.pass(Duration::from_secs(25 * 3600));
    site.judge(&right, Outcome::Granted);
    assert_eq!(site.machine.sizes().0, 1);
    site.pass(Duration::from_secs(31 * 24 * 3600));
    let other = site.password("erin", "1", "x");
    site.judge(&other, Outcome::Wrong);
    assert_eq!(site.machine.sizes(), (1, 1, 1));
}

#[test]
fn the_number_of_accounts_is_bounded_and_failures_are_kept_longest() {
    let mut site = small(32);
    site.guess("victim", 3);
    let flying = site.password("flying", "1", "x");
    let ticket = site.depart(&flying);
    for time in 0..500 {
        site.pass(MOMENT);
        let attempt = site.password(&format!("user {time}"), "1", "x");
        // Every other has failed, none as often as the victim.
        let outcome = [Outcome::Granted, Outcome::Wrong][time % 2];
        site.judge(&attempt, outcome);
        assert!(site.machine.sizes().0 <= 32);
    }
    let attempt = site.password("victim", "1", "more");
    assert_eq!(site.ask(&attempt), Permission::Spent(Why::Failures));
    site.land(&flying, ticket, Outcome::Wrong);
    assert_eq!(site.ask(&flying), Permission::KnownWrong);
}

#[test]
fn what_is_in_flight_is_never_forgotten() {
    let mut site = small(8);
    for time in 0..100 {
        let attempt = site.password(&format!("user {time}"), "1", "x");
        site.depart(&attempt);
    }
    assert_eq!(site.machine.sizes().0, 100);
    for time in 0..100 {
        let attempt = site.password(&format!("user {time}"), "1", "x");
        assert_eq!(site.ask(&attempt), Permission::Wait);
    }
}

#[test]
fn invented_names_and_networks_take_no_place_from_accounts() {
    let mut site = small(32);
    site.guess("victim", 1);
    for time in 0..1000_u32 {
        let name = site.seal.name("users", &time.to_string());
        let mut attempt = site.challenge("X", 0);
        attempt.subject = Subject::Nobody(name);
        let bits = (0x2001_0db8_u128 << 96) + (u128::from(time) << 64);
        attempt.network = Network::of(std::net::Ipv6Addr::from(bits).into());
        site.judge(&attempt, Outcome::Wrong);
    }
    let (accounts, nobodies, networks) = site.machine.sizes();
    assert_eq!(accounts, 1);
    assert!(nobodies <= 16 && networks <= 16, "{nobodies} {networks}");
}

#[test]
fn a_phone_that_repeats_is_remembered_among_many_guesses() {
    let mut site = Site::with(GuardConfig {
        passwords_per_account: 0,
        ..rules()
    });
    let phone = site.password("alice", "1", "old");
    let right = site.password("alice", "1", "right");
    site.judge(&phone, Outcome::Wrong);
    for time in 0..200 {
        site.pass(MOMENT);
        assert_eq!(site.ask(&phone), Permission::KnownWrong, "{time}");
        site.judge(&right, Outcome::Granted);
        let guess = site.password("alice", "1", &format!("guess {time}"));
        site.judge(&guess, Outcome::Wrong);
    }
    assert_eq!(site.machine.list(site.now)[0].known_wrong, 32);
}

#[test]
fn many_networks_get_no_more_than_the_account_has() {
    let mut site = Site::new();
    let mut asked = 0;
    for network in 0..=255 {
        let guess = site.challenge("alice", network);
        if let Permission::Ask(ticket) = site.ask(&guess) {
            asked += 1;
            site.land(&guess, ticket, Outcome::Wrong);
        }
    }
    assert_eq!(asked, 3);
}
