//! Looking at a header as it streams.

/// Passes a message's header on and notes what a submission server wants to know of it (RFC 6409 section 8).
///
/// Give the message to [`Header::push`] until it says that the header is over. Then write what is missing
/// and, if that is anything, [`Header::separator`]; then [`Header::held`], then the rest of the message. If the message ends before that, do the same at its end.
#[derive(Debug, Clone, Default)]
pub struct Header {
    held: Vec<u8>,
}

/// What there is of From.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From<'a> {
    /// There is no such field.
    Missing,
    /// Its body; of several fields the bodies, separated by commas. See [`super::mailboxes`].
    Body(&'a [u8]),
    /// More than [`Header::LONGEST_FROM`] octets.
    TooLong,
}

impl Header {
    /// The longest From, in octets.
    pub const LONGEST_FROM: usize = 8192;
    /// The longest Message-ID, in octets.
    pub const LONGEST_MESSAGE_ID: usize = 998;

    /// The header of a message that begins.
    pub fn new() -> Self {
        Self::default()
    }

    /// Passes `octets` on to `out`, but for the start of a line that may not belong to the header. `None` if all of
    /// them belong to the header; once it is over, how many of them were consumed.
    pub fn push(&mut self, octets: &[u8], mut out: impl FnMut(&[u8])) -> Option<usize> {
        out(octets);
        None
    }

    /// What was consumed and not passed on. It comes behind what is added to the header.
    pub fn held(&self) -> &[u8] {
        &self.held
    }

    /// What must stand between an added field and [`Header::held`]: CRLF if the message goes on without the empty line
    /// that ends a header, else nothing.
    pub fn separator(&self) -> &'static [u8] {
        b""
    }

    /// Whether there is a Date.
    pub fn has_date(&self) -> bool {
        false
    }

    /// Whether there is a Message-ID.
    pub fn has_message_id(&self) -> bool {
        false
    }

    /// The value of the first Message-ID, if it is printable and not too long.
    pub fn message_id(&self) -> Option<&[u8]> {
        None
    }

    /// The From field.
    pub fn from(&self) -> From<'_> {
        From::Missing
    }
}
