//! STATUS (RFC 3501 section 6.3.10, RFC 8438 for SIZE).

use gatepost_imap::Response;
use gatepost_imap::response::MailboxStatus;
use gatepost_imap::types::{Flag, Mailbox as MailboxName, StatusItem, StatusValue};

use super::{Answer, Failure, Session, done};
use crate::mail::output::Output;
use crate::mail::store::mailbox::Mailbox;
use crate::mail::store::name::Name;

impl Session {
    pub(super) fn status(&self, mailbox: &MailboxName, items: &[StatusItem], out: &mut Output) -> Answer {
        let name = Name::of(mailbox)?;
        out.tell(&of(&name, &*self.user.mailbox(&name)?, items)?);
        done("status listed")
    }
}

/// The STATUS response, if all items are known here.
pub(super) fn of(name: &Name, mailbox: &Mailbox, items: &[StatusItem]) -> Result<Response, Failure> {
    let items: Option<_> = items.iter().map(|item| value(item, mailbox)).collect();
    Ok(Response::MailboxStatus(MailboxStatus {
        mailbox: name.into(),
        items: items.ok_or(Failure::Bad("expected a status item"))?,
    }))
}

fn value(item: &StatusItem, mailbox: &Mailbox) -> Option<StatusValue> {
    mailbox.with(|state| {
        let messages = state.messages();
        let total = messages.len();
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Some(match item {
            StatusItem::Messages => StatusValue::Messages(number(total)),
            StatusItem::Recent => StatusValue::Recent(0),
            StatusItem::UidNext => StatusValue::UidNext(state.next_uid()),
            StatusItem::UidValidity => StatusValue::UidValidity(mailbox.uid_validity()),
            StatusItem::Unseen => StatusValue::Unseen(number(state.count_without(&Flag::Seen))),
            StatusItem::Deleted => {
                StatusValue::Deleted(number(total.saturating_sub(state.count_without(&Flag::Deleted))))
            }
            StatusItem::Size => {
                let sizes = messages.iter().map(|message| message.draft.size() as u64);
                StatusValue::Size(sizes.sum())
            }
            _ => return None,
        })
    })
}
