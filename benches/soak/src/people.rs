//! Whose phones they are.

use crate::random::Random;

/// Which directory knows somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Realm {
    /// OpenLDAP, which is restarted.
    Ldap,
    /// A file of users.
    File,
}

/// Where somebody's mail is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Home {
    /// `sent_copy = "if-missing"`: phones may file their own.
    One,
    /// `sent_copy = "always"`, with names of mailboxes that are not ASCII.
    Two,
}

impl Home {
    /// Its name in the gateway's configuration.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::One => "one",
            Self::Two => "two",
        }
    }
}

/// Somebody with mail.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) address: String,
    pub(crate) password: String,
    /// What the password was once. It was never one that the directory knew.
    pub(crate) old_password: String,
    pub(crate) realm: Realm,
    pub(crate) home: Home,
}

/// So many, each with a password of his own, half of them in either directory and half at either mail server.
pub(crate) fn people(count: usize, random: &mut Random) -> Vec<Person> {
    (0..count)
        .map(|number| {
            let name = format!("user{number:03}");
            Person {
                address: format!("{name}@example.org"),
                password: format!("right-{:016x}", random.next()),
                old_password: format!("stale-{:016x}", random.next()),
                realm: if number % 2 == 0 { Realm::Ldap } else { Realm::File },
                home: if number / 2 % 2 == 0 { Home::One } else { Home::Two },
                name,
            }
        })
        .collect()
}
