//! Dovecot 2.3 (Debian 12) and 2.4 (Debian 13): the usual mail server behind a gateway.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;

use super::process::{self, Plan, Process};
use super::{Error, Identity, address, certificates, open_up, write};
use crate::client::Client;
use config::mailboxes::{Namespace, SpecialUse};
use config::users::{User, write_users};
use config::version::Version;
use config::{Config, Ports, Trust};

mod config;
mod locks;
mod messages;

pub use messages::Message;

/// So long at most a mailbox is locked by somebody who lives.
const LOCK_TIME: Duration = Duration::from_secs(3);
/// What a step of [`Dovecot::connect`]'s client may take.
const STEP_LIMIT: Duration = Duration::from_secs(10);

/// A Dovecot that serves IMAP, with TLS from the start and by STARTTLS, and takes mail by LMTP (RFC 2033).
///
/// - Users have `INBOX`, `Drafts`, `Sent` and `Trash`, the latter three with their special use (RFC 6154).
/// - A master user logs in for others, as `user*master` or by an authorization identity (RFC 4616).
/// - Without TLS nobody logs in.
/// - A recipient of LMTP is the user whose name is its local part, or else the user of that whole name.
/// - A [`Postfix`](super::Postfix) asks it whether its users' passwords are right, and the masters'.
#[derive(Debug)]
pub struct Dovecot {
    // Declared first, so that it ends before its directory goes.
    process: Process,
    version: Version,
    config_file: PathBuf,
    users_file: PathBuf,
    users: Vec<User>,
    namespace: Namespace,
    ports: Ports,
    identity: Identity,
    directory: TempDir,
}

/// What a [`Dovecot`] is to be like.
#[derive(Debug, Default)]
pub struct DovecotBuilder {
    users: Vec<User>,
    masters: Vec<User>,
    identity: Option<Identity>,
    trust: Trust,
    namespace: Namespace,
}

impl DovecotBuilder {
    /// Adds a user. Dovecot compares names in lower case; they hold no colon and no line end.
    #[must_use]
    pub fn user(mut self, name: &str, password: &str) -> Self {
        self.users.push(User::new(name, password));
        self
    }

    /// Adds a master user.
    #[must_use]
    pub fn master(mut self, name: &str, password: &str) -> Self {
        self.masters.push(User::new(name, password));
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

    /// Lets the names of all mailboxes but `INBOX` begin with `prefix`, such as `INBOX.`, and separates their levels by
    /// `separator`. Sent mail is in the mailbox `sent` below that prefix.
    #[must_use]
    pub fn namespace(mut self, prefix: &str, separator: char, sent: &str) -> Self {
        self.namespace.prefix = prefix.to_owned();
        self.namespace.separator = separator;
        self.namespace.sent = sent.to_owned();
        self
    }

    /// Tells of no mailbox what it is for.
    #[must_use]
    pub fn without_special_use(mut self) -> Self {
        self.namespace.special_use = SpecialUse::Untold;
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
            namespace: &self.namespace,
            ports: Ports::reserve()?,
        };
        config.write(version, &self.users, &self.masters)?;
        let process = Process::start(config.plan())?;
        let (config_file, users_file, ports) = (config.file(), config.users_file(), config.ports);
        Ok(Dovecot {
            process,
            version,
            config_file,
            users_file,
            users: self.users,
            namespace: self.namespace,
            ports,
            identity,
            directory,
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
        self.ports.imaps
    }

    /// Where it serves IMAP with STARTTLS.
    pub fn imap(&self) -> SocketAddr {
        self.ports.imap
    }

    /// Where it takes mail by LMTP (RFC 2033), from anybody.
    pub fn lmtp(&self) -> SocketAddr {
        self.ports.lmtp
    }

    /// Where it tells other servers, in a protocol of its own, whether a password is right.
    pub(super) fn sasl(&self) -> SocketAddr {
        self.ports.sasl
    }

    /// The full name of the mailbox for sent mail, as people read it.
    pub fn sent(&self) -> String {
        [self.namespace.prefix.as_str(), &self.namespace.sent].concat()
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

    /// Lets a user's mail come to so many octets, from the next login or delivery on; `None` is no limit.
    ///
    /// It has to run. It looks at the file of users once in a second, so this takes as long.
    ///
    /// # Errors
    /// If there is no such user, or the server does not take it up.
    pub fn set_quota(&mut self, user: &str, octets: Option<u64>) -> Result<(), Error> {
        let name = user.to_lowercase();
        let known = self.users.iter_mut().find(|known| known.name == name);
        known.ok_or_else(|| Error::NoUser(user.to_owned()))?.quota = octets;
        write_users(&self.users_file, self.version, &self.users)?;
        let wanted = octets.map(|octets| octets.to_string());
        let taken_up = || (self.quota(&name).ok()? == wanted).then_some(());
        process::look_until(taken_up).ok_or_else(|| Error::Failed {
            program: "dovecot",
            output: format!("the quota is not {wanted:?}"),
        })
    }

    /// A user's quota as the server knows it.
    fn quota(&self, user: &str) -> Result<Option<String>, Error> {
        let config = self.config_file.to_string_lossy();
        let fields = process::run("doveadm", &["-c", &config, "user", user], b"")?;
        let quota = fields.lines().find(|line| line.starts_with("quota_"));
        let value = quota.and_then(|quota| quota.rsplit(['=', '\t', ' ']).next());
        Ok(value.map(str::to_owned))
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

    /// Waits for the n-th line of the log that holds `wanted`: it logs by and by.
    ///
    /// # Errors
    /// If there are fewer within some seconds.
    pub fn logged_times(&self, wanted: &str, times: usize) -> Result<String, Error> {
        self.process.logged_times(wanted, times)
    }

    /// Ends it at once, with all its connections. The mail stays.
    pub fn stop(&mut self) {
        self.process.stop();
    }

    /// Asks it to end, as a service manager does, and does not wait for it. It takes nobody new at once, and some seconds
    /// later says BYE to all of its clients in the same moment.
    pub fn ask_to_end(&self) {
        self.process.ask_to_end();
    }

    /// Ends the processes of all sessions at once, as a crash does, and returns how many they were. The server goes on.
    ///
    /// # Errors
    /// If the locks that they leave behind cannot be removed.
    pub fn kill_sessions(&self) -> Result<usize, Error> {
        let mail = self.directory.path().join("mail");
        let killed = self.process.kill_children("imap");
        let left = locks::held(&mail)?;
        if !left.is_empty() {
            // Deliveries go on, and nobody tells whose a lock is; theirs are gone soon.
            std::thread::sleep(LOCK_TIME);
            for (lock, _) in left.intersection(&locks::held(&mail)?) {
                // It may go by itself after all.
                let _ = std::fs::remove_file(lock);
            }
        }
        Ok(killed)
    }

    /// Starts it again, with the same ports and mail; ends it before, if it runs.
    ///
    /// # Errors
    /// If it does not come up.
    pub fn restart(&mut self) -> Result<(), Error> {
        self.stop();
        locks::remove(&self.directory.path().join("mail"))?;
        self.process.restart()
    }

    /// A client that has connected with TLS and read the greeting.
    ///
    /// # Errors
    /// If the connection, TLS or the greeting fails.
    pub async fn connect(&self) -> Result<Client<TlsStream<TcpStream>>, Error> {
        let stream = TcpStream::connect(self.ports.imaps)
            .await
            .map_err(Error::Connection)?;
        let name = ServerName::from(self.ports.imaps.ip());
        let stream = self.identity.connector()?.connect(name, stream).await;
        let greeted = Client::greeted(stream.map_err(Error::Connection)?, STEP_LIMIT).await;
        Ok(greeted.map_err(Error::Client)?.0)
    }
}
