//! NTLM (MS-NLMP), version 2.

mod authenticate;

use std::fmt;

use gatepost_wire::Secret;
use sasl::client::{Mechanism, MechanismError};
use sasl::common::Credentials;

use super::{Fresh, check_name, check_password};
use crate::Error;
use crate::key::Key;
use crate::ntlm::{Charset, NegotiateFlags, NegotiateMessage, NtHash};

/// What is always asked for.
const WANTED: NegotiateFlags = NegotiateFlags::NTLM
    .with(NegotiateFlags::REQUEST_TARGET)
    .with(NegotiateFlags::TARGET_INFO)
    .with(NegotiateFlags::EXTENDED_SESSIONSECURITY)
    .with(NegotiateFlags::ALWAYS_SIGN);

/// What is asked for with a key of our own. A key is exchanged only where something could be signed with it (MS-NLMP
/// section 3.1.5.1.2); mail signs nothing.
const KEY_EXCHANGE: NegotiateFlags = NegotiateFlags::KEY_EXCH
    .with(NegotiateFlags::SIGN)
    .with(NegotiateFlags::BITS_128);

/// NTLM, version 2 alone: what can be tried against Exchange where it offers nothing better.
///
/// The NEGOTIATE_MESSAGE is the initial response; a server that takes none gets it for its empty challenge. If the
/// challenge names a time, the response has that time and the messages are protected by a MIC; else the response has
/// our own time (MS-NLMP section 3.1.5.1.2).
///
/// ```
/// use std::time::Duration;
///
/// use gatepost_sasl::client::{Fresh, Ntlm};
/// use gatepost_wire::Secret;
/// use sasl::client::Mechanism as _;
///
/// let fresh = Fresh { random: [7; 16], since_epoch: Duration::from_secs(1_800_000_000) };
/// let mut ntlm = Ntlm::new("CORP\\alice", &Secret::from("correct horse"), fresh)?.with_target_name("imap/mail.corp.test");
/// assert!(ntlm.initial().starts_with(b"NTLMSSP\0\x01"));
/// # Ok::<(), gatepost_sasl::Error>(())
/// ```
pub struct Ntlm {
    user: String,
    domain: String,
    workstation: String,
    hash: NtHash,
    fresh: Fresh,
    charset: Charset,
    target_name: Option<Vec<u8>>,
    channel_bindings: Option<[u8; 16]>,
    key: Option<Key>,
    is_over: bool,
}

impl Ntlm {
    /// Logs in as `login`, which is `DOMAIN\user` or a user alone, with `password`, of which only the [`NtHash`] is kept.
    ///
    /// # Errors
    /// If the user or the password is empty, one of them holds NUL, or the password is not UTF-8.
    pub fn new(login: &str, password: &Secret, fresh: Fresh) -> Result<Self, Error> {
        let (domain, user) = login.split_once('\\').unwrap_or(("", login));
        check_name(login)?;
        check_name(user)?;
        let hash = NtHash::of_password(password)?;
        check_password(password.expose_str().unwrap_or_default())?;
        Ok(Self {
            user: user.to_owned(),
            domain: domain.to_owned(),
            workstation: String::new(),
            hash,
            fresh,
            charset: Charset::Unicode,
            target_name: None,
            channel_bindings: None,
            key: None,
            is_over: false,
        })
    }

    /// Names our own computer, which Active Directory may restrict users to.
    #[must_use]
    pub fn with_workstation(self, workstation: &str) -> Self {
        let workstation = workstation.to_owned();
        Self { workstation, ..self }
    }

    /// Names the service that is meant, such as `imap/mail.example.test`, so that the response is of no use anywhere else.
    #[must_use]
    pub fn with_target_name(self, name: &str) -> Self {
        let target_name = Some(Charset::Unicode.encode(name));
        Self { target_name, ..self }
    }

    /// Names the TLS channel; see [`binding_of_certificate`](crate::ntlm::binding_of_certificate).
    #[must_use]
    pub fn with_channel_bindings(self, bindings: [u8; 16]) -> Self {
        let channel_bindings = Some(bindings);
        Self {
            channel_bindings,
            ..self
        }
    }

    /// Makes the session key ourselves, of random octets that nobody can predict, if the server agrees. Only the MIC
    /// depends on it.
    #[must_use]
    pub fn with_key_exchange(self, key: [u8; 16]) -> Self {
        let key = Some(Key::new(key));
        Self { key, ..self }
    }

    /// Writes names in another character set than UTF-16.
    #[must_use]
    pub fn with_charset(self, charset: Charset) -> Self {
        Self { charset, ..self }
    }

    fn flags(&self) -> NegotiateFlags {
        let key = self
            .key
            .as_ref()
            .map_or_else(NegotiateFlags::default, |_| KEY_EXCHANGE);
        WANTED | self.charset.flag() | key
    }

    fn negotiate(&self) -> Vec<u8> {
        let negotiate_flags = self.flags();
        NegotiateMessage { negotiate_flags }.encode()
    }
}

impl Mechanism for Ntlm {
    fn name(&self) -> &str {
        "NTLM"
    }

    /// Always fails: credentials hold no random octets and no time, so that a client can only be made by [`Ntlm::new`].
    fn from_credentials(_: Credentials) -> Result<Self, MechanismError> {
        Err(MechanismError::CannotGenerateNonce)
    }

    fn initial(&mut self) -> Vec<u8> {
        self.negotiate()
    }

    fn response(&mut self, challenge: &[u8]) -> Result<Vec<u8>, MechanismError> {
        if self.is_over {
            return Err(MechanismError::InvalidState);
        }
        if challenge.is_empty() {
            return Ok(self.negotiate());
        }
        self.is_over = true;
        let message = authenticate::answer(self, challenge);
        message.map_err(|_| MechanismError::CannotDecodeChallenge)
    }
}

/// Neither the hash nor a key.
impl fmt::Debug for Ntlm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ntlm")
            .field("user", &self.user)
            .field("domain", &self.domain)
            .finish_non_exhaustive()
    }
}
