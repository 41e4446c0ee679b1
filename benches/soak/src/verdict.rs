//! The end of the report: what is wrong, with all that is known of it.

use std::io::Write as _;
use std::path::Path;

use crate::gateway::Gateway;
use crate::letter;
use crate::memory;
use crate::phone::World;
use crate::report::Outcome;
use crate::servers::Servers;

/// So many letters with which something is wrong are shown,
const LETTERS: usize = 20;
/// and so many lines of the gateway's logs for each.
const LINES: usize = 12;

/// Prints the summary, and keeps everything if something is wrong; whether all is well.
pub(crate) fn conclude(
    world: &World,
    servers: &Servers,
    gateway: &Gateway,
    folder: &Path,
    mut outcome: Outcome,
) -> anyhow::Result<bool> {
    let count = outcome.judgement.violations.len();
    if count > 0 {
        outcome.violations.push(format!("{count} faults of letters"));
    }
    for violation in outcome.judgement.violations.iter().take(LETTERS) {
        let id = violation.id.as_deref();
        let letter = id.and_then(|id| outcome.letters.get(id));
        let lines = id.map(|id| logged(gateway, id)).unwrap_or_default();
        let lines: String = lines.iter().map(|line| format!("\n    {line}")).collect();
        outcome
            .violations
            .push(format!("{violation}; the ledger has {letter:?}{lines}"));
    }
    let tally = world.tally();
    for (what, times) in &tally.violations {
        outcome.violations.push(format!("{what}: {times} times"));
    }
    outcome.violations.extend(tally.complaints.iter().cloned());
    let summary = outcome.text(&tally);
    let mut out = std::io::stdout().lock();
    writeln!(out, "{summary}")?;
    if !tally.calm_refusals.is_empty() {
        writeln!(out, "Refused while all was well: {:?}\n", tally.calm_refusals)?;
    }
    for violation in &outcome.violations {
        writeln!(out, "- {violation}")?;
    }
    let is_good = outcome.violations.is_empty();
    std::fs::write(folder.join("summary.md"), &summary)?;
    std::fs::write(folder.join("memory.tsv"), memory::table(&outcome.samples))?;
    if is_good {
        return Ok(true);
    }
    std::fs::write(folder.join("ledger.tsv"), world.ledger().text())?;
    for (name, log) in servers.logs() {
        std::fs::write(folder.join(name), log)?;
    }
    writeln!(
        out,
        "\nLogs and the ledger: {}; --seed {}",
        folder.display(),
        outcome.seed
    )?;
    Ok(false)
}

/// The lines of the gateway's logs about a letter.
fn logged(gateway: &Gateway, id: &str) -> Vec<String> {
    let wanted = letter::message_id(id);
    let logs = gateway
        .lives()
        .iter()
        .filter_map(|life| std::fs::read(&life.log).ok());
    let mut lines: Vec<String> = logs
        .flat_map(|log| {
            let text = String::from_utf8_lossy(&log).into_owned();
            let about = text.lines().filter(|line| line.contains(&wanted));
            about.map(str::to_owned).collect::<Vec<_>>()
        })
        .collect();
    lines.truncate(LINES);
    lines
}
