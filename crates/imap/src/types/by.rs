//! Places of messages, or UIDs.

/// What the numbers of a command and of its responses mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum By {
    /// The places of messages in the mailbox, from 1 (RFC 9051 section 2.3.1.2).
    #[default]
    Sequence,
    /// Unique identifiers: a command has `UID ` before it (RFC 9051 section 6.4.9), ESEARCH `UID` behind its name.
    Uid,
}
