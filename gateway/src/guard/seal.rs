//! What is known of passwords, in a form that tells nothing.

use std::fmt;

use gatepost_directory::EntryId;
use gatepost_wire::Secret;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// Half of an HMAC-SHA256: enough that no two inputs of one process share it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Print([u8; 16]);

impl Print {
    /// As a number, for sets that may err now and then.
    pub(super) fn short(self) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        u64::from_be_bytes([a, b, c, d, e, f, g, h])
    }
}

/// Of use to nobody without the key, and to nobody in a log either.
impl fmt::Debug for Print {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Print(..)")
    }
}

/// Makes prints with a key that no other process has and that ends with this one.
pub(crate) struct Seal(Hmac<Sha256>);

impl Seal {
    /// With 64 random octets: a block of the hash, so that every bit of them counts.
    pub(crate) fn new(key: [u8; 64]) -> Self {
        Self(Hmac::new(&key.into()))
    }

    /// A password of an account, and the version of the secret that it was tried against. Another version makes it
    /// another password.
    pub(crate) fn password(
        &self,
        directory: &str,
        id: &EntryId,
        version: Option<&str>,
        password: &Secret,
    ) -> Print {
        let (known, version) = version.map_or(("", ""), |version| ("version", version));
        let parts = [directory, &id.0, known, version];
        self.print(b"password", &parts.map(str::as_bytes), password.expose())
    }

    /// A password of a name that is nobody's.
    pub(super) fn nobodys_password(&self, name: Print, password: &Secret) -> Print {
        self.print(b"nobody's password", &[&name.0], password.expose())
    }

    /// An account.
    pub(super) fn account(&self, directory: &str, id: &EntryId) -> Print {
        self.print(b"account", &[directory.as_bytes()], id.0.as_bytes())
    }

    /// A name that is nobody's.
    pub(super) fn name(&self, directory: &str, name: &str) -> Print {
        self.print(b"name", &[directory.as_bytes()], name.as_bytes())
    }

    /// Every part has its length before it, so that no two lists of parts are the same octets.
    fn print(&self, kind: &[u8], parts: &[&[u8]], last: &[u8]) -> Print {
        let mut mac = self.0.clone();
        let mut add = |part: &[u8]| {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        };
        add(kind);
        parts.iter().for_each(|part| add(part));
        add(last);
        let mut print = [0; 16];
        // Shorter than the code by half.
        print
            .iter_mut()
            .zip(mac.finalize().into_bytes())
            .for_each(|(to, from)| *to = from);
        Print(print)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn everything_that_an_answer_depends_on_makes_a_difference() {
        let seal = Seal::new([7; 64]);
        let password = |directory, id: &str, version, password: &str| {
            seal.password(directory, &EntryId(id.to_owned()), version, &password.into())
        };
        let usual = password("users", "alice", Some("1"), "secret");
        assert_eq!(password("users", "alice", Some("1"), "secret"), usual);
        let all: HashSet<Print> = [
            usual,
            password("user", "salice", Some("1"), "secret"),
            password("users", "alice1", Some(""), "secret"),
            password("users", "alice", Some(""), "secret"),
            password("users", "alice", None, "secret"),
            password("users", "alice", Some("1s"), "ecret"),
            password("users", "alice", Some("2"), "secret"),
            password("users", "alice", Some("1"), "Secret"),
            password("others", "alice", Some("1"), "secret"),
            password("users", "bob", Some("1"), "secret"),
            Seal::new([8; 64]).password("users", &EntryId("alice".to_owned()), Some("1"), &"secret".into()),
            seal.account("users", &EntryId("alice".to_owned())),
            seal.name("users", "alice"),
            seal.nobodys_password(seal.name("users", "alice"), &"secret".into()),
        ]
        .into();
        assert_eq!(all.len(), 14);
    }

    #[test]
    fn debug_prints_nothing() {
        let print = Seal::new([7; 64]).name("users", "alice");
        assert_eq!(format!("{print:?}"), "Print(..)");
    }
}
