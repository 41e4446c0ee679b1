//! Whether the spool is ours alone to write to: what stands in `queue` is filed in the mailbox that it names.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::disk::{Disk, Place};

/// Write permission of the group and of everybody else.
const OTHERS_WRITE: u32 = 0o022;

/// Refuses folders that are somebody else's, or that others may write to.
pub(super) fn check(disk: &Disk) -> io::Result<()> {
    let folders = Place::ALL.map(|place| disk.folder(place));
    let mut all = folders.iter().map(AsRef::as_ref).chain([disk.root()]);
    all.try_for_each(check_folder)
}

fn check_folder(folder: &Path) -> io::Result<()> {
    let state = fs::metadata(folder)?;
    let ours = rustix::process::geteuid().as_raw();
    wrong(state.uid(), state.mode(), ours).map_or(Ok(()), |what| {
        let what = format!("{} {what}", folder.display());
        Err(io::Error::new(io::ErrorKind::PermissionDenied, what))
    })
}

/// What is wrong with a folder.
fn wrong(owner: u32, mode: u32, ours: u32) -> Option<String> {
    if owner != ours {
        return Some(format!(
            "belongs to the user {owner}, and not to {ours}, who runs this"
        ));
    }
    let open = mode & OTHERS_WRITE != 0;
    open.then(|| "can be written to by others: take that away with chmod go-w".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_nobody_else_writes_to_is_trusted() {
        assert_eq!(wrong(7, 0o40700, 7), None);
        assert_eq!(wrong(7, 0o40755, 7), None);
        for mode in [0o40770, 0o40720, 0o40702, 0o41777] {
            assert!(wrong(7, mode, 7).is_some(), "{mode:o}");
        }
        assert!(wrong(8, 0o40700, 7).is_some());
        assert!(wrong(8, 0o40700, 0).is_some());
    }
}
