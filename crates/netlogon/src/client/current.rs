//! One value that many use, and that one of them makes anew for all.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::Unavailable;

/// The secure channel in use, if there is one.
pub(super) struct Current<T> {
    value: Mutex<Option<Arc<T>>>,
    /// Held by the one who makes a new value; inside is how the last attempt failed.
    maker: tokio::sync::Mutex<Option<Unavailable>>,
    /// How many attempts have ended.
    attempts: AtomicU64,
}

impl<T> Default for Current<T> {
    fn default() -> Self {
        Self {
            value: Mutex::default(),
            maker: tokio::sync::Mutex::default(),
            attempts: AtomicU64::default(),
        }
    }
}

impl<T> Current<T> {
    pub(super) fn get(&self) -> Option<Arc<T>> {
        self.lock().clone()
    }

    /// How many attempts at a new value have ended by now.
    pub(super) fn attempts(&self) -> u64 {
        self.attempts.load(Ordering::Acquire)
    }

    /// Forgets a value, unless another one has taken its place.
    pub(super) fn give_up(&self, value: &Arc<T>) {
        let mut current = self.lock();
        if current
            .as_ref()
            .is_some_and(|current| Arc::ptr_eq(current, value))
        {
            *current = None;
        }
    }

    /// The value, or a new one. Whoever waited while somebody else tried shares what came of it; `seen` is how many
    /// attempts had ended when they began to wait.
    pub(super) async fn or_open(
        &self,
        seen: u64,
        open: impl Future<Output = Result<T, Unavailable>>,
    ) -> Result<Arc<T>, Unavailable> {
        if let Some(value) = self.get() {
            return Ok(value);
        }
        let mut last = self.maker.lock().await;
        if let Some(value) = self.get() {
            return Ok(value);
        }
        if let Some(why) = last.as_ref()
            && self.attempts() > seen
        {
            return Err(why.clone());
        }
        let opened = open.await;
        self.attempts.fetch_add(1, Ordering::Release);
        match opened {
            Ok(value) => {
                *last = None;
                let value = Arc::new(value);
                *self.lock() = Some(Arc::clone(&value));
                Ok(value)
            }
            Err(why) => {
                *last = Some(why.clone());
                Err(why)
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<T>>> {
        self.value.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
