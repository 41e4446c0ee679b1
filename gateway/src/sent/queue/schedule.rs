//! When: the wait, the pauses and the end of life.

use std::time::Duration;

use crate::config::SentConfig;

/// A clock that is set forward while a message comes must not make its copy wait for ever.
const LONGEST_EXTRA_WAIT: Duration = Duration::from_secs(4 * 60 * 60);

/// The times of a queue.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Schedule {
    /// How long a copy waits for the client's own.
    pub(crate) wait: Duration,
    pub(crate) retry_first: Duration,
    pub(crate) retry_max: Duration,
    /// The least pause after a mail server got the whole message and did not answer.
    pub(crate) retry_unanswered: Duration,
    /// How long what is found at a start waits at least.
    pub(crate) restart_wait: Duration,
    /// The end of life.
    pub(crate) give_up: Duration,
    /// How many are filed at once.
    pub(crate) filings: usize,
}

/// Something random that spreads pauses, so that what failed together is not tried together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Jitter(pub(crate) u16);

impl Schedule {
    pub(crate) fn new(config: &SentConfig) -> Self {
        Self {
            wait: config.wait,
            retry_first: config.retry_first,
            retry_max: config.retry_max,
            retry_unanswered: config.retry_unanswered,
            restart_wait: config.restart_wait,
            give_up: config.give_up,
            filings: config.filings as usize,
        }
    }

    /// How long a copy waits whose message took so long to come. A client that files it itself sends it once more, over
    /// the same line.
    pub(super) fn wait_for(&self, came_in: Duration) -> Duration {
        self.wait + came_in.saturating_mul(2).min(LONGEST_EXTRA_WAIT)
    }

    /// The rest of a life of which so much is over by the clock on the wall. However long the machine was off, or wrong
    /// its clock, there is time for some attempts: `tried` says nothing of whether there were any.
    pub(super) fn rest(&self, tried: Duration) -> Duration {
        let least = self.retry_max.saturating_mul(2).min(self.give_up);
        self.give_up.saturating_sub(tried).max(least)
    }

    /// The pause behind so many failures: the first one doubled each time, no longer than the longest, and that less
    /// or more a quarter.
    pub(super) fn pause(&self, failures: u32, jitter: Jitter) -> Duration {
        let doubled = 2_u32.saturating_pow(failures.saturating_sub(1));
        let pause = self.retry_first.saturating_mul(doubled).min(self.retry_max);
        let half = pause / 2;
        pause - pause / 4 + half / (u32::from(u16::MAX) + 1) * u32::from(jitter.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_differ_by_a_quarter() {
        let schedule = Schedule::new(&SentConfig::default());
        let seconds = |failures, jitter| schedule.pause(failures, Jitter(jitter)).as_secs_f64();
        let middle: Vec<f64> = (1..9).map(|failures| seconds(failures, 0x8000).round()).collect();
        assert_eq!(middle, [30.0, 60.0, 120.0, 240.0, 480.0, 960.0, 1800.0, 1800.0]);
        assert_eq!(seconds(1, 0), 22.5);
        assert!((37.4..37.5).contains(&seconds(1, u16::MAX)));
        assert!(seconds(u32::MAX, u16::MAX) < 2250.0);
        assert_eq!(seconds(0, 0x8000).round(), 30.0);
    }

    #[test]
    fn whatever_the_clock_says_there_is_time_for_some_attempts() {
        let mut schedule = Schedule::new(&SentConfig::default());
        let hours = |hours: u64| Duration::from_secs(3600 * hours);
        assert_eq!(schedule.rest(Duration::ZERO), hours(5 * 24));
        assert_eq!(schedule.rest(hours(24)), hours(4 * 24));
        assert_eq!(schedule.rest(hours(5 * 24)), hours(1));
        assert_eq!(schedule.rest(hours(365 * 24)), hours(1));
        schedule.give_up = Duration::from_secs(60);
        assert_eq!(schedule.rest(hours(1)), schedule.give_up);
    }
}
