//! Why a command went as it did, in a word that programs understand.

mod read;
#[cfg(test)]
mod tests;
mod write;

use std::fmt;
use std::num::{NonZeroU32, NonZeroU64};

use super::{Atom, Capabilities, Flag, ObjectId, Text, UidSet, Value};
use crate::Escaped;

/// The code in brackets before a status text. These are all that the IANA registered until 2025.
///
/// ```abnf
/// resp-text      = ["[" resp-text-code "]" SP] [text]        ; RFC 9051 section 9
/// resp-text-code = atom [SP 1*<any TEXT-CHAR except "]">]
/// ```
/// What a code cannot hold is refused by [`crate::response::StatusText::new`].
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResponseCode {
    /// The text must be shown to the user (RFC 3501 section 7.1).
    Alert,
    /// The charset of a search is not known. These are, if the server tells (RFC 3501 section 7.1).
    BadCharset(Vec<Text>),
    /// The capabilities from now on (RFC 3501 section 7.1).
    Capability(Capabilities),
    /// A header cannot be read (RFC 3501 section 7.1).
    Parse,
    /// The flags that a client can change for good (RFC 3501 section 7.1).
    PermanentFlags(Vec<Flag>),
    /// The mailbox is or became read-only (RFC 3501 section 7.1).
    ReadOnly,
    /// The mailbox is or became writable (RFC 3501 section 7.1).
    ReadWrite,
    /// There is no such mailbox, but it can be created (RFC 3501 section 7.1).
    TryCreate,
    /// The UID that the next message will have at least (RFC 3501 section 7.1).
    UidNext(NonZeroU32),
    /// What makes UIDs of another life of the mailbox invalid (RFC 3501 section 7.1).
    UidValidity(NonZeroU32),
    /// The number of the first message without `\Seen` (RFC 3501 section 7.1).
    Unseen(NonZeroU32),
    /// The mailbox was renamed: the old name, and the new (RFC 2060 section 7.1; obsolete).
    NewName(Text),
    /// Another server has the mailbox or the user: an IMAP URL (RFC 2221, RFC 2193).
    Referral(Text),
    /// The encoding of a part is not known (RFC 3516 section 4.3).
    UnknownCte,
    /// The mailbox keeps no UIDs (RFC 4315 section 3).
    UidNotSticky,
    /// Where APPEND put its messages (RFC 4315 section 3).
    AppendUid {
        /// The UIDVALIDITY of the mailbox.
        validity: NonZeroU32,
        /// The UIDs of the messages, in order: several of a MULTIAPPEND (RFC 3502).
        uids: UidSet,
    },
    /// Where COPY or MOVE put the messages (RFC 4315 section 3).
    CopyUid {
        /// The UIDVALIDITY of the mailbox that they were copied to.
        validity: NonZeroU32,
        /// The UIDs of the messages.
        source: UidSet,
        /// The UIDs of the copies, in the same order.
        target: UidSet,
    },
    /// How URLs can be authorized: mechanisms behind `INTERNAL` (RFC 4467 section 7).
    UrlMech(Text),
    /// The message is larger than the server takes (RFC 4469 section 4, RFC 7889 section 4).
    TooBig,
    /// This URL cannot be used (RFC 4469 section 4).
    BadUrl(Text),
    /// The highest mod-sequence of the mailbox (RFC 7162 section 3.1.2.1).
    HighestModSeq(NonZeroU64),
    /// The mailbox has no mod-sequences (RFC 7162 section 3.1.2.2).
    NoModSeq,
    /// The messages that somebody else changed in the meantime (RFC 7162 section 3.1.3).
    Modified(UidSet),
    /// The connection is compressed already (RFC 4978 section 3).
    CompressionActive,
    /// What was said before is about the mailbox that was selected until now (RFC 7162 section 3.2.11).
    Closed,
    /// The search was not saved (RFC 5182 section 2.3).
    NotSaved,
    /// The collation is not known (RFC 5255 section 4.9).
    BadComparator,
    /// The annotation is too large (RFC 5257 section 4.5).
    AnnotateTooBig,
    /// There are too many annotations (RFC 5257 section 4.5).
    AnnotateTooMany,
    /// What annotations the mailbox takes: the largest, `NONE` or `READ-ONLY` (RFC 5257 section 4.2).
    Annotations(Text),
    /// A conversion failed, and may work later (RFC 5259 section 9).
    TempFail,
    /// How many messages can be converted at once (RFC 5259 section 9).
    MaxConvertMessages(NonZeroU32),
    /// How many parts can be converted at once (RFC 5259 section 9).
    MaxConvertParts(NonZeroU32),
    /// The search with this tag will not be kept up to date (RFC 5267 section 4.3.3).
    NoUpdate(Text),
    /// There was too much to notify of (RFC 5465 section 5.8).
    NotificationOverflow,
    /// The server does not notify of these events; those that it knows, in parentheses (RFC 5465 section 5.1).
    BadEvent(Value),
    /// There is no filter of this name (RFC 5466 section 3.1).
    UndefinedFilter(Atom),
    /// Values were left out; the largest has so many octets (RFC 5464 section 4.2.1).
    MetadataLongEntries(u32),
    /// A value must have no more than so many octets (RFC 5464 section 4.3).
    MetadataMaxSize(u32),
    /// There would be too many entries (RFC 5464 section 4.3).
    MetadataTooMany,
    /// There are no private entries (RFC 5464 section 4.3).
    MetadataNoPrivate,
    /// A part of the server is down (RFC 5530 section 3, as all up to `NONEXISTENT`).
    Unavailable,
    /// The credentials are wrong.
    AuthenticationFailed,
    /// The credentials are right, but the user may not act as the one asked for.
    AuthorizationFailed,
    /// The password is too old.
    Expired,
    /// This needs TLS.
    PrivacyRequired,
    /// The user should ask the administrator.
    ContactAdmin,
    /// The user may not do this.
    NoPerm,
    /// Somebody else holds what this needs; it may work later.
    InUse,
    /// Somebody else expunged one of the messages.
    ExpungeIssued,
    /// The server's data are damaged.
    Corruption,
    /// The server made a mistake.
    ServerBug,
    /// The client made a mistake.
    ClientBug,
    /// This can never work.
    Cannot,
    /// A limit of the server is reached.
    Limit,
    /// The user's quota is used up (RFC 9208 section 4.3, too).
    OverQuota,
    /// There is such a mailbox already.
    AlreadyExists,
    /// There is no such mailbox.
    NonExistent,
    /// The mailbox cannot have this special use (RFC 6154 section 3).
    UseAttr,
    /// The mailbox has others below it (RFC 9051 section 7.1).
    HasChildren,
    /// The identifier of the mailbox (RFC 8474 section 4).
    MailboxId(ObjectId),
    /// A command takes its time (RFC 9585 section 4).
    InProgress(Option<Progress>),
    /// Message numbers are not taken any more (RFC 9586 section 3).
    UidRequired,
    /// Only so many messages were processed (RFC 9738 section 3).
    MessageLimit {
        /// How many messages one command may have.
        limit: NonZeroU32,
        /// The lowest UID that was processed.
        last: Option<NonZeroU32>,
    },
    /// Any other code, or one of these that is malformed, as it stood between the brackets.
    Other(Text),
}

/// How far a command is (RFC 9585 section 4).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Progress {
    /// The tag of the command.
    pub tag: Option<Text>,
    /// How much is done.
    pub done: Option<u32>,
    /// How much that will be in the end; there is none without [`Progress::done`].
    pub total: Option<NonZeroU32>,
}

/// The codes that are a word alone.
static WORDS: [(&str, ResponseCode); 35] = [
    ("READ-WRITE", ResponseCode::ReadWrite),
    ("READ-ONLY", ResponseCode::ReadOnly),
    ("ALERT", ResponseCode::Alert),
    ("PARSE", ResponseCode::Parse),
    ("TRYCREATE", ResponseCode::TryCreate),
    ("NONEXISTENT", ResponseCode::NonExistent),
    ("ALREADYEXISTS", ResponseCode::AlreadyExists),
    ("NOMODSEQ", ResponseCode::NoModSeq),
    ("CLOSED", ResponseCode::Closed),
    ("AUTHENTICATIONFAILED", ResponseCode::AuthenticationFailed),
    ("AUTHORIZATIONFAILED", ResponseCode::AuthorizationFailed),
    ("UNAVAILABLE", ResponseCode::Unavailable),
    ("EXPIRED", ResponseCode::Expired),
    ("PRIVACYREQUIRED", ResponseCode::PrivacyRequired),
    ("CONTACTADMIN", ResponseCode::ContactAdmin),
    ("NOPERM", ResponseCode::NoPerm),
    ("INUSE", ResponseCode::InUse),
    ("EXPUNGEISSUED", ResponseCode::ExpungeIssued),
    ("CORRUPTION", ResponseCode::Corruption),
    ("SERVERBUG", ResponseCode::ServerBug),
    ("CLIENTBUG", ResponseCode::ClientBug),
    ("CANNOT", ResponseCode::Cannot),
    ("LIMIT", ResponseCode::Limit),
    ("OVERQUOTA", ResponseCode::OverQuota),
    ("TOOBIG", ResponseCode::TooBig),
    ("UIDNOTSTICKY", ResponseCode::UidNotSticky),
    ("UNKNOWN-CTE", ResponseCode::UnknownCte),
    ("COMPRESSIONACTIVE", ResponseCode::CompressionActive),
    ("NOTSAVED", ResponseCode::NotSaved),
    ("BADCOMPARATOR", ResponseCode::BadComparator),
    ("TEMPFAIL", ResponseCode::TempFail),
    ("NOTIFICATIONOVERFLOW", ResponseCode::NotificationOverflow),
    ("USEATTR", ResponseCode::UseAttr),
    ("HASCHILDREN", ResponseCode::HasChildren),
    ("UIDREQUIRED", ResponseCode::UidRequired),
];

/// What stands between the brackets, but of the capabilities the word alone; what is not printable is escaped.
impl fmt::Display for ResponseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Capability(_) => f.write_str("CAPABILITY"),
            code => write!(f, "{}", Escaped(&code.to_octets())),
        }
    }
}

impl fmt::Debug for ResponseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ResponseCode({self})")
    }
}
