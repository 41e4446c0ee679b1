//! The usual course of things.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::super::disk::Step;
use super::super::{Files, Place, Visit};
use super::scenario::{PIECES, message, synced, whole};
use crate::sent::entry::tests::envelope;
use crate::sent::entry::{BLOCK, CopyId};
use crate::sent::spool::{Entry, Spool as _, SpoolError};

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
