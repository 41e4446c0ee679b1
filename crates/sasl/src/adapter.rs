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
/// use gatepost_sasl::{Claim, adapter::Judged};
/// use gatepost_wire::Secret;
/// use sasl::common::Identity;
/// use sasl::server::{Mechanism as _, MechanismError, Response};
///
/// let judge = |claim: Claim| match &claim {
///     Claim::Password(proof) if *proof.password() == Secret::from("secret") => Ok(Identity::from(claim.name())),
///     _ => Err(MechanismError::AuthenticationFailed),
/// };
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
    pub fn new(mechanism: Mechanism, settings: Settings, fresh: Fresh, judge: J) -> Self {
        Self::begin(mechanism, Start::Any(settings, fresh), judge)
    }

    /// A new exchange of PLAIN.
    pub fn plain(judge: J) -> Self {
        Self::begin(Mechanism::Plain, Start::Plain, judge)
    }

    /// A new exchange of LOGIN.
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
mod tests {
    use gatepost_wire::Secret;
    use sasl::client::Mechanism as _;
    use sasl::client::mechanisms::Plain as TheirClient;
    use sasl::common::Credentials;
    use sasl::secret;
    use sasl::server::mechanisms::Plain as TheirServer;
    use sasl::server::{Validator, ValidatorError};

    use super::*;
    use crate::client::{Login, Plain};

    #[allow(clippy::needless_pass_by_value, reason = "what a judge is")]
    fn judge(claim: Claim) -> Result<Identity, MechanismError> {
        match &claim {
            Claim::Password(proof) if *proof.password() == Secret::from("secret") => Ok(claim.name().into()),
            _ => Err(MechanismError::AuthenticationFailed),
        }
    }

    fn credentials(password: &str) -> Credentials {
        Credentials::default()
            .with_username("alice")
            .with_password(password)
    }

    struct OnlyAlice;

    impl Validator<secret::Plain> for OnlyAlice {
        fn validate(&self, identity: &Identity, value: &secret::Plain) -> Result<(), ValidatorError> {
            let right = *identity == Identity::from("alice") && value.0 == "secret";
            right.then_some(()).ok_or(ValidatorError::AuthenticationFailed)
        }
    }

    #[test]
    fn their_client_and_our_server() {
        let mut client = TheirClient::from_credentials(credentials("secret")).unwrap();
        let answer = Judged::plain(judge).respond(&client.initial());
        assert_eq!(answer, Ok(Response::Success("alice".into(), Vec::new())));
        let mut client = TheirClient::from_credentials(credentials("wrong")).unwrap();
        let answer = Judged::plain(judge).respond(&client.initial());
        assert_eq!(answer, Err(MechanismError::AuthenticationFailed));
    }

    #[test]
    fn our_client_and_their_server() {
        let mut client = Plain::from_credentials(credentials("secret")).unwrap();
        let answer = TheirServer::new(OnlyAlice).respond(&client.initial());
        assert_eq!(answer, Ok(Response::Success("alice".into(), Vec::new())));
    }

    #[test]
    fn login_takes_three_payloads() {
        let mut client = Login::from_credentials(credentials("secret")).unwrap();
        let mut server = Judged::login(judge);
        let mut payload = client.initial();
        for prompt in [&b"Username:"[..], b"Password:"] {
            assert_eq!(server.respond(&payload), Ok(Response::Proceed(prompt.to_vec())));
            payload = client.response(prompt).unwrap();
        }
        assert_eq!(
            server.respond(&payload),
            Ok(Response::Success("alice".into(), Vec::new()))
        );
        assert_eq!(
            server.respond(b"more"),
            Err(MechanismError::SaslSessionAlreadyOver)
        );
    }

    #[test]
    fn an_error_ends_the_exchange() {
        let mut server = Judged::plain(judge);
        assert_eq!(
            server.respond(b"nonsense"),
            Err(MechanismError::FailedToDecodeMessage)
        );
        assert_eq!(
            server.respond(b"\0alice\0secret"),
            Err(MechanismError::SaslSessionAlreadyOver)
        );
    }

    #[test]
    fn nobody_acts_for_somebody_else() {
        let answer = Judged::plain(judge).respond(b"bob\0alice\0secret");
        assert_eq!(answer, Err(MechanismError::AuthenticationFailed));
    }
}
