//! The connections of a service: how many there are, and their end.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Counts connections and drops them. Clones count the same.
#[derive(Debug, Clone)]
pub(crate) struct Connections {
    open: watch::Sender<usize>,
    /// Cancelled when the connections of the moment are dropped, and then replaced.
    dropped: Arc<Mutex<CancellationToken>>,
}

/// Counts a connection while it lives.
pub(crate) struct Connected(Connections);

impl Connections {
    pub(crate) fn new() -> Self {
        Self {
            open: watch::Sender::new(0),
            dropped: Arc::default(),
        }
    }

    /// How many are open.
    pub(crate) fn count(&self) -> usize {
        *self.open.borrow()
    }

    /// Waits until so many are open.
    pub(crate) async fn wait_for(&self, count: usize) {
        // It fails only if the sender is gone, which `self` holds.
        let _ = self.open.subscribe().wait_for(|open| *open == count).await;
    }

    /// Drops those of the moment.
    pub(crate) fn drop_all(&self) {
        std::mem::take(&mut *self.token()).cancel();
    }

    /// Cancelled by the next [`Connections::drop_all`].
    pub(crate) fn dropped(&self) -> CancellationToken {
        self.token().clone()
    }

    pub(crate) fn connected(&self) -> Connected {
        self.open.send_modify(|open| *open += 1);
        Connected(self.clone())
    }

    fn token(&self) -> MutexGuard<'_, CancellationToken> {
        self.dropped.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.open.send_modify(|open| *open -= 1);
    }
}
