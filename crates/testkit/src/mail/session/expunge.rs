//! EXPUNGE and UID EXPUNGE (RFC 3501 section 6.4.3, RFC 4315 section 2.1).

use std::collections::HashSet;

use gatepost_imap::command::By;
use gatepost_imap::types::{Flag, SequenceSet};

use super::{Answer, Session, done};

impl Session {
    /// The EXPUNGE responses come from the update at the command's end.
    pub(super) fn expunge(&mut self, uids: Option<&SequenceSet>) -> Answer {
        let selected = self.writable()?;
        let targets = uids.map(|uids| selected.targets(uids, By::Uid)).transpose()?;
        let named: Option<HashSet<_>> =
            targets.map(|targets| targets.into_iter().map(|target| target.uid).collect());
        selected.mailbox().with(|state| {
            state.take(|message| {
                let is_named = named.as_ref().is_none_or(|named| named.contains(&message.uid));
                is_named && message.draft.flags.contains(&Flag::Deleted)
            })
        });
        done("expunged")
    }
}
