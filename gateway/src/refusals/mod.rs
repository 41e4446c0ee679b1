//! Counts what is refused, by its reason, and keeps a flood of refusals from filling the log.
//!
//! Whoever refuses calls [`Refusals::count`]; a refused connection, of which there may be thousands a second, is counted
//! and logged by [`Refusals::refuse`]. `gatepost status` shows the counts.

mod lines;
mod reason;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};
use tracing::warn;

use crate::seats::Network;
use lines::Lines;

pub(crate) use reason::Reason;

/// What was refused since the start.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    counts: [AtomicU64; Reason::ALL.len()],
    lines: Mutex<Lines>,
    /// Tells the worker that something was left out of the log.
    left_out: Notify,
}

impl Refusals {
    /// Of a gateway that has just started.
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    /// One more.
    pub(crate) fn count(&self, reason: Reason) {
        if let Some(count) = self.counts.get(reason as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A connection is refused: counted, and logged unless one was lately, for the same reason and from the same network.
    pub(crate) fn refuse(&self, reason: Reason, peer: SocketAddr) {
        self.count(reason);
        let client = peer.ip().to_canonical();
        if self.is_news(reason, Network::of(client)) {
            warn!(rip = %client, rport = peer.port(), reason = reason.words(), "refused");
        }
    }

    /// The same where there is more to say than the reason's own words.
    pub(crate) fn refuse_because(&self, reason: Reason, peer: SocketAddr, words: &dyn std::fmt::Display) {
        self.count(reason);
        let client = peer.ip().to_canonical();
        if self.is_news(reason, Network::of(client)) {
            match reason {
                Reason::ProxyHeader => warn!(rip = %client, reason = %words, "proxy-protocol"),
                _ => warn!(rip = %client, rport = peer.port(), reason = %words, "refused"),
            }
        }
    }

    /// How many there were.
    pub(crate) fn of(&self, reason: Reason) -> u64 {
        let count = self.counts.get(reason as usize);
        count.map_or(0, |count| count.load(Ordering::Relaxed))
    }

    /// Says, for ever, how many lines were left out.
    pub(crate) async fn sum_up(self: Arc<Self>) {
        loop {
            self.left_out.notified().await;
            let end = self.lines().end();
            sleep_until(end).await;
            for (reason, more) in self.lines().turn(Instant::now()) {
                warn!(more, reason = reason.words(), "refused");
            }
        }
    }

    fn is_news(&self, reason: Reason, network: Network) -> bool {
        let is_news = self.lines().is_news(Instant::now(), reason, network);
        if !is_news {
            self.left_out.notify_one();
        }
        is_news
    }

    fn lines(&self) -> std::sync::MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::config::LogFormat;
    use crate::log::captured::Captured;

    #[tokio::test(start_paused = true)]
    async fn a_flood_is_counted_and_two_lines_of_the_log() {
        let (captured, _guard) = Captured::start(LogFormat::Logfmt);
        let refusals = Refusals::new();
        let work = Arc::clone(&refusals).sum_up();
        let flood = async {
            for port in 1..=1000 {
                let peer = SocketAddr::from(([192, 0, 2, (port % 256) as u8], port));
                refusals.refuse(Reason::Address, peer);
            }
            let other = SocketAddr::from(([198, 51, 100, 1], 5));
            refusals.refuse(Reason::Address, other);
            refusals.refuse(Reason::Network, other);
            tokio::time::sleep(Duration::from_secs(11)).await;
            refusals.refuse(Reason::Address, other);
        };
        tokio::select! {
            () = work => {}
            () = flood => {}
        }
        assert_eq!(refusals.of(Reason::Address), 1002);
        assert_eq!(refusals.of(Reason::Network), 1);
        assert_eq!(refusals.of(Reason::Listener), 0);
        let log = captured.text();
        let lines: Vec<&str> = log
            .lines()
            .map(|line| line.split_once("event=").unwrap().1)
            .collect();
        let address = "reason=\"too many connections from this address\"";
        assert_eq!(
            lines,
            [
                format!("refused rip=192.0.2.1 rport=1 {address}"),
                format!("refused rip=198.51.100.1 rport=5 {address}"),
                "refused rip=198.51.100.1 rport=5 reason=\"too many connections from this network\""
                    .to_owned(),
                format!("refused more=999 {address}"),
                format!("refused rip=198.51.100.1 rport=5 {address}"),
            ]
        );
    }
}
