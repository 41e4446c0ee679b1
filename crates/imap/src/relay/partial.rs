//! The start of a line, kept until it says what the line is.

/// Octets that have not been passed on. There is a buffer only while there are any.
#[derive(Debug, Default)]
pub(super) struct Partial(Vec<u8>);

impl Partial {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// What is kept with the `octets` that follow, `cap` octets at most. Nothing is copied if nothing is kept.
    pub(super) fn join<'a>(&'a mut self, octets: &'a [u8], cap: usize) -> &'a [u8] {
        let taken = octets.get(..cap.saturating_sub(self.0.len())).unwrap_or(octets);
        if self.0.is_empty() {
            return taken;
        }
        self.0.extend_from_slice(taken);
        &self.0
    }

    /// Keeps what [`Partial::join`] gave for these `octets`; how many of them that were.
    pub(super) fn keep(&mut self, known: usize, octets: &[u8], cap: usize) -> usize {
        if known == 0 {
            let taken = octets.get(..cap).unwrap_or(octets);
            self.0 = taken.to_vec();
        }
        self.0.len().saturating_sub(known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_joined_under_the_cap() {
        let mut partial = Partial::default();
        assert_eq!(partial.join(b"abc", 5), b"abc");
        assert_eq!(partial.len(), 0);
        assert_eq!(partial.keep(0, b"abc", 5), 3);
        assert_eq!(partial.join(b"defg", 5), b"abcde");
        assert_eq!(partial.keep(3, b"defg", 5), 2);
    }
}
