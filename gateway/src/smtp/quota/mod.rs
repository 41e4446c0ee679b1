//! How much an account may send within an hour.
//!
//! The hour slides: what was sent is counted in buckets of five minutes, and a bucket is forgotten once all of it is an
//! hour old. So no hour, wherever it begins, sees more than the limit, and what was sent is held against an account for
//! 65 minutes at most.
//!
//! A message takes its place at MAIL and keeps it once the server has accepted it; otherwise the place is free again.
//! Sessions of one account that send at the same time therefore cannot exceed the limit together. A recipient counts as
//! soon as it is named, whatever the server thinks of it.

mod table;
#[cfg(test)]
mod tests;
mod window;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gatepost_directory::EntryId;
use gatepost_smtp::Reply;
use tokio::time::Instant;

use table::Table;

/// Accounts that are counted at once, besides those that have a message open.
const MAX_ACCOUNTS: usize = 100_000;

/// What an account may send within an hour; 0 is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HourlyLimits {
    pub(crate) messages: u32,
    pub(crate) recipients: u32,
}

/// The limit that an account has reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exceeded {
    Messages { limit: u32, again: Duration },
    Recipients { limit: u32, again: Duration },
}

/// What all accounts have sent within the last hour.
#[derive(Debug, Clone)]
pub(crate) struct Quotas(Arc<Mutex<Table>>);

/// One session's account of what it sends. A message that is open when it is dropped does not count.
#[derive(Debug)]
pub(crate) struct Ledger {
    table: Arc<Mutex<Table>>,
    account: EntryId,
    open: bool,
}

impl Exceeded {
    /// The reply to MAIL or RCPT. Both are temporary: the client may keep the message and try again.
    pub(crate) fn reply(&self) -> Reply {
        let (code, enhanced, limit, what, again) = match self {
            Self::Messages { limit, again } => (450, "4.7.1", limit, "messages", again),
            Self::Recipients { limit, again } => (452, "4.5.3", limit, "recipients", again),
        };
        let minutes = again.as_secs().div_ceil(60).max(1);
        let unit = if minutes == 1 { "minute" } else { "minutes" };
        let text = format!("The limit of {limit} {what} an hour is reached, try again in {minutes} {unit}");
        Reply::new(code, enhanced, text)
    }
}

impl Quotas {
    /// Nothing was sent before `now`.
    pub(crate) fn new(limits: HourlyLimits, now: Instant) -> Self {
        Self(Arc::new(Mutex::new(Table::new(limits, now, MAX_ACCOUNTS))))
    }

    /// The ledger of a session.
    pub(crate) fn ledger(&self, account: EntryId) -> Ledger {
        Ledger {
            table: Arc::clone(&self.0),
            account,
            open: false,
        }
    }
}

impl Ledger {
    /// A message begins, at MAIL. One that was open before does not count.
    pub(crate) fn begin(&mut self, now: Instant) -> Result<(), Exceeded> {
        self.void();
        lock(&self.table).begin(&self.account, now)?;
        self.open = true;
        Ok(())
    }

    /// A recipient is named, at RCPT.
    pub(crate) fn recipient(&mut self, now: Instant) -> Result<(), Exceeded> {
        lock(&self.table).recipient(&self.account, now)
    }

    /// The server has accepted the message, or may have.
    pub(crate) fn accepted(&mut self, now: Instant) {
        let open = std::mem::take(&mut self.open);
        lock(&self.table).accepted(&self.account, open, now);
    }

    /// The message that is open, if one is, will not be sent.
    pub(crate) fn void(&mut self) {
        if std::mem::take(&mut self.open) {
            lock(&self.table).void(&self.account);
        }
    }
}

/// A session that panicked has left the table as whole as any other.
fn lock(table: &Mutex<Table>) -> MutexGuard<'_, Table> {
    table.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Ledger {
    fn drop(&mut self) {
        self.void();
    }
}
