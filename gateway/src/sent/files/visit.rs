//! Looking at a spool that another process may have open.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::SystemTime;

use super::disk::{self, Disk, Marked, Place, write_mark};
use super::{load, recover, shift};
use crate::sent::entry::CopyId;
use crate::sent::spool::Entry;

/// A spool to look at. Nothing of it is locked: entries may come and go.
pub(crate) struct Visit {
    disk: Disk,
}

impl Visit {
    /// # Errors
    /// If there is no spool.
    pub(crate) fn open(root: &Path) -> io::Result<Self> {
        let disk = Disk::at(root);
        disk.list(Place::Queue)?;
        Ok(Self { disk })
    }

    /// The entries in a folder, the oldest first, each with what is known of it. Those that have just gone are left
    /// out, and so are those that are not whole yet.
    pub(crate) fn list(&self, place: Place) -> io::Result<Vec<(CopyId, io::Result<Entry>)>> {
        let ids = self.disk.list(place)?.into_iter();
        let whole = ids.filter(|id| place != Place::Pending || !recover::was_never_whole(&self.disk, id));
        let entries = whole.map(|id| {
            let entry = load(&self.disk, &id, place).map(|(entry, _)| entry);
            (id, entry)
        });
        let gone = |entry: &io::Result<Entry>| matches!(entry, Err(error) if error.kind() == io::ErrorKind::NotFound);
        Ok(entries.filter(|(_, entry)| !gone(entry)).collect())
    }

    /// How many entries there are in a folder, whatever is in them.
    pub(crate) fn count(&self, place: Place) -> io::Result<usize> {
        Ok(self.disk.list(place)?.len())
    }

    /// Where an entry is.
    pub(crate) fn find(&self, id: &CopyId) -> Option<Place> {
        let there = |place: &Place| self.disk.file(id, *place).exists();
        Place::ALL.into_iter().find(there)
    }

    /// An entry and its message.
    pub(crate) fn load(&self, id: &CopyId, place: Place) -> io::Result<(Entry, File)> {
        load(&self.disk, id, place)
    }

    /// Puts an entry back into the queue, and begins its life anew.
    pub(crate) fn retry(&self, id: &CopyId, from: Place) -> io::Result<()> {
        let file = disk::open(&self.disk.file(id, from), File::options().read(true).write(true))?;
        // A damaged one may be too short for a mark.
        let _ = write_mark(&file, Marked::No);
        file.set_modified(SystemTime::now())?;
        file.sync_all()?;
        shift(&self.disk, id, from, Place::Queue)
    }
}
