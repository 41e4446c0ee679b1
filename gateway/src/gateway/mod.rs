//! What all connections share, and what every one of them goes through, whatever its protocol.

mod accept;
mod running;
mod service;
mod status;
mod workers;

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, bail};
use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::config::{Limits, Routing, UpstreamConfig};
use crate::directory::Flights;
use crate::guard::Guard;
use crate::login::Session;
use crate::pump::Summary;
use crate::refusals::{Reason, Refusals};
use crate::seats::{PushedOut, Seat, Seats};
use crate::sent::Copies;
use crate::smtp::Sending;
use crate::stream::Link;
use crate::turns::Lines;
use crate::upstream::Upstream;
use crate::{imap, proxy_protocol, smtp};

pub(crate) use running::LAST_WORDS;
pub use running::{Running, start};
pub(crate) use service::{Opened, Service, Speaks, open_services};

/// Why a connection ends that would have gone on.
pub(crate) const SHUTTING_DOWN: &str = "the gateway shuts down";

/// The same, of a client that takes its time.
const NOT_LOGGED_IN: &str = "not logged in within the time limit";

/// What all connections share.
pub(crate) struct Gateway {
    /// Our own name.
    pub(crate) name: String,
    pub(crate) limits: Limits,
    pub(crate) routing: Routing,
    pub(crate) upstream_configs: BTreeMap<String, UpstreamConfig>,
    pub(crate) upstreams: BTreeMap<String, Arc<Upstream>>,
    pub(crate) sending: Sending,
    /// Copies of what is sent, if any are kept.
    pub(crate) copies: Option<Copies>,
    /// Keeps failed logins from locking accounts in the directories.
    pub(crate) guard: Arc<Guard>,
    /// Passwords that are being judged.
    pub(crate) flights: Arc<Flights>,
    /// Where logins wait for their turn.
    pub(crate) lines: Lines,
    pub(crate) stop: Stop,
    /// What was refused, by reason: one line to count one.
    pub(crate) refusals: Arc<Refusals>,
    seats: Arc<Seats>,
    started: Instant,
    next_session: AtomicU64,
}

/// The two steps of an end.
#[derive(Clone, Default)]
pub(crate) struct Stop {
    /// Nobody is accepted any more, and who is not logged in is sent away.
    pub(crate) begin: CancellationToken,
    /// The grace is over.
    pub(crate) end: CancellationToken,
}

/// What a client that is not logged in had to say.
pub(crate) enum Heard {
    Octets,
    /// It is not listened to any longer.
    Nothing(Silence),
}

/// Why a client is not listened to any longer.
#[derive(Clone, Copy)]
pub(crate) enum Silence {
    Stopping,
    TooLong,
}

impl Silence {
    /// In words for the log.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::Stopping => SHUTTING_DOWN,
            Self::TooLong => NOT_LOGGED_IN,
        }
    }
}

/// An accepted connection that has a seat.
struct Arrival {
    /// The address that was listened on, which may be a wildcard.
    listener: Option<SocketAddr>,
    accepted: Instant,
    /// Nonblocking, and not yet of any thread's runtime.
    stream: std::net::TcpStream,
    /// Who connected: the client, or its proxy.
    peer: SocketAddr,
    seat: Seat,
}

/// A connection before its first octet.
pub(crate) struct Connection {
    pub(crate) session: Session,
    pub(crate) accepted: Instant,
    pub(crate) stream: TcpStream,
}

impl Gateway {
    /// What comes before a client is logged in, with its end: the time limit, that of the grace, or somebody for whom it
    /// has to make room.
    pub(crate) async fn before_login<T>(
        &self,
        accepted: Instant,
        seat: &Seat,
        login: impl Future<Output = anyhow::Result<T>>,
    ) -> anyhow::Result<T> {
        // A client that is waited for, or waits for us, is told at the time limit; whatever else takes longer is cut off here.
        let deadline = accepted + self.limits.login_time + Duration::from_secs(1);
        let login = self.stop.end.run_until_cancelled(timeout_at(deadline, login));
        let login = tokio::select! {
            login = login => login.context(SHUTTING_DOWN)?,
            () = seat.pushed_out() => return Err(PushedOut.into()),
        };
        login.unwrap_or_else(|_| bail!(NOT_LOGGED_IN))
    }

    /// Sends what is written to a client that is not logged in, and reads more of it.
    ///
    /// # Errors
    /// If the connection fails or ends.
    pub(crate) async fn hear(&self, link: &mut Link, deadline: Instant) -> io::Result<Heard> {
        link.flush().await?;
        tokio::select! {
            read = link.read() => read.map(|()| Heard::Octets),
            () = self.stop.begin.cancelled() => Ok(Heard::Nothing(Silence::Stopping)),
            () = sleep_until(deadline) => Ok(Heard::Nothing(Silence::TooLong)),
        }
    }

    /// A client that is not logged in went over a limit, which ends it: counted, and in words for the log.
    pub(crate) fn over_limit(&self, reason: Reason) -> &'static str {
        self.refusals.count(reason);
        match reason {
            Reason::Failures => "too many failures",
            _ => "over a limit before login",
        }
    }

    /// A connection takes its seat, before anything is read or awaited. `None`: there is none for it.
    fn seat(
        &self,
        service: &Service,
        listener: Option<SocketAddr>,
        (stream, peer): (std::net::TcpStream, SocketAddr),
    ) -> Option<Arrival> {
        let client = (!service.is_behind(peer)).then_some(peer.ip());
        match self.seats.take(service.number, client) {
            Ok(seat) => Some(Arrival {
                listener,
                accepted: Instant::now(),
                stream,
                peer,
                seat,
            }),
            Err(reason) => {
                self.turn_away(service, &SockRef::from(&stream), peer, reason);
                None
            }
        }
    }

    /// No handshake is made only to say no; who would hear it without one is told, and not waited for.
    fn turn_away(&self, service: &Service, stream: &SockRef<'_>, peer: SocketAddr, reason: Reason) {
        self.refusals.refuse(reason, peer);
        if let Some(line) = service.full() {
            // There is room for a line in a new connection's buffer.
            let _ = stream.send(&line);
        }
    }

    /// From the first octet to the last.
    async fn serve(&self, service: &Service, arrival: Arrival) {
        let (listener, accepted) = (arrival.listener, arrival.accepted);
        let Some((stream, peer, mut seat)) = self.identify(service, arrival).await else {
            return;
        };
        let session = Session {
            id: self.session_id(),
            peer,
            protocol: service.config().protocol.name(),
        };
        let id = session.id.clone();
        info!(
            session = id,
            rip = %peer.ip().to_canonical(),
            rport = peer.port(),
            lip = stream.local_addr().ok().map(|address| tracing::field::display(address.ip().to_canonical())),
            listener = listener.map(tracing::field::display),
            proto = session.protocol,
            "accepted"
        );
        let connection = Connection {
            session,
            accepted,
            stream,
        };
        let served = match &service.speaks {
            Speaks::Imap(config) => imap::serve(self, service, config, connection, &mut seat).await,
            Speaks::Smtp(manner) => smtp::serve(self, service, manner, connection, &mut seat).await,
        };
        let summary = self.summed_up(served);
        // Who reads that it is closed may count on its place.
        drop(seat);
        log_closed(&id, accepted, summary);
    }

    /// What became of a connection. What we ended before login is counted.
    fn summed_up(&self, served: anyhow::Result<Summary>) -> Summary {
        let refused = served.as_ref().err().and_then(Reason::of_error);
        let summary = served.unwrap_or_else(|error| Summary::without_relay(&format!("{error:#}")));
        // Whether it was told so or not.
        let late = (summary.reason == NOT_LOGGED_IN).then_some(Reason::LoginTime);
        if let Some(reason) = refused.or(late) {
            self.refusals.count(reason);
        }
        summary
    }

    /// Where it is configured, reads the PROXY protocol header. `None`: not worth serving.
    async fn identify(&self, service: &Service, arrival: Arrival) -> Option<(TcpStream, SocketAddr, Seat)> {
        let Arrival {
            stream,
            peer,
            mut seat,
            ..
        } = arrival;
        let stream = TcpStream::from_std(stream);
        let mut stream = stream.inspect_err(|_| self.refusals.count(Reason::Socket)).ok()?;
        if !service.is_behind(peer) {
            return Some((stream, peer, seat));
        }
        let client = match self.proxy_header(&mut stream, &seat).await {
            Ok(client) => client.unwrap_or(peer),
            Err(error) => {
                let reason = Reason::of_error(&error).unwrap_or(Reason::ProxyHeader);
                self.refusals.refuse_because(reason, peer, &error);
                return None;
            }
        };
        if let Err(reason) = seat.identify(client.ip()) {
            self.turn_away(service, &SockRef::from(&stream), client, reason);
            return None;
        }
        Some((stream, client, seat))
    }

    /// Who the proxy says that the client is; `None`: the proxy speaks for itself.
    async fn proxy_header(&self, stream: &mut TcpStream, seat: &Seat) -> anyhow::Result<Option<SocketAddr>> {
        tokio::select! {
            read = timeout(self.limits.login_time, proxy_protocol::read(stream)) => match read {
                Ok(read) => Ok(read?),
                Err(_) => bail!("no header within the time limit"),
            },
            () = seat.pushed_out() => Err(PushedOut.into()),
        }
    }

    fn session_id(&self) -> String {
        format!("{:x}", self.next_session.fetch_add(1, Ordering::Relaxed))
    }
}

fn log_closed(session: &str, accepted: Instant, summary: Summary) {
    let duration_ms = u64::try_from(accepted.elapsed().as_millis()).unwrap_or(u64::MAX);
    let Summary {
        bytes_in,
        bytes_out,
        reason,
    } = summary;
    info!(session, bytes_in, bytes_out, duration_ms, reason, "closed");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the task of a connection may take, in octets: there are thousands, and most of them sleep. Whatever comes
    /// before a login, and messages, are boxed.
    const TASK_OCTETS: usize = 1_600;

    #[test]
    fn the_task_of_a_connection_is_small() {
        fn octets<F: Future>(_: impl Fn(&'static Gateway, &'static Service, Arrival) -> F) -> usize {
            size_of::<F>()
        }
        let task = octets(|gateway, service, arrival| gateway.serve(service, arrival));
        assert!(task <= TASK_OCTETS, "{task} octets");
    }
}
