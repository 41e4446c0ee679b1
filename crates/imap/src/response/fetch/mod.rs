//! What a server tells of a message: FETCH and UIDFETCH.
//!
//! ```
//! use gatepost_imap::response::fetch::Item;
//! use gatepost_imap::response::{self, Response};
//!
//! let line = b"* 12 FETCH (UID 7 ENVELOPE (NIL \"Minutes\" ((\"Terry Gray\" NIL \"gray\" \"example.edu\")) \
//!              NIL NIL NIL NIL NIL NIL NIL) BODY[1] {5}\r\nHello)";
//! let Response::Fetch(fetch) = response::parse(line).unwrap() else { panic!() };
//! assert_eq!(fetch.number.get(), 12);
//! let [Item::Uid(uid), Item::Envelope(envelope), Item::BodySection { section, data, .. }] = &fetch.items[..] else {
//!     panic!()
//! };
//! assert_eq!(uid.get(), 7);
//! assert_eq!(envelope.from[0].to_string(), "Terry Gray <gray@example.edu>");
//! assert_eq!(section.part().as_str(), "1");
//! assert_eq!(data.as_ref().unwrap().octets(), 5);
//! ```

mod address;
mod body;
mod data;
mod envelope;
mod item;
mod name;
mod other;

use std::num::NonZeroU32;

pub use self::address::{Address, Recipient};
pub use self::body::{
    Body, BodyFields, BodyPart, BodyStructure, Disposition, Encoding, Media, MediaType, MessageType,
    Numbered, OtherEncoding, Parameter,
};
pub use self::data::Data;
pub use self::envelope::Envelope;
pub use self::item::Item;
pub use self::other::{OtherItem, UnreadableItem};

use crate::parse::{Allowance, Cursor, Parsing};
use crate::types::NonEmpty;
use crate::write::{Write, Writer};

/// What a server tells of a message.
///
/// ```abnf
/// message-data  = nz-number SP ("EXPUNGE" / ("FETCH" SP msg-att))        ; RFC 9051 section 9
/// uidfetch-resp = uniqueid SP "UIDFETCH" SP msg-att                      ; RFC 9586 section 4
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetch {
    /// The number of the message in the mailbox; in a UIDFETCH its UID.
    pub number: NonZeroU32,
    /// What is told.
    pub items: NonEmpty<Item>,
}

impl Cursor<'_> {
    /// ```abnf
    /// msg-att = "(" (msg-att-dynamic / msg-att-static) *(SP (msg-att-dynamic / msg-att-static)) ")"
    /// ```
    pub(crate) fn fetch(&mut self, number: NonZeroU32) -> Parsing<Fetch> {
        self.octet(b'(', "an opening parenthesis")?;
        self.element()?;
        let mut items = Vec::new();
        items.push(self.fetch_item()?);
        while !self.eat(b')') {
            if self.rest().starts_with(b" )") && self.forgives(Allowance::Spaces) {
                self.advance(1);
                continue;
            }
            self.space()?;
            self.element()?;
            items.push(self.fetch_item()?);
        }
        match NonEmpty::new(items) {
            Ok(items) => Ok(Fetch { number, items }),
            Err(_) => self.expected("an item"),
        }
    }
}

/// `msg-att`
impl Write for Fetch {
    fn write(&self, out: &mut Writer<'_>) {
        self.items.write(out);
    }
}
