//! What the process asks of the operating system: files, secrecy, signals, systemd.

use rustix::process::{DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::{info, warn};

use crate::config::{Config, Limits};

/// Open files that are not connections: listeners, logs and users' files.
const OTHER_FILES: u64 = 64;

/// What a thread's runtime has open.
const FILES_PER_WORKER: u64 = 8;

/// Raises the soft limit of open files to the hard one and logs how many connections that allows.
pub fn raise_open_files(config: &Config) {
    let connections_wanted = config.limits.connections;
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    // If it cannot be, the limit is what it was.
    let _ = setrlimit(Resource::Nofile, raised);
    let files = open_files();
    let connections = room(files, config);
    if connections < u64::from(connections_wanted) {
        warn!(files, connections, connections_wanted, "open-files");
    } else {
        info!(files, connections, "open-files");
    }
}

/// The limits with no more connections than this process has files for. Whoever is refused for that is told so; with
/// no files left, those who are logged in could not be connected to their mail servers.
pub(crate) fn fitting(config: &Config) -> Limits {
    let room = room(open_files(), config).max(1);
    let room = u32::try_from(room).unwrap_or(u32::MAX);
    config.limits.with_fewer(room)
}

/// What is to be said of the most files that this process could ask for; `None`: they are enough.
pub(crate) fn shortage(config: &Config) -> Option<String> {
    let files = getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX);
    let (room, wanted) = (room(files, config), u64::from(config.limits.connections));
    (room < wanted).then(|| {
        format!(
            "limits.connections is {wanted}, but {files} files are enough for {room}; started like this, the gateway \
             would take no more (a systemd unit has its own LimitNOFILE=)"
        )
    })
}

/// How many files this process may have open.
fn open_files() -> u64 {
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

/// How many connections that is enough for.
fn room(files: u64, config: &Config) -> u64 {
    let workers = u64::try_from(config.workers.get()).unwrap_or(u64::MAX);
    let others = workers
        .saturating_mul(FILES_PER_WORKER)
        .saturating_add(OTHER_FILES);
    files.saturating_sub(others) / files_per_connection(config)
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
