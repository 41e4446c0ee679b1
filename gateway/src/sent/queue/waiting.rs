//! A copy that waits, and its account.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use super::Schedule;
use crate::config::SentMode;
use crate::sent::entry::{CopyId, Metadata};

/// An account: the directory and the stable id in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct AccountKey {
    pub(crate) directory: Box<str>,
    pub(crate) id: Box<str>,
}

/// The copies of an account.
#[derive(Debug, Default)]
pub(super) struct Account {
    pub(super) copies: usize,
    /// Those that have a Message-ID.
    pub(super) by_message_id: HashMap<Box<str>, BTreeSet<CopyId>>,
    /// Whether one of them is being filed.
    pub(super) busy: bool,
}

impl Account {
    pub(super) fn add(&mut self, id: &CopyId, message_id: Option<&str>) {
        self.copies += 1;
        if let Some(message_id) = message_id {
            let same = self.by_message_id.entry(message_id.into()).or_default();
            same.insert(id.clone());
        }
    }

    pub(super) fn remove(&mut self, id: &CopyId, message_id: Option<&str>) {
        self.copies = self.copies.saturating_sub(1);
        let Some(message_id) = message_id else { return };
        if let Some(same) = self.by_message_id.get_mut(message_id) {
            same.remove(id);
            if same.is_empty() {
                self.by_message_id.remove(message_id);
            }
        }
    }
}

/// A copy that comes into the queue.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arrival<'a> {
    pub(crate) metadata: &'a Metadata,
    /// How long ago the message came.
    pub(crate) age: Duration,
    /// For how long the copy was tried already.
    pub(crate) tried: Duration,
    pub(crate) origin: Origin,
}

/// Where a copy comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A session of this run, in which the message began to come at that moment.
    Session(Instant),
    /// An earlier run, which may have handed it to a mail server that is not done with it.
    EarlierRun,
    /// Somebody put it into the queue.
    Hand,
}

impl Origin {
    /// When the message began to come, if that was in this run.
    pub(super) fn began(self) -> Option<Instant> {
        match self {
            Self::Session(began) => Some(began),
            Self::EarlierRun | Self::Hand => None,
        }
    }
}

/// A copy in the queue.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) account: AccountKey,
    pub(super) backend: String,
    pub(super) message_id: Option<Box<str>>,
    pub(super) due: Instant,
    /// The end of its life.
    pub(super) expires: Instant,
    pub(super) attempts: u32,
    pub(super) state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// In its backend's list.
    Listed,
    /// Being filed.
    Filing,
    /// Being filed, and the client has filed it.
    FilingSettled,
    /// Not to be filed any more: it is being removed or put aside, or will be.
    Settled,
}

impl Waiting {
    /// Not in any list yet.
    pub(super) fn new(arrival: &Arrival<'_>, schedule: &Schedule, now: Instant) -> Self {
        let envelope = &arrival.metadata.envelope;
        let wait = match envelope.mode {
            SentMode::Always => Duration::ZERO,
            SentMode::IfMissing | SentMode::Off => schedule
                .wait_for(arrival.metadata.came_in())
                .saturating_sub(arrival.age),
        };
        let wait = match arrival.origin {
            Origin::EarlierRun => wait.max(schedule.restart_wait),
            Origin::Session(_) | Origin::Hand => wait,
        };
        Self {
            account: AccountKey {
                directory: envelope.directory.as_str().into(),
                id: envelope.account.0.as_str().into(),
            },
            backend: envelope.backend.clone(),
            message_id: arrival.metadata.message_id.as_deref().map(Into::into),
            due: now + wait,
            expires: now + schedule.rest(arrival.tried),
            attempts: 0,
            state: State::Settled,
        }
    }
}
