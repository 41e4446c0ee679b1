//! What is printed: lines as the run goes on, and a summary in Markdown.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Duration;

use crate::chaos::Restarts;
use crate::ledger::{Heard, Judgement, Letter};
use crate::memory::{Memory, Sample};
use crate::tally::{Tally, percentile};

/// Says how far it is.
pub(crate) fn progress(line: &str) {
    // Who has closed standard error does not want to know.
    let _ = writeln!(std::io::stderr(), "soak: {line}");
}

/// All that is known at the end.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) seed: u64,
    pub(crate) length: Duration,
    pub(crate) phones: usize,
    pub(crate) users: usize,
    pub(crate) restarts: Restarts,
    pub(crate) letters: BTreeMap<String, Letter>,
    pub(crate) judgement: Judgement,
    pub(crate) in_doubt: usize,
    pub(crate) memory: Option<Memory>,
    pub(crate) samples: Vec<Sample>,
    pub(crate) descriptors: [String; 2],
    pub(crate) threads: [u64; 2],
    /// How often the gateway logged each event, and refused logins by result.
    pub(crate) events: BTreeMap<String, usize>,
    pub(crate) refusals: BTreeMap<String, usize>,
    /// What the gateway's last life has refused, by reason.
    pub(crate) refused: BTreeMap<String, usize>,
    /// What must not be, one line each.
    pub(crate) violations: Vec<String>,
}

impl Outcome {
    /// The summary.
    pub(crate) fn text(&self, tally: &Tally) -> String {
        let mut text = String::from("| soak | |\n|---|---|\n");
        for (name, value) in self.rows(tally) {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "| {name} | {value} |");
        }
        text
    }

    fn rows(&self, tally: &Tally) -> Vec<(&'static str, String)> {
        let of = |heard: fn(&Heard) -> bool| {
            self.letters
                .values()
                .filter(|letter| heard(&letter.heard))
                .count()
        };
        let times = |times: &[Duration]| {
            let [half, most] = [50, 99].map(|hundredth| percentile(times, hundredth).as_millis());
            format!("{half} ms, {most} ms ({} measured)", times.len())
        };
        let event = |name: &str| self.events.get(name).copied().unwrap_or(0);
        let Judgement {
            arrived,
            copies,
            unheard,
            redelivered,
            known_doubles,
            ..
        } = &self.judgement;
        let [before, after] = &self.descriptors;
        let [threads_before, threads_after] = self.threads;
        let verdict = if self.violations.is_empty() { "good" } else { "bad" };
        vec![
            ("duration, seed", format!("{} s, {}", self.length.as_secs(), self.seed)),
            ("phones of users", format!("{} of {}", self.phones, self.users)),
            ("restarts", listed(&self.restarts)),
            ("logins", listed(&tally.logins)),
            ("refused logins, by the log's result", listed(&self.refusals)),
            ("refused by the gateway's last life, by `gatepost status`", listed(&self.refused)),
            (
                "letters: accepted, refused, unanswered",
                format!(
                    "{}, {}, {}",
                    of(|heard| *heard == Heard::Accepted),
                    of(|heard| matches!(heard, Heard::Refused { .. })),
                    of(|heard| *heard == Heard::Nothing)
                ),
            ),
            (
                "octets accepted, fetched",
                format!("{}, {}", tally.sent_octets, tally.fetched_octets),
            ),
            (
                "arrivals in inboxes, copies in Sent",
                format!("{arrived}, {copies}"),
            ),
            (
                "of them: sent without an answer, in doubt",
                format!("{unheard}, {}", self.in_doubt),
            ),
            (
                "twice: delivered by the MTA, by a client's late copy",
                format!("{redelivered}, {known_doubles}"),
            ),
            (
                "copies: filed, found there, filed by the client",
                format!("{}, {}, {}", event("sent-filed"), event("sent-present"), event("sent-own")),
            ),
            ("letters fetched and compared", tally.fetched.to_string()),
            ("what phones did", listed(&tally.deeds)),
            ("how their sessions ended", listed(&tally.endings)),
            ("login while all is well: p50, p99", times(&tally.login_times)),
            ("sending while all is well: p50, p99", times(&tally.send_times)),
            (
                "memory (PSS) of the gateway's last life",
                self.memory.as_ref().map_or_else(String::new, |memory| {
                    let Memory {
                        first,
                        peak,
                        last,
                        growth,
                        ..
                    } = memory;
                    format!("first {first} KiB, peak {peak} KiB, last {last} KiB; trend of the second half {growth:+.0} KiB")
                }),
            ),
            ("descriptors before", before.clone()),
            ("descriptors after", after.clone()),
            ("threads before, after", format!("{threads_before}, {threads_after}")),
            ("connections accepted, closed", format!("{}, {}", event("accepted"), event("closed"))),
            ("verdict", format!("**{verdict}**")),
        ]
    }
}

fn listed(counts: &BTreeMap<impl std::fmt::Display, usize>) -> String {
    let items = counts.iter().map(|(name, count)| format!("{count} {name}"));
    items.collect::<Vec<_>>().join(", ")
}
