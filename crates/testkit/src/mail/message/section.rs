//! Sections of a message (RFC 3501 section 6.4.5, `section`).

use bytes::{Bytes, BytesMut};
use gatepost_imap::types::{self, HeaderNames, Section, SectionText, Text};

use super::Content;
use super::header;
use super::tree::{self, Part, Tree};

/// The octets of the section, `None` if the message has no such part.
pub(crate) fn octets(section: &Section, message: &Content) -> Option<Bytes> {
    if *section == Section::MESSAGE {
        return Some(message.octets().clone());
    }
    let place = Place::find(message.tree(), section.part())?;
    let fields = |names: &HeaderNames, listed| {
        let header = message.slice(&place.message()?.header);
        Some(selected(&header, names, listed))
    };
    match section.text() {
        None => Some(message.slice(&place.part()?.body)),
        Some(SectionText::Mime) => Some(message.slice(&place.part()?.header)),
        Some(SectionText::Header) => Some(message.slice(&place.message()?.header)),
        Some(SectionText::Text) => Some(message.slice(&place.message()?.body)),
        Some(SectionText::HeaderFields(names)) => fields(names, Listed::Kept),
        Some(SectionText::HeaderFieldsNot(names)) => fields(names, Listed::Dropped),
        Some(_) => None,
    }
}

/// Whether HEADER.FIELDS keeps or drops the fields it lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Listed {
    Kept,
    Dropped,
}

/// Where a path of part numbers leads.
#[derive(Clone, Copy)]
enum Place<'a> {
    /// A message, whose parts are numbered: the whole one, or what a message/rfc822 part holds.
    Message(&'a Tree, usize),
    /// A part.
    Part(&'a Tree, usize),
}

impl<'a> Place<'a> {
    fn find(tree: &'a Tree, part: &types::Part) -> Option<Self> {
        part.numbers()
            .try_fold(Self::Message(tree, 0), |place, number| place.step(number))
    }

    fn step(self, number: u32) -> Option<Self> {
        let place = self.inside()?;
        let (Self::Message(tree, index) | Self::Part(tree, index)) = place;
        let nth = (number as usize).checked_sub(1)?;
        match (&tree.part(index)?.content, place) {
            (tree::Content::Multipart(children), _) => Some(Self::Part(tree, *children.get(nth)?)),
            // A message that is not multipart has one part: its body.
            (_, Self::Message(..)) if nth == 0 => Some(Self::Part(tree, index)),
            _ => None,
        }
    }

    /// The message in a message/rfc822 part; the place itself if it is anything else.
    fn inside(self) -> Option<Self> {
        let Self::Part(tree, index) = self else {
            return Some(self);
        };
        match tree.part(index)?.content {
            tree::Content::Message(child) => Some(Self::Message(tree, child)),
            _ => Some(self),
        }
    }

    fn part(self) -> Option<&'a Part> {
        let (Self::Message(tree, index) | Self::Part(tree, index)) = self;
        tree.part(index)
    }

    /// The message here or in the part here: HEADER and TEXT exist for nothing else.
    fn message(self) -> Option<&'a Part> {
        match self.inside()? {
            Self::Message(tree, index) => tree.part(index),
            Self::Part(..) => None,
        }
    }
}

/// The fields that the list keeps, and the empty line.
fn selected(header: &[u8], names: &HeaderNames, listed: Listed) -> Bytes {
    let names: Vec<Text> = names.iter().collect();
    let mut kept = BytesMut::new();
    for field in header::fields(header) {
        if names.iter().any(|name| field.is(name)) == (listed == Listed::Kept) {
            kept.extend_from_slice(field.raw);
        }
    }
    kept.extend_from_slice(b"\r\n");
    kept.freeze()
}

#[cfg(test)]
mod tests {
    use gatepost_imap::command::{self, Attribute, Body};

    use super::*;

    const MESSAGE: &[u8] =
        b"Subject: outer\r\nX-One: 1\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\
        Content-Type: text/html\r\n\r\nfirst\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\
        Content-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\ndeep\r\n--c--\r\n\r\n--b--\r\n";

    fn of(section: &str, message: &'static [u8]) -> Option<String> {
        let command = format!("a FETCH 1 BODY{section}");
        let Body::Fetch(_, fetch) = command::parse(command.as_bytes()).unwrap().body else {
            panic!()
        };
        let attributes = fetch.items.into_attributes();
        let [Attribute::Section { section, .. }] = &attributes[..] else {
            panic!()
        };
        let octets = octets(section, &Content::new(Bytes::from_static(message)))?;
        Some(String::from_utf8(octets.to_vec()).unwrap())
    }

    fn section(text: &str) -> Option<String> {
        of(text, MESSAGE)
    }

    #[test]
    fn numbers_lead_to_parts() {
        assert_eq!(section("[1]").as_deref(), Some("first"));
        assert_eq!(
            section("[1.MIME]").as_deref(),
            Some("Content-Type: text/html\r\n\r\n")
        );
        assert_eq!(section("[2.1]").as_deref(), Some("deep"));
        assert_eq!(
            section("[2.HEADER.FIELDS (subject)]").as_deref(),
            Some("Subject: inner\r\n\r\n")
        );
        assert_eq!(
            section("[2.TEXT]").as_deref(),
            Some("--c\r\n\r\ndeep\r\n--c--\r\n")
        );
        assert_eq!(section("[2.1.MIME]").as_deref(), Some("\r\n"));
        for nowhere in ["[3]", "[1.1]", "[1.HEADER]", "[2.1.1]", "[2.2]", "[4294967295]"] {
            assert_eq!(section(nowhere), None, "{nowhere}");
        }
    }

    #[test]
    fn fields_are_chosen_or_left_out() {
        assert_eq!(
            section("[HEADER.FIELDS (SUBJECT X-None)]").as_deref(),
            Some("Subject: outer\r\n\r\n")
        );
        let rest = section("[HEADER.FIELDS.NOT (subject content-type)]");
        assert_eq!(rest.as_deref(), Some("X-One: 1\r\n\r\n"));
        assert!(section("[HEADER]").unwrap().ends_with("boundary=b\r\n\r\n"));
        assert!(section("[TEXT]").unwrap().starts_with("--b\r\n"));
        assert_eq!(section("[]").unwrap().as_bytes(), MESSAGE);
    }

    #[test]
    fn the_only_part_of_a_plain_message_is_its_body() {
        let of = |section| of(section, b"A: b\r\n\r\nbody");
        assert_eq!(of("[1]").as_deref(), Some("body"));
        assert_eq!(of("[1.MIME]").as_deref(), Some("A: b\r\n\r\n"));
        assert_eq!(of("[1.1]"), None);
        assert_eq!(of("[2]"), None);
    }
}
