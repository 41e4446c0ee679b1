//! Which copy is filed when. No clock, no disk, no network: time and chance are arguments.
//!
//! - A copy is due once its wait for the client's own is over, and after a failure once its pause is.
//! - Of one account one copy is filed at a time: two with the same Message-ID would not see each other.
//! - A mail server or directory that is down is left alone for a pause of its own; then one copy shows whether it is
//!   up again. A mail server that refuses several accounts one after the other is as good as down.
//! - What a client files itself is removed without being filed.

mod appends;
mod backend;
mod schedule;
#[cfg(test)]
mod tests;
mod waiting;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::{Duration, Instant};

use super::entry::CopyId;
use appends::Appends;
use backend::{Backend, Door};
use waiting::{Account, State, Waiting};

pub(crate) use schedule::{Jitter, Schedule};
pub(crate) use waiting::{AccountKey, Arrival, Origin};

/// Copies that wait.
#[derive(Debug)]
pub(crate) struct Queue {
    schedule: Schedule,
    copies: HashMap<CopyId, Waiting>,
    /// They should be put aside, and that failed.
    held: BTreeSet<CopyId>,
    /// Being queued: they are in the folder, or will be in a moment.
    expected: HashSet<CopyId>,
    accounts: HashMap<AccountKey, Account>,
    backends: BTreeMap<String, Backend>,
    directories: BTreeMap<Box<str>, Door>,
    /// Filed already, whoever did it, and from when on they are to be removed.
    settled: BTreeSet<(Instant, CopyId)>,
    appends: Appends,
    filing: usize,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Next {
    /// File this copy, and say what came of it.
    File(CopyId),
    /// Remove this copy: it is filed.
    Remove(CopyId),
    /// Nothing, until then or until something happens.
    Wait(Option<Instant>),
}

/// Why a copy could not be filed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is this copy's, or its account's.
    Copy,
    /// The mail server got the whole message and did not answer. It may file it yet.
    Unanswered,
    /// The mail server of this name is down, or lets nobody in.
    Backend(String),
    /// The mail server of this name does not let this account in. If that goes on with others, it lets nobody in.
    Login(String),
    /// The account's directory is down.
    Directory,
}

/// What became of a copy that could not be filed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Retry {
    /// It will be tried again in so long.
    In(Duration),
    /// It was tried for long enough.
    GivenUp,
}

impl Queue {
    pub(crate) fn new(schedule: Schedule) -> Self {
        Self {
            schedule,
            copies: HashMap::new(),
            held: BTreeSet::new(),
            expected: HashSet::new(),
            accounts: HashMap::new(),
            backends: BTreeMap::new(),
            directories: BTreeMap::new(),
            settled: BTreeSet::new(),
            appends: Appends::default(),
            filing: 0,
        }
    }

    /// How many copies wait.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.copies.len()
    }

    /// Whether the copy is here, or is about to be.
    pub(crate) fn knows(&self, id: &CopyId) -> bool {
        self.copies.contains_key(id) || self.expected.contains(id)
    }

    /// Whether it has a Message-ID to be searched for.
    pub(crate) fn can_be_found(&self, id: &CopyId) -> bool {
        self.copies.get(id).is_some_and(|copy| copy.message_id.is_some())
    }

    /// How often filing it was begun.
    pub(crate) fn attempts(&self, id: &CopyId) -> u32 {
        self.copies.get(id).map_or(0, |copy| copy.attempts)
    }

    /// This copy will be added: who finds it in the folder before that leaves it alone.
    pub(crate) fn expect(&mut self, id: &CopyId) {
        self.expected.insert(id.clone());
    }

    /// Adds a copy. One that is here already stays as it is.
    pub(crate) fn add(&mut self, arrival: Arrival<'_>, now: Instant) {
        let id = &arrival.metadata.id;
        self.expected.remove(id);
        if self.copies.contains_key(id) {
            return;
        }
        let copy = Waiting::new(&arrival, &self.schedule, now);
        let filed = copy.message_id.as_deref().zip(arrival.origin.began());
        let filed =
            filed.is_some_and(|(message_id, began)| self.appends.have(&copy.account, message_id, began));
        let account = self.accounts.entry(copy.account.clone()).or_default();
        account.add(id, copy.message_id.as_deref());
        let due = copy.due;
        self.copies.insert(id.clone(), copy);
        if filed {
            self.settled.insert((now, id.clone()));
        } else {
            self.list(id, due);
        }
    }

    /// The account's client has filed a message itself: what waits with this Message-ID is not filed any more.
    pub(crate) fn appended(&mut self, account: AccountKey, message_id: &str, now: Instant) {
        let same = self.accounts.get(&account);
        let same = same.and_then(|account| account.by_message_id.get(message_id));
        for id in same.cloned().unwrap_or_default() {
            self.settle(&id, now);
        }
        self.appends.remember(account, message_id, now);
    }

    fn settle(&mut self, id: &CopyId, now: Instant) {
        let Some(copy) = self.copies.get_mut(id) else {
            return;
        };
        match copy.state {
            State::Listed => {
                self.unlist(id);
                self.settled.insert((now, id.clone()));
            }
            // It may have been filed a moment ago; if not, it need not be any more.
            State::Filing => copy.state = State::FilingSettled,
            State::FilingSettled | State::Settled => {}
        }
    }

    fn unlist(&mut self, id: &CopyId) {
        let Some(copy) = self.copies.get_mut(id) else {
            return;
        };
        if std::mem::replace(&mut copy.state, State::Settled) != State::Listed {
            return;
        }
        let busy = is_busy(&self.accounts, &copy.account);
        if let Some(backend) = self.backends.get_mut(&copy.backend) {
            backend.remove(&copy.account, &(copy.due, id.clone()), busy);
        }
    }

    /// What to do next. [`Next::File`] and [`Next::Remove`] take the copy out, until it is said what came of it.
    pub(crate) fn next(&mut self, now: Instant) -> Next {
        let settled = self.settled.first().map(|(due, _)| *due);
        if settled.is_some_and(|due| due <= now)
            && let Some((_, id)) = self.settled.pop_first()
        {
            return Next::Remove(id);
        }
        if self.filing >= self.schedule.filings {
            return Next::Wait(settled);
        }
        match self.choose(now) {
            Ok(id) => {
                self.take(&id);
                Next::File(id)
            }
            Err(until) => Next::Wait(until.into_iter().chain(settled).min()),
        }
    }

    /// The copy that is due, of the mail server with the fewest filings; else when the next one will be.
    fn choose(&self, now: Instant) -> Result<CopyId, Option<Instant>> {
        let (mut chosen, mut until) = (None::<(usize, Instant, &CopyId)>, None::<Instant>);
        for backend in self.backends.values() {
            let Some(opens) = backend.door.opens(now) else {
                continue;
            };
            for (directory, (due, id)) in backend.firsts() {
                let directory = self.directories.get(directory);
                let Some(known) = directory.map_or(Some(now), |door| door.opens(now)) else {
                    continue;
                };
                let moment = opens.max(known).max(*due);
                let filing = backend.door.filing;
                if moment > now {
                    until = Some(until.map_or(moment, |until| until.min(moment)));
                } else if chosen.is_none_or(|best| (filing, *due) < (best.0, best.1)) {
                    chosen = Some((filing, *due, id));
                }
            }
        }
        chosen.map(|(.., id)| id.clone()).ok_or(until)
    }

    fn list(&mut self, id: &CopyId, due: Instant) {
        let Some(copy) = self.copies.get_mut(id) else {
            return;
        };
        (copy.due, copy.state) = (due, State::Listed);
        let busy = is_busy(&self.accounts, &copy.account);
        let backend = self.backends.entry(copy.backend.clone()).or_default();
        backend.insert(&copy.account, (due, id.clone()), busy);
    }

    fn take(&mut self, id: &CopyId) {
        self.unlist(id);
        let Some(copy) = self.copies.get_mut(id) else {
            return;
        };
        copy.state = State::Filing;
        copy.attempts = copy.attempts.saturating_add(1);
        if let Some(backend) = self.backends.get_mut(&copy.backend) {
            backend.door.filing += 1;
        }
        let directory = copy.account.directory.clone();
        self.directories.entry(directory).or_default().filing += 1;
        self.filing += 1;
        self.busy(id, true);
    }

    fn busy(&mut self, id: &CopyId, busy: bool) {
        let Some(key) = self.copies.get(id).map(|copy| &copy.account) else {
            return;
        };
        if let Some(account) = self.accounts.get_mut(key) {
            account.busy = busy;
        }
        // It may have moved, so its copies may be in several lists.
        for backend in self.backends.values_mut() {
            if busy {
                backend.hide(key);
            } else {
                backend.show(key);
            }
        }
    }

    /// Its filing is over, however it ended. Whether somebody has filed it meanwhile.
    fn release(&mut self, id: &CopyId) -> bool {
        let Some(copy) = self.copies.get_mut(id) else {
            return false;
        };
        let settled = copy.state == State::FilingSettled;
        if !matches!(copy.state, State::Filing | State::FilingSettled) {
            return false;
        }
        copy.state = State::Settled;
        if let Some(backend) = self.backends.get_mut(&copy.backend) {
            backend.door.leave();
        }
        if let Some(door) = self.directories.get_mut(&copy.account.directory) {
            door.leave();
        }
        self.filing = self.filing.saturating_sub(1);
        self.busy(id, false);
        settled
    }

    /// It is filed, and will be removed from the spool now.
    pub(crate) fn filed(&mut self, id: &CopyId) {
        self.release(id);
        self.knows_account(id);
        let backend = self.copies.get(id).map(|copy| &copy.backend);
        if let Some(backend) = backend.and_then(|backend| self.backends.get_mut(backend)) {
            backend.is_up();
        }
    }

    /// The directory of this copy's account is up.
    fn knows_account(&mut self, id: &CopyId) {
        let directory = self.copies.get(id).map(|copy| &copy.account.directory);
        if let Some(door) = directory.and_then(|directory| self.directories.get_mut(directory)) {
            door.is_up();
        }
    }

    /// It is not in the spool any more.
    pub(crate) fn removed(&mut self, id: &CopyId) {
        self.release(id);
        self.unlist(id);
        self.expected.remove(id);
        self.held.remove(id);
        let Some(copy) = self.copies.remove(id) else {
            return;
        };
        if let Some(account) = self.accounts.get_mut(&copy.account) {
            account.remove(id, copy.message_id.as_deref());
            if account.copies == 0 {
                self.accounts.remove(&copy.account);
            }
        }
        if self.backends.get(&copy.backend).is_some_and(Backend::is_idle) {
            self.backends.remove(&copy.backend);
        }
    }

    /// It could not be filed. If it is given up, it is to be put aside now, and then [`Queue::removed`].
    pub(crate) fn retry(&mut self, id: &CopyId, fault: &Fault, now: Instant, jitter: Jitter) -> Retry {
        let settled = self.release(id);
        self.blame(id, fault, now, jitter);
        let Some(copy) = self.copies.get(id) else {
            return Retry::GivenUp;
        };
        if settled {
            self.settled.insert((now, id.clone()));
            return Retry::In(Duration::ZERO);
        }
        if copy.expires <= now {
            return Retry::GivenUp;
        }
        let mut pause = self.schedule.pause(copy.attempts, jitter);
        if *fault == Fault::Unanswered {
            pause = pause.max(self.schedule.retry_unanswered);
        }
        self.list(id, now + pause);
        Retry::In(pause)
    }

    /// It is filed, but could not be removed from the spool: later.
    pub(crate) fn remove_later(&mut self, id: &CopyId, now: Instant) {
        self.settled.insert((now + self.schedule.retry_first, id.clone()));
    }

    /// It will not be filed, and could not be put aside: it is held, so that nobody takes it up again.
    pub(crate) fn hold(&mut self, id: &CopyId) {
        self.release(id);
        self.held.insert(id.clone());
    }

    /// What is held.
    pub(crate) fn held(&self) -> Vec<CopyId> {
        self.held.iter().cloned().collect()
    }

    fn blame(&mut self, id: &CopyId, fault: &Fault, now: Instant, jitter: Jitter) {
        let schedule = self.schedule;
        let pause = |failures| schedule.pause(failures, jitter);
        let Some(account) = self.copies.get(id).map(|copy| copy.account.clone()) else {
            return;
        };
        if *fault == Fault::Directory {
            let door = self.directories.entry(account.directory).or_default();
            return door.is_down(now, pause);
        }
        self.knows_account(id);
        match fault {
            Fault::Copy | Fault::Unanswered | Fault::Directory => {}
            Fault::Backend(name) => self.backend_of(id, name).door.is_down(now, pause),
            Fault::Login(name) => {
                let backend = self.backend_of(id, name);
                if backend.refuses(&account) {
                    backend.door.is_down(now, pause);
                }
            }
        }
    }

    /// The copy's mail server, which may be another than before.
    fn backend_of(&mut self, id: &CopyId, name: &str) -> &mut Backend {
        if let Some(copy) = self.copies.get_mut(id)
            && copy.backend != name
        {
            // The account has moved.
            let before = std::mem::replace(&mut copy.backend, name.to_owned());
            self.backends
                .retain(|name, backend| *name != before || !backend.is_idle());
        }
        self.backends.entry(name.to_owned()).or_default()
    }

    /// Those that were tried for long enough and whose mail server or directory is down, which may never be tried again one by one.
    /// They are given up, as by [`Queue::retry`].
    pub(crate) fn expired(&mut self, now: Instant) -> Vec<CopyId> {
        let closed = |copy: &Waiting| {
            let backend = self.backends.get(&copy.backend).map(|backend| &backend.door);
            let doors = backend
                .into_iter()
                .chain(self.directories.get(&copy.account.directory));
            doors.into_iter().any(|door| door.is_closed(now))
        };
        let expired = self
            .copies
            .iter()
            .filter(|(_, copy)| copy.state == State::Listed && copy.expires <= now && closed(copy));
        let expired: Vec<CopyId> = expired.map(|(id, _)| id.clone()).collect();
        expired.iter().for_each(|id| self.unlist(id));
        expired
    }
}

fn is_busy(accounts: &HashMap<AccountKey, Account>, account: &AccountKey) -> bool {
    accounts.get(account).is_some_and(|account| account.busy)
}
