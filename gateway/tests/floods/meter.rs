//! What the gateway's process takes: memory, descriptors, threads, processor time.

use std::time::Duration;

use tokio::time::{Instant, interval};

use crate::common::{Gateway, LIMIT};

/// The process before a flood.
pub(crate) struct Meter {
    process: u32,
    pub(crate) before: Reading,
}

/// The process at a moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading {
    pub(crate) memory_kib: u64,
    pub(crate) descriptors: usize,
    pub(crate) threads: u64,
    pub(crate) cpu: Duration,
}

impl Meter {
    /// What may come and go whatever the flood is: honest sessions, arenas of the allocator, buffers of threads.
    pub(crate) const SLACK_KIB: u64 = 8 * 1024;

    pub(crate) fn start(gateway: &Gateway) -> Self {
        let process = gateway.process_id();
        // The peak is counted from here.
        std::fs::write(format!("/proc/{process}/clear_refs"), "5").unwrap();
        Self {
            process,
            before: Reading::of(process, "VmRSS:"),
        }
    }

    pub(crate) fn now(&self) -> Reading {
        Reading::of(self.process, "VmRSS:")
    }

    /// With the most memory that there ever was since the start.
    pub(crate) fn peak(&self) -> Reading {
        Reading::of(self.process, "VmHWM:")
    }

    /// Waits until no descriptor is open that was not before.
    pub(crate) async fn is_as_before(&self) {
        let limit = Instant::now() + LIMIT;
        let mut patience = interval(Duration::from_millis(20));
        loop {
            patience.tick().await;
            let (now, before) = (self.now().descriptors, self.before.descriptors);
            if now <= before {
                return;
            }
            assert!(Instant::now() < limit, "{now} descriptors are open, not {before}");
        }
    }
}

impl Reading {
    fn of(process: u32, memory: &str) -> Self {
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
        let number = |key: &str| -> u64 {
            let line = status.lines().find(|line| line.starts_with(key)).unwrap();
            line.split_whitespace().nth(1).unwrap().parse().unwrap()
        };
        Self {
            memory_kib: number(memory),
            descriptors: std::fs::read_dir(format!("/proc/{process}/fd")).unwrap().count(),
            threads: number("Threads:"),
            cpu: cpu(process),
        }
    }
}

/// In user and kernel mode.
fn cpu(process: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    // The fields behind the name, which may hold anything; the 14th and 15th are in hundredths of a second.
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    Duration::from_millis(ticks * 10)
}
