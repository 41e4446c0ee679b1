//! The power goes: only what was fsynced is sure to be there, and the rest may be there in part.

use std::fs;
use std::path::Path;

use super::super::disk::{Disk, Place, Step};
use super::scenario::{Ending, check, play, restarted};
use crate::sent::entry::{BLOCK, CopyId};

/// A file's content.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Content {
    block: Vec<u8>,
    message: Vec<u8>,
}

impl Content {
    fn shown(&self) -> String {
        let shown = |octets: &[u8]| format!("{} octets", octets.iter().filter(|octet| **octet != 0).count());
        format!("block {}, message {}", shown(&self.block), shown(&self.message))
    }
}

/// Whether a folder has the name, and whether that is sure.
#[derive(Debug, Clone, Copy, Default)]
struct Name {
    there: bool,
    sure: bool,
}

/// What a disk may hold of one entry.
#[derive(Debug, Default)]
struct Model {
    now: Content,
    durable: Content,
    names: [Name; 4],
    /// A rename of which nothing is sure: it happened or not, but the file is somewhere.
    renamed: bool,
}

fn index(place: Place) -> usize {
    Place::ALL.iter().position(|other| *other == place).unwrap()
}

impl Model {
    fn new() -> Self {
        let sure = Name {
            there: false,
            sure: true,
        };
        Self {
            names: [sure; 4],
            ..Self::default()
        }
    }

    fn name(&mut self, place: Place, there: bool) {
        self.names[index(place)] = Name { there, sure: false };
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Create(_) => self.name(Place::Pending, true),
            Step::Write(_, octets) => self.now.message.extend_from_slice(octets),
            Step::WriteBlock(_, block) => self.now.block.clone_from(block),
            Step::SyncFile(_) => self.durable = self.now.clone(),
            Step::SyncFolder(place) => {
                self.names[index(*place)].sure = true;
                self.renamed = false;
            }
            Step::Rename(_, from, to) => {
                self.name(*from, false);
                self.name(*to, true);
                self.renamed = true;
            }
            Step::Remove(_, place) => self.name(*place, false),
            Step::Mark(..) => panic!("it can be searched for"),
        }
    }

    /// In which folders the name may be found.
    fn names(&self) -> Vec<Vec<Place>> {
        let mut all = vec![Vec::new()];
        for (place, name) in Place::ALL.into_iter().zip(self.names) {
            let with = all.iter().cloned().map(|mut names: Vec<_>| {
                names.push(place);
                names
            });
            all = match (name.there, name.sure) {
                (true, true) => with.collect(),
                (false, true) => all,
                (_, false) => with.chain(all.clone()).collect(),
            };
        }
        all.retain(|names| !(self.renamed && names.is_empty()));
        all
    }

    /// What the file may hold: what is durable, all of it, or a part of either kind.
    fn contents(&self) -> Vec<Content> {
        let Content { block, message } = &self.now;
        let half = |octets: &Vec<u8>| octets[..octets.len() / 2].to_vec();
        let variant = |block: &Vec<u8>, message: Vec<u8>| Content {
            block: block.clone(),
            message,
        };
        let durable = &self.durable;
        let mut all = vec![durable.clone(), self.now.clone()];
        if self.now != *durable {
            all.extend([
                variant(block, durable.message.clone()),
                variant(&durable.block, message.clone()),
                variant(block, half(message)),
                variant(&half(block), message.clone()),
                // A file has its length, and not its octets.
                variant(block, vec![0; message.len()]),
            ]);
        }
        all.dedup();
        all
    }
}

fn write(root: &Path, id: &CopyId, names: &[Place], content: &Content) {
    let disk = Disk::at(root);
    disk.make().unwrap();
    let mut octets = content.block.clone();
    if !content.message.is_empty() {
        octets.resize(BLOCK, 0);
        octets.extend_from_slice(&content.message);
    }
    for place in names {
        fs::write(disk.file(id, *place), &octets).unwrap();
    }
}

fn id_of(step: &Step) -> Option<CopyId> {
    match step {
        Step::Create(id) => Some(id.clone()),
        _ => None,
    }
}

#[test]
fn what_was_synced_is_enough_for_the_promise() {
    let mut states = 0;
    for ending in Ending::ALL {
        let folder = tempfile::tempdir().unwrap();
        let events = play(&folder.path().join("spool"), ending, |_, _| Ok(()));
        let id = events.iter().find_map(|(_, step)| id_of(step)).unwrap();
        let mut model = Model::new();
        let last = events.last().map(|(milestone, _)| (*milestone, None));
        let steps = events.iter().map(|(milestone, step)| (*milestone, Some(step)));
        for (milestone, step) in steps.chain(last) {
            for (names, content) in model
                .names()
                .iter()
                .flat_map(|names| model.contents().into_iter().map(move |content| (names, content)))
            {
                let folder = tempfile::tempdir().unwrap();
                write(folder.path(), &id, names, &content);
                let found = restarted_whatever(folder.path(), milestone);
                check(
                    milestone,
                    ending,
                    &found,
                    &format!("before {step:?}: {names:?} {}", content.shown()),
                );
                states += 1;
            }
            step.into_iter().for_each(|step| model.take(step));
        }
    }
    assert!(states > 80, "{states}");
}

/// Before the dot the message need not be whole: it is not filed, and that is all.
fn restarted_whatever(
    root: &Path,
    milestone: super::scenario::Milestone,
) -> std::collections::BTreeMap<&'static str, usize> {
    if milestone > super::scenario::Milestone::Nothing {
        return restarted(root);
    }
    drop(super::super::Files::open(root, None).unwrap());
    let disk = Disk::at(root);
    let counts = Place::ALL.map(|place| (place.name(), disk.list(place).unwrap().len()));
    counts.into_iter().filter(|(_, count)| *count > 0).collect()
}
