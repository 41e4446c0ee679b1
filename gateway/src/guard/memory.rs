//! A few things that are remembered for a time.

use std::time::Duration;

use tokio::time::Instant;

/// How long something is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lasting {
    /// From when it came, whatever happens.
    Fixed(Duration),
    /// From when it was last met.
    Renewed(Duration),
}

/// Things that are forgotten after a time, and before if they become too many: first those not met for longest.
#[derive(Debug)]
pub(super) struct Memory<T> {
    most: usize,
    kept: Vec<Kept<T>>,
}

#[derive(Debug)]
struct Kept<T> {
    thing: T,
    /// When it came, or came again.
    since: Instant,
    met: Instant,
    lasting: Lasting,
}

impl<T> Kept<T> {
    fn is_live(&self, now: Instant) -> bool {
        match self.lasting {
            Lasting::Fixed(time) => now.saturating_duration_since(self.since) <= time,
            Lasting::Renewed(time) => now.saturating_duration_since(self.met) <= time,
        }
    }
}

impl<T: PartialEq> Memory<T> {
    pub(super) fn new(most: usize) -> Self {
        let kept = Vec::new();
        Self { most, kept }
    }

    /// Remembers a thing from now on, as if it had not been known before.
    pub(super) fn remember(&mut self, thing: T, now: Instant, lasting: Lasting) {
        self.forget(&thing);
        if self.kept.len() >= self.most {
            let oldest = self.kept.iter().enumerate().min_by_key(|(_, kept)| kept.met);
            if let Some(index) = oldest.map(|(index, _)| index) {
                self.kept.swap_remove(index);
            }
        }
        let (since, met) = (now, now);
        self.kept.push(Kept {
            thing,
            since,
            met,
            lasting,
        });
    }

    /// Since when a thing is remembered, if it is; it is met now.
    pub(super) fn meet(&mut self, thing: &T, now: Instant) -> Option<Instant> {
        let kept = self.kept.iter_mut().find(|kept| kept.thing == *thing)?;
        if !kept.is_live(now) {
            return None;
        }
        kept.met = kept.met.max(now);
        Some(kept.since)
    }

    pub(super) fn forget(&mut self, thing: &T) {
        self.kept.retain(|kept| kept.thing != *thing);
    }

    pub(super) fn clear(&mut self) {
        self.kept.clear();
    }

    /// How many things there are, after dropping those whose time is over.
    pub(super) fn count(&mut self, now: Instant) -> usize {
        self.kept.retain(|kept| kept.is_live(now));
        self.kept.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);
    const MOMENT: Duration = Duration::from_millis(1);

    #[test]
    fn what_is_fixed_ends_and_what_is_met_goes_on() {
        let start = Instant::now();
        let mut memory = Memory::new(2);
        memory.remember("fixed", start, Lasting::Fixed(MINUTE));
        memory.remember("renewed", start, Lasting::Renewed(MINUTE));
        for now in [start + MINUTE / 2, start + MINUTE] {
            assert_eq!(memory.meet(&"fixed", now), Some(start));
            assert_eq!(memory.meet(&"renewed", now), Some(start));
        }
        let later = start + MINUTE + MOMENT;
        assert_eq!(memory.meet(&"fixed", later), None);
        assert_eq!(memory.count(later), 1);
        assert_eq!(memory.meet(&"renewed", start + MINUTE * 2), Some(start));
        assert_eq!(memory.meet(&"renewed", start + MINUTE * 3 + MOMENT), None);
    }

    #[test]
    fn the_one_not_met_for_longest_makes_room() {
        let start = Instant::now();
        let mut memory = Memory::new(2);
        for (after, thing) in [(0, "a"), (1, "b")] {
            memory.remember(thing, start + MOMENT * after, Lasting::Renewed(MINUTE));
        }
        memory.meet(&"a", start + MOMENT * 2);
        memory.remember("c", start + MOMENT * 3, Lasting::Fixed(MINUTE));
        let now = start + MOMENT * 4;
        assert!(memory.meet(&"b", now).is_none());
        assert!(memory.meet(&"a", now).is_some() && memory.meet(&"c", now).is_some());
        memory.remember("a", now, Lasting::Fixed(MINUTE));
        assert_eq!((memory.meet(&"a", now), memory.count(now)), (Some(now), 2));
        memory.forget(&"a");
        assert_eq!(memory.count(now), 1);
        memory.clear();
        assert_eq!(memory.count(now), 0);
    }
}
