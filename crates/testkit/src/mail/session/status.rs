//! STATUS (RFC 3501 section 6.3.10, RFC 8438 for SIZE).

use std::fmt::Write as _;

use super::{Answer, Request, Session};
use crate::mail::cursor::{Cursor, Unexpected};
use crate::mail::flags::Flag;
use crate::mail::message::quote;
use crate::mail::output::Output;
use crate::mail::store::mailbox::Mailbox;
use crate::mail::store::name::Name;

/// `status-att`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Item {
    Messages,
    Recent,
    UidNext,
    UidValidity,
    Unseen,
    Deleted,
    Size,
}

impl Item {
    const ALL: [(&'static str, Self); 7] = [
        ("MESSAGES", Self::Messages),
        ("RECENT", Self::Recent),
        ("UIDNEXT", Self::UidNext),
        ("UIDVALIDITY", Self::UidValidity),
        ("UNSEEN", Self::Unseen),
        ("DELETED", Self::Deleted),
        ("SIZE", Self::Size),
    ];

    /// `"(" status-att *(SP status-att) ")"`
    pub(super) fn parse_list(cursor: &mut Cursor<'_>) -> Result<Vec<Self>, Unexpected> {
        cursor.list(|item| {
            let found = Self::ALL.iter().find(|(name, _)| item.accept_word(name));
            found.map_or_else(|| item.unexpected("a status item"), |(_, found)| Ok(*found))
        })
    }

    fn name(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(_, item)| *item == self)
            .map_or("", |(name, _)| name)
    }

    fn value(self, mailbox: &Mailbox) -> u64 {
        let count = |flag: Flag| mailbox.with(|state| state.count_without(&flag));
        let messages = || mailbox.with(|state| state.messages().len());
        let size = || {
            mailbox.with(|state| {
                state
                    .messages()
                    .iter()
                    .map(|message| message.draft.size())
                    .sum::<usize>()
            })
        };
        let number = match self {
            Self::Messages => messages(),
            Self::Recent => 0,
            Self::UidNext => return mailbox.with(|state| u64::from(state.next_uid())),
            Self::UidValidity => return u64::from(mailbox.uid_validity()),
            Self::Unseen => count(Flag::seen()),
            Self::Deleted => messages().saturating_sub(count(Flag::deleted())),
            Self::Size => size(),
        };
        number as u64
    }
}

impl Session {
    /// `status = "STATUS" SP mailbox SP "(" status-att *(SP status-att) ")"`
    pub(super) fn status(&self, request: &mut Request<'_>, out: &mut Output) -> Answer {
        let name = request.mailbox()?;
        request.arguments.space()?;
        let items = Item::parse_list(&mut request.arguments)?;
        request.arguments.end()?;
        write(&name, &*self.user.mailbox(&name)?, &items, out);
        request.finish("status listed")
    }
}

/// `"STATUS" SP mailbox SP "(" [status-att-list] ")"`
pub(super) fn write(name: &Name, mailbox: &Mailbox, items: &[Item], out: &mut Output) {
    out.push("* STATUS ");
    quote::astring(out.text(), name.as_str().as_bytes());
    let values: Vec<String> = items
        .iter()
        .map(|item| format!("{} {}", item.name(), item.value(mailbox)))
        .collect();
    let _ = write!(out, " ({})\r\n", values.join(" "));
}
