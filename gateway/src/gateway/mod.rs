//! What all connections share, and what every one of them goes through, whatever its protocol.

mod running;
mod service;

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::config::{Limits, Routing, UpstreamConfig};
use crate::directory::Flights;
use crate::guard::Guard;
use crate::listen::{self, Seats};
use crate::login::Session;
use crate::pump::Summary;
use crate::sent::Copies;
use crate::smtp::Sending;
use crate::stream::Link;
use crate::turns::Lines;
use crate::upstream::Upstream;
use crate::{imap, proxy_protocol, smtp};

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
    seats: Arc<Seats>,
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

/// An accepted connection before its first octet.
pub(crate) struct Connection {
    pub(crate) session: Session,
    pub(crate) accepted: Instant,
    pub(crate) stream: TcpStream,
}

impl Gateway {
    /// What comes before a client is logged in, with its end: the time limit, or that of the grace.
    pub(crate) async fn before_login<T>(
        &self,
        accepted: Instant,
        login: impl Future<Output = anyhow::Result<T>>,
    ) -> anyhow::Result<T> {
        // A client that is waited for is told at the time limit; whatever else takes longer is cut off here.
        let deadline = accepted + self.limits.login_time + Duration::from_secs(1);
        let login = self.stop.end.run_until_cancelled(timeout_at(deadline, login));
        let in_time = login.await.context(SHUTTING_DOWN)?;
        in_time.unwrap_or_else(|_| bail!(NOT_LOGGED_IN))
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

    /// `listener` is the address that was listened on, which may be a wildcard.
    async fn serve(
        &self,
        service: &Service,
        listener: Option<SocketAddr>,
        stream: TcpStream,
        peer: SocketAddr,
    ) {
        let accepted = Instant::now();
        let Some((stream, peer)) = self.identify(service, stream, peer).await else {
            return;
        };
        let _seat = match self.seats.take(peer.ip()) {
            Ok(seat) => seat,
            Err(full) => {
                warn!(rip = %peer.ip().to_canonical(), rport = peer.port(), reason = full.as_str(), "refused");
                return;
            }
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
            Speaks::Imap(config) => imap::serve(self, service, config, connection).await,
            Speaks::Smtp(manner) => smtp::serve(self, service, manner, connection).await,
        };
        log_closed(&id, accepted, served);
    }

    /// Socket options and, where it is configured, the PROXY protocol header. `None`: not worth serving.
    async fn identify(
        &self,
        service: &Service,
        mut stream: TcpStream,
        peer: SocketAddr,
    ) -> Option<(TcpStream, SocketAddr)> {
        if let Err(reason) = listen::tune(&stream, &self.limits) {
            warn!(rip = %peer.ip().to_canonical(), rport = peer.port(), %reason, "refused");
            return None;
        }
        let proxied = |network: &ipnet::IpNet| network.contains(&peer.ip().to_canonical());
        if !service.config().proxy_protocol_from.iter().any(proxied) {
            return Some((stream, peer));
        }
        match timeout(self.limits.login_time, proxy_protocol::read(&mut stream)).await {
            Ok(Ok(client)) => Some((stream, client.unwrap_or(peer))),
            Ok(Err(reason)) => {
                warn!(rip = %peer.ip(), %reason, "proxy-protocol");
                None
            }
            Err(_) => {
                warn!(rip = %peer.ip(), reason = "no header within the time limit", "proxy-protocol");
                None
            }
        }
    }

    fn session_id(&self) -> String {
        format!("{:x}", self.next_session.fetch_add(1, Ordering::Relaxed))
    }
}

fn log_closed(session: &str, accepted: Instant, served: anyhow::Result<Summary>) {
    let duration_ms = u64::try_from(accepted.elapsed().as_millis()).unwrap_or(u64::MAX);
    let Summary {
        bytes_in,
        bytes_out,
        reason,
    } = served.unwrap_or_else(|error| Summary::without_relay(&format!("{error:#}")));
    info!(session, bytes_in, bytes_out, duration_ms, reason, "closed");
}
