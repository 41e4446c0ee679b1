//! What Dovecot leaves behind when it is ended in the middle of its work.

use std::path::Path;

use super::Error;

/// Removes the locks of mailboxes. It would not heed them for ever itself, but up to two minutes.
pub(super) fn remove(folder: &Path) -> Result<(), Error> {
    for entry in std::fs::read_dir(folder).map_err(Error::file(folder))? {
        let entry = entry.map_err(Error::file(folder))?;
        let path = entry.path();
        if entry.file_type().map_err(Error::file(&path))?.is_dir() {
            remove(&path)?;
        } else if path.extension().is_some_and(|extension| extension == "lock") {
            std::fs::remove_file(&path).map_err(Error::file(&path))?;
        }
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
    }
}
