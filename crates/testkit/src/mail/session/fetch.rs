//! FETCH (RFC 3501 section 6.4.5).

use std::fmt::Write as _;

use bytes::Bytes;

use super::selected::{Access, Numbering, Target};
use super::{Answer, Request, Session};
use crate::mail::cursor::{Cursor, Unexpected};
use crate::mail::flags::Flag;
use crate::mail::message::quote;
use crate::mail::message::section::Section;
use crate::mail::message::structure::Detail;
use crate::mail::output::Output;
use crate::mail::sequence::SequenceSet;
use crate::mail::store::mailbox::{Message, State};

/// `fetch-att`
#[derive(Debug, Clone, PartialEq, Eq)]
enum Item {
    Uid,
    Flags,
    InternalDate,
    Size,
    Envelope,
    Structure(Detail),
    Body(Body),
}

/// A part of a message, and how the response names it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Body {
    name: Name,
    section: Section,
    partial: Option<Partial>,
    seen: Seen,
}

/// `BODY[..]`, or one of its older names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    Body,
    Old(&'static str),
}

/// `"<" number "." nz-number ">"`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Partial {
    origin: u32,
    octets: u32,
}

/// Whether fetching it sets `\Seen`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    Set,
    Kept,
}

impl Session {
    /// `fetch = "FETCH" SP sequence-set SP ("ALL" / "FULL" / "FAST" / fetch-att / "(" fetch-att *(SP fetch-att) ")")`
    pub(super) fn fetch(&mut self, request: &mut Request<'_>, out: &mut Output) -> Answer {
        let selected = self.selected()?;
        request.arguments.space()?;
        let set = SequenceSet::parse(&mut request.arguments)?;
        request.arguments.space()?;
        let mut items = items(&mut request.arguments)?;
        request.arguments.end()?;
        if request.numbering == Numbering::Uid && !items.contains(&Item::Uid) {
            items.insert(0, Item::Uid);
        }
        let sets_seen = selected.access() == Access::ReadWrite && items.iter().any(Item::sets_seen);
        let targets = selected.targets(&set, request.numbering);
        selected.with(out, |state, out| {
            for target in targets {
                let extra = if sets_seen {
                    see(state, target.uid, &items)
                } else {
                    None
                };
                if let Some(message) = state.find(target.uid) {
                    write_message(target, message, items.iter().chain(&extra), out);
                }
            }
        });
        request.finish("messages fetched")
    }
}

/// Sets `\Seen`; if that is a change that the client did not ask for, FLAGS tells it.
fn see(state: &mut State, uid: u32, items: &[Item]) -> Option<Item> {
    let before = state.revision();
    state.reflag(uid, |flags| flags.insert(Flag::seen()));
    (state.revision() != before && !items.contains(&Item::Flags)).then_some(Item::Flags)
}

/// The items, macros resolved (RFC 3501 section 6.4.5).
fn items(cursor: &mut Cursor<'_>) -> Result<Vec<Item>, Unexpected> {
    let fast = || vec![Item::Flags, Item::InternalDate, Item::Size];
    if cursor.peek() == Some(b'(') {
        return cursor.list(Item::parse);
    }
    if cursor.accept_word("FAST") {
        return Ok(fast());
    }
    let mut all = fast();
    all.push(Item::Envelope);
    if cursor.accept_word("ALL") {
        return Ok(all);
    }
    if cursor.accept_word("FULL") {
        all.push(Item::Structure(Detail::Basic));
        return Ok(all);
    }
    Ok(vec![Item::parse(cursor)?])
}

impl Item {
    fn parse(cursor: &mut Cursor<'_>) -> Result<Self, Unexpected> {
        let start = cursor.clone();
        let word = cursor.keyword("a data item")?;
        let sectioned = cursor.peek() == Some(b'[');
        match (word.as_str(), sectioned) {
            ("BODY", true) => Body::parse(cursor, Seen::Set).map(Self::Body),
            ("BODY.PEEK", true) => Body::parse(cursor, Seen::Kept).map(Self::Body),
            ("UID", false) => Ok(Self::Uid),
            ("FLAGS", false) => Ok(Self::Flags),
            ("INTERNALDATE", false) => Ok(Self::InternalDate),
            ("RFC822.SIZE", false) => Ok(Self::Size),
            ("ENVELOPE", false) => Ok(Self::Envelope),
            ("BODY", false) => Ok(Self::Structure(Detail::Basic)),
            ("BODYSTRUCTURE", false) => Ok(Self::Structure(Detail::Extended)),
            ("RFC822", false) => Ok(Self::old("RFC822", Section::WHOLE, Seen::Set)),
            ("RFC822.HEADER", false) => Ok(Self::old("RFC822.HEADER", Section::HEADER, Seen::Kept)),
            ("RFC822.TEXT", false) => Ok(Self::old("RFC822.TEXT", Section::TEXT, Seen::Set)),
            _ => start.unexpected("a data item"),
        }
    }

    fn old(name: &'static str, section: Section, seen: Seen) -> Self {
        Self::Body(Body {
            name: Name::Old(name),
            section,
            partial: None,
            seen,
        })
    }

    fn sets_seen(&self) -> bool {
        matches!(self, Self::Body(body) if body.seen == Seen::Set)
    }
}

impl Body {
    /// `section ["<" number "." nz-number ">"]`
    fn parse(cursor: &mut Cursor<'_>, seen: Seen) -> Result<Self, Unexpected> {
        let section = Section::parse(cursor)?;
        let partial = if cursor.accept(b'<') {
            Some(Partial::parse(cursor)?)
        } else {
            None
        };
        Ok(Self {
            name: Name::Body,
            section,
            partial,
            seen,
        })
    }
}

impl Partial {
    fn parse(cursor: &mut Cursor<'_>) -> Result<Self, Unexpected> {
        let origin = cursor.number()?;
        cursor.expect(b'.', "a dot")?;
        let octets = cursor.number()?;
        cursor.expect(b'>', "the end of the range")?;
        Ok(Self { origin, octets })
    }

    /// What of `octets` is in the range; nothing if it begins behind their end.
    fn of(self, octets: &Bytes) -> Bytes {
        let start = octets.len().min(self.origin as usize);
        let end = octets.len().min(start.saturating_add(self.octets as usize));
        octets.slice(start..end)
    }
}

fn write_message<'a>(
    target: Target,
    message: &Message,
    items: impl Iterator<Item = &'a Item>,
    out: &mut Output,
) {
    let _ = write!(out, "* {} FETCH ", target.number);
    let mut before = "(";
    for item in items {
        out.push(before);
        write_item(item, message, out);
        before = " ";
    }
    out.push(")\r\n");
}

fn write_item(item: &Item, message: &Message, out: &mut Output) {
    let content = &message.draft.content;
    let _ = match item {
        Item::Uid => write!(out, "UID {}", message.uid),
        Item::Flags => write!(out, "FLAGS {}", message.draft.flags),
        Item::InternalDate => write!(out, "INTERNALDATE \"{}\"", message.draft.date),
        Item::Size => write!(out, "RFC822.SIZE {}", message.draft.size()),
        Item::Envelope => {
            out.push("ENVELOPE ");
            content.write_envelope(out.text());
            Ok(())
        }
        Item::Structure(detail) => {
            out.push(if *detail == Detail::Basic {
                "BODY "
            } else {
                "BODYSTRUCTURE "
            });
            content.write_structure(out.text(), *detail);
            Ok(())
        }
        Item::Body(body) => {
            write_body(body, message, out);
            Ok(())
        }
    };
}

/// `"BODY" section ["<" number ">"] SP nstring`: of a partial the origin alone is told. A range behind the end is
/// answered by an empty literal, as Dovecot does; clients that cannot read it are the gateway's business.
fn write_body(body: &Body, message: &Message, out: &mut Output) {
    match body.name {
        Name::Old(name) => out.push(name),
        Name::Body => {
            out.push("BODY");
            body.section.write(out.text());
        }
    }
    if let Some(partial) = body.partial {
        let _ = write!(out, "<{}>", partial.origin);
    }
    let Some(octets) = body.section.octets(&message.draft.content) else {
        return out.push(" NIL");
    };
    let octets = body
        .partial
        .map_or_else(|| octets.clone(), |partial| partial.of(&octets));
    out.push(" ");
    quote::announce(out.text(), octets.len());
    out.share(octets);
}
