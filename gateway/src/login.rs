//! From a claim to a place: who is it, where is the mail, and what to log. The same for every protocol.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use gatepost_directory::{Account, Claim};
use tokio::time::{Instant, timeout_at};
use tracing::{Level, error, info, warn};

use crate::answer::Refused;
use crate::connect::{Failure, down};
use crate::directory::{Granted, Judge, Judgement, judge};
use crate::gateway::{Gateway, Service};
use crate::guard::Network;
use crate::recheck::{AllBusy, Live};
use crate::route::{NoRoute, Route, route};
use crate::stream::Stream;
use crate::turns::{Crowded, Target, Turn};
use crate::upstream::Upstream;

/// One connection's names, as every log line of it has them.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    /// The connection's id in the log.
    pub(crate) id: String,
    /// The client's address, behind a proxy the one that the proxy names.
    pub(crate) peer: SocketAddr,
    /// What it speaks.
    pub(crate) protocol: &'static str,
}

/// A login attempt: what is claimed, and by which mechanism.
#[derive(Debug)]
pub(crate) struct Claimed {
    pub(crate) mechanism: &'static str,
    pub(crate) claim: Claim,
}

/// Where an account's mail is.
pub(crate) struct Placed {
    pub(crate) upstream: Arc<Upstream>,
    /// The host, if it is not the upstream's own.
    pub(crate) host: Option<String>,
}

impl Placed {
    pub(crate) fn route(&self) -> Route<'_> {
        Route {
            upstream: &self.upstream.config.name,
            host: self.host.as_deref(),
        }
    }

    /// Where the logins of all its accounts stand in line.
    pub(crate) fn target(&self, gateway: &Gateway) -> Arc<Target> {
        gateway.lines.mail_server(&self.upstream.address(self.route()))
    }

    /// The mail server's name in the log.
    pub(crate) fn backend(&self) -> &str {
        self.host.as_deref().unwrap_or(&self.upstream.config.name)
    }
}

/// Asks the directory, in turn. Every refusal is logged here, at the moment it happens. `latest` is when the client's
/// time is over.
pub(crate) async fn judge_claim(
    gateway: &Gateway,
    service: &Service,
    session: &Session,
    claimed: &Claimed,
    latest: Instant,
) -> Result<Granted, Refused> {
    let target = gateway.lines.directory(service.directory_name());
    let turn = take_turn(session, claimed, None, &target, latest).await?;
    let asked = Judge {
        directory: Arc::clone(&service.directory),
        name: service.directory_name().to_owned(),
        domains: service.terms().domains(),
        guard: Arc::clone(&gateway.guard),
        flights: Arc::clone(&gateway.flights),
        network: Network::of(session.peer.ip()),
        right_for: service.remember_for(),
        latest,
    };
    let (refused, id, note) = match judge(asked, claimed.claim.clone(), turn).await {
        Judgement::Granted(granted) => return Ok(granted),
        Judgement::Denied { denial, id, note } => (Refused::Denied(denial), id, note.to_owned()),
        Judgement::KnownWrong { id } => (Refused::KnownWrong, id, String::new()),
        Judgement::Guarded { id, why } => (Refused::Guarded, id, why.as_str().to_owned()),
        Judgement::Crowded(crowded) => return Err(sent_away(session, claimed, None, &crowded)),
        Judgement::Unavailable(why) => (Refused::DirectoryDown, None, why.to_string()),
    };
    let id = id.map(|id| id.to_string());
    log_refused(session, claimed, &refused, id.as_deref(), &note);
    Err(refused)
}

/// Logs in to a mail server or an MTA within the client's time: the client has to hear something before it is cut off.
pub(crate) async fn in_time<T>(
    latest: Instant,
    log_in: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let late = |_| Err(down(anyhow!("not let in within the client's time to log in")));
    timeout_at(latest, log_in).await.unwrap_or_else(late)
}

/// Waits in line for a directory, or, once the account is known, for its mail server or MTA. Who is sent away is logged
/// here.
pub(crate) async fn take_turn(
    session: &Session,
    claimed: &Claimed,
    account: Option<&Account>,
    target: &Arc<Target>,
    latest: Instant,
) -> Result<Turn, Refused> {
    let turn = target.turn(latest).await;
    turn.map_err(|crowded| sent_away(session, claimed, account, &crowded))
}

fn sent_away(session: &Session, claimed: &Claimed, account: Option<&Account>, crowded: &Crowded) -> Refused {
    let refused = match account {
        None => Refused::DirectoryCrowded(crowded.again),
        Some(_) => Refused::UpstreamCrowded(crowded.again),
    };
    let id = account.map(|account| account.id.to_string());
    log_refused(session, claimed, &refused, id.as_deref(), &crowded.to_string());
    refused
}

/// Asks the routing table. A refusal is logged here.
pub(crate) fn place(
    gateway: &Gateway,
    session: &Session,
    claimed: &Claimed,
    account: &Account,
) -> Result<Placed, Refused> {
    place_account(gateway, account).map_err(|no_route| {
        let (refused, id) = (Refused::NoRoute, account.id.to_string());
        log_refused(session, claimed, &refused, Some(&id), &no_route.to_string());
        refused
    })
}

/// The mail server of an account.
pub(crate) fn place_account(gateway: &Gateway, account: &Account) -> Result<Placed, NoRoute> {
    let route = route(account, &gateway.routing, &gateway.upstream_configs)?;
    let upstream = gateway.upstreams.get(route.upstream);
    Ok(Placed {
        upstream: Arc::clone(upstream.ok_or(NoRoute::Undecided)?),
        host: route.host.map(str::to_owned),
    })
}

/// The account's session begins, unless it has as many as it may and all of them are in use. A refusal is logged here.
pub(crate) fn enter(
    gateway: &Gateway,
    service: &Service,
    session: &Session,
    claimed: &Claimed,
    granted: &Granted,
) -> Result<Live, Refused> {
    service.enter(gateway, granted).map_err(|AllBusy| {
        let (refused, id) = (Refused::TooManySessions, granted.account.id.to_string());
        log_refused(session, claimed, &refused, Some(&id), "none of them is idle");
        refused
    })
}

/// What it means that a mail server refused our login, and the line of it. With an account of our own the fault is
/// ours, and nothing that the user can do.
pub(crate) fn not_let_in(
    session: &Session,
    claimed: &Claimed,
    account: &Account,
    backend: &str,
    failure: Failure,
    users_password: bool,
) -> Refused {
    let (refused, reason) = match failure {
        Failure::Down(reason) => (Refused::UpstreamDown, reason),
        Failure::Refused(reason) if users_password => (Refused::UpstreamDeclined, reason),
        Failure::Refused(reason) => (Refused::MasterDeclined, reason),
    };
    let (id, note) = (account.id.to_string(), format!("{backend}: {reason:#}"));
    log_refused(session, claimed, &refused, Some(&id), &note);
    refused
}

/// The line of a connection to a mail server that let us in.
pub(crate) fn log_upstream(session: &Session, backend: &str, stream: &Stream, turn: &Turn, time: Duration) {
    let tls = stream.tls(None);
    info!(
        session = session.id,
        backend,
        address = stream.peer().map(tracing::field::display),
        tls = tls.version.unwrap_or("none"),
        cipher = tls.cipher,
        queued_ms = millis(turn.waited()),
        upstream_ms = millis(time),
        "upstream"
    );
}

/// The line of a login that went all the way.
pub(crate) fn log_granted(
    session: &Session,
    claimed: &Claimed,
    account: &Account,
    backend: &str,
    upstream_time: Duration,
) {
    info!(
        session = session.id,
        rip = %session.peer.ip().to_canonical(),
        rport = session.peer.port(),
        proto = session.protocol,
        user = claimed.claim.name(),
        account = account.name,
        id = %account.id,
        mech = claimed.mechanism,
        result = "ok",
        backend,
        upstream_ms = millis(upstream_time),
        "login"
    );
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// The stable line of a refused login: `rip=` is what fail2ban looks for.
pub(crate) fn log_refused(
    session: &Session,
    claimed: &Claimed,
    refused: &Refused,
    id: Option<&str>,
    note: &str,
) {
    let Session {
        id: number,
        peer,
        protocol: proto,
    } = session;
    let (rip, rport) = (peer.ip().to_canonical(), peer.port());
    let (user, mech, result) = (claimed.claim.name(), claimed.mechanism, refused.as_str());
    match refused.level() {
        Level::ERROR => {
            error!(session = number, %rip, rport, proto, user, id, mech, result, reason = note, "login-failed");
        }
        Level::WARN => {
            warn!(session = number, %rip, rport, proto, user, id, mech, result, reason = note, "login-failed");
        }
        _ => {
            info!(session = number, %rip, rport, proto, user, id, mech, result, reason = note, "login-failed")
        }
    }
}

/// The line of an exchange that never became a claim.
pub(crate) fn log_unclaimed(session: &Session, mech: &str, refused: &Refused, note: &str) {
    let Session {
        id,
        peer,
        protocol: proto,
    } = session;
    let (rip, rport) = (peer.ip().to_canonical(), peer.port());
    info!(session = id, %rip, rport, proto, mech, result = refused.as_str(), reason = note, "login-failed");
}
