//! The selected mailbox as the client knows it.

use std::num::NonZeroU32;
use std::sync::Arc;

use gatepost_imap::Response;
use gatepost_imap::command::By;
use gatepost_imap::response::fetch::{Fetch, Item};
use gatepost_imap::types::{NonEmpty, SequenceSet};
use tokio::sync::watch;

use super::Failure;
use crate::mail::output::Output;
use crate::mail::store::mailbox::{Mailbox, Message, State};

/// A mailbox and the numbers that its messages have for this client: the n-th of `uids` is message n. Other sessions'
/// changes are told at the ends of commands and during IDLE; until then they are unknown to the client.
#[derive(Debug)]
pub(crate) struct Selected {
    mailbox: Arc<Mailbox>,
    access: Access,
    uids: Vec<NonZeroU32>,
    /// The highest UID that the client was told of.
    last: u32,
    /// The revision up to which flags and new messages were told.
    told: u64,
    /// The revision up to which expunges were told.
    expunges_told: u64,
    changes: watch::Receiver<u64>,
}

/// What SELECT and EXAMINE differ in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    ReadWrite,
    ReadOnly,
}

/// Whether EXPUNGE responses may be sent now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expunges {
    Told,
    Held,
}

/// A message by the number the client has for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) number: NonZeroU32,
    pub(crate) uid: NonZeroU32,
}

/// The number of the message at this index.
pub(crate) fn number(index: usize) -> NonZeroU32 {
    NonZeroU32::MIN.saturating_add(u32::try_from(index).unwrap_or(u32::MAX))
}

impl Selected {
    pub(crate) fn open(mailbox: Arc<Mailbox>, access: Access) -> Self {
        let changes = mailbox.watch();
        let (uids, told) = mailbox.with(|state| {
            let uids: Vec<NonZeroU32> = state.messages().iter().map(|message| message.uid).collect();
            (uids, state.revision())
        });
        let last = uids.last().map_or(0, |uid| uid.get());
        Self {
            mailbox,
            access,
            uids,
            last,
            told,
            expunges_told: told,
            changes,
        }
    }

    pub(crate) fn mailbox(&self) -> &Arc<Mailbox> {
        &self.mailbox
    }

    pub(crate) fn access(&self) -> Access {
        self.access
    }

    pub(crate) fn changes(&mut self) -> &mut watch::Receiver<u64> {
        &mut self.changes
    }

    /// How many messages the client knows of.
    pub(crate) fn len(&self) -> usize {
        self.uids.len()
    }

    /// The highest number or UID: what `*` stands for.
    pub(crate) fn last(&self, by: By) -> u32 {
        match by {
            By::Sequence => u32::try_from(self.uids.len()).unwrap_or(u32::MAX),
            By::Uid => self.uids.last().map_or(0, |uid| uid.get()),
        }
    }

    /// Every message the client knows of.
    pub(crate) fn all(&self) -> impl Iterator<Item = Target> {
        self.uids.iter().enumerate().map(|(index, &uid)| Target {
            number: number(index),
            uid,
        })
    }

    /// The messages that a set names, in order and once each; numbers that name none are skipped.
    pub(super) fn targets(&self, set: &SequenceSet, by: By) -> Result<Vec<Target>, Failure> {
        if set.is_saved_result() {
            return Err(Failure::Bad("searches are not saved"));
        }
        let mut targets = Vec::new();
        for range in set.resolved(self.last(by)) {
            let (from, to) = match by {
                By::Sequence => ((*range.start() as usize).saturating_sub(1), *range.end() as usize),
                By::Uid => (
                    self.uids.partition_point(|uid| uid.get() < *range.start()),
                    self.uids.partition_point(|uid| uid.get() <= *range.end()),
                ),
            };
            let uids = self.uids.iter().enumerate().take(to).skip(from);
            targets.extend(uids.map(|(index, &uid)| Target {
                number: number(index),
                uid,
            }));
        }
        Ok(targets)
    }

    /// Tells what changed since it was told last.
    pub(crate) fn update(&mut self, expunges: Expunges, out: &mut Output) {
        let mailbox = Arc::clone(&self.mailbox);
        mailbox.with(|state| self.tell(state, expunges, out));
    }

    /// Lets `work` change the mailbox after everything before was told, so that the change itself, which `work`
    /// answers for, is not told again. Expunges are left to [`Selected::update`].
    pub(crate) fn with<T>(&mut self, out: &mut Output, work: impl FnOnce(&mut State, &mut Output) -> T) -> T {
        let mailbox = Arc::clone(&self.mailbox);
        mailbox.with(|state| {
            self.tell(state, Expunges::Held, out);
            let result = work(state, out);
            self.told = state.revision();
            result
        })
    }

    fn tell(&mut self, state: &State, expunges: Expunges, out: &mut Output) {
        if expunges == Expunges::Told && state.expunged() > self.expunges_told {
            self.tell_expunged(state, out);
        }
        if state.flagged() > self.told {
            self.tell_flagged(state, out);
        }
        let new = state.after(self.last);
        if let Some(newest) = new.last() {
            self.last = newest.uid.get();
            self.uids.extend(new.iter().map(|message| message.uid));
            out.tell(&Response::Exists(self.last(By::Sequence)));
        }
        self.told = state.revision();
    }

    /// `* n EXPUNGE` for each message that is gone; each shifts the numbers behind it.
    fn tell_expunged(&mut self, state: &State, out: &mut Output) {
        let mut present = state.messages().iter().map(|message| message.uid).peekable();
        let mut index = 0;
        self.uids.retain(|uid| {
            while present.next_if(|present| present < uid).is_some() {}
            let kept = present.peek() == Some(uid);
            index += usize::from(kept);
            if !kept {
                out.tell(&Response::Expunge(number(index)));
            }
            kept
        });
        self.expunges_told = state.revision();
    }

    fn tell_flagged(&self, state: &State, out: &mut Output) {
        let changed = state
            .messages()
            .iter()
            .filter(|message| message.changed > self.told);
        for message in changed {
            if let Ok(index) = self.uids.binary_search(&message.uid) {
                tell_flags(number(index), message, out);
            }
        }
    }
}

/// `* n FETCH (UID .. FLAGS ..)`
pub(crate) fn tell_flags(number: NonZeroU32, message: &Message, out: &mut Output) {
    let mut items = NonEmpty::of(Item::Uid(message.uid));
    items.push(Item::Flags(message.draft.flags.to_vec()));
    out.tell(&Response::Fetch(Fetch { number, items }));
}
