//! Names of mailboxes.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;

use super::{Invalid, Text};
use crate::parse::{Cursor, Parsing};
use crate::utf7;
use crate::write::{Write, Writer};

/// The name of a mailbox as it stands on the wire. `INBOX` is the same in upper and lower case, other names are not.
///
/// ```abnf
/// mailbox = "INBOX" / astring        ; RFC 9051 section 9
/// ```
///
/// ```
/// use gatepost_imap::types::Mailbox;
///
/// let drafts = Mailbox::named("Entw\u{fc}rfe").unwrap();
/// assert_eq!(&drafts.as_bytes()[..], b"Entw&APw-rfe");
/// assert_eq!(drafts.name(), "Entw\u{fc}rfe");
/// ```
#[derive(Clone)]
pub struct Mailbox(Text);

impl Mailbox {
    /// `INBOX`
    pub const INBOX: Self = Self(Text::from_valid(Bytes::from_static(b"INBOX")));

    /// The mailbox whose name stands on the wire like this.
    ///
    /// # Errors
    /// If it holds a NUL.
    pub fn new(octets: impl Into<Bytes>) -> Result<Self, Invalid> {
        Text::new(octets).map(Self)
    }

    /// The mailbox that a user calls `name`, in modified UTF-7 (RFC 3501 section 5.1.3).
    ///
    /// # Errors
    /// If it holds a NUL.
    pub fn named(name: &str) -> Result<Self, Invalid> {
        Self::new(utf7::encode(name))
    }

    /// The name as a user reads it. Both forms are understood: modified UTF-7, and UTF-8 (RFC 6855, RFC 9051). What is
    /// neither is shown as it is.
    pub fn name(&self) -> Cow<'_, str> {
        match utf7::decode(&self.0) {
            Ok(name) => Cow::Owned(name),
            Err(_) => self.0.to_string_lossy(),
        }
    }

    /// The same name in memory of its own, for whoever keeps it longer than the message.
    #[must_use]
    pub fn copied(&self) -> Self {
        Self(self.0.copied())
    }

    /// Whether this is the inbox.
    pub fn is_inbox(&self) -> bool {
        self.0.eq_ignore_ascii_case(b"INBOX")
    }

    /// The name on the wire.
    pub const fn as_bytes(&self) -> &Bytes {
        self.0.as_bytes()
    }
}

impl From<Text> for Mailbox {
    fn from(text: Text) -> Self {
        Self(text)
    }
}

impl PartialEq for Mailbox {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0 || (self.is_inbox() && other.is_inbox())
    }
}

impl Eq for Mailbox {}

impl fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mailbox({:?})", self.0)
    }
}

impl Cursor<'_> {
    /// `mailbox`
    pub(crate) fn mailbox(&mut self) -> Parsing<Mailbox> {
        self.astring("a mailbox").map(Mailbox)
    }
}

impl Write for Mailbox {
    fn write(&self, out: &mut Writer<'_>) {
        out.astring(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_inbox_is_the_same_in_any_case() {
        assert_eq!(Mailbox::new("inBox").unwrap(), Mailbox::INBOX);
        assert_ne!(Mailbox::new("sent").unwrap(), Mailbox::new("Sent").unwrap());
    }

    #[test]
    fn both_encodings_are_read() {
        let name = |octets: &'static [u8]| Mailbox::new(octets).unwrap().name().into_owned();
        assert_eq!(name(b"Entw&APw-rfe"), "Entw\u{fc}rfe");
        assert_eq!(name("Entw\u{fc}rfe".as_bytes()), "Entw\u{fc}rfe");
        assert_eq!(name(b"a&b"), "a&b");
    }
}
