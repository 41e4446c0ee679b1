//! What a mailbox is for (RFC 6154 section 2).

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

impl SpecialUse {
    /// The attribute in LIST responses.
    pub fn attribute(self) -> &'static str {
        match self {
            Self::Archive => "\\Archive",
            Self::Drafts => "\\Drafts",
            Self::Junk => "\\Junk",
            Self::Sent => "\\Sent",
            Self::Trash => "\\Trash",
        }
    }
}
