//! The proxies, each started in a directory of its own, with the same certificate and two workers.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use gatepost_testkit::servers::{Identity, Slapd, reserve};
use tempfile::TempDir;

use crate::process::Process;
use crate::upstream::Upstream;
use crate::usage::Meter;

mod dovecot;
mod gatepost;
mod haproxy;
mod nginx;

pub(crate) use gatepost::{Build, Directory, INSPECTING, Options, TLS, TRANSPARENT};

/// Threads or processes that each proxy serves with.
const WORKERS: usize = 2;
/// Connections that each proxy has to be able to hold, both sides together.
pub(crate) const CONNECTIONS: u64 = 20_000;

/// Who is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Kind {
    /// No proxy: the upstream itself, with TLS.
    Direct,
    Gatepost,
    Nginx,
    Dovecot,
    Haproxy,
}

/// What all proxies are given.
pub(crate) struct Site {
    pub(crate) identity: Identity,
    pub(crate) upstream: Upstream,
    /// Gatepost's program.
    pub(crate) gatepost: PathBuf,
    /// Another build of it.
    pub(crate) baseline: Option<PathBuf>,
}

/// A proxy that runs. It ends with the value.
pub(crate) struct Proxy {
    pub(crate) imaps: SocketAddr,
    /// Port 465.
    pub(crate) smtps: SocketAddr,
    /// Port 587, where there is STARTTLS.
    pub(crate) submission: Option<SocketAddr>,
    pub(crate) meter: Meter,
    // Declared in this order, so that the process ends before its directory goes.
    process: Option<Process>,
    /// What it asks who may log in.
    pub(crate) slapd: Option<Slapd>,
    _folder: Option<TempDir>,
}

/// What a proxy is made of before it runs.
struct Plan {
    folder: TempDir,
    imaps: SocketAddr,
    smtps: SocketAddr,
    submission: SocketAddr,
}

impl Kind {
    pub(crate) const ALL: [Self; 5] = [
        Self::Gatepost,
        Self::Nginx,
        Self::Dovecot,
        Self::Haproxy,
        Self::Direct,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Gatepost => "gatepost",
            Self::Nginx => "nginx",
            Self::Dovecot => "dovecot",
            Self::Haproxy => "haproxy",
        }
    }

    /// Starts one, which is new.
    pub(crate) fn start(self, site: &Site, options: Options) -> anyhow::Result<Proxy> {
        match self {
            Self::Direct => Ok(Proxy {
                imaps: site.upstream.imaps,
                smtps: site.upstream.smtps,
                submission: None,
                meter: site.upstream.meter,
                process: None,
                slapd: None,
                _folder: None,
            }),
            Self::Gatepost => gatepost::start(site, options),
            Self::Nginx => nginx::start(site),
            Self::Dovecot => dovecot::start(site),
            Self::Haproxy => haproxy::start(site),
        }
    }

    /// What the program says of its version.
    pub(crate) fn version(self, site: &Site) -> anyhow::Result<String> {
        let (program, argument) = match self {
            Self::Direct => return Ok(String::new()),
            Self::Gatepost => (site.gatepost.clone(), "--version"),
            Self::Nginx => ("nginx".into(), "-v"),
            Self::Dovecot => ("dovecot".into(), "--version"),
            Self::Haproxy => ("haproxy".into(), "-v"),
        };
        crate::process::first_line(&program, argument)
    }
}

impl Plan {
    fn new() -> anyhow::Result<Self> {
        Ok(Self {
            folder: tempfile::Builder::new().prefix("gatepost-versus-").tempdir()?,
            imaps: reserve()?,
            smtps: reserve()?,
            submission: reserve()?,
        })
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> anyhow::Result<PathBuf> {
        let path = self.file(name);
        std::fs::write(&path, content)?;
        Ok(path)
    }

    fn listeners(&self) -> [SocketAddr; 3] {
        [self.imaps, self.smtps, self.submission]
    }

    fn running(self, process: Process, submission: Option<SocketAddr>) -> Proxy {
        Proxy {
            imaps: self.imaps,
            smtps: self.smtps,
            submission,
            meter: Meter::Processes(process.tree()),
            process: Some(process),
            slapd: None,
            _folder: Some(self.folder),
        }
    }
}

impl Proxy {
    /// The end of what it has logged.
    pub(crate) fn log(&self) -> String {
        self.process.as_ref().map(Process::log).unwrap_or_default()
    }
}

/// A certificate and its key in one file, as HAProxy wants them.
fn pem(identity: &Identity) -> anyhow::Result<Vec<u8>> {
    let read = |path: &Path| std::fs::read(path);
    Ok([read(&identity.chain_file())?, read(&identity.key_file())?].concat())
}
