//! What the process asks of the operating system: files, secrecy, signals, systemd.

use rustix::process::{DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::{info, warn};

use crate::config::Config;

/// Open files that are not connections: listeners, logs, users' files and what the runtime needs.
const OTHER_FILES: u64 = 64;

/// Raises the soft limit of open files to the hard one and logs how many connections that allows.
pub fn raise_open_files(config: &Config) {
    let connections_wanted = config.limits.connections;
    let limit = getrlimit(Resource::Nofile);
    let raised = setrlimit(
        Resource::Nofile,
        Rlimit {
            current: limit.maximum,
            maximum: limit.maximum,
        },
    );
    let files = if raised.is_ok() {
        limit.maximum
    } else {
        limit.current
    }
    .unwrap_or(u64::MAX);
    let connections = files.saturating_sub(OTHER_FILES) / files_per_connection(config);
    if connections < u64::from(connections_wanted) {
        warn!(files, connections, connections_wanted, "open-files");
    } else {
        info!(files, connections, "open-files");
    }
}

/// A relayed connection takes two: the client's and the server's. One that sends has its message's copy open too.
fn files_per_connection(config: &Config) -> u64 {
    if config.keeps_copies() { 3 } else { 2 }
}

/// Passwords are in memory: no core file, and no other process of this user may look.
pub fn keep_secrets() {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    let no_core = setrlimit(Resource::Core, none);
    let not_dumpable = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    if no_core.is_err() || not_dumpable.is_err() {
        warn!(reason = "core files could not be forbidden", "process");
    }
}

/// SIGTERM and SIGINT. From its making on, neither ends the process by itself.
#[derive(Debug)]
pub struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    /// Begins to listen; to be called before anybody is told that the gateway is ready.
    ///
    /// # Errors
    /// If the signals cannot be listened to.
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for one of them.
    pub async fn told(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Tells systemd, if it waits for word.
pub fn notify(state: &[sd_notify::NotifyState<'_>]) {
    if let Err(reason) = sd_notify::notify(state) {
        warn!(%reason, "systemd");
    }
}
