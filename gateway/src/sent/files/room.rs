//! How much the spool holds, and how much more it may.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::sent::spool::SpoolError;

/// Counting anew reads all folders: not more often than this.
const RECOUNT: Duration = Duration::from_secs(10);

/// A count of octets, and its limit.
pub(super) struct Room {
    limit: u64,
    used: AtomicU64,
    recounted: Mutex<Option<Instant>>,
}

impl Room {
    pub(super) fn new(limit: Option<u64>, used: u64) -> Self {
        Self {
            limit: limit.unwrap_or(u64::MAX),
            used: AtomicU64::new(used),
            recounted: Mutex::default(),
        }
    }

    pub(super) fn fits(&self, octets: u64) -> bool {
        let used = self.used.load(Ordering::Relaxed);
        used.checked_add(octets).is_some_and(|sum| sum <= self.limit)
    }

    /// Counts octets that are about to be written.
    pub(super) fn take(&self, octets: u64) -> Result<(), SpoolError> {
        let add = |used: u64| used.checked_add(octets).filter(|sum| *sum <= self.limit);
        let taken = self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
        taken.map(drop).map_err(|used| {
            SpoolError::Full(format!("it holds {used} octets of {} allowed ones", self.limit))
        })
    }

    /// Octets that are gone.
    pub(super) fn give(&self, octets: u64) {
        let less = |used: u64| Some(used.saturating_sub(octets));
        let _ = self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }

    /// Whether it is time to count what people may have removed by hand.
    pub(super) fn is_stale(&self) -> bool {
        let mut recounted = self.recounted.lock().unwrap_or_else(PoisonError::into_inner);
        let stale = recounted.is_none_or(|last| last.elapsed() >= RECOUNT);
        if stale {
            *recounted = Some(Instant::now());
        }
        stale
    }

    /// What was counted. Entries that came or went meanwhile make it wrong by as much, until the next time.
    pub(super) fn recount(&self, used: u64) {
        self.used.store(used, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_holds_and_what_is_given_back_can_be_taken() {
        let room = Room::new(Some(10), 4);
        assert!(room.fits(6) && !room.fits(7));
        room.take(6).unwrap();
        let error = room.take(1).unwrap_err().to_string();
        assert_eq!(error, "the spool is full: it holds 10 octets of 10 allowed ones");
        room.give(3);
        room.take(3).unwrap();
        room.give(100);
        assert!(room.fits(10));
    }

    #[test]
    fn without_a_limit_everything_fits() {
        let room = Room::new(None, 0);
        assert!(room.fits(u64::MAX));
        room.take(u64::MAX).unwrap();
        assert!(room.take(1).is_err());
    }

    #[test]
    fn counting_anew_is_not_done_all_the_time() {
        let room = Room::new(Some(10), 10);
        assert!(room.is_stale());
        assert!(!room.is_stale());
        room.recount(0);
        assert!(room.fits(10));
    }
}
