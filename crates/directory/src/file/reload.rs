//! When a file that changes is read again. Nothing here looks at a clock or a file, [`Stamp::of`] aside.

use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use super::{FileDirectory, FileError};
use crate::ClaimKinds;

/// How long a change has to hold still: whoever writes the file may be in the middle of it.
pub const QUIET: Duration = Duration::from_secs(1);

/// What a look at a file tells without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// The size in octets.
    pub size: u64,
    /// When it was last written.
    pub modified: SystemTime,
}

impl Stamp {
    /// Looks at a file; none if it is not there or cannot be looked at.
    pub fn of(path: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok()?;
        Some(Self {
            size: metadata.len(),
            modified: metadata.modified().ok()?,
        })
    }
}

/// Decides when a file is read again.
///
/// The caller looks at the file about every second and tells what it saw; see [`Step`] for what to do then. What was
/// read goes through [`Reloader::judge`], and the directory in use stays in use until that gives a new one.
#[derive(Debug, Clone)]
pub struct Reloader {
    /// What the file looked like when it was read, or found missing.
    settled: Option<Stamp>,
    changing: Option<Change>,
}

/// A look of the file that is not the settled one, and since when.
#[derive(Debug, Clone, Copy)]
struct Change {
    seen: Option<Stamp>,
    since: Instant,
}

/// What to do after a look at the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Step {
    /// Nothing.
    Keep,
    /// Read the file, judge its content, and take it into use if it is good. It is said once for every change: a
    /// broken edit is complained about once, and read again when it has been repaired.
    Read,
    /// Say that the file is missing, and keep the users that are known. It is said once until the file is back.
    Missing,
}

impl Reloader {
    /// Starts with the look that the file had just before it was read, so that no change is missed. With none, the
    /// file is read again in any case once it has held still: for an administrator who asks for it, and after a
    /// repair that the stamp does not show, such as one of permissions.
    pub fn new(settled: Option<Stamp>) -> Self {
        Self {
            settled,
            changing: None,
        }
    }

    /// Decides after a look at the file at the moment `now`.
    pub fn observe(&mut self, seen: Option<Stamp>, now: Instant) -> Step {
        if seen == self.settled {
            self.changing = None;
            return Step::Keep;
        }
        match self.changing {
            Some(change) if change.seen == seen => self.ripen(change, now),
            _ => {
                self.changing = Some(Change { seen, since: now });
                Step::Keep
            }
        }
    }

    /// A change that has held still for long enough is settled.
    fn ripen(&mut self, change: Change, now: Instant) -> Step {
        if now.saturating_duration_since(change.since) < QUIET {
            return Step::Keep;
        }
        *self = Self::new(change.seen);
        if change.seen.is_some() {
            Step::Read
        } else {
            Step::Missing
        }
    }

    /// The users of a new text, if a listener that offers `required` can go on with them.
    ///
    /// # Errors
    /// Why the users that are in use are kept: a broken edit, no users at all, or users for whom not every kind of
    /// claim in `required` can be judged.
    pub fn judge(text: &str, required: ClaimKinds) -> Result<FileDirectory, FileError> {
        FileDirectory::parse(text)?.require(required)
    }
}
