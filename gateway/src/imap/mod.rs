//! The story of an IMAP connection: TLS, login, judgement, mail server, relay.

mod conversation;

use std::time::Duration;

use anyhow::bail;
use gatepost_imap::relay::{Relay, mask};
use tokio::time::{Instant, sleep_until, timeout_at};
use tracing::info;

use crate::answer::{self, Refused};
use crate::config::Gear;
use crate::gateway::{Connection, Gateway, Service};
use crate::login::{self, Claimed, Granted, Session};
use crate::pump::{self, Pair, Summary};
use crate::stream::Stream;
use crate::upstream::{Failure, LoggedIn};
use conversation::{Attempt, Conversation};

/// Serves a connection from the first octet to the last.
pub(crate) async fn serve(
    gateway: &Gateway,
    service: &Service,
    connection: Connection,
) -> anyhow::Result<Summary> {
    // A client that is waited for hears BYE at the time limit; whatever else takes longer is cut off here.
    let deadline = connection.accepted + gateway.limits.login_time + Duration::from_secs(1);
    // The login's future is large and short-lived: boxed, so that a sleeping connection does not carry it.
    let login = Box::pin(log_in(gateway, service, connection));
    match timeout_at(deadline, login).await {
        Ok(Ok(Outcome::LoggedIn(pair))) => Ok(pump::run(*pair, gateway.stop.end.clone()).await),
        Ok(Ok(Outcome::Over(reason))) => Ok(Summary::without_relay(reason)),
        Ok(Err(error)) => Err(error),
        Err(_) => bail!("not logged in within the time limit"),
    }
}

/// How a conversation ended.
enum Outcome {
    LoggedIn(Box<Pair>),
    /// The client left, or was sent away, in good order.
    Over(&'static str),
}

/// Everything before the relay.
async fn log_in(gateway: &Gateway, service: &Service, connection: Connection) -> anyhow::Result<Outcome> {
    let session = connection.session.clone();
    let mut conversation = Conversation::begin(gateway, service, connection).await?;
    while let Some(attempt) = conversation.next_attempt().await? {
        let arrived = Instant::now();
        match admit(gateway, service, &session, &attempt).await {
            Ok((granted, upstream)) => {
                let pair = accept(conversation, attempt, &granted, upstream).await?;
                return Ok(Outcome::LoggedIn(Box::new(pair)));
            }
            Err(refused) => {
                sleep_until(answer::moment(
                    arrived,
                    Instant::now(),
                    gateway.limits.failure_grid,
                ))
                .await;
                conversation.reject(attempt, &refused.refusal()).await?;
            }
        }
    }
    Ok(Outcome::Over(conversation.ended()))
}

/// Directory, route and mail server, in this order; only then may the client hear OK.
async fn admit(
    gateway: &Gateway,
    service: &Service,
    session: &Session,
    attempt: &Attempt,
) -> Result<(Granted, LoggedIn), Refused> {
    let claimed = &attempt.claimed;
    let granted = login::grant(gateway, service, session, claimed).await?;
    let started = Instant::now();
    let login = granted
        .upstream
        .log_in(granted.route(), &granted.account, &claimed.claim, session.peer);
    let upstream = login.await.map_err(|failure| {
        let (refused, reason) = match failure {
            Failure::Down(reason) => (Refused::UpstreamDown, reason),
            Failure::Refused(reason) => (granted.refused(), reason),
        };
        let note = format!("{}: {reason:#}", granted.backend());
        login::log_refused(
            session,
            claimed,
            &refused,
            Some(&granted.account.id.to_string()),
            &note,
        );
        refused
    })?;
    log_granted(session, claimed, &granted, &upstream.link.stream, started);
    Ok((granted, upstream))
}

/// The client's OK with the mail server's capabilities less what is hidden, and the relay.
async fn accept(
    conversation: Conversation<'_>,
    attempt: Attempt,
    granted: &Granted,
    upstream: LoggedIn,
) -> anyhow::Result<Pair> {
    let rules = granted.upstream.rules(&granted.account);
    let capabilities = mask(upstream.session.capabilities(), &rules);
    let session = conversation.id().to_owned();
    let (client, authenticated) = conversation.accept(attempt, &capabilities).await?;
    let relay = match granted.upstream.config.gear {
        Gear::Inspecting => Some(Box::new(Relay::between(authenticated, upstream.session, rules))),
        Gear::Transparent => None,
    };
    Ok(Pair {
        session,
        client,
        server: upstream.link,
        relay,
    })
}

/// Two lines: the connection to the mail server, and the login.
fn log_granted(session: &Session, claimed: &Claimed, granted: &Granted, upstream: &Stream, started: Instant) {
    let upstream_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let tls = upstream.tls();
    info!(
        session = session.id,
        backend = granted.backend(),
        address = upstream.peer().map(tracing::field::display),
        tls = tls.version.unwrap_or("none"),
        cipher = tls.cipher,
        upstream_ms,
        "upstream"
    );
    info!(
        session = session.id,
        rip = %session.peer.ip().to_canonical(),
        rport = session.peer.port(),
        user = claimed.claim.name(),
        account = granted.account.name,
        id = %granted.account.id,
        mech = claimed.mechanism,
        result = "ok",
        backend = granted.backend(),
        upstream_ms,
        "login"
    );
}
