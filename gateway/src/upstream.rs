//! Connects to a mail server and logs in on a user's behalf.
//!
//! Credentials are sent only over the configured, verified TLS (or to a loopback address), and nothing that the
//! client typed reaches the mail server: the name comes from the directory's account.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use bytes::BytesMut;
use gatepost_directory::{Account, Claim};
use gatepost_imap::client::{self, Authenticated, Method, NeedInput, Sasl, Security, Stage, Step};
use gatepost_imap::relay::{EmptyLiteral, Pattern, Rules};
use gatepost_imap::{Capabilities, Limits as WireLimits, ResponseCode, Status};
use gatepost_sasl::client::Plain;
use gatepost_wire::Secret;
use rustls::pki_types::ServerName;
use sasl::client::Mechanism as _;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::config::{Config, Limits, UpstreamConfig, UpstreamLogin, UpstreamTls};
use crate::route::Route;
use crate::stream::{Link, Stream};
use crate::{listen, tls};

/// What may arrive from a mail server before login, in octets.
const INPUT_CAP: usize = 64 * 1024;

/// A mail server, ready to be connected to.
pub(crate) struct Upstream {
    pub(crate) config: UpstreamConfig,
    connector: TlsConnector,
    limits: Limits,
    /// For accounts without rules of their own.
    rules: Arc<Rules>,
    /// For accounts that more is hidden from.
    rules_for: BTreeMap<String, Arc<Rules>>,
}

/// A mail server that let us in.
pub(crate) struct LoggedIn {
    pub(crate) link: Link,
    pub(crate) session: Authenticated,
}

/// How far a conversation came.
enum Reached {
    /// There was no way to log in to try.
    Offered(Capabilities),
    LoggedIn(LoggedIn),
}

/// Why a mail server did not let us in.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It could not be reached, its certificate is wrong, it broke the protocol, or it says to try later.
    Down(anyhow::Error),
    /// It refused the credentials.
    Refused(anyhow::Error),
}

pub(crate) fn open(config: &Config) -> anyhow::Result<BTreeMap<String, Arc<Upstream>>> {
    let open = |(name, upstream): (&String, &UpstreamConfig)| {
        let opened = Upstream::open(upstream.clone(), config.limits.clone());
        Ok((
            name.clone(),
            Arc::new(opened.with_context(|| format!("upstream `{name}`"))?),
        ))
    };
    config.upstreams.iter().map(open).collect()
}

impl Upstream {
    pub(crate) fn open(config: UpstreamConfig, limits: Limits) -> anyhow::Result<Self> {
        let roots = match config.tls {
            UpstreamTls::None => rustls::RootCertStore::empty(),
            UpstreamTls::Implicit | UpstreamTls::StartTls => tls::roots(config.ca_file.as_deref())?,
        };
        let connector = tls::connector(roots)?;
        let rules = Arc::new(rules_hiding(&config, &[]));
        let of_account = |(account, hidden): (&String, &Vec<String>)| {
            (account.clone(), Arc::new(rules_hiding(&config, hidden)))
        };
        let rules_for = config.hide_for.iter().map(of_account).collect();
        Ok(Self {
            config,
            connector,
            limits,
            rules,
            rules_for,
        })
    }

    /// The rules of the relay for an account.
    pub(crate) fn rules(&self, account: &Account) -> Arc<Rules> {
        Arc::clone(self.rules_for.get(&account.name).unwrap_or(&self.rules))
    }

    /// Connects, starts TLS and logs in as the account. `client` is whose address is forwarded, if that is configured.
    pub(crate) async fn log_in(
        &self,
        route: Route<'_>,
        account: &Account,
        claim: &Claim,
        client: SocketAddr,
    ) -> Result<LoggedIn, Failure> {
        let credentials = self.credentials(account, claim).map_err(Failure::Refused)?;
        let host = route.host.unwrap_or(&self.config.host);
        let server_name = route.host.unwrap_or(&self.config.server_name);
        let link = within(
            self.limits.upstream_connect_time,
            "connecting",
            self.connect(host, server_name),
        );
        let link = link.await.map_err(Failure::Down)?;
        let identity = self.identity(client);
        let login = self.converse(link, server_name, credentials, identity);
        let login = timeout(self.limits.upstream_login_time, login).await;
        match login.unwrap_or_else(|_| {
            Err(Failure::Down(too_slow(
                "logging in",
                self.limits.upstream_login_time,
            )))
        })? {
            Reached::LoggedIn(logged_in) => Ok(logged_in),
            Reached::Offered(_) => Err(Failure::Down(anyhow!("there was no way to log in to try"))),
        }
    }

    async fn connect(&self, host: &str, server_name: &str) -> anyhow::Result<Link> {
        let stream = self.connect_tcp(host).await?;
        listen::tune(&stream, &self.limits)?;
        let stream = match self.config.tls {
            UpstreamTls::Implicit => Stream::Client(Box::new(self.handshake(server_name, stream).await?)),
            UpstreamTls::StartTls | UpstreamTls::None => Stream::Plain(stream),
        };
        Ok(Link::new(stream, INPUT_CAP))
    }

    async fn connect_tcp(&self, host: &str) -> anyhow::Result<TcpStream> {
        let mut last = None;
        for address in lookup_host((host, self.config.port))
            .await
            .with_context(|| format!("looking up {host}"))?
        {
            if self.config.tls == UpstreamTls::None && !address.ip().is_loopback() {
                bail!("{address} is no loopback address, and the upstream has no TLS");
            }
            match TcpStream::connect(address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = Some(anyhow!(error).context(format!("connecting to {address}"))),
            }
        }
        Err(last.unwrap_or_else(|| anyhow!("{host} has no address")))
    }

    async fn handshake(
        &self,
        server_name: &str,
        stream: TcpStream,
    ) -> anyhow::Result<tokio_rustls::client::TlsStream<TcpStream>> {
        let name = ServerName::try_from(server_name.to_owned()).context("the server name")?;
        let handshake = tls::connect(&self.connector, name, stream).await;
        handshake.with_context(|| format!("TLS handshake with {server_name}"))
    }

    /// Connects and starts TLS as a login would, and says what the mail server offers.
    pub(crate) async fn probe(&self) -> anyhow::Result<Capabilities> {
        let connect = self.connect(&self.config.host, &self.config.server_name);
        let link = within(self.limits.upstream_connect_time, "connecting", connect).await?;
        let nobody = Credentials {
            methods: Vec::new(),
            plain: None,
        };
        let conversation = self.converse(link, &self.config.server_name, nobody, Vec::new());
        let reached = timeout(self.limits.upstream_login_time, conversation).await;
        match reached.unwrap_or_else(|_| {
            Err(Failure::Down(too_slow(
                "greeting",
                self.limits.upstream_login_time,
            )))
        }) {
            Ok(Reached::Offered(capabilities)) => Ok(capabilities),
            Ok(Reached::LoggedIn(_)) => bail!("logged in without credentials"),
            Err(Failure::Down(reason) | Failure::Refused(reason)) => Err(reason),
        }
    }

    /// The client session, driven as far as the credentials carry it.
    async fn converse(
        &self,
        mut link: Link,
        server_name: &str,
        credentials: Credentials,
        identity: Vec<(String, String)>,
    ) -> Result<Reached, Failure> {
        let config = client::Config {
            security: self.security(),
            methods: credentials.methods,
            id: identity,
            limits: WireLimits::BEFORE_LOGIN,
            tag_seed: random().map_err(Failure::Down)?,
        };
        let mut plain = credentials.plain;
        let mut session = client::start(config);
        loop {
            session = match session.process(&mut link.input, &mut link.output).map_err(down)? {
                Step::NeedInput(next) => {
                    link.flush().await.map_err(down)?;
                    link.read().await.map_err(down)?;
                    next
                }
                Step::StartTls(step) => {
                    link.stream = self
                        .upgrade(server_name, link.stream.take())
                        .await
                        .map_err(Failure::Down)?;
                    step.upgraded(&mut link.input, &mut link.output)
                }
                Step::Sasl(sasl) => answer(sasl, plain.take(), &mut link.output),
                Step::Offered(capabilities) => return Ok(Reached::Offered(capabilities)),
                Step::Authenticated(session) => {
                    link.flush().await.map_err(down)?;
                    return Ok(Reached::LoggedIn(LoggedIn { link, session }));
                }
                Step::Refused(refused) => return Err(failure(&refused)),
            }
        }
    }

    async fn upgrade(&self, server_name: &str, stream: Stream) -> anyhow::Result<Stream> {
        match stream {
            Stream::Plain(stream) => Ok(Stream::Client(Box::new(
                self.handshake(server_name, stream).await?,
            ))),
            _ => bail!("STARTTLS inside TLS"),
        }
    }

    fn security(&self) -> Security {
        match self.config.tls {
            UpstreamTls::Implicit => Security::Tls,
            UpstreamTls::StartTls => Security::StartTls,
            UpstreamTls::None => Security::Plain,
        }
    }

    /// What ID tells the mail server (RFC 2971; the names are Dovecot's).
    fn identity(&self, client: SocketAddr) -> Vec<(String, String)> {
        if !self.config.forward_client {
            return Vec::new();
        }
        let fields = [
            ("name", "gatepost".to_owned()),
            ("x-originating-ip", client.ip().to_canonical().to_string()),
            ("x-originating-port", client.port().to_string()),
        ];
        fields.map(|(name, value)| (name.to_owned(), value)).into()
    }

    fn credentials(&self, account: &Account, claim: &Claim) -> anyhow::Result<Credentials> {
        let login = &account.upstream_login;
        if login.is_empty() || login.contains(['\0', '\r', '\n']) {
            bail!("the account's upstream login name is empty or holds NUL, CR or LF");
        }
        match &self.config.login {
            UpstreamLogin::MasterAuthzid { user, password } => {
                let plain = Plain::new(Some(login), user, password)?;
                Ok(Credentials {
                    methods: vec![sasl_plain()],
                    plain: Some(plain),
                })
            }
            UpstreamLogin::MasterSeparator {
                user,
                password,
                separator,
            } => {
                if login.contains(separator.as_str()) {
                    bail!("the account's upstream login name holds the master separator");
                }
                let login = Method::login(format!("{login}{separator}{user}"), password.clone())?;
                Ok(Credentials {
                    methods: vec![login],
                    plain: None,
                })
            }
            UpstreamLogin::SameCredentials => same_credentials(login, claim),
        }
    }
}

/// PLAIN is one message: whatever else is asked for is refused.
fn answer(sasl: Sasl, plain: Option<Plain>, out: &mut BytesMut) -> NeedInput {
    match (plain, sasl.challenge()) {
        (Some(mut plain), None) => {
            let initial = Secret::new(plain.initial());
            sasl.initial(Some(initial.expose()), out)
        }
        _ => sasl.cancel(out),
    }
}

/// A login refused for good is one thing, whatever may work later is another (RFC 5530).
fn failure(refused: &client::Refused) -> Failure {
    let for_good = refused.stage == Stage::Login
        && refused.status == Status::No
        && !matches!(
            refused.code,
            Some(ResponseCode::Unavailable | ResponseCode::Limit)
        );
    let reason = anyhow!("{refused}");
    if for_good {
        Failure::Refused(reason)
    } else {
        Failure::Down(reason)
    }
}

/// How the client session may log in, in the order of preference.
struct Credentials {
    methods: Vec<Method>,
    plain: Option<Plain>,
}

fn sasl_plain() -> Method {
    Method::Sasl {
        mechanism: "PLAIN".to_owned(),
    }
}

fn same_credentials(login: &str, claim: &Claim) -> anyhow::Result<Credentials> {
    let Claim::Password(claim) = claim else {
        bail!("the client gave no password to log in upstream with")
    };
    let plain = Plain::new(None, login, claim.password())?;
    let login = Method::login(login, claim.password().clone())?;
    Ok(Credentials {
        methods: vec![sasl_plain(), login],
        plain: Some(plain),
    })
}

fn rules_hiding(config: &UpstreamConfig, more: &[String]) -> Rules {
    let hidden = config
        .hide_capabilities
        .iter()
        .chain(more)
        .map(|name| Pattern::new(name));
    let empty_literal = if config.repair_empty_literals {
        EmptyLiteral::Quote
    } else {
        EmptyLiteral::Keep
    };
    Rules::new(hidden, empty_literal)
}

async fn within<T>(
    limit: Duration,
    what: &str,
    work: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    timeout(limit, work)
        .await
        .unwrap_or_else(|_| Err(too_slow(what, limit)))
}

fn too_slow(what: &str, limit: Duration) -> anyhow::Error {
    anyhow!("{what} took longer than {} s", limit.as_secs_f32())
}

fn down(error: impl Into<anyhow::Error>) -> Failure {
    Failure::Down(error.into())
}

fn random() -> anyhow::Result<[u8; 8]> {
    let mut octets = [0; 8];
    getrandom::fill(&mut octets).map_err(|error| anyhow!("no random numbers: {error}"))?;
    Ok(octets)
}
