//! What may happen to a message, as a list of events that a crash can cut anywhere.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use super::super::disk::{Disk, Place, Step, Watch};
use super::super::{Files, Limits, load};
use crate::sent::entry::CopyId;
use crate::sent::entry::tests::envelope;
use crate::sent::spool::{Draft, Spool as _};

/// The message, in the pieces in which it comes.
pub(super) const PIECES: [&[u8]; 2] = [b"Message-ID: <1@example.com>\r\n\r\n", b"Hello!\r\n"];

/// What the world outside knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Milestone {
    /// Nothing was sent.
    Nothing,
    /// The final dot may be on its way.
    Sent,
    /// The client may have its 250.
    Accepted,
    /// The copy is filed, or the message was refused: the entry is not needed any more.
    Settled,
}

/// How it goes on behind `sync`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// The client went away in the middle.
    Dropped,
    /// Accepted and filed.
    Filed,
    /// Refused.
    Refused,
    /// No answer.
    Doubted,
    /// Accepted, and never filed.
    Failed,
}

impl Ending {
    pub(super) const ALL: [Self; 5] = [
        Self::Dropped,
        Self::Filed,
        Self::Refused,
        Self::Doubted,
        Self::Failed,
    ];
}

/// Every step, with the milestone before it.
pub(super) type Events = Vec<(Milestone, Step)>;

/// Plays a message on an empty spool. `watch` is asked before each step.
pub(super) fn play(
    root: &Path,
    ending: Ending,
    watch: impl Fn(Milestone, &Step) -> std::io::Result<()> + Send + Sync + 'static,
) -> Events {
    let reached = Arc::new(Mutex::new((Milestone::Nothing, Events::new())));
    let recorder = Arc::clone(&reached);
    let recording: Watch = Box::new(move |step| {
        let mut recorder = recorder.lock().unwrap();
        watch(recorder.0, &step)?;
        let milestone = recorder.0;
        recorder.1.push((milestone, step));
        Ok(())
    });
    let files = Files::open_on(Disk::watched(root, recording), Limits::default()).unwrap();
    run(&files, ending, |milestone| reached.lock().unwrap().0 = milestone);
    drop(files);
    std::mem::take(&mut reached.lock().unwrap().1)
}

fn run(files: &Files, ending: Ending, reach: impl Fn(Milestone)) {
    let Some(draft) = whole(files) else { return };
    if ending == Ending::Dropped {
        return;
    }
    let Some(draft) = synced(draft) else { return };
    reach(Milestone::Sent);
    match ending {
        Ending::Dropped => {}
        Ending::Refused => {
            reach(Milestone::Settled);
            let _ = draft.discard();
        }
        Ending::Doubted => {
            let _ = draft.doubt();
        }
        Ending::Filed | Ending::Failed => {
            let (entry, _) = draft.queue();
            reach(Milestone::Accepted);
            let id = &entry.metadata.id;
            if ending == Ending::Failed {
                let _ = files.fail(id);
            } else {
                assert_eq!(message(files, id), PIECES.concat());
                reach(Milestone::Settled);
                let _ = files.remove(id);
            }
        }
    }
}

/// A message whose last octet has come.
pub(super) fn whole(files: &Files) -> Option<Box<dyn Draft>> {
    let mut draft = files.begin(envelope("alice")).ok()?;
    for piece in PIECES {
        draft.append(piece).ok()?;
    }
    Some(draft)
}

pub(super) fn synced(mut draft: Box<dyn Draft>) -> Option<Box<dyn Draft>> {
    let received = SystemTime::UNIX_EPOCH + Duration::from_secs(1_754_553_600);
    draft.sync(received, Some("<1@example.com>".into())).ok()?;
    Some(draft)
}

pub(super) fn message(files: &Files, id: &CopyId) -> Vec<u8> {
    let mut octets = Vec::new();
    files.open(id).unwrap().message.read_to_end(&mut octets).unwrap();
    octets
}

/// What a gateway finds that starts on what is left: how many whole entries there are in each folder.
pub(super) fn restarted(root: &Path) -> BTreeMap<&'static str, usize> {
    let files = Files::open(root, None).unwrap();
    for entry in files.queued(&|_| false).unwrap() {
        assert_eq!(message(&files, &entry.metadata.id), PIECES.concat());
    }
    drop(files);
    let disk = Disk::at(root);
    let count = |place| {
        let ids = disk.list(place).unwrap();
        ids.iter().for_each(|id| drop(load(&disk, id, place).unwrap()));
        (place.name(), ids.len())
    };
    let counts = Place::ALL.map(count);
    counts.into_iter().filter(|(_, count)| *count > 0).collect()
}

/// The promise: where the message may be when the world outside knows as much as `milestone`.
pub(super) fn check(
    milestone: Milestone,
    ending: Ending,
    found: &BTreeMap<&'static str, usize>,
    context: &str,
) {
    let entries: usize = found.values().sum();
    let only = |names: &[&str]| found.keys().all(|name| names.contains(name));
    let kept = match (milestone, ending) {
        // Nothing is filed that was not accepted.
        (Milestone::Nothing, _) => entries <= 1 && only(&["doubt"]),
        // The queue, too: a gateway that dies between the MTA's 250 and its own has accepted the message.
        (Milestone::Sent, _) => entries == 1 && only(&["doubt", "queue"]),
        (Milestone::Accepted, Ending::Failed) => entries == 1 && only(&["queue", "failed"]),
        (Milestone::Accepted, _) => entries == 1 && only(&["queue"]),
        (Milestone::Settled, Ending::Refused) => entries <= 1 && only(&["doubt"]),
        (Milestone::Settled, _) => entries <= 1 && only(&["queue"]),
    };
    assert!(kept, "{milestone:?} {ending:?} {context}: {found:?}");
}
