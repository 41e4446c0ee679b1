//! Visits to the disk. They block, so they run on threads for that, of which other work has a share: a disk that hangs
//! must not take them all.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{spawn, spawn_blocking};
use tokio::time::timeout;

/// How many visits there may be at once.
pub(super) struct Visits(Arc<Semaphore>);

impl Visits {
    pub(super) fn new(at_once: usize) -> Self {
        Self(Arc::new(Semaphore::new(at_once)))
    }

    /// Does the work in its turn, even if nobody waits for it any more.
    pub(super) async fn make<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<T> {
        let permits = Arc::clone(&self.0);
        match Arc::clone(&permits).try_acquire_owned() {
            Ok(permit) => visit(permit, work).await,
            Err(_) => {
                let turn = async move { visit(turn(permits).await?, work).await };
                spawn(turn).await.map_err(io::Error::other)?
            }
        }
    }

    /// Does work that nobody needs who has gone.
    ///
    /// # Errors
    /// `TimedOut` if it is not done in time. It may still be.
    pub(super) async fn make_within<T: Send + 'static>(
        &self,
        limit: Duration,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<T> {
        let turn = turn(Arc::clone(&self.0));
        let visit = timeout(limit, async { visit(turn.await?, work).await });
        visit
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }
}

/// It fails only if the semaphore is closed, which nobody does.
async fn turn(permits: Arc<Semaphore>) -> io::Result<OwnedSemaphorePermit> {
    permits.acquire_owned().await.map_err(io::Error::other)
}

async fn visit<T: Send + 'static>(
    permit: OwnedSemaphorePermit,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    let work = move || {
        let _permit = permit;
        work()
    };
    spawn_blocking(work).await.map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[tokio::test]
    async fn a_disk_that_hangs_takes_its_share_and_what_waits_is_done_later() {
        let visits = Visits::new(1);
        let (release, hang) = channel::<()>();
        let mut hanging = Box::pin(visits.make(move || hang.recv()));
        assert!(timeout(Duration::ZERO, &mut hanging).await.is_err());
        // It has its turn some time, and whoever asked need not wait for it.
        let (done, was_done) = tokio::sync::oneshot::channel();
        let mut waiting = Box::pin(visits.make(move || done.send(())));
        assert!(timeout(Duration::ZERO, &mut waiting).await.is_err());
        drop(waiting);
        let late = visits.make_within(Duration::from_millis(10), || ()).await;
        assert_eq!(late.unwrap_err().kind(), io::ErrorKind::TimedOut);
        // Other work has threads.
        spawn_blocking(|| ()).await.unwrap();
        release.send(()).unwrap();
        hanging.await.unwrap().unwrap();
        was_done.await.unwrap();
        assert!(visits.make_within(Duration::from_secs(60), || ()).await.is_ok());
    }

    #[tokio::test]
    async fn who_hangs_alone_is_not_waited_for_either() {
        let visits = Visits::new(2);
        let (release, hang) = channel::<()>();
        let late = visits.make_within(Duration::from_millis(10), move || hang.recv());
        assert_eq!(late.await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        release.send(()).unwrap();
    }
}
