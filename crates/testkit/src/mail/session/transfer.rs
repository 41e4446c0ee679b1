//! COPY and MOVE (RFC 3501 section 6.4.7, RFC 6851, RFC 4315 for COPYUID).

use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::Arc;

use super::{Answer, Done, Failure, Request, Session};
use crate::mail::output::Output;
use crate::mail::sequence::{SequenceSet, compress};
use crate::mail::store::mailbox::{Mailbox, Message};

/// The messages a command names, and where they shall go.
struct Transfer {
    source: Arc<Mailbox>,
    uids: HashSet<u32>,
    destination: Arc<Mailbox>,
}

impl Session {
    /// `copy = "COPY" SP sequence-set SP mailbox`
    pub(super) fn copy(&mut self, request: &mut Request<'_>) -> Answer {
        let transfer = self.transfer(request)?;
        let messages = transfer.source.with(|state| {
            let named = state
                .messages()
                .iter()
                .filter(|message| transfer.uids.contains(&message.uid));
            named.cloned().collect()
        });
        Ok(Done {
            code: put(messages, &transfer.destination),
            text: "messages copied",
        })
    }

    /// `move = "MOVE" SP sequence-set SP mailbox`. The messages leave before they arrive, so that of two sessions that
    /// move the same message only one does. The EXPUNGE responses come from the update at the command's end.
    pub(super) fn move_messages(&mut self, request: &mut Request<'_>, out: &mut Output) -> Answer {
        self.writable()?;
        let transfer = self.transfer(request)?;
        let messages = transfer
            .source
            .with(|state| state.take(|message| transfer.uids.contains(&message.uid)));
        if let Some(code) = put(messages, &transfer.destination) {
            let _ = write!(out, "* OK [{code}] messages moved\r\n");
        }
        Ok(Done::new("messages moved"))
    }

    fn transfer(&mut self, request: &mut Request<'_>) -> Result<Transfer, Failure> {
        self.selected()?;
        request.arguments.space()?;
        let set = SequenceSet::parse(&mut request.arguments)?;
        let name = request.mailbox()?;
        request.arguments.end()?;
        let destination = self.destination(&name)?;
        let selected = self.selected()?;
        let targets = selected.targets(&set, request.numbering);
        let uids = targets.into_iter().map(|target| target.uid).collect();
        Ok(Transfer {
            source: Arc::clone(selected.mailbox()),
            uids,
            destination,
        })
    }
}

/// Puts messages into a mailbox; the code says which UIDs became which, `None` if there was no message.
fn put(messages: Vec<Message>, destination: &Mailbox) -> Option<String> {
    let before: Vec<u32> = messages.iter().map(|message| message.uid).collect();
    let count = u32::try_from(before.len()).ok().filter(|count| *count > 0)?;
    let first = destination.append(messages.into_iter().map(|message| message.draft));
    let after: Vec<u32> = (first..first.saturating_add(count)).collect();
    Some(format!(
        "COPYUID {} {} {}",
        destination.uid_validity(),
        compress(&before),
        compress(&after)
    ))
}
