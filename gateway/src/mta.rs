//! Connects to an MTA and gets ready to send for a user.
//!
//! What the client typed reaches the MTA in one case alone: as the password of `same-credentials`. Who the sender is
//! comes from the directory's account. An MTA that cannot be told who sends is never used without.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use gatepost_directory::{Account, Claim};
use gatepost_sasl::Mechanism;
use gatepost_sasl::client::Plain;
use gatepost_smtp::client::{
    self, Attribute, Authenticated, Method, NeedInput, Protocol, Sasl, Security, Stage, Step, Xclient,
};
use gatepost_smtp::{Extensions, Limits as WireLimits};
use gatepost_wire::Secret;
use tokio::time::sleep;
use tracing::{info, warn};

use crate::config::{Config, Limits, MtaConfig, MtaHost, MtaLogin, UpstreamTls};
use crate::connect::{Connector, Failure, Place, down, within};
use crate::credentials::Mechanisms;
use crate::login::Session;
use crate::stream::Link;

/// What may arrive from an MTA and not be consumed, in octets.
const INPUT_CAP: usize = 64 * 1024;

/// How long an MTA may take no octets: it may be busy with a message (RFC 5321 section 4.5.3.2.5).
const PATIENCE: Duration = Duration::from_secs(180);

/// How often an MTA is asked what it offers: while it does not answer, and after it has.
const ASK_AGAIN: Duration = Duration::from_secs(15);
const REFRESH: Duration = Duration::from_secs(600);

/// An MTA, ready to be connected to.
pub(crate) struct Mta {
    pub(crate) config: MtaConfig,
    connector: Connector,
    limits: Limits,
    /// Our own name, for EHLO.
    name: String,
    /// What each of its hosts offered when it was last asked, if it ever answered.
    offered: RwLock<Vec<Option<Extensions>>>,
}

/// An MTA that takes messages of a user.
pub(crate) struct Ready {
    pub(crate) link: Link,
    pub(crate) session: Authenticated,
    /// The address that was connected to, for logs.
    pub(crate) host: String,
}

/// How far a conversation came.
enum Reached {
    /// There was no way to log in to try.
    Offered(Extensions),
    Ready(Link, Authenticated),
}

/// All MTAs by name.
pub(crate) type Mtas = BTreeMap<String, Arc<Mta>>;

pub(crate) fn open(config: &Config) -> anyhow::Result<Mtas> {
    let open = |(name, mta): (&String, &MtaConfig)| {
        let opened = Mta::open(mta.clone(), &config.limits, config.name.clone());
        let opened = opened.with_context(|| format!("MTA `{name}`"))?;
        Ok((name.clone(), Arc::new(opened)))
    };
    config.mtas.iter().map(open).collect()
}

impl Mta {
    pub(crate) fn open(config: MtaConfig, limits: &Limits, name: String) -> anyhow::Result<Self> {
        let limits = Limits {
            dead_peer_time: limits.dead_peer_time.max(PATIENCE),
            ..limits.clone()
        };
        let connector = Connector::open(config.tls, config.ca_file.as_deref(), limits.clone(), INPUT_CAP)?;
        let unknown = vec![None; config.hosts.len()];
        Ok(Self {
            config,
            connector,
            limits,
            name,
            offered: RwLock::new(unknown),
        })
    }

    /// Connects to the first host that can be logged in to, and logs in as the account. `claim` is wanted only where the
    /// login needs the user's own password; `helo` is what the client called itself, which XCLIENT passes on.
    pub(crate) async fn log_in(
        &self,
        account: &Account,
        claim: Option<&Claim>,
        client: &Session,
        helo: &str,
    ) -> Result<Ready, Failure> {
        let mut last = Failure::Down(anyhow!("no address"));
        for host in &self.config.hosts {
            let credentials = self.credentials(account, claim, client, helo);
            let credentials = credentials.map_err(Failure::Refused)?;
            match self.converse(host, credentials).await {
                Ok(Reached::Ready(link, session)) => {
                    let host = format!("{}:{}", host.host, host.port);
                    return Ok(Ready { link, session, host });
                }
                Ok(Reached::Offered(_)) => last = Failure::Down(anyhow!("there was no way to log in to try")),
                // Another one would say the same, and count a failed login of the same user.
                Err(refused @ Failure::Refused(_)) => return Err(refused),
                Err(Failure::Down(reason)) => last = Failure::Down(at(host, reason)),
            }
        }
        Err(last)
    }

    /// What a host offers, inside TLS if there is TLS.
    pub(crate) async fn probe_host(&self, host: &MtaHost) -> anyhow::Result<Extensions> {
        match self.converse(host, Credentials::default()).await {
            Ok(Reached::Offered(extensions)) => Ok(extensions),
            Ok(Reached::Ready(..)) => bail!("logged in without credentials"),
            Err(Failure::Down(reason) | Failure::Refused(reason)) => Err(reason),
        }
    }

    /// Asks again and again what the hosts offer, so that clients can be told before they log in.
    pub(crate) async fn watch(self: Arc<Self>) {
        loop {
            let mut pause = REFRESH;
            for (index, host) in self.config.hosts.iter().enumerate() {
                match self.probe_host(host).await {
                    Ok(extensions) => self.learn(index, host, extensions),
                    Err(reason) => {
                        let (mta, reason) = (&self.config.name, format!("{reason:#}"));
                        warn!(mta, host = host.host, port = host.port, reason, "mta-unknown");
                        pause = ASK_AGAIN;
                    }
                }
            }
            sleep(pause).await;
        }
    }

    /// What those hosts offer that ever said it.
    pub(crate) fn offered(&self) -> Vec<Extensions> {
        let offered = self.offered.read().unwrap_or_else(PoisonError::into_inner);
        offered.iter().flatten().cloned().collect()
    }

    fn learn(&self, index: usize, host: &MtaHost, extensions: Extensions) {
        let mut offered = self.offered.write().unwrap_or_else(PoisonError::into_inner);
        let Some(known) = offered.get_mut(index) else {
            return;
        };
        if known.as_ref() != Some(&extensions) {
            let (mta, offers) = (&self.config.name, list(&extensions));
            info!(mta, host = host.host, port = host.port, offers, "mta-offers");
            *known = Some(extensions);
        }
    }

    /// The client session, driven as far as the credentials carry it.
    async fn converse(&self, host: &MtaHost, credentials: Credentials) -> Result<Reached, Failure> {
        let server_name = self.config.server_name.as_deref().unwrap_or(&host.host);
        let place = Place {
            host: &host.host,
            port: host.port,
            server_name,
        };
        let link = self.connector.connect(place).await.map_err(Failure::Down)?;
        let talk = async { Ok(self.talk(link, server_name, credentials).await) };
        let talked = within(self.limits.upstream_login_time, "logging in", talk).await;
        talked.unwrap_or_else(|late| Err(Failure::Down(late)))
    }

    async fn talk(
        &self,
        mut link: Link,
        server_name: &str,
        credentials: Credentials,
    ) -> Result<Reached, Failure> {
        let mut mechanisms = credentials.mechanisms;
        let mut session = client::start(client::Config {
            name: self.name.clone(),
            security: self.security(),
            methods: credentials.methods,
            limits: WireLimits::BEFORE_LOGIN,
        });
        loop {
            session = match session.process(&mut link.input, &mut link.output).map_err(down)? {
                Step::NeedInput(next) => {
                    link.flush().await.map_err(down)?;
                    link.read().await.map_err(down)?;
                    next
                }
                Step::StartTls(step) => {
                    let upgraded = self.connector.upgrade(server_name, link.stream.take());
                    link.stream = upgraded.await.map_err(Failure::Down)?;
                    step.upgraded(&mut link.input, &mut link.output)
                }
                Step::Sasl(sasl) => answer(sasl, &mut mechanisms, &mut link),
                Step::Offered(extensions) => return Ok(Reached::Offered(extensions)),
                Step::Authenticated(session) => {
                    link.flush().await.map_err(down)?;
                    return Ok(Reached::Ready(link, session));
                }
                Step::Refused(refused) => return Err(failure(&refused)),
            }
        }
    }

    fn security(&self) -> Security {
        match self.config.tls {
            UpstreamTls::Implicit => Security::Tls,
            UpstreamTls::StartTls => Security::StartTls,
            UpstreamTls::None => Security::Plain,
        }
    }

    fn credentials(
        &self,
        account: &Account,
        claim: Option<&Claim>,
        client: &Session,
        helo: &str,
    ) -> anyhow::Result<Credentials> {
        let login = &account.upstream_login;
        if login.is_empty() || login.contains(['\0', '\r', '\n']) {
            bail!("the account's upstream login name is empty or holds NUL, CR or LF");
        }
        match &self.config.login {
            MtaLogin::Master { user, password } => {
                let plain = Plain::new(Some(login), user, password)?;
                Ok(Credentials::of(Mechanisms::plain(plain)))
            }
            MtaLogin::SameCredentials => {
                let Some(Claim::Password(claim)) = claim else {
                    bail!("the client gave no password to log in upstream with")
                };
                Credentials::password(login, claim.password())
            }
            MtaLogin::Stored { user, password } => Credentials::password(user, password),
            MtaLogin::Xclient => Credentials::xclient(login, client, helo),
            MtaLogin::Trusted => Ok(Credentials {
                methods: vec![Method::Trusted],
                ..Credentials::default()
            }),
        }
    }
}

/// Extensions in one line.
pub(crate) fn list(extensions: &Extensions) -> String {
    let words = extensions.iter().map(|(keyword, parameters)| match parameters {
        "" => keyword.to_owned(),
        parameters => format!("{keyword}={}", parameters.replace(' ', ",")),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Asks the mechanism of the exchange for its next message.
fn answer(sasl: Sasl, mechanisms: &mut Mechanisms, link: &mut Link) -> NeedInput {
    match mechanisms.answer(sasl.mechanism(), sasl.challenge()) {
        Ok(message) => sasl.initial(message.as_ref().map(Secret::expose), &mut link.output),
        Err(_) => sasl.cancel(&mut link.output),
    }
}

/// Credentials refused for good are one thing, whatever may work later is another.
fn failure(refused: &client::Refused) -> Failure {
    let reason = anyhow!("{refused}");
    if refused.stage == Stage::Login && refused.reply.is_permanent() {
        Failure::Refused(reason)
    } else {
        Failure::Down(reason)
    }
}

fn at(host: &MtaHost, reason: anyhow::Error) -> anyhow::Error {
    reason.context(format!("{}:{}", host.host, host.port))
}

/// How the client session may log in, in the order of preference.
#[derive(Default)]
struct Credentials {
    methods: Vec<Method>,
    mechanisms: Mechanisms,
}

impl Credentials {
    fn of(mechanisms: Mechanisms) -> Self {
        let methods = mechanisms.names().map(|mechanism| Method::Sasl { mechanism });
        Self {
            methods: methods.collect(),
            mechanisms,
        }
    }

    /// PLAIN, or LOGIN where PLAIN is not offered, or NTLM if there is nothing else (Exchange).
    fn password(user: &str, password: &Secret) -> anyhow::Result<Self> {
        let mechanisms = [Mechanism::Plain, Mechanism::Login];
        let mechanisms = Mechanisms::of_password(&mechanisms, user, password)?;
        Ok(Self::of(mechanisms.or(Mechanism::Ntlm, user, password)))
    }

    /// Postfix's XCLIENT. The session refuses to go on if the MTA does not take who the user is.
    fn xclient(login: &str, client: &Session, helo: &str) -> anyhow::Result<Self> {
        let peer = client.peer;
        let required = vec![
            Attribute::login(login)?,
            Attribute::address(peer.ip()),
            Attribute::protocol(Protocol::Esmtp),
        ];
        // What a client calls itself may be anything.
        let helo = Attribute::helo(Some(helo)).or_else(|_| Attribute::helo(None))?;
        let wanted = vec![Attribute::port(peer.port()), helo];
        Ok(Self {
            methods: vec![Method::Xclient(Xclient { required, wanted })],
            ..Self::default()
        })
    }
}
