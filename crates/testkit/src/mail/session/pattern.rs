//! The patterns of LIST and LSUB (RFC 3501 section 6.3.8).

/// A mailbox name with wildcards: `*` stands for anything, `%` for anything but the separator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern(Vec<u8>);

impl Pattern {
    /// The pattern that `reference` and `pattern` make together.
    pub(super) fn new(reference: &[u8], pattern: &[u8]) -> Self {
        Self([reference, pattern].concat())
    }

    /// Whether it matches `name`. INBOX matches in any case.
    pub(super) fn matches(&self, name: &str) -> bool {
        let exact = self.matches_octets(name.as_bytes(), |a, b| a == b);
        exact || name == "INBOX" && self.matches_octets(name.as_bytes(), |a, b| a.eq_ignore_ascii_case(&b))
    }

    /// Walks the pattern once, with the set of places in the name that its beginning may match up to; so no pattern
    /// takes more than the product of both lengths.
    fn matches_octets(&self, name: &[u8], equal: impl Fn(u8, u8) -> bool) -> bool {
        let mut reached = vec![false; name.len() + 1];
        reached.iter_mut().take(1).for_each(|start| *start = true);
        for &octet in &self.0 {
            reached = match octet {
                b'*' => spread(&reached, name, |_| true),
                b'%' => spread(&reached, name, |passed| passed != b'/'),
                _ => step(&reached, name, |next| equal(octet, next)),
            };
        }
        reached.last() == Some(&true)
    }
}

/// From each place on over every octet that a wildcard may pass.
fn spread(reached: &[bool], name: &[u8], passes: impl Fn(u8) -> bool) -> Vec<bool> {
    let mut open = false;
    let octets = std::iter::once(None).chain(name.iter().copied().map(Some));
    let places = reached.iter().zip(octets).map(|(&here, passed)| {
        open = here || open && passed.is_some_and(&passes);
        open
    });
    places.collect()
}

/// From each place over one octet.
fn step(reached: &[bool], name: &[u8], fits: impl Fn(u8) -> bool) -> Vec<bool> {
    let moved = reached.iter().zip(name).map(|(&here, &next)| here && fits(next));
    std::iter::once(false).chain(moved).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, name: &str) -> bool {
        Pattern::new(b"", pattern.as_bytes()).matches(name)
    }

    #[test]
    fn wildcards() {
        for (pattern, name) in [
            ("*", "a/b"),
            ("%", "a"),
            ("a/%", "a/b"),
            ("%/b", "a/b"),
            ("a*b", "a/x/b"),
            ("*%", "a/b"),
        ] {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [
            ("%", "a/b"),
            ("a%", "a/b"),
            ("", "a"),
            ("a", "ab"),
            ("b", "ab"),
            ("a/%", "a"),
        ] {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
        assert!(Pattern::new(b"a/", b"%").matches("a/b"));
    }

    #[test]
    fn inbox_alone_has_no_case() {
        assert!(matches("inbox", "INBOX"));
        assert!(matches("In%", "INBOX"));
        assert!(!matches("sent", "Sent"));
    }

    #[test]
    fn many_wildcards_take_no_longer() {
        let pattern = "*%".repeat(2000);
        let name = "a/".repeat(200);
        assert!(matches(&pattern, &name));
        assert!(!matches(&format!("{pattern}b"), &name));
    }
}
