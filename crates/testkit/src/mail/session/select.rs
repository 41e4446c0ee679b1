//! SELECT, EXAMINE, CHECK, CLOSE, UNSELECT (RFC 3501 section 6.3.1 to 6.4.2, RFC 3691).

use std::fmt::Write as _;

use super::selected::Access;
use super::{Answer, Done, Failure, Request, Selected, Session};
use crate::mail::flags::Flag;
use crate::mail::output::Output;

const FLAGS: &str = "\\Answered \\Flagged \\Deleted \\Seen \\Draft";

impl Session {
    /// `select = "SELECT" SP mailbox [SP "(" select-param *(SP select-param) ")"]`; the parameters (RFC 4466), such as
    /// CONDSTORE, are read and ignored. A mailbox that was selected before is not any more, even if this fails.
    pub(super) fn select(&mut self, request: &mut Request<'_>, access: Access, out: &mut Output) -> Answer {
        self.selected = None;
        let name = request.mailbox()?;
        if request.arguments.accept(b' ') {
            request
                .arguments
                .list(|parameter| parameter.keyword("a parameter"))?;
        }
        request.arguments.end()?;
        let selected = Selected::open(self.user.mailbox(&name)?, access);
        describe(&selected, out);
        self.selected = Some(selected);
        Ok(match access {
            Access::ReadWrite => Done::with_code("READ-WRITE".into(), "mailbox selected"),
            Access::ReadOnly => Done::with_code("READ-ONLY".into(), "mailbox opened to be read"),
        })
    }

    pub(super) fn check(&mut self, request: &mut Request<'_>) -> Answer {
        self.selected()?;
        request.finish("checked")
    }

    /// CLOSE expunges without a word.
    pub(super) fn close(&mut self, request: &mut Request<'_>) -> Answer {
        request.arguments.end()?;
        let selected = self
            .selected
            .take()
            .ok_or(Failure::Misplaced("no mailbox is selected"))?;
        if selected.access() == Access::ReadWrite {
            let deleted = Flag::deleted();
            selected
                .mailbox()
                .with(|state| state.take(|message| message.draft.flags.contains(&deleted)));
        }
        Ok(Done::new("mailbox closed"))
    }

    pub(super) fn unselect(&mut self, request: &mut Request<'_>) -> Answer {
        self.selected()?;
        request.arguments.end()?;
        self.selected = None;
        Ok(Done::new("mailbox closed"))
    }
}

/// The untagged responses of SELECT.
fn describe(selected: &Selected, out: &mut Output) {
    let permanent = match selected.access() {
        Access::ReadWrite => format!("{FLAGS} \\*"),
        Access::ReadOnly => String::new(),
    };
    let seen = Flag::seen();
    let (next, unseen) = selected.mailbox().with(|state| {
        let unseen = state
            .messages()
            .iter()
            .position(|message| !message.draft.flags.contains(&seen));
        (state.next_uid(), unseen)
    });
    let _ = write!(
        out,
        "* FLAGS ({FLAGS})\r\n* OK [PERMANENTFLAGS ({permanent})] flags that last\r\n"
    );
    let _ = write!(out, "* {} EXISTS\r\n* 0 RECENT\r\n", selected.len());
    if let Some(index) = unseen.filter(|index| *index < selected.len()) {
        let _ = write!(out, "* OK [UNSEEN {}] first unseen\r\n", index + 1);
    }
    let validity = selected.mailbox().uid_validity();
    let _ = write!(
        out,
        "* OK [UIDVALIDITY {validity}] UIDs are valid\r\n* OK [UIDNEXT {next}] next UID\r\n"
    );
}
