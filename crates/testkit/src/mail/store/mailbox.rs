//! One mailbox.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use crate::mail::flags::Flags;
use crate::mail::message::Content;
use crate::mail::{DateTime, Flag, SpecialUse};

/// A mailbox: its state behind a lock, and a word to whoever waits for a change of it.
#[derive(Debug)]
pub(crate) struct Mailbox {
    uid_validity: NonZeroU32,
    special_use: Option<SpecialUse>,
    state: Mutex<State>,
    revision: watch::Sender<u64>,
}

/// The messages of a mailbox in the order of their UIDs, and when they changed. A revision counts changes.
#[derive(Debug)]
pub(crate) struct State {
    messages: Vec<Message>,
    next_uid: NonZeroU32,
    revision: u64,
    /// The revision of the last change of flags.
    flagged: u64,
    /// The revision of the last expunge.
    expunged: u64,
}

/// A message in a mailbox.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) uid: NonZeroU32,
    /// The revision in which it came or its flags changed.
    pub(crate) changed: u64,
    pub(crate) draft: Draft,
}

/// A message without a place yet: what APPEND brings and COPY carries.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) content: Arc<Content>,
    pub(crate) flags: Flags,
    pub(crate) date: DateTime,
}

impl Draft {
    /// RFC822.SIZE: its octets.
    pub(crate) fn size(&self) -> usize {
        self.content.octets().len()
    }
}

impl Mailbox {
    pub(crate) fn new(uid_validity: NonZeroU32, special_use: Option<SpecialUse>) -> Self {
        let state = State {
            messages: Vec::new(),
            next_uid: NonZeroU32::MIN,
            revision: 0,
            flagged: 0,
            expunged: 0,
        };
        Self {
            uid_validity,
            special_use,
            state: Mutex::new(state),
            revision: watch::Sender::new(0),
        }
    }

    pub(crate) fn uid_validity(&self) -> NonZeroU32 {
        self.uid_validity
    }

    pub(crate) fn special_use(&self) -> Option<SpecialUse> {
        self.special_use
    }

    /// Wakes whenever the mailbox has changed.
    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.revision.subscribe()
    }

    /// Runs `work` under the mailbox's lock, and tells those who wait if it changed anything.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let before = state.revision;
        let result = work(&mut state);
        if state.revision != before {
            self.revision.send_replace(state.revision);
        }
        result
    }

    /// Adds messages and gives the UID of the first; the others follow it.
    pub(crate) fn append(&self, drafts: impl IntoIterator<Item = Draft>) -> NonZeroU32 {
        self.with(|state| {
            let first = state.next_uid;
            drafts.into_iter().for_each(|draft| state.push(draft));
            first
        })
    }
}

impl State {
    pub(crate) fn messages(&self) -> &[Message] {
        &self.messages
    }

    pub(crate) fn next_uid(&self) -> NonZeroU32 {
        self.next_uid
    }

    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    pub(crate) fn flagged(&self) -> u64 {
        self.flagged
    }

    pub(crate) fn expunged(&self) -> u64 {
        self.expunged
    }

    pub(crate) fn find(&self, uid: NonZeroU32) -> Option<&Message> {
        let index = self
            .messages
            .binary_search_by_key(&uid, |message| message.uid)
            .ok()?;
        self.messages.get(index)
    }

    /// The messages with UIDs above `uid`.
    pub(crate) fn after(&self, uid: u32) -> &[Message] {
        let first = self.messages.partition_point(|message| message.uid.get() <= uid);
        self.messages.get(first..).unwrap_or_default()
    }

    fn push(&mut self, draft: Draft) {
        self.revision += 1;
        self.messages.push(Message {
            uid: self.next_uid,
            changed: self.revision,
            draft,
        });
        self.next_uid = self.next_uid.saturating_add(1);
    }

    /// Lets `change` set and remove flags of a message; nothing happens if it leaves them as they were.
    pub(crate) fn reflag(&mut self, uid: NonZeroU32, change: impl FnOnce(&mut Flags)) {
        let Ok(index) = self.messages.binary_search_by_key(&uid, |message| message.uid) else {
            return;
        };
        let Some(message) = self.messages.get_mut(index) else {
            return;
        };
        let before = message.draft.flags.clone();
        change(&mut message.draft.flags);
        if message.draft.flags != before {
            self.revision += 1;
            self.flagged = self.revision;
            message.changed = self.revision;
        }
    }

    /// Takes the messages out that are `chosen`.
    pub(crate) fn take(&mut self, mut chosen: impl FnMut(&Message) -> bool) -> Vec<Message> {
        let taken: Vec<Message> = self.messages.extract_if(.., |message| chosen(message)).collect();
        if !taken.is_empty() {
            self.revision += 1;
            self.expunged = self.revision;
        }
        taken
    }

    pub(crate) fn count_without(&self, flag: &Flag) -> usize {
        self.messages
            .iter()
            .filter(|message| !message.draft.flags.contains(flag))
            .count()
    }
}
