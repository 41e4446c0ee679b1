//! Where an account is sent on to, and how the gateway would log in there, in words.

use gatepost_directory::Account;
use gatepost_sasl::ClaimKind;

use crate::config::{Config, MtaConfig, MtaLogin, Protocol, UpstreamConfig, UpstreamLogin};
use crate::route::route;

/// A server behind the gateway, and the login there.
pub(super) struct Onward {
    /// Which server, and how it is logged in to.
    pub(super) words: String,
    /// Whether that takes the user's own password.
    needs_password: bool,
}

impl Onward {
    /// The server for an account that logs in by this protocol.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) fn of(config: &Config, protocol: Protocol, account: &Account) -> Result<Self, String> {
        match protocol {
            Protocol::Imap => Self::upstream(config, account),
            Protocol::Smtp => Self::mta(config, account),
        }
    }

    fn upstream(config: &Config, account: &Account) -> Result<Self, String> {
        let (upstream, host) = placed(config, account)?;
        let UpstreamConfig {
            name, port, login, ..
        } = upstream;
        let words = upstream_login(login, &account.upstream_login);
        Ok(Self {
            words: format!("upstream `{name}` ({host}:{port}), {words}"),
            needs_password: login.needs_password(),
        })
    }

    fn mta(config: &Config, account: &Account) -> Result<Self, String> {
        let own = if config.upstreams.is_empty() {
            None
        } else {
            placed(config, account)?.0.mta.as_ref()
        };
        let name = own.or(config.submission.mta.as_ref());
        let found = name.and_then(|name| config.mtas.get(name));
        let MtaConfig {
            name, hosts, login, ..
        } = found.ok_or("no MTA is configured for this account")?;
        let hosts: Vec<String> = hosts
            .iter()
            .map(|host| format!("{}:{}", host.host, host.port))
            .collect();
        let words = mta_login(login, &account.upstream_login);
        Ok(Self {
            words: format!("MTA `{name}` ({}), {words}", hosts.join(", ")),
            needs_password: login.needs_password(),
        })
    }

    /// Whether the login there can go on from such a claim.
    ///
    /// # Errors
    /// Why not.
    pub(super) fn goes_on_from(&self, kind: ClaimKind) -> Result<(), String> {
        if self.needs_password && kind != ClaimKind::Password {
            return Err("it gives no password, and the login behind the gateway needs one".to_owned());
        }
        Ok(())
    }
}

/// The account's mail server, and the host to connect to.
fn placed<'a>(config: &'a Config, account: &'a Account) -> Result<(&'a UpstreamConfig, &'a str), String> {
    let route = route(account, &config.routing, &config.upstreams).map_err(|error| error.to_string())?;
    let upstream = config.upstreams.get(route.upstream);
    let upstream = upstream.ok_or("no such upstream")?;
    Ok((upstream, route.host.unwrap_or(&upstream.host)))
}

fn upstream_login(login: &UpstreamLogin, user: &str) -> String {
    match login {
        UpstreamLogin::MasterAuthzid { user: master, .. } => {
            format!("where the master account `{master}` logs in for `{user}`")
        }
        UpstreamLogin::MasterSeparator {
            user: master,
            separator,
            ..
        } => format!("where the master account logs in as `{user}{separator}{master}`"),
        UpstreamLogin::SameCredentials => with_password(user),
    }
}

fn mta_login(login: &MtaLogin, user: &str) -> String {
    match login {
        MtaLogin::Master { user: master, .. } => {
            format!("where the master account `{master}` logs in for `{user}`")
        }
        MtaLogin::SameCredentials => with_password(user),
        MtaLogin::Stored { user: service, .. } => format!("where `{service}` logs in for everybody"),
        MtaLogin::Xclient => format!("which is told by XCLIENT that this is `{user}`"),
        MtaLogin::Trusted => "which knows the gateway by its address".to_owned(),
    }
}

fn with_password(user: &str) -> String {
    format!("where `{user}` logs in with the password that the client gave")
}
