//! What the phones count, and what they complain about.

use std::collections::BTreeMap;
use std::time::Duration;

/// So many complaints of a kind are kept.
const COMPLAINTS: usize = 20;

/// Of all phones.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Logins that went all the way, by protocol and mechanism.
    pub(crate) logins: BTreeMap<&'static str, usize>,
    /// What else became of attempts to log in, by the words of the answer.
    pub(crate) refusals: BTreeMap<String, usize>,
    /// The same, while all servers had been up for a while.
    pub(crate) calm_refusals: BTreeMap<String, usize>,
    /// How sessions ended that were not meant to, such as by a server's death.
    pub(crate) endings: BTreeMap<&'static str, usize>,
    /// What phones did to others: roamed, died.
    pub(crate) deeds: BTreeMap<&'static str, usize>,
    /// Whole messages that were fetched, each of which was as it was sent.
    pub(crate) fetched: usize,
    pub(crate) fetched_octets: usize,
    pub(crate) sent_octets: usize,
    /// While all servers had been up for a while.
    pub(crate) login_times: Vec<Duration>,
    pub(crate) send_times: Vec<Duration>,
    /// What must not be: what it is, and how often.
    pub(crate) violations: BTreeMap<String, usize>,
    /// The first of each kind in full.
    pub(crate) complaints: Vec<String>,
}

impl Tally {
    /// Something that must not be. `what` is one of few; `details` says more.
    pub(crate) fn violation(&mut self, what: &str, details: &str) {
        *self.violations.entry(what.to_owned()).or_default() += 1;
        if self.complaints.len() < COMPLAINTS {
            self.complaints.push(format!("{what}: {details}"));
        }
    }

    pub(crate) fn deed(&mut self, what: &'static str) {
        *self.deeds.entry(what).or_default() += 1;
    }
}

/// The time that so many of a hundred did not take longer than.
pub(crate) fn percentile(times: &[Duration], hundredth: usize) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let place = (sorted.len() * hundredth).div_ceil(100).saturating_sub(1);
    sorted.get(place).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_sorted_times() {
        let times: Vec<Duration> = (1..=200).rev().map(Duration::from_millis).collect();
        assert_eq!(percentile(&times, 50), Duration::from_millis(100));
        assert_eq!(percentile(&times, 99), Duration::from_millis(198));
        assert_eq!(percentile(&times[..1], 99), Duration::from_millis(200));
        assert_eq!(percentile(&[], 50), Duration::ZERO);
    }

    #[test]
    fn violations_are_counted_and_the_first_shown() {
        let mut tally = Tally::default();
        for number in 0..100 {
            tally.violation("let in", &number.to_string());
        }
        assert_eq!(tally.violations["let in"], 100);
        assert_eq!(tally.complaints.len(), COMPLAINTS);
        assert_eq!(tally.complaints[0], "let in: 0");
    }
}
