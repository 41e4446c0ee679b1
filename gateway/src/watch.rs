//! Notices changed files once they hold still, so that a half-written file, or a chain without its key, is not read.

use std::path::Path;
use std::time::{Duration, SystemTime};

use tokio::time::{Interval, MissedTickBehavior, interval};

/// How often files are looked at, and so for how long a changed file has to hold still.
const INTERVAL: Duration = Duration::from_secs(1);

/// The ticks at which files are looked at.
pub(crate) fn ticks() -> Interval {
    let mut ticks = interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// What tells one state of some files from another: size and time of each, or that it is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stamp(Vec<Option<(u64, SystemTime)>>);

impl Stamp {
    pub(crate) fn of<'p>(files: impl IntoIterator<Item = &'p Path>) -> Self {
        let stamp = |file: &Path| {
            let metadata = std::fs::metadata(file).ok()?;
            Some((metadata.len(), metadata.modified().ok()?))
        };
        Self(files.into_iter().map(stamp).collect())
    }
}

/// Files under watch.
#[derive(Debug)]
pub(crate) struct Watched {
    loaded: Stamp,
    seen: Stamp,
}

impl Watched {
    /// Files that were loaded when they had this stamp.
    pub(crate) fn new(loaded: Stamp) -> Self {
        Self {
            seen: loaded.clone(),
            loaded,
        }
    }

    /// Whether the files have changed since they were loaded, and not since the last look. True once for each change.
    pub(crate) fn changed_and_still(&mut self, now: Stamp) -> bool {
        let still = now == self.seen;
        let changed = now != self.loaded;
        self.seen = now;
        if still && changed {
            self.loaded = self.seen.clone();
        }
        still && changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_files_are_loaded_once_they_hold_still() {
        let stamp = |size| Stamp(vec![Some((size, SystemTime::UNIX_EPOCH)), None]);
        let mut watched = Watched::new(stamp(1));
        let sizes = [1, 2, 3, 3, 3, 1, 1];
        let seen = sizes.map(|size| watched.changed_and_still(stamp(size)));
        assert_eq!(seen, [false, false, false, true, false, false, true]);
    }

    #[test]
    fn a_missing_file_has_a_stamp_too() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("users.toml");
        let missing = Stamp::of([file.as_path()]);
        std::fs::write(&file, "x").unwrap();
        assert_ne!(Stamp::of([file.as_path()]), missing);
    }
}
