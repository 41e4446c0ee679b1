//! The story of an IMAP connection: TLS, login, judgement, mail server, relay.

mod conversation;

use std::sync::Arc;

use gatepost_imap::relay::{Relay, mask};
use gatepost_imap::server::Config;
use tokio::time::{Instant, sleep_until};

use crate::answer::{self, Refused};
use crate::config::Gear;
use crate::directory::Granted;
use crate::gateway::{Connection, Gateway, Service};
use crate::login::{self, Placed, Session};
use crate::pump::{self, Appended, Pair, Summary};
use crate::recheck::Live;
use crate::seats::Seat;
use crate::turns::Target;
use crate::upstream::LoggedIn;
use conversation::{Attempt, Conversation};

/// Serves a connection from the first octet to the last.
pub(crate) async fn serve(
    gateway: &Gateway,
    service: &Service,
    config: &Arc<Config>,
    connection: Connection,
    seat: &mut Seat,
) -> anyhow::Result<Summary> {
    let accepted = connection.accepted;
    // The login's future is large and short-lived: boxed, so that a sleeping connection does not carry it.
    let login = Box::pin(log_in(gateway, service, config, connection));
    Ok(match gateway.before_login(accepted, seat, login).await? {
        Outcome::LoggedIn(pair) => {
            seat.logged_in()?;
            pump::run(pair).await
        }
        Outcome::Over(reason) => Summary::without_relay(reason),
    })
}

/// How a conversation ended.
enum Outcome {
    LoggedIn(Box<Pair>),
    /// The client left, or was sent away, in good order.
    Over(&'static str),
}

/// Everything before the relay.
async fn log_in(
    gateway: &Gateway,
    service: &Service,
    config: &Arc<Config>,
    connection: Connection,
) -> anyhow::Result<Outcome> {
    let session = connection.session.clone();
    let deadline = connection.accepted + gateway.limits.login_time;
    let mut conversation = Conversation::begin(gateway, service, config, connection).await?;
    while let Some(attempt) = conversation.next_attempt().await? {
        let arrived = Instant::now();
        // Boxed, so that who has not tried to log in does not carry it.
        let admitted = Box::pin(admit(gateway, service, &session, &attempt, deadline));
        match conversation.unless_reset(admitted).await? {
            Ok(admitted) => {
                let appended = watch(gateway, service, &admitted.granted);
                let pair = accept(conversation, attempt, admitted, appended).await?;
                return Ok(Outcome::LoggedIn(Box::new(pair)));
            }
            Err(refused) => {
                gateway.refusals.count((&refused).into());
                let moment = answer::moment(arrived, Instant::now(), gateway.limits.failure_grid);
                sleep_until(moment.min(deadline)).await;
                conversation.reject(attempt, &refused.refusal()).await?;
            }
        }
    }
    Ok(Outcome::Over(conversation.ended()))
}

/// A true claim, and the mail server that let us in.
struct Admitted {
    granted: Granted,
    placed: Placed,
    target: Arc<Target>,
    upstream: LoggedIn,
    live: Live,
}

/// Directory, route and mail server, in this order; only then may the client hear OK.
async fn admit(
    gateway: &Gateway,
    service: &Service,
    session: &Session,
    attempt: &Attempt,
    deadline: Instant,
) -> Result<Admitted, Refused> {
    let claimed = &attempt.claimed;
    let granted = login::judge_claim(gateway, service, session, claimed, deadline).await?;
    let account = &granted.account;
    let placed = login::place(gateway, session, claimed, account)?;
    let target = placed.target(gateway);
    let turn = login::take_turn(session, claimed, Some(account), &target, deadline).await?;
    let started = Instant::now();
    let upstream = &placed.upstream;
    let log_in = upstream.log_in(placed.route(), account, &claimed.claim, session.peer);
    let upstream = login::in_time(deadline, log_in).await.map_err(|failure| {
        let users = upstream.config.login.needs_password();
        login::not_let_in(session, claimed, account, placed.backend(), failure, users)
    })?;
    let backend = placed.backend();
    login::log_upstream(session, backend, &upstream.link.stream, &turn, started.elapsed());
    let live = login::enter(gateway, service, session, claimed, &granted)?;
    login::log_granted(session, claimed, account, backend, started.elapsed());
    Ok(Admitted {
        live,
        granted,
        placed,
        target,
        upstream,
    })
}

/// The client's OK with the mail server's capabilities less what is hidden, and the relay.
async fn accept(
    conversation: Conversation<'_>,
    attempt: Attempt,
    admitted: Admitted,
    appended: Option<Appended>,
) -> anyhow::Result<Pair> {
    let Admitted {
        granted,
        placed,
        target,
        upstream,
        live,
    } = admitted;
    let rules = placed.upstream.rules(&granted.account);
    let capabilities = mask(upstream.session.capabilities(), &rules);
    let session = conversation.id().to_owned();
    let (client, authenticated) = conversation.accept(attempt, &capabilities).await?;
    let relay = match placed.upstream.config.gear {
        Gear::Inspecting => Some(Box::new(Relay::between(authenticated, upstream.session, rules))),
        Gear::Transparent => None,
    };
    Ok(Pair {
        session,
        client,
        server: upstream.link,
        backend: target,
        relay,
        appended,
        live,
    })
}

/// What the client files itself need not be filed by us.
fn watch(gateway: &Gateway, service: &Service, granted: &Granted) -> Option<Appended> {
    let copies = gateway.copies.clone()?;
    let (directory, account) = (service.directory_name().to_owned(), granted.account.id.clone());
    Some(Box::new(move |mailbox, message_id| {
        copies.appended(&directory, &account, mailbox, message_id);
    }))
}
