//! What a directory must be able to judge.

/// The kinds of claims; which of them a directory can judge decides which mechanisms may be offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ClaimKind {
    /// A name and a password.
    Password,
    /// A name and the digest of CRAM-MD5.
    CramMd5,
    /// A name and the response of NTLMv2.
    Ntlm,
}

impl ClaimKind {
    /// Every kind.
    pub const ALL: &[Self] = &[Self::Password, Self::CramMd5, Self::Ntlm];

    /// What an administrator calls it: `password`, `CRAM-MD5`, `NTLM`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::CramMd5 => "CRAM-MD5",
            Self::Ntlm => "NTLM",
        }
    }
}

/// A set of [`ClaimKind`]s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClaimKinds(u8);

impl ClaimKinds {
    /// No kind at all.
    pub const NONE: Self = Self(0);
    /// Passwords alone.
    pub const PASSWORD: Self = Self(1 << ClaimKind::Password as u8);

    /// This set and `kind`.
    #[must_use]
    pub fn with(self, kind: ClaimKind) -> Self {
        Self(self.0 | 1 << kind as u8)
    }

    /// What is in both sets.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The kinds in the set, in the order of [`ClaimKind::ALL`].
    pub fn iter(self) -> impl Iterator<Item = ClaimKind> {
        let all = ClaimKind::ALL.iter().copied();
        all.filter(move |kind| self.contains(*kind))
    }

    /// Whether `kind` is in the set.
    pub fn contains(self, kind: ClaimKind) -> bool {
        self.0 & 1 << kind as u8 != 0
    }
}

impl FromIterator<ClaimKind> for ClaimKinds {
    fn from_iter<I: IntoIterator<Item = ClaimKind>>(kinds: I) -> Self {
        kinds.into_iter().fold(Self::NONE, Self::with)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_a_set() {
        let kinds: ClaimKinds = [ClaimKind::Ntlm, ClaimKind::Password].into_iter().collect();
        assert!(kinds.contains(ClaimKind::Password) && !kinds.contains(ClaimKind::CramMd5));
        assert_eq!(
            kinds.iter().map(ClaimKind::name).collect::<Vec<_>>(),
            ["password", "NTLM"]
        );
        assert_eq!(kinds.intersection(ClaimKinds::PASSWORD), ClaimKinds::PASSWORD);
        assert_eq!(kinds.intersection(ClaimKinds::NONE), ClaimKinds::NONE);
    }
}
