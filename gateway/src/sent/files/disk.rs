//! Everything that is done to the disk, one function each, so that a test can watch every step and stop there.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use crate::sent::entry::{BLOCK, CopyId, MARK, MARK_AT};

/// The folders of a spool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    /// Being written, or written and not yet accepted.
    Pending,
    /// To be filed.
    Queue,
    /// Perhaps accepted, perhaps not: the gateway or the connection ended in between.
    Doubt,
    /// Not filed any more, or broken.
    Failed,
}

impl Place {
    pub(crate) const ALL: [Self; 4] = [Self::Pending, Self::Queue, Self::Doubt, Self::Failed];

    /// The folder's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Queue => "queue",
            Self::Doubt => "doubt",
            Self::Failed => "failed",
        }
    }
}

/// A step, before it is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Create(CopyId),
    Write(CopyId, Vec<u8>),
    WriteBlock(CopyId, Vec<u8>),
    SyncFile(CopyId),
    Mark(CopyId, Place),
    SyncFolder(Place),
    Rename(CopyId, Place, Place),
    Remove(CopyId, Place),
}

/// Whether an entry is to have the mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Marked {
    Yes,
    No,
}

/// Is told each step before it is taken, and may fail it.
pub(crate) type Watch = Box<dyn Fn(Step) -> io::Result<()> + Send + Sync>;

/// The folders.
pub(crate) struct Disk {
    root: PathBuf,
    watch: Option<Watch>,
}

/// A file of the spool, to be written.
pub(super) struct Written {
    id: CopyId,
    file: File,
}

impl Disk {
    /// The spool below `root`, whether it is there or not.
    pub(super) fn at(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            watch: None,
        }
    }

    #[cfg(test)]
    pub(super) fn watched(root: &Path, watch: Watch) -> Self {
        Self {
            root: root.to_owned(),
            watch: Some(watch),
        }
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    fn step(&self, step: impl FnOnce() -> Step) -> io::Result<()> {
        match &self.watch {
            Some(watch) => watch(step()),
            None => Ok(()),
        }
    }

    /// Makes the folders, for nobody else to read.
    pub(super) fn make(&self) -> io::Result<()> {
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(0o700);
        for place in Place::ALL {
            builder.create(self.folder(place))?;
        }
        sync(&self.root)?;
        match self.root.parent() {
            Some(parent) if parent != Path::new("") => sync(parent),
            _ => sync(Path::new(".")),
        }
    }

    pub(super) fn folder(&self, place: Place) -> PathBuf {
        self.root.join(place.name())
    }

    pub(super) fn file(&self, id: &CopyId, place: Place) -> PathBuf {
        self.folder(place).join(id.as_str())
    }

    /// A new file in `pending`, with room for the block.
    pub(super) fn create(&self, id: &CopyId) -> io::Result<Written> {
        self.step(|| Step::Create(id.clone()))?;
        let mut options = OpenOptions::new();
        let options = options.write(true).create_new(true).mode(0o600);
        let mut file = options.open(self.file(id, Place::Pending))?;
        io::Seek::seek(&mut file, io::SeekFrom::Start(BLOCK as u64))?;
        Ok(Written { id: id.clone(), file })
    }

    /// More of the message.
    pub(super) fn write(&self, written: &mut Written, octets: &[u8]) -> io::Result<()> {
        self.step(|| Step::Write(written.id.clone(), octets.to_vec()))?;
        written.file.write_all(octets)
    }

    /// The block in front of the message.
    pub(super) fn write_block(&self, written: &Written, block: &[u8]) -> io::Result<()> {
        self.step(|| Step::WriteBlock(written.id.clone(), block.to_vec()))?;
        written.file.write_all_at(block, 0)
    }

    pub(super) fn sync_file(&self, written: &Written) -> io::Result<()> {
        self.step(|| Step::SyncFile(written.id.clone()))?;
        written.file.sync_all()
    }

    pub(super) fn sync_folder(&self, place: Place) -> io::Result<()> {
        self.step(|| Step::SyncFolder(place))?;
        sync(&self.folder(place))
    }

    pub(super) fn rename(&self, id: &CopyId, from: Place, to: Place) -> io::Result<()> {
        self.step(|| Step::Rename(id.clone(), from, to))?;
        fs::rename(self.file(id, from), self.file(id, to))
    }

    /// Marks an entry, or takes its mark away, durably. Its age stays.
    pub(super) fn mark(&self, id: &CopyId, place: Place, marked: Marked) -> io::Result<()> {
        self.step(|| Step::Mark(id.clone(), place))?;
        let file = open(&self.file(id, place), File::options().read(true).write(true))?;
        let modified = file.metadata()?.modified()?;
        if write_mark(&file, marked)? {
            file.set_modified(modified)?;
            file.sync_all()?;
        }
        Ok(())
    }

    pub(super) fn remove(&self, id: &CopyId, place: Place) -> io::Result<()> {
        self.step(|| Step::Remove(id.clone(), place))?;
        fs::remove_file(self.file(id, place))
    }

    /// The entries in a folder, the oldest first. Whatever else is there is left alone.
    pub(super) fn list(&self, place: Place) -> io::Result<Vec<CopyId>> {
        let mut ids = Vec::new();
        for file in fs::read_dir(self.folder(place))? {
            ids.extend(file?.file_name().to_str().and_then(CopyId::parse));
        }
        ids.sort();
        Ok(ids)
    }

    /// The octets of an entry. One that has just gone takes no room.
    pub(super) fn octets(&self, id: &CopyId, place: Place) -> u64 {
        fs::metadata(self.file(id, place)).map_or(0, |metadata| metadata.len())
    }
}

/// The file's first block, or as much of it as there is, and the file behind it.
pub(super) fn read_block(path: &Path) -> io::Result<(Vec<u8>, File)> {
    let mut file = open(path, OpenOptions::new().read(true))?;
    let mut block = Vec::with_capacity(BLOCK);
    (&mut file).take(BLOCK as u64).read_to_end(&mut block)?;
    Ok((block, file))
}

/// Writes the mark, unless it is as it should be. Whether it was written.
pub(super) fn write_mark(file: &File, marked: Marked) -> io::Result<bool> {
    let mut octet = [0];
    file.read_exact_at(&mut octet, MARK_AT as u64)?;
    let wanted = match marked {
        Marked::Yes => MARK,
        Marked::No => b' ',
    };
    if octet == [wanted] {
        return Ok(false);
    }
    file.write_all_at(&[wanted], MARK_AT as u64)?;
    Ok(true)
}

/// Opens a regular file, and never waits for one who writes to a pipe.
pub(super) fn open(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let flags = i32::try_from(flags.bits()).unwrap_or_default();
    let irregular = || io::Error::new(io::ErrorKind::InvalidData, "it is no regular file");
    let file = match options.custom_flags(flags).open(path) {
        Err(_) if fs::symlink_metadata(path).is_ok_and(|state| !state.is_file()) => return Err(irregular()),
        file => file?,
    };
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(irregular())
    }
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
