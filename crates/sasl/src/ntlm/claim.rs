//! What an exchange of NTLM ends in.

use std::fmt;

use gatepost_wire::Secret;

use super::{Mic, NtHash, NtResponse, SessionKey, WrongMic};
use crate::key::Key;

/// A name, the challenge and the NTLMv2 response to it. A server's exchange makes one.
///
/// LmChallengeResponse is no part of it. A domain controller that was told it would take it in place of a wrong NTLMv2
/// response (MS-NLMP section 3.3.2, LMv2), and it vouches neither for the MIC nor for the channel; where the domain still
/// has NTLMv1, that would do too.
///
/// It is true when two questions are answered: [`Ntlm::prove`], or a domain controller, finds the response right, and
/// [`Ntlm::finish`] finds that nobody changed the messages on their way.
#[derive(Clone, PartialEq, Eq)]
pub struct Ntlm {
    pub(crate) name: String,
    pub(crate) user: String,
    pub(crate) domain: String,
    pub(crate) workstation: String,
    pub(crate) server_challenge: [u8; 8],
    pub(crate) nt_response: Secret,
    /// `None` if the client sent none.
    pub(crate) mic: Option<Mic>,
}

impl Ntlm {
    /// [`Claim::name`](crate::Claim::name).
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The user, exactly as sent: the response is a hash of it among others, so a domain controller must not be told
    /// another spelling.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The domain, exactly as sent; it may be empty.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The client's name for its own computer, exactly as sent; empty if that was no text. Nothing proves it.
    pub fn workstation(&self) -> &str {
        &self.workstation
    }

    /// The challenge that the response is to.
    pub fn server_challenge(&self) -> [u8; 8] {
        self.server_challenge
    }

    /// NtChallengeResponse. With the challenge beside it, somebody could guess the password.
    pub fn nt_response(&self) -> &[u8] {
        self.nt_response.expose()
    }

    /// The session key, if the response is that of `hash`. NTProofStr is compared in constant time; the MIC is not yet
    /// looked at.
    pub fn prove(&self, hash: &NtHash) -> Option<SessionKey> {
        let (proof, temp) = self.nt_response().split_first_chunk()?;
        let ntowf_v2 = hash.ntowf_v2(&self.user, &self.domain);
        let right = NtResponse::compute(&ntowf_v2, &self.server_challenge, temp);
        (Key::new(*proof) == right.proof).then_some(right.session_key)
    }

    /// Whether the messages came through unchanged, as far as the client vouches for them: its MIC is checked if its
    /// response says that it sent one. `key` comes from [`Ntlm::prove`] or from a domain controller.
    ///
    /// # Errors
    /// If they did not. Nobody must be let in then.
    pub fn finish(&self, key: &SessionKey) -> Result<(), WrongMic> {
        self.mic.as_ref().map_or(Ok(()), |mic| mic.check(key))
    }

    /// Whether the claim is true of the user with this hash: [`Ntlm::prove`] and [`Ntlm::finish`].
    pub fn is_of(&self, hash: &NtHash) -> bool {
        let key = self.prove(hash);
        key.is_some_and(|key| self.finish(&key).is_ok())
    }
}

/// The names alone: with challenge and response somebody could guess the password.
impl fmt::Debug for Ntlm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ntlm")
            .field("user", &self.user)
            .field("domain", &self.domain)
            .field("workstation", &self.workstation)
            .finish_non_exhaustive()
    }
}
