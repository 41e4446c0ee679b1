//! Message flags (RFC 3501 section 2.3.2).

use std::fmt;

use gatepost_imap::types::Flag;

/// The flags of a message, without duplicates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flags(Vec<Flag>);

impl Flags {
    /// Whether `flag` is set.
    pub fn contains(&self, flag: &Flag) -> bool {
        self.0.contains(flag)
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

    pub(crate) fn to_vec(&self) -> Vec<Flag> {
        self.0.clone()
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
        let flags: Vec<String> = self.0.iter().map(Flag::to_string).collect();
        write!(f, "({})", flags.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_compare_without_case_and_do_not_repeat() {
        let all = ["\\seen", "$Work", "\\SEEN", "$work"].map(|flag| Flag::new(flag).unwrap());
        let mut flags: Flags = all.into_iter().collect();
        assert_eq!(flags.to_string(), "(\\Seen $Work)");
        flags.remove(&Flag::Seen);
        assert_eq!(flags.to_string(), "($Work)");
    }
}
