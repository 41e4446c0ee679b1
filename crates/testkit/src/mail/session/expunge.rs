//! EXPUNGE and UID EXPUNGE (RFC 3501 section 6.4.3, RFC 4315 section 2.1).

use std::collections::HashSet;

use super::{Answer, Numbering, Request, Session};
use crate::mail::flags::Flag;
use crate::mail::sequence::SequenceSet;

impl Session {
    /// The EXPUNGE responses come from the update at the command's end.
    pub(super) fn expunge(&mut self, request: &mut Request<'_>) -> Answer {
        let selected = self.writable()?;
        let mut named: Option<HashSet<u32>> = None;
        if request.numbering == Numbering::Uid {
            request.arguments.space()?;
            let set = SequenceSet::parse(&mut request.arguments)?;
            let targets = selected.targets(&set, Numbering::Uid);
            named = Some(targets.into_iter().map(|target| target.uid).collect());
        }
        request.arguments.end()?;
        let deleted = Flag::deleted();
        selected.mailbox().with(|state| {
            state.take(|message| {
                let is_named = named.as_ref().is_none_or(|named| named.contains(&message.uid));
                is_named && message.draft.flags.contains(&deleted)
            })
        });
        request.finish("expunged")
    }
}
