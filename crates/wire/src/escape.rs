//! Showing a peer's octets in a log without letting them do anything there.

use std::fmt;

/// Shows octets as printable ASCII: everything else, quotes and backslashes are escaped, and a long text is cut.
///
/// ```
/// assert_eq!(gatepost_wire::Escaped(b"no\r\n\xff").to_string(), "no\\r\\n\\xff");
/// ```
#[derive(Clone, Copy)]
pub struct Escaped<'a>(
    /// What is to be shown.
    pub &'a [u8],
);

impl Escaped<'_> {
    /// How many octets are shown at most.
    pub const SHOWN: usize = 200;
}

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.split_at_checked(Self::SHOWN) {
            Some((shown, rest)) if !rest.is_empty() => write!(f, "{}..", shown.escape_ascii()),
            _ => write!(f, "{}", self.0.escape_ascii()),
        }
    }
}

impl fmt::Debug for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_and_controls_are_escaped() {
        assert_eq!(Escaped(&[b'a'; 200]).to_string().len(), 200);
        assert_eq!(Escaped(&[b'a'; 201]).to_string().len(), 202);
        assert_eq!(Escaped(b"\x1b[2J\n").to_string(), "\\x1b[2J\\n");
    }
}
