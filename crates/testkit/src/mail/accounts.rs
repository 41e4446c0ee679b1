//! Who may log in.

use std::collections::BTreeMap;

use gatepost_sasl::ntlm::{NtHash, Ntlm};
use gatepost_wire::Secret;

/// What separates the user from the master in the name of LOGIN, as Dovecot has it.
const MASTER_SEPARATOR: char = '*';

/// Users and masters with their passwords. A master may act for every user.
#[derive(Debug, Default)]
pub(crate) struct Accounts {
    users: BTreeMap<String, Secret>,
    masters: BTreeMap<String, Secret>,
}

/// Names and a password that a client sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Credentials {
    /// The user to be acted for, if that is somebody else.
    pub(crate) authzid: Option<String>,
    pub(crate) authcid: String,
    pub(crate) password: Secret,
}

impl Credentials {
    /// `message = [authzid] NUL authcid NUL passwd` (RFC 4616 section 2); `None` if it is anything else.
    pub(crate) fn from_plain(message: &[u8]) -> Option<Self> {
        let mut fields = message.splitn(3, |octet| *octet == 0);
        let mut name = || Some(std::str::from_utf8(fields.next()?).ok()?.to_owned());
        let (authzid, authcid) = (name()?, name()?);
        let password = Secret::from(fields.next()?);
        Some(Self {
            authzid: Some(authzid).filter(|name| !name.is_empty()),
            authcid,
            password,
        })
    }
}

impl Accounts {
    pub(crate) fn add_user(&mut self, name: &str, password: &str) {
        self.users.insert(name.into(), password.into());
    }

    pub(crate) fn add_master(&mut self, name: &str, password: &str) {
        self.masters.insert(name.into(), password.into());
    }

    pub(crate) fn users(&self) -> impl Iterator<Item = &str> {
        self.users.keys().map(String::as_str)
    }

    /// The arguments of LOGIN: a user's own, or `user*master` with the master's password.
    pub(crate) fn credentials(&self, name: &[u8], password: Secret) -> Credentials {
        let name = String::from_utf8_lossy(name);
        let split = name
            .rsplit_once(MASTER_SEPARATOR)
            .filter(|(_, master)| self.masters.contains_key(*master));
        let (authzid, authcid) = match split {
            Some((user, master)) => (Some(user.into()), master.into()),
            None => (None, name.into()),
        };
        Credentials {
            authzid,
            authcid,
            password,
        }
    }

    /// The user that an NTLM claim lets in.
    pub(crate) fn judge_ntlm<'a>(&self, claim: &'a Ntlm) -> Option<&'a str> {
        let password = self.users.get(claim.user())?;
        let hash = NtHash::of_password(password).ok()?;
        claim.is_of(&hash).then_some(claim.user())
    }

    /// The user that the credentials let in.
    pub(crate) fn judge<'a>(&'a self, credentials: &'a Credentials) -> Option<&'a str> {
        let Credentials {
            authzid,
            authcid,
            password,
        } = credentials;
        let user = authzid.as_ref().unwrap_or(authcid);
        let table = if user == authcid {
            &self.users
        } else {
            &self.masters
        };
        let known = table.get(authcid).is_some_and(|known| known == password);
        (known && self.users.contains_key(user)).then_some(user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accounts() -> Accounts {
        let mut accounts = Accounts::default();
        accounts.add_user("alice", "pw");
        accounts.add_user("o*o", "pw");
        accounts.add_master("gateway", "master");
        accounts
    }

    fn plain(message: &str) -> Option<String> {
        accounts()
            .judge(&Credentials::from_plain(message.as_bytes())?)
            .map(str::to_owned)
    }

    fn login(name: &str, password: &str) -> Option<String> {
        let accounts = accounts();
        let credentials = accounts.credentials(name.as_bytes(), Secret::from(password));
        accounts.judge(&credentials).map(str::to_owned)
    }

    #[test]
    fn users_are_let_in_as_themselves() {
        assert_eq!(plain("\0alice\0pw").as_deref(), Some("alice"));
        assert_eq!(plain("alice\0alice\0pw").as_deref(), Some("alice"));
        assert_eq!(login("alice", "pw").as_deref(), Some("alice"));
        assert_eq!(login("o*o", "pw").as_deref(), Some("o*o"));
        assert_eq!(plain("o*o\0alice\0pw"), None);
        assert_eq!(plain("\0alice\0wrong"), None);
        assert_eq!(plain("\0alice\0pw\0"), None);
        assert_eq!(plain("alice\0pw"), None);
        assert_eq!(login("Alice", "pw"), None);
    }

    #[test]
    fn masters_are_let_in_as_users_alone() {
        assert_eq!(plain("alice\0gateway\0master").as_deref(), Some("alice"));
        assert_eq!(login("alice*gateway", "master").as_deref(), Some("alice"));
        assert_eq!(login("o*o*gateway", "master").as_deref(), Some("o*o"));
        assert_eq!(plain("carol\0gateway\0master"), None);
        assert_eq!(plain("\0gateway\0master"), None);
        assert_eq!(plain("gateway\0gateway\0master"), None);
        assert_eq!(plain("alice\0gateway\0pw"), None);
        assert_eq!(login("alice*gateway", "pw"), None);
    }
}
