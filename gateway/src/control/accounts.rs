//! `guard list` and `guard clear`, as a running gateway does them.

use std::collections::BTreeMap;

use gatepost_directory::{EntryId, Resolution};
use tokio::time::Instant;
use tracing::info;

use super::table::{lines, shown};
use crate::directory::Directories;
use crate::guard::{Guard, Listed, ListedNetwork};
use crate::sent::command::shortened;

/// Networks of an account that are shown.
const NETWORKS: usize = 5;

/// What knows the failures of accounts.
pub(crate) trait Failures: Send + Sync {
    /// The accounts of which any are known.
    fn list(&self) -> Vec<Listed>;
    /// Forgets those of an account. Whether any were known.
    fn clear(&self, directory: &str, id: &EntryId) -> bool;
    /// Forgets which networks failed at too many accounts.
    fn clear_networks(&self);
}

impl Failures for Guard {
    fn list(&self) -> Vec<Listed> {
        Self::list(self, Instant::now())
    }

    fn clear(&self, directory: &str, id: &EntryId) -> bool {
        Self::clear(self, directory, id)
    }

    fn clear_networks(&self) {
        Self::clear_networks(self);
    }
}

/// What is said, line by line, or why nothing was done.
pub(super) type Answer = Result<Vec<String>, String>;

/// A line for each account of which failures are known, those with the most first.
pub(super) fn list(failures: &dyn Failures) -> Vec<String> {
    let mut accounts = failures.list();
    accounts.sort_by(|one, other| {
        let by_count = other.failures.cmp(&one.failures);
        by_count.then_with(|| {
            (&one.directory, &one.name, &one.id).cmp(&(&other.directory, &other.name, &other.id))
        })
    });
    let header = [
        "ACCOUNT",
        "DIRECTORY",
        "FAILURES",
        "REFUSED FOR",
        "WRONG PASSWORDS",
        "ID",
        "FROM",
    ];
    let mut rows = vec![header.map(str::to_owned)];
    rows.extend(accounts.iter().map(row));
    lines(&rows)
}

fn row(account: &Listed) -> [String; 7] {
    let refused = account.spent_for.map(|time| shortened(time.as_secs()));
    [
        shown(&account.name),
        shown(&account.directory),
        account.failures.to_string(),
        refused.unwrap_or_else(|| "-".to_owned()),
        account.known_wrong.to_string(),
        shown(&account.id.0),
        networks(&account.networks),
    ]
}

fn networks(networks: &[ListedNetwork]) -> String {
    let words = networks.iter().take(NETWORKS).map(|listed| {
        let refused = if listed.spent { ", refused" } else { "" };
        format!("{} ({}{refused})", listed.network, listed.failures)
    });
    let mut words: Vec<String> = words.collect();
    match networks.len().saturating_sub(NETWORKS) {
        0 => {}
        more => words.push(format!("and {more} more")),
    }
    match words.is_empty() {
        true => "-".to_owned(),
        false => words.join(" "),
    }
}

/// Forgets all failures.
pub(super) fn clear_all(failures: &dyn Failures) -> Vec<String> {
    failures.clear_networks();
    let accounts = failures.list().into_iter();
    let accounts = accounts.map(|account| ((account.directory, account.id), account.name));
    let mut said = clear_each(failures, accounts.collect());
    if said.is_empty() {
        said.push("nothing was known of anybody".to_owned());
    }
    said
}

/// Forgets the failures of whoever has this name in a directory, or this id.
pub(super) async fn clear(failures: &dyn Failures, directories: &Directories, who: &str) -> Answer {
    let (mut found, mut silent) = (Found::new(), Vec::new());
    for account in failures.list() {
        if account.id.0 == who {
            found.insert((account.directory, account.id), account.name);
        }
    }
    for (name, directory) in directories {
        match directory.resolve(who).await {
            Resolution::Found(entry) => {
                found.insert((name.clone(), entry.id), entry.account.name);
            }
            Resolution::Unknown { .. } => {}
            Resolution::Unavailable(why) => {
                silent.push(format!("the directory {name} does not answer: {why}"))
            }
        }
    }
    if found.is_empty() {
        silent.push(format!("nobody is known by the name or id {}", shown(who)));
        return Err(shown(&silent.join("; ")));
    }
    let mut said = clear_each(failures, found);
    said.extend(silent.iter().map(|silent| shown(silent)));
    Ok(said)
}

/// Names by directory and id.
type Found = BTreeMap<(String, EntryId), String>;

fn clear_each(failures: &dyn Failures, accounts: Found) -> Vec<String> {
    let clear = |((directory, id), account): ((String, EntryId), String)| {
        let what = match failures.clear(&directory, &id) {
            true => {
                info!(directory, account, %id, "guard-cleared");
                "cleared"
            }
            false => "nothing was known",
        };
        format!(
            "{} ({}, {}): {what}",
            shown(&account),
            shown(&directory),
            shown(&id.0)
        )
    };
    accounts.into_iter().map(clear).collect()
}
