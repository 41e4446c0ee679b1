//! Sections of a message (RFC 3501 section 6.4.5, `section`).

use bytes::{Bytes, BytesMut};

use super::Content;
use super::header;
use super::quote;
use super::tree::{self, Part, Tree};
use crate::mail::cursor::{Cursor, Unexpected};

/// What stands between the brackets of `BODY[...]`: a path of part numbers and what of the part is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Section {
    path: Vec<u32>,
    text: Option<Wanted>,
}

/// `section-text = section-msgtext / "MIME"`
#[derive(Debug, Clone, PartialEq, Eq)]
enum Wanted {
    Header,
    HeaderFields { names: Vec<Vec<u8>>, listed: Listed },
    Text,
    Mime,
}

/// Whether HEADER.FIELDS keeps or drops the fields it lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Listed {
    Kept,
    Dropped,
}

impl Section {
    /// The whole message: `[]`.
    pub(crate) const WHOLE: Self = Self {
        path: Vec::new(),
        text: None,
    };
    /// Its header: `[HEADER]`.
    pub(crate) const HEADER: Self = Self {
        path: Vec::new(),
        text: Some(Wanted::Header),
    };
    /// Its body: `[TEXT]`.
    pub(crate) const TEXT: Self = Self {
        path: Vec::new(),
        text: Some(Wanted::Text),
    };

    /// `section = "[" [section-spec] "]"`
    pub(crate) fn parse(cursor: &mut Cursor<'_>) -> Result<Self, Unexpected> {
        cursor.expect(b'[', "an opening bracket")?;
        let path = path(cursor)?;
        let wanted = if path.is_empty() {
            cursor.peek() != Some(b']')
        } else {
            cursor.accept(b'.')
        };
        let text = wanted.then(|| Wanted::parse(cursor)).transpose()?;
        if path.is_empty() && text == Some(Wanted::Mime) {
            return cursor.unexpected("a part number before MIME");
        }
        cursor.expect(b']', "a closing bracket")?;
        Ok(Self { path, text })
    }

    /// Appends the section as it stands in a response, brackets included.
    pub(crate) fn write(&self, out: &mut BytesMut) {
        out.extend_from_slice(b"[");
        let numbers: Vec<String> = self.path.iter().map(ToString::to_string).collect();
        out.extend_from_slice(numbers.join(".").as_bytes());
        if let Some(text) = &self.text {
            out.extend_from_slice(if numbers.is_empty() { b"" } else { b"." });
            text.write(out);
        }
        out.extend_from_slice(b"]");
    }

    /// The octets of the section, `None` if the message has no such part.
    pub(crate) fn octets(&self, message: &Content) -> Option<Bytes> {
        if *self == Self::WHOLE {
            return Some(message.octets().clone());
        }
        let place = Place::find(message.tree(), &self.path)?;
        match &self.text {
            None => Some(message.slice(&place.part()?.body)),
            Some(Wanted::Mime) => Some(message.slice(&place.part()?.header)),
            Some(Wanted::Header) => Some(message.slice(&place.message()?.header)),
            Some(Wanted::Text) => Some(message.slice(&place.message()?.body)),
            Some(Wanted::HeaderFields { names, listed }) => {
                let header = message.slice(&place.message()?.header);
                Some(selected(&header, names, *listed))
            }
        }
    }
}

/// `section-part = nz-number *("." nz-number)`; a dot before a letter belongs to what follows.
fn path(cursor: &mut Cursor<'_>) -> Result<Vec<u32>, Unexpected> {
    let mut path = Vec::new();
    while cursor.peek().is_some_and(|octet| octet.is_ascii_digit()) {
        path.push(cursor.number()?);
        let followed = cursor.rest().get(1).is_some_and(u8::is_ascii_digit);
        if !followed || !cursor.accept(b'.') {
            break;
        }
    }
    Ok(path)
}

impl Wanted {
    fn parse(cursor: &mut Cursor<'_>) -> Result<Self, Unexpected> {
        let start = cursor.clone();
        let word = cursor.keyword("HEADER, HEADER.FIELDS, HEADER.FIELDS.NOT, TEXT or MIME")?;
        match word.as_str() {
            "HEADER" => Ok(Self::Header),
            "TEXT" => Ok(Self::Text),
            "MIME" => Ok(Self::Mime),
            "HEADER.FIELDS" => Self::fields(cursor, Listed::Kept),
            "HEADER.FIELDS.NOT" => Self::fields(cursor, Listed::Dropped),
            _ => start.unexpected("HEADER, HEADER.FIELDS, HEADER.FIELDS.NOT, TEXT or MIME"),
        }
    }

    /// `header-list = "(" header-fld-name *(SP header-fld-name) ")"`
    fn fields(cursor: &mut Cursor<'_>, listed: Listed) -> Result<Self, Unexpected> {
        cursor.space()?;
        let names = cursor.list(|name| name.astring().map(|name| name.into_owned()))?;
        Ok(Self::HeaderFields { names, listed })
    }

    fn write(&self, out: &mut BytesMut) {
        let (word, names) = match self {
            Self::Header => ("HEADER", None),
            Self::Text => ("TEXT", None),
            Self::Mime => ("MIME", None),
            Self::HeaderFields {
                names,
                listed: Listed::Kept,
            } => ("HEADER.FIELDS", Some(names)),
            Self::HeaderFields {
                names,
                listed: Listed::Dropped,
            } => ("HEADER.FIELDS.NOT", Some(names)),
        };
        out.extend_from_slice(word.as_bytes());
        let Some(names) = names else {
            return;
        };
        let mut before: &[u8] = b" (";
        for name in names {
            out.extend_from_slice(before);
            quote::astring(out, name);
            before = b" ";
        }
        out.extend_from_slice(if names.is_empty() { b" ()" } else { b")" });
    }
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
    fn find(tree: &'a Tree, path: &[u32]) -> Option<Self> {
        path.iter()
            .try_fold(Self::Message(tree, 0), |place, &number| place.step(number))
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
fn selected(header: &[u8], names: &[Vec<u8>], listed: Listed) -> Bytes {
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
    use super::*;

    const MESSAGE: &[u8] =
        b"Subject: outer\r\nX-One: 1\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\
        Content-Type: text/html\r\n\r\nfirst\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\
        Content-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\ndeep\r\n--c--\r\n\r\n--b--\r\n";

    fn section(text: &str) -> Option<String> {
        let mut cursor = Cursor::new(text.as_bytes());
        let section = Section::parse(&mut cursor).unwrap();
        cursor.end().unwrap();
        let octets = section.octets(&Content::new(Bytes::from_static(MESSAGE)))?;
        Some(String::from_utf8(octets.to_vec()).unwrap())
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
        for nowhere in [
            "[3]",
            "[0]",
            "[1.1]",
            "[1.HEADER]",
            "[2.1.1]",
            "[2.2]",
            "[4294967295]",
        ] {
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
        let plain = Content::new(Bytes::from_static(b"A: b\r\n\r\nbody"));
        let of = |text: &[u8]| Section::parse(&mut Cursor::new(text)).unwrap().octets(&plain);
        assert_eq!(of(b"[1]").as_deref(), Some(&b"body"[..]));
        assert_eq!(of(b"[1.MIME]").as_deref(), Some(&b"A: b\r\n\r\n"[..]));
        assert_eq!(of(b"[1.1]"), None);
        assert_eq!(of(b"[2]"), None);
    }

    #[test]
    fn what_is_read_is_written_again() {
        for text in [
            "[]",
            "[1.2.3]",
            "[1.MIME]",
            "[TEXT]",
            "[HEADER.FIELDS (From \"a b\")]",
            "[2.HEADER.FIELDS.NOT (To)]",
        ] {
            let mut out = BytesMut::new();
            Section::parse(&mut Cursor::new(text.as_bytes()))
                .unwrap()
                .write(&mut out);
            assert_eq!(out, text.as_bytes());
        }
        for text in [
            "[MIME]",
            "[1.]",
            "[.1]",
            "[HEADER.FIELDS]",
            "[FOO]",
            "[1",
            "1]",
            "[1.FOO]",
        ] {
            assert!(
                Section::parse(&mut Cursor::new(text.as_bytes())).is_err(),
                "{text}"
            );
        }
    }
}
