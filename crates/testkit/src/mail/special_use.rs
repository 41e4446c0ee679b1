//! What a mailbox is for (RFC 6154 section 2).

use gatepost_imap::response::Attribute;

/// The special use of a mailbox, which LIST announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SpecialUse {
    /// Kept for good.
    Archive,
    /// Not sent yet.
    Drafts,
    /// Spam.
    Junk,
    /// What the user sent.
    Sent,
    /// What the user deleted.
    Trash,
}

/// The attribute in LIST responses.
impl From<SpecialUse> for Attribute {
    fn from(special_use: SpecialUse) -> Self {
        match special_use {
            SpecialUse::Archive => Self::Archive,
            SpecialUse::Drafts => Self::Drafts,
            SpecialUse::Junk => Self::Junk,
            SpecialUse::Sent => Self::Sent,
            SpecialUse::Trash => Self::Trash,
        }
    }
}
