//! What the operating system knows of the process: memory, threads, and what it has open.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use anyhow::Context as _;

/// A look at a process.
#[derive(Debug, Clone)]
pub(crate) struct Vitals {
    pub(crate) threads: u64,
    pub(crate) descriptors: Descriptors,
}

/// Open descriptors, by what they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Descriptors(BTreeMap<&'static str, usize>);

/// By which a connection is told from another.
#[derive(Debug, Clone, Default)]
pub(crate) struct Peers {
    /// The gateway's own addresses.
    pub(crate) listeners: BTreeSet<SocketAddr>,
    pub(crate) directories: BTreeSet<SocketAddr>,
    pub(crate) mail: BTreeSet<SocketAddr>,
    pub(crate) mtas: BTreeSet<SocketAddr>,
}

/// The connection of a socket.
#[derive(Debug, Clone, Copy)]
struct Line {
    local: SocketAddr,
    remote: SocketAddr,
}

impl Vitals {
    pub(crate) fn of(process: u32, peers: &Peers) -> anyhow::Result<Self> {
        Ok(Self {
            threads: status(process, "Threads:")?,
            descriptors: Descriptors::of(process, peers)?,
        })
    }
}

/// The memory that is the process's alone, and its part of what it shares with others (PSS), in KiB.
pub(super) fn memory(process: u32) -> anyhow::Result<u64> {
    let rollup = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup"))?;
    number(&rollup, "Pss:").context("no Pss")
}

impl super::Gateway {
    /// PSS in KiB.
    pub(crate) fn memory(&self) -> anyhow::Result<u64> {
        memory(self.process())
    }
}

fn status(process: u32, key: &str) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    number(&status, key).with_context(|| format!("no {key}"))
}

fn number(text: &str, key: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    line.split_whitespace().next()?.parse().ok()
}

impl Descriptors {
    const CLIENTS: &'static str = "clients";
    const DIRECTORIES: &'static str = "directories";
    const MAIL: &'static str = "mail servers";
    const MTAS: &'static str = "mtas";

    fn of(process: u32, peers: &Peers) -> anyhow::Result<Self> {
        let lines = lines(&std::fs::read_to_string("/proc/net/tcp")?);
        let mut kinds = BTreeMap::new();
        for descriptor in std::fs::read_dir(format!("/proc/{process}/fd"))? {
            // One that is closed meanwhile is none.
            if let Ok(target) = std::fs::read_link(descriptor?.path()) {
                *kinds.entry(kind(&target, &lines, peers)).or_default() += 1;
            }
        }
        Ok(Self(kinds))
    }

    fn count(&self, kind: &str) -> usize {
        self.0.get(kind).copied().unwrap_or(0)
    }

    /// What there is more of than before. Connections are to be gone, but for those to directories: `pool` are kept.
    pub(crate) fn leaked_since(&self, before: &Self, pool: usize) -> Self {
        let more = self.0.iter().filter_map(|(kind, count)| {
            let allowed = match *kind {
                Self::DIRECTORIES => pool,
                Self::CLIENTS | Self::MAIL | Self::MTAS => 0,
                kind => before.count(kind),
            };
            (*count > allowed).then(|| (*kind, count - allowed))
        });
        Self(more.collect())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Descriptors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut before = "";
        for (kind, count) in &self.0 {
            write!(f, "{before}{count} {kind}")?;
            before = ", ";
        }
        Ok(())
    }
}

fn kind(target: &Path, lines: &BTreeMap<u64, Line>, peers: &Peers) -> &'static str {
    let name = target.to_string_lossy();
    let Some(socket) = name
        .strip_prefix("socket:[")
        .and_then(|rest| rest.strip_suffix(']'))
    else {
        return if name.starts_with('/') && !name.starts_with("/dev/") {
            "files"
        } else {
            "others"
        };
    };
    match socket.parse().ok().and_then(|inode: u64| lines.get(&inode)) {
        None => "other sockets",
        Some(Line { remote, .. }) if remote.port() == 0 => "listeners",
        Some(Line { local, .. }) if peers.listeners.contains(local) => Descriptors::CLIENTS,
        Some(Line { remote, .. }) if peers.directories.contains(remote) => Descriptors::DIRECTORIES,
        Some(Line { remote, .. }) if peers.mail.contains(remote) => Descriptors::MAIL,
        Some(Line { remote, .. }) if peers.mtas.contains(remote) => Descriptors::MTAS,
        Some(_) => "unknown peers",
    }
}

/// The lines of `/proc/net/tcp` by inode.
fn lines(table: &str) -> BTreeMap<u64, Line> {
    let parsed = table.lines().skip(1).filter_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let line = Line {
            local: address(words.get(1)?)?,
            remote: address(words.get(2)?)?,
        };
        Some((words.get(9)?.parse().ok()?, line))
    });
    parsed.collect()
}

/// `0100007F:1F90` is 127.0.0.1:8080: the address in the machine's own order of octets.
fn address(text: &str) -> Option<SocketAddr> {
    let (address, port) = text.split_once(':')?;
    let address = u32::from_str_radix(address, 16).ok()?;
    let port = u16::from_str_radix(port, 16).ok()?;
    Some((Ipv4Addr::from(address.to_ne_bytes()), port).into())
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn connections_are_told_apart() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let there = listener.local_addr().unwrap();
        let looks = |peers: &Peers| Vitals::of(std::process::id(), peers).unwrap().descriptors;
        let mail = Peers {
            mail: [there].into(),
            ..Peers::default()
        };
        let listening = Peers {
            listeners: [there].into(),
            ..Peers::default()
        };
        assert_eq!(looks(&mail).count(Descriptors::MAIL), 0);
        let _client = TcpStream::connect(there).unwrap();
        assert_eq!(looks(&mail).count(Descriptors::MAIL), 1);
        assert_eq!(looks(&listening).count(Descriptors::CLIENTS), 0);
        let _accepted = listener.accept().unwrap();
        assert_eq!(looks(&listening).count(Descriptors::CLIENTS), 1);
        assert!(memory(std::process::id()).unwrap() > 100);
    }

    #[test]
    fn what_there_is_more_of_has_leaked() {
        let before = Descriptors(BTreeMap::from([("listeners", 8), ("files", 2)]));
        let after = Descriptors(BTreeMap::from([
            ("listeners", 8),
            ("files", 1),
            (Descriptors::DIRECTORIES, 12),
        ]));
        assert!(after.leaked_since(&before, 12).is_empty());
        assert_eq!(after.leaked_since(&before, 10).to_string(), "2 directories");
        let clients = Descriptors(BTreeMap::from([(Descriptors::CLIENTS, 1)]));
        assert_eq!(clients.leaked_since(&before, 12).to_string(), "1 clients");
    }
}
