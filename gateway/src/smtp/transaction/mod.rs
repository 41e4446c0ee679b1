//! Message after message: drives the pure relay between a logged-in client and its MTA.
//!
//! Both links are flushed before anything is waited for, so nothing of a message stays with us but what the relay has
//! not decided yet; a slow MTA slows the client down.

mod message;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use gatepost_directory::Account;
use gatepost_sasl::Claim;
use gatepost_smtp::Reply;
use gatepost_smtp::relay::{Config, Relay, Step, Wires};
use gatepost_smtp::server::{Authenticated, Bye};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::task::yield_now;
use tokio::time::{Instant, sleep, timeout};
use tracing::warn;

use super::copy::Copy;
use super::policy::SenderPolicy;
use crate::connect::Failure;
use crate::gateway::Gateway;
use crate::login::Session;
use crate::mta::{self, Mta};
use crate::pump::{OCTETS_AT_ONCE, Summary};
use crate::recheck::{Ending, Live};
use crate::stream::{Link, Stream};

/// How long a client may be silent between commands (RFC 5321 section 4.5.3.2.7).
const CLIENT_TIME: Duration = Duration::from_secs(300);
/// How long a piece of a message may take, in either direction (section 4.5.3.2.5).
const PIECE_TIME: Duration = Duration::from_secs(180);
/// How long an MTA may take for an answer (sections 4.5.3.2.2 and 4.5.3.2.3).
const ANSWER_TIME: Duration = Duration::from_secs(300);
/// How long it may take to accept a message (section 4.5.3.2.6).
const VERDICT_TIME: Duration = Duration::from_secs(600);
/// How much is read at once of commands, and of a message.
const COMMANDS_OCTETS: usize = 2 * 1024;
const PIECE_OCTETS: usize = 64 * 1024;
/// And of an MTA's replies.
const REPLIES_OCTETS: usize = 512;
/// How long an MTA that hung up is listened to for its reason.
const LAST_WORDS_TIME: Duration = Duration::from_secs(1);

/// What a session that sends is made of.
pub(super) struct Parts<'a> {
    pub(super) gateway: &'a Gateway,
    pub(super) names: Session,
    /// The directory that knows the account.
    pub(super) directory: &'a str,
    pub(super) account: Account,
    /// Where the MTA wants the user's own password.
    pub(super) claim: Option<Claim>,
    pub(super) mta: Arc<Mta>,
    pub(super) client: Link,
    pub(super) authenticated: Authenticated,
    pub(super) ready: mta::Ready,
    pub(super) live: Live,
    pub(super) config: Arc<Config>,
    pub(super) policy: SenderPolicy,
}

/// A session that sends.
pub(super) struct Transactions<'a> {
    gateway: &'a Gateway,
    names: Session,
    directory: &'a str,
    account: Account,
    claim: Option<Claim>,
    mta: Arc<Mta>,
    client: Link,
    /// Closed while there is no MTA.
    server: Link,
    /// The MTA's address, for logs.
    host: String,
    /// Whether octets for the MTA may still be in the buffers of TLS.
    unflushed: bool,
    /// Whether the MTA has hung up, and its last words were listened to.
    hung_up: bool,
    policy: SenderPolicy,
    relay: Option<Relay>,
    /// The message's Sent copy, from its first octet to its verdict.
    copy: Copy,
    letter: Letter,
    summary: Summary,
    /// Hears when the session has to end for its account's sake.
    live: Live,
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
#[expect(clippy::large_enum_variant, reason = "it is taken apart at once")]
enum Next {
    Relay(Relay),
    /// It is over, for this reason, and the MTA is not told.
    Over(String),
    /// It is over, for this reason, between messages.
    Quit(String),
}

/// How much of what is written for the MTA has left.
enum Sent {
    All,
    /// It has said something meanwhile, which may mean that it does not read any more.
    Heard,
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
            unflushed: false,
            hung_up: false,
            policy: parts.policy,
            relay: Some(relay),
            copy: Copy::None,
            letter: Letter::default(),
            summary: Summary::default(),
            live: parts.live,
        }
    }

    /// Serves until one side ends it. A message that was committed is waited for even if the client has gone.
    pub(super) async fn run(mut self) -> Summary {
        let mut relay = self.relay.take();
        while let Some(current) = relay {
            relay = match self.step(current).await {
                Next::Relay(next) => Some(next),
                Next::Over(reason) => {
                    // The MTA may have half a message, of which it must not see more.
                    self.server = Link::closed();
                    self.summary.reason = reason;
                    None
                }
                Next::Quit(reason) => {
                    self.summary.reason = reason;
                    None
                }
            };
        }
        self.copy.end().await;
        // Neither has to wait for the other.
        tokio::join!(self.server.close(), self.client.close());
        self.summary
    }

    async fn step(&mut self, relay: Relay) -> Next {
        self.live.moved();
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
            Step::Answered(answered) => {
                let relay = self.settle(answered).await;
                self.go_on(relay)
            }
            Step::Closed(closed) => {
                let why = closed.why().map(ToString::to_string);
                Next::Quit(why.unwrap_or_else(|| "client quit".to_owned()))
            }
        }
    }

    /// Sends what is written, sees to it that there is an MTA where one is needed, and reads more.
    async fn wait(&mut self, relay: Relay) -> Next {
        self.drop_lost_server(&relay);
        if relay.is_idle() {
            // The MTA may have refused DATA.
            self.copy.end().await;
        }
        match self.flush_client().await {
            Err(reason) if !relay.in_doubt() => return Next::Over(reason),
            _ => {}
        }
        if relay.is_idle() {
            self.client.give_back();
            self.server.give_back();
        }
        if relay.needs_server() {
            return Box::pin(self.replace_server(relay)).await;
        }
        if !relay.has_server() {
            return self.read(relay).await;
        }
        match self.flush_server().await {
            Ok(Sent::All) => self.read(relay).await,
            Ok(Sent::Heard) => Next::Relay(relay),
            Err(_) => self.hear_last_words(relay).await,
        }
    }

    async fn read(&mut self, relay: Relay) -> Next {
        let (idle, patience) = patience(&relay);
        let bye = tokio::select! {
            read = read_counted(&mut self.client, COMMANDS_OCTETS, &mut self.summary), if relay.wants_client() => match read {
                Ok(()) => return Next::Relay(relay),
                Err(error) => return Next::Over(format!("client: {error}")),
            },
            read = self.server.read(), if relay.has_server() => match read {
                Ok(()) => return Next::Relay(relay),
                Err(_) => return self.hear_last_words(relay).await,
            },
            () = self.gateway.stop.begin.cancelled(), if idle => Bye::Shutdown,
            ending = self.live.ended(), if idle => return self.end(relay, ending),
            () = self.gateway.stop.end.cancelled(), if !relay.in_doubt() => Bye::Shutdown,
            () = sleep(patience) => {
                if !idle {
                    return Next::Relay(self.lose_server(relay));
                }
                Bye::Timeout
            }
        };
        self.bye(relay, bye)
    }

    /// Sends to the MTA what is written, and listens to it meanwhile.
    async fn flush_server(&mut self) -> io::Result<Sent> {
        if self.server.output.is_empty() && !self.unflushed {
            return Ok(Sent::All);
        }
        self.unflushed = true;
        let Link {
            stream,
            input,
            output,
        } = &mut self.server;
        let (mut reader, mut writer) = tokio::io::split(stream);
        let write = async {
            writer.write_all_buf(output).await?;
            writer.flush().await
        };
        input.reserve(REPLIES_OCTETS);
        let mut space = input.space();
        tokio::select! {
            biased;
            written = in_time(PIECE_TIME, write) => {
                written?;
                self.unflushed = false;
                Ok(Sent::All)
            }
            read = reader.read_buf(&mut space) => match read? {
                0 => Err(io::ErrorKind::UnexpectedEof.into()),
                _ => Ok(Sent::Heard),
            },
        }
    }

    /// An MTA that has hung up may have said why.
    async fn hear_last_words(&mut self, relay: Relay) -> Next {
        if std::mem::replace(&mut self.hung_up, true) || !relay.is_asking() {
            return Next::Relay(self.lose_server(relay));
        }
        let _ = in_time(LAST_WORDS_TIME, self.server.read()).await;
        Next::Relay(relay)
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
    async fn replace_server(&mut self, mut relay: Relay) -> Next {
        let log_in = async {
            let target = self.gateway.lines.mta(&self.mta.config.name);
            let turn = target.turn(Instant::now() + ANSWER_TIME).await;
            let _turn = turn.map_err(|crowded| Failure::Down(anyhow!("{crowded}")))?;
            let (claim, names) = (self.claim.as_ref(), &self.names);
            self.mta.log_in(&self.account, claim, names, relay.helo()).await
        };
        let Some(ready) = self.gateway.stop.end.run_until_cancelled(log_in).await else {
            return self.bye(relay, Bye::Shutdown);
        };
        let failure = match ready {
            Ok(mta::Ready { link, session, host }) => {
                relay.server_replaced(session.extensions().clone());
                (self.server, self.host) = (link, host);
                (self.unflushed, self.hung_up) = (false, false);
                return Next::Relay(relay);
            }
            Err(failure) => failure,
        };
        warn!(session = self.names.id, backend = self.mta.config.name, reason = %failure, "mta-lost");
        match failure {
            Failure::Down(_) => {
                let reply = Reply::new(451, "4.3.0", "the mail server is unavailable, try again later");
                relay.refuse_mail(reply, &mut self.client.output);
                Next::Relay(relay)
            }
            // The password may have changed: who logs in again is judged again, and it is not tried for ever.
            Failure::Refused(_) => self.bye(relay, Bye::Internal),
        }
    }

    /// Between two messages a session ends that has to, even if the client has sent more already: one that always has
    /// would never be waited for.
    fn go_on(&mut self, relay: Relay) -> Next {
        match self.live.has_ended() {
            Some(ending) => self.end(relay, ending),
            None => Next::Relay(relay),
        }
    }

    fn end(&mut self, relay: Relay, ending: Ending) -> Next {
        self.live.log(&self.names.id, ending);
        let bye = match ending {
            Ending::Stop => Bye::Shutdown,
            _ => Bye::NotAllowed(ending.words()),
        };
        self.bye(relay, bye)
    }

    fn bye(&mut self, relay: Relay, bye: Bye) -> Next {
        relay.close(bye, &mut self.client.output);
        Next::Quit(bye.reply().text().to_owned())
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

/// `octets` is how much is wanted at once. A client that never stops talking lets others have their turn now and then.
async fn read_counted<T: AsyncRead + AsyncWrite + Unpin>(
    client: &mut Link<T>,
    octets: usize,
    summary: &mut Summary,
) -> io::Result<()> {
    let (before, turns) = (client.input.len(), summary.bytes_in / OCTETS_AT_ONCE);
    client.read_up_to(octets).await?;
    summary.bytes_in += (client.input.len() - before) as u64;
    if summary.bytes_in / OCTETS_AT_ONCE > turns {
        yield_now().await;
    }
    Ok(())
}

async fn in_time<T>(limit: Duration, work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    let done = timeout(limit, work).await;
    done.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::os::unix::net::UnixStream;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use tokio::io::{join, repeat, sink};

    use super::*;

    /// Who is sent something hears it after a turn or two of each who sends a message without end.
    #[tokio::test]
    async fn a_message_without_end_lets_others_be_heard() {
        const TALKERS: u64 = 4;
        let passed = Arc::new(AtomicU64::new(0));
        for _ in 0..TALKERS {
            let passed = Arc::clone(&passed);
            tokio::spawn(async move {
                let mut client = Link::new(join(repeat(b'x'), sink()), PIECE_OCTETS);
                let mut summary = Summary::default();
                loop {
                    let before = summary.bytes_in;
                    read_counted(&mut client, PIECE_OCTETS, &mut summary)
                        .await
                        .unwrap();
                    client.input.take(usize::MAX);
                    passed.fetch_add(summary.bytes_in - before, Ordering::Relaxed);
                }
            });
        }
        let (mut near, far) = UnixStream::pair().unwrap();
        far.set_nonblocking(true).unwrap();
        let mut far = tokio::net::UnixStream::from_std(far).unwrap();
        yield_now().await;
        for _ in 0..4 {
            let before = passed.load(Ordering::Relaxed);
            near.write_all(b"x").unwrap();
            assert_eq!(far.read_u8().await.unwrap(), b'x');
            let between = passed.load(Ordering::Relaxed) - before;
            assert!(between <= 3 * TALKERS * OCTETS_AT_ONCE, "{between} octets");
        }
    }
}
