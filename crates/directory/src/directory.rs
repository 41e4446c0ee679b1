//! The contract between a gateway and whatever knows its users.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

use gatepost_sasl::{Claim, ClaimKind, ClaimKinds};

/// A boxed future, so that directories of several kinds stand behind one `dyn Directory`.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Knows users and judges their claims.
pub trait Directory: Send + Sync {
    /// The kinds of claims that this directory can judge for every user in it. A listener must not offer more.
    fn accepts(&self) -> ClaimKinds;

    /// Who is meant by `name`, as typed by a client or stored by us.
    ///
    /// Empty names, names with NUL and names longer than [`MAX_NAME_OCTETS`](crate::MAX_NAME_OCTETS) are [`Resolution::Unknown`] without any
    /// look-up.
    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Resolution>;

    /// Who has the stable id `id`, which came from an entry of this directory and may have been stored meanwhile.
    ///
    /// It is found whatever its names are by now, and nobody else is.
    fn resolve_id<'a>(&'a self, id: &'a EntryId) -> BoxFuture<'a, Resolution>;

    /// Whether `claim` is true of `entry`, which must come from this directory's `resolve` or `resolve_id`.
    ///
    /// An empty password, or one with NUL, is [`Denial::BadCredentials`] without any look-up (RFC 4513
    /// section 5.1.2: servers take an empty password for an anonymous bind, and report success).
    fn verify<'a>(&'a self, entry: &'a Entry, claim: &'a Claim) -> BoxFuture<'a, Verdict>;

    /// Whether the entry, which comes from this directory, may use mail at this moment, whatever it can prove: sessions
    /// that go on for days are asked about again.
    fn standing<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Standing>;

    /// What an administrator wants to know of an entry of this directory; never a secret. By default nothing but that
    /// every kind of claim that is accepted could be judged.
    fn explain<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Result<Explanation, Unavailable>> {
        let _ = entry;
        let claims = self.accepts().iter().map(|kind| (kind, Ok(())));
        Box::pin(std::future::ready(Ok(Explanation {
            facts: Vec::new(),
            claims: claims.collect(),
        })))
    }

    /// Does the work of a verification for a name that `resolve` did not know, and forgets what came of it.
    ///
    /// A caller that awaits it before it refuses an unknown name takes as long as for a wrong password, so that the
    /// time does not tell who exists. Directories whose `verify` costs no noticeable work need not do any: this is
    /// the default.
    ///
    /// # Errors
    /// If the work could not be done: then `verify` could not have judged either, and the answer has to be the same.
    fn verify_unknown<'a>(&'a self, claim: &'a Claim) -> BoxFuture<'a, Result<(), Unavailable>> {
        let _ = claim;
        Box::pin(std::future::ready(Ok(())))
    }
}

/// The answer to "who is meant?".
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolution {
    /// Exactly one entry.
    Found(Entry),
    /// No entry, or more than one; the reason is for the log alone.
    Unknown {
        /// Why, in words for an administrator.
        why: &'static str,
    },
    /// The directory could not be asked.
    Unavailable(Unavailable),
}

/// The answer to "is the claim true?".
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is, and this is who it is.
    Granted(Account),
    /// It is not, or the account may not be used.
    Denied(Denial),
    /// The directory could not be asked. Says nothing of the claim.
    Unavailable(Unavailable),
}

/// The answer to "may it use mail now?".
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It may.
    Usable,
    /// It may not, and this is what the right proof would hear.
    Denied(Denial),
    /// The directory could not be asked.
    Unavailable(Unavailable),
}

/// What a directory says of an entry to an administrator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// What the directory found, as names and values in the order in which they are shown: the search filter, flags,
    /// groups.
    pub facts: Vec<(String, String)>,
    /// For each kind of claim, whether this entry's could be judged, or why not.
    pub claims: Vec<(ClaimKind, Result<(), String>)>,
}

/// Why a claim was denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Denial {
    /// The proof is wrong, or nobody can tell: unknown user, wrong password, and whatever a directory reports
    /// without having seen the right password.
    BadCredentials,
    /// The account is locked; directories say so to wrong passwords too.
    Locked,
    /// The proof is right, but the account is disabled or has expired.
    Disabled,
    /// The proof is right, but the password has expired or must be changed first.
    PasswordExpired,
    /// The proof is right, but this user may not use mail here, not now or not from here.
    NotPermitted,
    /// The directory cannot judge this kind of claim for this user.
    NotSupported,
    /// Two parts of the directory name different accounts: nobody is let in, and an administrator has to look.
    Disagreement,
}

impl Denial {
    /// Whether the directory had seen the right proof when it denied. Only then may a client be told the reason.
    pub fn proof_was_right(self) -> bool {
        matches!(self, Self::Disabled | Self::PasswordExpired | Self::NotPermitted)
    }

    /// A short word for logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BadCredentials => "bad-credentials",
            Self::Locked => "locked",
            Self::Disabled => "disabled",
            Self::PasswordExpired => "password-expired",
            Self::NotPermitted => "not-permitted",
            Self::NotSupported => "not-supported",
            Self::Disagreement => "disagreement",
        }
    }
}

/// Why the directory could not be asked, in words for an administrator; never holds a secret or unescaped input.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unavailable(pub String);

/// The stable id of an entry: objectSid, entryUUID, or the name in a file. All spellings of a user's name share it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId(pub String);

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Attribute names (in lower case) and their values, in the directory's order.
pub type Attributes = BTreeMap<String, Vec<String>>;

/// A user as the directory knows it, before anything is proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The stable id.
    pub id: EntryId,
    /// A value that changes whenever the user's secret does, where the directory knows one.
    pub secret_version: Option<String>,
    /// How the directory itself addresses the entry: the distinguished name, or the name in the file.
    pub handle: String,
    /// What it would be granted as.
    pub account: Account,
}

/// A user who may be logged in upstream: everything that routing and the upstream login need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The stable id of the entry.
    pub id: EntryId,
    /// The user's canonical name in the directory, for logs.
    pub name: String,
    /// The name to log in upstream with. It comes from the directory, never from what was typed.
    pub upstream_login: String,
    /// The account's own mail addresses, the primary first, each once in whatever case. It may send from these.
    pub addresses: Vec<String>,
    /// The attributes that were asked for, for routing and rules.
    pub attributes: Attributes,
}

impl Account {
    /// The first value of an attribute; names compare without regard to case.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let values = self.attributes.get(&name.to_ascii_lowercase())?;
        values.first().map(String::as_str)
    }
}
