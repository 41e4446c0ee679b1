//! What an exchange ends in.

use std::fmt;

use gatepost_wire::Secret;

/// What a client says of itself and the proof that it gave. A directory judges it.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Claim {
    /// A name and a password (PLAIN, LOGIN, and IMAP's LOGIN command).
    Password(Password),
}

/// A name and a password as the client sent them.
#[derive(Clone, PartialEq, Eq)]
pub struct Password {
    name: String,
    password: Secret,
}

impl Password {
    /// A claim to be `name`, with `password` as the proof.
    pub fn new(name: String, password: Secret) -> Self {
        Self { name, password }
    }

    /// The password.
    pub fn password(&self) -> &Secret {
        &self.password
    }
}

impl Claim {
    /// The authentication identity as typed: not normalised, not yet known to anybody.
    pub fn name(&self) -> &str {
        match self {
            Self::Password(claim) => &claim.name,
        }
    }

    /// What a directory must be able to do to judge this claim.
    pub fn kind(&self) -> ClaimKind {
        match self {
            Self::Password(_) => ClaimKind::Password,
        }
    }
}

/// The proof is never printed.
impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Claim({:?}, name {:?})", self.kind(), self.name())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Password")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// The kinds of claims; which of them a directory can judge decides which mechanisms may be offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ClaimKind {
    /// A name and a password.
    Password,
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
    fn debug_never_prints_the_proof() {
        let claim = Claim::Password(Password::new("alice".into(), Secret::from("hunter2")));
        let printed = format!("{claim:?}");
        assert!(
            printed.contains("alice") && !printed.contains("hunter2"),
            "{printed}"
        );
    }

    #[test]
    fn kinds_are_a_set() {
        let kinds: ClaimKinds = [ClaimKind::Password].into_iter().collect();
        assert!(kinds.contains(ClaimKind::Password));
        assert_eq!(kinds, ClaimKinds::PASSWORD);
        assert_eq!(kinds.intersection(ClaimKinds::NONE), ClaimKinds::NONE);
    }
}
