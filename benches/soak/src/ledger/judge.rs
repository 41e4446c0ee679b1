//! Holds what is in the mailboxes against the ledger.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{Found, Heard, Letter, Own, Place, User};
use crate::letter::Seen;

/// What must not be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Violation {
    /// The letter's id, where there is one.
    pub(crate) id: Option<String>,
    pub(crate) fault: Fault,
}

/// In which way.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// It was accepted, and one of its recipients has not got it.
    Lost(User),
    /// It came to one recipient, and not to another.
    Partly(User),
    /// The MTA has accepted it twice.
    Doubled { user: User, times: usize },
    /// It was refused, or its end was never sent, and came all the same.
    Refused(User),
    /// It was accepted, and there is no copy in its sender's Sent, or too many.
    Copies(usize),
    /// There is a copy of what was not accepted for anybody.
    CopyOfNothing,
    /// It came, its sender knows nothing of it, and there is neither a copy nor one in doubt.
    NotInDoubt,
    /// It was accepted, or not sent, and its copy is in doubt.
    InDoubt,
    /// It is in a mailbox where it does not belong.
    Foreign(User, Place),
    /// It is not as it was sent.
    Broken(User, String),
    /// A message that nobody has sent.
    Unexpected(User, Place, String),
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "letter {}: {:?}",
            self.id.as_deref().unwrap_or("-"),
            self.fault
        )
    }
}

/// What came of the comparison.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Judgement {
    pub(crate) violations: BTreeSet<Violation>,
    /// Letters that came to their recipients, each counted once for each of them.
    pub(crate) arrived: usize,
    /// Copies in Sent.
    pub(crate) copies: usize,
    /// Letters that came although their senders heard no 250.
    pub(crate) unheard: usize,
    /// What the MTA delivered twice, as LMTP does when a server dies over it. The gateway has no part in that.
    pub(crate) redelivered: usize,
    /// Letters with two copies, for a reason that is known: see [`Own::Perhaps`].
    pub(crate) known_doubles: usize,
}

/// Where a letter was found.
#[derive(Debug, Default)]
struct Whereabouts {
    /// By which ids of the MTA's it came to somebody, and how often.
    inboxes: BTreeMap<User, BTreeMap<Option<String>, usize>>,
    copies: usize,
}

/// `doubt` holds the ids of the letters whose copies the gateway has in doubt.
pub(crate) fn judge(
    letters: &BTreeMap<String, Letter>,
    found: &[Found],
    doubt: &BTreeSet<String>,
) -> Judgement {
    let mut judgement = Judgement::default();
    let mut whereabouts: BTreeMap<&str, Whereabouts> = BTreeMap::new();
    for found in found {
        let Some(seen) = judgement.belongs(letters, found) else {
            continue;
        };
        let there = whereabouts.entry(&seen.id).or_default();
        match found.place {
            Place::Inbox => {
                let ids = there.inboxes.entry(found.user).or_default();
                *ids.entry(seen.queue_id.clone()).or_default() += 1;
            }
            Place::Sent | Place::Empty => there.copies += 1,
        }
    }
    for (id, letter) in letters {
        let there = whereabouts.remove(id.as_str()).unwrap_or_default();
        judgement.letter(id, letter, &there, doubt.contains(id));
    }
    judgement
}

impl Judgement {
    fn add(&mut self, id: &str, fault: Fault) {
        let id = Some(id.to_owned());
        self.violations.insert(Violation { id, fault });
    }

    /// Whether a message may be where it was found; if not, that is all to be said of it.
    fn belongs<'a>(&mut self, letters: &BTreeMap<String, Letter>, found: &'a Found) -> Option<&'a Seen> {
        let Found { user, place, seen } = found;
        let seen = match seen {
            Ok(seen) => seen,
            Err(what) => {
                let fault = Fault::Unexpected(*user, *place, what.clone());
                self.violations.insert(Violation { id: None, fault });
                return None;
            }
        };
        let Some(letter) = letters.get(&seen.id) else {
            self.add(
                &seen.id,
                Fault::Unexpected(*user, *place, "never sent".to_owned()),
            );
            return None;
        };
        let belongs = match place {
            Place::Inbox => letter.to.contains(user),
            Place::Sent => letter.from == *user,
            Place::Empty => false,
        };
        if !belongs {
            self.add(&seen.id, Fault::Foreign(*user, *place));
            return None;
        }
        if let Some(fault) = &seen.fault {
            self.add(&seen.id, Fault::Broken(*user, fault.clone()));
        }
        Some(seen)
    }

    fn letter(&mut self, id: &str, letter: &Letter, there: &Whereabouts, in_doubt: bool) {
        self.deliveries(id, there);
        self.arrived += there.inboxes.len();
        self.copies += there.copies;
        match letter.heard {
            Heard::Accepted => self.accepted(id, letter, there, in_doubt),
            Heard::Refused { code: 500.., .. } | Heard::Refused { whole: false, .. } => {
                self.refused(id, there, in_doubt);
            }
            Heard::Nothing | Heard::Refused { .. } => self.unknown(id, letter, there, in_doubt),
        }
    }

    /// Twice by one id of the MTA's is the MTA's doing; by two it was handed over twice.
    fn deliveries(&mut self, id: &str, there: &Whereabouts) {
        for (user, ids) in &there.inboxes {
            let times = ids.len();
            if times > 1 {
                self.add(id, Fault::Doubled { user: *user, times });
            }
            self.redelivered += ids.values().map(|times| times - 1).sum::<usize>();
        }
    }

    fn accepted(&mut self, id: &str, letter: &Letter, there: &Whereabouts, in_doubt: bool) {
        for user in &letter.to {
            if !there.inboxes.contains_key(user) {
                self.add(id, Fault::Lost(*user));
            }
        }
        match (there.copies, letter.own) {
            (1, _) => {}
            (2, Own::Perhaps) => self.known_doubles += 1,
            (copies, _) => self.add(id, Fault::Copies(copies)),
        }
        if in_doubt {
            self.add(id, Fault::InDoubt);
        }
    }

    fn refused(&mut self, id: &str, there: &Whereabouts, in_doubt: bool) {
        for user in there.inboxes.keys() {
            self.add(id, Fault::Refused(*user));
        }
        if there.copies > 0 {
            self.add(id, Fault::CopyOfNothing);
        }
        if in_doubt {
            self.add(id, Fault::InDoubt);
        }
    }

    /// It may have come or not, but whoever asks finds out: what came has a copy, or one in doubt.
    fn unknown(&mut self, id: &str, letter: &Letter, there: &Whereabouts, in_doubt: bool) {
        if there.inboxes.is_empty() {
            if there.copies > 0 {
                self.add(id, Fault::CopyOfNothing);
            }
            return;
        }
        self.unheard += 1;
        for user in &letter.to {
            if !there.inboxes.contains_key(user) {
                self.add(id, Fault::Partly(*user));
            }
        }
        match (there.copies, in_doubt) {
            (1, false) | (0, true) => {}
            (0, false) => self.add(id, Fault::NotInDoubt),
            (1, true) => self.add(id, Fault::InDoubt),
            (copies, _) => self.add(id, Fault::Copies(copies)),
        }
    }
}
