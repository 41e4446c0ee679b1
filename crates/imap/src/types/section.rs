//! Parts of a message, and parts of these.

use std::fmt;
use std::num::{NonZeroU32, NonZeroU64};

use bytes::{BufMut, Bytes, BytesMut};

use super::{HeaderNames, Invalid};
use crate::parse::{Cursor, Parsing};
use crate::write::{Write, Writer};

/// The place of a part within a message, such as `1.2`.
///
/// ```abnf
/// section-part = nz-number *("." nz-number)        ; RFC 9051 section 9
/// ```
/// The message itself is [`Part::MESSAGE`], which has no number.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Part(Bytes);

impl Part {
    /// The whole message.
    pub const MESSAGE: Self = Self(Bytes::new());

    /// Takes `octets`, such as `1.2`, as a part. The whole message is none.
    ///
    /// # Errors
    /// If they are not numbers above 0 with dots between them.
    pub fn new(octets: impl Into<Bytes>) -> Result<Self, Invalid> {
        let octets = octets.into();
        let numbers = !octets.is_empty()
            && octets
                .split(|&octet| octet == b'.')
                .all(|part| number(part).is_some());
        match numbers {
            true => Ok(Self(octets)),
            false => Err(Invalid { what: "part" }),
        }
    }

    /// Whether this is the whole message.
    pub fn is_message(&self) -> bool {
        self.0.is_empty()
    }

    /// The numbers from the outermost part to the innermost.
    pub fn numbers(&self) -> impl Iterator<Item = u32> {
        self.0.split(|&octet| octet == b'.').filter_map(number)
    }

    /// The part as it is spelled: `1.2`.
    pub fn as_str(&self) -> &str {
        // Made of ASCII only.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// `nz-number`
fn number(octets: &[u8]) -> Option<u32> {
    let digits = matches!(octets, [b'1'..=b'9', rest @ ..] if rest.iter().all(u8::is_ascii_digit));
    digits.then(|| std::str::from_utf8(octets).ok()?.parse().ok())?
}

impl FromIterator<NonZeroU32> for Part {
    fn from_iter<I: IntoIterator<Item = NonZeroU32>>(numbers: I) -> Self {
        let mut octets = BytesMut::new();
        for number in numbers {
            if !octets.is_empty() {
                octets.put_u8(b'.');
            }
            octets.put_slice(number.to_string().as_bytes());
        }
        Self(octets.freeze())
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Part({self})")
    }
}

/// What of a part is meant.
///
/// ```abnf
/// section-msgtext = "HEADER" / "HEADER.FIELDS" [".NOT"] SP header-list / "TEXT"        ; RFC 9051 section 9
/// section-text    = section-msgtext / "MIME"
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SectionText {
    /// `HEADER`: the header of the message, or of a part that is one.
    Header,
    /// `HEADER.FIELDS (..)`: these fields of it.
    HeaderFields(HeaderNames),
    /// `HEADER.FIELDS.NOT (..)`: all but these fields of it.
    HeaderFieldsNot(HeaderNames),
    /// `TEXT`: what comes behind the header.
    Text,
    /// `MIME`: the MIME header of a part. The message itself has none.
    Mime,
}

/// What `BODY[..]` means.
///
/// ```abnf
/// section      = "[" [section-spec] "]"        ; RFC 9051 section 9
/// section-spec = section-msgtext / (section-part ["." section-text])
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Section {
    part: Part,
    text: Option<SectionText>,
}

impl Section {
    /// `[]`: the whole message.
    pub const MESSAGE: Self = Self {
        part: Part::MESSAGE,
        text: None,
    };

    /// This text of this part.
    ///
    /// # Errors
    /// If it is the MIME header of the message itself, which is none.
    pub fn new(part: Part, text: Option<SectionText>) -> Result<Self, Invalid> {
        match text {
            Some(SectionText::Mime) if part.is_message() => Err(Invalid { what: "section" }),
            text => Ok(Self { part, text }),
        }
    }

    /// The part.
    pub const fn part(&self) -> &Part {
        &self.part
    }

    /// What of it; `None` is all of it.
    pub const fn text(&self) -> Option<&SectionText> {
        self.text.as_ref()
    }
}

impl From<Part> for Section {
    fn from(part: Part) -> Self {
        Self { part, text: None }
    }
}

/// A range of octets that a client asks for.
///
/// ```abnf
/// partial = "<" number64 "." nz-number64 ">"        ; RFC 9051 section 9
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Partial {
    /// The first octet, counted from 0.
    pub start: u64,
    /// How many.
    pub length: NonZeroU64,
}

impl<'a> Cursor<'a> {
    /// `section-part`, or nothing.
    fn part(&mut self) -> Parsing<Part> {
        let mark = self.mark();
        while let Some(b'0'..=b'9') = self.peek() {
            self.part_number()?;
            if !matches!(self.rest(), [b'.', b'0'..=b'9', ..]) {
                break;
            }
            self.advance(1);
        }
        Ok(Part(self.bytes(self.since(mark))))
    }

    fn part_number(&mut self) -> Parsing<()> {
        if self.peek() == Some(b'0') {
            return self.expected("a number above 0");
        }
        let mark = self.mark();
        if self.number64()? > u64::from(u32::MAX) {
            self.reset(mark);
            return self.fail(crate::parse::ErrorKind::Number, "a smaller number");
        }
        Ok(())
    }

    /// `section-binary = "[" [section-part] "]"`
    pub(crate) fn section_binary(&mut self) -> Parsing<Part> {
        self.octet(b'[', "[")?;
        let part = self.part()?;
        self.octet(b']', "]")?;
        Ok(part)
    }

    /// `section = "[" [section-spec] "]"`
    pub(crate) fn section(&mut self) -> Parsing<Section> {
        self.octet(b'[', "[")?;
        let part = self.part()?;
        if self.eat(b']') {
            return Ok(Section { part, text: None });
        }
        if !part.is_message() {
            self.octet(b'.', "a dot or ]")?;
        }
        let text = Some(self.section_text(&part)?);
        self.octet(b']', "]")?;
        Ok(Section { part, text })
    }

    /// `section-text`
    fn section_text(&mut self, part: &Part) -> Parsing<SectionText> {
        let mark = self.mark();
        let is = |word: &[u8], name: &[u8]| word.eq_ignore_ascii_case(name);
        match self.word("a part of a message")? {
            word if is(word, b"HEADER.FIELDS") => self.header_list().map(SectionText::HeaderFields),
            word if is(word, b"HEADER") => Ok(SectionText::Header),
            word if is(word, b"TEXT") => Ok(SectionText::Text),
            word if is(word, b"MIME") && !part.is_message() => Ok(SectionText::Mime),
            word if is(word, b"HEADER.FIELDS.NOT") => self.header_list().map(SectionText::HeaderFieldsNot),
            _ => self.expected_at(mark, "a part of a message"),
        }
    }

    /// `partial`, if it comes next.
    pub(crate) fn partial(&mut self) -> Parsing<Option<Partial>> {
        if !self.eat(b'<') {
            return Ok(None);
        }
        let start = self.number64()?;
        self.octet(b'.', "a dot")?;
        let mark = self.mark();
        let Some(length) = NonZeroU64::new(self.number64()?) else {
            return self.expected_at(mark, "a number above 0");
        };
        self.octet(b'>', ">")?;
        Ok(Some(Partial { start, length }))
    }

    /// `"<" number64 ">"`, if it comes next: the first octet of a part of a body.
    pub(crate) fn origin(&mut self) -> Parsing<Option<u64>> {
        if !self.eat(b'<') {
            return Ok(None);
        }
        let origin = self.number64()?;
        self.octet(b'>', ">")?;
        Ok(Some(origin))
    }
}

/// `section-binary`
impl Write for Part {
    fn write(&self, out: &mut Writer<'_>) {
        out.put(b"[");
        out.put(&self.0);
        out.put(b"]");
    }
}

/// `section`
impl Write for Section {
    fn write(&self, out: &mut Writer<'_>) {
        out.put(b"[");
        out.put(&self.part.0);
        if self.text.is_some() && !self.part.is_message() {
            out.put(b".");
        }
        match &self.text {
            None => {}
            Some(SectionText::Header) => out.put(b"HEADER"),
            Some(SectionText::HeaderFields(names)) => {
                out.put(b"HEADER.FIELDS");
                names.write(out);
            }
            Some(SectionText::HeaderFieldsNot(names)) => {
                out.put(b"HEADER.FIELDS.NOT");
                names.write(out);
            }
            Some(SectionText::Text) => out.put(b"TEXT"),
            Some(SectionText::Mime) => out.put(b"MIME"),
        }
        out.put(b"]");
    }
}

impl Write for Partial {
    fn write(&self, out: &mut Writer<'_>) {
        out.put(b"<");
        out.number(self.start);
        out.put(b".");
        out.number(self.length.get());
        out.put(b">");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::{ErrorKind, Options};

    fn read(octets: &[u8]) -> Result<Section, (ErrorKind, usize)> {
        let mut cursor = Cursor::new(octets.into(), Options::default());
        let section = cursor
            .section()
            .and_then(|section| cursor.end().map(|()| section));
        section.map_err(|_| {
            let error = cursor.error(None);
            (error.kind, error.offset)
        })
    }

    fn written(section: &Section) -> String {
        let mut out = BytesMut::new();
        section.write(&mut Writer::server(&mut out));
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn sections_of_rfc_9051() {
        for section in [
            "[]",
            "[HEADER]",
            "[TEXT]",
            "[1]",
            "[1.2.33]",
            "[3.HEADER]",
            "[4.2.2.1]",
            "[4.1.MIME]",
            "[HEADER.FIELDS (DATE FROM)]",
            "[4.2.HEADER.FIELDS.NOT (Received X-]y)]",
        ] {
            assert_eq!(written(&read(section.as_bytes()).unwrap()), section);
        }
        let section = read(b"[4.2.mime]").unwrap();
        assert_eq!(section.part().numbers().collect::<Vec<_>>(), [4, 2]);
        assert_eq!(section.text(), Some(&SectionText::Mime));
        assert_eq!(
            Section::new(Part::new("4.2").unwrap(), Some(SectionText::Mime)),
            Ok(section)
        );
    }

    #[test]
    fn what_is_no_section() {
        for (wrong, offset) in [
            ("", 0),
            ("[", 1),
            ("[MIME]", 1),
            ("[0]", 1),
            ("[1.0]", 3),
            ("[01]", 1),
            ("[1.]", 3),
            ("[.1]", 1),
            ("[1HEADER]", 2),
            ("[HEADER.FIELDS]", 14),
            ("[HEADER.FIELDS ()]", 16),
            ("[HEADER.FIELDS (a  b)]", 18),
            ("[HEADER.FIELDS (a b]", 20),
            ("[HEADERS]", 1),
            ("[1.1.TEXT", 9),
            ("[4294967296]", 1),
        ] {
            let error = read(wrong.as_bytes()).unwrap_err();
            assert_eq!(error.1, offset, "{wrong}");
        }
        assert_eq!(read(b"[4294967296]"), Err((ErrorKind::Number, 1)));
        assert!(Section::new(Part::MESSAGE, Some(SectionText::Mime)).is_err());
        for wrong in ["", "0", "1.", ".1", "1..2", "01", "1.MIME", "4294967296", "+1"] {
            assert!(Part::new(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn ranges() {
        let read = |octets: &[u8]| {
            let mut cursor = Cursor::new(octets.into(), Options::default());
            cursor
                .partial()
                .and_then(|partial| cursor.end().map(|()| partial))
        };
        let partial = Partial {
            start: 0,
            length: NonZeroU64::new(2048).unwrap(),
        };
        assert_eq!(read(b"<0.2048>"), Ok(Some(partial)));
        assert_eq!(read(b""), Ok(None));
        for wrong in [&b"<0>"[..], b"<.1>", b"<0.0>", b"<0.1", b"<-1.1>", b"<0.1.2>"] {
            assert!(read(wrong).is_err());
        }
        let mut out = BytesMut::new();
        partial.write(&mut Writer::client(&mut out, crate::Literals::Any));
        assert_eq!(out, &b"<0.2048>"[..]);
        let mut cursor = Cursor::new(b"<5>".into(), Options::default());
        assert_eq!(cursor.origin(), Ok(Some(5)));
        assert_eq!(cursor.origin(), Ok(None));
    }
}
