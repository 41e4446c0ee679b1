//! AUTHENTICATE_MESSAGE (MS-NLMP section 2.2.1.3).

use std::fmt;

use nom::Parser as _;
use nom::error::context;
use nom::number::complete::le_u32;

use super::NegotiateFlags;
use super::message::{self, MessageError, Parsed, Payload, Writer, header, payload};

const KIND: u32 = 3;

/// The fixed part up to NegotiateFlags, which every client sends.
const FIXED: usize = 64;

/// Where MIC is, if the payloads leave room for it.
pub(crate) const MIC_AT: usize = 72;

/// The fixed part, MIC included.
const FIXED_WITH_MIC: usize = 88;

/// The client's second message: who it is, and what it makes of the challenge.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AuthenticateMessage<'a> {
    /// LmChallengeResponse
    pub lm_challenge_response: &'a [u8],
    /// NtChallengeResponse
    pub nt_challenge_response: &'a [u8],
    /// DomainName, in the [`Charset`](super::Charset) of the challenge's flags, as the other names are.
    pub domain_name: &'a [u8],
    /// UserName
    pub user_name: &'a [u8],
    /// Workstation
    pub workstation: &'a [u8],
    /// EncryptedRandomSessionKey
    pub encrypted_random_session_key: &'a [u8],
    /// NegotiateFlags. Some clients send zero.
    pub negotiate_flags: NegotiateFlags,
    /// What stands where VERSION and MIC belong; `None` if payloads begin there already. Whether the client really sent
    /// a MIC is said by MsvAvFlags in its response, and by nothing else.
    pub mic: Option<[u8; 16]>,
}

impl<'a> AuthenticateMessage<'a> {
    /// Reads a message.
    ///
    /// # Errors
    /// If it is no AUTHENTICATE_MESSAGE, is too short, or a field points beyond it.
    pub fn parse(octets: &'a [u8]) -> Result<Self, MessageError> {
        message::read(octets, parse)
    }

    /// The message, with its payloads in the order in which Windows has them: responses, names, session key.
    ///
    /// # Errors
    /// If it would be longer than [`MAX_MESSAGE_OCTETS`](super::MAX_MESSAGE_OCTETS).
    pub fn encode(&self) -> Result<Vec<u8>, MessageError> {
        let begins = self.mic.map_or(FIXED, |_| FIXED_WITH_MIC);
        let mut writer = Writer::new(KIND, begins);
        writer.put_payload(self.lm_challenge_response)?;
        writer.put_payload(self.nt_challenge_response)?;
        writer.put_payload(self.domain_name)?;
        writer.put_payload(self.user_name)?;
        writer.put_payload(self.workstation)?;
        writer.put_payload(self.encrypted_random_session_key)?;
        writer.put(&self.negotiate_flags.0.to_le_bytes());
        if let Some(mic) = self.mic {
            writer.put(&[0; MIC_AT - FIXED]);
            writer.put(&mic);
        }
        Ok(writer.finish())
    }
}

fn parse(message: &[u8]) -> Parsed<'_, AuthenticateMessage<'_>> {
    let (rest, ()) = header(KIND, "NTLM: expected an AUTHENTICATE_MESSAGE")(message)?;
    let (rest, lm) = payload(message, "NTLM: expected LmChallengeResponse inside the message")(rest)?;
    let (rest, nt) = payload(message, "NTLM: expected NtChallengeResponse inside the message")(rest)?;
    let (rest, domain) = payload(message, "NTLM: expected DomainName inside the message")(rest)?;
    let (rest, user) = payload(message, "NTLM: expected UserName inside the message")(rest)?;
    let (rest, workstation) = payload(message, "NTLM: expected Workstation inside the message")(rest)?;
    let expected = "NTLM: expected EncryptedRandomSessionKey inside the message";
    let (rest, key) = payload(message, expected)(rest)?;
    let (rest, flags) = context("NTLM: expected NegotiateFlags", le_u32).parse(rest)?;
    Ok((
        rest,
        AuthenticateMessage {
            lm_challenge_response: lm.octets,
            nt_challenge_response: nt.octets,
            domain_name: domain.octets,
            user_name: user.octets,
            workstation: workstation.octets,
            encrypted_random_session_key: key.octets,
            negotiate_flags: NegotiateFlags(flags),
            mic: mic(message, &[lm, nt, domain, user, workstation, key]),
        },
    ))
}

/// The octets of MIC, unless a payload begins before their end.
fn mic(message: &[u8], payloads: &[Payload<'_>]) -> Option<[u8; 16]> {
    let first = payloads.iter().filter_map(|payload| payload.begins).min();
    if first.is_some_and(|first| first < FIXED_WITH_MIC) {
        return None;
    }
    message.get(MIC_AT..)?.first_chunk().copied()
}

/// Flags and lengths alone: with names and responses somebody could guess the password.
impl fmt::Debug for AuthenticateMessage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthenticateMessage")
            .field("negotiate_flags", &self.negotiate_flags)
            .field("lm_octets", &self.lm_challenge_response.len())
            .field("nt_octets", &self.nt_challenge_response.len())
            .field("domain_octets", &self.domain_name.len())
            .field("user_octets", &self.user_name.len())
            .field("workstation_octets", &self.workstation.len())
            .field("session_key_octets", &self.encrypted_random_session_key.len())
            .field("has_mic", &self.mic.is_some())
            .finish()
    }
}
