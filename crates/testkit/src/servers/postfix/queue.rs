//! What Postfix has taken and not delivered yet.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::Error;
use super::config::settle;

/// Where messages are, on their way: what is deferred becomes active again, so that is looked at twice.
const FOLDERS: [&str; 5] = ["incoming", "active", "deferred", "active", "hold"];

/// The names of the files in the queue.
pub(super) fn queued(queue: &Path) -> Result<BTreeSet<String>, Error> {
    let mut ids = BTreeSet::new();
    for folder in FOLDERS {
        collect(&queue.join(folder), &mut ids)?;
    }
    Ok(ids)
}

/// Puts back what was about to be delivered when Postfix was ended, to be tried as soon as it starts, and removes what
/// had not come whole. It would put it back itself too, but let it rest for a minute, and keep the rest for a day.
pub(super) fn put_back(queue: &Path) -> Result<(), Error> {
    let (active, incoming) = (queue.join("active"), queue.join("incoming"));
    for id in ids(&active)? {
        std::fs::rename(active.join(&id), incoming.join(&id)).map_err(Error::file(&active))?;
    }
    for id in ids(&incoming)? {
        let file = incoming.join(id);
        match is_whole(&file)? {
            true => settle(&file)?,
            false => std::fs::remove_file(&file).map_err(Error::file(&file))?,
        }
    }
    Ok(())
}

/// A message that has come whole is a file that can be executed.
fn is_whole(file: &Path) -> Result<bool, Error> {
    let metadata = std::fs::metadata(file).map_err(Error::file(file))?;
    Ok(metadata.permissions().mode() & 0o100 != 0)
}

fn ids(folder: &Path) -> Result<BTreeSet<String>, Error> {
    let mut ids = BTreeSet::new();
    collect(folder, &mut ids)?;
    Ok(ids)
}

fn collect(folder: &Path, ids: &mut BTreeSet<String>) -> Result<(), Error> {
    for entry in std::fs::read_dir(folder).map_err(Error::file(folder))? {
        let entry = entry.map_err(Error::file(folder))?;
        let kind = entry.file_type().map_err(Error::file(folder))?;
        if kind.is_dir() {
            collect(&entry.path(), ids)?;
        } else {
            ids.insert(entry.file_name().to_string_lossy().into_owned());
        }
    }
    Ok(())
}

/// The ids in the lines of the queue manager, which sees a message only once it is whole:
/// `.. postfix/qmgr[1]: ID: from=<..>, size=1, nrcpt=1 (queue active)`.
pub(super) fn accepted(log: &str) -> BTreeSet<String> {
    let lines = log.lines().filter(|line| line.ends_with("(queue active)"));
    lines
        .filter_map(|line| {
            let (_, rest) = line.split_once("/qmgr[")?;
            let (_, rest) = rest.split_once("]: ")?;
            Some(rest.split_once(": from=<")?.0.to_owned())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_accepted_once() {
        let log = "\
Nov 27 13:59:46 mta postfix/cleanup[7000]: 4jbZmL5pRrz1ShQP: message-id=<1@vm>
Nov 27 13:59:46 mta postfix/qmgr[6990]: 4jbZmL5pRrz1ShQP: from=<a@example.org>, size=418, nrcpt=1 (queue active)
Nov 27 13:59:47 mta postfix/qmgr[6990]: 4jbZmL5pRrz1ShQP: from=<a@example.org>, size=418, nrcpt=1 (queue active)
Nov 27 13:59:47 mta postfix/qmgr[6990]: 4jbZmL6abcz1ShQP: from=<>, size=418, nrcpt=1 (queue active)
Nov 27 13:59:47 mta postfix/qmgr[6990]: 4jbZmL6abcz1ShQP: removed
";
        let ids = accepted(log).into_iter().collect::<Vec<_>>();
        assert_eq!(ids, ["4jbZmL5pRrz1ShQP", "4jbZmL6abcz1ShQP"]);
    }
}
