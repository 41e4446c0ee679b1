//! What clients have filed themselves of late, for messages that are not queued yet.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::AccountKey;

/// How many are remembered. What is forgotten is found by the search in the mailbox.
const MAX: usize = 4096;
/// For how long: as long as a message may take from its first octet to its queueing.
const KEPT: Duration = Duration::from_secs(10 * 60);

/// Recent APPENDs, the newest last.
#[derive(Debug, Default)]
pub(super) struct Appends {
    recent: VecDeque<Append>,
}

#[derive(Debug)]
struct Append {
    at: Instant,
    account: AccountKey,
    message_id: Box<str>,
}

impl Appends {
    pub(super) fn remember(&mut self, account: AccountKey, message_id: &str, now: Instant) {
        let old = |append: &Append| now.saturating_duration_since(append.at) > KEPT;
        while self.recent.len() >= MAX || self.recent.front().is_some_and(old) {
            self.recent.pop_front();
        }
        self.recent.push_back(Append {
            at: now,
            account,
            message_id: message_id.into(),
        });
    }

    /// Whether the account's client has filed the message since then.
    pub(super) fn have(&self, account: &AccountKey, message_id: &str, since: Instant) -> bool {
        let newest = self.recent.iter().rev();
        let mut since = newest.take_while(|append| append.at >= since);
        since.any(|append| *append.message_id == *message_id && append.account == *account)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(name: &str) -> AccountKey {
        AccountKey {
            directory: "users".into(),
            id: name.into(),
        }
    }

    #[test]
    fn only_the_same_message_of_the_same_account_counts_and_only_since_then() {
        let (start, mut appends) = (Instant::now(), Appends::default());
        let second = Duration::from_secs(1);
        appends.remember(account("alice"), "<1>", start + second);
        assert!(appends.have(&account("alice"), "<1>", start));
        assert!(appends.have(&account("alice"), "<1>", start + second));
        assert!(!appends.have(&account("alice"), "<1>", start + 2 * second));
        assert!(!appends.have(&account("alice"), "<2>", start));
        assert!(!appends.have(&account("bob"), "<1>", start));
    }

    #[test]
    fn neither_many_nor_old_ones_are_kept() {
        let (start, mut appends) = (Instant::now(), Appends::default());
        for number in 0..=MAX {
            appends.remember(account("alice"), &number.to_string(), start);
        }
        assert_eq!(appends.recent.len(), MAX);
        assert!(!appends.have(&account("alice"), "0", start));
        assert!(appends.have(&account("alice"), "1", start));
        appends.remember(account("alice"), "x", start + KEPT + Duration::from_secs(1));
        assert_eq!(appends.recent.len(), 1);
    }
}
