//! Where it is measured, and of whom.

use std::fmt::Write as _;
use std::fs;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::proxies::{CONNECTIONS, Kind, Site};

/// Descriptors of a proxy, or of the load, that are not sessions'.
const OTHER_FILES: u64 = 1000;

/// Allows as many open files as there may be, and says how many sessions those are: each takes two, of a proxy and of
/// this process, which has its client and its mail server.
pub(crate) fn raise_open_files() -> usize {
    let maximum = getrlimit(Resource::Nofile).maximum;
    let _ = setrlimit(
        Resource::Nofile,
        Rlimit {
            current: maximum,
            maximum,
        },
    );
    let files = maximum.unwrap_or(u64::MAX).min(CONNECTIONS);
    usize::try_from(files.saturating_sub(OTHER_FILES) / 2).unwrap_or_default()
}

/// Date, machine and versions.
pub(crate) fn described(site: &Site, kinds: &[Kind], rounds: usize) -> anyhow::Result<String> {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo")?;
    let cores = cpuinfo
        .lines()
        .filter(|line| line.starts_with("processor"))
        .count();
    let model = cpuinfo
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("unknown", |(_, model)| model);
    let kernel = rustix::system::uname();
    let large = site.upstream.message.len() >> 20;
    let mut text = format!(
        "{}: {cores} cores ({model}), Linux {}. Medians of {rounds} rounds (least–most), × nginx. A large message has {large} MiB.\n",
        today()?,
        kernel.release().to_string_lossy()
    );
    for kind in kinds.iter().filter(|kind| **kind != Kind::Direct) {
        let _ = writeln!(text, "- {}: {}", kind.name(), kind.version(site)?);
    }
    Ok(text)
}

/// The date, UTC.
fn today() -> anyhow::Result<String> {
    let now = time::OffsetDateTime::now_utc();
    Ok(format!(
        "{}-{:02}-{:02}",
        now.year(),
        u8::from(now.month()),
        now.day()
    ))
}
