//! From a configuration to a gateway that listens, and to its end.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use anyhow::Context as _;
use tokio::time::{Instant, timeout};
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

use super::accept::accept_all;
use super::status::Told;
use super::workers::Workers;
use super::{Gateway, Opened, Service, Stop, open_services};
use crate::config::{Config, Limits};
use crate::control::{Control, Socket};
use crate::directory::{Directories, WatchedFile};
use crate::guard::Guard;
use crate::listen::Listener;
use crate::recheck::Sessions;
use crate::seats::Seats;
use crate::sent::{Copies, MailServers};
use crate::smtp::Sending;
use crate::turns::Lines;
use crate::{mta, process, tls, upstream};

/// How long the last words to each client may take once the grace is over.
pub(crate) const LAST_WORDS: Duration = Duration::from_secs(5);

/// A gateway that listens. Dropping it stops nothing; [`Running::stop`] does.
pub struct Running {
    /// Every bound address, in the order of the configuration.
    pub addresses: Vec<SocketAddr>,
    gateway: Arc<Gateway>,
    workers: Arc<Workers>,
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
    for reason in config.limits.warnings() {
        warn!(reason, "limits");
    }
    let Opened {
        services,
        files,
        directories,
        sessions,
        refusals,
    } = open_services(config)?;
    let listeners = config.listeners.iter().map(|listener| listener.connections);
    let fitting = process::fitting(config);
    let gateway = Arc::new(Gateway {
        name: config.name.clone(),
        limits: config.limits.clone(),
        routing: config.routing.clone(),
        upstream_configs: config.upstreams.clone(),
        upstreams: upstream::open(config)?,
        sending: Sending::open(config, mta::open(config)?, Arc::clone(&refusals)),
        copies: open_copies(config)?,
        guard: open_guard(config)?,
        flights: Arc::default(),
        lines: Lines::new(&fitting),
        stop: Stop::default(),
        seats: Seats::new(&fitting, listeners),
        refusals: Arc::clone(&refusals),
        started: Instant::now(),
        next_session: AtomicU64::new(1),
    });
    let bound = bind(&services, &config.limits)?;
    let socket = config.control_socket.as_deref().map(Socket::open).transpose()?;
    let addresses = bound.iter().map(|(listener, _)| listener.address());
    let addresses = addresses.collect::<Result<_, _>>()?;
    let workers = Workers::start(config.workers).context("cannot start threads for connections")?;
    let (workers, helpers) = (Arc::new(workers), TaskTracker::new());
    for (listener, service) in bound {
        let accepting = accept_all(listener, service, Arc::clone(&gateway), Arc::clone(&workers));
        helpers.spawn(accepting);
    }
    spawn(&helpers, &gateway, refusals.sum_up());
    spawn_watchers(&helpers, &gateway, &services, files);
    spawn_rechecks(&helpers, &gateway, &directories, sessions);
    if let Some(socket) = socket {
        let failures = config.guard.enabled.then(|| Arc::clone(&gateway.guard) as _);
        let status = Told::new(&gateway, &services);
        let control = Control::new(status, failures, directories.clone());
        spawn(&helpers, &gateway, control.serve(socket));
    }
    let filings = TaskTracker::new();
    if let Some(copies) = gateway.copies.clone() {
        let filer = MailServers::new(
            config,
            directories,
            gateway.upstreams.clone(),
            gateway.lines.clone(),
        );
        let stop = gateway.stop.clone();
        filings.spawn(async move { copies.work(filer, stop).await });
    }
    Ok(Running {
        addresses,
        gateway,
        workers,
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

/// Every address of every listener.
fn bind(services: &[Arc<Service>], limits: &Limits) -> anyhow::Result<Vec<(Listener, Arc<Service>)>> {
    let mut bound = Vec::new();
    for service in services {
        for address in &service.config().addresses {
            let listener =
                Listener::bind(*address, limits).with_context(|| format!("cannot listen on {address}"))?;
            bound.push((listener, Arc::clone(service)));
        }
    }
    Ok(bound)
}

/// Works on until the gateway begins to stop.
fn spawn(helpers: &TaskTracker, gateway: &Gateway, work: impl Future<Output = ()> + Send + 'static) {
    let begun = gateway.stop.begin.clone();
    helpers.spawn(async move { begun.run_until_cancelled(work).await });
}

fn spawn_watchers(
    helpers: &TaskTracker,
    gateway: &Gateway,
    services: &[Arc<Service>],
    files: Vec<Arc<WatchedFile>>,
) {
    for mta in gateway.sending.in_use() {
        spawn(helpers, gateway, Arc::clone(mta).watch());
    }
    for service in services {
        spawn(helpers, gateway, Arc::clone(service).watch_certificates());
    }
    for file in files {
        spawn(helpers, gateway, file.watch());
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
            spawn(
                helpers,
                gateway,
                sessions.work(Arc::clone(directory), gateway.lines.directory(&name)),
            );
        }
    }
}

impl Running {
    /// Stops accepting, says BYE to those not logged in, lets the others finish for the configured grace, then closes
    /// them, and returns when every connection has ended.
    pub async fn stop(self) {
        let Self {
            gateway,
            workers,
            filings,
            helpers,
            grace,
            ..
        } = self;
        gateway.stop.begin.cancel();
        helpers.close();
        helpers.wait().await;
        filings.close();
        let ended = || async {
            workers.all_ended().await;
            filings.wait().await;
        };
        info!(
            connections = workers.connections(),
            grace_s = grace.as_secs(),
            "stopping"
        );
        if timeout(grace, ended()).await.is_err() {
            gateway.stop.end.cancel();
            if timeout(LAST_WORDS, ended()).await.is_err() {
                warn!(connections = workers.connections(), "abandoned");
            }
        }
        // Nobody else has them by now.
        if let Some(workers) = Arc::into_inner(workers) {
            workers.end().await;
        }
        info!("stopped");
    }

    /// The number of open connections.
    pub fn connections(&self) -> usize {
        self.workers.connections()
    }
}
