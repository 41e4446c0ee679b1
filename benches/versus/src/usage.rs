//! What a process and all its children have used and hold, from `/proc`.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use anyhow::Context as _;

/// A process that was started here, with its children and theirs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tree {
    root: u32,
}

/// Whose use is looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Meter {
    Processes(Tree),
    /// A thread of this process.
    Thread(u32),
}

impl Meter {
    /// The processors' time that was used.
    pub(crate) fn used(self) -> Used {
        match self {
            Self::Processes(tree) => tree.used(),
            Self::Thread(thread) => {
                let used = thread_cpu("/proc/self/task", thread).map(|used| (thread, used));
                let (stat, threads) = (Stat::default(), used.into_iter().collect());
                Used {
                    processes: BTreeMap::from([(thread, UsedBy { stat, threads })]),
                }
            }
        }
    }

    /// Those that live.
    pub(crate) fn threads(self) -> Vec<u32> {
        match self {
            Self::Processes(tree) => {
                let processes = tree.processes().into_iter();
                processes
                    .flat_map(|process| numbers_in(&format!("/proc/{process}/task")))
                    .collect()
            }
            Self::Thread(thread) => vec![thread],
        }
    }

    /// Memory in octets; a thread has none of its own.
    pub(crate) fn memory(self) -> anyhow::Result<Option<u64>> {
        match self {
            Self::Processes(tree) => tree.memory().map(Some),
            Self::Thread(_) => Ok(None),
        }
    }
}

/// What `/proc/PID/stat` tells of a process.
#[derive(Debug, Default)]
struct Stat {
    parent: u32,
    /// Of the process itself, in whole ticks.
    own: Duration,
    /// Of children that have ended and were waited for.
    ended_children: Duration,
}

/// The processors' time that was used until a moment, user's and system's.
#[derive(Debug, Default)]
pub(crate) struct Used {
    processes: BTreeMap<u32, UsedBy>,
}

/// The same of a process.
#[derive(Debug, Default)]
struct UsedBy {
    stat: Stat,
    /// The scheduler's own count of each thread that lives.
    threads: BTreeMap<u32, Duration>,
}

impl Used {
    /// What was used since an earlier moment.
    pub(crate) fn since(&self, before: &Self) -> Duration {
        let new = UsedBy::default();
        let of = |(process, used): (&u32, &UsedBy)| used.since(before.processes.get(process).unwrap_or(&new));
        let living: Duration = self.processes.iter().map(of).sum();
        // Who has ended is counted by its parent, from its beginning on.
        let ended = before
            .processes
            .iter()
            .filter(|(process, _)| !self.processes.contains_key(process));
        living.saturating_sub(ended.map(|(_, used)| used.stat.own).sum())
    }
}

impl UsedBy {
    /// The scheduler's count has nanoseconds, but goes with its thread; that in ticks stays. The larger one is right, as
    /// far as ticks can tell: the user's and the system's time are each cut.
    fn since(&self, before: &Self) -> Duration {
        let threads = self.threads.iter().map(|(thread, used)| {
            let before = before.threads.get(thread).copied().unwrap_or_default();
            used.saturating_sub(before)
        });
        let whole = self
            .stat
            .own
            .saturating_sub(before.stat.own)
            .saturating_sub(ticks(2));
        let children = self
            .stat
            .ended_children
            .saturating_sub(before.stat.ended_children);
        threads.sum::<Duration>().max(whole) + children
    }
}

impl Tree {
    pub(crate) fn of(root: u32) -> Self {
        Self { root }
    }

    /// All processes of it that live, the root first.
    pub(crate) fn processes(self) -> Vec<u32> {
        let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for process in all_processes() {
            if let Some(stat) = Stat::read(process) {
                children.entry(stat.parent).or_default().push(process);
            }
        }
        let mut found = vec![self.root];
        let mut unseen = vec![self.root];
        while let Some(process) = unseen.pop() {
            let more = children.remove(&process).unwrap_or_default();
            found.extend(&more);
            unseen.extend(more);
        }
        found
    }

    /// The processors' time that it has used.
    pub(crate) fn used(self) -> Used {
        let of = |process: u32| {
            let stat = Stat::read(process)?;
            let threads = threads(process);
            Some((process, UsedBy { stat, threads }))
        };
        let processes = self.processes().into_iter().filter_map(of).collect();
        Used { processes }
    }

    /// Its memory in octets: pages that several processes share count in parts (PSS).
    pub(crate) fn memory(self) -> anyhow::Result<u64> {
        self.processes().into_iter().map(memory).sum()
    }
}

impl Stat {
    fn read(process: u32) -> Option<Self> {
        let line = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        // The program's name stands in parentheses and may hold anything.
        let (_, fields) = line.rsplit_once(')')?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
        Some(Self {
            parent: u32::try_from(number(1)?).ok()?,
            own: ticks(number(11)? + number(12)?),
            ended_children: ticks(number(13)? + number(14)?),
        })
    }
}

fn ticks(number: u64) -> Duration {
    let per_second = rustix::param::clock_ticks_per_second();
    Duration::from_nanos(number * (1_000_000_000 / per_second.max(1)))
}

fn all_processes() -> Vec<u32> {
    numbers_in("/proc")
}

/// The threads of this process.
pub(crate) fn own_threads() -> Vec<u32> {
    numbers_in("/proc/self/task")
}

/// The names in a folder that are numbers.
fn numbers_in(folder: &str) -> Vec<u32> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect()
}

/// What the living threads of a process have used.
fn threads(process: u32) -> BTreeMap<u32, Duration> {
    let folder = format!("/proc/{process}/task");
    let of = |thread: u32| Some((thread, thread_cpu(&folder, thread)?));
    numbers_in(&folder).into_iter().filter_map(of).collect()
}

fn thread_cpu(folder: &str, thread: u32) -> Option<Duration> {
    let line = fs::read_to_string(format!("{folder}/{thread}/schedstat")).ok()?;
    let nanoseconds = line.split_whitespace().next()?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds))
}

fn memory(process: u32) -> anyhow::Result<u64> {
    let path = format!("/proc/{process}/smaps_rollup");
    let text = fs::read_to_string(&path).with_context(|| format!("{path}: may this user read it?"))?;
    let pss = text.lines().find_map(|line| line.strip_prefix("Pss:"));
    let kib = pss.and_then(|pss| pss.trim().strip_suffix(" kB"));
    let kib: u64 = kib.context("no Pss")?.parse()?;
    Ok(kib * 1024)
}

#[cfg(test)]
mod tests {
    use std::process::{Child, Command, Stdio};
    use std::thread;

    use super::*;

    /// Ends what a test started.
    struct Ended(Child);

    impl Drop for Ended {
        fn drop(&mut self) {
            for process in Tree::of(self.0.id()).processes() {
                let process = i32::try_from(process)
                    .ok()
                    .and_then(rustix::process::Pid::from_raw);
                let _ = rustix::process::kill_process(process.unwrap(), rustix::process::Signal::KILL);
            }
            let _ = self.0.wait();
        }
    }

    /// A script that says a line when it has done what it is to do, and then waits.
    fn done(script: &str) -> (Ended, Tree) {
        let mut child = Command::new("python3");
        child.args([
            "-c",
            &format!("import os, sys, time\n{script}\nprint('done', flush=True)\ntime.sleep(60)"),
        ]);
        let mut child = Ended(child.stdout(Stdio::piped()).spawn().unwrap());
        let mut line = String::new();
        let output = child.0.stdout.take().unwrap();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(output), &mut line).unwrap();
        assert_eq!(line, "done\n");
        let tree = Tree::of(child.0.id());
        (child, tree)
    }

    const BURN: &str = "def burn(seconds):\n until = time.thread_time() + seconds\n while time.thread_time() < until: pass\n";

    /// Since its beginning.
    fn all(tree: Tree) -> Duration {
        tree.used().since(&Used::default())
    }

    fn between(low: u64, used: Duration, high: u64) {
        let (low, high) = (Duration::from_millis(low), Duration::from_millis(high));
        assert!(low <= used && used <= high, "{used:?}");
    }

    #[test]
    fn a_child_that_lives_is_counted() {
        let (_idle, idle) = done("");
        let (_busy, busy) = done(&format!(
            "{BURN}\nread, write = os.pipe()\nif os.fork() == 0:\n burn(0.3)\n os.write(write, b'x')\n time.sleep(60)\nos.read(read, 1)"
        ));
        assert_eq!(busy.processes().len(), 2);
        between(0, all(idle), 280);
        between(295, all(busy), 1000);
    }

    #[test]
    fn a_child_that_has_ended_is_counted() {
        let (_busy, busy) = done(&format!(
            "{BURN}\nif os.fork() == 0:\n burn(0.3)\n os._exit(0)\nos.wait()"
        ));
        assert_eq!(busy.processes().len(), 1);
        between(280, all(busy), 1000);
    }

    #[test]
    fn a_thread_that_has_ended_is_counted() {
        let (_busy, busy) = done(&format!(
            "{BURN}\nimport threading\nthread = threading.Thread(target=burn, args=(0.3,))\nthread.start()\nthread.join()"
        ));
        between(280, all(busy), 1000);
    }

    #[test]
    fn who_sleeps_uses_nothing() {
        let (_idle, idle) = done("");
        // Python winds up its sleep after its line.
        thread::sleep(Duration::from_millis(50));
        let before = idle.used();
        thread::sleep(Duration::from_millis(200));
        let used = idle.used().since(&before);
        assert!(used < Duration::from_millis(1), "{used:?}");
    }

    #[test]
    fn little_is_seen_although_a_thread_has_ended() {
        let (_ticking, ticking) = done(&format!(
            "{BURN}\nimport threading\nthread = threading.Thread(target=burn, args=(0.3,))\nthread.start()\nthread.join()\n\
             def tick():\n while True:\n  time.sleep(0.01)\n  burn(0.0005)\n\
             threading.Thread(target=tick, daemon=True).start()"
        ));
        let before = ticking.used();
        thread::sleep(Duration::from_millis(200));
        let used = ticking.used().since(&before);
        assert!(!used.is_zero() && used < Duration::from_millis(100), "{used:?}");
    }

    #[test]
    fn memory_grows_by_what_is_allocated() {
        let (_small, small) = done("");
        let (_large, large) = done("held = b'x' * (32 << 20)");
        let grown = large.memory().unwrap() - small.memory().unwrap();
        assert!((31 << 20..36 << 20).contains(&grown), "{grown}");
    }
}
