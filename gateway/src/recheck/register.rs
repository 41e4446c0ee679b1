//! Which accounts have sessions, since which password, and when each is to be looked at again.
//!
//! Nothing here asks anybody or knows the time. Sessions of one account that logged in with the same password share a
//! [`Watch`]: what ends one of them ends them all, so a session costs one reference.

use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use gatepost_directory::{Account, EntryId};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::ending::{Ending, Finding};
use super::pulse::Pulses;

/// What the sessions of one account since one password share.
#[derive(Debug)]
pub(super) struct Watch {
    id: Arc<EntryId>,
    /// The account's name, for the log.
    name: String,
    /// The version that the account's secret had at the login.
    version: Option<String>,
    /// Cancelled when the sessions have to end.
    end: CancellationToken,
    ending: OnceLock<Ending>,
}

impl Watch {
    pub(super) fn id(&self) -> &EntryId {
        &self.id
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Waits until the sessions have to end.
    pub(super) async fn ended(&self) -> Ending {
        self.end.cancelled().await;
        self.ending()
    }

    /// Whether the sessions have to end by now, and why.
    pub(super) fn has_ended(&self) -> Option<Ending> {
        self.end.is_cancelled().then(|| self.ending())
    }

    /// The gateway's own end comes without a word.
    fn ending(&self) -> Ending {
        self.ending.get().copied().unwrap_or(Ending::Stop)
    }

    fn end(&self, ending: Ending) {
        // The first word is the one that counts.
        let _ = self.ending.set(ending);
        self.end.cancel();
    }
}

/// The accounts of one directory that have sessions.
#[derive(Debug)]
pub(super) struct Register {
    /// Between two looks at an account; zero: none is ever due.
    interval: Duration,
    accounts: HashMap<Arc<EntryId>, Watched>,
    due: BTreeSet<(Instant, Arc<EntryId>)>,
    hasher: RandomState,
    /// Numbers logins and looks, to tell what came before what.
    number: u64,
}

/// A look at an account that has begun.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) id: Arc<EntryId>,
    number: u64,
}

/// An account with sessions.
#[derive(Debug)]
struct Watched {
    due: Instant,
    /// One for each version of the secret with which somebody has logged in.
    groups: Vec<Group>,
    /// The sessions, those included that have to end and have not yet.
    pulses: Pulses,
}

#[derive(Debug)]
struct Group {
    watch: Arc<Watch>,
    sessions: usize,
    /// The number of its first login.
    since: u64,
}

impl Register {
    pub(super) fn new(interval: Duration) -> Self {
        Self {
            interval,
            accounts: HashMap::new(),
            due: BTreeSet::new(),
            hasher: RandomState::new(),
            number: 0,
        }
    }

    fn next_number(&mut self) -> u64 {
        self.number += 1;
        self.number
    }

    /// A session begins. `end` is that of the gateway, which ends this session too.
    pub(super) fn enter(
        &mut self,
        now: Instant,
        account: &Account,
        version: Option<&str>,
        end: &CancellationToken,
    ) -> Arc<Watch> {
        let since = self.next_number();
        let known = self.accounts.get_key_value(&account.id);
        let id = known.map_or_else(|| Arc::new(account.id.clone()), |(id, _)| Arc::clone(id));
        let watched = self.accounts.entry(Arc::clone(&id)).or_insert_with(|| {
            let due = now + first(self.interval, self.hasher.hash_one(&*id));
            if !self.interval.is_zero() {
                self.due.insert((due, Arc::clone(&id)));
            }
            Watched {
                due,
                groups: Vec::new(),
                pulses: Pulses::default(),
            }
        });
        let mut groups = watched.groups.iter_mut();
        if let Some(group) = groups.find(|group| group.watch.version.as_deref() == version) {
            group.sessions += 1;
            return Arc::clone(&group.watch);
        }
        let watch = Arc::new(Watch {
            id,
            name: account.name.clone(),
            version: version.map(str::to_owned),
            end: end.child_token(),
            ending: OnceLock::new(),
        });
        watched.groups.push(Group {
            watch: Arc::clone(&watch),
            sessions: 1,
            since,
        });
        watch
    }

    /// A session that had entered is over.
    pub(super) fn leave(&mut self, watch: &Arc<Watch>) {
        let Some(watched) = self.accounts.get_mut(&watch.id) else {
            return;
        };
        for group in &mut watched.groups {
            if Arc::ptr_eq(&group.watch, watch) {
                group.sessions -= 1;
            }
        }
        watched.groups.retain(|group| group.sessions > 0);
        self.forget_if_empty(&watch.id);
    }

    /// The sessions of an account that has any.
    pub(super) fn pulses(&mut self, id: &EntryId) -> Option<&mut Pulses> {
        self.accounts.get_mut(id).map(|watched| &mut watched.pulses)
    }

    fn forget_if_empty(&mut self, id: &Arc<EntryId>) {
        if let Some(watched) = self.accounts.get(id)
            && watched.groups.is_empty()
        {
            self.due.remove(&(watched.due, Arc::clone(id)));
            self.accounts.remove(id);
        }
    }

    /// When the next account is to be looked at.
    pub(super) fn next(&self) -> Option<Instant> {
        self.due.first().map(|(due, _)| *due)
    }

    /// An account that is to be looked at now, and again at its next time, whatever comes of it.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<Look> {
        let (due, id) = self.due.first()?.clone();
        if due > now {
            return None;
        }
        self.due.remove(&(due, Arc::clone(&id)));
        let next = following(due, now, self.interval);
        if let Some(watched) = self.accounts.get_mut(&id) {
            watched.due = next;
            self.due.insert((next, Arc::clone(&id)));
        }
        let number = self.next_number();
        Some(Look { id, number })
    }

    /// What came of looking at an account. Its sessions that have to end are told, and are none of ours any more: a login
    /// after this begins anew. One with a password that nobody had logged in with when the look began knows better than
    /// the look does, which may have seen what was before that password.
    pub(super) fn answered(&mut self, Look { id, number }: &Look, finding: &Finding) {
        let Some(watched) = self.accounts.get_mut(id) else {
            return;
        };
        watched.groups.retain(|group| {
            if group.since > *number {
                return true;
            }
            let ending = finding.ends(group.watch.version.as_deref());
            ending.map(|ending| group.watch.end(ending)).is_none()
        });
        self.forget_if_empty(id);
    }

    /// Whether nothing is left of any session.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.accounts.is_empty() && self.due.is_empty()
    }
}

/// An account keeps its place in the interval when it is looked at late: those that waited for a directory that was down
/// would be due at once ever after.
fn following(due: Instant, now: Instant, interval: Duration) -> Instant {
    let late = now.saturating_duration_since(due).as_nanos();
    let missed = late.checked_div(interval.as_nanos()).unwrap_or(0);
    due + interval.saturating_mul(u32::try_from(missed).unwrap_or(0) + 1)
}

/// How long an account's first look waits: anywhere within the interval, as the `hash` of its id has it. After a restart
/// everybody logs in at once.
fn first(interval: Duration, hash: u64) -> Duration {
    // The higher half is exact as a floating point number.
    interval.mul_f64(f64::from((hash >> 32) as u32) / f64::from(u32::MAX))
}
