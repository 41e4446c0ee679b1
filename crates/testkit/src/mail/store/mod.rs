//! Users, their mailboxes and messages, in memory.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;

use super::date;
use super::flags::Flags;
use super::message::Content;
use super::{DateTime, SpecialUse};

pub(crate) mod mailbox;
pub(crate) mod name;
pub(crate) mod user;

use mailbox::{Draft, Mailbox, Message};
use name::Name;
use user::User;

/// Users, their mailboxes and messages. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Store {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    users: RwLock<BTreeMap<String, Arc<User>>>,
    validity: Arc<Validity>,
}

/// Gives each mailbox that is created a UIDVALIDITY of its own.
#[derive(Debug, Default)]
pub(crate) struct Validity(AtomicU32);

impl Validity {
    fn next(&self) -> NonZeroU32 {
        NonZeroU32::MIN.saturating_add(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

/// A message as the store keeps it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct StoredMessage {
    /// Its UID.
    pub uid: u32,
    /// Its flags.
    pub flags: Flags,
    /// Its INTERNALDATE.
    pub date: DateTime,
    /// What was delivered.
    pub octets: Bytes,
}

/// Why the store did not do what it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// There is no such user.
    #[error("no such user")]
    NoUser,
    /// There is no such mailbox.
    #[error("no such mailbox")]
    Missing,
    /// A mailbox of that name exists.
    #[error("the mailbox exists")]
    Exists,
    /// Nothing can have that name.
    #[error("not a mailbox name")]
    BadName,
    /// Other mailboxes are below it.
    #[error("the mailbox has mailboxes below it")]
    HasChildren,
    /// INBOX stays.
    #[error("INBOX cannot be deleted")]
    Inbox,
    /// A mailbox cannot be moved below itself.
    #[error("a mailbox cannot be moved below itself")]
    BelowItself,
}

impl From<name::BadName> for Refused {
    fn from(_: name::BadName) -> Self {
        Self::BadName
    }
}

impl Store {
    /// A store without users.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a user with an empty INBOX; one who is there already keeps what is there.
    pub fn add_user(&self, user: &str) {
        let mut users = self.shared.users.write().unwrap_or_else(PoisonError::into_inner);
        let validity = &self.shared.validity;
        users
            .entry(user.into())
            .or_insert_with(|| Arc::new(User::new(Arc::clone(validity))));
    }

    /// Creates a mailbox, and those above it, and subscribes to it.
    ///
    /// # Errors
    /// [`Refused`] if the user is unknown, the name impossible, or the mailbox there already.
    pub fn create(&self, user: &str, mailbox: &str, special_use: Option<SpecialUse>) -> Result<(), Refused> {
        let user = self.user(user)?;
        let name = Name::parse(mailbox.as_bytes())?;
        user.create(&name, special_use)?;
        user.subscribe(name);
        Ok(())
    }

    /// Puts a message into a mailbox, as an MTA does: no flags, dated now. Sessions that idle there hear of it.
    /// The octets are kept as they are; their lines should end in CRLF. Gives the message's UID.
    ///
    /// # Errors
    /// [`Refused`] if there is no such user or mailbox.
    pub fn deliver(&self, user: &str, mailbox: &str, message: impl Into<Bytes>) -> Result<u32, Refused> {
        self.append(user, mailbox, message, Flags::default(), date::now())
    }

    /// Puts a message with flags and a date into a mailbox. Gives its UID.
    ///
    /// # Errors
    /// [`Refused`] if there is no such user or mailbox.
    pub fn append(
        &self,
        user: &str,
        mailbox: &str,
        message: impl Into<Bytes>,
        flags: Flags,
        date: DateTime,
    ) -> Result<u32, Refused> {
        let content = Arc::new(Content::new(message.into()));
        Ok(self
            .mailbox(user, mailbox)?
            .append([Draft { content, flags, date }])
            .get())
    }

    /// The names of a user's mailboxes, in order.
    ///
    /// # Errors
    /// [`Refused::NoUser`].
    pub fn mailboxes(&self, user: &str) -> Result<Vec<String>, Refused> {
        let listed = self.user(user)?.list();
        let existing = listed.into_iter().filter(|listed| listed.mailbox.is_some());
        Ok(existing.map(|listed| listed.name.to_string()).collect())
    }

    /// The messages in a mailbox, in the order of their UIDs.
    ///
    /// # Errors
    /// [`Refused`] if there is no such user or mailbox.
    pub fn messages(&self, user: &str, mailbox: &str) -> Result<Vec<StoredMessage>, Refused> {
        let mailbox = self.mailbox(user, mailbox)?;
        Ok(mailbox.with(|state| state.messages().iter().map(StoredMessage::from).collect()))
    }

    pub(crate) fn user(&self, user: &str) -> Result<Arc<User>, Refused> {
        let users = self.shared.users.read().unwrap_or_else(PoisonError::into_inner);
        users.get(user).cloned().ok_or(Refused::NoUser)
    }

    fn mailbox(&self, user: &str, mailbox: &str) -> Result<Arc<Mailbox>, Refused> {
        self.user(user)?.mailbox(&Name::parse(mailbox.as_bytes())?)
    }
}

impl From<&Message> for StoredMessage {
    fn from(message: &Message) -> Self {
        let Draft { content, flags, date } = &message.draft;
        Self {
            uid: message.uid.get(),
            flags: flags.clone(),
            date: *date,
            octets: content.octets().clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_delivered_is_kept_octet_for_octet() {
        let store = Store::new();
        store.add_user("alice");
        let octets = Bytes::from_static(b"Subject: \xff\n\r\0");
        assert_eq!(store.deliver("alice", "inbox", octets.clone()), Ok(1));
        assert_eq!(store.deliver("alice", "INBOX", "second"), Ok(2));
        let messages = store.messages("alice", "INBOX").unwrap();
        assert_eq!(messages[0].octets, octets);
        assert_eq!(messages[1].uid, 2);
    }

    #[test]
    fn what_is_missing_is_named() {
        let store = Store::new();
        store.add_user("alice");
        assert_eq!(store.deliver("bob", "INBOX", "x"), Err(Refused::NoUser));
        assert_eq!(store.deliver("alice", "Sent", "x"), Err(Refused::Missing));
        assert_eq!(store.deliver("alice", "a//b", "x"), Err(Refused::BadName));
        store.create("alice", "Sent", Some(SpecialUse::Sent)).unwrap();
        assert_eq!(store.create("alice", "Sent", None), Err(Refused::Exists));
        assert_eq!(store.mailboxes("alice").unwrap(), ["INBOX", "Sent"]);
    }

    #[test]
    fn a_change_wakes_who_waits() {
        let store = Store::new();
        store.add_user("alice");
        let mailbox = store.mailbox("alice", "INBOX").unwrap();
        let waiting = mailbox.watch();
        mailbox.with(|state| assert!(state.take(|_| true).is_empty()));
        assert!(!waiting.has_changed().unwrap());
        store.deliver("alice", "INBOX", "x").unwrap();
        assert!(waiting.has_changed().unwrap());
    }
}
