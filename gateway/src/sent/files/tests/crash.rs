//! `kill -9`: what was done stays done, and nothing else is.

use std::fs;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::super::disk::{Place, Step};
use super::super::{Files, Visit};
use super::scenario::{Ending, Milestone, PIECES, check, message, play, restarted, synced, whole};
use crate::sent::spool::{Spool as _, SpoolError};

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        let to = to.join(file.file_name());
        if file.file_type().unwrap().is_dir() {
            copy(&file.path(), &to);
        } else {
            fs::copy(file.path(), to).unwrap();
        }
    }
}

/// The spool as it was before each step, with the milestone then and the step.
fn snapshots(folder: &Path, ending: Ending) -> Vec<(Milestone, Step, PathBuf)> {
    let root = folder.join("spool");
    let (taken, from, to) = (Arc::new(Mutex::new(Vec::new())), root.clone(), folder.to_owned());
    let snapshots = Arc::clone(&taken);
    play(&root, ending, move |milestone, step| {
        let mut snapshots = snapshots.lock().unwrap();
        let to = to.join(snapshots.len().to_string());
        copy(&from, &to);
        snapshots.push((milestone, step.clone(), to));
        Ok(())
    });
    std::mem::take(&mut taken.lock().unwrap())
}

#[test]
fn a_gateway_killed_before_any_step_keeps_its_promise() {
    let mut moments = 0;
    for ending in Ending::ALL {
        let folder = tempfile::tempdir().unwrap();
        for (milestone, step, root) in snapshots(folder.path(), ending) {
            let found = restarted(&root);
            check(milestone, ending, &found, &format!("before {step:?}"));
            assert_eq!(restarted(&root), found, "a second start changes nothing");
            moments += 1;
        }
    }
    assert!(moments > 40, "each step of each ending: {moments}");
}

/// All but the last octets of a write.
#[test]
fn a_gateway_killed_in_the_middle_of_a_write_keeps_its_promise() {
    let folder = tempfile::tempdir().unwrap();
    for (milestone, step, root) in snapshots(folder.path(), Ending::Filed) {
        let (id, octets, offset) = match &step {
            Step::Write(id, octets) => (id, octets, None),
            Step::WriteBlock(id, octets) => (id, octets, Some(0)),
            _ => continue,
        };
        let file = root.join(Place::Pending.name()).join(id.as_str());
        let mut content = fs::read(&file).unwrap();
        content.resize(content.len().max(4096), 0);
        let at = offset.unwrap_or(content.len());
        let written = &octets[..octets.len() - 7];
        content.resize(content.len().max(at + written.len()), 0);
        content[at..at + written.len()].copy_from_slice(written);
        fs::write(&file, content).unwrap();
        Files::open(&root, None).unwrap();
        let visit = Visit::open(&root).unwrap();
        assert!(
            visit.list(Place::Queue).unwrap().is_empty(),
            "{milestone:?} {step:?}"
        );
    }
}

/// The disk says no before the n-th step, once.
#[test]
fn a_disk_that_fails_at_any_step_loses_nothing_that_was_accepted() {
    for (ending, step) in Ending::ALL
        .iter()
        .flat_map(|ending| (0..20).map(move |n| (*ending, n)))
    {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("spool");
        let count = Mutex::new(0);
        let failed = Arc::new(Mutex::new(None));
        let note = Arc::clone(&failed);
        play(&root, ending, move |milestone, what| {
            let mut count = count.lock().unwrap();
            *count += 1;
            if *count == step + 1 {
                *note.lock().unwrap() = Some((milestone, what.clone()));
                return Err(Error::from(ErrorKind::StorageFull));
            }
            Ok(())
        });
        let Some((milestone, what)) = failed.lock().unwrap().take() else {
            continue;
        };
        let found = restarted(&root);
        let context = format!("failed at {what:?}");
        if milestone == Milestone::Sent && ending == Ending::Filed {
            // It could not be moved, was accepted and filed all the same, and is removed from where it was.
            assert!(found.is_empty(), "{context}: {found:?}");
        } else if milestone == Milestone::Sent && ending == Ending::Failed {
            assert_eq!(found.values().sum::<usize>(), 1, "{context}: {found:?}");
        } else {
            check(milestone, ending, &found, &context);
        }
    }
}

#[test]
fn a_full_disk_is_told_from_a_broken_one() {
    for (kind, full) in [
        (ErrorKind::StorageFull, true),
        (ErrorKind::QuotaExceeded, true),
        (ErrorKind::PermissionDenied, false),
    ] {
        let error = SpoolError::from(Error::from(kind));
        assert_eq!(matches!(error, SpoolError::Full(_)), full, "{error}");
    }
}

#[test]
fn an_entry_that_cannot_be_moved_is_filed_from_where_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::open(folder.path(), None).unwrap();
    let draft = synced(whole(&files).unwrap()).unwrap();
    let queue = folder.path().join("queue");
    fs::rename(&queue, folder.path().join("elsewhere")).unwrap();
    let (entry, moved) = draft.queue();
    assert!(moved.is_err());
    let id = &entry.metadata.id;
    assert_eq!(message(&files, id), PIECES.concat());
    files.remove(id).unwrap();
    fs::create_dir(&queue).unwrap();
    assert!(
        restarted(&{
            drop(files);
            folder.path().to_owned()
        })
        .is_empty()
    );
}
