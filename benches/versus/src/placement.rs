//! Who runs on which processor.

use anyhow::Context as _;
use rustix::process::Pid;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::usage::{Meter, own_threads};

/// What is measured has a processor for itself, and the clients and servers around it have another, as if they were machines
/// apart; until this is dropped.
///
/// Otherwise it is left to chance whether those who wait for each other share a processor. If they do, nobody has to be woken from
/// sleep, and a round trip takes two thirds of the time.
#[derive(Debug)]
pub(crate) struct Apart {
    usual: CpuSet,
    threads: Vec<u32>,
}

impl Apart {
    /// Nothing changes where there is but one processor. Threads that begin later run where those that begin them do.
    pub(crate) fn from_others(measured: Meter) -> anyhow::Result<Self> {
        let usual = sched_getaffinity(None).context("on which processors may this run?")?;
        let mut apart = Self {
            usual,
            threads: Vec::new(),
        };
        let mut processors = (0..CpuSet::MAX_CPU).filter(|processor| usual.is_set(*processor));
        if let (Some(theirs), Some(ours)) = (processors.next(), processors.next()) {
            // The upstream is measured where there is no proxy, and is one of our own threads.
            apart.put(own_threads(), theirs)?;
            apart.put(measured.threads(), ours)?;
        }
        Ok(apart)
    }

    fn put(&mut self, threads: Vec<u32>, processor: usize) -> anyhow::Result<()> {
        let mut set = CpuSet::new();
        set.set(processor);
        for thread in &threads {
            place(*thread, &set).context("cannot choose a processor")?;
        }
        self.threads.extend(threads);
        Ok(())
    }
}

impl Drop for Apart {
    fn drop(&mut self) {
        for thread in &self.threads {
            // It may have ended.
            let _ = place(*thread, &self.usual);
        }
    }
}

fn place(thread: u32, processors: &CpuSet) -> rustix::io::Result<()> {
    let thread = i32::try_from(thread).ok().and_then(Pid::from_raw);
    sched_setaffinity(Some(thread.ok_or(rustix::io::Errno::SRCH)?), processors)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::thread;

    use super::*;

    #[test]
    fn the_measured_thread_is_alone_until_the_end() {
        let here = |thread: Option<u32>| {
            let thread = thread.and_then(|thread| Pid::from_raw(i32::try_from(thread).unwrap()));
            sched_getaffinity(thread).unwrap()
        };
        let usual = here(None);
        let (say, said) = channel();
        let (end, ended) = channel::<()>();
        let measured = thread::spawn(move || {
            let thread = rustix::thread::gettid().as_raw_nonzero().get().unsigned_abs();
            say.send(thread).unwrap();
            let _ = ended.recv();
        });
        let thread = said.recv().unwrap();
        let apart = Apart::from_others(Meter::Thread(thread)).unwrap();
        if usual.count() > 1 {
            assert_eq!((here(None).count(), here(Some(thread)).count()), (1, 1));
            assert_ne!(here(None), here(Some(thread)));
        }
        drop(apart);
        assert_eq!((here(None), here(Some(thread))), (usual, usual));
        drop(end);
        measured.join().unwrap();
    }
}
