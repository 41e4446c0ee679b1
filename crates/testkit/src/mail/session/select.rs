//! SELECT, EXAMINE, CHECK, CLOSE, UNSELECT (RFC 3501 section 6.3.1 to 6.4.2, RFC 3691).

use gatepost_imap::command::By;
use gatepost_imap::types::{Flag, Mailbox};
use gatepost_imap::{Response, ResponseCode};

use super::selected::{Access, number};
use super::{Answer, Failure, Selected, Session, Success, done};
use crate::mail::output::Output;
use crate::mail::store::name::Name;

const FLAGS: [Flag; 5] = [
    Flag::Answered,
    Flag::Flagged,
    Flag::Deleted,
    Flag::Seen,
    Flag::Draft,
];

impl Session {
    /// The parameters, such as CONDSTORE, are ignored. A mailbox that was selected before is not any more, even if this
    /// fails.
    pub(super) fn select(&mut self, mailbox: &Mailbox, access: Access, out: &mut Output) -> Answer {
        self.selected = None;
        let selected = Selected::open(self.user.mailbox(&Name::of(mailbox)?)?, access);
        describe(&selected, out);
        self.selected = Some(selected);
        let (code, text) = match access {
            Access::ReadWrite => (ResponseCode::ReadWrite, "mailbox selected"),
            Access::ReadOnly => (ResponseCode::ReadOnly, "mailbox opened to be read"),
        };
        let code = Some(code);
        Ok(Success { code, text })
    }

    pub(super) fn check(&mut self) -> Answer {
        self.selected()?;
        done("checked")
    }

    /// CLOSE expunges without a word.
    pub(super) fn close(&mut self) -> Answer {
        let selected = self
            .selected
            .take()
            .ok_or(Failure::Bad("no mailbox is selected"))?;
        if selected.access() == Access::ReadWrite {
            selected
                .mailbox()
                .with(|state| state.take(|message| message.draft.flags.contains(&Flag::Deleted)));
        }
        done("mailbox closed")
    }

    pub(super) fn unselect(&mut self) -> Answer {
        self.selected()?;
        self.selected = None;
        done("mailbox closed")
    }
}

/// The untagged responses of SELECT.
fn describe(selected: &Selected, out: &mut Output) {
    let permanent = match selected.access() {
        Access::ReadWrite => FLAGS.into_iter().chain([Flag::Any]).collect(),
        Access::ReadOnly => Vec::new(),
    };
    let (next, unseen) = selected.mailbox().with(|state| {
        let unseen = state
            .messages()
            .iter()
            .position(|message| !message.draft.flags.contains(&Flag::Seen));
        (state.next_uid(), unseen)
    });
    out.tell(&Response::Flags(FLAGS.to_vec()));
    out.note(ResponseCode::PermanentFlags(permanent), "flags that last");
    out.tell(&Response::Exists(selected.last(By::Sequence)));
    out.tell(&Response::Recent(0));
    if let Some(index) = unseen.filter(|index| *index < selected.len()) {
        out.note(ResponseCode::Unseen(number(index)), "first unseen");
    }
    let validity = selected.mailbox().uid_validity();
    out.note(ResponseCode::UidValidity(validity), "UIDs are valid");
    out.note(ResponseCode::UidNext(next), "next UID");
}
