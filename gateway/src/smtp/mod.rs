//! The story of a submission: TLS, login, judgement, MTA, then message after message.

mod conversation;
mod copy;
mod policy;
mod quota;
mod received;
mod sending;
mod transaction;

use std::sync::Arc;
use std::time::Duration;

use gatepost_directory::Account;
use gatepost_smtp::Limits;
use gatepost_smtp::server::Config;
use tokio::time::{Instant, sleep_until};

use crate::answer::{self, Refused};
use crate::config::{self, ListenerConfig};
use crate::directory::Granted;
use crate::gateway::{Connection, Gateway, Service};
use crate::login::{self, Claimed, Session};
use crate::mta::{self, Mta};
use crate::pump::Summary;
use crate::recheck::Live;
use crate::seats::Seat;
use conversation::{Attempt, Conversation};
use transaction::{Parts, Transactions};

pub(crate) use sending::Sending;

/// How the clients of a listener are spoken to before they log in.
pub(crate) struct Manner {
    name: String,
    mechanisms: Vec<String>,
    limits: Limits,
    greet_pause: Duration,
}

impl Manner {
    pub(crate) fn new(config: &config::Config, listener: &ListenerConfig) -> Self {
        Self {
            name: config.name.clone(),
            mechanisms: listener.mechanisms.iter().map(ToString::to_string).collect(),
            limits: Limits {
                failures: config.limits.failures_per_connection,
                ..Limits::BEFORE_LOGIN
            },
            greet_pause: config.submission.greet_pause,
        }
    }

    /// What a client hears that connects now.
    fn config(&self, gateway: &Gateway) -> Arc<Config> {
        Arc::new(Config {
            name: self.name.clone(),
            greeting: "gatepost ready".to_owned(),
            extensions: gateway.sending.offer(),
            mechanisms: self.mechanisms.clone(),
            limits: self.limits,
        })
    }
}

/// Serves a connection from the first octet to the last.
pub(crate) async fn serve(
    gateway: &Gateway,
    service: &Service,
    manner: &Manner,
    connection: Connection,
    seat: &mut Seat,
) -> anyhow::Result<Summary> {
    let accepted = connection.accepted;
    let login = Box::pin(log_in(gateway, service, manner, connection));
    Ok(match gateway.before_login(accepted, seat, login).await? {
        Outcome::LoggedIn(transactions) => {
            seat.logged_in()?;
            // Boxed too: the future of a message would make the task of every sleeping IMAP connection as large.
            Box::pin(transactions.run()).await
        }
        Outcome::Over(reason) => Summary::without_relay(reason),
    })
}

/// How a conversation ended.
enum Outcome<'a> {
    LoggedIn(Box<Transactions<'a>>),
    /// The client left, or was sent away, in good order.
    Over(&'static str),
}

/// Everything before the first message.
async fn log_in<'a>(
    gateway: &'a Gateway,
    service: &'a Service,
    manner: &Manner,
    connection: Connection,
) -> anyhow::Result<Outcome<'a>> {
    let names = connection.session.clone();
    let deadline = connection.accepted + gateway.limits.login_time;
    let config = manner.config(gateway);
    let extensions = config.extensions.clone();
    let mut conversation = Conversation::begin(gateway, service, manner, config, connection).await?;
    while let Some(attempt) = conversation.next_attempt().await? {
        let arrived = Instant::now();
        // Boxed, so that who has not tried to log in does not carry it.
        let admitted = Box::pin(admit(gateway, service, &names, &attempt, deadline));
        match conversation.unless_reset(admitted).await? {
            Ok(admitted) => {
                let Admitted {
                    granted: Granted { account, .. },
                    mta,
                    ready,
                    live,
                } = admitted;
                // A password is kept only where another MTA may have to hear it.
                let claim = mta
                    .config
                    .login
                    .needs_password()
                    .then(|| attempt.claimed.claim.clone());
                let (client, authenticated) = conversation.accept(attempt).await?;
                let transactions = Transactions::new(Parts {
                    policy: gateway.sending.policy(&names.id, &account),
                    config: gateway.sending.relay_config(extensions),
                    gateway,
                    names,
                    directory: service.directory_name(),
                    account,
                    claim,
                    mta,
                    client,
                    authenticated,
                    ready,
                    live,
                });
                return Ok(Outcome::LoggedIn(Box::new(transactions)));
            }
            Err(refused) => {
                gateway.refusals.count((&refused).into());
                let moment = answer::moment(arrived, Instant::now(), gateway.limits.failure_grid);
                sleep_until(moment.min(deadline)).await;
                conversation.reject(attempt, &refused).await?;
            }
        }
    }
    Ok(Outcome::Over(conversation.ended()))
}

/// A true claim, and the MTA that takes the account's messages.
struct Admitted {
    granted: Granted,
    mta: Arc<Mta>,
    ready: mta::Ready,
    live: Live,
}

/// Directory and MTA, in this order; only then may the client hear 235.
async fn admit(
    gateway: &Gateway,
    service: &Service,
    session: &Session,
    attempt: &Attempt,
    deadline: Instant,
) -> Result<Admitted, Refused> {
    let Attempt { claimed, helo, .. } = attempt;
    let granted = login::judge_claim(gateway, service, session, claimed, deadline).await?;
    let account = &granted.account;
    let mta = find_mta(gateway, session, claimed, account)?;
    let target = gateway.lines.mta(&mta.config.name);
    let turn = login::take_turn(session, claimed, Some(account), &target, deadline).await?;
    let started = Instant::now();
    let log_in = mta.log_in(account, Some(&claimed.claim), session, helo);
    let ready = login::in_time(deadline, log_in).await.map_err(|failure| {
        let users = mta.config.login.needs_password();
        login::not_let_in(session, claimed, account, &mta.config.name, failure, users)
    })?;
    login::log_upstream(session, &ready.host, &ready.link.stream, &turn, started.elapsed());
    let live = login::enter(gateway, service, session, claimed, &granted)?;
    login::log_granted(session, claimed, account, &ready.host, started.elapsed());
    Ok(Admitted {
        live,
        granted,
        mta,
        ready,
    })
}

/// The MTA of the account's mail server, or the usual one.
fn find_mta(
    gateway: &Gateway,
    session: &Session,
    claimed: &Claimed,
    account: &Account,
) -> Result<Arc<Mta>, Refused> {
    let placed = if gateway.upstreams.is_empty() {
        None
    } else {
        Some(login::place(gateway, session, claimed, account)?)
    };
    let own = placed
        .as_ref()
        .and_then(|placed| placed.upstream.config.mta.as_deref());
    gateway.sending.mta(own).ok_or(Refused::NoRoute)
}
