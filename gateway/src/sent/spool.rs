//! What keeps messages until their copies are filed. All of it blocks.
//!
//! [`Files`](super::files::Files) is a folder on a local disk; another engine would keep them where several gateways
//! share them.

use std::io;
use std::time::SystemTime;

use super::entry::{CopyId, Envelope, Metadata};

/// Keeps messages.
pub(crate) trait Spool: Send + Sync + 'static {
    /// Whether a message of so many octets fits, and the account has not got its share.
    fn room_for(&self, envelope: &Envelope, size: u64) -> Result<(), SpoolError>;

    /// Begins an entry. It is nobody's to file before [`Draft::queue`].
    fn begin(&self, envelope: Envelope) -> Result<Box<dyn Draft>, SpoolError>;

    /// The queued entries but those that are `known`, the oldest first. Broken ones are put aside and logged.
    fn queued(&self, known: &dyn Fn(&CopyId) -> bool) -> io::Result<Vec<Entry>>;

    /// Opens an entry.
    ///
    /// # Errors
    /// `NotFound` if it is not there any more, `InvalidData` if it is broken.
    fn open(&self, id: &CopyId) -> io::Result<Opened>;

    /// Forgets an entry. If the power is cut, it may come back.
    fn remove(&self, id: &CopyId) -> io::Result<()>;

    /// What was removed never comes back.
    fn sync_removed(&self) -> io::Result<()>;

    /// Puts an entry aside that is not filed any more.
    fn fail(&self, id: &CopyId) -> io::Result<()>;

    /// Puts an entry aside of which nobody knows whether it is filed.
    fn doubt(&self, id: &CopyId) -> io::Result<()>;

    /// Marks an entry that cannot be searched for, durably: a mail server is about to have the whole of it.
    fn mark(&self, id: &CopyId) -> io::Result<()>;

    /// Takes the mark away, if there is one: the mail server has refused it.
    fn unmark(&self, id: &CopyId) -> io::Result<()>;
}

/// An entry in the making. Before [`Draft::sync`] was called, dropping it forgets it; afterwards it stays where it is,
/// as if the machine had stopped.
pub(crate) trait Draft: Send {
    /// What is known of it by now.
    fn metadata(&self) -> &Metadata;

    /// More octets of the message.
    fn append(&mut self, octets: &[u8]) -> Result<(), SpoolError>;

    /// The message is whole: makes it and what is known of it durable.
    fn sync(&mut self, received: SystemTime, message_id: Option<String>) -> Result<(), SpoolError>;

    /// The message was accepted: it is to be filed from now on. It is whatever the error: then it is filed, but if the
    /// machine stops before that, it will be in doubt.
    fn queue(self: Box<Self>) -> (Entry, io::Result<()>);

    /// The message was refused, or never handed over whole.
    fn discard(self: Box<Self>) -> io::Result<()>;

    /// The message may have been accepted. It is kept, and not filed.
    fn doubt(self: Box<Self>) -> io::Result<()>;
}

/// A queued entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) metadata: Metadata,
    /// From when its life is counted: when it was written, or when somebody last asked for it to be tried.
    pub(crate) since: SystemTime,
    /// Whether it cannot be searched for and may be filed.
    pub(crate) marked: bool,
}

/// An entry with its message.
pub(crate) struct Opened {
    pub(crate) metadata: Metadata,
    /// Whether it cannot be searched for and may be filed.
    pub(crate) marked: bool,
    /// The message: exactly [`Metadata::size`] octets, unless reading fails.
    pub(crate) message: Box<dyn io::Read + Send>,
}

/// Why a message cannot be kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SpoolError {
    /// There is no room: the limit, the disk or a quota. Later there may be.
    #[error("the spool is full: {0}")]
    Full(String),
    /// What is known of the account does not fit an entry. It never will.
    #[error("the account's names and ids are too long for an entry in the spool")]
    Unfit,
    /// The disk failed.
    #[error("the spool failed: {0}")]
    Failed(io::Error),
}

impl From<io::Error> for SpoolError {
    fn from(error: io::Error) -> Self {
        use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        match error.kind() {
            StorageFull | QuotaExceeded | FileTooLarge => Self::Full(error.to_string()),
            _ => Self::Failed(error),
        }
    }
}
