//! The mail server and how it is set up.

use std::fmt;
use std::io;
use std::sync::Arc;

use gatepost_imap::server::{Config, LoginCommand};
use gatepost_imap::{Capabilities, Capability, Limits};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::ToSocketAddrs;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::accounts::Accounts;
use super::connection::Signals;
use super::control::Control;
use super::running::{Protocol, Running};
use super::serve;
use super::smtp::{self, Submission};
use super::store::Store;

/// What is announced after login.
const CAPABILITIES: &str = "IMAP4rev1 SASL-IR LITERAL+ ID ENABLE IDLE NAMESPACE UNSELECT UIDPLUS MOVE CHILDREN \
    LIST-EXTENDED LIST-STATUS SPECIAL-USE ESEARCH STATUS=SIZE APPENDLIMIT=268435456";

/// An IMAP and SMTP server whose mail is in memory. Clones are the same server.
///
/// It speaks over any stream ([`MailServer::serve`], [`MailServer::serve_smtp`]) or listens on loopback
/// ([`MailServer::bind`], [`MailServer::bind_smtp`]).
#[derive(Debug, Clone)]
pub struct MailServer {
    service: Arc<Service>,
}

/// A mail server being set up.
#[derive(Debug)]
pub struct Builder {
    service: Service,
    mechanisms: Vec<String>,
    login: LoginCommand,
}

/// Whether the tagged OK of the login lists the capabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Announcement {
    /// It does.
    Sent,
    /// It does not; the client has to ask.
    Withheld,
}

/// What the connections of a server share.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) store: Store,
    pub(super) accounts: Accounts,
    pub(super) control: Control,
    pub(super) security: Security,
    pub(super) config: Arc<Config>,
    pub(super) capabilities: Capabilities,
    pub(super) announcement: Announcement,
    pub(super) submission: Submission,
}

/// How connections are protected.
#[derive(Clone)]
pub(super) enum Security {
    /// Not at all, and yet logins are served: for loopback and memory.
    None,
    /// TLS from the first octet.
    Implicit(TlsAcceptor),
    /// TLS by STARTTLS, and no login before.
    StartTls(TlsAcceptor),
}

impl fmt::Debug for Security {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Implicit(_) => "Implicit",
            Self::StartTls(_) => "StartTls",
        })
    }
}

impl MailServer {
    /// A server without users, without TLS, that serves AUTHENTICATE PLAIN and LOGIN, and in SMTP AUTH PLAIN and LOGIN.
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// The mail.
    pub fn store(&self) -> &Store {
        &self.service.store
    }

    /// The switches of IMAP, and the memory of what its clients did.
    pub fn control(&self) -> &Control {
        &self.service.control
    }

    /// The switches of SMTP, and the memory of what its clients did.
    pub fn smtp(&self) -> &smtp::Control {
        &self.service.submission.control
    }

    /// Serves one IMAP client to the end of its connection.
    pub async fn serve<S>(&self, stream: S)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        self.serve_until(stream, CancellationToken::new()).await;
    }

    pub(super) async fn serve_until<S>(&self, stream: S, stop: CancellationToken)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        let control = &self.service.control;
        let _connected = control.connected();
        let signals = Signals {
            stop,
            drop: control.dropped(),
        };
        serve::run(&self.service, stream, signals).await;
    }

    /// Serves one SMTP client to the end of its connection.
    pub async fn serve_smtp<S>(&self, stream: S)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        self.serve_smtp_until(stream, CancellationToken::new()).await;
    }

    pub(super) async fn serve_smtp_until<S>(&self, stream: S, stop: CancellationToken)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        let connections = self.service.submission.control.open_connections();
        let _connected = connections.connected();
        let signals = Signals {
            stop,
            drop: connections.dropped(),
        };
        smtp::run(&self.service, stream, signals).await;
    }

    /// Listens on an address, which has to be a loopback address, and serves IMAP to whoever connects.
    ///
    /// # Errors
    /// If the address is not loopback or cannot be had.
    pub async fn bind(&self, address: impl ToSocketAddrs) -> io::Result<Running> {
        Running::start(self.clone(), Protocol::Imap, address).await
    }

    /// Listens on an address, which has to be a loopback address, and serves SMTP to whoever connects.
    ///
    /// # Errors
    /// If the address is not loopback or cannot be had.
    pub async fn bind_smtp(&self, address: impl ToSocketAddrs) -> io::Result<Running> {
        Running::start(self.clone(), Protocol::Smtp, address).await
    }
}

impl Builder {
    fn new() -> Self {
        let config = Config {
            greeting: "Gatepost's mail server for tests".into(),
            mechanisms: Vec::new(),
            login: LoginCommand::Offered,
            id: vec![("name".into(), "gatepost-testkit".into())],
            limits: Limits::BEFORE_LOGIN,
        };
        let service = Service {
            store: Store::new(),
            accounts: Accounts::default(),
            control: Control::new(),
            security: Security::None,
            config: Arc::new(config),
            capabilities: Capabilities::parse(CAPABILITIES.as_bytes()),
            announcement: Announcement::Sent,
            submission: Submission::new(),
        };
        Self {
            service,
            mechanisms: vec!["PLAIN".into()],
            login: LoginCommand::Offered,
        }
    }

    /// Adds a user, with an INBOX if the store has none of that user.
    #[must_use]
    pub fn user(mut self, name: &str, password: &str) -> Self {
        self.service.accounts.add_user(name, password);
        self
    }

    /// Adds a master, who may act for every user: PLAIN with an authorization identity, LOGIN as `user*master`.
    #[must_use]
    pub fn master(mut self, name: &str, password: &str) -> Self {
        self.service.accounts.add_master(name, password);
        self
    }

    /// Serves mail that is there already.
    #[must_use]
    pub fn store(mut self, store: Store) -> Self {
        self.service.store = store;
        self
    }

    /// Announces one more capability after login, whether it is there or not. What is no capability is left out.
    #[must_use]
    pub fn capability(mut self, name: &str) -> Self {
        if let Ok(capability) = Capability::parse(name.as_bytes()) {
            self.service.capabilities.push(capability);
        }
        self
    }

    /// Whether the tagged OK of the login lists the capabilities; it does, if this is not called.
    #[must_use]
    pub fn announcement(mut self, announcement: Announcement) -> Self {
        self.service.announcement = announcement;
        self
    }

    /// Announces these SASL mechanisms instead of PLAIN. PLAIN and NTLM are served; others are refused as unavailable.
    #[must_use]
    pub fn mechanisms(mut self, names: &[&str]) -> Self {
        self.mechanisms = names.iter().map(|name| (*name).to_owned()).collect();
        self
    }

    /// Whether the LOGIN command is served; it is, if this is not called.
    #[must_use]
    pub fn login_command(mut self, login: LoginCommand) -> Self {
        self.login = login;
        self
    }

    /// IMAP inside TLS from the first octet.
    #[must_use]
    pub fn implicit_tls(mut self, acceptor: TlsAcceptor) -> Self {
        self.service.security = Security::Implicit(acceptor);
        self
    }

    /// IMAP with TLS by STARTTLS, and no login before.
    #[must_use]
    pub fn starttls(mut self, acceptor: TlsAcceptor) -> Self {
        self.service.security = Security::StartTls(acceptor);
        self
    }

    /// Announces these SASL mechanisms in SMTP instead of PLAIN and LOGIN. Others than these two and NTLM are refused.
    #[must_use]
    pub fn smtp_mechanisms(mut self, names: &[&str]) -> Self {
        self.service.submission.mechanisms = names.iter().map(|name| (*name).to_owned()).collect();
        self
    }

    /// SMTP inside TLS from the first octet.
    #[must_use]
    pub fn smtp_implicit_tls(mut self, acceptor: TlsAcceptor) -> Self {
        self.service.submission.security = Security::Implicit(acceptor);
        self
    }

    /// SMTP with TLS by STARTTLS, and no login before.
    #[must_use]
    pub fn smtp_starttls(mut self, acceptor: TlsAcceptor) -> Self {
        self.service.submission.security = Security::StartTls(acceptor);
        self
    }

    /// The server.
    #[must_use]
    pub fn build(self) -> MailServer {
        let Self {
            mut service,
            mechanisms,
            login,
        } = self;
        service
            .accounts
            .users()
            .for_each(|user| service.store.add_user(user));
        service.config = Arc::new(Config {
            mechanisms,
            login,
            ..Arc::unwrap_or_clone(service.config)
        });
        MailServer {
            service: Arc::new(service),
        }
    }

    /// The server, listening for IMAP: [`Builder::build`] and [`MailServer::bind`].
    ///
    /// # Errors
    /// If the address is not loopback or cannot be had.
    pub async fn bind(self, address: impl ToSocketAddrs) -> io::Result<Running> {
        self.build().bind(address).await
    }
}
