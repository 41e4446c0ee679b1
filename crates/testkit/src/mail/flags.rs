//! Message flags (RFC 3501 section 2.3.2).

use std::fmt;

use super::cursor::{Cursor, Unexpected, is_atom};

const SYSTEM: [&str; 5] = ["\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft"];

/// One flag: a system flag such as `\Seen`, or a keyword such as `$Forwarded`. Case does not matter.
#[derive(Debug, Clone)]
pub struct Flag(String);

impl Flag {
    /// `\Seen`: the message has been read.
    pub fn seen() -> Self {
        Self("\\Seen".into())
    }

    /// `\Deleted`: the next EXPUNGE removes the message.
    pub fn deleted() -> Self {
        Self("\\Deleted".into())
    }

    /// The flag as IMAP writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `flag = "\" atom / atom`. Of the system flags only those that a client may set are allowed.
    pub(crate) fn parse(cursor: &mut Cursor<'_>) -> Result<Self, Unexpected> {
        let start = cursor.clone();
        let system = cursor.accept(b'\\');
        let name = String::from_utf8_lossy(cursor.run(is_atom, "a flag")?).into_owned();
        if !system {
            return Ok(Self(name));
        }
        let known = SYSTEM.iter().find(|known| {
            known
                .get(1..)
                .is_some_and(|known| known.eq_ignore_ascii_case(&name))
        });
        known.map_or_else(
            || start.unexpected("a flag that a client may set"),
            |known| Ok(Self((*known).into())),
        )
    }
}

impl PartialEq for Flag {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Flag {}

/// The flags of a message, without duplicates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flags(Vec<Flag>);

impl Flags {
    /// Whether `flag` is set.
    pub fn contains(&self, flag: &Flag) -> bool {
        self.0.contains(flag)
    }

    /// Whether the flag named `name` is set.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|flag| flag.0.eq_ignore_ascii_case(name))
    }

    /// Sets `flag`.
    pub fn insert(&mut self, flag: Flag) {
        if !self.contains(&flag) {
            self.0.push(flag);
        }
    }

    pub(crate) fn remove(&mut self, flag: &Flag) {
        self.0.retain(|kept| kept != flag);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Flag> {
        self.0.iter()
    }

    /// `flag-list = "(" [flag *(SP flag)] ")"`
    pub(crate) fn parse_list(cursor: &mut Cursor<'_>) -> Result<Self, Unexpected> {
        Ok(cursor.list(Flag::parse)?.into_iter().collect())
    }

    /// `flag-list / (flag *(SP flag))`, as STORE takes them.
    pub(crate) fn parse(cursor: &mut Cursor<'_>) -> Result<Self, Unexpected> {
        if cursor.peek() == Some(b'(') {
            return Self::parse_list(cursor);
        }
        let mut flags = Self::default();
        flags.insert(Flag::parse(cursor)?);
        while cursor.accept(b' ') {
            flags.insert(Flag::parse(cursor)?);
        }
        Ok(flags)
    }
}

impl FromIterator<Flag> for Flags {
    fn from_iter<I: IntoIterator<Item = Flag>>(flags: I) -> Self {
        let mut all = Self::default();
        flags.into_iter().for_each(|flag| all.insert(flag));
        all
    }
}

/// As `flag-list`, in parentheses.
impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(")?;
        for (index, flag) in self.0.iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(f, "{space}{}", flag.0)?;
        }
        f.write_str(")")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(text: &[u8]) -> Result<String, Unexpected> {
        Flags::parse(&mut Cursor::new(text)).map(|flags| flags.to_string())
    }

    #[test]
    fn flags_compare_without_case_and_do_not_repeat() {
        assert_eq!(flags(b"(\\seen $Work \\SEEN $work)").unwrap(), "(\\Seen $Work)");
        assert_eq!(flags(b"\\Flagged \\draft").unwrap(), "(\\Flagged \\Draft)");
        assert_eq!(flags(b"()").unwrap(), "()");
    }

    #[test]
    fn flags_that_only_a_server_sets_are_refused() {
        assert!(flags(b"(\\Recent)").is_err());
        assert!(flags(b"(\\*)").is_err());
        assert!(flags(b"(a b").is_err());
    }
}
