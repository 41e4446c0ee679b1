//! What somebody may do with a mailbox (RFC 4314).

use std::fmt;

use super::Invalid;
use crate::parse::{Cursor, Parsing};
use crate::write::{Write, Writer};

/// One right: a letter or a digit.
///
/// ```abnf
/// rights = astring    ; only lowercase ASCII letters and digits are allowed; RFC 4314 section 7
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Right(u8);

impl Right {
    /// `l`: the mailbox is visible.
    pub const LOOKUP: Self = Self(b'l');
    /// `r`: SELECT, and to read what is in it.
    pub const READ: Self = Self(b'r');
    /// `s`: `\Seen` is kept.
    pub const SEEN: Self = Self(b's');
    /// `w`: other flags.
    pub const WRITE: Self = Self(b'w');
    /// `i`: APPEND and COPY into it.
    pub const INSERT: Self = Self(b'i');
    /// `p`: mail may be sent to the mailbox itself.
    pub const POST: Self = Self(b'p');
    /// `k`: to create mailboxes below it.
    pub const CREATE: Self = Self(b'k');
    /// `x`: to delete the mailbox.
    pub const DELETE: Self = Self(b'x');
    /// `t`: `\Deleted`.
    pub const DELETE_MESSAGES: Self = Self(b't');
    /// `e`: EXPUNGE.
    pub const EXPUNGE: Self = Self(b'e');
    /// `a`: to administer these rights.
    pub const ADMINISTER: Self = Self(b'a');

    /// The right that is called so.
    pub const fn new(letter: char) -> Option<Self> {
        match letter {
            'a'..='z' | '0'..='9' => Some(Self(letter as u8)),
            _ => None,
        }
    }

    /// The letter or digit.
    pub const fn as_char(self) -> char {
        self.0 as char
    }

    /// The bit in [`Rights`]: digits first.
    const fn bit(self) -> u64 {
        match self.0 {
            b'0'..=b'9' => 1 << (self.0 - b'0'),
            _ => 1 << (self.0.saturating_sub(b'a') + 10),
        }
    }

    /// All there can be, digits first.
    fn all() -> impl Iterator<Item = Self> {
        (b'0'..=b'9').chain(b'a'..=b'z').map(Self)
    }
}

impl fmt::Debug for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Right({})", self.as_char())
    }
}

/// A set of rights. It is written in the order of ASCII.
///
/// ```
/// use gatepost_imap::types::{Right, Rights};
///
/// let rights = Rights::new("rlw").unwrap();
/// assert!(rights.contains(Right::READ) && !rights.contains(Right::ADMINISTER));
/// assert_eq!(rights.to_string(), "lrw");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Rights(u64);

impl Rights {
    /// None.
    pub const NONE: Self = Self(0);

    /// Takes `letters` as rights.
    ///
    /// # Errors
    /// If there is anything but lower case letters and digits.
    pub fn new(letters: impl AsRef<[u8]>) -> Result<Self, Invalid> {
        let right = |&letter: &u8| Right::new(char::from(letter));
        let rights: Option<Self> = letters.as_ref().iter().map(right).collect();
        rights.ok_or(Invalid {
            what: "set of rights",
        })
    }

    /// Whether `right` is one of them.
    pub const fn contains(self, right: Right) -> bool {
        self.0 & right.bit() != 0
    }

    /// The rights, digits first.
    pub fn iter(self) -> impl Iterator<Item = Right> {
        Right::all().filter(move |&right| self.contains(right))
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl FromIterator<Right> for Rights {
    fn from_iter<I: IntoIterator<Item = Right>>(rights: I) -> Self {
        Self(rights.into_iter().fold(0, |set, right| set | right.bit()))
    }
}

impl fmt::Display for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().try_for_each(|right| write!(f, "{}", right.as_char()))
    }
}

impl fmt::Debug for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rights({self})")
    }
}

/// What SETACL does to the rights that somebody has.
///
/// ```abnf
/// mod-rights = astring    ; +rights to add, -rights to remove, rights to replace; RFC 4314 section 7
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RightsChange {
    /// These, and no others.
    Replace(Rights),
    /// These, too.
    Add(Rights),
    /// No longer these.
    Remove(Rights),
}

impl RightsChange {
    const fn sign_and_rights(self) -> (&'static str, Rights) {
        match self {
            Self::Replace(rights) => ("", rights),
            Self::Add(rights) => ("+", rights),
            Self::Remove(rights) => ("-", rights),
        }
    }
}

impl Cursor<'_> {
    /// `rights`
    pub(crate) fn rights(&mut self) -> Parsing<Rights> {
        const EXPECTED: &str = "rights";
        let mark = self.mark();
        let letters = self.astring(EXPECTED)?;
        match Rights::new(&*letters) {
            Ok(rights) => Ok(rights),
            Err(_) => self.expected_at(mark, EXPECTED),
        }
    }

    /// `mod-rights`
    pub(crate) fn rights_change(&mut self) -> Parsing<RightsChange> {
        const EXPECTED: &str = "rights, or + or - and rights";
        let mark = self.mark();
        let text = self.astring(EXPECTED)?;
        let (change, letters): (fn(Rights) -> RightsChange, _) = match text.split_first() {
            Some((b'+', letters)) => (RightsChange::Add, letters),
            Some((b'-', letters)) => (RightsChange::Remove, letters),
            _ => (RightsChange::Replace, &*text),
        };
        match Rights::new(letters) {
            Ok(rights) => Ok(change(rights)),
            Err(_) => self.expected_at(mark, EXPECTED),
        }
    }
}

impl Write for Rights {
    fn write(&self, out: &mut Writer<'_>) {
        out.astring(self.to_string().as_bytes());
    }
}

impl Write for RightsChange {
    fn write(&self, out: &mut Writer<'_>) {
        let (sign, rights) = self.sign_and_rights();
        out.astring(format!("{sign}{rights}").as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_are_letters_and_digits() {
        let all: String = Right::all().map(Right::as_char).collect();
        assert_eq!(Rights::new(&all).unwrap().to_string(), all);
        assert_eq!(Rights::new("").unwrap(), Rights::NONE);
        for wrong in ["L", "l r", "\u{e9}", "+l"] {
            assert!(Rights::new(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_three_changes() {
        let read = |text: &'static [u8]| {
            Cursor::new(text.into(), crate::parse::Options::default())
                .rights_change()
                .ok()
        };
        let rights = Rights::new("lr").unwrap();
        assert_eq!(read(b"+rl"), Some(RightsChange::Add(rights)));
        assert_eq!(read(b"-lr"), Some(RightsChange::Remove(rights)));
        assert_eq!(read(b"\"lr\""), Some(RightsChange::Replace(rights)));
        assert_eq!(read(b"\"\""), Some(RightsChange::Replace(Rights::NONE)));
        assert_eq!(read(b"*lr"), None);
    }
}
