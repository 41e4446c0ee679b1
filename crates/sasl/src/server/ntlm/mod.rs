//! NTLM (MS-NLMP): a challenge of our making, and what a client may make of it.

use std::fmt;

use gatepost_wire::Secret;

use super::{Challenge, Exchange, Fresh, Settings, State};
use crate::claim::{MAX_NAME_OCTETS, check_name};
use crate::key::Key;
use crate::ntlm::{
    AuthenticateMessage, AvId, AvPair, Bindings, Blob, ChallengeMessage, Charset, Mic, NegotiateFlags,
    NegotiateMessage, Ntlm, Target, WrongText,
};
use crate::{Claim, Error};

/// What every challenge says (MS-NLMP section 2.2.2.5).
const OFFERED: NegotiateFlags = NegotiateFlags::NTLM
    .with(NegotiateFlags::REQUEST_TARGET)
    .with(NegotiateFlags::TARGET_TYPE_DOMAIN)
    .with(NegotiateFlags::TARGET_INFO)
    .with(NegotiateFlags::EXTENDED_SESSIONSECURITY)
    .with(NegotiateFlags::ALWAYS_SIGN)
    .with(NegotiateFlags::VERSION);

/// What it says if the client asks for it. Nothing is ever signed or sealed (mail has TLS), but Windows wants it said.
const ECHOED: NegotiateFlags = NegotiateFlags::SIGN
    .with(NegotiateFlags::SEAL)
    .with(NegotiateFlags::BITS_128)
    .with(NegotiateFlags::BITS_56)
    .with(NegotiateFlags::KEY_EXCH);

/// The length of NTLMv1 responses, with and without session security.
const NTLM_V1: usize = 24;

/// The shortest NTLMv2 response: a proof of 16 octets and 28 before the AV pairs.
const MIN_NTLM_V2: usize = 44;

/// Waits for a NEGOTIATE_MESSAGE.
pub(super) struct Ready {
    target: Target,
    bindings: Bindings,
    fresh: Fresh,
}

/// Waits for an AUTHENTICATE_MESSAGE.
pub(super) struct Sent {
    target: Target,
    bindings: Bindings,
    charset: Charset,
    server_challenge: [u8; 8],
    negotiate: Vec<u8>,
    challenge: Vec<u8>,
}

impl Ready {
    pub(super) fn new(settings: &Settings, fresh: Fresh) -> Self {
        Self {
            target: settings.ntlm.clone(),
            bindings: settings.bindings.clone(),
            fresh,
        }
    }

    /// Answers the NEGOTIATE_MESSAGE.
    pub(super) fn respond(self, message: &[u8]) -> Result<Exchange, Error> {
        let wanted = NegotiateMessage::parse(message)?.negotiate_flags;
        let charset = Charset::of(wanted);
        let server_challenge = self.fresh.challenge();
        let challenge = ChallengeMessage {
            target_name: &charset.encode(self.target.name()),
            negotiate_flags: OFFERED | charset.flag() | (wanted & ECHOED),
            server_challenge,
            target_info: &self.target.info(self.fresh.since_epoch)?,
        };
        let sent = Sent {
            charset,
            server_challenge,
            negotiate: message.to_vec(),
            challenge: challenge.encode()?,
            target: self.target,
            bindings: self.bindings,
        };
        Ok(Exchange::Challenge(Challenge(State::NtlmSent(Box::new(sent)))))
    }
}

impl Sent {
    pub(super) fn octets(&self) -> &[u8] {
        &self.challenge
    }

    /// Takes the AUTHENTICATE_MESSAGE.
    pub(super) fn respond(&self, octets: &[u8]) -> Result<Claim, Error> {
        let message = AuthenticateMessage::parse(octets)?;
        check_version(&message)?;
        let blob = Blob::parse(message.nt_challenge_response)?;
        self.check_names(&blob)?;
        self.bindings.check(blob.channel_bindings())?;
        let mic = match blob.has_mic() {
            true => Some(self.mic(&message, octets)?),
            false => None,
        };
        self.claim(&message, mic)
    }

    /// A client repeats our NetBIOS names. A domain controller judges no response that repeats others (MS-NRPC section
    /// 3.5.4.5.1), and whoever asked it would take that for a fault of the configuration: an outage, but only for names
    /// that are somebody's.
    fn check_names(&self, blob: &Blob<'_>) -> Result<(), Error> {
        let challenge = ChallengeMessage::parse(&self.challenge)?;
        let ours = AvPair::parse_list(challenge.target_info)?;
        let repeats = |id: AvId| {
            let ours = ours.iter().find(|pair| pair.id == id).map(|pair| pair.value);
            blob.values(id).all(|theirs| Some(theirs) == ours)
        };
        if repeats(AvId::NB_COMPUTER_NAME) && repeats(AvId::NB_DOMAIN_NAME) {
            return Ok(());
        }
        Err(Error::policy(
            "NTLM: the response is to the challenge of another server",
        ))
    }

    fn claim(&self, message: &AuthenticateMessage<'_>, mic: Option<Mic>) -> Result<Claim, Error> {
        let user = self.decode(message.user_name)?;
        let domain = self.decode(message.domain_name)?;
        check_name(user.as_bytes())?;
        check_domain(&domain)?;
        let name = self.name(&user, &domain);
        check_name(name.as_bytes())?;
        Ok(Claim::Ntlm(Box::new(Ntlm {
            name,
            user,
            domain,
            workstation: self.workstation(message.workstation),
            server_challenge: self.server_challenge,
            nt_response: Secret::from(message.nt_challenge_response),
            mic,
        })))
    }

    fn decode(&self, name: &[u8]) -> Result<String, Error> {
        let text = self.charset.decode(name);
        text.map_err(|WrongText| Error::identity("NTLM: a name is not in the character set of the challenge"))
    }

    /// Nobody is refused for the name of a computer: one that is no text is none.
    fn workstation(&self, name: &[u8]) -> String {
        let text = self.charset.decode(name).ok();
        text.filter(|name| check_domain(name).is_ok()).unwrap_or_default()
    }

    /// The name to look for in a directory.
    fn name(&self, user: &str, domain: &str) -> String {
        if domain.is_empty() || user.contains('@') || self.target.is_domain(domain) {
            user.to_owned()
        } else {
            format!("{domain}\\{user}")
        }
    }

    /// The response says that there is a MIC, so there has to be one.
    fn mic(&self, message: &AuthenticateMessage<'_>, octets: &[u8]) -> Result<Mic, Error> {
        let missing = Error::malformed_at("NTLM: expected a MIC, which MsvAvFlags promises,", 72);
        let sent = message.mic.ok_or(missing)?;
        let exchanged = message.negotiate_flags.contains(NegotiateFlags::KEY_EXCH);
        let key = <[u8; 16]>::try_from(message.encrypted_random_session_key).ok();
        Ok(Mic {
            sent: Key::new(sent),
            messages: [&self.negotiate, &self.challenge, octets].map(Secret::from),
            encrypted_key: key.filter(|_| exchanged).map(Key::new),
        })
    }
}

/// NTLMv2 alone: the others have been broken for good.
fn check_version(message: &AuthenticateMessage<'_>) -> Result<(), Error> {
    let nt = message.nt_challenge_response.len();
    match nt {
        0 if message.user_name.is_empty() => Err(Error::policy("NTLM: anonymous logins are refused")),
        0 => Err(Error::policy("NTLM: LM responses are refused")),
        NTLM_V1 => Err(Error::policy("NTLM: NTLMv1 is refused")),
        _ if nt < MIN_NTLM_V2 => Err(Error::policy("NTLM: the response is not of NTLMv2")),
        _ => Ok(()),
    }
}

/// A domain, which may be empty.
fn check_domain(name: &str) -> Result<(), Error> {
    if name.len() > MAX_NAME_OCTETS {
        return Err(Error::identity("NTLM: the domain is over 320 octets"));
    }
    if name.contains(char::is_control) {
        return Err(Error::identity("NTLM: the domain holds a control character"));
    }
    Ok(())
}

impl fmt::Debug for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ready(..)")
    }
}

/// A challenge beside a response in a log would let others guess the password.
impl fmt::Debug for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sent(..)")
    }
}

#[cfg(test)]
mod tests;
