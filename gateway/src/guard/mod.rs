//! Keeps devices with an old password, and people who guess, from locking accounts in the directory.
//!
//! Every login is asked about here after its name is resolved and before its proof is judged, whatever the protocol.
//! What counts is the directory's own count of failures: it begins anew with a success, or when its observation window
//! has passed since the last failure. [`machine::Machine`] counts in the same way, a little more strictly, and so keeps
//! the directory's count at or below the configured number, whoever tries what from where:
//!
//! - A count is over only when the window has passed since the *last* failure's answer, and nothing is in flight. A
//!   window that slides would not do: failures that come one by one before the directory's window is over add up
//!   there for ever.
//! - What is being judged counts as if it was wrong. What could become one failure too many waits.
//! - A success takes back the failures that were answered before it was asked for, and no others.
//! - A wrong password is remembered, and not asked about again while the secret is the same. If one cannot tell, or the
//!   secret changed a moment ago, it is asked about again once a window.
//! - A password that proved right lately may always ask, so that nobody is cut off by somebody else's guesses. If it is
//!   wrong by now that costs one failure more, once: it is a wrong password from then on. Where the directory has a
//!   version of the secret it does not even cost that, because a password of another version never proved right.
//! - Challenge-responses cannot be remembered. After some failures in a row from one network for one account only that
//!   network is refused. A network that the account was logged in to from lately has one attempt more when the
//!   failures are spent; all such networks share the one.
//!
//! Names that are nobody's are counted like accounts, so that the answers do not tell who exists.

mod account;
mod decision;
mod distinct;
mod gate;
mod machine;
mod memory;
mod networks;
mod seal;
mod subject;
mod table;
#[cfg(test)]
mod tests;

use std::time::Duration;

use gatepost_directory::{Denial, EntryId, Verdict};

pub(crate) use gate::{Guard, Permit, Stopped};
pub(crate) use seal::Print;
#[cfg(test)]
pub(crate) use seal::Seal;
pub(crate) use subject::{Attempt, Network};

/// Whether the directory may be asked.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Permission {
    /// It may; what comes of it has to be said, with this.
    Ask(Ticket),
    /// It has answered a moment ago: the proof is right.
    KnownRight,
    /// It has answered before: the proof is wrong.
    KnownWrong,
    /// It may not, now.
    Spent(Why),
    /// That depends on what it says to others: ask again after the next answer.
    Wait,
}

/// An attempt that the directory is judging.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ticket(u64);

/// Why the directory is not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// The account's failures are spent.
    Failures,
    /// Those of this network for the account are.
    Network,
    /// Too many different passwords of the account were wrong.
    Guessing,
    /// Too many accounts failed from the network.
    Spraying,
}

/// What came of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Logged in: the directory begins to count anew.
    Granted,
    /// The proof was right, but the account may not be used. The directory counts nothing.
    ProofRight,
    /// The proof was wrong.
    Wrong,
    /// Nothing was said of the proof.
    NotJudged,
}

/// What an administrator has to hear of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alarm {
    /// The network's failures are at too many accounts.
    Spraying,
    /// The account's failures are of too many different passwords.
    Guessing,
}

/// An account of which failures, or wrong passwords, are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    /// The directory's name in the configuration.
    pub(crate) directory: String,
    pub(crate) id: EntryId,
    /// The account's name in the directory.
    pub(crate) name: String,
    /// Failures that count.
    pub(crate) failures: usize,
    /// If they are spent, for how long yet.
    pub(crate) spent_for: Option<Duration>,
    /// Passwords that are not asked about because they are wrong.
    pub(crate) known_wrong: usize,
    /// Where the failures came from.
    pub(crate) networks: Vec<ListedNetwork>,
}

/// A network from which an account's logins failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ListedNetwork {
    pub(crate) network: Network,
    pub(crate) failures: u32,
    /// Whether challenge-responses from there are refused.
    pub(crate) spent: bool,
}

impl Why {
    /// In words for the log.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Failures => "the account's failures are spent",
            Self::Network => "the network's failures for this account are spent",
            Self::Guessing => "too many different passwords for this account",
            Self::Spraying => "too many accounts from this network",
        }
    }
}

impl Outcome {
    /// What a verdict says of the proof.
    pub(crate) fn of(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Granted(_) => Self::Granted,
            // What cannot be judged is counted by us alone: a client that could try it for ever would know that the name is
            // somebody's.
            Verdict::Denied(Denial::BadCredentials | Denial::NotSupported) => Self::Wrong,
            Verdict::Denied(denial) if denial.proof_was_right() => Self::ProofRight,
            // A locked account is said to be locked whatever the proof, and directories do not count then. To ask again
            // does no harm, and finds out at once that it was unlocked.
            Verdict::Denied(_) | Verdict::Unavailable(_) => Self::NotJudged,
        }
    }
}
