//! What the items of a message are called.

/// The items that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    Flags,
    Uid,
    InternalDate,
    Rfc822,
    Rfc822Header,
    Rfc822Text,
    Rfc822Size,
    Envelope,
    Body,
    BodyStructure,
    Binary,
    BinarySize,
    ModSeq,
    EmailId,
    ThreadId,
    Preview,
    SaveDate,
    GmailMessageId,
    GmailThreadId,
    GmailLabels,
}

/// The longest of them in octets.
const LONGEST: usize = 13;

impl Name {
    /// The item of this name, in upper or lower case.
    pub(super) fn known(name: &[u8]) -> Option<Self> {
        if let Some(known) = Self::in_capitals(name) {
            return Some(known);
        }
        let mut capitals = [0; LONGEST];
        let capitals = capitals.get_mut(..name.len())?;
        capitals.copy_from_slice(name);
        capitals.make_ascii_uppercase();
        Self::in_capitals(capitals)
    }

    fn in_capitals(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"FLAGS" => Self::Flags,
            b"UID" => Self::Uid,
            b"INTERNALDATE" => Self::InternalDate,
            b"RFC822" => Self::Rfc822,
            b"RFC822.HEADER" => Self::Rfc822Header,
            b"RFC822.TEXT" => Self::Rfc822Text,
            b"RFC822.SIZE" => Self::Rfc822Size,
            b"ENVELOPE" => Self::Envelope,
            b"BODYSTRUCTURE" => Self::BodyStructure,
            b"BODY" => Self::Body,
            b"BINARY" => Self::Binary,
            b"BINARY.SIZE" => Self::BinarySize,
            b"MODSEQ" => Self::ModSeq,
            b"EMAILID" => Self::EmailId,
            b"THREADID" => Self::ThreadId,
            b"PREVIEW" => Self::Preview,
            b"SAVEDATE" => Self::SaveDate,
            b"X-GM-MSGID" => Self::GmailMessageId,
            b"X-GM-THRID" => Self::GmailThreadId,
            b"X-GM-LABELS" => Self::GmailLabels,
            _ => return None,
        })
    }
}
