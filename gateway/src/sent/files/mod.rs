//! The spool as a folder on a local disk.
//!
//! One file per message: a block of 4,096 octets that says whose it is, and the message behind it. What state an
//! entry is in is the folder that it is in, so that one rename changes it: `pending`, `queue`, `doubt`, `failed`.

mod disk;
mod draft;
mod recover;
mod room;
#[cfg(test)]
mod tests;
mod trust;
mod unmoved;
mod visit;

use std::collections::{BTreeSet, HashSet};
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tracing::{error, warn};

use super::entry::{BLOCK, CopyId, Envelope, Metadata, is_marked};
use super::lines;
use super::spool::{Draft, Entry, Opened, Spool, SpoolError};
#[cfg(test)]
pub(super) use disk::Watch;
use disk::{Disk, Marked};
use draft::FileDraft;
use room::Room;
use unmoved::Unmoved;

pub(crate) use disk::Place;
pub(crate) use room::Limits;
pub(crate) use visit::Visit;

/// A spool that this process alone writes to.
pub(crate) struct Files {
    inner: Arc<Inner>,
}

struct Inner {
    disk: Disk,
    room: Room,
    /// Moved out of `pending`, which may not be durable.
    halves: Mutex<HashSet<CopyId>>,
    unmoved: Unmoved,
    /// In the queue and out of reach: it was said once.
    unread: Mutex<BTreeSet<CopyId>>,
    /// Locked while this process lives.
    _lock: File,
}

impl Files {
    /// Opens a spool, and makes it if there is none. What an earlier run left unfinished is put in order and logged.
    /// `limits` are what it may hold.
    ///
    /// # Errors
    /// If the folders cannot be made or read, or another process has them open.
    pub(crate) fn open(root: &Path, limits: impl Into<Limits>) -> io::Result<Self> {
        Self::open_on(Disk::at(root), limits.into())
    }

    /// The same, and each step on the disk is told before it is taken.
    #[cfg(test)]
    pub(super) fn watched(root: &Path, watch: Watch) -> io::Result<Self> {
        Self::open_on(Disk::watched(root, watch), Limits::default())
    }

    fn open_on(disk: Disk, limits: Limits) -> io::Result<Self> {
        disk.make()?;
        trust::check(&disk)?;
        let lock = lock(disk.root())?;
        recover::run(&disk)?;
        let room = Room::new(limits);
        count(&disk, &room)?;
        let inner = Inner {
            disk,
            room,
            halves: Mutex::default(),
            unmoved: Unmoved::default(),
            unread: Mutex::default(),
            _lock: lock,
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }
}

impl Spool for Files {
    fn room_for(&self, envelope: &Envelope, size: u64) -> Result<(), SpoolError> {
        let (room, octets) = (&self.inner.room, size.saturating_add(BLOCK as u64));
        let check = || room.check(envelope, octets, free(self.inner.disk.root()));
        let checked = check();
        if checked.is_ok() || !room.is_stale() {
            return checked;
        }
        if let Err(reason) = recount(&self.inner.disk, room) {
            warn!(%reason, "sent-uncounted");
        }
        check()
    }

    fn begin(&self, envelope: Envelope) -> Result<Box<dyn Draft>, SpoolError> {
        Ok(Box::new(FileDraft::create(Arc::clone(&self.inner), envelope)?))
    }

    fn queued(&self, known: &dyn Fn(&CopyId) -> bool) -> io::Result<Vec<Entry>> {
        let (inner, disk) = (&self.inner, &self.inner.disk);
        inner.unmoved.move_all(disk);
        let ids = disk.list(Place::Queue)?;
        inner.unread().retain(|id| ids.binary_search(id).is_ok());
        let entries = ids.into_iter().filter(|id| !known(id));
        Ok(entries.filter_map(|id| inner.load(&id)).collect())
    }

    fn open(&self, id: &CopyId) -> io::Result<Opened> {
        let (disk, unmoved) = (&self.inner.disk, &self.inner.unmoved);
        let (entry, file) = unmoved.with_place(disk, id, |place| load(disk, id, place))?;
        let message = io::Read::take(file, entry.metadata.size);
        Ok(Opened {
            metadata: entry.metadata,
            marked: entry.marked,
            message: Box::new(message),
        })
    }

    fn remove(&self, id: &CopyId) -> io::Result<()> {
        let (disk, unmoved) = (&self.inner.disk, &self.inner.unmoved);
        unmoved.with_place(disk, id, |place| self.inner.remove(id, place))
    }

    fn sync_removed(&self) -> io::Result<()> {
        self.inner.disk.sync_folder(Place::Queue)
    }

    fn fail(&self, id: &CopyId) -> io::Result<()> {
        let (disk, unmoved) = (&self.inner.disk, &self.inner.unmoved);
        unmoved.with_place(disk, id, |place| self.inner.shift(id, place, Place::Failed))
    }

    fn doubt(&self, id: &CopyId) -> io::Result<()> {
        let (disk, unmoved) = (&self.inner.disk, &self.inner.unmoved);
        unmoved.with_place(disk, id, |place| self.inner.shift(id, place, Place::Doubt))
    }

    fn mark(&self, id: &CopyId) -> io::Result<()> {
        self.inner.mark(id, Marked::Yes)
    }

    fn unmark(&self, id: &CopyId) -> io::Result<()> {
        self.inner.mark(id, Marked::No)
    }
}

impl Inner {
    fn unread(&self) -> MutexGuard<'_, BTreeSet<CopyId>> {
        self.unread.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remove(&self, id: &CopyId, place: Place) -> io::Result<()> {
        if place == Place::Queue {
            self.sync_half(id)?;
        }
        match self.disk.remove(id, place) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => {
                self.room.leave(id);
                Ok(())
            }
        }
    }

    fn mark(&self, id: &CopyId, marked: Marked) -> io::Result<()> {
        let marking = |place| self.disk.mark(id, place, marked);
        self.unmoved.with_place(&self.disk, id, marking)
    }

    fn shift(&self, id: &CopyId, from: Place, to: Place) -> io::Result<()> {
        if from != Place::Pending {
            self.sync_half(id)?;
            return shift(&self.disk, id, from, to);
        }
        let moved = shift(&self.disk, id, from, to);
        // Behind the rename: whoever syncs from here on syncs that, too.
        self.halves().insert(id.clone());
        moved
    }

    fn halves(&self) -> MutexGuard<'_, HashSet<CopyId>> {
        self.halves.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes `pending` durable, and with it that entries are gone from there.
    fn sync_pending(&self) -> io::Result<()> {
        let halves = std::mem::take(&mut *self.halves());
        let synced = self.disk.sync_folder(Place::Pending);
        if synced.is_err() {
            self.halves().extend(halves);
        }
        synced
    }

    /// Before an entry leaves the queue, it has to be gone from `pending` for good: else, if the power is cut, it would
    /// be there alone, and in doubt. Where another message came meanwhile, it is.
    fn sync_half(&self, id: &CopyId) -> io::Result<()> {
        if self.halves().contains(id) {
            self.sync_pending()
        } else {
            Ok(())
        }
    }

    /// A queued entry, if it is there and can be read. A broken one is put aside, as is one that was being filed and
    /// cannot be looked for.
    fn load(&self, id: &CopyId) -> Option<Entry> {
        match load(&self.disk, id, Place::Queue) {
            Ok((entry, _)) if entry.marked => {
                lines::in_doubt(&entry.metadata, lines::MAYBE_FILED);
                if let Err(reason) = self.shift(id, Place::Queue, Place::Doubt) {
                    error!(%id, %reason, "sent-unmoved");
                }
                None
            }
            Ok((entry, _)) => {
                let octets = BLOCK as u64 + entry.metadata.size;
                self.room.found(id, Some(&entry.metadata.envelope), octets);
                Some(entry)
            }
            Err(reason) if reason.kind() == io::ErrorKind::NotFound => None,
            Err(reason) if reason.kind() == io::ErrorKind::InvalidData => {
                error!(%id, %reason, "sent-broken");
                if let Err(reason) = self.shift(id, Place::Queue, Place::Failed) {
                    error!(%id, %reason, "sent-unmoved");
                }
                None
            }
            Err(reason) => {
                if self.unread().insert(id.clone()) {
                    warn!(%id, %reason, "sent-unread");
                }
                None
            }
        }
    }
}

/// Moves an entry, durably. That it is gone from where it was may not be: `recover` knows two names of one entry.
fn shift(disk: &Disk, id: &CopyId, from: Place, to: Place) -> io::Result<()> {
    disk.rename(id, from, to)?;
    disk.sync_folder(to)
}

/// Reads what is known of an entry, and checks that its message is whole. The file is at the message's beginning.
fn load(disk: &Disk, id: &CopyId, place: Place) -> io::Result<(Entry, File)> {
    let broken = |what: &dyn ToString| io::Error::new(io::ErrorKind::InvalidData, what.to_string());
    let (block, file) = disk::read_block(&disk.file(id, place))?;
    let metadata = Metadata::decode(&block).map_err(|error| broken(&error))?;
    let state = file.metadata()?;
    if metadata.id != *id {
        return Err(broken(&format!("it is the entry {}", metadata.id)));
    }
    if metadata.size.checked_add(BLOCK as u64) != Some(state.len()) {
        return Err(broken(&format!(
            "its message has {} octets and not {}",
            state.len().saturating_sub(BLOCK as u64),
            metadata.size
        )));
    }
    let since = state.modified()?;
    let marked = is_marked(&block);
    let entry = Entry {
        metadata,
        since,
        marked,
    };
    Ok((entry, file))
}

fn lock(root: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    let options = options.write(true).create(true).truncate(false).mode(0o600);
    let lock = options.open(root.join("lock"))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(io::Error::new(
            io::ErrorKind::WouldBlock,
            "another gatepost uses it",
        )),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Counts all entries, whosever they are.
fn count(disk: &Disk, room: &Room) -> io::Result<()> {
    for place in Place::ALL {
        for id in disk.list(place)? {
            let entry = load(disk, &id, place).ok();
            let envelope = entry.as_ref().map(|(entry, _)| &entry.metadata.envelope);
            room.found(&id, envelope, disk.octets(&id, place));
        }
    }
    Ok(())
}

/// Forgets what was removed by hand.
fn recount(disk: &Disk, room: &Room) -> io::Result<()> {
    let (known, mut there) = (room.ids(), HashSet::new());
    for place in Place::ALL {
        there.extend(disk.list(place)?);
    }
    room.recount(&known, &there);
    Ok(())
}

/// The disk's free octets, where they can be told.
fn free(root: &Path) -> Option<u64> {
    let state = rustix::fs::statvfs(root).ok()?;
    state.f_bavail.checked_mul(state.f_frsize)
}
