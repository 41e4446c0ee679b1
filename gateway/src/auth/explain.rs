//! `gatepost auth explain`: what the directories know of a user, and what would work.

use std::collections::BTreeMap;

use anyhow::bail;
use clap::Args;
use gatepost_directory::{ClaimKind, ClaimKinds, Directory, Entry, Explanation, Resolution, Standing};

use super::onward::Onward;
use super::{File, say};
use crate::config::{Config, ListenerConfig};
use crate::directory;
use crate::refusals::Refusals;

/// What `gatepost auth explain` is told.
#[derive(Args)]
pub(super) struct Options {
    /// The name, as a client would type it.
    user: String,
    #[command(flatten)]
    file: File,
}

/// What is known of an entry before any proof.
struct Known {
    entry: Entry,
    standing: Standing,
    claims: BTreeMap<ClaimKind, Result<(), String>>,
}

/// Asks every directory that listeners have.
///
/// # Errors
/// If the user could not log in by any mechanism of any listener.
pub(super) async fn run(options: &Options) -> anyhow::Result<()> {
    let config = options.file.load()?;
    // What listeners would ask of them too much is told below.
    let (directories, _) = directory::open(&config, &Refusals::new(), |_| ClaimKinds::NONE)?;
    let mut works = false;
    for (name, directory) in &directories {
        let listeners = config.listeners.iter();
        let listeners = listeners.filter(|listener| listener.directory == *name);
        let listeners: Vec<&ListenerConfig> = listeners.collect();
        if listeners.is_empty() {
            continue;
        }
        say("directory", &format!("`{name}`"));
        if let Some(known) = ask(&**directory, &options.user).await {
            for listener in listeners {
                works |= explain_listener(&config, listener, &known);
            }
        }
    }
    if !works {
        bail!("{} could not log in anywhere", options.user);
    }
    Ok(())
}

/// What the directory says of the name, which is shown as it comes.
async fn ask(directory: &dyn Directory, user: &str) -> Option<Known> {
    let entry = match directory.resolve(user).await {
        Resolution::Found(entry) => entry,
        Resolution::Unknown { why } => {
            say("user", &format!("unknown: {why}"));
            return None;
        }
        Resolution::Unavailable(why) => {
            say("user", &format!("the directory is unavailable: {why}"));
            return None;
        }
    };
    show(&entry);
    let standing = directory.standing(&entry).await;
    say("standing", &in_words(&standing));
    let claims = match directory.explain(&entry).await {
        Ok(Explanation { facts, claims }) => {
            for (name, value) in &facts {
                say(name, value);
            }
            claims.into_iter().collect()
        }
        Err(why) => {
            say("explanation", &format!("the directory is unavailable: {why}"));
            return None;
        }
    };
    Some(Known {
        entry,
        standing,
        claims,
    })
}

fn show(entry: &Entry) {
    let account = &entry.account;
    say("user", &account.name);
    say("id", &entry.id.to_string());
    say("entry", &entry.handle);
    say("mail login", &account.upstream_login);
    let addresses = match account.addresses.as_slice() {
        [] => "none: nothing can be sent".to_owned(),
        addresses => addresses.join(", "),
    };
    say("addresses", &addresses);
    let version = entry.secret_version.as_ref().map_or("unknown", |_| "known");
    say("password change", version);
}

fn in_words(standing: &Standing) -> String {
    match standing {
        Standing::Usable => "usable".to_owned(),
        Standing::Denied(denial) => format!("denied: {}", denial.as_str()),
        Standing::Unavailable(why) => format!("the directory is unavailable: {why}"),
    }
}

/// Whether some mechanism of the listener would let the user in.
fn explain_listener(config: &Config, listener: &ListenerConfig, known: &Known) -> bool {
    say("listener", &listener.to_string());
    let onward = Onward::of(config, listener.protocol, &known.entry.account);
    match &onward {
        Ok(onward) => say("  goes on to", &onward.words),
        Err(why) => say("  goes on to", &format!("nothing: {why}")),
    }
    let mut works = false;
    for mechanism in &listener.mechanisms {
        let judged = judge(known, onward.as_ref(), mechanism.claim_kind());
        let finding = match &judged {
            Ok(()) => "works".to_owned(),
            Err(why) => format!("does not work: {why}"),
        };
        say(&format!("  {mechanism}"), &finding);
        works |= judged.is_ok();
    }
    works
}

fn judge(known: &Known, onward: Result<&Onward, &String>, kind: ClaimKind) -> Result<(), String> {
    match known.claims.get(&kind) {
        None => return Err("the directory cannot judge it".to_owned()),
        Some(judged) => judged.clone()?,
    }
    if known.standing != Standing::Usable {
        return Err("the account may not be used".to_owned());
    }
    match onward {
        Ok(onward) => onward.goes_on_from(kind),
        Err(_) => Err("the account has no server to go on to".to_owned()),
    }
}
