//! STORE (RFC 3501 section 6.4.6).

use gatepost_imap::command::{By, Change, Store, Stored};
use gatepost_imap::types::Flag;

use super::selected::tell_flags;
use super::{Answer, Failure, Session, done};
use crate::mail::flags::Flags;
use crate::mail::output::Output;

impl Session {
    pub(super) fn store(&mut self, by: By, store: Store, out: &mut Output) -> Answer {
        let selected = self.writable()?;
        let Stored::Flags(changed) = store.stored else {
            return Err(Failure::Bad("expected FLAGS, +FLAGS or -FLAGS"));
        };
        if !store.modifiers.is_empty() {
            return Err(Failure::Bad("STORE takes no modifiers"));
        }
        check(&changed)?;
        let targets = selected.targets(&store.set, by)?;
        selected.with(out, |state, out| {
            for target in targets {
                state.reflag(target.uid, |flags| apply(store.change, &changed, flags));
                if let Some(message) = state.find(target.uid).filter(|_| !store.silent) {
                    tell_flags(target.number, message, out);
                }
            }
        });
        done("flags stored")
    }
}

/// Of the system flags only those of the RFC are kept.
pub(super) fn check(flags: &[Flag]) -> Result<(), Failure> {
    match flags.iter().any(|flag| matches!(flag, Flag::Extension(_))) {
        true => Err(Failure::Bad("expected flags that a client may set")),
        false => Ok(()),
    }
}

fn apply(change: Change, changed: &[Flag], flags: &mut Flags) {
    match change {
        Change::Replace => *flags = changed.iter().cloned().collect(),
        Change::Add => changed.iter().for_each(|flag| flags.insert(flag.clone())),
        Change::Remove => changed.iter().for_each(|flag| flags.remove(flag)),
    }
}
