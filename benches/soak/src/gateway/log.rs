//! What the gateway's log of one life tells of its health.

use std::collections::{BTreeMap, BTreeSet};

/// How a life ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It goes on.
    None,
    Killed,
    Told,
}

/// Lines that are worth a warning, and come of the outages that a soak makes.
const OUTAGES: [&str; 10] = [
    "certificate",
    "login-failed",
    "mta-lost",
    "mta-unknown",
    "recheck-unavailable",
    "sent-doubt",
    "sent-retry",
    "sent-gone",
    "open-files",
    "process",
];

/// So many lines of a kind are shown.
const SHOWN: usize = 5;

/// What is wrong in a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogFault {
    pub(crate) what: String,
    /// The first of its lines.
    pub(crate) lines: Vec<String>,
}

/// What a log tells.
#[derive(Debug, Default)]
pub(crate) struct LogReport {
    pub(crate) faults: Vec<LogFault>,
    /// How often each event was logged.
    pub(crate) events: BTreeMap<String, usize>,
    /// Refused logins, by protocol-independent result.
    pub(crate) refusals: BTreeMap<String, usize>,
}

/// Looks through a log: errors, panics, connections without an end, secrets.
pub(crate) fn inspect(log: &str, ending: Ending, secrets: &[String]) -> LogReport {
    let mut report = LogReport::default();
    let mut faults: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut open: BTreeMap<&str, &str> = BTreeMap::new();
    let mut fault = |what: String, line: &str| faults.entry(what).or_default().push(line.to_owned());
    for line in log.lines() {
        if secrets.iter().any(|secret| line.contains(secret.as_str())) {
            fault("a secret in the log".to_owned(), "(not shown)");
            continue;
        }
        let (Some(event), Some(level)) = (value(line, "event"), value(line, "level")) else {
            fault("no line of a log, such as a panic's".to_owned(), line);
            continue;
        };
        *report.events.entry(event.to_owned()).or_default() += 1;
        match event {
            "accepted" => drop(value(line, "session").map(|session| open.insert(session, line))),
            "closed" => drop(value(line, "session").map(|session| open.remove(session))),
            "login-failed" => {
                let result = value(line, "result").unwrap_or("none").to_owned();
                *report.refusals.entry(result).or_default() += 1;
            }
            _ => {}
        }
        if level == "error" || line.contains("panicked") {
            fault(format!("level=error event={event}"), line);
        } else if level == "warn" && !OUTAGES.contains(&event) {
            fault(format!("level=warn event={event}"), line);
        }
    }
    // What was open when it was killed has no end.
    if ending != Ending::Killed {
        for line in open.into_values() {
            fault("accepted and not closed".to_owned(), line);
        }
    }
    if ending == Ending::Told && !report.events.contains_key("stopped") {
        fault("not stopped".to_owned(), "");
    }
    report.faults = faults.into_iter().map(shown).collect();
    report
}

fn shown((what, mut lines): (String, Vec<String>)) -> LogFault {
    let what = format!("{what}: {} lines", lines.len());
    lines.truncate(SHOWN);
    LogFault { what, lines }
}

/// The value of a key that is not quoted.
fn value<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    let mut words = line.split(' ');
    words.find_map(|word| word.strip_prefix(key)?.strip_prefix('='))
}

/// The forms in which a secret could be written down.
pub(crate) fn forms<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut forms = BTreeSet::new();
    for secret in secrets {
        forms.insert(secret.to_owned());
        // In base64 it looks otherwise behind one or two other octets; what is the same whatever stands around it is looked for.
        for before in 0..3_usize {
            let mut encoded = Vec::new();
            let padded = ["\0".repeat(before).as_str(), secret].concat();
            gatepost_wire::base64::encode(padded.as_bytes(), &mut encoded);
            let whole = padded.len() / 3 * 4;
            let from = if before == 0 { 0 } else { 4 };
            forms.extend(
                encoded
                    .get(from..whole)
                    .map(|part| String::from_utf8_lossy(part).into_owned()),
            );
        }
    }
    forms.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "\
ts=1 level=info event=ready version=0.1.0
ts=1 level=info event=accepted session=1 rip=127.0.0.1
ts=1 level=info event=accepted session=2 rip=127.0.0.1
ts=1 level=warn event=login-failed session=1 result=directory-down reason=\"no answer\"
ts=1 level=info event=closed session=2 bytes_in=0
ts=1 level=info event=closed session=1 bytes_in=0
ts=1 level=info event=stopped
";

    fn faults(log: &str, ending: Ending) -> Vec<String> {
        let secrets = forms(["right-0123456789"]);
        let report = inspect(log, ending, &secrets);
        report.faults.into_iter().map(|fault| fault.what).collect()
    }

    #[test]
    fn a_good_life_has_no_faults() {
        assert_eq!(faults(GOOD, Ending::Told), [""; 0]);
        let report = inspect(GOOD, Ending::Told, &[]);
        assert_eq!(report.events["accepted"], 2);
        assert_eq!(report.refusals["directory-down"], 1);
    }

    #[test]
    fn a_connection_without_an_end_is_found_unless_it_was_killed() {
        let cut = GOOD.replace("event=closed session=2", "event=login session=2");
        assert_eq!(faults(&cut, Ending::Told), ["accepted and not closed: 1 lines"]);
        assert_eq!(faults(&cut, Ending::None), ["accepted and not closed: 1 lines"]);
        assert_eq!(faults(&cut, Ending::Killed), [""; 0]);
        let endless = GOOD.replace("event=stopped", "event=stopping");
        assert_eq!(faults(&endless, Ending::Told), ["not stopped: 1 lines"]);
    }

    #[test]
    fn panics_errors_and_unknown_warnings_are_found() {
        for (line, what) in [
            (
                "thread 'main' panicked at src/main.rs:1:1:",
                "no line of a log, such as a panic's: 1 lines",
            ),
            (
                "ts=1 level=error event=sent-failed id=1",
                "level=error event=sent-failed: 1 lines",
            ),
            (
                "ts=1 level=warn event=abandoned connections=1",
                "level=warn event=abandoned: 1 lines",
            ),
        ] {
            assert_eq!(faults(&format!("{GOOD}{line}\n"), Ending::Told), [what]);
        }
    }

    #[test]
    fn secrets_are_found_in_base64_too() {
        for name in ["", "a", "ab", "abc"] {
            let mut encoded = Vec::new();
            gatepost_wire::base64::encode(format!("\0{name}\0right-0123456789").as_bytes(), &mut encoded);
            let encoded = String::from_utf8(encoded).unwrap();
            for said in ["right-0123456789", encoded.as_str()] {
                let log = format!("{GOOD}ts=1 level=info event=said text=\"{said}\"\n");
                assert_eq!(
                    faults(&log, Ending::Told),
                    ["a secret in the log: 1 lines"],
                    "{said}"
                );
            }
        }
    }
}
