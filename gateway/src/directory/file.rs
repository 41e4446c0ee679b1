//! A file directory behind the asynchronous contract: hashing on the blocking pool, reloading when the file changes.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use gatepost_directory::file::{FileDirectory, Reloader};
use gatepost_directory::{BoxFuture, Claim, ClaimKinds, Directory, Entry, Resolution, Unavailable, Verdict};
use tokio::sync::Semaphore;

use crate::config::Limits;

/// Bounds how many slow hashes are computed at once, and how many wait.
#[derive(Debug)]
pub(crate) struct HashingPool {
    workers: Semaphore,
    places: Semaphore,
}

impl HashingPool {
    pub(crate) fn new(limits: &Limits) -> Arc<Self> {
        let workers = limits.password_workers as usize;
        let places = workers + limits.password_queue as usize;
        Arc::new(Self { workers: Semaphore::new(workers), places: Semaphore::new(places) })
    }

    /// Runs `work` on the blocking pool, or says that too many wait already.
    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Unavailable> {
        let busy = || Unavailable("too many password hashes are waiting".to_owned());
        let _place = self.places.try_acquire().map_err(|_| busy())?;
        let _worker = self.workers.acquire().await.map_err(|_| busy())?;
        let done = tokio::task::spawn_blocking(work).await;
        done.map_err(|_| Unavailable("the password hash ended without an answer".to_owned()))
    }
}

/// A file of users that is read again when it has changed.
pub(crate) struct WatchedFile {
    name: String,
    path: PathBuf,
    required: ClaimKinds,
    current: RwLock<Arc<FileDirectory>>,
    pool: Arc<HashingPool>,
}
