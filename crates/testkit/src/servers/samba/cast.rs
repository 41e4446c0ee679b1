//! Who is in every domain from the start.

use std::time::Duration;

use super::admin::Orders;
use super::user::{DomainUser, Hindrance};

/// The suffix of `userPrincipalName` that is not the domain's own.
const SUFFIX: &str = "mail.example.test";
/// The account that is to search. Any may.
pub(super) const SERVICE: &str = "svc-gatepost";
/// Locked at each start anew, since locks end.
pub(super) const LOCKED: &str = "heidi";

/// So many wrong passwords within the window lock an account.
const THRESHOLD: u32 = 5;
const WINDOW: Duration = Duration::from_secs(1800);

/// Who is in the inner group, with his mailbox.
const INNER: [(&str, &str); 6] = [
    ("alice", "alice"),
    ("müller", "mueller"),
    ("straße", "strasse"),
    ("µser", "muser"),
    ("ıdil", "idil"),
    ("ÿves", "yves"),
];

/// Who is in the outer group, and hindered.
const HINDERED: [(&str, Hindrance); 6] = [
    ("carol", Hindrance::Disabled),
    ("dave", Hindrance::Expired),
    ("erin", Hindrance::MustChange),
    ("frank", Hindrance::Hours),
    ("grace", Hindrance::Workstation),
    ("ivan", Hindrance::PasswordExpired),
];

/// The password of anybody here, computers too.
pub(super) fn password(name: &str) -> String {
    format!("{name}-Secret1")
}

/// All that makes the cast.
pub(super) fn orders() -> Orders {
    let mut orders = Orders::default();
    orders.add(&["easy"]);
    orders.lockout(THRESHOLD, WINDOW);
    orders.add(&["suffix", SUFFIX]);
    orders.add(&["group", "mail-users"]);
    orders.add(&["group", "mail-inner"]);
    orders.add(&["join", "mail-users", "mail-inner"]);
    for user in users() {
        user.orders(&mut orders);
    }
    for computer in ["GW1", "GW2"] {
        orders.add(&["computer", computer, &password(computer)]);
    }
    orders
}

fn users() -> Vec<DomainUser> {
    let inner = INNER.map(|(name, mailbox)| person(name, mailbox).member_of("mail-inner"));
    let hindered = HINDERED.map(|(name, hindrance)| person(name, name).hindered(hindrance));
    let bob = person("bob", "bob").upn(&format!("b.baker@{SUFFIX}"));
    let outer = hindered.into_iter().chain([bob, person(LOCKED, LOCKED)]);
    let outer = outer.map(|user| user.member_of("mail-users"));
    let neither = [
        person("judy", "judy"),
        DomainUser::new(SERVICE, &password(SERVICE)),
    ];
    inner.into_iter().chain(outer).chain(neither).collect()
}

fn person(name: &str, mailbox: &str) -> DomainUser {
    DomainUser::new(name, &password(name))
        .attribute("displayName", &format!("{name} Ümläut"))
        .mail(&format!("{mailbox}@example.test"))
        .proxy_address(&format!("SMTP:{mailbox}@example.test"))
        .proxy_address(&format!("smtp:{mailbox}.alias@example.test"))
}
