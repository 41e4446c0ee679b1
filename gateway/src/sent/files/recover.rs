//! Putting in order what an earlier run left in `pending`.

use std::io;

use tracing::{info, warn};

use super::disk::{self, Disk, Place};
use super::load;
use crate::sent::entry::{BadBlock, CopyId, Metadata};

/// Empties `pending`. An entry whose block was never written was not handed over whole, and is removed; any other may
/// have been accepted, and nobody knows: it is in doubt.
pub(super) fn run(disk: &Disk) -> io::Result<()> {
    for place in [Place::Pending, Place::Doubt, Place::Failed] {
        remove_halves(disk, place)?;
    }
    let ids = disk.list(Place::Pending)?;
    for id in &ids {
        if was_never_whole(disk, id) {
            disk.remove(id, Place::Pending)?;
            info!(%id, "sent-dropped");
        } else {
            warn_of(disk, id);
            disk.rename(id, Place::Pending, Place::Doubt)?;
        }
    }
    if ids.is_empty() {
        return Ok(());
    }
    disk.sync_folder(Place::Doubt)?;
    disk.sync_folder(Place::Pending)
}

/// Removes what is in the queue too: renames of which the machine remembers one half.
fn remove_halves(disk: &Disk, place: Place) -> io::Result<()> {
    let ids = disk.list(place)?.into_iter();
    let mut twice = ids.filter(|id| disk.file(id, Place::Queue).exists());
    twice.try_for_each(|id| disk.remove(&id, place))
}

/// Whether nothing is written in the block of an entry in `pending`.
pub(super) fn was_never_whole(disk: &Disk, id: &CopyId) -> bool {
    let block = disk::read_block(&disk.file(id, Place::Pending));
    block.is_ok_and(|(block, _)| Metadata::decode(&block) == Err(BadBlock::Blank))
}

fn warn_of(disk: &Disk, id: &CopyId) {
    match load(disk, id, Place::Pending) {
        Ok((entry, _)) => {
            let Metadata {
                envelope, message_id, ..
            } = entry.metadata;
            let reason = "the gateway ended before the MTA's answer was known";
            warn!(
                %id,
                session = envelope.session,
                account = envelope.name,
                sender = envelope.sender,
                message_id,
                reason,
                "sent-doubt"
            );
        }
        Err(reason) => warn!(%id, %reason, "sent-doubt"),
    }
}
