//! Message after message: drives the pure relay between a logged-in client and its MTA.
//!
//! Both links are flushed before anything is waited for, so nothing of a message stays with us but what the relay has
//! not decided yet; a slow MTA slows the client down.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use gatepost_directory::Account;
use gatepost_sasl::Claim;
use gatepost_smtp::relay::{
    Answered, Committed, Config, Data, Insertions, Message, MessageStep, Relay, Step, Swallow, SwallowStep,
    Verdict, Whole, Wires,
};
use gatepost_smtp::server::{Authenticated, Bye};
use gatepost_smtp::{Escaped, Reply};
use time::OffsetDateTime;
use tokio::time::{sleep, timeout};
use tracing::{info, warn};

use super::copy::{Copy, Sender};
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
/// How long an MTA that hung up is listened to for its reason.
const LAST_WORDS_TIME: Duration = Duration::from_secs(1);

/// What a session that sends is made of.
pub(super) struct Parts<'a> {
    pub(super) gateway: &'a Gateway,
    pub(super) names: Session,
    /// The directory that knows the account.
    pub(super) directory: &'a str,
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
    directory: &'a str,
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
    letter: Letter,
    summary: Summary,
}

/// What the log says of a message.
#[derive(Default)]
struct Letter {
    /// Its number in the session.
    number: u32,
    sender: String,
    recipients: usize,
    octets: u64,
    message_id: Vec<u8>,
}

/// Whether the session goes on.
enum Next {
    Relay(Relay),
    /// It is over, for this reason.
    Over(String),
}

/// Whether an MTA that spoke out of turn can be listened to any longer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Line {
    Up,
    Down,
}

impl<'a> Transactions<'a> {
    pub(super) fn new(parts: Parts<'a>) -> Self {
        let mta::Ready { link, session, host } = parts.ready;
        let relay = Relay::new(&parts.authenticated, session.extensions().clone(), parts.config);
        Self {
            gateway: parts.gateway,
            names: parts.names,
            directory: parts.directory,
            account: parts.account,
            claim: parts.claim,
            mta: parts.mta,
            client: parts.client,
            server: link,
            host,
            policy: parts.policy,
            relay: Some(relay),
            copy: Copy::None,
            letter: Letter::default(),
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
        self.copy.end().await;
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
            Step::Closed(closed) => {
                let why = closed.why().map(ToString::to_string);
                Next::Over(why.unwrap_or_else(|| "client quit".to_owned()))
            }
        }
    }

    /// Sends what is written, sees to it that there is an MTA where one is needed, and reads more.
    async fn wait(&mut self, mut relay: Relay) -> Next {
        self.drop_lost_server(&relay);
        if relay.is_idle() {
            // The MTA may have refused DATA.
            self.copy.end().await;
        }
        if relay.has_server() && in_time(PIECE_TIME, self.server.flush()).await.is_err() {
            return Next::Relay(self.lose_server(relay));
        }
        if relay.needs_server() {
            self.replace_server(&mut relay).await;
            return Next::Relay(relay);
        }
        match self.flush_client().await {
            Err(reason) if !relay.in_doubt() => return Next::Over(reason),
            _ => {}
        }
        self.read(relay).await
    }

    async fn read(&mut self, relay: Relay) -> Next {
        let (idle, patience) = patience(&relay);
        let bye = tokio::select! {
            read = read_counted(&mut self.client, &mut self.summary), if relay.wants_client() => match read {
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
                if !idle {
                    return Next::Relay(self.lose_server(relay));
                }
                Bye::Timeout
            }
        };
        relay.close(bye, &mut self.client.output);
        Next::Over(bye.reply().text().to_owned())
    }

    async fn flush_client(&mut self) -> Result<(), String> {
        self.summary.bytes_out += self.client.output.len() as u64;
        let flushed = in_time(PIECE_TIME, self.client.flush()).await;
        flushed.map_err(|error| format!("client: {error}"))
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
        self.letter = Letter {
            number: self.letter.number + 1,
            sender: data.sender().to_string(),
            recipients: data.recipients().len(),
            ..Letter::default()
        };
        let sender = Sender {
            directory: self.directory,
            account: &self.account,
            session: &self.names.id,
            address: &self.letter.sender,
        };
        match Copy::begin(self.gateway, sender).await {
            Ok(copy) => {
                self.copy = copy;
                let insertions = self.insertions(&data);
                data.proceed(insertions, &mut self.server.output)
            }
            Err(reason) => {
                let reply = self.spool_failed(&reason);
                data.refuse(reply, &mut self.client.output, &mut self.server.output)
            }
        }
    }

    fn insertions(&self, data: &Data) -> Insertions {
        let mut random = [0; 8];
        // Without random octets the id is still unique here.
        let _ = getrandom::fill(&mut random);
        let client = (data.helo(), self.names.peer);
        let trace = Trace {
            name: &self.gateway.name,
            session: &self.names.id,
            number: self.letter.number,
            random: u64::from_le_bytes(random),
            client: (!self.gateway.sending.hides_client()).then_some(client),
            utf8: data.is_smtputf8(),
            now: OffsetDateTime::now_utc(),
        };
        trace.insertions()
    }

    /// The message, piece by piece: to the MTA and to its copy.
    async fn pass(&mut self, mut message: Message) -> Next {
        let mut copied = BytesMut::new();
        loop {
            let (input, output) = (&mut self.client.input, &mut self.server.output);
            let step = message.process(input, output, &mut copied, &mut self.policy);
            let kept = self.copy.append(&mut copied).await;
            message = match (step, kept) {
                (MessageStep::Whole(whole), Ok(())) => return Next::Relay(self.commit(whole).await),
                (MessageStep::Whole(whole), Err(error)) => {
                    let reply = self.spool_failed(&error);
                    return Next::Relay(self.abandon(whole, &reply).await);
                }
                (MessageStep::Fault(swallow), _) => return self.swallow(swallow).await,
                (MessageStep::NeedInput(message), Err(error)) => {
                    let reply = self.spool_failed(&error);
                    return self.swallow(message.fail(reply)).await;
                }
                (MessageStep::NeedInput(message), Ok(())) => message,
            };
            message = match self.next_piece(message).await {
                Ok(MessageStep::NeedInput(message)) => message,
                Ok(MessageStep::Fault(swallow)) => return self.swallow(swallow).await,
                Ok(MessageStep::Whole(_)) => return Next::Over("a whole message out of nothing".to_owned()),
                Err(reason) => return Next::Over(reason),
            };
        }
    }

    /// Sends what there is of the message, and reads more of it. A client that stops in the middle has sent nothing.
    async fn next_piece(&mut self, message: Message) -> Result<MessageStep, String> {
        // The client may still wait for 354.
        self.flush_client().await?;
        if in_time(PIECE_TIME, self.server.flush()).await.is_err() {
            let _ = in_time(LAST_WORDS_TIME, self.server.read()).await;
            return Ok(self.hear_server(message, Line::Down));
        }
        tokio::select! {
            read = read_counted(&mut self.client, &mut self.summary) => match read {
                Ok(()) => Ok(MessageStep::NeedInput(message)),
                Err(error) => Err(format!("client, in the middle of a message: {error}")),
            },
            read = self.server.read() => {
                let line = if read.is_ok() { Line::Up } else { Line::Down };
                Ok(self.hear_server(message, line))
            }
            () = sleep(PIECE_TIME) => Err("client, in the middle of a message: too slow".to_owned()),
            () = self.gateway.stop.end.cancelled() => {
                Bye::Shutdown.encode(&mut self.client.output);
                Err("shutting down in the middle of a message".to_owned())
            }
        }
    }

    /// An MTA that speaks or hangs up in the middle of a message does not want it.
    fn hear_server(&mut self, message: Message, line: Line) -> MessageStep {
        match message.server_spoke(&mut self.server.input) {
            MessageStep::NeedInput(message) if line == Line::Down => {
                let reply = Reply::new(451, "4.3.0", "the mail server is gone, try again later");
                MessageStep::Fault(message.fail(reply))
            }
            step => step,
        }
    }

    fn spool_failed(&self, reason: &anyhow::Error) -> Reply {
        let reason = format!("{reason:#}");
        warn!(
            session = self.names.id,
            account = self.account.name,
            reason,
            "spool"
        );
        Reply::new(452, "4.3.1", "no room for the message, try again later")
    }

    /// The message has a fault: what is left of it is read, and the client told. The MTA never sees its end.
    async fn swallow(&mut self, mut swallow: Swallow) -> Next {
        self.server = Link::closed();
        self.copy.discard().await;
        loop {
            swallow = match swallow.process(&mut self.client.input, &mut self.client.output) {
                SwallowStep::Over(relay) => return Next::Relay(relay),
                SwallowStep::NeedInput(next) => next,
            };
            let read = in_time(PIECE_TIME, read_counted(&mut self.client, &mut self.summary));
            tokio::select! {
                read = read => if let Err(error) = read {
                    return Next::Over(format!("client, in the middle of a message: {error}"));
                },
                () = self.gateway.stop.end.cancelled() => return Next::Over("shutting down".to_owned()),
            }
        }
    }

    /// The copy is on the disk before the MTA hears the message's end.
    async fn commit(&mut self, whole: Whole) -> Relay {
        let message_id = whole.message_id().map(<[u8]>::to_vec);
        self.letter.octets = whole.size();
        self.letter.message_id = message_id.clone().unwrap_or_default();
        if let Err(reason) = self.copy.sync(message_id).await {
            let reply = self.spool_failed(&reason);
            return self.abandon(whole, &reply).await;
        }
        let Link { input, output, .. } = &mut self.server;
        match whole.commit(input, output, &mut self.client.output) {
            Committed::Sent(relay) => relay,
            Committed::Abandoned(relay) => {
                self.server = Link::closed();
                self.copy.discard().await;
                relay
            }
        }
    }

    async fn abandon(&mut self, whole: Whole, reply: &Reply) -> Relay {
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
            Verdict::Doubt => {
                self.policy.sent();
                self.copy.doubt().await;
            }
        }
        self.log_message(verdict, answered.reply());
        answered.answer(&mut self.client.output)
    }

    fn log_message(&self, verdict: Verdict, reply: &Reply) {
        let letter = &self.letter;
        info!(
            session = self.names.id,
            account = self.account.name,
            id = %self.account.id,
            from = letter.sender,
            recipients = letter.recipients,
            bytes = letter.octets,
            message_id = %Escaped(&letter.message_id),
            backend = self.host,
            result = word(verdict),
            code = reply.code.get(),
            "message"
        );
    }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Accepted => "accepted",
        Verdict::Refused => "refused",
        Verdict::Doubt => "doubt",
    }
}

/// Whether the client is waited for, and how long.
fn patience(relay: &Relay) -> (bool, Duration) {
    if relay.in_doubt() {
        (false, VERDICT_TIME)
    } else if relay.is_asking() {
        (false, ANSWER_TIME)
    } else {
        (true, CLIENT_TIME)
    }
}

async fn read_counted(client: &mut Link, summary: &mut Summary) -> io::Result<()> {
    let before = client.input.len();
    client.read().await?;
    summary.bytes_in += (client.input.len() - before) as u64;
    Ok(())
}

async fn in_time<T>(limit: Duration, work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    let done = timeout(limit, work).await;
    done.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}
