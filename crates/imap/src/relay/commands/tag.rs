//! The tag of the client's current command.

use crate::Tag;

/// A tag without a buffer of its own: a connection sleeps in IDLE with it. Empty if there is none.
#[derive(Debug, Clone, Copy)]
pub(super) struct InlineTag {
    octets: [u8; Tag::LONGEST],
    length: u8,
}

impl InlineTag {
    pub(super) const NONE: Self = Self {
        octets: [0; Tag::LONGEST],
        length: 0,
    };

    /// The rule is that of [`Tag::parse`].
    pub(super) fn parse(octets: &[u8]) -> Option<Self> {
        let mut tag = Self::NONE;
        if octets.is_empty() || !octets.iter().all(|&octet| Tag::allows(octet)) {
            return None;
        }
        tag.octets.get_mut(..octets.len())?.copy_from_slice(octets);
        tag.length = u8::try_from(octets.len()).ok()?;
        Some(tag)
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.octets.get(..usize::from(self.length)).unwrap_or_default()
    }

    /// What an answer of ours begins with.
    pub(super) fn or_star(&self) -> &[u8] {
        match self.as_bytes() {
            b"" => b"*",
            tag => tag,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inline_tags_are_tags() {
        let longest = "x".repeat(Tag::LONGEST);
        let too_long = "x".repeat(Tag::LONGEST + 1);
        for text in ["a1", "L67", "a]", "", "*", "+", "a+b", "a b", &longest, &too_long] {
            let inline = InlineTag::parse(text.as_bytes());
            assert_eq!(inline.is_some(), Tag::parse(text.as_bytes()).is_ok(), "{text}");
            assert!(inline.is_none_or(|tag| tag.as_bytes() == text.as_bytes()));
        }
        assert_eq!(InlineTag::NONE.or_star(), b"*");
    }
}
