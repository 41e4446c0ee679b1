//! COPY and MOVE (RFC 3501 section 6.4.7, RFC 6851, RFC 4315 for COPYUID).

use std::collections::HashSet;
use std::num::NonZeroU32;
use std::sync::Arc;

use gatepost_imap::ResponseCode;
use gatepost_imap::command::By;
use gatepost_imap::types::{Mailbox as MailboxName, SequenceSet, UidSet};

use super::{Answer, Failure, Session, Success, done};
use crate::mail::output::Output;
use crate::mail::store::mailbox::{Mailbox, Message};

/// The messages a command names, and where they shall go.
struct Transfer {
    source: Arc<Mailbox>,
    uids: HashSet<NonZeroU32>,
    destination: Arc<Mailbox>,
}

impl Session {
    pub(super) fn copy(&mut self, by: By, set: &SequenceSet, mailbox: &MailboxName) -> Answer {
        let transfer = self.transfer(by, set, mailbox)?;
        let messages = transfer.source.with(|state| {
            let named = state
                .messages()
                .iter()
                .filter(|message| transfer.uids.contains(&message.uid));
            named.cloned().collect()
        });
        Ok(Success {
            code: put(messages, &transfer.destination),
            text: "messages copied",
        })
    }

    /// The messages leave before they arrive, so that of two sessions that move the same message only one does. The
    /// EXPUNGE responses come from the update at the command's end.
    pub(super) fn move_messages(
        &mut self,
        by: By,
        set: &SequenceSet,
        mailbox: &MailboxName,
        out: &mut Output,
    ) -> Answer {
        self.writable()?;
        let transfer = self.transfer(by, set, mailbox)?;
        let messages = transfer
            .source
            .with(|state| state.take(|message| transfer.uids.contains(&message.uid)));
        if let Some(code) = put(messages, &transfer.destination) {
            out.note(code, "messages moved");
        }
        done("messages moved")
    }

    fn transfer(&mut self, by: By, set: &SequenceSet, mailbox: &MailboxName) -> Result<Transfer, Failure> {
        self.selected()?;
        let destination = self.destination(mailbox)?;
        let selected = self.selected()?;
        let targets = selected.targets(set, by)?;
        let uids = targets.into_iter().map(|target| target.uid).collect();
        Ok(Transfer {
            source: Arc::clone(selected.mailbox()),
            uids,
            destination,
        })
    }
}

/// Puts messages into a mailbox; the code says which UIDs became which, `None` if there was no message.
fn put(messages: Vec<Message>, destination: &Mailbox) -> Option<ResponseCode> {
    let source = UidSet::of(messages.iter().map(|message| message.uid)).ok()?;
    let count = messages.len();
    let first = destination.append(messages.into_iter().map(|message| message.draft));
    let following = |uid: &NonZeroU32| uid.checked_add(1);
    Some(ResponseCode::CopyUid {
        validity: destination.uid_validity(),
        source,
        target: UidSet::of(std::iter::successors(Some(first), following).take(count)).ok()?,
    })
}
