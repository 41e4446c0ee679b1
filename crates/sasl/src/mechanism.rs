//! The table of mechanisms.

use std::fmt;
use std::str::FromStr;

use crate::ClaimKind;

/// A SASL mechanism that this crate speaks, on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mechanism {
    /// PLAIN (RFC 4616).
    Plain,
    /// LOGIN (draft-murchison-sasl-login): two prompts, never standardised, everywhere in use.
    Login,
    /// CRAM-MD5 (RFC 2195).
    CramMd5,
    /// NTLM (MS-NLMP), version 2 alone.
    Ntlm,
}

impl Mechanism {
    /// Every mechanism, in the order in which a server should list them.
    pub const ALL: &[Self] = &[Self::Plain, Self::Login, Self::CramMd5, Self::Ntlm];

    /// The registered name, in capitals.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::Login => "LOGIN",
            Self::CramMd5 => "CRAM-MD5",
            Self::Ntlm => "NTLM",
        }
    }

    /// Which side speaks first (RFC 4422 section 5): when the client does, its first message may be the initial
    /// response; without one the server sends an empty challenge.
    pub fn first(self) -> Side {
        match self {
            Self::Plain | Self::Ntlm => Side::Client,
            Self::Login | Self::CramMd5 => Side::Server,
        }
    }

    /// The kind of claim that the server side ends in.
    pub fn claim_kind(self) -> ClaimKind {
        match self {
            Self::Plain | Self::Login => ClaimKind::Password,
            Self::CramMd5 => ClaimKind::CramMd5,
            Self::Ntlm => ClaimKind::Ntlm,
        }
    }
}

/// A side of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The side that is to be authenticated.
    Client,
    /// The side that authenticates.
    Server,
}

/// Names compare without regard to case.
impl FromStr for Mechanism {
    type Err = UnknownMechanism;

    fn from_str(name: &str) -> Result<Self, UnknownMechanism> {
        let found = Self::ALL
            .iter()
            .find(|mechanism| mechanism.name().eq_ignore_ascii_case(name));
        found.copied().ok_or(UnknownMechanism)
    }
}

impl fmt::Display for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No mechanism of this crate has that name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown SASL mechanism")]
pub struct UnknownMechanism;
