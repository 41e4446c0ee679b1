//! What can go wrong between us and a domain controller.

use std::io;
use std::time::Duration;

use crate::ndr;
use crate::rpc;
use crate::status::NtStatus;

/// Why no domain controller could be asked, in words for an administrator; never holds a secret, nor octets of a peer.
///
/// It says nothing of the user: whoever hears it has to say "try again later", not "wrong password".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unavailable(pub(crate) String);

/// Why one attempt with one controller failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("no connection: {0}")]
    Connect(io::Error),
    #[error("the connection broke: {0}")]
    Broken(io::Error),
    #[error("the controller closed the connection")]
    Closed,
    #[error("connecting took longer than {} s", .0.as_secs_f32())]
    SlowConnect(Duration),
    #[error("no answer within {} s", .0.as_secs_f32())]
    NoAnswer(Duration),
    #[error("malformed RPC: {0}")]
    Rpc(#[from] rpc::Error),
    #[error("malformed answer: {0}")]
    Ndr(#[from] ndr::Error),
    #[error("{0}")]
    Fault(Fault),
    #[error("the endpoint mapper knows no Netlogon over TCP: is this a domain controller?")]
    NotMapped,
    #[error("{0}")]
    Authenticate(String),
    #[error("SamLogonEx refused: {}", refusal(*.0))]
    Logon(NtStatus),
    #[error("the system gives no random octets: {0}")]
    Random(getrandom::Error),
}

impl Failure {
    /// Whether the controller may still be at work on what it was asked.
    pub(crate) fn is_silence(&self) -> bool {
        matches!(self, Self::NoAnswer(_))
    }

    /// Whether the controller may have judged what it was asked, and counted a wrong password, although nobody has heard
    /// its answer. A fault or a status says that it has not.
    pub(crate) fn is_doubtful(&self) -> bool {
        !matches!(self, Self::Fault(_) | Self::Logon(_))
    }
}

/// The status of a fault PDU (MS-ERREF 2.2, C706 appendix E).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault(pub(crate) u32);

impl Fault {
    /// RPC_S_SEC_PKG_ERROR: the controller does not know the key of this secure channel, or not any more.
    pub(crate) const SEC_PKG_ERROR: Self = Self(0x0000_0721);

    fn words(self) -> &'static str {
        match self {
            Self::SEC_PKG_ERROR => "the secure channel is not known there any more",
            Self(0x0000_0005) => "access denied",
            Self(0x0000_06f7) => "the request is malformed",
            Self(0x1c01_0002) => "the operation is not known there",
            Self(0x1c01_0003) => "the interface is not known there",
            _ => "no known reason",
        }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RPC fault 0x{:08x} ({})", self.0, self.words())
    }
}

/// What a refusal of the call itself means.
fn refusal(status: NtStatus) -> String {
    match status {
        NtStatus::INVALID_PARAMETER => format!("{status}: sealing is required, or the request is malformed"),
        NtStatus::ACCESS_DENIED => format!("{status}: the secure channel is refused"),
        _ => status.to_string(),
    }
}
