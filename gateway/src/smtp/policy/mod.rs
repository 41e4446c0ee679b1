//! What a logged-in user may send: from which addresses, and how much within an hour.

mod senders;

use gatepost_directory::Account;
use gatepost_smtp::{ForwardPath, Parameters, Reply, ReversePath};
use tokio::time::Instant;

use super::quota::{Ledger, Quotas};
use crate::config::SubmissionConfig;
use senders::Senders;

/// The policy of one session. Who drives the transaction tells it what became of each message.
#[derive(Debug)]
pub(crate) struct UserPolicy {
    senders: Senders,
    ledger: Ledger,
}

impl UserPolicy {
    /// The policy of a session that this account has logged in to.
    pub(crate) fn new(account: &Account, config: &SubmissionConfig, quotas: &Quotas) -> Self {
        Self {
            senders: Senders::new(account, config),
            ledger: quotas.ledger(account.id.clone()),
        }
    }

    /// May a message come from here?
    ///
    /// # Errors
    /// The reply to MAIL: 553 if the sender is not the account's own, 450 if it has sent enough for this hour.
    pub(crate) fn mail(&mut self, from: &ReversePath<'_>, _parameters: &Parameters<'_>) -> Result<(), Reply> {
        self.ledger.void();
        self.senders.check_path(from)?;
        self.ledger
            .begin(Instant::now())
            .map_err(|exceeded| exceeded.reply())
    }

    /// May the message go there? Everybody may be written to.
    ///
    /// # Errors
    /// The reply to RCPT: 452 if the account has named enough recipients for this hour.
    pub(crate) fn recipient(&mut self, _to: &ForwardPath<'_>) -> Result<(), Reply> {
        self.ledger
            .recipient(Instant::now())
            .map_err(|exceeded| exceeded.reply())
    }

    /// May the message's header have this From field?
    ///
    /// # Errors
    /// The reply behind the message: 550.
    pub(crate) fn from_field(&mut self, field: Option<&[u8]>) -> Result<(), Reply> {
        self.senders.check_field(field)
    }

    /// The message was accepted, or nobody can tell: it counts.
    pub(crate) fn accepted(&mut self) {
        self.ledger.accepted(Instant::now());
    }

    /// The message is not sent, and does not count. A new MAIL and the end of the session say so by themselves.
    pub(crate) fn void(&mut self) {
        self.ledger.void();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use gatepost_directory::{Attributes, EntryId};
    use gatepost_smtp::Mailbox;

    use super::super::quota::HourlyLimits;
    use super::*;

    fn policy(quotas: &Quotas) -> UserPolicy {
        let account = Account {
            id: EntryId("1".to_owned()),
            name: "alice".to_owned(),
            upstream_login: "alice".to_owned(),
            addresses: vec!["alice@example.org".to_owned()],
            attributes: Attributes::new(),
        };
        UserPolicy::new(&account, &SubmissionConfig::default(), quotas)
    }

    fn mail(policy: &mut UserPolicy, from: &str) -> u16 {
        let path = ReversePath::Mailbox(Mailbox::parse(from.as_bytes()).unwrap());
        let answer = policy.mail(&path, &Parameters::default());
        answer.map_or_else(|reply| reply.code.get(), |()| 250)
    }

    fn recipient(policy: &mut UserPolicy) -> u16 {
        let answer = policy.recipient(&ForwardPath::Postmaster);
        answer.map_or_else(|reply| reply.code.get(), |()| 250)
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
        assert_eq!(session.from_field(None), Ok(()));
        for _ in 0..2 {
            assert_eq!(mail(&mut session, "alice@example.org"), 250);
            assert_eq!(recipient(&mut session), 250);
            session.accepted();
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
        session.void();
        assert_eq!(mail(&mut policy(&quotas), "alice@example.org"), 250);
        // A refused MAIL has ended the message that was open.
        assert_eq!(mail(&mut session, "alice@example.org"), 250);
        assert_eq!(mail(&mut session, "bob@example.org"), 553);
        assert_eq!(mail(&mut policy(&quotas), "alice@example.org"), 250);
    }
}
