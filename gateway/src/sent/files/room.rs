//! How much the spool holds, whose it is, and how much more it may.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::config::SentConfig;
use crate::sent::entry::{CopyId, Envelope};
use crate::sent::spool::SpoolError;

/// Counting anew reads all folders: not more often than this.
const RECOUNT: Duration = Duration::from_secs(10);

/// An account's share of what the spool may hold, unless one is configured.
const SHARE: u64 = 4;

/// What a spool may hold, in octets.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Limits {
    /// All of it.
    all: Option<u64>,
    /// What one account has in it, but for a single message.
    account: Option<u64>,
    /// So much of the disk is left free.
    free: u64,
}

impl Limits {
    pub(crate) fn new(config: &SentConfig) -> Self {
        Self {
            all: config.max_spool_size,
            account: config.max_account_size,
            free: config.min_free_space,
        }
    }
}

#[cfg(test)]
impl From<Option<u64>> for Limits {
    fn from(all: Option<u64>) -> Self {
        Self {
            all,
            ..Self::default()
        }
    }
}

/// A count of octets by entry and account, and its limits.
pub(super) struct Room {
    limits: Limits,
    count: Mutex<Count>,
    hasher: RandomState,
}

#[derive(Default)]
struct Count {
    used: u64,
    entries: HashMap<CopyId, Kept>,
    accounts: HashMap<Owner, u64>,
    recounted: Option<Instant>,
}

/// An account, by the hash of its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Owner(u64);

struct Kept {
    owner: Owner,
    octets: u64,
}

impl Room {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            count: Mutex::default(),
            hasher: RandomState::new(),
        }
    }

    fn count(&self) -> MutexGuard<'_, Count> {
        self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn owner(&self, envelope: &Envelope) -> Owner {
        let key = (envelope.directory.as_str(), envelope.account.0.as_str());
        Owner(self.hasher.hash_one(key))
    }

    fn all(&self) -> u64 {
        self.limits.all.unwrap_or(u64::MAX)
    }

    /// Whether so many octets of an account fit. `free` is what the disk has left, if that is known.
    pub(super) fn check(
        &self,
        envelope: &Envelope,
        octets: u64,
        free: Option<u64>,
    ) -> Result<(), SpoolError> {
        let (count, owner) = (self.count(), self.owner(envelope));
        let mut most = self.all();
        if let Some(free) = free {
            let spare = free.saturating_sub(self.limits.free);
            if octets > spare {
                return Err(SpoolError::Full(format!("the disk has {free} octets left")));
            }
            most = most.min(count.used.saturating_add(spare));
        }
        count.fits(octets, self.all())?;
        count.fits_share(owner, 0, octets, self.limits.account.unwrap_or(most / SHARE))
    }

    /// Counts a new entry, with octets that are about to be written.
    pub(super) fn enter(&self, id: &CopyId, envelope: &Envelope, octets: u64) -> Result<(), SpoolError> {
        let (mut count, owner) = (self.count(), self.owner(envelope));
        count.fits(octets, self.all())?;
        count.add(id, owner, octets);
        Ok(())
    }

    /// Counts more of an entry.
    pub(super) fn grow(&self, id: &CopyId, octets: u64) -> Result<(), SpoolError> {
        let mut count = self.count();
        count.fits(octets, self.all())?;
        let Some(kept) = count.entries.get(id) else {
            return Ok(());
        };
        let (owner, own) = (kept.owner, kept.octets);
        let share = self.limits.account.unwrap_or_else(|| self.all() / SHARE);
        count.fits_share(owner, own, octets, share)?;
        count.add(id, owner, octets);
        Ok(())
    }

    /// Counts an entry that was found, unless it is counted. Whose it is may not be known.
    pub(super) fn found(&self, id: &CopyId, envelope: Option<&Envelope>, octets: u64) {
        let owner = envelope.map_or(Owner(0), |envelope| self.owner(envelope));
        let mut count = self.count();
        if !count.entries.contains_key(id) {
            count.add(id, owner, octets);
        }
    }

    /// An entry is gone.
    pub(super) fn leave(&self, id: &CopyId) {
        self.count().remove(id);
    }

    /// Whether it is time to look for what people may have removed by hand.
    pub(super) fn is_stale(&self) -> bool {
        let mut count = self.count();
        let stale = count.recounted.is_none_or(|last| last.elapsed() >= RECOUNT);
        if stale {
            count.recounted = Some(Instant::now());
        }
        stale
    }

    pub(super) fn ids(&self) -> Vec<CopyId> {
        self.count().entries.keys().cloned().collect()
    }

    /// Forgets those of `known` that are not there any more.
    pub(super) fn recount(&self, known: &[CopyId], there: &HashSet<CopyId>) {
        let mut count = self.count();
        let gone = known.iter().filter(|id| !there.contains(id));
        gone.for_each(|id| count.remove(id));
    }
}

impl Count {
    fn fits(&self, octets: u64, most: u64) -> Result<(), SpoolError> {
        let used = self.used;
        let sum = used.checked_add(octets).filter(|sum| *sum <= most);
        let full = || SpoolError::Full(format!("it holds {used} octets of {most} allowed ones"));
        sum.map(drop).ok_or_else(full)
    }

    /// An account may always have one message, however small its share is: `own` is what that has by now.
    fn fits_share(&self, owner: Owner, own: u64, octets: u64, share: u64) -> Result<(), SpoolError> {
        let used = self.accounts.get(&owner).copied().unwrap_or_default();
        if used <= own || used.saturating_add(octets) <= share {
            return Ok(());
        }
        let full = format!("copies of the account hold {used} octets of {share} allowed ones");
        Err(SpoolError::Full(full))
    }

    fn add(&mut self, id: &CopyId, owner: Owner, octets: u64) {
        let kept = self.entries.entry(id.clone());
        kept.or_insert(Kept { owner, octets: 0 }).octets += octets;
        *self.accounts.entry(owner).or_default() += octets;
        self.used += octets;
    }

    fn remove(&mut self, id: &CopyId) {
        let Some(Kept { owner, octets }) = self.entries.remove(id) else {
            return;
        };
        self.used = self.used.saturating_sub(octets);
        if let Some(account) = self.accounts.get_mut(&owner) {
            *account = account.saturating_sub(octets);
            if *account == 0 {
                self.accounts.remove(&owner);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sent::entry::tests::envelope;

    fn id(number: u32) -> CopyId {
        CopyId::parse(&format!("{number:x}")).unwrap()
    }

    fn room(all: u64, account: u64) -> Room {
        Room::new(Limits {
            all: Some(all),
            account: Some(account),
            free: 0,
        })
    }

    #[test]
    fn a_limit_holds_and_what_is_given_back_can_be_taken() {
        let (room, alice) = (room(10, 10), envelope("alice"));
        room.found(&id(0), None, 4);
        assert!(room.check(&alice, 6, None).is_ok() && room.check(&alice, 7, None).is_err());
        room.enter(&id(1), &alice, 6).unwrap();
        let error = room.grow(&id(1), 1).unwrap_err().to_string();
        assert_eq!(error, "the spool is full: it holds 10 octets of 10 allowed ones");
        room.leave(&id(1));
        room.enter(&id(2), &alice, 3).unwrap();
        room.grow(&id(2), 3).unwrap();
        room.leave(&id(2));
        room.leave(&id(2));
        room.leave(&id(0));
        assert!(room.check(&alice, 10, None).is_ok());
        let count = room.count();
        assert!(count.entries.is_empty() && count.accounts.is_empty() && count.used == 0);
    }

    #[test]
    fn without_a_limit_everything_fits() {
        let (room, alice) = (Room::new(Limits::default()), envelope("alice"));
        assert!(room.check(&alice, u64::MAX, None).is_ok());
        room.enter(&id(0), &alice, u64::MAX).unwrap();
        assert!(room.enter(&id(1), &alice, 1).is_err());
    }

    #[test]
    fn an_account_that_has_its_share_leaves_room_for_others() {
        let (room, alice, bob) = (room(1000, 10), envelope("alice"), envelope("bob"));
        room.enter(&id(0), &alice, 4).unwrap();
        room.grow(&id(0), 96).unwrap();
        let error = room.check(&alice, 1, None).unwrap_err().to_string();
        assert_eq!(
            error,
            "the spool is full: copies of the account hold 100 octets of 10 allowed ones"
        );
        room.enter(&id(1), &alice, 1).unwrap();
        assert!(room.grow(&id(1), 1).is_err(), "it was announced as a smaller one");
        assert!(room.check(&bob, 500, None).is_ok());
        room.leave(&id(0));
        assert!(room.check(&alice, 9, None).is_ok() && room.check(&alice, 10, None).is_err());
    }

    #[test]
    fn a_share_is_a_quarter_of_what_there_may_be() {
        let limits = Limits {
            free: 100,
            ..Limits::default()
        };
        let (room, alice) = (Room::new(limits), envelope("alice"));
        room.enter(&id(0), &alice, 100).unwrap();
        // The spool may come to hold 1000.
        assert!(room.check(&alice, 150, Some(1000)).is_ok());
        assert!(room.check(&alice, 151, Some(1000)).is_err());
        assert!(room.check(&envelope("bob"), 900, Some(1000)).is_ok());
        let error = room.check(&envelope("bob"), 901, Some(1000)).unwrap_err();
        assert!(error.to_string().ends_with("the disk has 1000 octets left"));
    }

    #[test]
    fn counting_anew_is_not_done_all_the_time() {
        let (room, alice) = (room(10, 10), envelope("alice"));
        room.enter(&id(0), &alice, 9).unwrap();
        let known = room.ids();
        room.enter(&id(1), &alice, 1).unwrap();
        assert!(room.is_stale());
        assert!(!room.is_stale());
        room.recount(&known, &HashSet::new());
        assert!(room.check(&alice, 9, None).is_ok() && room.check(&alice, 10, None).is_err());
    }
}
