//! What a logged-in user may send: from which addresses, and how much within an hour.

mod senders;

use std::sync::Arc;

use gatepost_directory::Account;
use gatepost_smtp::message::From;
use gatepost_smtp::relay::Policy;
use gatepost_smtp::{ForwardPath, Parameters, Reply, ReversePath};
use tokio::time::Instant;
use tracing::info;

use super::quota::Ledger;
use crate::config::SubmissionConfig;
use crate::refusals::{Reason, Refusals};
use senders::Senders;

/// The policy of one session. Who drives the transactions tells it which messages were sent.
#[derive(Debug)]
pub(crate) struct SenderPolicy {
    senders: Senders,
    ledger: Ledger,
    /// The session and the account, for the log.
    session: String,
    account: String,
    /// Those of this session.
    refusals: u32,
    counted: Arc<Refusals>,
}

/// How many refusals of a session are logged one by one.
const MAX_LOGGED: u32 = 100;

impl SenderPolicy {
    /// The policy of a session that this account has logged in to; the ledger is the account's.
    pub(crate) fn new(
        (config, counted): (&SubmissionConfig, Arc<Refusals>),
        session: &str,
        account: &Account,
        ledger: Ledger,
    ) -> Self {
        Self {
            senders: Senders::new(account, config),
            ledger,
            session: session.to_owned(),
            account: account.name.clone(),
            refusals: 0,
            counted,
        }
    }

    fn count<T, E>(&self, reason: Reason, done: Result<T, E>) -> Result<T, E> {
        done.inspect_err(|_| self.counted.count(reason))
    }

    /// The MTA has accepted the message, or nobody knows: it counts. A message that is not sent needs no word: the next
    /// MAIL and the end of the session give its place back.
    pub(crate) fn sent(&mut self) {
        self.ledger.accepted(Instant::now());
    }
}

impl Policy for SenderPolicy {
    /// 553 if the sender is not the account's own, 450 if the account has sent enough for this hour.
    fn mail(&mut self, from: &ReversePath<'_>, _: &Parameters<'_>) -> Result<(), Reply> {
        self.ledger.void();
        self.count(Reason::Sender, self.senders.check_path(from))?;
        let begun = self.ledger.begin(Instant::now());
        self.count(Reason::Quota, begun)
            .map_err(|exceeded| exceeded.reply())
    }

    /// 452 if the account has named enough recipients for this hour. Everybody may be written to.
    fn recipient(&mut self, _: &ForwardPath<'_>) -> Result<(), Reply> {
        let named = self.ledger.recipient(Instant::now());
        self.count(Reason::Quota, named)
            .map_err(|exceeded| exceeded.reply())
    }

    /// Whoever refused, an administrator wants to know why; but a client that goes on and on does not fill the disk.
    fn refused(&mut self, command: &'static str, reply: &Reply) {
        self.refusals = self.refusals.saturating_add(1);
        let (session, account) = (&self.session, &self.account);
        let code = reply.code().get();
        if self.refusals <= MAX_LOGGED {
            info!(
                session,
                account,
                command,
                code,
                reason = reply.text(),
                "command-refused"
            );
        } else if self.refusals == MAX_LOGGED + 1 {
            info!(
                session,
                account,
                reason = "further ones are not logged",
                "command-refused"
            );
        }
    }

    /// 550 if a mailbox of the header's From field is not the account's own.
    fn header_from(&mut self, field: From<'_>) -> Result<(), Reply> {
        self.count(Reason::Sender, self.senders.check_field(field))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use gatepost_directory::{Attributes, EntryId};
    use gatepost_smtp::Mailbox;

    use super::super::quota::{HourlyLimits, Quotas};
    use super::*;

    fn policy(quotas: &Quotas) -> SenderPolicy {
        let account = Account {
            id: EntryId("1".to_owned()),
            name: "alice".to_owned(),
            upstream_login: "alice".to_owned(),
            addresses: vec!["alice@example.org".to_owned()],
            attributes: Attributes::new(),
        };
        let ledger = quotas.ledger(account.id.clone());
        let config = (&SubmissionConfig::default(), Refusals::new());
        SenderPolicy::new(config, "1", &account, ledger)
    }

    fn mail(policy: &mut SenderPolicy, from: &str) -> u16 {
        let path = ReversePath::Mailbox(Mailbox::parse(from.as_bytes()).unwrap());
        let answer = policy.mail(&path, &Parameters::default());
        answer.map_or_else(|reply| reply.code().get(), |()| 250)
    }

    fn recipient(policy: &mut SenderPolicy) -> u16 {
        let answer = policy.recipient(&ForwardPath::Postmaster);
        answer.map_or_else(|reply| reply.code().get(), |()| 250)
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_hears_of_senders_and_of_limits() {
        let limits = HourlyLimits {
            messages: 2,
            recipients: 3,
        };
        let quotas = Quotas::new(limits, Instant::now());
        let mut session = policy(&quotas);
        assert_eq!(mail(&mut session, "bob@example.org"), 553);
        assert_eq!(session.header_from(From::Missing), Ok(()));
        for _ in 0..2 {
            assert_eq!(mail(&mut session, "alice@example.org"), 250);
            assert_eq!(recipient(&mut session), 250);
            session.sent();
        }
        // The wrong sender is told before the limit, which a second session shares.
        assert_eq!(mail(&mut session, "bob@example.org"), 553);
        let mut another = policy(&quotas);
        assert_eq!(mail(&mut another, "alice@example.org"), 450);
        assert_eq!(recipient(&mut another), 250);
        assert_eq!(recipient(&mut session), 452);
        tokio::time::advance(Duration::from_secs(65 * 60)).await;
        assert_eq!(mail(&mut another, "alice@example.org"), 250);
        assert_eq!(recipient(&mut session), 250);
    }

    #[tokio::test(start_paused = true)]
    async fn only_what_was_accepted_counts() {
        let limits = HourlyLimits {
            messages: 1,
            recipients: 0,
        };
        let quotas = Quotas::new(limits, Instant::now());
        let mut session = policy(&quotas);
        assert_eq!(mail(&mut session, "alice@example.org"), 250);
        assert_eq!(mail(&mut policy(&quotas), "alice@example.org"), 450);
        drop(session);
        let mut session = policy(&quotas);
        // A refused MAIL has ended the message that was open.
        assert_eq!(mail(&mut session, "alice@example.org"), 250);
        assert_eq!(mail(&mut session, "bob@example.org"), 553);
        assert_eq!(mail(&mut policy(&quotas), "alice@example.org"), 250);
    }
}
