//! Moves octets between a logged-in client and its mail server: one future, both sockets in it.
//!
//! A sleeping connection holds no buffer. Octets are read into a scratch buffer of the thread, go through the relay
//! machine (the inspecting gear) or past it (the transparent gear), and are written at once; only what a slow peer
//! does not take is kept, and nothing more is read from the other side until it is gone. So memory per connection is
//! bounded by one scratch buffer for each direction, and a slow phone slows its mail server down.

mod release;
mod scratch;
mod side;
mod silence;

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::BytesMut;
use gatepost_imap::relay::Relay;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::task::yield_now;
use tokio::time::Sleep;

use crate::log;
use crate::recheck::Live;
use crate::stream::{Link, Stream};
use crate::turns::Target;
use release::Release;
use scratch::{Outbox, SCRATCH, Scratch};
use side::Side;
use silence::Silence;

/// How many reads one connection may bring before it is the others' turn: a side that never stops talking is no reason
/// for them to wait.
const READS_AT_ONCE: usize = 8;

/// The same in octets, which one read more may exceed: milliseconds of a slow machine.
pub(crate) const OCTETS_AT_ONCE: u64 = 64 * 1024;

/// What became of a relayed connection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    /// Octets from the client.
    pub(crate) bytes_in: u64,
    /// Octets from the mail server.
    pub(crate) bytes_out: u64,
    /// Who ended it, or what.
    pub(crate) reason: String,
}

impl Summary {
    fn octets(&self) -> u64 {
        self.bytes_in.wrapping_add(self.bytes_out)
    }

    /// Of a connection that ended before there was anything to relay.
    pub(crate) fn without_relay(reason: &str) -> Self {
        Self {
            reason: reason.to_owned(),
            ..Self::default()
        }
    }
}

/// A client and its mail server, both logged in.
pub(crate) struct Pair<C = Stream, S = Stream> {
    /// The connection's id in the log.
    pub(crate) session: String,
    pub(crate) client: Link<C>,
    pub(crate) server: Link<S>,
    /// The mail server that all sessions there share.
    pub(crate) backend: Arc<Target>,
    /// `None`: the transparent gear.
    pub(crate) relay: Option<Box<Relay>>,
    /// Hears the mailboxes and Message-IDs of what the client files itself, if the relay's rules watch for them.
    pub(crate) appended: Option<Appended>,
    /// Hears when the session has to end.
    pub(crate) live: Live,
}

/// Hears a mailbox and a Message-ID.
pub(crate) type Appended = Box<dyn Fn(&[u8], &[u8]) + Send>;

/// Relays until both sides are closed. The pair comes boxed, so that the future need not hold it beside what is made of
/// it. When the session has to end, the client is told and the connection closed.
pub(crate) async fn run<C, S>(pair: Box<Pair<C, S>>) -> Summary
where
    C: AsyncRead + AsyncWrite + Unpin,
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (mut pump, live) = Pump::new(*pair);
    let relayed = poll_fn(|cx| {
        let before = pump.summary.octets();
        let relayed = pump.poll(cx);
        if pump.summary.octets() != before {
            live.moved();
        }
        relayed
    });
    let ending = tokio::select! {
        biased;
        () = relayed => return pump.summary,
        ending = live.ended() => ending,
    };
    live.log(&pump.session, ending);
    pump.end(ending.words());
    poll_fn(|cx| pump.poll(cx)).await;
    pump.summary
}

struct Pump<C, S> {
    session: String,
    client: Side<C>,
    server: Side<S>,
    backend: Arc<Target>,
    relay: Option<Box<Relay>>,
    appended: Option<Appended>,
    /// Client octets that wait: for the server's answer to a literal or to IDLE, or for the first poll.
    held: BytesMut,
    /// Server octets that came with the login's last answer.
    early: BytesMut,
    /// No more is relayed; what is unsent to the client leaves, then both sides are closed.
    closing: bool,
    /// Whether the mail server has said that it goes, and the client knows.
    parted: bool,
    /// The mail server is lost, and the client not yet let go.
    release: Option<Box<Release>>,
    /// Whether the mail server has said all that it had to say to a client that has ended.
    hushed: bool,
    /// The end of the silence that is being waited for.
    silence: Option<Pin<Box<Sleep>>>,
    summary: Summary,
}

impl<C, S> Pump<C, S>
where
    C: AsyncRead + AsyncWrite + Unpin,
    S: AsyncRead + AsyncWrite + Unpin,
{
    fn new(pair: Pair<C, S>) -> (Self, Live) {
        let Pair {
            session,
            mut client,
            mut server,
            backend,
            relay,
            appended,
            live,
        } = pair;
        let held = kept(client.input.take(usize::MAX));
        let early = kept(server.input.take(usize::MAX));
        let summary = Summary {
            bytes_in: held.len() as u64,
            bytes_out: early.len() as u64,
            reason: String::new(),
        };
        let pump = Self {
            session,
            client: Side::new(client.stream, kept(client.output)),
            server: Side::new(server.stream, kept(server.output)),
            backend,
            relay,
            appended,
            held,
            early,
            closing: false,
            parted: false,
            release: None,
            hushed: false,
            silence: None,
            summary,
        };
        (pump, live)
    }

    /// Moves what can be moved. Ready when the connection is over.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        (self.client.dry, self.server.dry) = (false, false);
        let enough = self.summary.octets().wrapping_add(OCTETS_AT_ONCE);
        SCRATCH.with_borrow_mut(|scratch| {
            // A session that panicked may have left something.
            scratch.outbox.clear();
            for _ in 0..READS_AT_ONCE {
                match self.turn(cx, scratch) {
                    Turn::Moved => self.silence = None,
                    Turn::Idle => match ready!(self.poll_silence(cx)) {
                        Silence::Hushed => self.hushed = true,
                        Silence::Over => return Poll::Ready(()),
                    },
                    Turn::Over => return Poll::Ready(()),
                }
                if self.summary.octets() >= enough {
                    break;
                }
            }
            // To wake this task at once would keep the thread from hearing who else has something to say: while there are
            // tasks to go on with, it asks the system after every sixty-first of them alone.
            pin!(yield_now()).poll(cx)
        })
    }

    fn turn(&mut self, cx: &mut Context<'_>, scratch: &mut Scratch) -> Turn {
        let client_clear = match self.client.poll_clear(cx) {
            Poll::Ready(Err(error)) => return self.over(&format!("client: {error}")),
            clear => clear.is_ready(),
        };
        if self.closing {
            return if client_clear { self.close(cx) } else { Turn::Idle };
        }
        if self.release.is_some() {
            return self.let_go(cx, scratch);
        }
        let server_clear = match self.server.poll_clear(cx) {
            Poll::Ready(Err(error)) => {
                self.server_ended(&format!("upstream: {error}"));
                return Turn::Moved;
            }
            clear => clear.is_ready(),
        };
        let mut turn = Turn::Idle;
        if client_clear {
            turn = turn.or(self.read_server(cx, scratch));
        }
        if client_clear && server_clear {
            turn = turn.or(self.read_client(cx, scratch));
        }
        turn.or(self.propagate_ends(cx))
    }

    /// Reads the server once, and relays.
    fn read_server(&mut self, cx: &mut Context<'_>, scratch: &mut Scratch) -> Turn {
        if !self.early.is_empty() {
            let early = std::mem::take(&mut self.early);
            return self.relay_from_server(cx, &early, &mut scratch.outbox);
        }
        if self.server.ended || self.server.dry {
            return Turn::Idle;
        }
        let mut buffer = ReadBuf::new(&mut scratch.read);
        match Pin::new(&mut self.server.stream).poll_read(cx, &mut buffer) {
            Poll::Pending => {
                self.server.dry = true;
                Turn::Idle
            }
            Poll::Ready(Ok(())) if buffer.filled().is_empty() => self.server_ended("upstream closed"),
            Poll::Ready(Err(error)) => self.server_ended(&ended("upstream", &error)),
            Poll::Ready(Ok(())) => {
                self.summary.bytes_out += buffer.filled().len() as u64;
                if self.keeps_last_words(buffer.filled()) {
                    return Turn::Moved;
                }
                self.relay_from_server(cx, buffer.filled(), &mut scratch.outbox)
            }
        }
    }

    fn relay_from_server(&mut self, cx: &mut Context<'_>, octets: &[u8], outbox: &mut Outbox) -> Turn {
        match &mut self.relay {
            None => {
                return match self.client.send(cx, octets) {
                    Ok(()) => Turn::Moved,
                    Err(error) => self.over(&format!("client: {error}")),
                };
            }
            Some(relay) => {
                if let Err(error) = relay.from_server(octets, outbox) {
                    self.stop_relaying(&error.to_string());
                }
            }
        }
        self.post(cx, outbox)
    }

    /// Relays held octets that need wait no longer, or reads the client once.
    fn read_client(&mut self, cx: &mut Context<'_>, scratch: &mut Scratch) -> Turn {
        if self.relay.as_ref().is_some_and(|relay| relay.holds_client()) {
            return Turn::Idle;
        }
        if !self.held.is_empty() {
            let held = std::mem::take(&mut self.held);
            return self.relay_from_client(cx, &held, &mut scratch.outbox);
        }
        if self.client.ended || self.client.dry {
            return Turn::Idle;
        }
        let mut buffer = ReadBuf::new(&mut scratch.read);
        match Pin::new(&mut self.client.stream).poll_read(cx, &mut buffer) {
            Poll::Pending => {
                self.client.dry = true;
                Turn::Idle
            }
            Poll::Ready(Ok(())) if buffer.filled().is_empty() => self.client_ended("client closed"),
            Poll::Ready(Err(error)) => self.client_ended(&ended("client", &error)),
            Poll::Ready(Ok(())) => {
                self.summary.bytes_in += buffer.filled().len() as u64;
                self.relay_from_client(cx, buffer.filled(), &mut scratch.outbox)
            }
        }
    }

    fn relay_from_client(&mut self, cx: &mut Context<'_>, octets: &[u8], outbox: &mut Outbox) -> Turn {
        match &mut self.relay {
            None => {
                if let Err(error) = self.server.send(cx, octets) {
                    return self.server_ended(&format!("upstream: {error}"));
                }
                return Turn::Moved;
            }
            Some(relay) => match relay.from_client(octets, outbox) {
                Ok(consumed) => self.held = octets.get(consumed..).unwrap_or_default().into(),
                Err(error) => self.stop_relaying(&error.to_string()),
            },
        }
        self.post(cx, outbox)
    }

    /// Sends what the machine put out.
    fn post(&mut self, cx: &mut Context<'_>, outbox: &mut Outbox) -> Turn {
        if let Some(identity) = outbox.identity.take() {
            log::client_id(&self.session, &identity);
        }
        for (mailbox, message_id) in outbox.appended.drain(..) {
            if let Some(appended) = &self.appended {
                appended(&mailbox, &message_id);
            }
        }
        let to_server = self.server.send(cx, &outbox.to_server);
        let to_client = self.client.send(cx, &outbox.to_client);
        outbox.clear();
        if let Err(error) = to_server {
            self.server_ended(&format!("upstream: {error}"));
        }
        match to_client {
            Ok(()) => Turn::Moved,
            Err(error) => self.over(&format!("client: {error}")),
        }
    }

    /// A side that has ended is told to the other, once everything before it has left.
    fn propagate_ends(&mut self, cx: &mut Context<'_>) -> Turn {
        if self.release.is_some() {
            return Turn::Idle;
        }
        if self.server.ended && self.early.is_empty() && self.client.is_clear() {
            return self.close(cx);
        }
        let relayed = self.held.is_empty() || self.relay.as_ref().is_some_and(|relay| relay.holds_client());
        if self.client.ended
            && relayed
            && self.hushed
            && !self.server.shut
            && self.server.poll_shut(cx).is_ready()
        {
            return Turn::Moved;
        }
        Turn::Idle
    }

    fn client_ended(&mut self, reason: &str) -> Turn {
        self.client.ended = true;
        self.note(reason);
        Turn::Moved
    }

    /// Nothing can be sent to a server that has ended, and nothing more comes from it.
    fn server_ended(&mut self, reason: &str) -> Turn {
        if !self.server.ended && self.release.is_none() {
            self.keeps_client(b"");
        }
        self.server.ended = true;
        self.server.shut = true;
        self.server.unsent = BytesMut::new();
        self.server.unflushed = false;
        self.note(reason);
        Turn::Moved
    }

    /// Both directions stop; what was written to the client still leaves.
    fn stop_relaying(&mut self, reason: &str) {
        self.closing = true;
        self.silence = None;
        self.note(reason);
    }

    /// An end that is neither side's doing: the client is told where a line of ours may stand.
    fn end(&mut self, reason: &str) {
        self.release = None;
        let mut outbox = Outbox::default();
        if let Some(relay) = &mut self.relay {
            relay.bye(reason, &mut outbox);
        }
        self.client.unsent.extend_from_slice(&outbox.to_client);
        self.client.unflushed = true;
        self.stop_relaying(reason);
    }

    fn close(&mut self, cx: &mut Context<'_>) -> Turn {
        let client = self.client.poll_shut(cx).is_ready();
        let server = self.server.poll_shut(cx).is_ready();
        if client && server { Turn::Over } else { Turn::Idle }
    }

    fn over(&mut self, reason: &str) -> Turn {
        self.note(reason);
        Turn::Over
    }

    /// The first reason is the one that counts.
    fn note(&mut self, reason: &str) {
        if self.summary.reason.is_empty() {
            reason.clone_into(&mut self.summary.reason);
        }
    }
}

/// An empty buffer may still hold the memory of what it was split from; a connection lives for days.
fn kept(octets: BytesMut) -> BytesMut {
    if octets.is_empty() {
        BytesMut::new()
    } else {
        octets
    }
}

/// What a turn did.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// Octets or an end: there may be more to do.
    Moved,
    /// Everything waits for a peer.
    Idle,
    /// The connection is over.
    Over,
}

impl Turn {
    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Over, _) | (_, Self::Over) => Self::Over,
            (Self::Moved, _) | (_, Self::Moved) => Self::Moved,
            (Self::Idle, Self::Idle) => Self::Idle,
        }
    }
}

/// A connection that ends without a close_notify has ended all the same.
fn ended(side: &str, error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof => format!("{side} closed"),
        _ => format!("{side}: {error}"),
    }
}

#[cfg(test)]
mod tests;
