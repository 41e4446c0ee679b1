//! What is said between a client and us before login: drives the pure server session until somebody tries to log in.

use std::sync::Arc;

use gatepost_directory::{Claim, Denial};
use gatepost_imap::server::{
    self, Authenticated, Bye, Closed, Config, Login, NeedInput, Refusal, Sasl, SaslInput, StartTls, Step,
    Transport,
};
use gatepost_imap::{Capabilities, Identity};
use tokio::time::Instant;

use crate::answer::Refused;
use crate::config::ListenerTls;
use crate::exchange::{Advanced, Exchange};
use crate::gateway::{Connection, Gateway, Heard, Service, Silence};
use crate::log;
use crate::login::{Claimed, Session, log_unclaimed};
use crate::stream::{Link, Stream};

/// What a client may have sent and unanswered before login, in octets.
const INPUT_CAP: usize = 32 * 1024;

/// IMAP's own LOGIN command in the log, which is no SASL mechanism.
const LOGIN_COMMAND: &str = "login-command";

/// A connection before login.
pub(super) struct Conversation<'a> {
    gateway: &'a Gateway,
    service: &'a Service,
    names: Session,
    deadline: Instant,
    link: Link,
    /// `None`: over, the last words are in the link's output.
    session: Option<NeedInput>,
    exchange: Exchange,
    /// What the client said that it is.
    identity: Option<Identity>,
    /// Why it is over, once it is.
    ended: &'static str,
}

/// Somebody tries to log in, and waits for our answer.
pub(super) struct Attempt {
    pub(super) claimed: Claimed,
    pending: Pending,
}

/// The command that is to be answered.
enum Pending {
    Login(Login),
    Sasl(Sasl),
}

impl<'a> Conversation<'a> {
    /// Greets, after TLS where TLS comes first.
    pub(super) async fn begin(
        gateway: &'a Gateway,
        service: &'a Service,
        config: &Arc<Config>,
        connection: Connection,
    ) -> anyhow::Result<Self> {
        let names = connection.session;
        let deadline = connection.accepted + gateway.limits.login_time;
        let (stream, transport) = match service.tls {
            ListenerTls::StartTls => (Stream::Plain(connection.stream), Transport::Plain),
            ListenerTls::Implicit => (
                service
                    .start_tls(gateway, &names, Stream::Plain(connection.stream))
                    .await?,
                Transport::Tls,
            ),
        };
        let mut link = Link::new(stream, INPUT_CAP);
        let session = Some(server::greet(Arc::clone(config), transport, &mut link.output));
        Ok(Self {
            gateway,
            service,
            names,
            deadline,
            link,
            session,
            exchange: Exchange::default(),
            identity: None,
            ended: "",
        })
    }

    /// The connection's id in the log.
    pub(super) fn id(&self) -> &str {
        &self.names.id
    }

    /// Why the conversation is over.
    pub(super) fn ended(&self) -> &'static str {
        self.ended
    }

    /// The next attempt to log in; `None` if the connection is over.
    pub(super) async fn next_attempt(&mut self) -> anyhow::Result<Option<Attempt>> {
        while let Some(session) = self.session.take() {
            let step = match session.process(&mut self.link.input, &mut self.link.output) {
                Ok(step) => step,
                Err(error) => {
                    // What the session wrote says why, and the client may be in the middle of more.
                    self.link.close().await;
                    return Err(error.into());
                }
            };
            if let Some(attempt) = self.take_step(step).await? {
                return Ok(Some(attempt));
            }
        }
        self.link.close().await;
        Ok(None)
    }

    async fn take_step(&mut self, step: Step) -> anyhow::Result<Option<Attempt>> {
        match step {
            Step::NeedInput(next) => self.wait(next).await?,
            Step::StartTls(step) => self.upgrade(step).await?,
            Step::Login(login) => {
                self.log_identity(login.identity());
                return Ok(self.take_login(login));
            }
            Step::Sasl(sasl) => {
                self.log_identity(sasl.identity());
                return Ok(self.take_sasl(sasl));
            }
            Step::Cancelled(next) => {
                self.exchange.forget();
                self.session = Some(next);
            }
            Step::Closed(closed) => self.close(&closed),
        }
        Ok(None)
    }

    /// Sends what is written and reads more, unless the gateway is stopping.
    async fn wait(&mut self, session: NeedInput) -> anyhow::Result<()> {
        let exchange = self.exchange.deadline();
        let deadline = exchange.map_or(self.deadline, |deadline| deadline.min(self.deadline));
        match self.gateway.hear(&mut self.link, deadline).await? {
            Heard::Octets => self.session = Some(session),
            Heard::Nothing(silence) => {
                let bye = match silence {
                    Silence::Stopping => Bye::Shutdown,
                    Silence::TooLong => Bye::Timeout,
                };
                session.close(bye, &mut self.link.output);
                self.ended = silence.reason();
            }
        }
        Ok(())
    }

    async fn upgrade(&mut self, step: StartTls) -> anyhow::Result<()> {
        self.link.flush().await?;
        let stream = self.link.stream.take();
        self.link.stream = self.service.start_tls(self.gateway, &self.names, stream).await?;
        self.session = Some(step.upgraded(&mut self.link.input));
        Ok(())
    }

    /// Once for each ID that said something else than the one before.
    fn log_identity(&mut self, identity: Option<&Identity>) {
        if let Some(identity) = identity
            && self.identity.as_ref() != Some(identity)
        {
            log::client_id(&self.names.id, identity);
            self.identity = Some(identity.clone());
        }
    }

    fn take_login(&mut self, login: Login) -> Option<Attempt> {
        match Claim::password(login.username(), login.password().expose()) {
            Ok(claim) => {
                let claimed = Claimed {
                    mechanism: LOGIN_COMMAND,
                    claim,
                };
                Some(Attempt {
                    claimed,
                    pending: Pending::Login(login),
                })
            }
            Err(error) => {
                let refused = Refused::Denied(Denial::BadCredentials);
                log_unclaimed(&self.names, LOGIN_COMMAND, &refused, &error.to_string());
                self.gateway.refusals.count((&refused).into());
                let step = login.reject(&refused.refusal(), &mut self.link.output);
                self.resume(step);
                None
            }
        }
    }

    /// One message of an exchange: a challenge goes back, or a claim comes out.
    fn take_sasl(&mut self, sasl: Sasl) -> Option<Attempt> {
        let advanced = match sasl.input() {
            SaslInput::Start { mechanism, initial } => {
                let terms = self.service.terms();
                self.exchange
                    .start(&self.names, terms, mechanism, initial.as_ref())
            }
            SaslInput::Response(data) => self.exchange.respond(&self.names, data),
        };
        match advanced {
            Advanced::Challenge(octets) => {
                self.session = Some(sasl.challenge(&octets, &mut self.link.output));
                None
            }
            Advanced::Claimed(claimed) => Some(Attempt {
                claimed,
                pending: Pending::Sasl(sasl),
            }),
            Advanced::Malformed => self.malformed(sasl),
            Advanced::Refused(refused) => {
                self.gateway.refusals.count((&refused).into());
                let step = sasl.reject(&refused.refusal(), &mut self.link.output);
                self.resume(step);
                None
            }
        }
    }

    fn malformed(&mut self, sasl: Sasl) -> Option<Attempt> {
        let step = sasl.malformed(&mut self.link.output);
        self.resume(step);
        None
    }

    /// A rejected attempt leads back to the next command, or to the end.
    fn resume(&mut self, step: Step) {
        match step {
            Step::NeedInput(next) | Step::Cancelled(next) => self.session = Some(next),
            Step::Closed(closed) => self.close(&closed),
            // No answer leads there.
            Step::StartTls(_) | Step::Login(_) | Step::Sasl(_) => {}
        }
    }

    fn close(&mut self, closed: &Closed) {
        self.ended = match closed.limit() {
            None => "ended before login",
            Some(limit) => self.gateway.over_limit(limit.into()),
        };
    }

    /// What is done while the client waits for our answer. Nothing is read meanwhile, but a client that resets the
    /// connection is not waited for any more; one that only says that it sends no more is.
    pub(super) async fn unless_reset<T>(&self, work: impl Future<Output = T>) -> anyhow::Result<T> {
        Ok(self.link.unless_reset(work).await?)
    }

    /// Answers an attempt with a refusal.
    pub(super) async fn reject(&mut self, attempt: Attempt, refusal: &Refusal) -> anyhow::Result<()> {
        let out = &mut self.link.output;
        let step = match attempt.pending {
            Pending::Login(login) => login.reject(refusal, out),
            Pending::Sasl(sasl) => sasl.reject(refusal, out),
        };
        self.resume(step);
        Ok(self.link.flush().await?)
    }

    /// Answers an attempt with OK. What the client sent behind it is still in the link's input.
    pub(super) async fn accept(
        mut self,
        attempt: Attempt,
        capabilities: &Capabilities,
    ) -> anyhow::Result<(Link, Authenticated)> {
        let out = &mut self.link.output;
        let session = match attempt.pending {
            Pending::Login(login) => login.accept(capabilities, out),
            Pending::Sasl(sasl) => sasl.accept(capabilities, out),
        };
        self.link.flush().await?;
        Ok((self.link, session))
    }
}
