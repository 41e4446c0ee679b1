//! The counts of all accounts.

use std::collections::HashMap;
use std::time::Duration;

use gatepost_directory::EntryId;
use tokio::time::Instant;

use super::window::{Bucket, Window};
use super::{Exceeded, HourlyLimits};

/// What accounts have sent. Of those that have sent nothing for an hour nothing is held.
#[derive(Debug)]
pub(super) struct Table {
    limits: HourlyLimits,
    start: Instant,
    /// Accounts that are held at once, besides those that have a message open.
    most: usize,
    accounts: HashMap<EntryId, Usage>,
    swept: Bucket,
}

#[derive(Debug)]
struct Usage {
    messages: Window,
    recipients: Window,
    /// Messages that have begun and may still be accepted.
    open: u32,
    seen: Bucket,
}

impl Table {
    pub(super) fn new(limits: HourlyLimits, start: Instant, most: usize) -> Self {
        Self {
            limits,
            start,
            most,
            accounts: HashMap::new(),
            swept: Bucket::at(Duration::ZERO),
        }
    }

    /// Takes the place of a message that begins.
    pub(super) fn begin(&mut self, account: &EntryId, now: Instant) -> Result<(), Exceeded> {
        let limit = self.limits.messages;
        if limit == 0 {
            return Ok(());
        }
        let (age, bucket) = self.time(now);
        let usage = self.usage(account, bucket);
        if usage.messages.count(bucket).saturating_add(usage.open) >= limit {
            let again = again(&usage.messages, age);
            return Err(Exceeded::Messages { limit, again });
        }
        usage.open += 1;
        Ok(())
    }

    /// Counts a message; `open`: it gives back the place that it took.
    pub(super) fn accepted(&mut self, account: &EntryId, open: bool, now: Instant) {
        if self.limits.messages == 0 {
            return;
        }
        let (_, bucket) = self.time(now);
        let usage = self.usage(account, bucket);
        usage.open = usage.open.saturating_sub(open.into());
        usage.messages.add(bucket);
    }

    /// Gives back the place of a message that is not sent.
    pub(super) fn void(&mut self, account: &EntryId) {
        if let Some(usage) = self.accounts.get_mut(account) {
            usage.open = usage.open.saturating_sub(1);
        }
    }

    /// Counts a recipient, if there is room.
    pub(super) fn recipient(&mut self, account: &EntryId, now: Instant) -> Result<(), Exceeded> {
        let limit = self.limits.recipients;
        if limit == 0 {
            return Ok(());
        }
        let (age, bucket) = self.time(now);
        let usage = self.usage(account, bucket);
        if usage.recipients.count(bucket) >= limit {
            let again = again(&usage.recipients, age);
            return Err(Exceeded::Recipients { limit, again });
        }
        usage.recipients.add(bucket);
        Ok(())
    }

    fn time(&self, now: Instant) -> (Duration, Bucket) {
        let age = now.saturating_duration_since(self.start);
        (age, Bucket::at(age))
    }

    fn usage(&mut self, account: &EntryId, now: Bucket) -> &mut Usage {
        self.sweep(now);
        if self.accounts.len() >= self.most && !self.accounts.contains_key(account) {
            self.forget_one();
        }
        let usage = self.accounts.entry(account.clone()).or_insert_with(|| Usage {
            messages: Window::default(),
            recipients: Window::default(),
            open: 0,
            seen: now,
        });
        usage.seen = usage.seen.max(now);
        usage
    }

    /// Once in a bucket: forgets the accounts of which nothing counts any more.
    fn sweep(&mut self, now: Bucket) {
        if self.swept < now {
            self.swept = now;
            self.accounts.retain(|_, usage| usage.is_live(now));
        }
    }

    /// Forgets the account that was not heard of for longest, and so lets it send more than it may: better than to
    /// refuse those who have sent nothing.
    fn forget_one(&mut self) {
        let idle = self.accounts.iter().filter(|(_, usage)| usage.open == 0);
        let oldest = idle.min_by_key(|(_, usage)| usage.seen);
        if let Some(account) = oldest.map(|(account, _)| account.clone()) {
            self.accounts.remove(&account);
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.accounts.len()
    }
}

impl Usage {
    fn is_live(&mut self, now: Bucket) -> bool {
        self.open > 0 || self.messages.count(now) > 0 || self.recipients.count(now) > 0
    }
}

/// How long until there is room again. Where messages that are open take it all, nobody knows: perhaps soon.
fn again(window: &Window, age: Duration) -> Duration {
    window
        .relief()
        .map_or(Duration::ZERO, |relief| relief.saturating_sub(age))
}
