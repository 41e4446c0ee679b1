//! What an exchange ends in.

use std::fmt;

use gatepost_wire::Secret;

use crate::Error;

/// The longest name that a claim may hold, in octets: an address of RFC 5321 section 4.5.3.1 has 64, `@` and 255.
pub const MAX_NAME_OCTETS: usize = 320;

/// The longest password that a claim may hold, in octets. PLAIN and LOGIN set no limit; slow hashes want one.
pub const MAX_PASSWORD_OCTETS: usize = 1024;

/// What a client says of itself and the proof that it gave. A directory judges it.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Claim {
    /// A name and a password (PLAIN, LOGIN, and IMAP's LOGIN command).
    Password(Password),
}

/// A name and a password as the client sent them; [`Claim::password`] makes one.
#[derive(Clone, PartialEq, Eq)]
pub struct Password {
    name: String,
    password: Secret,
}

impl Password {
    /// The password.
    pub fn password(&self) -> &Secret {
        &self.password
    }
}

impl Claim {
    /// A claim by password, as PLAIN, LOGIN and IMAP's LOGIN command make it.
    ///
    /// # Errors
    /// [`ErrorKind::Identity`](crate::ErrorKind::Identity) if nobody could have such a name or password: empty, over
    /// [`MAX_NAME_OCTETS`] or [`MAX_PASSWORD_OCTETS`], not UTF-8, a name with a control character, a password with NUL.
    pub fn password(name: &[u8], password: &[u8]) -> Result<Self, Error> {
        let name = check_name(name)?;
        check_password(password)?;
        Ok(Self::Password(Password {
            name: name.to_owned(),
            password: Secret::from(password),
        }))
    }

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

/// A name that a user could have.
pub(crate) fn check_name(octets: &[u8]) -> Result<&str, Error> {
    if octets.is_empty() {
        return Err(Error::identity("the name is empty"));
    }
    if octets.len() > MAX_NAME_OCTETS {
        return Err(Error::identity("the name is over 320 octets"));
    }
    let name = std::str::from_utf8(octets).map_err(|_| Error::identity("the name is not UTF-8"))?;
    if name.contains(char::is_control) {
        return Err(Error::identity("the name holds a control character"));
    }
    Ok(name)
}

/// A password that a user could have. An empty one would make an LDAP bind anonymous, and a success (RFC 4513 section
/// 5.1.2).
fn check_password(octets: &[u8]) -> Result<(), Error> {
    if octets.is_empty() {
        return Err(Error::identity("the password is empty"));
    }
    if octets.len() > MAX_PASSWORD_OCTETS {
        return Err(Error::identity("the password is over 1024 octets"));
    }
    if octets.contains(&0) {
        return Err(Error::identity("the password holds NUL"));
    }
    match std::str::from_utf8(octets) {
        Ok(_) => Ok(()),
        Err(_) => Err(Error::identity("the password is not UTF-8")),
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

impl ClaimKind {
    /// Every kind.
    pub const ALL: &[Self] = &[Self::Password];
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
    fn debug_never_prints_the_proof() {
        let claim = Claim::password(b"alice", b"hunter2").unwrap();
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
