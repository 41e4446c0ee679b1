//! Tags that a server, or who pretends to be one, cannot guess.

use std::hash::{DefaultHasher, Hasher as _};

use crate::Tag;

/// The letters of a tag: 32 of them, so that five bits make one.
const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// A sequence of tags. Each is a keyed hash of its number, cut to 40 bits, so one does not tell the next.
#[derive(Debug)]
pub(crate) struct Tags {
    seed: u64,
    count: u64,
}

impl Tags {
    pub(crate) fn new(seed: [u8; 8]) -> Self {
        Self {
            seed: u64::from_le_bytes(seed),
            count: 0,
        }
    }

    pub(crate) fn next(&mut self) -> Tag {
        self.count = self.count.wrapping_add(1);
        let mut hasher = DefaultHasher::new();
        hasher.write_u64(self.seed);
        hasher.write_u64(self.count);
        Tag::from_letters(&letters(hasher.finish()))
    }
}

fn letters(bits: u64) -> String {
    (0..8)
        .filter_map(|index| {
            let five = usize::try_from(bits >> (index * 5) & 31).ok()?;
            LETTERS.get(five).copied().map(char::from)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn tags_differ_and_depend_on_the_seed() {
        let tags = |seed| {
            let mut tags = Tags::new(seed);
            (0..100).map(|_| tags.next().to_string()).collect::<HashSet<_>>()
        };
        let (one, two) = (tags([0; 8]), tags([1, 0, 0, 0, 0, 0, 0, 0]));
        assert_eq!(one.len(), 100);
        assert!(one.is_disjoint(&two));
        assert!(
            one.iter()
                .all(|tag| tag.len() == 8 && Tag::parse(tag.as_bytes()).is_ok())
        );
    }
}
