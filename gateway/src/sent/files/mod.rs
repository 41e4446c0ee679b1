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

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tracing::{error, warn};

use super::entry::{BLOCK, CopyId, Envelope, Metadata};
use super::spool::{Draft, Entry, Opened, Spool, SpoolError};
use disk::Disk;
#[cfg(test)]
pub(super) use disk::Watch;
use draft::FileDraft;
use room::Room;
use unmoved::Unmoved;

pub(crate) use disk::Place;
pub(crate) use visit::Visit;

/// A spool that this process alone writes to.
pub(crate) struct Files {
    inner: Arc<Inner>,
}

struct Inner {
    disk: Disk,
    room: Room,
    unmoved: Unmoved,
    /// In the queue and out of reach: it was said once.
    unread: Mutex<BTreeSet<CopyId>>,
    /// Locked while this process lives.
    _lock: File,
}

impl Files {
    /// Opens a spool, and makes it if there is none. What an earlier run left unfinished is put in order and logged.
    /// `limit` is what it may hold in octets.
    ///
    /// # Errors
    /// If the folders cannot be made or read, or another process has them open.
    pub(crate) fn open(root: &Path, limit: Option<u64>) -> io::Result<Self> {
        Self::open_on(Disk::at(root), limit)
    }

    /// The same, and each step on the disk is told before it is taken.
    #[cfg(test)]
    pub(super) fn watched(root: &Path, watch: Watch) -> io::Result<Self> {
        Self::open_on(Disk::watched(root, watch), None)
    }

    fn open_on(disk: Disk, limit: Option<u64>) -> io::Result<Self> {
        disk.make()?;
        trust::check(&disk)?;
        let lock = lock(disk.root())?;
        recover::run(&disk)?;
        let used = used(&disk)?;
        let inner = Inner {
            disk,
            room: Room::new(limit, used),
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
    fn has_room(&self, size: u64) -> bool {
        let (inner, octets) = (&self.inner, size.saturating_add(BLOCK as u64));
        if !inner.room.fits(octets) && inner.room.is_stale() {
            match used(&inner.disk) {
                Ok(used) => inner.room.recount(used),
                Err(reason) => warn!(%reason, "sent-uncounted"),
            }
        }
        inner.room.fits(octets) && free(inner.disk.root()).is_none_or(|free| octets <= free)
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
            message: Box::new(message),
        })
    }

    fn remove(&self, id: &CopyId) -> io::Result<()> {
        let (disk, unmoved) = (&self.inner.disk, &self.inner.unmoved);
        unmoved.with_place(disk, id, |place| self.inner.remove(id, place))
    }

    fn fail(&self, id: &CopyId) -> io::Result<()> {
        let (disk, unmoved) = (&self.inner.disk, &self.inner.unmoved);
        unmoved.with_place(disk, id, |place| self.inner.shift(id, place, Place::Failed))
    }
}

impl Inner {
    fn unread(&self) -> MutexGuard<'_, BTreeSet<CopyId>> {
        self.unread.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remove(&self, id: &CopyId, place: Place) -> io::Result<()> {
        let octets = fs::metadata(self.disk.file(id, place)).map_or(0, |metadata| metadata.len());
        match self.disk.remove(id, place) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => self.room.give(octets),
        }
        self.disk.sync_folder(place)
    }

    fn shift(&self, id: &CopyId, from: Place, to: Place) -> io::Result<()> {
        shift(&self.disk, id, from, to)
    }

    /// A queued entry, if it is there and can be read. A broken one is put aside.
    fn load(&self, id: &CopyId) -> Option<Entry> {
        match load(&self.disk, id, Place::Queue) {
            Ok((entry, _)) => Some(entry),
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

/// Moves an entry, durably.
fn shift(disk: &Disk, id: &CopyId, from: Place, to: Place) -> io::Result<()> {
    disk.rename(id, from, to)?;
    disk.sync_folder(to)?;
    disk.sync_folder(from)
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
    Ok((Entry { metadata, since }, file))
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

fn used(disk: &Disk) -> io::Result<u64> {
    Place::ALL.iter().map(|place| disk.used(*place)).sum()
}

/// The disk's free octets, where they can be told.
fn free(root: &Path) -> Option<u64> {
    let state = rustix::fs::statvfs(root).ok()?;
    state.f_bavail.checked_mul(state.f_frsize)
}
