//! Our server mechanisms for programs that drive those of the [`sasl`] crate.

use sasl::common::Identity;
use sasl::server::{Mechanism as Contract, MechanismError, Response};

use crate::server::{self, Challenge, Exchange, Fresh, Settings};
use crate::{Claim, Error, ErrorKind, Mechanism};

/// A mechanism of this crate as a [`sasl::server::Mechanism`], around a judge.
///
/// The judge turns a claim into an identity, or refuses it. It is called at most once, and it must not block for long
/// where the caller does not expect it: that trait has no room for waiting, which is why our own sessions end in a
/// [`Claim`] instead.
///
/// ```
/// use gatepost_sasl::adapter::Judged;
/// use gatepost_sasl::cram_md5::State;
/// use gatepost_sasl::ntlm::NtHash;
/// use gatepost_sasl::Claim;
/// use gatepost_wire::Secret;
/// use sasl::common::Identity;
/// use sasl::server::{Mechanism as _, MechanismError, Response};
///
/// fn judge(claim: Claim) -> Result<Identity, MechanismError> {
///     let secret = Secret::from("secret");
///     let is_true = match &claim {
///         Claim::Password(proof) => *proof.password() == secret,
///         Claim::CramMd5(proof) => proof.is_of(&State::of_password(&secret)),
///         Claim::Ntlm(proof) => NtHash::of_password(&secret).is_ok_and(|hash| proof.is_of(&hash)),
///         _ => false,
///     };
///     if is_true { Ok(claim.name().into()) } else { Err(MechanismError::AuthenticationFailed) }
/// }
///
/// let mut plain = Judged::plain(judge);
/// assert_eq!(plain.respond(b"\0alice\0secret"), Ok(Response::Success("alice".into(), vec![])));
/// ```
#[derive(Debug)]
pub struct Judged<J> {
    mechanism: Mechanism,
    judge: J,
    state: State,
}

#[derive(Debug)]
enum State {
    Start(Start),
    Waiting(Challenge),
    Over,
}

/// How to begin.
#[derive(Debug)]
enum Start {
    Plain,
    Login,
    Any(Settings, Fresh),
}

impl<J> Judged<J>
where
    J: FnMut(Claim) -> Result<Identity, MechanismError>,
{
    /// A new exchange of any mechanism; see [`server::start`].
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use gatepost_sasl::adapter::Judged;
    /// use gatepost_sasl::server::{Fresh, Settings};
    /// use gatepost_sasl::{Claim, Mechanism, client};
    /// use gatepost_wire::Secret;
    /// use sasl::client::Mechanism as _;
    /// use sasl::common::Identity;
    /// use sasl::server::{Mechanism as _, MechanismError, Response};
    /// # use gatepost_sasl::cram_md5::State;
    /// # use gatepost_sasl::ntlm::NtHash;
    /// # fn judge(claim: Claim) -> Result<Identity, MechanismError> {
    /// #     let secret = Secret::from("secret");
    /// #     match &claim {
    /// #         Claim::CramMd5(proof) if proof.is_of(&State::of_password(&secret)) => Ok(claim.name().into()),
    /// #         Claim::Ntlm(proof) if proof.is_of(&NtHash::of_password(&secret).unwrap()) => Ok(claim.name().into()),
    /// #         _ => Err(MechanismError::AuthenticationFailed),
    /// #     }
    /// # }
    ///
    /// // Of a random generator and a clock:
    /// let fresh = |octet| Fresh { random: [octet; 16], since_epoch: Duration::from_secs(1_800_000_000) };
    /// let settings = Settings::of_host("mail.example.test");
    ///
    /// let mut cram_md5 = Judged::new(Mechanism::CramMd5, settings.clone(), fresh(1), judge);
    /// let Ok(Response::Proceed(challenge)) = cram_md5.respond(b"") else { panic!() };
    /// let mut client = client::CramMd5::new("alice", &Secret::from("secret"))?;
    /// let answer = cram_md5.respond(&client.response(&challenge).unwrap());
    /// assert_eq!(answer, Ok(Response::Success("alice".into(), vec![])));
    ///
    /// let mut ntlm = Judged::new(Mechanism::Ntlm, settings, fresh(2), judge);
    /// let mut client = client::Ntlm::new("alice", &Secret::from("secret"), fresh(3))?;
    /// let Ok(Response::Proceed(challenge)) = ntlm.respond(&client.initial()) else { panic!() };
    /// let answer = ntlm.respond(&client.response(&challenge).unwrap());
    /// assert_eq!(answer, Ok(Response::Success("alice".into(), vec![])));
    /// # Ok::<(), gatepost_sasl::Error>(())
    /// ```
    pub fn new(mechanism: Mechanism, settings: Settings, fresh: Fresh, judge: J) -> Self {
        Self::begin(mechanism, Start::Any(settings, fresh), judge)
    }

    /// A new exchange of PLAIN.
    pub fn plain(judge: J) -> Self {
        Self::begin(Mechanism::Plain, Start::Plain, judge)
    }

    /// A new exchange of LOGIN.
    ///
    /// ```
    /// use gatepost_sasl::{Claim, adapter::Judged};
    /// use sasl::common::Identity;
    /// use sasl::server::{Mechanism as _, Response};
    ///
    /// let mut login = Judged::login(|claim: Claim| Ok(Identity::from(claim.name())));
    /// assert_eq!(login.respond(b""), Ok(Response::Proceed(b"Username:".to_vec())));
    /// assert_eq!(login.respond(b"alice"), Ok(Response::Proceed(b"Password:".to_vec())));
    /// assert_eq!(login.respond(b"secret"), Ok(Response::Success("alice".into(), vec![])));
    /// ```
    pub fn login(judge: J) -> Self {
        Self::begin(Mechanism::Login, Start::Login, judge)
    }

    fn begin(mechanism: Mechanism, start: Start, judge: J) -> Self {
        Self {
            mechanism,
            judge,
            state: State::Start(start),
        }
    }
}

impl<J> Contract for Judged<J>
where
    J: FnMut(Claim) -> Result<Identity, MechanismError>,
{
    fn name(&self) -> &str {
        self.mechanism.name()
    }

    /// The trait cannot tell an empty initial response from none; the first empty payload is none.
    fn respond(&mut self, payload: &[u8]) -> Result<Response, MechanismError> {
        let initial = (!payload.is_empty()).then_some(payload);
        let exchange = match std::mem::replace(&mut self.state, State::Over) {
            State::Start(Start::Plain) => server::plain(initial),
            State::Start(Start::Login) => server::login(initial),
            State::Start(Start::Any(settings, fresh)) => {
                server::start(self.mechanism, initial, &settings, fresh)
            }
            State::Waiting(challenge) => challenge.respond(payload),
            State::Over => return Err(MechanismError::SaslSessionAlreadyOver),
        };
        match exchange.map_err(refusal)? {
            Exchange::Challenge(challenge) => {
                let octets = challenge.octets().to_vec();
                self.state = State::Waiting(challenge);
                Ok(Response::Proceed(octets))
            }
            Exchange::Verify(claim) => Ok(Response::Success((self.judge)(claim)?, Vec::new())),
        }
    }
}

fn refusal(error: Error) -> MechanismError {
    match error.kind() {
        ErrorKind::Malformed => MechanismError::FailedToDecodeMessage,
        ErrorKind::Authzid | ErrorKind::Identity | ErrorKind::Policy => MechanismError::AuthenticationFailed,
    }
}

#[cfg(test)]
mod tests;
