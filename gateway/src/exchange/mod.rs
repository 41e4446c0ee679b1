//! SASL exchanges with a client, whatever protocol carries them: from messages to a claim.

mod settings;
mod trace;

use std::time::Duration;

use gatepost_directory::Denial;
use gatepost_sasl::server::{self, Challenge, Exchange as Message};
use gatepost_sasl::{Error, ErrorKind, Mechanism};
use gatepost_wire::Secret;
use tokio::time::Instant;

use crate::answer::Refused;
use crate::login::{Claimed, Session, log_unclaimed};

pub(crate) use settings::{Terms, fresh};

/// How long an exchange may take from its first message to its last: a challenge is good for so long.
const TIME: Duration = Duration::from_secs(60);

/// The exchange that a client's next response belongs to, if one is going on.
#[derive(Default)]
pub(crate) struct Exchange(Option<Pending>);

/// A challenge that waits for its response.
struct Pending {
    mechanism: Mechanism,
    challenge: Challenge,
    deadline: Instant,
}

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
    pub(crate) fn start(
        &mut self,
        names: &Session,
        terms: &Terms,
        mechanism: &str,
        initial: Option<&Secret>,
    ) -> Advanced {
        self.0 = None;
        // A session passes on only what we offer, and we offer only what we know.
        let Ok(mechanism) = mechanism.parse::<Mechanism>() else {
            return Advanced::Malformed;
        };
        let fresh = match fresh() {
            Ok(fresh) => fresh,
            Err(error) => {
                let refused = Refused::DirectoryDown;
                let note = format!("no random numbers: {error}");
                log_unclaimed(names, mechanism.name(), &refused, &note);
                return Advanced::Refused(refused);
            }
        };
        let initial = initial.map(Secret::expose);
        if let (Mechanism::Ntlm, Some(message)) = (mechanism, initial) {
            trace::message(names, "client", message);
        }
        let message = server::start(mechanism, initial, &terms.settings(), fresh);
        self.advance(names, mechanism, Instant::now() + TIME, message)
    }

    /// Takes the client's response to the last challenge.
    pub(crate) fn respond(&mut self, names: &Session, response: &Secret) -> Advanced {
        let Some(pending) = self.0.take() else {
            return Advanced::Malformed;
        };
        if pending.mechanism == Mechanism::Ntlm {
            trace::message(names, "client", response.expose());
        }
        let message = pending.challenge.respond(response.expose());
        self.advance(names, pending.mechanism, pending.deadline, message)
    }

    /// The client cancelled.
    pub(crate) fn forget(&mut self) {
        self.0 = None;
    }

    /// When the response has to be there, if one is waited for.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.0.as_ref().map(|pending| pending.deadline)
    }

    fn advance(
        &mut self,
        names: &Session,
        mechanism: Mechanism,
        deadline: Instant,
        message: Result<Message, Error>,
    ) -> Advanced {
        match message {
            Ok(Message::Challenge(challenge)) => {
                let octets = challenge.octets().to_vec();
                if mechanism == Mechanism::Ntlm && !octets.is_empty() {
                    trace::message(names, "gateway", &octets);
                }
                self.0 = Some(Pending {
                    mechanism,
                    challenge,
                    deadline,
                });
                Advanced::Challenge(octets)
            }
            Ok(Message::Verify(claim)) => Advanced::Claimed(Claimed {
                mechanism: mechanism.name(),
                claim,
            }),
            Err(error) => refuse(names, mechanism, error),
        }
    }
}

/// What breaks the rules is a bad command; all else is a failed login, and the log says why.
fn refuse(names: &Session, mechanism: Mechanism, error: Error) -> Advanced {
    let refused = match error.kind() {
        ErrorKind::Malformed => return Advanced::Malformed,
        ErrorKind::Authzid => Refused::ForeignIdentity,
        ErrorKind::Policy => Refused::Denied(Denial::NotSupported),
        _ => Refused::Denied(Denial::BadCredentials),
    };
    log_unclaimed(names, mechanism.name(), &refused, &error.to_string());
    Advanced::Refused(refused)
}

#[cfg(test)]
mod tests {
    use gatepost_sasl::ntlm::Target;

    use super::*;
    use crate::config::ChannelBinding;
    use crate::tls::Certificates;

    fn terms() -> Terms {
        let none = Certificates::load([]).unwrap();
        Terms::new(
            "mail.example",
            Target::of_host("mail.example"),
            ChannelBinding::Ignored,
            none,
        )
    }

    fn names() -> Session {
        Session {
            id: "1".to_owned(),
            peer: ([127, 0, 0, 1], 1).into(),
            protocol: "imap",
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_exchange_has_a_minute_from_its_begin() {
        let (terms, names) = (terms(), names());
        let mut exchange = Exchange::default();
        assert_eq!(exchange.deadline(), None);
        let begun = Instant::now();
        let asked = exchange.start(&names, &terms, "LOGIN", None);
        assert!(matches!(asked, Advanced::Challenge(_)));
        assert_eq!(exchange.deadline(), Some(begun + TIME));
        tokio::time::advance(Duration::from_secs(59)).await;
        let asked = exchange.respond(&names, &Secret::from("alice"));
        assert!(matches!(asked, Advanced::Challenge(_)));
        assert_eq!(exchange.deadline(), Some(begun + TIME));
        let over = exchange.respond(&names, &Secret::from("wonderland"));
        assert!(matches!(over, Advanced::Claimed(_)));
        assert_eq!(exchange.deadline(), None);
    }

    #[tokio::test]
    async fn no_two_challenges_are_alike() {
        let (terms, names) = (terms(), names());
        for mechanism in ["CRAM-MD5", "NTLM"] {
            let challenge = || {
                let mut exchange = Exchange::default();
                let negotiate = b"NTLMSSP\0\x01\0\0\0\x07\x82\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
                let initial = (mechanism == "NTLM").then(|| Secret::from(&negotiate[..]));
                match exchange.start(&names, &terms, mechanism, initial.as_ref()) {
                    Advanced::Challenge(octets) => octets,
                    _ => panic!("{mechanism}: no challenge"),
                }
            };
            assert_ne!(challenge(), challenge(), "{mechanism}");
        }
    }

    /// A client that begins anew, cancels or says nonsense has no exchange left.
    #[tokio::test]
    async fn a_response_belongs_to_the_exchange_that_is_going_on() {
        let (terms, names) = (terms(), names());
        let mut exchange = Exchange::default();
        let stray = exchange.respond(&names, &Secret::from("alice"));
        assert!(matches!(stray, Advanced::Malformed));
        exchange.start(&names, &terms, "LOGIN", None);
        exchange.forget();
        let cancelled = exchange.respond(&names, &Secret::from("alice"));
        assert!(matches!(cancelled, Advanced::Malformed));
        exchange.start(&names, &terms, "NTLM", None);
        let nonsense = exchange.respond(&names, &Secret::from("nonsense"));
        assert!(matches!(nonsense, Advanced::Malformed));
        let stray = exchange.respond(&names, &Secret::from("alice"));
        assert!(matches!(stray, Advanced::Malformed));
    }
}
