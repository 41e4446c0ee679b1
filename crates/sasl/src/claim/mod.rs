//! What an exchange ends in.

mod kind;

use std::fmt;

use gatepost_wire::Secret;

pub use self::kind::{ClaimKind, ClaimKinds};
use crate::Error;
use crate::cram_md5::CramMd5;
use crate::ntlm::Ntlm;

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
    /// A name, a challenge and its digest (CRAM-MD5).
    CramMd5(CramMd5),
    /// A name, a challenge and its response (NTLMv2).
    Ntlm(Box<Ntlm>),
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
    ///
    /// Of NTLM it is the user alone if no domain was sent, if the user holds `@`, or if the domain is the server's own
    /// ([`Target`](crate::ntlm::Target)); else `DOMAIN\user`.
    pub fn name(&self) -> &str {
        match self {
            Self::Password(claim) => &claim.name,
            Self::CramMd5(claim) => claim.name(),
            Self::Ntlm(claim) => claim.name(),
        }
    }

    /// What a directory must be able to do to judge this claim.
    pub fn kind(&self) -> ClaimKind {
        match self {
            Self::Password(_) => ClaimKind::Password,
            Self::CramMd5(_) => ClaimKind::CramMd5,
            Self::Ntlm(_) => ClaimKind::Ntlm,
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
}
