//! The running gateway: everything that connections share, the accept loops, and the end.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, bail};
use gatepost_directory::{ClaimKinds, Directory};
use gatepost_imap::Limits as WireLimits;
use gatepost_imap::server::{Config as ImapConfig, LoginCommand};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep, sleep_until, timeout, timeout_at};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{error, info, warn};

use crate::config::{Config, Limits, ListenerConfig, ListenerTls, Protocol, Routing, UpstreamConfig};
use crate::control::{Control, Socket};
use crate::directory::{self, Directories, Granted, WatchedFile};
use crate::exchange::Terms;
use crate::guard::Guard;
use crate::listen::{self, Seats};
use crate::login::Session;
use crate::pump::Summary;
use crate::recheck::{Live, Sessions};
use crate::sent::{Copies, MailServers};
use crate::smtp::Sending;
use crate::stream::{Link, Stream};
use crate::tls::{self, Certificates};
use crate::upstream::{self, Upstream};
use crate::{imap, mta, proxy_protocol, smtp};

/// How long the last words to each client may take once the grace is over.
const LAST_WORDS: Duration = Duration::from_secs(5);

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

/// What the connections of one listener share.
pub(crate) struct Service {
    pub(crate) speaks: Speaks,
    pub(crate) tls: ListenerTls,
    acceptor: TlsAcceptor,
    pub(crate) directory: Arc<dyn Directory>,
    /// The live sessions of its accounts, on whichever listener.
    sessions: Arc<Sessions>,
    terms: Terms,
    config: ListenerConfig,
    certificates: Arc<Certificates>,
}

impl Service {
    /// The directory's name in the configuration.
    pub(crate) fn directory_name(&self) -> &str {
        &self.config.directory
    }

    /// An account's session begins, which the directory may end.
    pub(crate) fn enter(&self, gateway: &Gateway, granted: &Granted) -> Live {
        let Granted {
            account,
            secret_version,
        } = granted;
        self.sessions
            .enter(account, secret_version.as_deref(), &gateway.stop.end)
    }

    /// What its exchanges go by.
    pub(crate) fn terms(&self) -> &Terms {
        &self.terms
    }

    /// What the configuration says of it.
    pub(crate) fn config(&self) -> &ListenerConfig {
        &self.config
    }
}

/// What a listener's clients hear before they log in.
pub(crate) enum Speaks {
    /// IMAP, the same for all of them.
    Imap(Arc<ImapConfig>),
    /// SMTP; what is offered depends on what the MTAs offer by then.
    Smtp(Arc<smtp::Manner>),
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

/// A gateway that listens. Dropping it stops nothing; [`Running::stop`] does.
pub struct Running {
    /// Every bound address, in the order of the configuration.
    pub addresses: Vec<SocketAddr>,
    gateway: Arc<Gateway>,
    connections: TaskTracker,
    filings: TaskTracker,
    helpers: TaskTracker,
    grace: Duration,
}

/// Opens everything that the configuration names, binds, and serves in the background.
///
/// # Errors
/// The first certificate, directory, upstream or address that cannot be opened.
pub async fn start(config: &Config) -> anyhow::Result<Running> {
    tls::warm_up();
    let Opened {
        services,
        files,
        directories,
        sessions,
    } = open_services(config)?;
    let gateway = Arc::new(Gateway {
        name: config.name.clone(),
        limits: config.limits.clone(),
        routing: config.routing.clone(),
        upstream_configs: config.upstreams.clone(),
        upstreams: upstream::open(config)?,
        sending: Sending::open(config, mta::open(config)?),
        copies: open_copies(config)?,
        guard: open_guard(config)?,
        stop: Stop::default(),
        seats: Seats::new(&config.limits),
        next_session: AtomicU64::new(1),
    });
    let (connections, helpers) = (TaskTracker::new(), TaskTracker::new());
    let mut bound = Vec::new();
    for service in &services {
        for address in &service.config.addresses {
            let listener = listen::bind(*address).with_context(|| format!("cannot listen on {address}"))?;
            bound.push((listener, Arc::clone(service)));
        }
    }
    let socket = config.control_socket.as_deref().map(Socket::open).transpose()?;
    let addresses = bound
        .iter()
        .map(|(listener, _)| listener.local_addr())
        .collect::<Result<Vec<_>, _>>()?;
    for (listener, service) in bound {
        let accepting = accept_all(listener, service, Arc::clone(&gateway), connections.clone());
        helpers.spawn(accepting);
    }
    spawn_watchers(&helpers, &gateway, &services, files);
    spawn_rechecks(&helpers, &gateway, &directories, sessions);
    if let Some(socket) = socket {
        let failures = config.guard.enabled.then(|| Arc::clone(&gateway.guard) as _);
        let control = Control::new(failures, directories.clone());
        let begun = gateway.stop.begin.clone();
        helpers.spawn(async move { begun.run_until_cancelled(control.serve(socket)).await });
    }
    let filings = TaskTracker::new();
    if let Some(copies) = gateway.copies.clone() {
        let filer = MailServers::new(config, directories, gateway.upstreams.clone());
        let stop = gateway.stop.clone();
        filings.spawn(async move { copies.work(filer, stop).await });
    }
    Ok(Running {
        addresses,
        gateway,
        connections,
        filings,
        helpers,
        grace: config.shutdown_grace,
    })
}

/// The key of the guard is of this process alone, and nothing that it seals outlives it.
fn open_guard(config: &Config) -> anyhow::Result<Arc<Guard>> {
    let mut key = [0; 64];
    getrandom::fill(&mut key).context("the system has no random octets")?;
    Ok(Guard::new(&config.guard, key))
}

fn open_copies(config: &Config) -> anyhow::Result<Option<Copies>> {
    if config.keeps_copies() {
        return Copies::open(&config.sent_copy).map(Some);
    }
    Ok(Copies::left(&config.sent_copy))
}

/// What the configuration's listeners need.
pub(crate) struct Opened {
    pub(crate) services: Vec<Arc<Service>>,
    /// The files of users, to be watched.
    files: Vec<Arc<WatchedFile>>,
    pub(crate) directories: Directories,
    /// Of the directories by name.
    sessions: BTreeMap<String, Arc<Sessions>>,
}

/// Opens certificates, directories and TLS of every listener, as `gatepost check` does too.
pub(crate) fn open_services(config: &Config) -> anyhow::Result<Opened> {
    let (directories, files) = directory::open(config, |name| required_claims(config, name))?;
    let names = directories.keys();
    let sessions: BTreeMap<_, _> = names
        .map(|name| (name.clone(), Sessions::new(name, config.limits.recheck)))
        .collect();
    let services = config.listeners.iter().map(|listener| {
        let named = listener.certificates.iter();
        let files = named.filter_map(|name| Some((name.as_str(), config.certificates.get(name)?)));
        let certificates = Certificates::load(files)?;
        let directory = directories
            .get(&listener.directory)
            .context("the listener's directory")?;
        let sessions = sessions
            .get(&listener.directory)
            .context("the directory's sessions")?;
        check_mechanisms(listener, directory.accepts())?;
        let target = config.directories.get(&listener.directory);
        let target = target
            .context("the listener's directory")?
            .ntlm_target(&config.name);
        Ok(Arc::new(Service {
            speaks: match listener.protocol {
                Protocol::Imap => Speaks::Imap(Arc::new(imap_config(config, listener))),
                Protocol::Smtp => Speaks::Smtp(Arc::new(smtp::Manner::new(config, listener))),
            },
            tls: listener.tls,
            acceptor: tls::acceptor(Arc::clone(&certificates), listener.protocol.name())?,
            directory: Arc::clone(directory),
            sessions: Arc::clone(sessions),
            terms: Terms::new(
                &config.name,
                target,
                listener.channel_binding,
                Arc::clone(&certificates),
            ),
            config: listener.clone(),
            certificates,
        }))
    });
    Ok(Opened {
        services: services.collect::<anyhow::Result<_>>()?,
        files,
        directories,
        sessions,
    })
}

/// What a directory can judge may be less than its configuration lets hope.
fn check_mechanisms(listener: &ListenerConfig, accepts: ClaimKinds) -> anyhow::Result<()> {
    for mechanism in &listener.mechanisms {
        anyhow::ensure!(
            accepts.contains(mechanism.claim_kind()),
            "{listener} offers {mechanism}, but directory `{}` cannot judge it for every user",
            listener.directory
        );
    }
    Ok(())
}

/// What the listeners of a directory ask of it.
fn required_claims(config: &Config, directory: &str) -> ClaimKinds {
    let listeners = config
        .listeners
        .iter()
        .filter(|listener| listener.directory == directory);
    listeners
        .flat_map(|listener| &listener.mechanisms)
        .map(|mechanism| mechanism.claim_kind())
        .collect()
}

fn imap_config(config: &Config, listener: &ListenerConfig) -> ImapConfig {
    ImapConfig {
        greeting: format!("{} gatepost ready", config.name),
        mechanisms: listener.mechanisms.iter().map(ToString::to_string).collect(),
        login: if listener.takes_passwords() {
            LoginCommand::Offered
        } else {
            LoginCommand::Disabled
        },
        id: vec![("name".to_owned(), "gatepost".to_owned())],
        limits: WireLimits {
            failures: config.limits.failures_per_connection,
            ..WireLimits::BEFORE_LOGIN
        },
    }
}

fn spawn_watchers(
    helpers: &TaskTracker,
    gateway: &Gateway,
    services: &[Arc<Service>],
    files: Vec<Arc<WatchedFile>>,
) {
    let stop = &gateway.stop;
    for mta in gateway.sending.in_use() {
        let watch = Arc::clone(mta).watch();
        let begun = stop.begin.clone();
        helpers.spawn(async move { begun.run_until_cancelled(watch).await });
    }
    for service in services {
        let watch = Arc::clone(&service.certificates).watch();
        let begun = stop.begin.clone();
        helpers.spawn(async move { begun.run_until_cancelled(watch).await });
    }
    for file in files {
        let begun = stop.begin.clone();
        helpers.spawn(async move { begun.run_until_cancelled(file.watch()).await });
    }
}

fn spawn_rechecks(
    helpers: &TaskTracker,
    gateway: &Gateway,
    directories: &Directories,
    sessions: BTreeMap<String, Arc<Sessions>>,
) {
    for (name, sessions) in sessions {
        if let Some(directory) = directories.get(&name) {
            let work = sessions.work(Arc::clone(directory));
            let begun = gateway.stop.begin.clone();
            helpers.spawn(async move { begun.run_until_cancelled(work).await });
        }
    }
}

impl Running {
    /// Stops accepting, says BYE to those not logged in, lets the others finish for the configured grace, then closes
    /// them, and returns when every connection has ended.
    pub async fn stop(self) {
        let Self {
            gateway,
            connections,
            filings,
            helpers,
            grace,
            ..
        } = self;
        gateway.stop.begin.cancel();
        helpers.close();
        helpers.wait().await;
        connections.close();
        filings.close();
        let ended = || async {
            connections.wait().await;
            filings.wait().await;
        };
        info!(
            connections = connections.len(),
            grace_s = grace.as_secs(),
            "stopping"
        );
        if timeout(grace, ended()).await.is_err() {
            gateway.stop.end.cancel();
            if timeout(LAST_WORDS, ended()).await.is_err() {
                warn!(connections = connections.len(), "abandoned");
            }
        }
        info!("stopped");
    }

    /// The number of open connections.
    pub fn connections(&self) -> usize {
        self.connections.len()
    }
}

/// Accepts until the gateway stops.
async fn accept_all(
    listener: TcpListener,
    service: Arc<Service>,
    gateway: Arc<Gateway>,
    connections: TaskTracker,
) {
    let address = listener.local_addr().ok();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = gateway.stop.begin.cancelled() => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                let (service, gateway) = (Arc::clone(&service), Arc::clone(&gateway));
                connections.spawn(async move { gateway.serve(&service, address, stream, peer).await });
            }
            Err(reason) => {
                // No file descriptors left, most likely: what is open goes on, and some of it will close.
                error!(%reason, "accept-failed");
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

impl Service {
    /// Switches a client's connection to TLS. A handshake that is going on when the gateway begins to stop is broken
    /// off: nothing can be said in it.
    pub(crate) async fn start_tls(
        &self,
        gateway: &Gateway,
        names: &Session,
        stream: Stream,
    ) -> anyhow::Result<Stream> {
        let handshake = stream.accept_tls(&self.acceptor);
        let handshake = gateway.stop.begin.run_until_cancelled(handshake);
        let stream = handshake.await.context(SHUTTING_DOWN)??;
        let tls = stream.tls();
        info!(
            session = names.id,
            tls = tls.version,
            cipher = tls.cipher,
            sni = tls.sni,
            "tls"
        );
        Ok(stream)
    }
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
            protocol: service.config.protocol.name(),
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
        if !service.config.proxy_protocol_from.iter().any(proxied) {
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
