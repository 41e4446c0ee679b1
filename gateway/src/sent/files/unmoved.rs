//! Accepted entries that could not be moved to the queue.
//!
//! They are filed from `pending`, but a start would take them for doubtful ones. So the move is tried again at every
//! occasion, and nobody does anything else to the entry meanwhile.

use std::collections::BTreeSet;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tracing::info;

use super::disk::{Disk, Place};
use crate::sent::entry::CopyId;

/// The entries.
#[derive(Default)]
pub(super) struct Unmoved(Mutex<BTreeSet<CopyId>>);

impl Unmoved {
    fn ids(&self) -> MutexGuard<'_, BTreeSet<CopyId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add(&self, id: &CopyId) {
        self.ids().insert(id.clone());
    }

    /// Tries again with all of them.
    pub(super) fn move_all(&self, disk: &Disk) {
        self.ids().retain(|id| !is_moved(disk, id));
    }

    /// Does something where the entry is that was accepted: in `pending` only if it still cannot be moved.
    pub(super) fn with_place<T>(
        &self,
        disk: &Disk,
        id: &CopyId,
        work: impl FnOnce(Place) -> io::Result<T>,
    ) -> io::Result<T> {
        let mut ids = self.ids();
        if !ids.contains(id) {
            drop(ids);
            return work(Place::Queue);
        }
        if is_moved(disk, id) {
            ids.remove(id);
        }
        let place = if disk.file(id, Place::Pending).exists() {
            Place::Pending
        } else {
            Place::Queue
        };
        work(place)
    }
}

/// Moves an entry, or makes a move durable of which that is not known. One that is gone need not be moved any more.
fn is_moved(disk: &Disk, id: &CopyId) -> bool {
    let there = |place| disk.file(id, place).exists();
    if !there(Place::Pending) && !there(Place::Queue) {
        return true;
    }
    let renamed = match there(Place::Pending) {
        true => disk.rename(id, Place::Pending, Place::Queue),
        false => Ok(()),
    };
    let synced = renamed
        .and_then(|()| disk.sync_folder(Place::Queue))
        .and_then(|()| disk.sync_folder(Place::Pending));
    if synced.is_ok() {
        info!(%id, "sent-moved");
    }
    synced.is_ok()
}
