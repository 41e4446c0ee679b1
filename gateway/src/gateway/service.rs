//! A listener ready to serve: its certificates, its directory, what it offers.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use bytes::BytesMut;
use gatepost_directory::{ClaimKinds, Directory};
use gatepost_imap::Limits as WireLimits;
use gatepost_imap::server::{Config as ImapConfig, LoginCommand};
use rustls::ServerConfig;
use tracing::info;

use super::{Gateway, SHUTTING_DOWN};
use crate::config::{Config, ListenerConfig, ListenerTls, Protocol};
use crate::directory::{self, Directories, Granted, WatchedFile};
use crate::exchange::Terms;
use crate::login::Session;
use crate::recheck::{AllBusy, Live, PerUser, Sessions};
use crate::refusals::{Reason, Refusals};
use crate::smtp;
use crate::stream::Stream;
use crate::tls::{self, Certificates};

/// What the connections of one listener share.
pub(crate) struct Service {
    /// Its place in the configuration.
    pub(super) number: usize,
    pub(crate) speaks: Speaks,
    pub(crate) tls: ListenerTls,
    acceptor: Arc<ServerConfig>,
    pub(crate) directory: Arc<dyn Directory>,
    remember_for: Duration,
    /// The live sessions of its accounts, on whichever listener.
    sessions: Arc<Sessions>,
    terms: Terms,
    config: ListenerConfig,
    certificates: Arc<Certificates>,
}

impl Service {
    fn open(
        config: &Config,
        (number, listener): (usize, &ListenerConfig),
        directories: &Directories,
        sessions: &BTreeMap<String, Arc<Sessions>>,
    ) -> anyhow::Result<Self> {
        let named = listener.certificates.iter();
        let files = named.filter_map(|name| Some((name.as_str(), config.certificates.get(name)?)));
        let certificates = Certificates::load(files)?;
        let missing = "the listener's directory";
        let directory = directories.get(&listener.directory).context(missing)?;
        let sessions = sessions.get(&listener.directory).context(missing)?;
        let target = config.directories.get(&listener.directory).context(missing)?;
        let remember_for = target.remember_for;
        let target = target.ntlm_target(&config.name);
        check_mechanisms(listener, directory.accepts())?;
        Ok(Self {
            number,
            speaks: Speaks::new(config, listener),
            tls: listener.tls,
            acceptor: tls::acceptor(Arc::clone(&certificates), listener.protocol.name())?,
            directory: Arc::clone(directory),
            remember_for,
            sessions: Arc::clone(sessions),
            terms: Terms::new(
                &config.name,
                target,
                listener.channel_binding,
                Arc::clone(&certificates),
            ),
            config: listener.clone(),
            certificates,
        })
    }

    /// How long the directory need not be asked about a right password again.
    pub(crate) fn remember_for(&self) -> Duration {
        self.remember_for
    }

    /// The directory's name in the configuration.
    pub(crate) fn directory_name(&self) -> &str {
        &self.config.directory
    }

    /// An account's session begins, which the directory may end.
    pub(crate) fn enter(&self, gateway: &Gateway, granted: &Granted) -> Result<Live, AllBusy> {
        let login = (&granted.account, granted.secret_version.as_deref());
        self.sessions
            .enter(self.config.protocol, login, &gateway.stop.end)
    }

    /// Whether this peer speaks for others, and says for whom by a PROXY protocol header.
    pub(super) fn is_behind(&self, peer: SocketAddr) -> bool {
        let peer = peer.ip().to_canonical();
        let mut proxies = self.config.proxy_protocol_from.iter();
        proxies.any(|network| network.contains(&peer))
    }

    /// The line for a client that finds no seat; `None`: it would not be heard before TLS.
    pub(super) fn full(&self) -> Option<BytesMut> {
        if self.tls == ListenerTls::Implicit {
            return None;
        }
        let mut line = BytesMut::new();
        match &self.speaks {
            Speaks::Imap(_) => gatepost_imap::server::Bye::TooManyConnections.encode(&mut line),
            Speaks::Smtp(_) => gatepost_smtp::server::Bye::TooManyConnections.encode(&mut line),
        }
        Some(line)
    }

    /// What its exchanges go by.
    pub(crate) fn terms(&self) -> &Terms {
        &self.terms
    }

    /// What the configuration says of it.
    pub(crate) fn config(&self) -> &ListenerConfig {
        &self.config
    }

    /// Takes over renewed certificates, for ever.
    pub(super) async fn watch_certificates(self: Arc<Self>) {
        Arc::clone(&self.certificates).watch().await;
    }

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
        let handshake = handshake.await.context(SHUTTING_DOWN)?;
        let (stream, sni) = handshake.inspect_err(|_| gateway.refusals.count(Reason::TlsHandshake))?;
        let tls = stream.tls(sni.as_deref());
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

/// What a listener's clients hear before they log in.
pub(crate) enum Speaks {
    /// IMAP, the same for all of them.
    Imap(Arc<ImapConfig>),
    /// SMTP; what is offered depends on what the MTAs offer by then.
    Smtp(Arc<smtp::Manner>),
}

impl Speaks {
    fn new(config: &Config, listener: &ListenerConfig) -> Self {
        match listener.protocol {
            Protocol::Imap => Self::Imap(Arc::new(imap_config(config, listener))),
            Protocol::Smtp => Self::Smtp(Arc::new(smtp::Manner::new(config, listener))),
        }
    }
}

/// What the configuration's listeners need.
pub(crate) struct Opened {
    pub(crate) services: Vec<Arc<Service>>,
    /// The files of users, to be watched.
    pub(super) files: Vec<Arc<WatchedFile>>,
    pub(crate) directories: Directories,
    /// Of the directories by name.
    pub(super) sessions: BTreeMap<String, Arc<Sessions>>,
    pub(super) refusals: Arc<Refusals>,
}

/// Opens certificates, directories and TLS of every listener, as `gatepost check` does too.
pub(crate) fn open_services(config: &Config) -> anyhow::Result<Opened> {
    let refusals = Refusals::new();
    let (directories, files) = directory::open(config, &refusals, |name| required_claims(config, name))?;
    let names = directories.keys();
    let sessions: BTreeMap<_, _> = names
        .map(|name| {
            let per_user = PerUser {
                sessions: config.limits.sessions_per_user,
                idle_after: config.limits.idle_after,
            };
            let sessions = Sessions::new(name, config.limits.recheck, per_user, Arc::clone(&refusals));
            (name.clone(), sessions)
        })
        .collect();
    let services = config.listeners.iter().enumerate();
    let services =
        services.map(|listener| Service::open(config, listener, &directories, &sessions).map(Arc::new));
    Ok(Opened {
        services: services.collect::<anyhow::Result<_>>()?,
        files,
        directories,
        sessions,
        refusals,
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
