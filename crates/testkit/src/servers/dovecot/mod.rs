//! Dovecot 2.3 (Debian 12) and 2.4 (Debian 13): the usual mail server behind a gateway.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;

use super::process::{self, Plan, Process};
use super::{Error, Identity, address, certificates, write};
use crate::client::Client;
use config::version::Version;
use config::{Config, Trust};

mod config;

/// What a step of [`Dovecot::connect`]'s client may take.
const STEP_LIMIT: Duration = Duration::from_secs(10);

/// A Dovecot that serves IMAP, with TLS from the start and by STARTTLS.
///
/// Users have `INBOX`, `Drafts`, `Sent` and `Trash`, the latter three with their special use (RFC 6154). A master user
/// logs in for others, as `user*master` or by an authorization identity (RFC 4616). Without TLS nobody logs in.
#[derive(Debug)]
pub struct Dovecot {
    // Declared first, so that it ends before its directory goes.
    process: Process,
    config_file: PathBuf,
    imap: SocketAddr,
    imaps: SocketAddr,
    identity: Identity,
    _directory: TempDir,
}

/// What a [`Dovecot`] is to be like.
#[derive(Debug, Default)]
pub struct DovecotBuilder {
    users: Vec<(String, String)>,
    masters: Vec<(String, String)>,
    identity: Option<Identity>,
    trust: Trust,
}

impl DovecotBuilder {
    /// Adds a user. Dovecot compares names in lower case; they hold no colon and no line end.
    #[must_use]
    pub fn user(mut self, name: &str, password: &str) -> Self {
        self.users.push((name.to_lowercase(), password.to_owned()));
        self
    }

    /// Adds a master user.
    #[must_use]
    pub fn master(mut self, name: &str, password: &str) -> Self {
        self.masters.push((name.to_lowercase(), password.to_owned()));
        self
    }

    /// Shows this certificate, instead of a good one for [`address`](super::address) by an authority of its own.
    #[must_use]
    pub fn identity(mut self, identity: Identity) -> Self {
        self.identity = Some(identity);
        self
    }

    /// Trusts clients on loopback: believes what their ID command says of where a user comes from
    /// (`x-originating-ip`), and takes passwords without TLS.
    #[must_use]
    pub fn trusting(mut self) -> Self {
        self.trust = Trust::Loopback;
        self
    }

    /// Starts it, and waits until it listens.
    ///
    /// # Errors
    /// If it is not installed, or does not come up.
    pub fn start(self) -> Result<Dovecot, Error> {
        let version = Version::installed()?;
        let directory = tempfile::tempdir().map_err(Error::file(&std::env::temp_dir()))?;
        // Dovecot's processes are of several users.
        open_up(directory.path(), 0o755)?;
        let identity = self.identity.map_or_else(certificates::usual, Ok)?;
        let config = Config {
            directory: directory.path(),
            identity: &identity,
            trust: self.trust,
            imap: address::reserve()?,
            imaps: address::reserve()?,
        };
        config.write(version, &self.users, &self.masters)?;
        let process = Process::start(config.plan())?;
        let (config_file, imap, imaps) = (config.file(), config.imap, config.imaps);
        Ok(Dovecot {
            process,
            config_file,
            imap,
            imaps,
            identity,
            _directory: directory,
        })
    }
}

impl Dovecot {
    /// Begins to describe one.
    pub fn builder() -> DovecotBuilder {
        DovecotBuilder::default()
    }

    /// Where it serves IMAP with TLS from the first octet.
    pub fn imaps(&self) -> SocketAddr {
        self.imaps
    }

    /// Where it serves IMAP with STARTTLS.
    pub fn imap(&self) -> SocketAddr {
        self.imap
    }

    /// The authority to trust, as a PEM file.
    pub fn ca_file(&self) -> PathBuf {
        self.identity.ca_file()
    }

    /// The certificate that it shows.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Delivers a message to a user's mailbox, as a local delivery agent does.
    ///
    /// # Errors
    /// If there is no such user or mailbox.
    pub fn deliver(&self, user: &str, mailbox: &str, message: &[u8]) -> Result<(), Error> {
        let config = self.config_file.to_string_lossy();
        let arguments = ["-c", &config, "save", "-u", user, "-m", mailbox];
        process::run("doveadm", &arguments, message).map(drop)
    }

    /// All that it has logged: who logged in from where, and how.
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// Waits for a line of the log that holds `wanted`.
    ///
    /// # Errors
    /// If there is none within some seconds.
    pub fn logged(&self, wanted: &str) -> Result<String, Error> {
        self.process.logged(wanted)
    }

    /// Ends it at once, with all its connections. The mail stays.
    pub fn stop(&mut self) {
        self.process.stop();
    }

    /// Starts it again, with the same ports and mail; ends it before, if it runs.
    ///
    /// # Errors
    /// If it does not come up.
    pub fn restart(&mut self) -> Result<(), Error> {
        self.process.restart()
    }

    /// A client that has connected with TLS and read the greeting.
    ///
    /// # Errors
    /// If the connection, TLS or the greeting fails.
    pub async fn connect(&self) -> Result<Client<TlsStream<TcpStream>>, Error> {
        let stream = TcpStream::connect(self.imaps).await.map_err(Error::Connection)?;
        let name = ServerName::from(self.imaps.ip());
        let stream = self.identity.connector()?.connect(name, stream).await;
        let greeted = Client::greeted(stream.map_err(Error::Connection)?, STEP_LIMIT).await;
        Ok(greeted.map_err(Error::Client)?.0)
    }
}

/// Lets other users of the machine in.
fn open_up(path: &Path, mode: u32) -> Result<(), Error> {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).map_err(Error::file(path))
}
