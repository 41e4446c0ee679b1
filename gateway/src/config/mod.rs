//! The configuration: one TOML file, read once into values that hold no nonsense.
//!
//! `docs/configuration.md` describes every key. Reading goes from what is referred to (certificates, directories,
//! upstreams) to what refers (routing, listeners), so a wrong name is found where it is written.

mod control;
mod directories;
mod guard;
mod limits;
mod listeners;
mod log;
mod mtas;
mod offers;
mod reader;
mod secret;
pub(crate) mod sent;
mod submission;
mod upstreams;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::de::DeTable;

pub(crate) use control::control_socket_of;
pub use directories::{DirectoryConfig, DirectoryKind, FileDirectoryConfig};
pub use guard::GuardConfig;
pub use limits::{Limits, LineRules};
pub use listeners::{ChannelBinding, ListenerConfig, ListenerTls, Protocol};
pub use log::{LogConfig, LogFormat};
pub use mtas::{MtaConfig, MtaHost, MtaLogin};
pub use reader::ConfigError;
pub use sent::{SentConfig, SentMode};
pub use submission::{SenderException, SenderPattern, SubmissionConfig};
pub use upstreams::{Gear, HostPattern, Routing, UpstreamConfig, UpstreamLogin, UpstreamTls};

use reader::{Section, Source, Value};

/// More threads than any machine has use for.
const MOST_WORKERS: u32 = 1024;

/// Everything that an administrator decides.
#[derive(Debug)]
pub struct Config {
    /// The gateway's own host name, for greetings.
    pub name: String,
    /// How long sessions may go on after SIGTERM.
    pub shutdown_grace: Duration,
    /// How many threads serve connections.
    pub workers: NonZeroUsize,
    /// How and what to log.
    pub log: LogConfig,
    /// Caps and time limits.
    pub limits: Limits,
    /// Protection from lock-out.
    pub guard: GuardConfig,
    /// Certificates by name.
    pub certificates: BTreeMap<String, CertificateConfig>,
    /// Directories by name.
    pub directories: BTreeMap<String, DirectoryConfig>,
    /// Mail servers by name.
    pub upstreams: BTreeMap<String, UpstreamConfig>,
    /// MTAs by name.
    pub mtas: BTreeMap<String, MtaConfig>,
    /// What accounts may send.
    pub submission: SubmissionConfig,
    /// Which upstream an account belongs to.
    pub routing: Routing,
    /// What is listened on.
    pub listeners: Vec<ListenerConfig>,
    /// Copies of sent messages.
    pub sent_copy: SentConfig,
    /// The Unix socket at which the running gateway can be asked, if there is to be one.
    pub control_socket: Option<PathBuf>,
}

/// A certificate chain and its key, as PEM files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateConfig {
    /// The chain, the server's own certificate first.
    pub chain: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

impl Config {
    /// Whether copies of what is sent through this gateway are filed.
    pub(crate) fn keeps_copies(&self) -> bool {
        sends(&self.listeners) && self.sent_copy.is_on(&self.upstreams)
    }

    /// Reads and validates a file.
    ///
    /// # Errors
    /// The first thing that is wrong, with file, line and key.
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        let text = ConfigError::reading(file, std::fs::read_to_string(file))?;
        Self::parse(file, &text)
    }

    /// Validates a text; `file` is its name in errors, and relative paths in it are relative to the file's folder.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn parse(file: &Path, text: &str) -> Result<Self, ConfigError> {
        let source = Source { file, text };
        let document = DeTable::parse(text).map_err(|error| source.syntax(&error))?;
        let folder = file.parent().unwrap_or_else(|| Path::new(""));
        let root = Section::root(&source, &document);
        let config = Self::read(&root, folder)?;
        root.finish()?;
        Ok(config)
    }

    fn read(root: &Section<'_>, folder: &Path) -> Result<Self, ConfigError> {
        let server = root.section("server")?;
        let name = server
            .text("name")?
            .map_or("localhost", |name| name.value)
            .to_owned();
        let shutdown_grace = server.duration("shutdown_grace", Duration::from_secs(30))?;
        let workers = server.number("workers", 1..MOST_WORKERS + 1, processors())?;
        server.finish()?;
        let log = LogConfig::read(root.section("log")?)?;
        let limits = Limits::read(root.section("limits")?)?;
        let guard = GuardConfig::read(root.section("guard")?)?;
        let certificates = read_certificates(root, folder)?;
        let directories = directories::read(root, folder, &name)?;
        let mtas = mtas::read(root, folder)?;
        let upstreams = upstreams::read(root, folder, &mtas)?;
        let submission = SubmissionConfig::read(root.section("submission")?, &mtas)?;
        let routing = Routing::read(root.section("routing")?, &upstreams)?;
        let listeners = listeners::read(
            root,
            &listeners::Named {
                certificates: &certificates,
                directories: &directories,
                behind: offers::Behind {
                    upstreams: &upstreams,
                    mtas: &mtas,
                    routing: &routing,
                    mta: submission.mta.as_deref(),
                },
            },
        )?;
        let sent_copy = SentConfig::read(root.section("sent_copy")?, folder)?;
        if sends(&listeners) {
            sent_copy.check(root, &upstreams)?;
        }
        let control_socket = control::read(root.section("control")?, folder)?;
        Ok(Self {
            name,
            shutdown_grace,
            workers: NonZeroUsize::try_from(workers as usize).unwrap_or(NonZeroUsize::MIN),
            log,
            limits,
            guard,
            certificates,
            directories,
            upstreams,
            mtas,
            submission,
            routing,
            listeners,
            sent_copy,
            control_socket,
        })
    }
}

/// How many threads can run at once.
fn processors() -> u32 {
    let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    u32::try_from(processors).unwrap_or(1).min(MOST_WORKERS)
}

fn sends(listeners: &[ListenerConfig]) -> bool {
    listeners
        .iter()
        .any(|listener| listener.protocol == Protocol::Smtp)
}

fn read_certificates(
    root: &Section<'_>,
    folder: &Path,
) -> Result<BTreeMap<String, CertificateConfig>, ConfigError> {
    let mut certificates = BTreeMap::new();
    for (name, section) in root.named("certificates")? {
        let chain = folder.join(section.required_text("chain")?.value);
        let key = folder.join(section.required_text("key")?.value);
        section.finish()?;
        certificates.insert(name, CertificateConfig { chain, key });
    }
    Ok(certificates)
}

/// A reference by name; the error lists the names there are.
fn referred<'n, T>(
    name: &Value<'_, &str>,
    what: &str,
    named: &'n BTreeMap<String, T>,
) -> Result<(&'n str, &'n T), ConfigError> {
    let found = named
        .get_key_value(name.value)
        .map(|(name, value)| (name.as_str(), value));
    found.ok_or_else(|| {
        let names: Vec<&str> = named.keys().map(String::as_str).collect();
        let names = if names.is_empty() {
            "none is configured".to_owned()
        } else {
            names.join(", ")
        };
        name.error(format!("no {what} of that name; there are: {names}"))
    })
}
