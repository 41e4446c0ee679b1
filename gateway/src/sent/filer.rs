//! Files one message: finds the account anew, logs in on its behalf, and drives `gatepost_imap::filing`.
//!
//! Where the message goes is decided now, not when it was sent: mailboxes move. Who the account is was decided then: it
//! is found by its stable id, whatever it is called by now.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use gatepost_directory::{Account, Resolution};
use gatepost_imap::filing::{self, Date, Done, Namesake, Order, Refused, Stage, Step};
use gatepost_imap::{Limits, ResponseCode, Status};
use time::OffsetDateTime;
use tracing::info;

use super::entry::Metadata;
use super::queue::Fault;
use super::source::Source;
use super::worker::{Filer, Outcome};
use crate::config::{Config, Routing, SentConfig, UpstreamConfig};
use crate::connect::{Failure, within};
use crate::directory::Directories;
use crate::route::{Route, route};
use crate::stream::Link;
use crate::turns::Lines;
use crate::upstream::{LoggedIn, Upstream, random};

/// What a filing may take from the login to the end of the message, whatever its size.
const LEAST_TIME: Duration = Duration::from_secs(60);
/// How long a mail server that got the whole message may take to answer: what it does not answer is in question.
const ANSWER_TIME: Duration = Duration::from_secs(10 * 60);
/// And so many octets more for each further second.
const OCTETS_PER_SECOND: u64 = 32 * 1024;
/// How much older than the message the client's own copy may seem: a phone that was offline, a clock that is wrong.
const SEARCHED: time::Duration = time::Duration::days(30);

/// Files in the mailboxes of the configured mail servers.
pub(crate) struct MailServers {
    pub(crate) directories: Directories,
    routing: Routing,
    configs: BTreeMap<String, UpstreamConfig>,
    upstreams: BTreeMap<String, Arc<Upstream>>,
    lines: Lines,
    sent: SentConfig,
}

impl MailServers {
    pub(crate) fn new(
        config: &Config,
        directories: Directories,
        upstreams: BTreeMap<String, Arc<Upstream>>,
        lines: Lines,
    ) -> Self {
        Self {
            directories,
            routing: config.routing.clone(),
            configs: config.upstreams.clone(),
            upstreams,
            lines,
            sent: config.sent_copy.clone(),
        }
    }
}

impl Filer for MailServers {
    async fn file(&self, copy: &Metadata, message: Source) -> Outcome {
        let filed = self.try_to_file(copy, message).await;
        filed.unwrap_or_else(|outcome| outcome)
    }
}

impl MailServers {
    async fn try_to_file(&self, copy: &Metadata, mut message: Source) -> Result<Outcome, Outcome> {
        let account = self.account(copy).await?;
        let route = route(&account, &self.routing, &self.configs).map_err(|error| later(&error))?;
        let start = message.start().await;
        let date = Date::of(start.map_err(|error| later(&format!("the spool: {error}")))?);
        let upstream = self.upstreams.get(route.upstream);
        let upstream = upstream.ok_or_else(|| later(&"the upstream is not configured any more"))?;
        let backend = route.host.unwrap_or(route.upstream);
        let target = self.lines.mail_server(&upstream.address(route));
        let turn = target.turn_of_ours().await;
        let logged_in = log_in(upstream, route, &account, backend).await?;
        drop(turn);
        let mut filing = Filing {
            message,
            limit: LEAST_TIME + Duration::from_secs(copy.size / OCTETS_PER_SECOND),
        };
        match filing.drive(logged_in, self.order(copy, date)).await {
            Ok(Ok(Done::Filed {
                mailbox,
                uid,
                namesake,
            })) => {
                if namesake == Namesake::Present {
                    log_namesake(copy, &mailbox);
                }
                Ok(Outcome::Filed { mailbox, uid })
            }
            Ok(Ok(Done::Present { mailbox })) => Ok(Outcome::Present { mailbox }),
            Ok(Err(refused)) if refused.status == Status::Bye && filing.message.is_spent() => {
                Err(unanswered(format!("{backend}: {refused}")))
            }
            Ok(Err(refused)) => Err(refusal(&refused, backend)),
            Err(error) if filing.message.is_spent() => Err(unanswered(format!("{error:#}"))),
            Err(error) => Err(later(&format!("{error:#}"))),
        }
    }

    /// The account of the stable id, as the directory knows it now.
    async fn account(&self, copy: &Metadata) -> Result<Account, Outcome> {
        let envelope = &copy.envelope;
        let directory = self.directories.get(&envelope.directory);
        let directory = directory.ok_or_else(|| later(&"its directory is not configured any more"))?;
        let _turn = self.lines.directory(&envelope.directory).turn_of_ours().await;
        match directory.resolve_id(&envelope.account).await {
            Resolution::Found(entry) if entry.id == envelope.account => Ok(entry.account),
            // Nobody's mail is filed for somebody else, whatever a directory says.
            Resolution::Found(entry) => Err(Outcome::Fail {
                reason: format!(
                    "the directory answers with another account: {}, and not {}",
                    entry.id, envelope.account
                ),
            }),
            Resolution::Unknown { why } => {
                Err(later(&format!("the directory does not know the account: {why}")))
            }
            Resolution::Unavailable(why) => Err(Outcome::Retry {
                reason: format!("the directory is down: {why}"),
                fault: Fault::Directory,
            }),
        }
    }

    fn order(&self, copy: &Metadata, date: Option<Date>) -> Order {
        let received = OffsetDateTime::from(copy.received);
        Order {
            names: self.sent.names.clone(),
            create: self.sent.create.clone(),
            message_id: copy.message_id.clone().map(String::into_bytes),
            since: since(received, date.as_ref()),
            date,
            date_time: date_time(received),
            size: copy.size,
        }
    }
}

/// From when on the mailbox is searched: from before the message was written, whenever that was.
fn since(received: OffsetDateTime, date: Option<&Date>) -> (i32, u8, u8) {
    let day_before = |moment: i64| OffsetDateTime::from_unix_timestamp(moment.saturating_sub(86_400)).ok();
    let written = date.and_then(Date::moment).and_then(day_before);
    let since = received.checked_sub(SEARCHED).into_iter().chain(written).min();
    let since = since.map_or(OffsetDateTime::UNIX_EPOCH, |since| {
        since.max(OffsetDateTime::UNIX_EPOCH)
    });
    (since.year(), since.month().into(), since.day())
}

fn log_namesake(copy: &Metadata, mailbox: &str) {
    let (id, envelope, message_id) = (&copy.id, &copy.envelope, &copy.message_id);
    let (session, account) = (&envelope.session, &envelope.name);
    info!(%id, session, account, message_id, mailbox, "sent-namesake");
}

async fn log_in(
    upstream: &Upstream,
    route: Route<'_>,
    account: &Account,
    backend: &str,
) -> Result<LoggedIn, Outcome> {
    upstream
        .log_in_alone(route, account)
        .await
        .map_err(|failure| match failure {
            Failure::Down(reason) => Outcome::Retry {
                reason: format!("{backend}: {reason:#}"),
                fault: Fault::Backend(backend.to_owned()),
            },
            Failure::Refused(reason) => Outcome::Retry {
                reason: format!("{backend}: {reason:#}"),
                fault: Fault::Login(backend.to_owned()),
            },
        })
}

/// One message on its way to a mail server.
struct Filing {
    message: Source,
    /// How long all may take up to the end of the message.
    limit: Duration,
}

impl Filing {
    /// The filing session. If it ends with an error behind the whole message, nobody knows whether that is filed.
    async fn drive(&mut self, session: LoggedIn, order: Order) -> anyhow::Result<Result<Done, Box<Refused>>> {
        let LoggedIn { mut link, session } = session;
        let state = filing::start(session, order, Limits::FILING, random()?, &mut link.output);
        let message = &mut self.message;
        let sent = within(self.limit, "filing", async {
            match converse(state, &mut link).await? {
                Step::Send(send) => Ok(Step::NeedInput(pass(send, message, &mut link).await?)),
                step => Ok(step),
            }
        });
        let step = match sent.await? {
            Step::NeedInput(state) => within(ANSWER_TIME, "APPEND", converse(state, &mut link)).await?,
            step => step,
        };
        link.close().await;
        match step {
            Step::Done(done) => Ok(Ok(done)),
            Step::Refused(refused) => Ok(Err(Box::new(refused))),
            Step::NeedInput(_) | Step::Send(_) => bail!("the session has no end"),
        }
    }
}

/// Up to the next step that is not to be read.
async fn converse(mut state: filing::NeedInput, link: &mut Link) -> anyhow::Result<Step> {
    loop {
        match state.process(&mut link.input, &mut link.output)? {
            Step::NeedInput(next) => state = next,
            step => return Ok(step),
        }
        link.flush().await?;
        link.read().await.context("the mail server's answer")?;
    }
}

async fn pass(
    mut send: filing::Send,
    message: &mut Source,
    link: &mut Link,
) -> anyhow::Result<filing::NeedInput> {
    while send.left() > 0 {
        let piece = message.next().await.context("the spool")?;
        if piece.is_empty() {
            bail!("the spool: the message is too short");
        }
        send.append(piece, &mut link.output)?;
        link.flush().await?;
    }
    Ok(send.sent(&mut link.output)?)
}

/// A server that goes down, or says that it is not up yet, refuses all. If it goes down over the message itself, the
/// others need not wait. A message that is too large stays so.
fn refusal(refused: &Refused, backend: &str) -> Outcome {
    let is_too_large = refused.code == Some(ResponseCode::TooBig) && refused.status != Status::Bye;
    if is_too_large && refused.stage == Stage::Append {
        let reason = format!("{backend}: {refused}");
        return Outcome::Fail { reason };
    }
    let goes_down = refused.status == Status::Bye && refused.stage != Stage::Append;
    let is_down = goes_down || refused.code == Some(ResponseCode::Unavailable);
    Outcome::Retry {
        reason: format!("{backend}: {refused}"),
        fault: if is_down {
            Fault::Backend(backend.to_owned())
        } else {
            Fault::Copy
        },
    }
}

fn unanswered(reason: String) -> Outcome {
    Outcome::Retry {
        reason,
        fault: Fault::Unanswered,
    }
}

fn later(reason: &dyn ToString) -> Outcome {
    Outcome::Retry {
        reason: reason.to_string(),
        fault: Fault::Copy,
    }
}

/// `date-time` without its quotes (RFC 3501 section 9).
fn date_time(moment: OffsetDateTime) -> String {
    let month = moment.month().to_string();
    let month = month.get(..3).unwrap_or("Jan");
    let (hour, minute, second) = moment.to_hms();
    format!(
        "{:2}-{month}-{:04} {hour:02}:{minute:02}:{second:02} +0000",
        moment.day(),
        moment.year()
    )
}

#[cfg(test)]
mod tests;
