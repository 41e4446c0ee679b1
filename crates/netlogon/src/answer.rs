//! The question and its answer.

use std::fmt;

use zeroize::Zeroize as _;

use crate::sid::Sid;
use crate::status::NtStatus;

/// A name or response longer than this was made to be refused. What a client can send is far below.
const LONGEST: usize = 16 * 1024;

/// The length of an NTLMv1 response (MS-NLMP 2.2.2.6); those of NTLMv2 are longer.
const NTLM_V1: usize = 24;

/// A challenge, and what a client made of it (MS-NLMP 2.2.1.3).
///
/// The names have to be what the client sent, unchanged: they are part of what the responses prove.
#[derive(Clone, Copy)]
pub struct Logon<'a> {
    /// The user's name, which may be a user principal name if the domain is empty.
    pub user: &'a str,
    /// The domain; may be empty.
    pub domain: &'a str,
    /// The workstation; some accounts may log on only from certain ones.
    pub workstation: &'a str,
    /// What the client was challenged with. The CHALLENGE_MESSAGE has to name the computer account and its domain
    /// ([`Config`](crate::Config)) as MsvAvNbComputerName and MsvAvNbDomainName: a controller judges no responses that
    /// were made for others.
    pub challenge: [u8; 8],
    /// NtChallengeResponse.
    pub nt_response: &'a [u8],
    /// LmChallengeResponse; may be empty. It is not passed on beside an NTLMv2 response: a controller that finds that one
    /// wrong looks at this one next, whose proof holds neither channel bindings nor whether there is a MIC.
    pub lm_response: &'a [u8],
}

impl Logon<'_> {
    /// LmChallengeResponse as far as a controller is told it.
    pub(crate) fn told_lm_response(&self) -> &[u8] {
        match self.nt_response.len() > NTLM_V1 {
            true => &[],
            false => self.lm_response,
        }
    }

    /// What no controller is asked. It would let in an anonymous user, or look at the weak LM response alone.
    pub(crate) fn refused(&self) -> Option<NtStatus> {
        let longest = [self.user, self.domain, self.workstation]
            .map(str::len)
            .into_iter()
            .chain([self.nt_response.len(), self.lm_response.len()])
            .max();
        let refused = self.user.is_empty() || self.nt_response.is_empty() || longest > Some(LONGEST);
        refused.then_some(NtStatus::LOGON_FAILURE)
    }
}

/// Without the responses: they can be tried against a list of passwords.
impl fmt::Debug for Logon<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Logon")
            .field("user", &self.user)
            .field("domain", &self.domain)
            .field("workstation", &self.workstation)
            .finish_non_exhaustive()
    }
}

/// What a domain controller says of a logon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The response is right, and the account may be used.
    Granted(Box<Identity>),
    /// It is not, or it may not: one of the statuses in the table at [`NtStatus`], and no other.
    Denied(NtStatus),
}

/// Who has logged on, as the domain controller knows them.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// The account's name (EffectiveName).
    pub user: String,
    /// The NetBIOS name of the account's domain.
    pub domain: String,
    /// The DNS name of the account's domain.
    pub dns_domain: String,
    /// The user principal name.
    pub upn: String,
    /// The account's SID: equal to its `objectSid`.
    pub sid: Sid,
    /// The relative ids of the groups of the account's domain that it is a member of, nested ones included.
    pub groups: Vec<u32>,
    /// The SessionBaseKey (MS-NLMP 3.3.2), with which the client's MIC is checked. Wiped when dropped.
    pub session_key: [u8; 16],
}

impl Drop for Identity {
    fn drop(&mut self) {
        self.session_key.zeroize();
    }
}

/// Without the session key.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("user", &self.user)
            .field("domain", &self.domain)
            .field("dns_domain", &self.dns_domain)
            .field("upn", &self.upn)
            .field("sid", &self.sid)
            .field("groups", &self.groups)
            .finish_non_exhaustive()
    }
}
