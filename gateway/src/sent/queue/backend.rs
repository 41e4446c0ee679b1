//! What waits for one mail server, and who is to be left alone.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::{Duration, Instant};

use super::AccountKey;
use crate::sent::entry::CopyId;

/// So many accounts that are refused one after the other, and none that is let in, are no fault of theirs.
const REFUSALS: usize = 3;

/// When a copy is due, and which.
pub(super) type Due = (Instant, CopyId);

/// A mail server, or a directory, that may be down.
#[derive(Debug, Default)]
pub(super) struct Door {
    /// How many filings need it at the moment.
    pub(super) filing: usize,
    /// How often it was down, one after the other.
    failures: u32,
    closed_until: Option<Instant>,
}

impl Door {
    /// From when on something may be filed: never, if one filing is under way that has to show whether it is up again.
    pub(super) fn opens(&self, now: Instant) -> Option<Instant> {
        if self.failures > 0 && self.filing > 0 {
            return None;
        }
        Some(self.closed_until.map_or(now, |until| until.max(now)))
    }

    /// Whether nothing may be filed before a time that is known.
    pub(super) fn is_closed(&self, now: Instant) -> bool {
        self.opens(now).is_some_and(|opens| opens > now)
    }

    /// It let us in.
    pub(super) fn is_up(&mut self) {
        self.failures = 0;
        self.closed_until = None;
    }

    /// It did not. What fails while it is closed began before, and tells nothing new.
    pub(super) fn is_down(&mut self, now: Instant, pause: impl FnOnce(u32) -> Duration) {
        if self.closed_until.is_none_or(|until| until <= now) {
            self.failures = self.failures.saturating_add(1);
            self.closed_until = Some(now + pause(self.failures));
        }
    }

    pub(super) fn leave(&mut self) {
        self.filing = self.filing.saturating_sub(1);
    }
}

/// A mail server.
#[derive(Debug, Default)]
pub(super) struct Backend {
    pub(super) door: Door,
    /// Accounts that were refused since one was let in.
    refused: HashSet<AccountKey>,
    /// What waits.
    lists: HashMap<AccountKey, BTreeSet<Due>>,
    /// The first copy of each account of which none is being filed, by directory.
    firsts: BTreeMap<Box<str>, BTreeSet<Due>>,
}

impl Backend {
    /// The copy that is due first, for each directory.
    pub(super) fn firsts(&self) -> impl Iterator<Item = (&str, &Due)> {
        let firsts = self.firsts.iter();
        firsts.filter_map(|(directory, firsts)| Some((&**directory, firsts.first()?)))
    }

    /// Adds a copy of an account of which, if it is `busy`, one is being filed.
    pub(super) fn insert(&mut self, account: &AccountKey, due: Due, busy: bool) {
        self.hide(account);
        self.lists.entry(account.clone()).or_default().insert(due);
        if !busy {
            self.show(account);
        }
    }

    /// Takes a copy out.
    pub(super) fn remove(&mut self, account: &AccountKey, due: &Due, busy: bool) {
        self.hide(account);
        if let Some(list) = self.lists.get_mut(account) {
            list.remove(due);
            if list.is_empty() {
                self.lists.remove(account);
            }
        }
        if !busy {
            self.show(account);
        }
    }

    /// None of the account's copies is being filed any more.
    pub(super) fn show(&mut self, account: &AccountKey) {
        let first = self.lists.get(account).and_then(BTreeSet::first);
        if let Some(first) = first.cloned() {
            let firsts = self.firsts.entry(account.directory.clone());
            firsts.or_default().insert(first);
        }
    }

    /// One of the account's copies is being filed: the others wait.
    pub(super) fn hide(&mut self, account: &AccountKey) {
        let first = self.lists.get(account).and_then(BTreeSet::first);
        if let Some((first, firsts)) = first.zip(self.firsts.get_mut(&account.directory)) {
            firsts.remove(first);
            if firsts.is_empty() {
                self.firsts.remove(&account.directory);
            }
        }
    }

    /// It let us in, and filed.
    pub(super) fn is_up(&mut self) {
        self.door.is_up();
        self.refused.clear();
    }

    /// It did not let the account in. Whether it lets nobody in.
    pub(super) fn refuses(&mut self, account: &AccountKey) -> bool {
        if self.refused.len() < REFUSALS {
            self.refused.insert(account.clone());
        }
        self.refused.len() >= REFUSALS
    }

    pub(super) fn is_idle(&self) -> bool {
        self.lists.is_empty() && self.door.filing == 0
    }
}
