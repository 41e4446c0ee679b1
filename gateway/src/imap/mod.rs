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
use crate::pump::{self, Summary};
use crate::stream::Link;
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
        Ok(Ok(Some(ready))) => Ok(pump::run(
            ready.client,
            ready.upstream,
            ready.relay,
            gateway.stop.end.clone(),
        )
        .await),
        Ok(Ok(None)) => Ok(Summary::default()),
        Ok(Err(error)) => Err(error),
        Err(_) => bail!("not logged in within the time limit"),
    }
}

/// Both sides, logged in.
struct Ready {
    client: Link,
    upstream: Link,
    /// `None`: the transparent gear.
    relay: Option<Box<Relay>>,
}

/// Everything before the relay. `None`: the client left, or was sent away, in good order.
async fn log_in(
    gateway: &Gateway,
    service: &Service,
    connection: Connection,
) -> anyhow::Result<Option<Ready>> {
    let session = connection.session.clone();
    let mut conversation = Conversation::begin(gateway, service, connection).await?;
    while let Some(attempt) = conversation.next_attempt().await? {
        let arrived = Instant::now();
        match admit(gateway, service, &session, &attempt).await {
            Ok((granted, upstream)) => {
                return accept(conversation, attempt, &granted, upstream).await.map(Some);
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
    Ok(None)
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
    log_granted(session, claimed, &granted, started);
    Ok((granted, upstream))
}

/// The client's OK with the mail server's capabilities less what is hidden, and the relay.
async fn accept(
    conversation: Conversation<'_>,
    attempt: Attempt,
    granted: &Granted,
    upstream: LoggedIn,
) -> anyhow::Result<Ready> {
    let rules = granted.upstream.rules(&granted.account);
    let capabilities = mask(upstream.session.capabilities(), &rules);
    let (client, session) = conversation.accept(attempt, &capabilities).await?;
    let relay = match granted.upstream.config.gear {
        Gear::Inspecting => Some(Box::new(Relay::between(session, upstream.session, rules))),
        Gear::Transparent => None,
    };
    Ok(Ready {
        client,
        upstream: upstream.link,
        relay,
    })
}

fn log_granted(session: &Session, claimed: &Claimed, granted: &Granted, started: Instant) {
    let upstream_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
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
