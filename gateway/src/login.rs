//! From a claim to a place: who is it, where is the mail, and what to log. The same for every protocol.

use std::net::SocketAddr;
use std::sync::Arc;

use gatepost_directory::{Account, Claim};
use tracing::{info, warn};

use crate::answer::Refused;
use crate::directory::{Judgement, judge};
use crate::gateway::{Gateway, Service};
use crate::route::{Route, route};
use crate::upstream::Upstream;

/// One connection's names, as every log line of it has them.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    /// The connection's id in the log.
    pub(crate) id: String,
    /// The client's address, behind a proxy the one that the proxy names.
    pub(crate) peer: SocketAddr,
}

/// A login attempt: what is claimed, and by which mechanism.
#[derive(Debug)]
pub(crate) struct Claimed {
    pub(crate) mechanism: &'static str,
    pub(crate) claim: Claim,
}

/// A true claim, and where the account's mail is.
pub(crate) struct Granted {
    pub(crate) account: Account,
    pub(crate) upstream: Arc<Upstream>,
    /// The host, if it is not the upstream's own.
    pub(crate) host: Option<String>,
}

impl Granted {
    pub(crate) fn route(&self) -> Route<'_> {
        Route {
            upstream: &self.upstream.config.name,
            host: self.host.as_deref(),
        }
    }

    /// What it means that the mail server refused our login: with a master account the fault is ours.
    pub(crate) fn refused(&self) -> Refused {
        if self.upstream.config.login.needs_password() {
            Refused::UpstreamDeclined
        } else {
            Refused::MasterDeclined
        }
    }

    /// The mail server's name in the log.
    pub(crate) fn backend(&self) -> &str {
        self.host.as_deref().unwrap_or(&self.upstream.config.name)
    }
}

/// Asks the directory, then the routing table. Every refusal is logged here, at the moment it happens.
pub(crate) async fn grant(
    gateway: &Gateway,
    service: &Service,
    session: &Session,
    claimed: &Claimed,
) -> Result<Granted, Refused> {
    let account = match judge(Arc::clone(&service.directory), claimed.claim.clone()).await {
        Judgement::Granted(account) => account,
        Judgement::Denied { denial, id, note } => {
            let id = id.map(|id| id.to_string());
            let refused = Refused::Denied(denial);
            log_refused(session, claimed, &refused, id.as_deref(), note);
            return Err(refused);
        }
        Judgement::Unavailable(why) => {
            log_refused(session, claimed, &Refused::DirectoryDown, None, &why.to_string());
            return Err(Refused::DirectoryDown);
        }
    };
    let placed = route(&account, &gateway.routing, &gateway.upstream_configs)
        .map_err(|no_route| no_route.to_string())
        .and_then(|route| {
            let upstream = gateway.upstreams.get(route.upstream);
            let upstream = upstream.ok_or_else(|| format!("upstream `{}` is not open", route.upstream))?;
            Ok((Arc::clone(upstream), route.host.map(str::to_owned)))
        });
    match placed {
        Ok((upstream, host)) => Ok(Granted {
            account,
            upstream,
            host,
        }),
        Err(reason) => {
            let id = account.id.to_string();
            log_refused(session, claimed, &Refused::NoRoute, Some(&id), &reason);
            Err(Refused::NoRoute)
        }
    }
}

/// The stable line of a refused login: `rip=` is what fail2ban looks for.
pub(crate) fn log_refused(
    session: &Session,
    claimed: &Claimed,
    refused: &Refused,
    id: Option<&str>,
    note: &str,
) {
    let Session { id: number, peer } = session;
    let (rip, rport) = (peer.ip().to_canonical(), peer.port());
    let (user, mech, result) = (claimed.claim.name(), claimed.mechanism, refused.as_str());
    // An outage is the administrator's to look at, a denial the user's.
    if refused.is_outage() {
        warn!(session = number, %rip, rport, user, id, mech, result, reason = note, "login-failed");
    } else {
        info!(session = number, %rip, rport, user, id, mech, result, reason = note, "login-failed");
    }
}

/// The line of an exchange that never became a claim.
pub(crate) fn log_unclaimed(session: &Session, mech: &str, refused: &Refused, note: &str) {
    let Session { id, peer } = session;
    let (rip, rport) = (peer.ip().to_canonical(), peer.port());
    info!(session = id, %rip, rport, mech, result = refused.as_str(), reason = note, "login-failed");
}
