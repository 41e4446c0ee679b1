//! Postfix 3.7 (Debian 12) and newer: the usual MTA behind a gateway.

use std::collections::BTreeSet;
use std::io::{self, Read as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

use tempfile::TempDir;

use super::process::{self, Process};
use super::{Dovecot, Error, Identity, certificates, open_up};
use access::Rule;
use config::Config;
use service::Ports;

mod access;
mod config;
mod queue;
mod service;

pub use access::Stage;

/// What a service may take to greet.
const GREETING_LIMIT: Duration = Duration::from_secs(10);

/// A Postfix that takes mail from those who have logged in, and delivers it to [`Dovecot`]s by LMTP.
///
/// - It listens on several ports, which differ in who may send there, and how. All but the trusted one want a login.
/// - A Dovecot judges passwords ([`PostfixBuilder::sasl`]); its master users log in for others by an authorization
///   identity (RFC 4616).
/// - Mail for a recipient that nobody was said to take is accepted, and dropped.
/// - The queue is tried again each second.
///
/// Only root can start it.
#[derive(Debug)]
pub struct Postfix {
    // Declared first, so that it ends before its directory goes.
    process: Process,
    ports: Ports,
    queue: PathBuf,
    identity: Identity,
    _directory: TempDir,
}

/// What a [`Postfix`] is to be like.
#[derive(Debug, Default)]
pub struct PostfixBuilder {
    sasl: Option<SocketAddr>,
    deliveries: Vec<(String, SocketAddr)>,
    identity: Option<Identity>,
    rules: Vec<Rule>,
    owners: Vec<(String, String)>,
    aliases: Vec<(String, String)>,
    settings: Vec<(String, String)>,
}

impl PostfixBuilder {
    /// Lets a Dovecot judge passwords. Without one nobody logs in.
    #[must_use]
    pub fn sasl(mut self, dovecot: &Dovecot) -> Self {
        self.sasl = Some(dovecot.sasl());
        self
    }

    /// Delivers to a Dovecot what comes for `to`: a domain, or an address, which comes before its domain.
    #[must_use]
    pub fn deliver(mut self, to: &str, dovecot: &Dovecot) -> Self {
        self.deliveries.push((to.to_owned(), dovecot.lmtp()));
        self
    }

    /// Shows this certificate, instead of a good one for [`address`](super::address) by an authority of its own.
    #[must_use]
    pub fn identity(mut self, identity: Identity) -> Self {
        self.identity = Some(identity);
        self
    }

    /// Answers otherwise than usual at a stage, where `about` is met; [`Stage`] says what that is. The `action` is a
    /// code and a text, such as `451 4.3.0 later` (after 421 and 521 it hangs up), or another one of Postfix's, such as
    /// `HOLD`.
    #[must_use]
    pub fn answer(mut self, stage: Stage, about: &str, action: &str) -> Self {
        let entry = (about.to_owned(), action.to_owned());
        self.rules.push(Rule { stage, entry });
        self
    }

    /// Lets who has logged in as `login` send as `address`. Once there is an owner, nobody who has logged in sends as
    /// an address that is not his.
    #[must_use]
    pub fn owner(mut self, address: &str, login: &str) -> Self {
        self.owners.push((address.to_owned(), login.to_owned()));
        self
    }

    /// Sends what is for `address` to `other` instead. Dovecot's LMTP takes only addresses in ASCII, so a user with
    /// another one needs this.
    #[must_use]
    pub fn alias(mut self, address: &str, other: &str) -> Self {
        self.aliases.push((address.to_owned(), other.to_owned()));
        self
    }

    /// Takes messages of so many octets; as it comes it is 10,240,000.
    #[must_use]
    pub fn message_size_limit(self, octets: u64) -> Self {
        self.setting("message_size_limit", &octets.to_string())
    }

    /// Sets what `main.cf` can set, for all services that do not set it otherwise.
    #[must_use]
    pub fn setting(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Starts it, and waits until it listens.
    ///
    /// # Errors
    /// If it is not installed, this is not root, or it does not come up.
    pub fn start(self) -> Result<Postfix, Error> {
        if !process::is_root() {
            return Err(Error::Failed {
                program: "postfix",
                output: "only root can start it".to_owned(),
            });
        }
        let directory = tempfile::tempdir().map_err(Error::file(&std::env::temp_dir()))?;
        // Postfix's processes are of another user.
        open_up(directory.path(), 0o755)?;
        let identity = self.identity.map_or_else(certificates::usual, Ok)?;
        let config = Config {
            directory: directory.path(),
            identity: &identity,
            ports: Ports::reserve()?,
            sasl: self.sasl,
            deliveries: &self.deliveries,
            rules: &self.rules,
            owners: &self.owners,
            aliases: &self.aliases,
            settings: &self.settings,
        };
        config.write()?;
        let process = Process::start(config.plan())?;
        expect_greeting(&process, config.ports.trusted)?;
        let (ports, queue) = (config.ports, config.queue());
        Ok(Postfix {
            process,
            ports,
            queue,
            identity,
            _directory: directory,
        })
    }
}

impl Postfix {
    /// Begins to describe one.
    pub fn builder() -> PostfixBuilder {
        PostfixBuilder::default()
    }

    /// Where it takes mail with STARTTLS, which comes before all else (RFC 6409).
    pub fn submission(&self) -> SocketAddr {
        self.ports.submission
    }

    /// Where it takes mail with TLS from the first octet (RFC 8314).
    pub fn smtps(&self) -> SocketAddr {
        self.ports.smtps
    }

    /// Where it takes mail, and passwords, without TLS.
    pub fn plain(&self) -> SocketAddr {
        self.ports.plain
    }

    /// Where it takes mail with STARTTLS, and passwords by AUTH LOGIN alone, as Exchange does.
    pub fn login_only(&self) -> SocketAddr {
        self.ports.login_only
    }

    /// Where it believes what XCLIENT says, with STARTTLS or without; who has no login by that needs one by AUTH.
    pub fn xclient(&self) -> SocketAddr {
        self.ports.xclient
    }

    /// Where it takes mail from anybody on loopback, with STARTTLS or without, and offers no AUTH.
    pub fn trusted(&self) -> SocketAddr {
        self.ports.trusted
    }

    /// The authority to trust, as a PEM file.
    pub fn ca_file(&self) -> PathBuf {
        self.identity.ca_file()
    }

    /// The certificate that it shows.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// All that it has logged.
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

    /// The ids of the messages that it has accepted, by its log. No two messages ever have the same.
    pub fn accepted(&self) -> BTreeSet<String> {
        queue::accepted(&self.log())
    }

    /// The ids of the messages that are in the queue: those that it is receiving, and those that it has not delivered.
    ///
    /// # Errors
    /// If the queue cannot be read.
    pub fn queued(&self) -> Result<BTreeSet<String>, Error> {
        queue::queued(&self.queue)
    }

    /// Waits until the queue is empty.
    ///
    /// # Errors
    /// If it is not within some seconds.
    pub fn drained(&self) -> Result<(), Error> {
        let empty = || self.queued().is_ok_and(|queued| queued.is_empty()).then_some(());
        process::look_until(empty).ok_or_else(|| Error::Failed {
            program: "postfix",
            output: format!("the queue holds {:?}", self.queued()),
        })
    }

    /// Ends it at once, with all its connections. The queue stays.
    pub fn stop(&mut self) {
        self.process.stop();
    }

    /// Starts it again, with the same ports and queue; ends it before, if it runs.
    ///
    /// # Errors
    /// If it does not come up.
    pub fn restart(&mut self) -> Result<(), Error> {
        self.stop();
        queue::put_back(&self.queue)?;
        self.process.restart()?;
        expect_greeting(&self.process, self.ports.trusted)
    }
}

/// Waits until a service greets. Postfix listens whatever its services are worth, and tries later to start those that
/// cannot start.
fn expect_greeting(process: &Process, service: SocketAddr) -> Result<(), Error> {
    let read = || {
        let mut stream = TcpStream::connect(service)?;
        stream.set_read_timeout(Some(GREETING_LIMIT))?;
        stream.read_exact(&mut [0])
    };
    read().map_err(|_: io::Error| process.not_up())
}
