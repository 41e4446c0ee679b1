//! What was sent, by what its senders heard: the truth that mailboxes are held against.

mod judge;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub(crate) use judge::{Judgement, judge};

/// A user's number.
pub(crate) type User = usize;

/// A letter, which was tried to be sent once. What is tried again is another letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Letter {
    pub(crate) from: User,
    pub(crate) to: Vec<User>,
    pub(crate) octets: usize,
    pub(crate) heard: Heard,
    pub(crate) own: Own,
}

/// What its sender knows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Heard {
    /// Nothing: the connection ended before there was an answer.
    Nothing,
    /// 250.
    Accepted,
    /// The code of the answer, which is another one. `whole`: it had sent all of the message.
    Refused { code: u16, whole: bool },
}

/// Whether the sender has filed a copy by himself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Own {
    /// He has not tried.
    None,
    /// He has, well before the gateway would.
    InTime,
    /// He has tried, but perhaps after the gateway, or has heard no answer: two copies are known to be possible.
    Perhaps,
}

/// All letters, by their ids.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    letters: BTreeMap<String, Letter>,
}

impl Ledger {
    /// A letter is about to be sent.
    pub(crate) fn begin(&mut self, id: &str, from: User, to: Vec<User>, octets: usize) {
        let letter = Letter {
            from,
            to,
            octets,
            heard: Heard::Nothing,
            own: Own::None,
        };
        self.letters.insert(id.to_owned(), letter);
    }

    pub(crate) fn hear(&mut self, id: &str, heard: Heard) {
        if let Some(letter) = self.letters.get_mut(id) {
            letter.heard = heard;
        }
    }

    pub(crate) fn filed(&mut self, id: &str, own: Own) {
        if let Some(letter) = self.letters.get_mut(id) {
            letter.own = own;
        }
    }

    pub(crate) fn letter(&self, id: &str) -> Option<&Letter> {
        self.letters.get(id)
    }

    pub(crate) fn letters(&self) -> &BTreeMap<String, Letter> {
        &self.letters
    }

    /// A line for each letter.
    pub(crate) fn text(&self) -> String {
        let lines = self.letters.iter();
        lines.map(|(id, letter)| format!("{id}\t{letter:?}\n")).collect()
    }
}

/// A message that was found in a mailbox at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) user: User,
    pub(crate) place: Place,
    /// `Err`: what it is, if it is no letter.
    pub(crate) seen: Result<crate::letter::Seen, String>,
}

/// In which mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    Inbox,
    Sent,
    /// One where nothing was put whole.
    Empty,
}
