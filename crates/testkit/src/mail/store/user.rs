//! One user's mailboxes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::mailbox::Mailbox;
use super::name::Name;
use super::{Refused, Validity};
use crate::mail::SpecialUse;

/// The mailboxes of one user, by name. A mailbox other than INBOX exists only if the names above it do.
#[derive(Debug)]
pub(crate) struct User {
    tree: Mutex<Tree>,
    validity: Arc<Validity>,
}

#[derive(Debug, Default)]
struct Tree {
    mailboxes: BTreeMap<Name, Arc<Mailbox>>,
    subscribed: BTreeSet<Name>,
}

/// What LIST knows of a name.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    pub(crate) name: Name,
    /// `None`: only a subscription to the name is left.
    pub(crate) mailbox: Option<Arc<Mailbox>>,
    pub(crate) subscribed: bool,
    pub(crate) has_children: bool,
}

impl User {
    /// A user with an INBOX.
    pub(crate) fn new(validity: Arc<Validity>) -> Self {
        let user = Self {
            tree: Mutex::default(),
            validity,
        };
        user.tree().create(&Name::inbox(), None, &user.validity);
        user.subscribe(Name::inbox());
        user
    }

    fn tree(&self) -> MutexGuard<'_, Tree> {
        self.tree.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn mailbox(&self, name: &Name) -> Result<Arc<Mailbox>, Refused> {
        self.tree().mailboxes.get(name).cloned().ok_or(Refused::Missing)
    }

    /// Creates a mailbox and, where they are missing, those above it.
    pub(crate) fn create(
        &self,
        name: &Name,
        special_use: Option<SpecialUse>,
    ) -> Result<Arc<Mailbox>, Refused> {
        let mut tree = self.tree();
        if tree.mailboxes.contains_key(name) {
            return Err(Refused::Exists);
        }
        Ok(tree.create(name, special_use, &self.validity))
    }

    /// Deletes a mailbox. One with mailboxes below it stays, as does INBOX.
    pub(crate) fn delete(&self, name: &Name) -> Result<(), Refused> {
        let mut tree = self.tree();
        if *name == Name::inbox() {
            return Err(Refused::Inbox);
        }
        if tree.has_children(name) {
            return Err(Refused::HasChildren);
        }
        tree.mailboxes.remove(name).map(drop).ok_or(Refused::Missing)
    }

    /// Renames a mailbox and all below it. INBOX itself stays; its messages move (RFC 3501 section 6.3.5).
    pub(crate) fn rename(&self, from: &Name, to: &Name) -> Result<(), Refused> {
        if *from == Name::inbox() {
            let target = self.create(to, None)?;
            let messages = self.mailbox(from)?.with(|state| state.take(|_| true));
            target.append(messages.into_iter().map(|message| message.draft));
            return Ok(());
        }
        self.tree().rename(from, to, &self.validity)
    }

    pub(crate) fn subscribe(&self, name: Name) {
        self.tree().subscribed.insert(name);
    }

    pub(crate) fn unsubscribe(&self, name: &Name) {
        self.tree().subscribed.remove(name);
    }

    /// Every mailbox and every subscription, in the order of names.
    pub(crate) fn list(&self) -> Vec<Listed> {
        let tree = self.tree();
        let names: BTreeSet<&Name> = tree.mailboxes.keys().chain(&tree.subscribed).collect();
        names.into_iter().map(|name| tree.listed(name)).collect()
    }
}

impl Tree {
    fn create(&mut self, name: &Name, special_use: Option<SpecialUse>, validity: &Validity) -> Arc<Mailbox> {
        for above in name.ancestors() {
            self.mailboxes
                .entry(above)
                .or_insert_with(|| Arc::new(Mailbox::new(validity.next(), None)));
        }
        let mailbox = Arc::new(Mailbox::new(validity.next(), special_use));
        self.mailboxes.insert(name.clone(), Arc::clone(&mailbox));
        mailbox
    }

    fn rename(&mut self, from: &Name, to: &Name, validity: &Validity) -> Result<(), Refused> {
        if !self.mailboxes.contains_key(from) {
            return Err(Refused::Missing);
        }
        if self.mailboxes.contains_key(to) {
            return Err(Refused::Exists);
        }
        if to.ancestors().any(|above| above == *from) {
            return Err(Refused::BelowItself);
        }
        self.create(to, None, validity);
        let moving: Vec<Name> = std::iter::once(from)
            .chain(self.children(from))
            .cloned()
            .collect();
        for name in moving {
            if let Some(mailbox) = self.mailboxes.remove(&name) {
                self.mailboxes.insert(name.moved(from, to), mailbox);
            }
        }
        Ok(())
    }

    fn children(&self, name: &Name) -> impl Iterator<Item = &Name> {
        let below = name.below();
        let names = self.mailboxes.range(below.clone()..).map(|(name, _)| name);
        names.take_while(move |name| name.as_str().starts_with(below.as_str()))
    }

    fn has_children(&self, name: &Name) -> bool {
        self.children(name).next().is_some()
    }

    fn listed(&self, name: &Name) -> Listed {
        Listed {
            name: name.clone(),
            mailbox: self.mailboxes.get(name).cloned(),
            subscribed: self.subscribed.contains(name),
            has_children: self.has_children(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user() -> User {
        User::new(Arc::default())
    }

    fn name(text: &str) -> Name {
        Name::parse(text.as_bytes()).unwrap()
    }

    fn names(user: &User) -> Vec<String> {
        user.list()
            .into_iter()
            .map(|listed| listed.name.to_string())
            .collect()
    }

    #[test]
    fn names_above_are_created_and_kept() {
        let user = user();
        user.create(&name("a/b/c"), None).unwrap();
        assert_eq!(names(&user), ["INBOX", "a", "a/b", "a/b/c"]);
        assert_eq!(user.delete(&name("a/b")), Err(Refused::HasChildren));
        user.delete(&name("a/b/c")).unwrap();
        user.delete(&name("a/b")).unwrap();
        assert_eq!(user.delete(&name("a/b")), Err(Refused::Missing));
        assert_eq!(user.delete(&Name::inbox()), Err(Refused::Inbox));
    }

    #[test]
    fn a_mailbox_created_anew_has_another_validity() {
        let user = user();
        let first = user.create(&name("a"), None).unwrap().uid_validity();
        assert_eq!(user.create(&name("a"), None).unwrap_err(), Refused::Exists);
        user.delete(&name("a")).unwrap();
        assert_ne!(user.create(&name("a"), None).unwrap().uid_validity(), first);
    }

    #[test]
    fn renaming_moves_all_below() {
        let user = user();
        let kept = user.create(&name("a/b"), None).unwrap();
        user.create(&name("a.c"), None).unwrap();
        assert_eq!(user.rename(&name("a"), &name("a/b/d")), Err(Refused::BelowItself));
        assert_eq!(user.rename(&name("a"), &name("a.c")), Err(Refused::Exists));
        assert_eq!(user.rename(&name("x"), &name("y")), Err(Refused::Missing));
        user.rename(&name("a"), &name("x/y")).unwrap();
        assert_eq!(names(&user), ["INBOX", "a.c", "x", "x/y", "x/y/b"]);
        assert!(Arc::ptr_eq(&kept, &user.mailbox(&name("x/y/b")).unwrap()));
    }

    #[test]
    fn subscriptions_outlive_mailboxes() {
        let user = user();
        user.subscribe(name("gone"));
        let gone = user.list().pop().unwrap();
        assert!(gone.mailbox.is_none() && gone.subscribed);
        user.unsubscribe(&name("gone"));
        assert_eq!(names(&user), ["INBOX"]);
    }
}
