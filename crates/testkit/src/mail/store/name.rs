//! Mailbox names (RFC 3501 section 5.1).

use std::fmt;

use gatepost_imap::types::Mailbox;

/// What separates the levels of the hierarchy.
pub(crate) const SEPARATOR: char = '/';
/// The longest name in octets.
const LONGEST: usize = 512;

/// The name of a mailbox: `INBOX` in capitals whatever case it was written in, no empty level, no control characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Name(String);

/// That can be no mailbox's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a mailbox name")]
pub(crate) struct BadName;

impl Name {
    pub(crate) fn inbox() -> Self {
        Self("INBOX".into())
    }

    /// Reads a name as a client writes it. A separator at its end says that the client will create names below it
    /// (RFC 3501 section 6.3.3), and is dropped.
    pub(crate) fn parse(octets: &[u8]) -> Result<Self, BadName> {
        let text = std::str::from_utf8(octets).map_err(|_| BadName)?;
        let text = text.strip_suffix(SEPARATOR).unwrap_or(text);
        let allowed = text.len() <= LONGEST && !text.contains(char::is_control);
        if !allowed || text.split(SEPARATOR).any(str::is_empty) {
            return Err(BadName);
        }
        Ok(Self(with_inbox_in_capitals(text)))
    }

    /// Takes the name that a command has.
    pub(crate) fn of(mailbox: &Mailbox) -> Result<Self, BadName> {
        Self::parse(mailbox.as_bytes())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The names above this one, the nearest first.
    pub(crate) fn ancestors(&self) -> impl Iterator<Item = Self> {
        let ends = self.0.rmatch_indices(SEPARATOR).map(|(at, _)| at);
        ends.filter_map(|end| self.0.get(..end))
            .map(|name| Self(name.into()))
    }

    /// What all names below this one begin with.
    pub(crate) fn below(&self) -> Self {
        Self(format!("{}{SEPARATOR}", self.0))
    }

    /// This name, which is `from` or below it, with `to` in place of `from`.
    pub(crate) fn moved(&self, from: &Self, to: &Self) -> Self {
        let rest = self.0.strip_prefix(&from.0).unwrap_or_default();
        Self(format!("{}{rest}", to.0))
    }
}

fn with_inbox_in_capitals(text: &str) -> String {
    let (first, rest) = text.split_at(text.find(SEPARATOR).unwrap_or(text.len()));
    if first.eq_ignore_ascii_case("INBOX") {
        return format!("INBOX{rest}");
    }
    text.into()
}

impl From<&Name> for Mailbox {
    fn from(name: &Name) -> Self {
        // A name has no NUL.
        Self::new(name.0.clone()).unwrap_or(Self::INBOX)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inbox_has_no_case() {
        assert_eq!(Name::parse(b"inbox").unwrap(), Name::inbox());
        assert_eq!(Name::parse(b"Inbox/Lists").unwrap().as_str(), "INBOX/Lists");
        assert_eq!(Name::parse(b"inboxes").unwrap().as_str(), "inboxes");
    }

    #[test]
    fn nonsense_is_no_name() {
        for octets in [
            &b""[..],
            b"/",
            b"a//b",
            b"/a",
            b"a\r\nb",
            b"a\0",
            b"\xff",
            &[b'x'; LONGEST + 1],
        ] {
            assert_eq!(Name::parse(octets), Err(BadName), "{octets:?}");
        }
        assert_eq!(Name::parse(b"a/b/").unwrap().as_str(), "a/b");
    }

    #[test]
    fn ancestors_and_moves() {
        let name = Name::parse(b"a/b/c").unwrap();
        let above: Vec<String> = name.ancestors().map(|name| name.to_string()).collect();
        assert_eq!(above, ["a/b", "a"]);
        let (from, to) = (Name::parse(b"a").unwrap(), Name::parse(b"x/y").unwrap());
        assert_eq!(name.moved(&from, &to).as_str(), "x/y/b/c");
    }
}
