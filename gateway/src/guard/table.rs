//! A map that cannot grow for ever.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

use tokio::time::Instant;

/// How often what has expired is looked for.
const SWEEP: Duration = Duration::from_secs(60);

/// What a table holds.
pub(super) trait Entry {
    /// What is worth less is forgotten first.
    type Worth: Ord;

    /// Whether anything in it still matters.
    fn is_live(&mut self, now: Instant) -> bool;

    /// How bad it would be to forget it; `None` if it must not be.
    fn worth(&self) -> Option<Self::Worth>;
}

/// Entries by key, at most so many of those that may be forgotten.
#[derive(Debug)]
pub(super) struct Table<K, V> {
    most: usize,
    entries: HashMap<K, V>,
    swept: Option<Instant>,
}

impl<K: Eq + Hash + Clone, V: Entry> Table<K, V> {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            entries: HashMap::new(),
            swept: None,
        }
    }

    pub(super) fn get(&mut self, key: &K) -> Option<&mut V> {
        self.entries.get_mut(key)
    }

    /// The entry of a key; a new one takes the place of others if there is no room.
    pub(super) fn entry(&mut self, key: &K, now: Instant, new: impl FnOnce() -> V) -> &mut V {
        self.sweep(now);
        if self.entries.len() >= self.most && !self.entries.contains_key(key) {
            self.make_room(now);
        }
        self.entries.entry(key.clone()).or_insert_with(new)
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
    }

    pub(super) fn iter(&mut self) -> impl Iterator<Item = (&K, &mut V)> {
        self.entries.iter_mut()
    }

    fn sweep(&mut self, now: Instant) {
        let due = |swept: Instant| now.saturating_duration_since(swept) >= SWEEP;
        if self.swept.is_none_or(due) {
            self.swept = Some(now);
            self.entries.retain(|_, entry| entry.is_live(now));
        }
    }

    /// Forgets what has expired and, if that is not enough, a sixteenth of the rest at once: looking for the least
    /// worthy takes as long as there are entries, and must not be done for every new one.
    fn make_room(&mut self, now: Instant) {
        self.entries.retain(|_, entry| entry.is_live(now));
        if self.entries.len() < self.most {
            return;
        }
        let worth = |(key, entry): (&K, &V)| Some((entry.worth()?, key.clone()));
        let mut ranked: Vec<_> = self.entries.iter().filter_map(worth).collect();
        let surplus = (self.most / 16 + 1).min(ranked.len());
        if let Some(last) = surplus.checked_sub(1) {
            ranked.select_nth_unstable_by(last, |one, other| one.0.cmp(&other.0));
        }
        for (_, key) in ranked.into_iter().take(surplus) {
            self.entries.remove(&key);
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }
}
