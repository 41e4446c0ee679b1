//! SASL exchanges with a client, whatever protocol carries them: from messages to a claim.

use std::time::{SystemTime, UNIX_EPOCH};

use gatepost_directory::Denial;
use gatepost_sasl::server::{self, Challenge, Exchange as Message, Fresh, Settings};
use gatepost_sasl::{Error, ErrorKind, Mechanism};
use gatepost_wire::Secret;

use crate::answer::Refused;
use crate::login::{Claimed, Session, log_unclaimed};

/// The exchange that a client's next response belongs to, if one is going on.
#[derive(Default)]
pub(crate) struct Exchange(Option<(Mechanism, Challenge)>);

/// Where a message leads.
pub(crate) enum Advanced {
    /// To a challenge, before base64.
    Challenge(Vec<u8>),
    /// To the end: the client has said everything.
    Claimed(Claimed),
    /// Nowhere: the message breaks the mechanism's rules.
    Malformed,
    /// To a refusal for which no directory is asked. It is logged.
    Refused(Refused),
}

impl Exchange {
    /// Begins one; whatever was going on is over. `initial`: absent is not empty.
    pub(crate) fn start(&mut self, names: &Session, mechanism: &str, initial: Option<&Secret>) -> Advanced {
        self.0 = None;
        // A session passes on only what we offer, and we offer only what we know.
        let Ok(mechanism) = mechanism.parse::<Mechanism>() else {
            return Advanced::Malformed;
        };
        let Ok(fresh) = fresh() else {
            let refused = Refused::DirectoryDown;
            log_unclaimed(names, mechanism.name(), &refused, "no random numbers");
            return Advanced::Refused(refused);
        };
        let settings = Settings::of_host("localhost");
        let message = server::start(mechanism, initial.map(Secret::expose), &settings, fresh);
        self.advance(names, mechanism, message)
    }

    /// Takes the client's response to the last challenge.
    pub(crate) fn respond(&mut self, names: &Session, response: &Secret) -> Advanced {
        match self.0.take() {
            Some((mechanism, challenge)) => {
                let message = challenge.respond(response.expose());
                self.advance(names, mechanism, message)
            }
            None => Advanced::Malformed,
        }
    }

    /// The client cancelled.
    pub(crate) fn forget(&mut self) {
        self.0 = None;
    }

    fn advance(
        &mut self,
        names: &Session,
        mechanism: Mechanism,
        message: Result<Message, Error>,
    ) -> Advanced {
        match message {
            Ok(Message::Challenge(challenge)) => {
                let octets = challenge.octets().to_vec();
                self.0 = Some((mechanism, challenge));
                Advanced::Challenge(octets)
            }
            Ok(Message::Verify(claim)) => Advanced::Claimed(Claimed {
                mechanism: mechanism.name(),
                claim,
            }),
            Err(error) => {
                let refused = match error.kind() {
                    ErrorKind::Malformed => return Advanced::Malformed,
                    ErrorKind::Authzid => Refused::ForeignIdentity,
                    _ => Refused::Denied(Denial::BadCredentials),
                };
                log_unclaimed(names, mechanism.name(), &refused, &error.to_string());
                Advanced::Refused(refused)
            }
        }
    }
}

fn fresh() -> Result<Fresh, getrandom::Error> {
    let mut random = [0; 16];
    getrandom::fill(&mut random)?;
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(Fresh { random, since_epoch })
}
