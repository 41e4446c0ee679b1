//! What the sessions and the worker share: the spool, the queue, and word of a change.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use tokio::sync::Notify;
use tokio::time::Instant;
use tracing::{error, info};

use super::blocking;
use super::entry::{CopyId, Metadata};
use super::queue::{AccountKey, Arrival, Fault, Jitter, Next, Origin, Queue, Retry, Schedule};
use super::spool::{Draft, Entry, Spool};

pub(crate) struct Shared {
    pub(super) spool: Box<dyn Spool>,
    queue: Mutex<Queue>,
    pub(super) changed: Notify,
}

impl Shared {
    /// Takes over what the spool has queued.
    pub(super) fn new(spool: Box<dyn Spool>, schedule: Schedule) -> io::Result<Self> {
        let shared = Self {
            spool,
            queue: Mutex::new(Queue::new(schedule)),
            changed: Notify::new(),
        };
        shared.adopt(Origin::EarlierRun)?;
        Ok(shared)
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.queue().len()
    }

    pub(super) fn attempts(&self, id: &CopyId) -> u32 {
        self.queue().attempts(id)
    }

    pub(super) fn next(&self) -> Next {
        self.queue().next(Instant::now().into_std())
    }

    /// Takes over what is in the folder and not known. Blocks.
    pub(super) fn adopt(&self, origin: Origin) -> io::Result<()> {
        self.put_held_aside();
        let entries = self.spool.queued(&|id| self.queue().knows(id))?;
        if !entries.is_empty() {
            info!(copies = entries.len(), "sent-queue");
        }
        for entry in entries {
            self.add(&entry, origin);
        }
        Ok(())
    }

    fn put_held_aside(&self) {
        let held = self.queue().held();
        for id in held {
            match self.spool.fail(&id) {
                Err(reason) if reason.kind() != io::ErrorKind::NotFound => {}
                // From here on it may be put back into the queue.
                _ => self.queue().removed(&id),
            }
        }
    }

    fn add(&self, entry: &Entry, origin: Origin) {
        let now = SystemTime::now();
        let since = |moment| now.duration_since(moment).unwrap_or_default();
        let arrival = Arrival {
            metadata: &entry.metadata,
            age: since(entry.metadata.received),
            tried: since(entry.since),
            origin,
        };
        self.queue().add(arrival, Instant::now().into_std());
        self.changed.notify_one();
    }

    /// The message was accepted. Blocks.
    pub(super) fn enqueue(&self, draft: Box<dyn Draft>, began: Instant) {
        // Who looks into the folder in between must not take it for something that was put there by hand.
        self.queue().expect(&draft.metadata().id);
        let (entry, moved) = draft.queue();
        let Metadata {
            id,
            envelope,
            message_id,
            ..
        } = &entry.metadata;
        let (session, account) = (&envelope.session, &envelope.name);
        match moved {
            Ok(()) => info!(%id, session, account, message_id, "sent-queued"),
            Err(reason) => error!(%id, session, account, message_id, %reason, "sent-unqueued"),
        }
        self.add(&entry, Origin::Session(began.into_std()));
    }

    pub(super) fn appended(&self, account: AccountKey, message_id: &str) {
        self.queue()
            .appended(account, message_id, Instant::now().into_std());
        self.changed.notify_one();
    }

    /// It is filed.
    pub(super) async fn filed(self: &Arc<Self>, id: &CopyId) {
        self.queue().filed(id);
        self.remove(id).await;
    }

    /// Removes what is filed from the spool.
    pub(super) async fn remove(self: &Arc<Self>, id: &CopyId) {
        let (shared, filed) = (Arc::clone(self), id.clone());
        let can_be_found = self.queue().can_be_found(id);
        let removed = blocking(move || {
            shared.spool.remove(&filed)?;
            // Should it come back otherwise, it will be found in the mailbox.
            if can_be_found {
                Ok(())
            } else {
                shared.spool.sync_removed()
            }
        });
        let removed = removed.await;
        match removed.and_then(|removed| removed) {
            Ok(()) => self.queue().removed(id),
            Err(reason) => {
                error!(%id, %reason, "sent-unremoved");
                self.queue().remove_later(id, Instant::now().into_std());
            }
        }
        self.changed.notify_one();
    }

    /// Puts aside what will not be filed. If even that does not work, it stays where it is and is not filed; it is put
    /// aside when that works again.
    pub(super) async fn fail(self: &Arc<Self>, id: &CopyId) {
        self.put_aside(id, |spool, id| spool.fail(id)).await;
    }

    /// Puts aside what may be filed or not, as [`Shared::fail`] does.
    pub(super) async fn doubt(self: &Arc<Self>, id: &CopyId) {
        self.put_aside(id, |spool, id| spool.doubt(id)).await;
    }

    async fn put_aside(self: &Arc<Self>, id: &CopyId, put: fn(&dyn Spool, &CopyId) -> io::Result<()>) {
        let (shared, moving) = (Arc::clone(self), id.clone());
        let moved = blocking(move || put(&*shared.spool, &moving)).await;
        match moved.and_then(|moved| moved) {
            Ok(()) => self.queue().removed(id),
            Err(reason) => {
                error!(%id, %reason, "sent-unmoved");
                self.queue().hold(id);
            }
        }
        self.changed.notify_one();
    }

    /// It is not in the spool any more, and nobody of us did it.
    pub(super) fn forget(&self, id: &CopyId) {
        self.queue().removed(id);
        self.changed.notify_one();
    }

    pub(super) fn retry(&self, id: &CopyId, fault: &Fault) -> Retry {
        let now = Instant::now().into_std();
        let retry = self.queue().retry(id, fault, now, jitter());
        self.changed.notify_one();
        retry
    }

    pub(super) fn expired(&self) -> Vec<CopyId> {
        self.queue().expired(Instant::now().into_std())
    }
}

/// Without random octets nothing is spread.
fn jitter() -> Jitter {
    let mut random = [0x80, 0];
    let _ = getrandom::fill(&mut random);
    Jitter(u16::from_be_bytes(random))
}
