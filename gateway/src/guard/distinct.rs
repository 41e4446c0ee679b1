//! How many different things were seen within a window.

use std::collections::HashSet;
use std::time::Duration;

use tokio::time::Instant;

/// Different things, up to a limit, from the first of a window on.
#[derive(Debug, Default)]
pub(super) struct Distinct {
    since: Option<Instant>,
    seen: HashSet<u64>,
    over: bool,
}

impl Distinct {
    /// Counts a thing. Whether the limit is exceeded by it, for the first time in this window; 0 is no limit.
    pub(super) fn count(&mut self, thing: u64, now: Instant, limit: u32, window: Duration) -> bool {
        self.expire(now, window);
        if limit == 0 || self.over || self.seen.contains(&thing) {
            return false;
        }
        self.since.get_or_insert(now);
        if self.seen.len() < limit as usize {
            self.seen.insert(thing);
            return false;
        }
        self.over = true;
        true
    }

    /// Whether there are more than the limit.
    pub(super) fn is_over(&mut self, now: Instant, window: Duration) -> bool {
        self.expire(now, window);
        self.over
    }

    /// Whether nothing was counted in this window.
    pub(super) fn is_empty(&mut self, now: Instant, window: Duration) -> bool {
        self.expire(now, window);
        self.since.is_none()
    }

    /// How much is known, to tell what is least worth keeping.
    pub(super) fn worth(&self) -> (bool, usize) {
        (self.over, self.seen.len())
    }

    fn expire(&mut self, now: Instant, window: Duration) {
        if self
            .since
            .is_some_and(|since| now.saturating_duration_since(since) > window)
        {
            *self = Self::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Duration = Duration::from_secs(60);

    #[test]
    fn the_limit_is_exceeded_once_in_a_window() {
        let start = Instant::now();
        let mut seen = Distinct::default();
        for thing in [1, 2, 1, 2, 2] {
            assert!(!seen.count(thing, start, 2, WINDOW) && !seen.is_over(start, WINDOW));
        }
        assert!(seen.count(3, start + WINDOW / 2, 2, WINDOW));
        assert!(!seen.count(4, start + WINDOW, 2, WINDOW) && seen.is_over(start + WINDOW, WINDOW));
        let later = start + WINDOW + Duration::from_millis(1);
        assert!(!seen.is_over(later, WINDOW) && seen.is_empty(later, WINDOW));
        assert!(!seen.count(3, later, 2, WINDOW) && !seen.is_empty(later, WINDOW));
    }

    #[test]
    fn no_limit_is_never_exceeded_and_costs_no_memory() {
        let now = Instant::now();
        let mut seen = Distinct::default();
        for thing in 0..1000 {
            assert!(!seen.count(thing, now, 0, WINDOW));
        }
        assert!(seen.is_empty(now, WINDOW));
    }
}
