//! How fast a target serves, and so how long somebody would have to wait. Time and chance are arguments.

use std::time::Duration;

use tokio::time::Instant;

/// What nobody is told to come back before, and after.
const SOONEST: Duration = Duration::from_secs(5);
const LATEST: Duration = Duration::from_secs(300);

/// Every turn that ends changes the mean by its eighth.
const INERTIA: u32 = 8;

/// The mean time of a turn, and when the last one ended.
#[derive(Debug, Default)]
pub(super) struct Pace {
    mean: Duration,
    moved: Option<Instant>,
}

impl Pace {
    /// A turn begins. If it is the only one, nothing stood still before it.
    pub(super) fn begun(&mut self, now: Instant, alone: bool) {
        if alone {
            self.moved = Some(now);
        }
    }

    /// A turn ends that took so long.
    pub(super) fn ended(&mut self, now: Instant, took: Duration) {
        self.moved = Some(now);
        self.mean = if self.mean.is_zero() {
            took
        } else {
            (self.mean * (INERTIA - 1) + took) / INERTIA
        };
    }

    /// How long it takes until so many have had their turn. Turns that do not end are as slow as they are old.
    fn time_for(&self, ahead: usize, at_once: u32, now: Instant) -> Duration {
        let still = self
            .moved
            .map_or(Duration::ZERO, |moved| now.saturating_duration_since(moved));
        let rounds = u32::try_from(ahead).unwrap_or(u32::MAX).saturating_add(1);
        self.mean.max(still).saturating_mul(rounds) / at_once.max(1)
    }

    /// When somebody should come back who has waited for so long, while so many others wait. It is up to a half later
    /// by chance, so that those who are sent away together do not come back together.
    pub(super) fn come_back(
        &self,
        line: (usize, u32),
        waited: Duration,
        now: Instant,
        chance: u32,
    ) -> Duration {
        let (ahead, at_once) = line;
        let least = self.time_for(ahead, at_once, now).max(waited);
        let least = least.clamp(SOONEST, LATEST).as_secs_f64();
        let later = least / 2.0 * (f64::from(chance) / f64::from(u32::MAX));
        Duration::from_secs((least + later).ceil() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_hint_is_what_the_line_takes_at_its_pace() {
        let (start, mut pace) = (Instant::now(), Pace::default());
        for _ in 0..100 {
            pace.ended(start, SECOND / 2);
        }
        // 3,200 that take half a second each, 32 at once.
        let hint = |chance| pace.come_back((3199, 32), Duration::ZERO, start, chance);
        assert_eq!(hint(0), SECOND * 50);
        assert_eq!(hint(u32::MAX), SECOND * 75);
        assert!(hint(u32::MAX / 2).abs_diff(SECOND * 63) <= SECOND);
    }

    #[test]
    fn the_mean_follows_what_happens() {
        let (start, mut pace) = (Instant::now(), Pace::default());
        pace.ended(start, SECOND * 8);
        assert_eq!(pace.time_for(0, 1, start), SECOND * 8);
        pace.ended(start, Duration::ZERO);
        assert_eq!(pace.time_for(0, 1, start), SECOND * 7);
        for _ in 0..40 {
            pace.ended(start, SECOND);
        }
        assert!(pace.time_for(0, 1, start).abs_diff(SECOND) < SECOND / 10);
    }

    #[test]
    fn a_target_that_stands_still_is_as_slow_as_it_is_silent() {
        let (start, mut pace) = (Instant::now(), Pace::default());
        pace.begun(start, true);
        pace.begun(start + SECOND * 5, false);
        let later = start + SECOND * 10;
        assert_eq!(pace.time_for(31, 32, later), SECOND * 10);
        // What was idle did not stand still.
        pace.begun(later, true);
        assert_eq!(pace.time_for(31, 32, later + SECOND), SECOND);
    }

    #[test]
    fn nobody_is_told_to_come_back_sooner_than_they_have_waited_nor_at_once_nor_never() {
        let (now, pace) = (Instant::now(), Pace::default());
        assert_eq!(pace.come_back((0, 1), Duration::ZERO, now, 0), SOONEST);
        assert_eq!(pace.come_back((0, 1), SECOND * 30, now, 0), SECOND * 30);
        let mut slow = Pace::default();
        slow.ended(now, SECOND * 3600);
        assert_eq!(slow.come_back((usize::MAX, 1), SECOND, now, 0), LATEST);
    }
}
