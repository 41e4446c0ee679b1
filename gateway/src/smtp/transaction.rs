//! Message after message: drives the pure relay between a logged-in client and its MTA.
//!
//! Both links are flushed before anything is waited for, so nothing of a message stays with us but what the relay has
//! not decided yet; a slow MTA slows the client down.

use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use gatepost_directory::Account;
use gatepost_sasl::Claim;
use gatepost_smtp::Reply;
use gatepost_smtp::relay::{
    Answered, Config, Data, Message, MessageStep, Relay, Step, Swallow, SwallowStep, Verdict, Whole, Wires,
};
use gatepost_smtp::server::{Authenticated, Bye};
use time::OffsetDateTime;
use tokio::time::{sleep, timeout};
use tracing::{info, warn};

use super::copy::Copy;
use super::policy::SenderPolicy;
use super::received::Trace;
use crate::gateway::Gateway;
use crate::login::Session;
use crate::mta::{self, Mta};
use crate::pump::Summary;
use crate::stream::{Link, Stream};

/// How long a client may be silent between commands (RFC 5321 section 4.5.3.2.7).
const CLIENT_TIME: Duration = Duration::from_secs(300);
/// How long a piece of a message may take, in either direction (section 4.5.3.2.5).
const PIECE_TIME: Duration = Duration::from_secs(180);
/// How long an MTA may take for an answer (sections 4.5.3.2.2 and 4.5.3.2.3).
const ANSWER_TIME: Duration = Duration::from_secs(300);
/// How long it may take to accept a message (section 4.5.3.2.6).
const VERDICT_TIME: Duration = Duration::from_secs(600);

/// What a session that sends is made of.
pub(super) struct Parts<'a> {
    pub(super) gateway: &'a Gateway,
    pub(super) names: Session,
    pub(super) account: Account,
    pub(super) claim: Claim,
    pub(super) mta: Arc<Mta>,
    pub(super) client: Link,
    pub(super) authenticated: Authenticated,
    pub(super) ready: mta::Ready,
    pub(super) config: Arc<Config>,
    pub(super) policy: SenderPolicy,
}

/// A session that sends.
pub(super) struct Transactions<'a> {
    gateway: &'a Gateway,
    names: Session,
    account: Account,
    claim: Claim,
    mta: Arc<Mta>,
    client: Link,
    /// Closed while there is no MTA.
    server: Link,
    /// The MTA's address, for logs.
    host: String,
    policy: SenderPolicy,
    relay: Option<Relay>,
    /// The message's Sent copy, from its first octet to its verdict.
    copy: Copy,
    message: Letter,
    summary: Summary,
}

/// What the log says of a message.
#[derive(Default)]
struct Letter {
    /// Its number in the session.
    number: u32,
    sender: String,
    recipients: u32,
    octets: u64,
    message_id: String,
}

/// Whether the session goes on.
enum Next {
    Relay(Relay),
    /// It is over, for this reason.
    Over(String),
}

impl<'a> Transactions<'a> {
    pub(super) fn new(parts: Parts<'a>) -> Self {
        let mta::Ready { link, session, host } = parts.ready;
        let relay = Relay::new(&parts.authenticated, session.extensions().clone(), parts.config);
        Self {
            gateway: parts.gateway,
            names: parts.names,
            account: parts.account,
            claim: parts.claim,
            mta: parts.mta,
            client: parts.client,
            server: link,
            host,
            policy: parts.policy,
            relay: Some(relay),
            copy: Copy::None,
            message: Letter::default(),
            summary: Summary::default(),
        }
    }

    /// Serves until one side ends it. A message that was committed is waited for even if the client has gone.
    pub(super) async fn run(mut self) -> Summary {
        let mut relay = self.relay.take();
        while let Some(current) = relay {
            relay = match self.step(current).await {
                Next::Relay(next) => Some(next),
                Next::Over(reason) => {
                    self.summary.reason = reason;
                    None
                }
            };
        }
        self.copy.discard().await;
        self.client.close().await;
        self.server.close().await;
        self.summary
    }

    async fn step(&mut self, relay: Relay) -> Next {
        let mut wires = Wires {
            client: &mut self.client.input,
            server: &mut self.server.input,
            to_client: &mut self.client.output,
            to_server: &mut self.server.output,
        };
        match relay.process(&mut wires, &mut self.policy) {
            Step::NeedInput(relay) => self.wait(relay).await,
            Step::Data(data) => Next::Relay(self.begin(data).await),
            Step::Message(message) => self.pass(message).await,
            Step::Answered(answered) => Next::Relay(self.settle(answered).await),
            Step::Closed(closed) => Next::Over(
                closed
                    .why()
                    .map_or_else(|| "client quit".to_owned(), ToString::to_string),
            ),
        }
    }

    /// Sends what is written, sees to it that there is an MTA where one is needed, and reads more.
    async fn wait(&mut self, mut relay: Relay) -> Next {
        self.drop_lost_server(&relay);
        if self.server.flush().await.is_err() {
            return Next::Relay(self.lose_server(relay));
        }
        if relay.needs_server() {
            self.replace_server(&mut relay).await;
            return Next::Relay(relay);
        }
        if let Err(error) = timeout_io(PIECE_TIME, self.client.flush()).await
            && !relay.in_doubt()
        {
            return Next::Over(format!("client: {error}"));
        }
        let (idle, patience) = patience(&relay);
        let bye = tokio::select! {
            read = self.client.read(), if relay.wants_client() => match read {
                Ok(()) => return Next::Relay(relay),
                Err(error) => return Next::Over(format!("client: {error}")),
            },
            read = self.server.read(), if relay.has_server() => match read {
                Ok(()) => return Next::Relay(relay),
                Err(_) => return Next::Relay(self.lose_server(relay)),
            },
            () = self.gateway.stop.begin.cancelled(), if idle => Bye::Shutdown,
            () = self.gateway.stop.end.cancelled(), if !relay.in_doubt() => Bye::Shutdown,
            () = sleep(patience) => {
                if !idle && relay.has_server() {
                    return Next::Relay(self.lose_server(relay));
                }
                Bye::Timeout
            }
        };
        relay.close(bye, &mut self.client.output);
        Next::Over(bye.reply().lines.join(" "))
    }

    /// A server that the relay gave up is closed without another word.
    fn drop_lost_server(&mut self, relay: &Relay) {
        if !relay.has_server() && !matches!(self.server.stream, Stream::Closed) {
            if let Some(loss) = relay.loss() {
                warn!(session = self.names.id, backend = self.host, reason = %loss, "mta-lost");
            }
            self.server = Link::closed();
        }
    }

    fn lose_server(&mut self, relay: Relay) -> Relay {
        let relay = relay.server_lost(&mut self.client.output);
        self.drop_lost_server(&relay);
        relay
    }

    /// Nothing of the client's was accepted since the last MTA, so another one takes its place unnoticed.
    async fn replace_server(&mut self, relay: &mut Relay) {
        let ready = self
            .mta
            .log_in(&self.account, &self.claim, &self.names, relay.helo())
            .await;
        match ready {
            Ok(mta::Ready { link, session, host }) => {
                relay.server_replaced(session.extensions().clone());
                (self.server, self.host) = (link, host);
            }
            Err(failure) => {
                warn!(session = self.names.id, backend = self.mta.config.name, reason = %failure, "mta-lost");
                let reply = Reply::new(451, "4.3.0", "the mail server is unavailable, try again later");
                relay.refuse_mail(reply, &mut self.client.output);
            }
        }
    }

    /// DATA: the copy has to have room before the client is asked for the message.
    async fn begin(&mut self, data: Data) -> Relay {
        self.message = Letter {
            number: self.message.number + 1,
            sender: data.sender().to_string(),
            recipients: u32::try_from(data.recipients().len()).unwrap_or(u32::MAX),
            ..Letter::default()
        };
        match Copy::begin(self.gateway, &self.names, &self.account, data.sender()).await {
            Ok(copy) => {
                self.copy = copy;
                let trace = self.trace(&data);
                data.proceed(trace, &mut self.server.output)
            }
            Err(reason) => {
                warn!(session = self.names.id, account = self.account.name, reason = format!("{reason:#}"), "spool");
                data.refuse(no_room(), &mut self.client.output, &mut self.server.output)
            }
        }
    }

    fn trace(&self, data: &Data) -> gatepost_smtp::relay::Insertions {
        let mut random = [0; 8];
        // Without random numbers the id is still unique here.
        let _ = getrandom::fill(&mut random);
        let client = (data.helo(), self.names.peer);
        let trace = Trace {
            name: &self.gateway.name,
            session: &self.names.id,
            number: self.message.number,
            random: u64::from_le_bytes(random),
            client: (!self.gateway.sending.hides_client()).then_some(client),
            utf8: data.is_utf8(),
            now: OffsetDateTime::now_utc(),
        };
        trace.insertions()
    }

    /// The message, piece by piece: to the MTA and to its copy.
    async fn pass(&mut self, message: Message) -> Next {
        let mut message = message;
        let mut copied = BytesMut::new();
        loop {
            let (input, output) = (&mut self.client.input, &mut self.server.output);
            message = match message.process(input, output, &mut copied, &mut self.policy) {
                MessageStep::NeedInput(next) => next,
                MessageStep::Whole(whole) => {
                    return match self.keep(&mut copied).await {
                        Ok(()) => Next::Relay(self.commit(whole).await),
                        Err(reply) => Next::Relay(self.abandon(whole, reply).await),
                    };
                }
                MessageStep::Fault(swallow) => return self.swallow(swallow).await,
            };
            if let Err(reply) = self.keep(&mut copied).await {
                return self.swallow(message.fail(reply)).await;
            }
            if timeout_io(PIECE_TIME, self.server.flush()).await.is_err() {
                let reply = self.last_words().await;
                return self.swallow(message.fail(reply)).await;
            }
            if let Err(reason) = self.read_piece().await {
                return Next::Over(reason);
            }
        }
    }

    async fn keep(&mut self, copied: &mut BytesMut) -> Result<(), Reply> {
        let kept = self.copy.append(copied).await;
        kept.map_err(|reason| self.spool_failed(&reason))
    }

    fn spool_failed(&self, reason: &anyhow::Error) -> Reply {
        warn!(session = self.names.id, account = self.account.name, reason = format!("{reason:#}"), "spool");
        no_room()
    }

    /// The next piece of the message. A client that stops in the middle has sent nothing.
    async fn read_piece(&mut self) -> Result<(), String> {
        tokio::select! {
            read = timeout_io(PIECE_TIME, self.client.read()) => {
                self.summary.bytes_in += self.client.input.len() as u64;
                read.map_err(|error| format!("client, in the middle of a message: {error}"))
            }
            () = self.gateway.stop.end.cancelled() => {
                Bye::Shutdown.encode(&mut self.client.output);
                Err("shutting down".to_owned())
            }
        }
    }

    /// What an MTA says that hung up in the middle of a message.
    async fn last_words(&mut self) -> Reply {
        let _ = timeout_io(Duration::from_secs(1), self.server.read()).await;
        mta::last_reply(&mut self.server.input)
            .unwrap_or_else(|| Reply::new(451, "4.3.0", "the mail server is gone, try again later"))
    }

    /// The message has a fault: what is left of it is read, and the client told. The MTA never sees its end.
    async fn swallow(&mut self, swallow: Swallow) -> Next {
        self.server = Link::closed();
        self.copy.discard().await;
        let mut swallow = swallow;
        loop {
            swallow = match swallow.process(&mut self.client.input, &mut self.client.output) {
                SwallowStep::Over(relay) => return Next::Relay(relay),
                SwallowStep::NeedInput(next) => next,
            };
            if let Err(reason) = self.read_piece().await {
                return Next::Over(reason);
            }
        }
    }

    /// The copy is on the disk before the MTA hears the message's end.
    async fn commit(&mut self, whole: Whole) -> Relay {
        let message_id = whole.message_id().map(<[u8]>::to_vec);
        self.message.octets = whole.size();
        self.message.message_id = String::from_utf8_lossy(message_id.as_deref().unwrap_or_default()).into_owned();
        match self.copy.sync(message_id).await {
            Ok(()) => whole.commit(&mut self.server.output),
            Err(reason) => {
                let reply = self.spool_failed(&reason);
                self.abandon(whole, reply).await
            }
        }
    }

    async fn abandon(&mut self, whole: Whole, reply: Reply) -> Relay {
        self.server = Link::closed();
        self.copy.discard().await;
        whole.abandon(reply, &mut self.client.output)
    }

    /// The verdict: an accepted message's copy is queued before the client hears so.
    async fn settle(&mut self, answered: Answered) -> Relay {
        let verdict = answered.verdict();
        match verdict {
            Verdict::Accepted => {
                self.policy.sent();
                self.copy.queue().await;
            }
            Verdict::Refused => self.copy.discard().await,
            Verdict::Doubt => self.copy.doubt().await,
        }
        self.log_message(verdict, answered.reply());
        answered.answer(&mut self.client.output)
    }

    fn log_message(&self, verdict: Verdict, reply: &Reply) {
        let Letter { sender, recipients, octets, message_id, .. } = &self.message;
        info!(
            session = self.names.id,
            account = self.account.name,
            id = %self.account.id,
            from = sender,
            recipients,
            bytes = octets,
            message_id,
            backend = self.host,
            result = verdict.as_str(),
            code = reply.code.get(),
            "message"
        );
    }
}

fn no_room() -> Reply {
    Reply::new(452, "4.3.1", "no room for the message, try again later")
}

/// Whom is waited for, and how long: the client between commands, else the MTA.
fn patience(relay: &Relay) -> (bool, Duration) {
    if relay.in_doubt() {
        (false, VERDICT_TIME)
    } else if relay.is_waiting() {
        (false, ANSWER_TIME)
    } else {
        (true, CLIENT_TIME)
    }
}

async fn timeout_io<T>(limit: Duration, work: impl Future<Output = std::io::Result<T>>) -> std::io::Result<T> {
    timeout(limit, work)
        .await
        .unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()))
}
