//! Channels that are used again, one request at a time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::opener::Channel;
use crate::config::Controller;
use crate::error::Unavailable;

/// A channel that was idle for longer is not used again: a firewall may have forgotten it without a word.
const IDLE: Duration = Duration::from_secs(60);

/// The idle channels, and the one that is being opened.
pub(super) struct Pool<S> {
    idle: Mutex<Vec<Idle<S>>>,
    /// Held by whoever opens a channel: the controller has one key for us, and whoever authenticates meanwhile would
    /// change it. Inside is how the last attempt failed.
    opening: tokio::sync::Mutex<Option<Unavailable>>,
    /// How many attempts have ended.
    attempts: AtomicU64,
}

struct Idle<S> {
    channel: Channel<S>,
    since: Instant,
}

impl<S> Pool<S> {
    pub(super) fn new() -> Self {
        Self {
            idle: Mutex::default(),
            opening: tokio::sync::Mutex::default(),
            attempts: AtomicU64::default(),
        }
    }

    /// How many attempts to open a channel have ended by now.
    pub(super) fn attempts(&self) -> u64 {
        self.attempts.load(Ordering::Acquire)
    }

    /// An idle channel, or a new one. Whoever waits while somebody else tries in vain shares the failure; `seen` is how
    /// many attempts had ended when they began to wait.
    pub(super) async fn take_or_open(
        &self,
        seen: u64,
        open: impl Future<Output = Result<Channel<S>, Unavailable>>,
    ) -> Result<Channel<S>, Unavailable> {
        if let Some(channel) = self.take() {
            return Ok(channel);
        }
        let mut failed = self.opening.lock().await;
        if let Some(channel) = self.take() {
            return Ok(channel);
        }
        if let Some(why) = failed.as_ref().filter(|_| self.attempts() > seen) {
            return Err(why.clone());
        }
        let opened = open.await;
        *failed = opened.as_ref().err().cloned();
        self.attempts.fetch_add(1, Ordering::Release);
        opened
    }

    fn take(&self) -> Option<Channel<S>> {
        let now = Instant::now();
        let mut idle = self.lock();
        idle.retain(|idle| now.duration_since(idle.since) < IDLE);
        idle.pop().map(|idle| idle.channel)
    }

    /// For the next request. Only a channel whose answer has been read whole may come back.
    pub(super) fn keep(&self, channel: Channel<S>) {
        let since = Instant::now();
        self.lock().push(Idle { channel, since });
    }

    /// Closes the idle channels to a controller.
    pub(super) fn close(&self, controller: &Controller) {
        self.lock().retain(|idle| idle.channel.controller != *controller);
    }

    /// Closes the idle channels to all other controllers.
    pub(super) fn retain(&self, controllers: &[Controller]) {
        self.lock()
            .retain(|idle| controllers.contains(&idle.channel.controller));
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Idle<S>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
