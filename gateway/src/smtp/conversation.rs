//! What is said between a client and us before login: drives the pure server session until somebody tries to log in.

use std::sync::Arc;

use gatepost_smtp::server::{
    self, Authenticated, Bye, Closed, Config, NeedInput, Sasl, SaslInput, StartTls, Step, Transport,
};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::Manner;
use crate::answer::Refused;
use crate::config::ListenerTls;
use crate::exchange::{Advanced, Exchange};
use crate::gateway::{Connection, Gateway, Heard, Service, Silence};
use crate::login::{Claimed, Session};
use crate::stream::{Link, Stream};

/// What a client may have sent and unconsumed, in octets.
const INPUT_CAP: usize = 64 * 1024;

/// The first octet of a TLS handshake record (RFC 8446 section 5.1).
const TLS_HANDSHAKE: u8 = 0x16;

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
    /// Why it is over, once it is.
    ended: &'static str,
}

/// Somebody tries to log in, and waits for our answer.
pub(super) struct Attempt {
    pub(super) claimed: Claimed,
    /// What the client calls itself.
    pub(super) helo: String,
    pending: Sasl,
}

impl<'a> Conversation<'a> {
    /// Greets, after TLS where TLS comes first.
    pub(super) async fn begin(
        gateway: &'a Gateway,
        service: &'a Service,
        manner: &Manner,
        config: Arc<Config>,
        connection: Connection,
    ) -> anyhow::Result<Self> {
        let names = connection.session;
        let deadline = connection.accepted + gateway.limits.login_time;
        let tls = match service.tls {
            ListenerTls::Implicit => true,
            ListenerTls::StartTls => is_tls_hello(&connection.stream, manner).await?,
        };
        let stream = Stream::Plain(connection.stream);
        let (stream, transport) = if tls {
            (service.start_tls(gateway, &names, stream).await?, Transport::Tls)
        } else {
            (stream, Transport::Plain)
        };
        let mut link = Link::new(stream, INPUT_CAP);
        let session = Some(server::greet(config, transport, &mut link.output));
        Ok(Self {
            gateway,
            service,
            names,
            deadline,
            link,
            session,
            exchange: Exchange::default(),
            ended: "",
        })
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
            Step::Sasl(sasl) => return Ok(self.take_sasl(sasl)),
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
        let out = &mut self.link.output;
        let step = match advanced {
            Advanced::Challenge(octets) => Step::NeedInput(sasl.challenge(&octets, out)),
            Advanced::Claimed(claimed) => {
                return Some(Attempt {
                    claimed,
                    helo: sasl.helo().to_owned(),
                    pending: sasl,
                });
            }
            Advanced::Malformed => sasl.malformed(out),
            Advanced::Refused(refused) => {
                self.gateway.refusals.count((&refused).into());
                sasl.reject(&refused.smtp_refusal(), out)
            }
        };
        self.resume(step);
        None
    }

    /// A rejected attempt leads back to the next command, or to the end.
    fn resume(&mut self, step: Step) {
        match step {
            Step::NeedInput(next) | Step::Cancelled(next) => self.session = Some(next),
            Step::Closed(closed) => self.close(&closed),
            // No answer leads there.
            Step::StartTls(_) | Step::Sasl(_) => {}
        }
    }

    fn close(&mut self, closed: &Closed) {
        self.ended = match closed.limit() {
            None => "ended before login",
            Some(limit) => self.gateway.over_limit(limit.into()),
        };
    }

    /// As with IMAP: who resets the connection is not waited for any more.
    pub(super) async fn unless_reset<T>(&self, work: impl Future<Output = T>) -> anyhow::Result<T> {
        Ok(self.link.unless_reset(work).await?)
    }

    /// Answers an attempt with a refusal.
    pub(super) async fn reject(&mut self, attempt: Attempt, refused: &Refused) -> anyhow::Result<()> {
        let step = attempt
            .pending
            .reject(&refused.smtp_refusal(), &mut self.link.output);
        self.resume(step);
        Ok(self.link.flush().await?)
    }

    /// Answers an attempt with 235. What the client sent behind it is still in the link's input.
    pub(super) async fn accept(mut self, attempt: Attempt) -> anyhow::Result<(Link, Authenticated)> {
        let session = attempt.pending.accept(&mut self.link.output);
        self.link.flush().await?;
        Ok((self.link, session))
    }
}

/// Phones that look for a server begin TLS on ports for STARTTLS too. Who speaks first within the pause is looked at,
/// and nothing is taken off.
async fn is_tls_hello(stream: &TcpStream, manner: &Manner) -> anyhow::Result<bool> {
    let mut first = [0];
    match timeout(manner.greet_pause, stream.peek(&mut first)).await {
        Ok(peeked) => Ok(peeked? == 1 && first == [TLS_HANDSHAKE]),
        Err(_) => Ok(false),
    }
}
