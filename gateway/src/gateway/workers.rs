//! The threads that serve connections. Each has a runtime of its own, and a connection stays with the one that it was given to:
//! whatever it waits for wakes the thread that goes on with it, and no other.

use std::convert::Infallible;
use std::io;
use std::num::NonZeroUsize;
use std::thread;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio_util::task::TaskTracker;

/// The runtime that the gateway was started in, and one for each further thread. Dropping them ends those threads.
pub(super) struct Workers(Vec<Worker>);

struct Worker {
    runtime: Handle,
    connections: TaskTracker,
    /// The thread runs until this is dropped; `None`: it is not ours.
    _running: Option<oneshot::Sender<Infallible>>,
}

impl Workers {
    /// This thread and `count - 1` others.
    ///
    /// # Errors
    /// If the system has no threads or descriptors left.
    pub(super) fn start(count: NonZeroUsize) -> io::Result<Self> {
        let here = Worker {
            runtime: Handle::current(),
            connections: TaskTracker::new(),
            _running: None,
        };
        let others = (1..count.get()).map(Worker::start);
        let all: io::Result<_> = std::iter::once(Ok(here)).chain(others).collect();
        all.map(Self)
    }

    /// Serves a connection on the thread that has the fewest; on this one where others have as many.
    pub(super) fn serve(&self, connection: impl Future<Output = ()> + Send + 'static) {
        if let Some(worker) = self.0.iter().min_by_key(|worker| worker.connections.len()) {
            worker.connections.spawn_on(connection, &worker.runtime);
        }
    }

    /// How many connections they have.
    pub(super) fn connections(&self) -> usize {
        self.0.iter().map(|worker| worker.connections.len()).sum()
    }

    /// Waits until the last connection has ended. There must be no new ones by then.
    pub(super) async fn all_ended(&self) {
        for worker in &self.0 {
            worker.connections.close();
            worker.connections.wait().await;
        }
    }
}

impl Worker {
    fn start(number: usize) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (running, ended) = oneshot::channel();
        let thread = thread::Builder::new().name(format!("worker-{number}"));
        // It ends when nobody can tell it anything any more.
        thread.spawn(move || runtime.block_on(ended).is_err())?;
        Ok(Self {
            runtime: handle,
            connections: TaskTracker::new(),
            _running: Some(running),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::mpsc;
    use std::thread::ThreadId;

    use tokio_util::sync::CancellationToken;

    use super::*;

    fn three() -> Workers {
        Workers::start(NonZeroUsize::new(3).unwrap()).unwrap()
    }

    #[tokio::test]
    async fn each_thread_has_its_share_and_this_one_what_is_left_over() {
        let (workers, end) = (three(), CancellationToken::new());
        let (said, threads) = mpsc::channel();
        for _ in 0..10 {
            let (said, end) = (said.clone(), end.clone());
            workers.serve(async move {
                said.send(thread::current().id()).unwrap();
                end.cancelled().await;
            });
        }
        assert_eq!(workers.connections(), 10);
        end.cancel();
        workers.all_ended().await;
        assert_eq!(workers.connections(), 0);
        drop(said);
        let mut shares: HashMap<ThreadId, u32> = HashMap::new();
        for thread in threads {
            *shares.entry(thread).or_default() += 1;
        }
        assert_eq!(shares.remove(&thread::current().id()), Some(4));
        assert_eq!(shares.into_values().collect::<Vec<_>>(), [3, 3]);
    }

    #[tokio::test]
    async fn the_place_of_one_that_has_ended_is_the_next_one_s() {
        let workers = three();
        let (said, mut threads) = tokio::sync::mpsc::unbounded_channel();
        for _ in 0..6 {
            let said = said.clone();
            workers.serve(async move { said.send(thread::current().id()).unwrap() });
            assert_eq!(threads.recv().await, Some(thread::current().id()));
            while workers.connections() > 0 {
                tokio::task::yield_now().await;
            }
        }
    }

    #[tokio::test]
    async fn the_threads_end_with_their_workers() {
        let workers = three();
        let ended = workers.0.iter().skip(1).map(|worker| {
            let (task, ended) = oneshot::channel::<Infallible>();
            // Dropped with its runtime.
            worker.runtime.spawn(async move {
                let _task = task;
                std::future::pending::<()>().await;
            });
            ended
        });
        let ended: Vec<_> = ended.collect();
        drop(workers);
        for task in ended {
            task.await.unwrap_err();
        }
    }
}
