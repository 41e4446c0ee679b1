//! Sessions that lose their mail server: one by one, or all in the same moment. Time and chance are arguments.

use std::time::Duration;

use tokio::time::Instant;

/// What ends within such a time ends together.
const TOGETHER: Duration = Duration::from_secs(1);

/// So many sessions end together without anything being wrong with the server.
const FEW: u32 = 5;

/// The losses of late.
#[derive(Debug, Default)]
pub(super) struct Losses {
    last: Option<Instant>,
    together: u32,
}

impl Losses {
    /// A session has lost the server: how long its client should be kept, so that all of them are let go spread over
    /// that time.
    pub(super) fn one_more(&mut self, now: Instant, over: Duration, chance: u32) -> Duration {
        let apart = |last| now.saturating_duration_since(last) > TOGETHER;
        if self.last.is_none_or(apart) {
            self.together = 0;
        }
        self.last = Some(now);
        self.together = self.together.saturating_add(1);
        if self.together <= FEW {
            return Duration::ZERO;
        }
        over.mul_f64(f64::from(chance) / f64::from(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OVER: Duration = Duration::from_secs(5);

    #[test]
    fn a_few_end_at_once_and_many_are_spread() {
        let (start, mut losses) = (Instant::now(), Losses::default());
        for _ in 0..FEW {
            assert_eq!(losses.one_more(start, OVER, u32::MAX), Duration::ZERO);
        }
        assert_eq!(losses.one_more(start, OVER, u32::MAX), OVER);
        assert_eq!(losses.one_more(start, OVER, 0), Duration::ZERO);
        let middle = losses.one_more(start + TOGETHER, OVER, u32::MAX / 2);
        assert!(middle.abs_diff(OVER / 2) < Duration::from_millis(1));
        assert_eq!(losses.one_more(start, Duration::ZERO, u32::MAX), Duration::ZERO);
    }

    #[test]
    fn what_ends_one_by_one_ends_at_once() {
        let (mut now, mut losses) = (Instant::now(), Losses::default());
        for _ in 0..100 {
            assert_eq!(losses.one_more(now, OVER, u32::MAX), Duration::ZERO);
            now += TOGETHER + Duration::from_millis(1);
        }
    }
}
