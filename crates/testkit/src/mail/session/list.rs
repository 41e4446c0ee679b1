//! LIST and LSUB (RFC 3501 section 6.3.8, RFC 5258, RFC 5819, RFC 6154).

use std::fmt::Write as _;

use super::pattern::Pattern;
use super::status::{self, Item};
use super::{Answer, Request, Session};
use crate::mail::cursor::{Cursor, Unexpected};
use crate::mail::message::quote;
use crate::mail::output::Output;
use crate::mail::store::user::Listed;

/// `list = "LIST" [SP list-select-opts] SP mailbox SP mbox-or-pat [SP list-return-opts]`
#[derive(Debug, Default)]
struct Query {
    selection: Selection,
    patterns: Vec<Pattern>,
    /// The root of the hierarchy is asked for: the pattern is empty.
    root: bool,
    answer: Return,
}

/// `list-select-opts`: which mailboxes.
#[derive(Debug, Default)]
struct Selection {
    subscribed: bool,
    special_use: bool,
}

/// `list-return-opts`: what of them. Children and special uses are told always.
#[derive(Debug, Default)]
struct Return {
    subscribed: bool,
    status: Option<Vec<Item>>,
}

impl Query {
    fn parse(cursor: &mut Cursor<'_>) -> Result<Self, Unexpected> {
        let mut query = Self::default();
        cursor.space()?;
        if cursor.peek() == Some(b'(') {
            query.selection = Selection::parse(cursor)?;
            cursor.space()?;
        }
        let reference = cursor.astring()?;
        cursor.space()?;
        let extended = cursor.peek() == Some(b'(');
        let patterns = if extended {
            cursor.list(Cursor::pattern)?
        } else {
            vec![cursor.pattern()?]
        };
        query.root = !extended && patterns.iter().all(|pattern| pattern.is_empty());
        query.patterns = patterns
            .iter()
            .map(|pattern| Pattern::new(&reference, pattern))
            .collect();
        if cursor.accept(b' ') && cursor.accept_word("RETURN") {
            cursor.space()?;
            query.answer = Return::parse(cursor)?;
        }
        cursor.end()?;
        Ok(query)
    }

    fn wants(&self, listed: &Listed) -> bool {
        let special = listed
            .mailbox
            .as_ref()
            .is_some_and(|mailbox| mailbox.special_use().is_some());
        let exists = listed.mailbox.is_some();
        (exists || self.selection.subscribed)
            && (listed.subscribed || !self.selection.subscribed)
            && (special || !self.selection.special_use)
            && self
                .patterns
                .iter()
                .any(|pattern| pattern.matches(listed.name.as_str()))
    }
}

impl Selection {
    fn parse(cursor: &mut Cursor<'_>) -> Result<Self, Unexpected> {
        let mut selection = Self::default();
        cursor.list(|option| {
            let start = option.clone();
            match option.keyword("a selection option")?.as_str() {
                "SUBSCRIBED" => selection.subscribed = true,
                "SPECIAL-USE" => selection.special_use = true,
                "REMOTE" | "RECURSIVEMATCH" => {}
                _ => return start.unexpected("a selection option"),
            }
            Ok(())
        })?;
        Ok(selection)
    }
}

impl Return {
    fn parse(cursor: &mut Cursor<'_>) -> Result<Self, Unexpected> {
        let mut answer = Self::default();
        cursor.list(|option| {
            let start = option.clone();
            match option.keyword("a return option")?.as_str() {
                "SUBSCRIBED" => answer.subscribed = true,
                "CHILDREN" | "SPECIAL-USE" => {}
                "STATUS" => {
                    option.space()?;
                    answer.status = Some(Item::parse_list(option)?);
                }
                _ => return start.unexpected("a return option"),
            }
            Ok(())
        })?;
        Ok(answer)
    }
}

impl Session {
    pub(super) fn list(&self, request: &mut Request<'_>, out: &mut Output) -> Answer {
        let query = Query::parse(&mut request.arguments)?;
        if query.root {
            out.push("* LIST (\\Noselect) \"/\" \"\"\r\n");
            return request.finish("mailboxes listed");
        }
        let subscriptions = query.answer.subscribed || query.selection.subscribed;
        for listed in self.user.list().iter().filter(|listed| query.wants(listed)) {
            write_listed("LIST", &attributes(listed, subscriptions), listed, out);
            if let (Some(items), Some(mailbox)) = (&query.answer.status, &listed.mailbox) {
                status::write(&listed.name, mailbox, items, out);
            }
        }
        request.finish("mailboxes listed")
    }

    /// `lsub = "LSUB" SP mailbox SP list-mailbox`
    pub(super) fn lsub(&self, request: &mut Request<'_>, out: &mut Output) -> Answer {
        request.arguments.space()?;
        let reference = request.arguments.astring()?;
        request.arguments.space()?;
        let pattern = Pattern::new(&reference, &request.arguments.pattern()?);
        request.arguments.end()?;
        let subscribed = self.user.list().into_iter().filter(|listed| listed.subscribed);
        for listed in subscribed.filter(|listed| pattern.matches(listed.name.as_str())) {
            write_listed("LSUB", &attributes(&listed, false), &listed, out);
        }
        request.finish("subscriptions listed")
    }
}

/// `mbx-list-flags`
fn attributes(listed: &Listed, subscriptions: bool) -> String {
    let children = if listed.has_children {
        "\\HasChildren"
    } else {
        "\\HasNoChildren"
    };
    let missing = listed.mailbox.is_none().then_some("\\NonExistent");
    let subscribed = (subscriptions && listed.subscribed).then_some("\\Subscribed");
    let special = listed.mailbox.as_ref().and_then(|mailbox| mailbox.special_use());
    let all = [
        Some(children),
        missing,
        subscribed,
        special.map(|special| special.attribute()),
    ];
    all.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn write_listed(response: &str, attributes: &str, listed: &Listed, out: &mut Output) {
    let _ = write!(out, "* {response} ({attributes}) \"/\" ");
    quote::astring(out.text(), listed.name.as_str().as_bytes());
    out.push("\r\n");
}
