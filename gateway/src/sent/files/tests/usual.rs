//! The usual course of things.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use super::super::disk::Step;
use super::super::{Files, Place, Visit};
use super::scenario::{PIECES, message, restarted, synced, whole};
use crate::sent::entry::tests::envelope;
use crate::sent::entry::{BLOCK, CopyId};
use crate::sent::spool::{Entry, Opened, Spool as _, SpoolError};

fn queued(files: &Files) -> Entry {
    let (entry, moved) = synced(whole(files).unwrap()).unwrap().queue();
    moved.unwrap();
    entry
}

fn names(root: &Path, place: Place) -> Vec<String> {
    let folder = fs::read_dir(root.join(place.name())).unwrap();
    folder
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect()
}

fn has_room(files: &Files, size: u64) -> bool {
    files.room_for(&envelope("alice"), size).is_ok()
}

#[test]
fn a_message_is_kept_as_it_came_until_it_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::open(folder.path(), None).unwrap();
    let entry = queued(&files);
    assert_eq!(entry.metadata.size, PIECES.concat().len() as u64);
    assert_eq!(entry.metadata.message_id.as_deref(), Some("<1@example.com>"));
    let found = files.queued(&|_| false).unwrap();
    assert_eq!(found[0].metadata, entry.metadata);
    assert_eq!(message(&files, &entry.metadata.id), PIECES.concat());
    assert!(files.queued(&|id| *id == entry.metadata.id).unwrap().is_empty());
    files.remove(&entry.metadata.id).unwrap();
    assert!(files.queued(&|_| false).unwrap().is_empty());
    let gone = files.open(&entry.metadata.id).err().unwrap();
    assert_eq!(gone.kind(), std::io::ErrorKind::NotFound);
    files.remove(&entry.metadata.id).unwrap();
}

#[test]
fn nobody_else_may_read() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("a/spool");
    let files = Files::open(&root, None).unwrap();
    let entry = queued(&files);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(&root), 0o700);
    for place in Place::ALL {
        assert_eq!(mode(&root.join(place.name())), 0o700, "{place:?}");
    }
    assert_eq!(mode(&root.join("lock")), 0o600);
    assert_eq!(mode(&root.join("queue").join(entry.metadata.id.as_str())), 0o600);
}

#[test]
fn two_gateways_never_share_a_spool_and_a_visitor_may_look() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::open(folder.path(), None).unwrap();
    let error = Files::open(folder.path(), None).err().unwrap();
    assert_eq!(error.to_string(), "another gatepost uses it");
    assert!(
        Visit::open(folder.path())
            .unwrap()
            .list(Place::Queue)
            .unwrap()
            .is_empty()
    );
    drop(files);
    assert!(Files::open(folder.path(), None).is_ok());
    assert!(Visit::open(&folder.path().join("nowhere")).is_err());
}

#[test]
fn what_does_not_fit_is_refused_before_and_while_it_comes() {
    let folder = tempfile::tempdir().unwrap();
    let block = BLOCK as u64;
    let files = Files::open(folder.path(), Some(2 * block + 10)).unwrap();
    assert!(has_room(&files, block) && !has_room(&files, 2 * block));
    let mut draft = files.begin(envelope("alice")).unwrap();
    draft.append(&vec![b'a'; BLOCK + 10]).unwrap();
    assert!(matches!(draft.append(b"a"), Err(SpoolError::Full(_))));
    assert!(matches!(files.begin(envelope("bob")), Err(SpoolError::Full(_))));
    drop(draft);
    assert!(names(folder.path(), Place::Pending).is_empty());
    assert!(has_room(&files, block));
    let entry = queued(&files);
    assert!(!has_room(&files, block));
    drop(files);
    // What is there at the start counts.
    let files = Files::open(folder.path(), Some(2 * block + 10)).unwrap();
    assert!(!has_room(&files, block));
    files.remove(&entry.metadata.id).unwrap();
    assert!(has_room(&files, block));
}

#[test]
fn an_account_that_fills_its_share_leaves_room_for_others() {
    let folder = tempfile::tempdir().unwrap();
    let limit = Some(16 * BLOCK as u64);
    let files = Files::open(folder.path(), limit).unwrap();
    let entries: Vec<Entry> = (0..3).map(|_| queued(&files)).collect();
    let bob = envelope("bob");
    assert!(!has_room(&files, BLOCK as u64));
    files.room_for(&bob, BLOCK as u64).unwrap();
    for entry in &entries {
        files.fail(&entry.metadata.id).unwrap();
    }
    drop(files);
    // Whose copies they are is known after a start, too.
    let files = Files::open(folder.path(), limit).unwrap();
    assert!(!has_room(&files, BLOCK as u64));
    files.room_for(&bob, BLOCK as u64).unwrap();
    // What was removed by hand is noticed once in a while.
    drop(files);
    let files = Files::open(folder.path(), limit).unwrap();
    let file = |entry: &Entry| folder.path().join("failed").join(entry.metadata.id.as_str());
    entries
        .iter()
        .for_each(|entry| fs::remove_file(file(entry)).unwrap());
    assert!(has_room(&files, 15 * BLOCK as u64));
}

#[test]
fn what_people_remove_makes_room() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::open(folder.path(), Some(BLOCK as u64 + 100)).unwrap();
    let entry = queued(&files);
    files.fail(&entry.metadata.id).unwrap();
    fs::remove_file(folder.path().join("failed").join(entry.metadata.id.as_str())).unwrap();
    assert!(has_room(&files, 10));
}

#[test]
fn broken_entries_are_put_aside_and_the_others_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::open(folder.path(), None).unwrap();
    let entries: Vec<Entry> = (0..5).map(|_| queued(&files)).collect();
    let file = |index: usize| {
        folder
            .path()
            .join("queue")
            .join(entries[index].metadata.id.as_str())
    };
    let cut = fs::read(file(0)).unwrap();
    fs::write(file(0), &cut[..cut.len() - 1]).unwrap();
    fs::write(file(1), b"").unwrap();
    fs::write(file(2), [&cut[..], b"more"].concat()).unwrap();
    fs::rename(file(3), folder.path().join("queue/0-0-0")).unwrap();
    fs::write(folder.path().join("queue/README"), b"not an entry").unwrap();
    let found = files.queued(&|_| false).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].metadata.id, entries[4].metadata.id);
    assert_eq!(names(folder.path(), Place::Failed).len(), 4);
    assert_eq!(names(folder.path(), Place::Queue).len(), 2);
}

#[test]
fn an_entry_that_is_tried_again_lives_anew() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::open(folder.path(), None).unwrap();
    let entry = queued(&files);
    let id = entry.metadata.id.clone();
    let old = SystemTime::now() - Duration::from_secs(1_000_000);
    let file = fs::File::options()
        .append(true)
        .open(folder.path().join("queue").join(id.as_str()));
    file.unwrap().set_modified(old).unwrap();
    files.fail(&id).unwrap();
    let visit = Visit::open(folder.path()).unwrap();
    assert_eq!(visit.find(&id), Some(Place::Failed));
    assert_eq!(
        visit.list(Place::Failed).unwrap()[0].1.as_ref().unwrap().since,
        old
    );
    visit.retry(&id, Place::Failed).unwrap();
    assert_eq!(visit.find(&id), Some(Place::Queue));
    let found = files.queued(&|_| false).unwrap();
    assert_eq!(found[0].metadata, entry.metadata);
    assert!(found[0].since > SystemTime::now() - Duration::from_secs(60));
    assert_eq!(visit.find(&CopyId::parse("0").unwrap()), None);
}

/// A spool whose disk refuses to move accepted entries, until it is told to.
fn stubborn(root: &Path) -> (Files, Arc<AtomicBool>) {
    let moves = Arc::new(AtomicBool::new(false));
    let allowed = Arc::clone(&moves);
    let watch = move |step| match step {
        Step::Rename(_, Place::Pending, Place::Queue) if !allowed.load(Ordering::Relaxed) => {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        _ => Ok(()),
    };
    (Files::watched(root, Box::new(watch)).unwrap(), moves)
}

#[test]
fn what_was_accepted_and_not_moved_is_moved_as_soon_as_that_works() {
    let folder = tempfile::tempdir().unwrap();
    let (files, moves) = stubborn(folder.path());
    let (first, moved) = synced(whole(&files).unwrap()).unwrap().queue();
    assert!(moved.is_err());
    let (second, _) = synced(whole(&files).unwrap()).unwrap().queue();
    let visit = Visit::open(folder.path()).unwrap();
    let place = |entry: &Entry| visit.find(&entry.metadata.id);
    // It is tried each time the folder is looked at, and when it is filed.
    assert!(files.queued(&|_| true).unwrap().is_empty());
    assert_eq!(message(&files, &first.metadata.id), PIECES.concat());
    assert_eq!(place(&first), Some(Place::Pending));
    moves.store(true, Ordering::Relaxed);
    assert_eq!(message(&files, &first.metadata.id), PIECES.concat());
    assert_eq!(
        (place(&first), place(&second)),
        (Some(Place::Queue), Some(Place::Pending))
    );
    assert!(files.queued(&|_| true).unwrap().is_empty());
    assert_eq!(place(&second), Some(Place::Queue));
    drop(files);
    assert_eq!(restarted(folder.path())["queue"], 2);
}

#[test]
fn what_was_accepted_and_not_moved_is_removed_and_put_aside_where_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let (files, _) = stubborn(folder.path());
    let [first, second] = [(); 2].map(|()| synced(whole(&files).unwrap()).unwrap().queue().0);
    files.remove(&first.metadata.id).unwrap();
    files.fail(&second.metadata.id).unwrap();
    assert!(files.queued(&|_| false).unwrap().is_empty());
    assert!(names(folder.path(), Place::Pending).is_empty());
    assert_eq!(names(folder.path(), Place::Failed), [second.metadata.id.as_str()]);
}

#[test]
fn whole_messages_without_a_verdict_are_listed_and_others_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::open(folder.path(), None).unwrap();
    let visit = Visit::open(folder.path()).unwrap();
    let draft = whole(&files).unwrap();
    assert!(visit.list(Place::Pending).unwrap().is_empty());
    let draft = synced(draft).unwrap();
    let listed = visit.list(Place::Pending).unwrap();
    assert_eq!(listed[0].1.as_ref().unwrap().metadata, *draft.metadata());
}

#[test]
fn a_spool_that_others_may_write_to_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(Files::open(folder.path(), None).unwrap());
    for place in ["", "pending", "queue", "doubt", "failed"] {
        let folder = folder.path().join(place);
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o720)).unwrap();
        let error = Files::open(
            folder.ancestors().nth(usize::from(!place.is_empty())).unwrap(),
            None,
        );
        let error = error.err().unwrap();
        assert_eq!(error.kind(), std::io::ErrorKind::PermissionDenied, "{error}");
        assert!(error.to_string().contains("chmod go-w"), "{error}");
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    }
    assert!(Files::open(folder.path(), None).is_ok());
}

#[test]
fn what_is_no_regular_file_is_put_aside_and_hangs_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::open(folder.path(), None).unwrap();
    let entry = queued(&files);
    let queue = folder.path().join("queue");
    rustix::fs::mkfifoat(rustix::fs::CWD, queue.join("0-1"), 0o600.into()).unwrap();
    fs::create_dir(queue.join("0-2")).unwrap();
    std::os::unix::fs::symlink(queue.join(entry.metadata.id.as_str()), queue.join("0-3")).unwrap();
    let pending = folder.path().join("pending");
    rustix::fs::mkfifoat(rustix::fs::CWD, pending.join("0-4"), 0o600.into()).unwrap();
    let found = files.queued(&|_| false).unwrap();
    assert_eq!(found.len(), 1);
    let mut failed = names(folder.path(), Place::Failed);
    failed.sort();
    assert_eq!(failed, ["0-1", "0-2", "0-3"]);
    let visit = Visit::open(folder.path()).unwrap();
    let id = CopyId::parse("0-1").unwrap();
    assert!(visit.retry(&id, Place::Failed).is_err());
    drop(files);
    drop(Files::open(folder.path(), None).unwrap());
    assert_eq!(names(folder.path(), Place::Doubt), ["0-4"]);
}

#[test]
fn values_that_are_too_long_cost_what_people_read_first_and_the_message_id_last() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::open(folder.path(), None).unwrap();
    let message_id = format!("<{}>", "\\".repeat(900));
    let kept = |account: usize| {
        let mut envelope = envelope("alice");
        envelope.account.0 = "i".repeat(account);
        assert_eq!(envelope.fits(), account < BLOCK - 500);
        let mut draft = files.begin(envelope)?;
        draft.append(b"x")?;
        draft.sync(SystemTime::UNIX_EPOCH, Some(message_id.clone()))?;
        let (entry, _) = draft.queue();
        let Opened { metadata, .. } = files.open(&entry.metadata.id)?;
        assert_eq!(metadata, entry.metadata);
        Ok::<_, SpoolError>((
            !metadata.envelope.sender.is_empty(),
            metadata.message_id.is_some(),
        ))
    };
    assert_eq!(kept(1500).unwrap(), (true, true));
    let without_a_sender = (1500..BLOCK).find(|length| !kept(*length).unwrap().0).unwrap();
    assert_eq!(kept(without_a_sender).unwrap(), (false, true));
    assert_eq!(kept(2500).unwrap(), (false, false));
    assert!(kept(BLOCK).is_err());
    assert!(names(folder.path(), Place::Pending).is_empty());
}

#[test]
fn what_is_marked_is_in_doubt_after_a_start_and_lives_anew_without_the_mark() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::open(folder.path(), None).unwrap();
    let (marked, unmarked) = (queued(&files).metadata.id, queued(&files).metadata.id);
    let modified = |id: &CopyId| {
        let file = folder.path().join("queue").join(id.as_str());
        fs::metadata(file).unwrap().modified().unwrap()
    };
    let before = modified(&marked);
    for id in [&marked, &unmarked] {
        files.mark(id).unwrap();
        assert!(files.open(id).unwrap().marked);
    }
    assert_eq!(modified(&marked), before, "its life goes on");
    files.unmark(&unmarked).unwrap();
    let found = files.queued(&|_| false).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((&found[0].metadata.id, found[0].marked), (&unmarked, false));
    let visit = Visit::open(folder.path()).unwrap();
    assert_eq!(visit.find(&marked), Some(Place::Doubt));
    visit.retry(&marked, Place::Doubt).unwrap();
    assert_eq!(files.queued(&|_| false).unwrap().len(), 2);
}

#[test]
fn a_message_costs_three_fsyncs() {
    let folder = tempfile::tempdir().unwrap();
    let (synced, telling) = std::sync::mpsc::channel();
    let watch = move |step| {
        match step {
            Step::SyncFile(_) => synced.send("file").unwrap(),
            Step::SyncFolder(place) => synced.send(place.name()).unwrap(),
            _ => {}
        }
        Ok(())
    };
    let files = Files::watched(folder.path(), Box::new(watch)).unwrap();
    let (first, second) = (queued(&files), queued(&files));
    files.remove(&first.metadata.id).unwrap();
    assert_eq!(
        telling.try_iter().collect::<Vec<_>>(),
        ["file", "pending", "queue", "file", "pending", "queue"]
    );
    // Nobody else has seen to it that the last one is gone from `pending`.
    files.remove(&second.metadata.id).unwrap();
    assert_eq!(telling.try_iter().collect::<Vec<_>>(), ["pending"]);
}

#[test]
fn a_real_full_disk_is_full() {
    // Every write to it says ENOSPC.
    let error = std::io::Write::write(
        &mut fs::File::options().write(true).open("/dev/full").unwrap(),
        b"x",
    );
    assert!(matches!(
        SpoolError::from(error.unwrap_err()),
        SpoolError::Full(_)
    ));
}
