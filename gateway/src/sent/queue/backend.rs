//! What waits for one mail server, and whether that server is to be left alone.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::sent::entry::CopyId;

/// A mail server.
#[derive(Debug, Default)]
pub(super) struct Backend {
    /// What waits, by when it is due.
    pub(super) waiting: BTreeSet<(Instant, CopyId)>,
    /// How many are being filed.
    pub(super) filing: usize,
    /// How often it was down, one after the other.
    failures: u32,
    closed_until: Option<Instant>,
}

impl Backend {
    /// From when on something may be filed: never, if one filing is under way that has to show whether it is up again.
    pub(super) fn opens(&self, now: Instant) -> Option<Instant> {
        if self.failures > 0 && self.filing > 0 {
            return None;
        }
        Some(self.closed_until.map_or(now, |until| until.max(now)))
    }

    /// It let us in.
    pub(super) fn is_up(&mut self) {
        self.failures = 0;
        self.closed_until = None;
    }

    /// It did not. What fails while it is closed began before, and tells nothing new. Gives for how long it is closed
    /// by now.
    pub(super) fn is_down(&mut self, now: Instant, pause: impl FnOnce(u32) -> Duration) {
        if self.closed_until.is_none_or(|until| until <= now) {
            self.failures = self.failures.saturating_add(1);
            self.closed_until = Some(now + pause(self.failures));
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.filing == 0
    }
}
