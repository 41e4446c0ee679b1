//! A count of what happened within the last hour.

use std::collections::VecDeque;
use std::time::Duration;

const BUCKET: Duration = Duration::from_secs(5 * 60);

/// After so many buckets all of a bucket is an hour old: twelve make an hour, and its own is not over at once.
const KEPT: u64 = 13;

/// The number of a bucket, counted from when the process began to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Bucket(u64);

impl Bucket {
    /// The bucket that a moment is in.
    pub(super) fn at(since_start: Duration) -> Self {
        Self(since_start.as_secs() / BUCKET.as_secs())
    }

    /// When it is forgotten.
    fn end(self) -> Duration {
        BUCKET * u32::try_from(self.0 + KEPT).unwrap_or(u32::MAX)
    }

    fn is_forgotten_at(self, now: Self) -> bool {
        self.0 + KEPT <= now.0
    }
}

/// Events by bucket, the oldest first; buckets without any are not held.
#[derive(Debug, Default)]
pub(super) struct Window(VecDeque<(Bucket, u32)>);

impl Window {
    /// An event now. Time does not go backwards here: what comes with an earlier time counts as the last did.
    pub(super) fn add(&mut self, now: Bucket) {
        match self.0.back_mut() {
            Some((newest, count)) if *newest >= now => *count = count.saturating_add(1),
            _ => self.0.push_back((now, 1)),
        }
    }

    /// The events that are not forgotten yet.
    pub(super) fn count(&mut self, now: Bucket) -> u32 {
        while self
            .0
            .front()
            .is_some_and(|(oldest, _)| oldest.is_forgotten_at(now))
        {
            self.0.pop_front();
        }
        self.0
            .iter()
            .fold(0, |sum: u32, (_, count)| sum.saturating_add(*count))
    }

    /// When the oldest event is forgotten.
    pub(super) fn relief(&self) -> Option<Duration> {
        self.0.front().map(|(oldest, _)| oldest.end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: u64) -> Bucket {
        Bucket::at(Duration::from_secs(60 * minutes))
    }

    #[test]
    fn an_event_counts_for_an_hour_and_a_bucket_at_most() {
        for minute in 0..5 {
            let mut window = Window::default();
            window.add(at(minute));
            assert_eq!(window.count(at(60 + minute)), 1, "{minute}");
            assert_eq!(window.count(at(64)), 1);
            assert_eq!(window.relief(), Some(Duration::from_secs(60 * 65)));
            assert_eq!(window.count(at(65)), 0);
            assert_eq!(window.relief(), None);
        }
    }

    #[test]
    fn memory_is_bounded_by_the_buckets_of_an_hour() {
        let mut window = Window::default();
        for minute in 0..10_000 {
            window.add(at(minute));
            assert!(window.count(at(minute)) <= 65);
            assert!(window.0.len() <= 13);
        }
    }

    #[test]
    fn time_never_goes_backwards() {
        let mut window = Window::default();
        window.add(at(100));
        window.add(at(3));
        assert_eq!((window.count(at(100)), window.0.len()), (2, 1));
    }
}
