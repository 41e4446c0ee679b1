//! Which refusals are logged one by one, and how many are not.

use std::collections::HashSet;
use std::time::Duration;

use tokio::time::Instant;

use super::Reason;
use crate::seats::Network;

/// For so long a reason and a network that were logged are not logged again.
const WINDOW: Duration = Duration::from_secs(10);

/// The most lines of a window: a flood may come from everywhere.
const MAX_LINES: usize = 100;

/// What was logged since the window began.
#[derive(Debug)]
pub(super) struct Lines {
    began: Instant,
    logged: HashSet<(Reason, Network)>,
    left_out: [u64; Reason::ALL.len()],
}

impl Default for Lines {
    fn default() -> Self {
        Self {
            began: Instant::now(),
            logged: HashSet::new(),
            left_out: [0; Reason::ALL.len()],
        }
    }
}

impl Lines {
    /// Whether this is to be logged; if not, it is counted among those left out. Those of a window that is over wait for
    /// [`Lines::turn`], so a window that left something out goes on until then.
    pub(super) fn is_news(&mut self, now: Instant, reason: Reason, network: Network) -> bool {
        if now >= self.end() && self.left_out.iter().all(|count| *count == 0) {
            self.began = now;
            self.logged.clear();
        }
        let is_news = self.logged.len() < MAX_LINES && self.logged.insert((reason, network));
        if !is_news && let Some(count) = self.left_out.get_mut(reason as usize) {
            *count += 1;
        }
        is_news
    }

    /// When the window is over.
    pub(super) fn end(&self) -> Instant {
        self.began + WINDOW
    }

    /// Begins another window, and says how many lines the last one left out.
    pub(super) fn turn(&mut self, now: Instant) -> Vec<(Reason, u64)> {
        self.began = now;
        self.logged.clear();
        let counts = std::mem::replace(&mut self.left_out, [0; Reason::ALL.len()]);
        let counts = Reason::ALL.into_iter().zip(counts);
        counts.filter(|(_, count)| *count > 0).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    #[test]
    fn a_flood_from_everywhere_has_few_lines_too() {
        let (mut lines, now) = (Lines::default(), Instant::now());
        let networks = (0..=255).map(|third| Network::of(IpAddr::from([10, 0, third, 1])));
        let logged = networks.filter(|network| lines.is_news(now, Reason::Connections, *network));
        assert_eq!(logged.count(), MAX_LINES);
        assert_eq!(lines.turn(now + WINDOW), [(Reason::Connections, 156)]);
        assert_eq!(lines.turn(now + WINDOW), []);
        assert!(lines.is_news(now, Reason::Connections, Network::of(IpAddr::from([10, 0, 1, 1]))));
    }
}
