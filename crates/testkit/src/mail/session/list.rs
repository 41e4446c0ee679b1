//! LIST and LSUB (RFC 3501 section 6.3.8, RFC 5258, RFC 5819, RFC 6154).

use gatepost_imap::Response;
use gatepost_imap::command::{List, ReturnOption, SelectionOption};
use gatepost_imap::response::{self, Attribute, ListKind};
use gatepost_imap::types::{Delimiter, Mailbox, StatusItem, Text};

use super::pattern::Pattern;
use super::{Answer, Failure, Session, done, status};
use crate::mail::output::Output;
use crate::mail::store::name::SEPARATOR;
use crate::mail::store::user::Listed;

impl Session {
    /// Children and special uses are told always.
    pub(super) fn list(&self, list: &List, out: &mut Output) -> Answer {
        if list.patterns.iter().all(|pattern| pattern.is_empty()) {
            let root = Mailbox::from(Text::EMPTY);
            tell(ListKind::List, vec![Attribute::Noselect], root, out);
            return done("mailboxes listed");
        }
        let query = Query::of(list)?;
        for listed in self.user.list().iter().filter(|listed| query.wants(listed)) {
            let attributes = attributes(listed, query.tells_subscribed);
            tell(ListKind::List, attributes, (&listed.name).into(), out);
            if let (Some(items), Some(mailbox)) = (query.status, &listed.mailbox) {
                out.tell(&status::of(&listed.name, mailbox, items)?);
            }
        }
        done("mailboxes listed")
    }

    pub(super) fn lsub(&self, reference: &Mailbox, pattern: &Text, out: &mut Output) -> Answer {
        let pattern = Pattern::new(reference.as_bytes(), pattern);
        let subscribed = self.user.list().into_iter().filter(|listed| listed.subscribed);
        for listed in subscribed.filter(|listed| pattern.matches(listed.name.as_str())) {
            let attributes = attributes(&listed, false);
            tell(ListKind::Lsub, attributes, (&listed.name).into(), out);
        }
        done("subscriptions listed")
    }
}

/// What LIST asks for, if all of it is known here.
struct Query<'a> {
    subscribed: bool,
    special_use: bool,
    patterns: Vec<Pattern>,
    tells_subscribed: bool,
    status: Option<&'a [StatusItem]>,
}

impl<'a> Query<'a> {
    fn of(list: &'a List) -> Result<Self, Failure> {
        let patterns = list.patterns.iter();
        let mut query = Self {
            subscribed: false,
            special_use: false,
            patterns: patterns
                .map(|pattern| Pattern::new(list.reference.as_bytes(), pattern))
                .collect(),
            tells_subscribed: false,
            status: None,
        };
        for option in list.selection.iter().flatten() {
            match option {
                SelectionOption::Subscribed => query.subscribed = true,
                SelectionOption::SpecialUse => query.special_use = true,
                SelectionOption::Remote | SelectionOption::RecursiveMatch => {}
                _ => return Err(Failure::Bad("expected a selection option")),
            }
        }
        query.tells_subscribed = query.subscribed;
        for option in list.returns.iter().flatten() {
            match option {
                ReturnOption::Subscribed => query.tells_subscribed = true,
                ReturnOption::Status(items) => query.status = Some(items),
                ReturnOption::Children | ReturnOption::SpecialUse => {}
                _ => return Err(Failure::Bad("expected a return option")),
            }
        }
        Ok(query)
    }

    fn wants(&self, listed: &Listed) -> bool {
        let special = listed
            .mailbox
            .as_ref()
            .is_some_and(|mailbox| mailbox.special_use().is_some());
        let exists = listed.mailbox.is_some();
        (exists || self.subscribed)
            && (listed.subscribed || !self.subscribed)
            && (special || !self.special_use)
            && self
                .patterns
                .iter()
                .any(|pattern| pattern.matches(listed.name.as_str()))
    }
}

fn attributes(listed: &Listed, tells_subscribed: bool) -> Vec<Attribute> {
    let children = match listed.has_children {
        true => Attribute::HasChildren,
        false => Attribute::HasNoChildren,
    };
    let missing = listed.mailbox.is_none().then_some(Attribute::NonExistent);
    let subscribed = (tells_subscribed && listed.subscribed).then_some(Attribute::Subscribed);
    let special = listed.mailbox.as_ref().and_then(|mailbox| mailbox.special_use());
    let all = [Some(children), missing, subscribed, special.map(Attribute::from)];
    all.into_iter().flatten().collect()
}

fn tell(kind: ListKind, attributes: Vec<Attribute>, mailbox: Mailbox, out: &mut Output) {
    out.tell(&Response::List(response::List {
        kind,
        attributes,
        delimiter: Delimiter::new(SEPARATOR).ok(),
        mailbox,
        extended: Vec::new(),
    }));
}
