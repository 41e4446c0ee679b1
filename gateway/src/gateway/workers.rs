//! The threads that serve connections. Each has a runtime of its own, and a connection stays with the one that it was given to:
//! whatever it waits for wakes the thread that goes on with it, and no other.

use std::convert::Infallible;
use std::io;
use std::num::NonZeroUsize;
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::time::interval;
use tokio_util::task::TaskTracker;

/// The runtime that the gateway was started in, and one for each further thread.
pub(super) struct Workers(Vec<Worker>);

struct Worker {
    runtime: Handle,
    connections: TaskTracker,
    /// `None`: it is not ours.
    thread: Option<Thread>,
}

/// A thread of ours.
struct Thread {
    /// It runs until this is dropped.
    running: oneshot::Sender<Infallible>,
    /// Closed when it has ended.
    ended: oneshot::Receiver<Infallible>,
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
            thread: None,
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

    /// Ends the threads, and returns when they have. What was given to the disk by then is done, even if nobody waits for it.
    pub(super) async fn end(self) {
        let threads: Vec<Thread> = self.0.into_iter().filter_map(|worker| worker.thread).collect();
        for Thread { running, ended } in threads {
            drop(running);
            let _ = ended.await;
        }
    }
}

impl Worker {
    fn start(number: usize) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (running, no_more) = oneshot::channel::<Infallible>();
        let (ending, ended) = oneshot::channel();
        let thread = thread::Builder::new().name(format!("worker-{number}"));
        thread.spawn(move || {
            let _ending = ending;
            runtime.block_on(async {
                tokio::select! {
                    _ = no_more => {}
                    () = tick() => {}
                }
            });
            drop(runtime);
        })?;
        Ok(Self {
            runtime: handle,
            connections: TaskTracker::new(),
            thread: Some(Thread { running, ended }),
        })
    }
}

/// A thread is woken whenever a timer is set that is earlier than all others of its runtime, even if it is awake and sets it
/// itself. While there is always one that is due within a second, the timers of connections are later and wake nobody. The
/// thread that the gateway was started in has those that look after files.
async fn tick() {
    let mut ticks = interval(Duration::from_secs(1));
    loop {
        ticks.tick().await;
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
    async fn a_panic_ends_one_connection_and_no_thread() {
        let workers = three();
        for _ in 0..6 {
            workers.serve(async { panic!("of this connection") });
        }
        while workers.connections() > 0 {
            tokio::task::yield_now().await;
        }
        let (said, mut threads) = tokio::sync::mpsc::unbounded_channel();
        for _ in 0..3 {
            let said = said.clone();
            workers.serve(async move { said.send(thread::current().id()).unwrap() });
        }
        for _ in 0..3 {
            threads.recv().await.unwrap();
        }
        workers.end().await;
    }

    #[tokio::test]
    async fn the_threads_end_when_what_was_begun_on_the_disk_is_done() {
        let workers = three();
        let (said, done) = mpsc::channel();
        let mut disks = Vec::new();
        for worker in workers.0.iter().skip(1) {
            let said = said.clone();
            let (begun, has_begun) = oneshot::channel();
            let (disk, is_ready) = mpsc::channel::<()>();
            worker.runtime.spawn_blocking(move || {
                begun.send(()).unwrap();
                is_ready.recv().unwrap();
                said.send(()).unwrap();
            });
            has_begun.await.unwrap();
            disks.push(disk);
        }
        let ending = tokio::spawn(workers.end());
        tokio::task::yield_now().await;
        for disk in disks {
            disk.send(()).unwrap();
        }
        ending.await.unwrap();
        assert_eq!(done.try_iter().count(), 2);
    }
}
