//! The commands.

use gatepost_wire::Secret;

use super::{
    Append, Create, Fetch, GetMetadata, Initial, List, MetadataValue, Other, Replace, Search, Select, Sort,
    Store, Thread,
};
use crate::types::{
    Atom, By, Capability, IdParameters, Mailbox, NonEmpty, ResourceLimit, RightsChange, SequenceSet,
    StatusItem, Text,
};

/// What a command asks for. Sections are those of RFC 9051 unless another RFC is named.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Body {
    /// `CAPABILITY`: what can you do? (section 6.1.1)
    Capability,
    /// `NOOP`: nothing; is there news? (section 6.1.2)
    Noop,
    /// `LOGOUT`: the end (section 6.1.3).
    Logout,
    /// `ID`: who are you? With the client's own answer (RFC 2971).
    Id(IdParameters),

    /// `STARTTLS`: TLS from here on (section 6.2.1).
    StartTls,
    /// `AUTHENTICATE`: a SASL exchange (section 6.2.2, RFC 4959).
    Authenticate {
        /// The mechanism as it was spelled.
        mechanism: Atom,
        /// The initial response. Absent is not empty.
        initial: Option<Initial>,
    },
    /// `LOGIN`: a plain password (section 6.2.3).
    Login {
        /// The user as typed.
        user: Text,
        /// The password.
        password: Secret,
    },

    /// `ENABLE`: extensions that change what the server says (section 6.3.1).
    Enable(NonEmpty<Capability>),
    /// `SELECT`: opens a mailbox (section 6.3.2).
    Select(Select),
    /// `EXAMINE`: opens a mailbox for reading (section 6.3.3).
    Examine(Select),
    /// `CREATE` (section 6.3.4).
    Create(Create),
    /// `DELETE` (section 6.3.5).
    Delete(Mailbox),
    /// `RENAME` (section 6.3.6).
    Rename {
        /// Its name up to now.
        from: Mailbox,
        /// Its name from now on.
        to: Mailbox,
    },
    /// `SUBSCRIBE` (section 6.3.7).
    Subscribe(Mailbox),
    /// `UNSUBSCRIBE` (section 6.3.8).
    Unsubscribe(Mailbox),
    /// `LIST`: which mailboxes are there? (section 6.3.9)
    List(List),
    /// `LSUB`: which mailboxes are subscribed? (RFC 3501 section 6.3.9)
    Lsub {
        /// What the pattern is below of.
        reference: Mailbox,
        /// A name with `*` and `%` in it.
        pattern: Text,
    },
    /// `XLIST`: Gmail's LIST before there was SPECIAL-USE.
    Xlist {
        /// What the pattern is below of.
        reference: Mailbox,
        /// A name with `*` and `%` in it.
        pattern: Text,
    },
    /// `NAMESPACE`: where are mailboxes of mine and of others? (section 6.3.10)
    Namespace,
    /// `STATUS`: how is a mailbox that is not open? (section 6.3.11)
    Status {
        /// The mailbox.
        mailbox: Mailbox,
        /// What of it.
        items: NonEmpty<StatusItem>,
    },
    /// `APPEND`: new messages (section 6.3.12).
    Append(Append),
    /// `IDLE`: tell me what happens, until [`super::Done`] (section 6.3.13).
    Idle,

    /// `CHECK` (RFC 3501 section 6.4.1).
    Check,
    /// `CLOSE`: expunges and closes the mailbox (section 6.4.1).
    Close,
    /// `UNSELECT`: closes the mailbox (section 6.4.2).
    Unselect,
    /// `EXPUNGE`: messages with `\Deleted` go (section 6.4.3).
    Expunge,
    /// `UID EXPUNGE`: those of these go (section 6.4.9, RFC 4315).
    UidExpunge(SequenceSet),
    /// `SEARCH` (section 6.4.4).
    Search(By, Search),
    /// `FETCH` (section 6.4.5).
    Fetch(By, Fetch),
    /// `STORE`: other flags (section 6.4.6).
    Store(By, Store),
    /// `COPY` (section 6.4.7).
    Copy(By, SequenceSet, Mailbox),
    /// `MOVE` (section 6.4.8).
    Move(By, SequenceSet, Mailbox),
    /// `REPLACE`: a new message instead of another (RFC 8508).
    Replace(By, Replace),
    /// `SORT` (RFC 5256).
    Sort(By, Sort),
    /// `THREAD` (RFC 5256).
    Thread(By, Thread),

    /// `COMPRESS`: compression from here on (RFC 4978). The mechanism is `DEFLATE`.
    Compress(Atom),
    /// `UNAUTHENTICATE`: another login follows (RFC 8437).
    Unauthenticate,

    /// `GETQUOTA` (RFC 9208 section 4.1).
    GetQuota(Text),
    /// `GETQUOTAROOT` (RFC 9208 section 4.2).
    GetQuotaRoot(Mailbox),
    /// `SETQUOTA` (RFC 9208 section 4.3).
    SetQuota {
        /// The quota root.
        root: Text,
        /// What it is limited to. What is not named has no limit.
        limits: Vec<ResourceLimit>,
    },

    /// `SETACL` (RFC 4314 section 3.1).
    SetAcl {
        /// The mailbox.
        mailbox: Mailbox,
        /// Whose rights.
        identifier: Text,
        /// The rights.
        rights: RightsChange,
    },
    /// `DELETEACL` (RFC 4314 section 3.2).
    DeleteAcl {
        /// The mailbox.
        mailbox: Mailbox,
        /// Whose rights.
        identifier: Text,
    },
    /// `GETACL` (RFC 4314 section 3.3).
    GetAcl(Mailbox),
    /// `LISTRIGHTS` (RFC 4314 section 3.4).
    ListRights {
        /// The mailbox.
        mailbox: Mailbox,
        /// Whose rights.
        identifier: Text,
    },
    /// `MYRIGHTS` (RFC 4314 section 3.5).
    MyRights(Mailbox),

    /// `GETMETADATA` (RFC 5464 section 4.2).
    GetMetadata(GetMetadata),
    /// `SETMETADATA` (RFC 5464 section 4.3).
    SetMetadata {
        /// The mailbox; the empty one is the server.
        mailbox: Mailbox,
        /// What is set to what.
        values: NonEmpty<MetadataValue>,
    },

    /// Any other.
    Other(Other),
}

impl Body {
    /// Whether there is a secret in it.
    pub(crate) const fn is_secret(&self) -> bool {
        matches!(self, Self::Login { .. } | Self::Authenticate { .. })
    }
}
