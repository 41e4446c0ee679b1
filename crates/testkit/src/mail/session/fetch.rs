//! FETCH (RFC 3501 section 6.4.5).

use std::num::NonZeroU32;

use bytes::Bytes;
use gatepost_imap::Response;
use gatepost_imap::command::{Attribute, By, Fetch};
use gatepost_imap::response::fetch::{self, Data, Item};
use gatepost_imap::types::{Flag, NonEmpty, Partial};

use super::selected::Access;
use super::{Answer, Failure, Session, done};
use crate::mail::message::section;
use crate::mail::message::structure::Detail;
use crate::mail::output::Output;
use crate::mail::store::mailbox::{Message, State};

impl Session {
    pub(super) fn fetch(&mut self, by: By, fetch: Fetch, out: &mut Output) -> Answer {
        let selected = self.selected()?;
        if !fetch.modifiers.is_empty() {
            return Err(Failure::Bad("FETCH takes no modifiers"));
        }
        let mut attributes = fetch.items.into_attributes();
        if by == By::Uid && !attributes.contains(&Attribute::Uid) {
            attributes.insert(0, Attribute::Uid);
        }
        if !attributes.iter().all(is_served) {
            return Err(Failure::Bad("expected a data item"));
        }
        let sets_seen = selected.access() == Access::ReadWrite && attributes.iter().any(sets_seen);
        let targets = selected.targets(&fetch.set, by)?;
        selected.with(out, |state, out| {
            for target in targets {
                let extra = sets_seen && see(state, target.uid) && !attributes.contains(&Attribute::Flags);
                let extra = extra.then_some(&Attribute::Flags);
                if let Some(message) = state.find(target.uid) {
                    tell(target.number, message, attributes.iter().chain(extra), out);
                }
            }
        });
        done("messages fetched")
    }
}

/// Sets `\Seen`, and says whether that is a change.
fn see(state: &mut State, uid: NonZeroU32) -> bool {
    let before = state.revision();
    state.reflag(uid, |flags| flags.insert(Flag::Seen));
    state.revision() != before
}

fn sets_seen(attribute: &Attribute) -> bool {
    matches!(
        attribute,
        Attribute::Rfc822 | Attribute::Rfc822Text | Attribute::Section { peek: false, .. }
    )
}

fn is_served(attribute: &Attribute) -> bool {
    matches!(
        attribute,
        Attribute::Uid
            | Attribute::Flags
            | Attribute::InternalDate
            | Attribute::Rfc822Size
            | Attribute::Envelope
            | Attribute::Body
            | Attribute::BodyStructure
            | Attribute::Rfc822
            | Attribute::Rfc822Header
            | Attribute::Rfc822Text
            | Attribute::Section { .. }
    )
}

/// The FETCH response. What of the message itself is told goes from where it is kept. Octets that there are none of are
/// an empty literal, as with Dovecot; clients that cannot read it are the gateway's business.
fn tell<'a>(
    number: NonZeroU32,
    message: &Message,
    attributes: impl Iterator<Item = &'a Attribute>,
    out: &mut Output,
) {
    let mut literals = Vec::new();
    let items = attributes.filter_map(|attribute| item(attribute, message, &mut literals));
    // Something is always asked for.
    if let Ok(items) = NonEmpty::new(items.collect()) {
        out.tell_with(&Response::Fetch(fetch::Fetch { number, items }), literals);
    }
}

fn item(attribute: &Attribute, message: &Message, literals: &mut Vec<Bytes>) -> Option<Item> {
    let content = &message.draft.content;
    let mut data = |octets: Bytes| {
        let announced = Data::Streamed {
            octets: octets.len() as u64,
        };
        literals.push(octets);
        Some(announced)
    };
    Some(match attribute {
        Attribute::Uid => Item::Uid(message.uid),
        Attribute::Flags => Item::Flags(message.draft.flags.to_vec()),
        Attribute::InternalDate => Item::InternalDate(message.draft.date),
        Attribute::Rfc822Size => Item::Rfc822Size(message.draft.size() as u64),
        Attribute::Envelope => Item::Envelope(Box::new(content.envelope())),
        Attribute::Body => Item::Body(content.structure(Detail::Basic)?),
        Attribute::BodyStructure => Item::BodyStructure(content.structure(Detail::Extended)?),
        Attribute::Rfc822 => Item::Rfc822(data(content.octets().clone())),
        Attribute::Rfc822Header => Item::Rfc822Header(data(content.header())),
        Attribute::Rfc822Text => Item::Rfc822Text(data(content.body())),
        Attribute::Section { section, partial, .. } => Item::BodySection {
            section: section.clone(),
            origin: partial.map(|partial| partial.start),
            data: section::octets(section, content).and_then(|octets| data(part(&octets, *partial))),
        },
        _ => return None,
    })
}

/// What of `octets` is in the range; nothing if it begins behind their end.
fn part(octets: &Bytes, partial: Option<Partial>) -> Bytes {
    let Some(Partial { start, length }) = partial else {
        return octets.clone();
    };
    let within = |place: u64| usize::try_from(place).map_or(octets.len(), |place| place.min(octets.len()));
    octets.slice(within(start)..within(start.saturating_add(length.get())))
}
