//! What Dovecot leaves behind when it is ended in the middle of its work.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::Error;

/// A lock is the same one if its file is.
pub(super) type Lock = (PathBuf, u64);

/// The locks of mailboxes.
pub(super) fn held(folder: &Path) -> Result<BTreeSet<Lock>, Error> {
    let mut locks = BTreeSet::new();
    collect(folder, &mut locks)?;
    Ok(locks)
}

fn collect(folder: &Path, locks: &mut BTreeSet<Lock>) -> Result<(), Error> {
    for entry in std::fs::read_dir(folder).map_err(Error::file(folder))? {
        let entry = entry.map_err(Error::file(folder))?;
        let path = entry.path();
        // What is moved or removed meanwhile is no lock that is left.
        let Ok(metadata) = entry.metadata() else {
            continue;
        };
        if metadata.is_dir() {
            collect(&path, locks)?;
        } else if path.extension().is_some_and(|extension| extension == "lock") {
            locks.insert((path, metadata.ino()));
        }
    }
    Ok(())
}

/// Removes the locks of mailboxes. It would not heed them for ever itself, but up to two minutes.
pub(super) fn remove(folder: &Path) -> Result<(), Error> {
    for (path, _) in held(folder)? {
        std::fs::remove_file(&path).map_err(Error::file(&path))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_locks_are_removed_however_deep() {
        let folder = tempfile::tempdir().unwrap();
        let mailbox = folder.path().join("alice/Maildir/.Sent");
        std::fs::create_dir_all(mailbox.join("new")).unwrap();
        for name in ["dovecot-uidlist", "dovecot-uidlist.lock", "new/1.lock.M1"] {
            std::fs::write(mailbox.join(name), "").unwrap();
        }
        remove(folder.path()).unwrap();
        assert!(mailbox.join("dovecot-uidlist").exists());
        assert!(mailbox.join("new/1.lock.M1").exists());
        assert!(!mailbox.join("dovecot-uidlist.lock").exists());
        assert!(held(folder.path()).unwrap().is_empty());
    }

    #[test]
    fn a_lock_that_is_taken_again_is_another_one() {
        let folder = tempfile::tempdir().unwrap();
        let (lock, next) = (
            folder.path().join("dovecot-uidlist.lock"),
            folder.path().join("next"),
        );
        std::fs::write(&lock, "").unwrap();
        let before = held(folder.path()).unwrap();
        assert_eq!(before, held(folder.path()).unwrap());
        std::fs::write(&next, "").unwrap();
        std::fs::rename(&next, &lock).unwrap();
        assert!(before.is_disjoint(&held(folder.path()).unwrap()));
    }
}
