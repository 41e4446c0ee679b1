//! What ties an answer to its command.

use std::fmt;

use bytes::Bytes;

use super::{Invalid, Text, is_astring_char};
use crate::parse::octets::ASTRING;
use crate::parse::{Cursor, Parsing};

/// The tag of a command, at most [`Tag::LONGEST`] octets.
///
/// ```abnf
/// tag = 1*<any ASTRING-CHAR except "+">        ; RFC 9051 section 9
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Tag(Bytes);

impl Tag {
    /// The longest tag that is accepted, in octets.
    pub const LONGEST: usize = 64;

    /// Takes `octets` as a tag.
    ///
    /// # Errors
    /// If they are empty, too many, or hold an octet that a tag must not have, such as `*`, `+`, `%`, `"` or `{`.
    pub fn parse(octets: &[u8]) -> Result<Self, Invalid> {
        match Self::is_valid(octets) {
            true => Ok(Self(Bytes::copy_from_slice(octets))),
            false => Err(Invalid { what: "tag" }),
        }
    }

    /// A tag of ours, made of a few letters and digits.
    pub(crate) fn from_letters(letters: &str) -> Self {
        Self(Bytes::copy_from_slice(letters.as_bytes()))
    }

    /// The tag that `command`, whole or not, begins with.
    pub(crate) fn leading(command: &[u8]) -> Option<Self> {
        let space = memchr::memchr(b' ', command.get(..=Self::LONGEST).unwrap_or(command))?;
        Self::parse(command.get(..space)?).ok()
    }

    /// Whether `octets` are a tag.
    pub(crate) fn is_valid(octets: &[u8]) -> bool {
        (1..=Self::LONGEST).contains(&octets.len()) && octets.iter().all(|&octet| Self::allows(octet))
    }

    pub(crate) fn allows(octet: u8) -> bool {
        is_astring_char(octet) && octet != b'+'
    }

    /// The same tag in memory of its own, for whoever keeps it longer than the message.
    #[must_use]
    pub fn copied(&self) -> Self {
        Self(Bytes::copy_from_slice(&self.0))
    }

    /// The tag as text.
    pub fn as_str(&self) -> &str {
        // Made of ASCII only.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The tag as it is on the wire.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Cursor<'_> {
    /// `tag`
    pub(crate) fn tag(&mut self, expected: &'static str) -> Parsing<Tag> {
        let mark = self.mark();
        let tag = self.span(ASTRING);
        if !Tag::is_valid(tag) {
            return self.expected_at(mark, expected);
        }
        Ok(Tag(self.bytes(tag)))
    }
}

/// As ESEARCH names the command that it answers.
impl From<Tag> for Text {
    fn from(tag: Tag) -> Self {
        Self::from_valid(tag.0)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tag({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_tags_are_taken() {
        for tag in ["A1", "1", "L67", "EX32", "a.b-c", "a]", &"x".repeat(64)] {
            assert_eq!(Tag::parse(tag.as_bytes()).unwrap().as_str(), tag);
        }
    }

    #[test]
    fn other_octets_are_refused() {
        let long = "x".repeat(65);
        for tag in [
            "", "*", "+", "a+b", "a%", "a\"", "{", "a b", "a(", "a\\", "\u{e9}", &long,
        ] {
            assert!(Tag::parse(tag.as_bytes()).is_err(), "{tag}");
        }
    }

    #[test]
    fn the_leading_tag_ends_at_the_first_space() {
        assert_eq!(Tag::leading(b"a1 LOGIN x"), Tag::parse(b"a1").ok());
        assert_eq!(Tag::leading(b"a1"), None);
        assert_eq!(Tag::leading(b" a1 NOOP"), None);
        let longest = format!("{} NOOP", "x".repeat(64));
        assert!(Tag::leading(longest.as_bytes()).is_some());
    }
}
