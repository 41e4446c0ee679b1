//! An entry while it is written.

use std::io;
use std::sync::Arc;
use std::time::SystemTime;

use super::Inner;
use super::disk::{Place, Written};
use crate::sent::entry::{BLOCK, CopyId, Envelope, Metadata};
use crate::sent::spool::{Draft, Entry, SpoolError};

/// An entry in `pending`.
pub(super) struct FileDraft {
    inner: Arc<Inner>,
    written: Written,
    metadata: Metadata,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Not whole: to be removed if nobody goes on with it.
    Open,
    /// Whole and durable.
    Synced,
    /// Not in `pending` any more.
    Gone,
}

impl FileDraft {
    pub(super) fn create(inner: Arc<Inner>, envelope: Envelope) -> Result<Self, SpoolError> {
        let now = SystemTime::now();
        let metadata = Metadata {
            id: CopyId::new(now)?,
            envelope,
            received: now,
            message_id: None,
            size: 0,
        };
        let (id, envelope) = (&metadata.id, &metadata.envelope);
        inner.room.enter(id, envelope, BLOCK as u64)?;
        let written = inner.disk.create(id).inspect_err(|_| inner.room.leave(id))?;
        Ok(Self {
            inner,
            written,
            metadata,
            state: State::Open,
        })
    }

    fn id(&self) -> &CopyId {
        &self.metadata.id
    }

    fn remove(&mut self) -> io::Result<()> {
        self.state = State::Gone;
        self.inner.room.leave(self.id());
        self.inner.disk.remove(self.id(), Place::Pending)
    }
}

impl Draft for FileDraft {
    fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    fn append(&mut self, octets: &[u8]) -> Result<(), SpoolError> {
        let size = octets.len() as u64;
        self.inner.room.grow(self.id(), size)?;
        self.metadata.size += size;
        Ok(self.inner.disk.write(&mut self.written, octets)?)
    }

    fn sync(&mut self, received: SystemTime, message_id: Option<String>) -> Result<(), SpoolError> {
        self.metadata.received = received;
        self.metadata.message_id = message_id;
        let block = self.metadata.encode_or_shorten()?;
        let disk = &self.inner.disk;
        disk.write_block(&self.written, &block)?;
        disk.sync_file(&self.written)?;
        self.inner.sync_pending()?;
        self.state = State::Synced;
        Ok(())
    }

    fn queue(mut self: Box<Self>) -> (Entry, io::Result<()>) {
        let moved = self.inner.shift(self.id(), Place::Pending, Place::Queue);
        if moved.is_err() {
            self.inner.unmoved.add(self.id());
        }
        self.state = State::Gone;
        let entry = Entry {
            metadata: self.metadata.clone(),
            since: self.metadata.received,
            marked: false,
        };
        (entry, moved)
    }

    fn discard(mut self: Box<Self>) -> io::Result<()> {
        self.remove()?;
        self.inner.sync_pending()
    }

    fn doubt(mut self: Box<Self>) -> io::Result<()> {
        self.state = State::Gone;
        self.inner.shift(self.id(), Place::Pending, Place::Doubt)
    }
}

impl Drop for FileDraft {
    fn drop(&mut self) {
        if self.state == State::Open {
            // Should it stay, the next start removes it: nothing is written in its block.
            let _ = self.remove();
        }
    }
}
