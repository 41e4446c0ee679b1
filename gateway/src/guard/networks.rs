//! What came of one account's attempts from each network.

use std::time::Duration;

use tokio::time::Instant;

use super::memory::{Lasting, Memory};
use super::subject::Network;

/// Networks with failures that are held of one account. Beyond, the one without failures for longest is forgotten: it
/// gets a new row, but no more of the account's failures.
const MAX_ROWS: usize = 32;

/// Failures from a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) network: Network,
    /// All of them that are not over.
    pub(super) failures: u32,
    /// Challenge-responses without a success between them.
    in_a_row: u32,
    last: Instant,
}

impl Row {
    /// Whether so many challenge-responses failed in a row.
    pub(super) fn is_spent(&self, limit: u32) -> bool {
        self.in_a_row >= limit
    }
}

/// The networks of one account.
#[derive(Debug)]
pub(super) struct Networks {
    rows: Vec<Row>,
    succeeded: Memory<Network>,
}

impl Networks {
    /// That remember so many networks with successes.
    pub(super) fn new(most: usize) -> Self {
        Self {
            rows: Vec::new(),
            succeeded: Memory::new(most),
        }
    }

    /// The networks with failures.
    pub(super) fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter()
    }

    /// Challenge-responses that failed in a row.
    pub(super) fn in_a_row(&self, network: Network) -> u32 {
        let row = self.rows.iter().find(|row| row.network == network);
        row.map_or(0, |row| row.in_a_row)
    }

    /// Whether the account was logged in to from there lately.
    pub(super) fn has_succeeded(&mut self, network: Network, now: Instant) -> bool {
        self.succeeded.meet(&network, now).is_some()
    }

    pub(super) fn succeed(&mut self, network: Network, now: Instant, remember: Duration) {
        self.take(network);
        if !remember.is_zero() {
            self.succeeded.remember(network, now, Lasting::Fixed(remember));
        }
    }

    /// Counts a failure; `in_a_row`: by challenge-response.
    pub(super) fn fail(&mut self, network: Network, now: Instant, in_a_row: bool) {
        let before = self.take(network);
        if self.rows.len() >= MAX_ROWS {
            let oldest = self.rows.iter().enumerate().min_by_key(|(_, row)| row.last);
            if let Some(index) = oldest.map(|(index, _)| index) {
                self.rows.swap_remove(index);
            }
        }
        self.rows.push(Row {
            network,
            failures: before.map_or(0, |row| row.failures).saturating_add(1),
            in_a_row: before
                .map_or(0, |row| row.in_a_row)
                .saturating_add(in_a_row.into()),
            last: now,
        });
    }

    fn take(&mut self, network: Network) -> Option<Row> {
        let index = self.rows.iter().position(|row| row.network == network)?;
        Some(self.rows.swap_remove(index))
    }

    /// Forgets the failures.
    pub(super) fn clear(&mut self) {
        self.rows.clear();
    }

    pub(super) fn expire(&mut self, now: Instant, window: Duration) {
        let counts = |row: &Row| now.saturating_duration_since(row.last) <= window;
        self.rows.retain(counts);
    }

    /// Whether nothing is known of any network.
    pub(super) fn is_empty(&mut self, now: Instant) -> bool {
        self.rows.is_empty() && self.succeeded.count(now) == 0
    }
}
