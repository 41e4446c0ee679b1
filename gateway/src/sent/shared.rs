//! What the sessions and the worker share: the spool, the queue, and word of a change.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use tokio::sync::Notify;
use tokio::time::Instant;
use tracing::{error, info};

use super::blocking;
use super::entry::{CopyId, Metadata};
use super::queue::{AccountKey, Arrival, Fault, Jitter, Next, Queue, Retry, Schedule};
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
        shared.adopt()?;
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
    pub(super) fn adopt(&self) -> io::Result<()> {
        let entries = self.spool.queued(&|id| self.queue().knows(id))?;
        if !entries.is_empty() {
            info!(copies = entries.len(), "sent-queue");
        }
        for entry in entries {
            self.add(&entry, None);
        }
        Ok(())
    }

    fn add(&self, entry: &Entry, began: Option<Instant>) {
        let now = SystemTime::now();
        let since = |moment| now.duration_since(moment).unwrap_or_default();
        let arrival = Arrival {
            metadata: &entry.metadata,
            age: since(entry.metadata.received),
            tried: since(entry.since),
            began: began.map(Instant::into_std),
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
        self.add(&entry, Some(began));
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
        let removed = blocking(move || shared.spool.remove(&filed)).await;
        match removed.and_then(|removed| removed) {
            Ok(()) => self.queue().removed(id),
            Err(reason) => {
                error!(%id, %reason, "sent-unremoved");
                self.queue().remove_later(id, Instant::now().into_std());
            }
        }
        self.changed.notify_one();
    }

    /// Puts aside what will not be filed. If even that does not work, it stays where it is, and is not tried again
    /// before the next start.
    pub(super) async fn fail(self: &Arc<Self>, id: &CopyId) {
        let (shared, failed) = (Arc::clone(self), id.clone());
        let moved = blocking(move || shared.spool.fail(&failed)).await;
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
