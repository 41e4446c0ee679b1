//! Connects to a mail server and logs in on a user's behalf.
//!
//! Credentials are sent only over the configured, verified TLS (or to a loopback address), and nothing that the
//! client typed reaches the mail server: the name comes from the directory's account.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};
use bytes::BytesMut;
use gatepost_directory::{Account, Claim};
use gatepost_imap::client::{self, Authenticated, Method, NeedInput, Sasl, Security, Stage, Step};
use gatepost_imap::relay::{EmptyLiteral, Pattern, Rules};
use gatepost_imap::{Capabilities, Limits as WireLimits, ResponseCode, Status};
use gatepost_sasl::Mechanism;
use gatepost_sasl::client::Plain;
use gatepost_wire::Secret;

use crate::config::{Config, Limits, UpstreamConfig, UpstreamLogin, UpstreamTls};
use crate::connect::{Connector, Failure, Place, down, within};
use crate::credentials::Mechanisms;
use crate::route::Route;
use crate::stream::Link;

/// What may arrive from a mail server before login, in octets.
const INPUT_CAP: usize = 64 * 1024;

/// A mail server, ready to be connected to.
pub(crate) struct Upstream {
    pub(crate) config: UpstreamConfig,
    connector: Connector,
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

pub(crate) fn open(config: &Config) -> anyhow::Result<BTreeMap<String, Arc<Upstream>>> {
    let open = |(name, upstream): (&String, &UpstreamConfig)| {
        let opened = Upstream::open(upstream.clone(), config.limits.clone());
        let mut opened = opened.with_context(|| format!("upstream `{name}`"))?;
        if config.keeps_copies() {
            opened.watch_appends();
        }
        Ok((name.clone(), Arc::new(opened)))
    };
    config.upstreams.iter().map(open).collect()
}

impl Upstream {
    pub(crate) fn open(config: UpstreamConfig, limits: Limits) -> anyhow::Result<Self> {
        let connector = Connector::open(config.tls, config.ca_file.as_deref(), limits.clone(), INPUT_CAP)?;
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

    /// Has the relays tell what clients file themselves.
    fn watch_appends(&mut self) {
        for rules in self.rules_for.values_mut().chain([&mut self.rules]) {
            *rules = Arc::new(Rules::clone(rules).watching_appends());
        }
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
        let credentials = self.credentials(account, Some(claim));
        self.enter(route, credentials, self.identity(client)).await
    }

    /// The same for work of our own, when no client is there. A login that needs the user's password is refused.
    pub(crate) async fn log_in_alone(
        &self,
        route: Route<'_>,
        account: &Account,
    ) -> Result<LoggedIn, Failure> {
        let credentials = self.credentials(account, None);
        self.enter(route, credentials, Vec::new()).await
    }

    async fn enter(
        &self,
        route: Route<'_>,
        credentials: anyhow::Result<Credentials>,
        identity: Vec<(String, String)>,
    ) -> Result<LoggedIn, Failure> {
        let credentials = credentials.map_err(Failure::Refused)?;
        let place = self.place(route.host);
        let link = self.connector.connect(place).await.map_err(Failure::Down)?;
        let conversation = self.converse(link, place.server_name, credentials, identity);
        match self.in_time("logging in", conversation).await? {
            Reached::LoggedIn(logged_in) => Ok(logged_in),
            Reached::Offered(_) => Err(Failure::Down(anyhow!("there was no way to log in to try"))),
        }
    }

    /// Host and port that a route leads to.
    pub(crate) fn address(&self, route: Route<'_>) -> String {
        let Place { host, port, .. } = self.place(route.host);
        format!("{host}:{port}")
    }

    fn place<'a>(&'a self, host: Option<&'a str>) -> Place<'a> {
        Place {
            host: host.unwrap_or(&self.config.host),
            port: self.config.port,
            server_name: host.unwrap_or(&self.config.server_name),
        }
    }

    async fn in_time<T>(
        &self,
        what: &str,
        conversation: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let ended = async { Ok(conversation.await) };
        let ended = within(self.limits.upstream_login_time, what, ended).await;
        ended.unwrap_or_else(|late| Err(Failure::Down(late)))
    }

    /// Connects and starts TLS as a login would, and says what the mail server offers.
    pub(crate) async fn probe(&self) -> anyhow::Result<Capabilities> {
        let place = self.place(None);
        let link = self.connector.connect(place).await?;
        let nobody = Credentials::default();
        let conversation = self.converse(link, place.server_name, nobody, Vec::new());
        match self.in_time("greeting", conversation).await {
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
        let mut mechanisms = credentials.mechanisms;
        let mut session = client::start(config);
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
                Step::Sasl(sasl) => answer(sasl, &mut mechanisms, &mut link.output),
                Step::Offered(capabilities) => return Ok(Reached::Offered(capabilities)),
                Step::Authenticated(session) => {
                    link.flush().await.map_err(down)?;
                    return Ok(Reached::LoggedIn(LoggedIn { link, session }));
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

    fn credentials(&self, account: &Account, claim: Option<&Claim>) -> anyhow::Result<Credentials> {
        let login = &account.upstream_login;
        if login.is_empty() || login.contains(['\0', '\r', '\n']) {
            bail!("the account's upstream login name is empty or holds NUL, CR or LF");
        }
        match &self.config.login {
            UpstreamLogin::MasterAuthzid { user, password } => {
                let plain = Plain::new(Some(login), user, password)?;
                Ok(Credentials::of(Mechanisms::plain(plain)))
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
                    ..Credentials::default()
                })
            }
            UpstreamLogin::SameCredentials => same_credentials(login, claim),
        }
    }
}

/// Asks the mechanism of the exchange for its next message.
fn answer(sasl: Sasl, mechanisms: &mut Mechanisms, out: &mut BytesMut) -> NeedInput {
    match mechanisms.answer(sasl.mechanism(), sasl.challenge()) {
        Ok(message) => sasl.initial(message.as_ref().map(Secret::expose), out),
        Err(_) => sasl.cancel(out),
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
}

/// PLAIN, or the LOGIN command where PLAIN is not offered, or NTLM if there is nothing else (Exchange).
fn same_credentials(login: &str, claim: Option<&Claim>) -> anyhow::Result<Credentials> {
    let Some(Claim::Password(claim)) = claim else {
        bail!("there is no password of the user's to log in upstream with")
    };
    let password = claim.password();
    let mechanisms = Mechanisms::of_password(&[Mechanism::Plain], login, password)?;
    let mut credentials = Credentials::of(mechanisms.or(Mechanism::Ntlm, login, password));
    let command = Method::login(login, password.clone())?;
    credentials.methods.insert(1, command);
    Ok(credentials)
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

pub(crate) fn random() -> anyhow::Result<[u8; 8]> {
    let mut octets = [0; 8];
    getrandom::fill(&mut octets).map_err(|error| anyhow!("no random numbers: {error}"))?;
    Ok(octets)
}
