//! Strings and words.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use std::str::Utf8Error;

use bytes::Bytes;

use super::Invalid;
use crate::Escaped;
use crate::parse::octets::{self, ATOM};

/// A string of any octets but NUL. Whether it stood in quotes, as a literal or alone makes no difference.
///
/// ```abnf
/// string = quoted / literal        ; RFC 9051 section 9
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Text(Bytes);

impl Text {
    /// The string of no octets.
    pub const EMPTY: Self = Self(Bytes::new());

    /// Takes `octets` as a string.
    ///
    /// # Errors
    /// If they hold a NUL, which only a literal8 may (RFC 9051 section 4.3).
    pub fn new(octets: impl Into<Bytes>) -> Result<Self, Invalid> {
        let octets = octets.into();
        match memchr::memchr(0, &octets) {
            None => Ok(Self(octets)),
            Some(_) => Err(Invalid { what: "string" }),
        }
    }

    pub(crate) const fn from_valid(octets: Bytes) -> Self {
        Self(octets)
    }

    /// The same string in memory of its own, for whoever keeps it longer than the message.
    #[must_use]
    pub fn copied(&self) -> Self {
        Self(Bytes::copy_from_slice(&self.0))
    }

    /// The string as UTF-8.
    ///
    /// # Errors
    /// If it is not.
    pub fn to_str(&self) -> Result<&str, Utf8Error> {
        std::str::from_utf8(&self.0)
    }

    /// The string as UTF-8; what is not becomes `U+FFFD`.
    pub fn to_string_lossy(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }

    /// The octets.
    pub const fn as_bytes(&self) -> &Bytes {
        &self.0
    }

    /// The octets, without a copy.
    pub fn into_bytes(self) -> Bytes {
        self.0
    }
}

impl Deref for Text {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", Escaped(&self.0))
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

impl TryFrom<&'static str> for Text {
    type Error = Invalid;

    fn try_from(text: &'static str) -> Result<Self, Invalid> {
        Self::new(text)
    }
}

impl TryFrom<String> for Text {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::new(text)
    }
}

/// A word such as a keyword or the name of an extension. Upper and lower case are the same.
///
/// ```abnf
/// atom = 1*ATOM-CHAR        ; RFC 9051 section 9
/// ```
#[derive(Clone)]
pub struct Atom(Bytes);

impl Atom {
    /// Takes `octets` as an atom.
    ///
    /// # Errors
    /// If there is none, or one that an atom must not have: a control, a space, one of `(){%*"\]`, or 8 bits.
    pub fn new(octets: impl Into<Bytes>) -> Result<Self, Invalid> {
        let octets = octets.into();
        if octets::all(&octets, ATOM) {
            Ok(Self(octets))
        } else {
            Err(Invalid { what: "atom" })
        }
    }

    /// Takes octets that are known to be one.
    pub(crate) const fn from_valid(octets: Bytes) -> Self {
        Self(octets)
    }

    /// The same atom in memory of its own, for whoever keeps it longer than the message.
    #[must_use]
    pub fn copied(&self) -> Self {
        Self(Bytes::copy_from_slice(&self.0))
    }

    /// The atom as it was spelled.
    pub fn as_str(&self) -> &str {
        // Made of ASCII only.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The octets.
    pub const fn as_bytes(&self) -> &Bytes {
        &self.0
    }

    /// Whether this is the atom `name`.
    pub fn is(&self, name: &str) -> bool {
        self.0.eq_ignore_ascii_case(name.as_bytes())
    }
}

impl PartialEq for Atom {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Atom {}

impl fmt::Debug for Atom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Atom({self})")
    }
}

impl fmt::Display for Atom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_is_anything_without_nul() {
        assert_eq!(Text::new("a\r\nb").unwrap(), "a\r\nb");
        assert_eq!(Text::new("a\0"), Err(Invalid { what: "string" }));
        assert_eq!(format!("{:?}", Text::new("a\x1b").unwrap()), "\"a\\x1b\"");
    }

    #[test]
    fn an_atom_is_a_word() {
        assert_eq!(Atom::new("Junk").unwrap(), Atom::new("JUNK").unwrap());
        for wrong in ["", "a b", "a(", "a]", "\u{e9}", "a\r\n"] {
            assert!(Atom::new(wrong).is_err(), "{wrong}");
        }
    }
}
