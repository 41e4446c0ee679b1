//! GETMETADATA and SETMETADATA.

use bytes::Bytes;

use super::Body;
use crate::parse::octets::Upper;
use crate::parse::{Cursor, Parsing};
use crate::types::{Invalid, Mailbox, NonEmpty, Text};
use crate::write::{Write, Writer};

/// What is asked about a mailbox or, if its name is empty, about the server.
///
/// ```abnf
/// getmetadata         = "GETMETADATA" [SP getmetadata-options] SP mailbox SP entries        ; RFC 5464 section 5
/// getmetadata-options = "(" getmetadata-option *(SP getmetadata-option) ")"
/// entries             = entry / "(" entry *(SP entry) ")"
/// ```
/// The RFC's own examples have the options behind the mailbox; there they are read too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetMetadata {
    /// The mailbox.
    pub mailbox: Mailbox,
    /// How much is told.
    pub options: Vec<MetadataOption>,
    /// The entries.
    pub entries: NonEmpty<Entry>,
}

/// How much GETMETADATA tells.
///
/// ```abnf
/// getmetadata-option = "MAXSIZE" SP number / "DEPTH" SP ("0" / "1" / "infinity")        ; RFC 5464 section 5
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MetadataOption {
    /// `MAXSIZE`: no value that has more octets.
    MaxSize(u32),
    /// `DEPTH`: entries below those asked for.
    Depth(Depth),
}

/// How far below an entry others are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Depth {
    /// `0`: not at all.
    Zero,
    /// `1`: those directly below.
    One,
    /// `infinity`: all.
    Infinity,
}

/// The name of an entry, such as `/private/comment`.
///
/// ```abnf
/// entry = astring        ; slash-separated path to entry, MUST NOT contain "*" or "%"; RFC 5464 section 5
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Entry(Text);

impl Entry {
    /// Takes `octets` as a name.
    ///
    /// # Errors
    /// If it does not begin with `/`, ends with one or has two in a row, or has `*`, `%`, a control or 8 bits
    /// (RFC 5464 section 3.2).
    pub fn new(octets: impl Into<Bytes>) -> Result<Self, Invalid> {
        let octets = octets.into();
        let parts = octets.strip_prefix(b"/").is_some_and(|path| {
            path.split(|&octet| octet == b'/')
                .all(|component| !component.is_empty())
        });
        let printable = |octet: &u8| matches!(octet, b' '..=b'~') && !matches!(octet, b'*' | b'%');
        match parts && octets.iter().all(printable) {
            true => Ok(Self(Text::from_valid(octets))),
            false => Err(Invalid {
                what: "name of an entry",
            }),
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        // Made of ASCII only.
        self.0.to_str().unwrap_or_default()
    }
}

/// An entry that is set.
///
/// ```abnf
/// entry-value = entry SP value                ; RFC 5464 section 5
/// value       = nstring / literal8
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetadataValue {
    /// The entry.
    pub entry: Entry,
    /// Its new value; `None` removes it.
    pub value: Option<Bytes>,
}

impl Cursor<'_> {
    pub(super) fn get_metadata_command(&mut self) -> Parsing<GetMetadata> {
        let mut options = self.metadata_options()?;
        if !options.is_empty() {
            self.space()?;
        }
        let mailbox = self.mailbox()?;
        self.space()?;
        if options.is_empty() && !matches!(self.rest(), [b'(', b'/' | b'"' | b'{', ..]) {
            options = self.metadata_options()?;
            if !options.is_empty() {
                self.space()?;
            }
        }
        let entries = match self.eat(b'(') {
            true => self.rest_of_list(Self::entry_name)?,
            false => NonEmpty::of(self.entry_name()?),
        };
        Ok(GetMetadata {
            mailbox,
            options,
            entries,
        })
    }

    /// `[getmetadata-options]`
    fn metadata_options(&mut self) -> Parsing<Vec<MetadataOption>> {
        match self.eat(b'(') {
            true => self.rest_of_list(Self::metadata_option).map(NonEmpty::into_vec),
            false => Ok(Vec::new()),
        }
    }

    fn metadata_option(&mut self) -> Parsing<MetadataOption> {
        const EXPECTED: &str = "MAXSIZE or DEPTH";
        let mark = self.mark();
        match Upper::of(self.word(EXPECTED)?).as_slice() {
            b"MAXSIZE" => {
                self.space()?;
                self.number().map(MetadataOption::MaxSize)
            }
            b"DEPTH" => {
                self.space()?;
                self.metadata_depth().map(MetadataOption::Depth)
            }
            _ => self.expected_at(mark, EXPECTED),
        }
    }

    fn metadata_depth(&mut self) -> Parsing<Depth> {
        const EXPECTED: &str = "0, 1 or infinity";
        let mark = self.mark();
        match Upper::of(self.word(EXPECTED)?).as_slice() {
            b"0" => Ok(Depth::Zero),
            b"1" => Ok(Depth::One),
            b"INFINITY" => Ok(Depth::Infinity),
            _ => self.expected_at(mark, EXPECTED),
        }
    }

    /// `entry`
    pub(super) fn entry_name(&mut self) -> Parsing<Entry> {
        const EXPECTED: &str = "the name of an entry";
        let mark = self.mark();
        let name = self.astring(EXPECTED)?;
        match Entry::new(name.into_bytes()) {
            Ok(entry) => Ok(entry),
            Err(_) => self.expected_at(mark, EXPECTED),
        }
    }

    /// ```abnf
    /// setmetadata  = "SETMETADATA" SP mailbox SP entry-values        ; RFC 5464 section 5
    /// entry-values = "(" entry-value *(SP entry-value) ")"
    /// ```
    pub(super) fn set_metadata_command(&mut self) -> Parsing<Body> {
        let mailbox = self.mailbox()?;
        self.space()?;
        let values = self.list("a list of entries and values", Self::entry_value)?;
        Ok(Body::SetMetadata { mailbox, values })
    }

    fn entry_value(&mut self) -> Parsing<MetadataValue> {
        let entry = self.entry_name()?;
        self.space()?;
        let value = match self.peek() {
            Some(b'~') => {
                let octets = self.literal("a literal8")?;
                Some(self.bytes(octets))
            }
            _ => self.nstring("a string or NIL")?.map(Text::into_bytes),
        };
        Ok(MetadataValue { entry, value })
    }
}

impl Write for GetMetadata {
    fn write(&self, out: &mut Writer<'_>) {
        if !self.options.is_empty() {
            out.list(&self.options);
            out.put(b" ");
        }
        self.mailbox.write(out);
        out.put(b" ");
        self.entries.write(out);
    }
}

impl Write for MetadataOption {
    fn write(&self, out: &mut Writer<'_>) {
        match self {
            Self::MaxSize(size) => {
                out.put(b"MAXSIZE ");
                out.number(*size);
            }
            Self::Depth(depth) => out.put(match depth {
                Depth::Zero => b"DEPTH 0",
                Depth::One => b"DEPTH 1",
                Depth::Infinity => b"DEPTH infinity",
            }),
        }
    }
}

impl Write for Entry {
    fn write(&self, out: &mut Writer<'_>) {
        out.astring(&self.0);
    }
}

impl Write for MetadataValue {
    fn write(&self, out: &mut Writer<'_>) {
        self.entry.write(out);
        out.put(b" ");
        match &self.value {
            None => out.put(b"NIL"),
            Some(value) if value.contains(&0) => out.literal8(value),
            Some(value) => out.string(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::tests::{becomes, body, refused, same};

    /// RFC 5464 sections 4.2 and 4.3.
    #[test]
    fn metadata_of_rfc_5464() {
        becomes(
            "GETMETADATA \"\" /shared/comment",
            "GETMETADATA \"\" (/shared/comment)",
        );
        becomes(
            "GETMETADATA INBOX (MAXSIZE 1024) (/shared/comment /private/comment)",
            "GETMETADATA (MAXSIZE 1024) INBOX (/shared/comment /private/comment)",
        );
        becomes(
            "GETMETADATA INBOX (DEPTH 1) (/private/filters/values)",
            "GETMETADATA (DEPTH 1) INBOX (/private/filters/values)",
        );
        same(&[
            "GETMETADATA (DEPTH infinity MAXSIZE 0 DEPTH 0) a (\"/private/a b\")",
            "SETMETADATA INBOX (/private/comment {33+}\r\nMy new comment across\r\ntwo lines.)",
            "SETMETADATA INBOX (/private/comment NIL)",
            "SETMETADATA INBOX (/private/comment \"My new comment\" /shared/comment \"\")",
            "SETMETADATA \"\" (/shared/x ~{1+}\r\n\0)",
        ]);
        becomes(
            "SETMETADATA INBOX (/private/c ~{1}\r\nx)",
            "SETMETADATA INBOX (/private/c \"x\")",
        );
        let Body::GetMetadata(get) = body("GETMETADATA a (\"/b\" {2}\r\n/c)") else {
            panic!()
        };
        assert_eq!(get.entries[1].as_str(), "/c");
    }

    #[test]
    fn what_is_no_entry() {
        refused(&[
            ("GETMETADATA a", 13, "a space"),
            ("GETMETADATA a b", 14, "the name of an entry"),
            ("GETMETADATA a ()", 15, "MAXSIZE or DEPTH"),
            ("GETMETADATA a (/b", 17, "a space or a closing parenthesis"),
            ("GETMETADATA (DEPTH 2) a /b", 19, "0, 1 or infinity"),
            ("SETMETADATA a ()", 15, "the name of an entry"),
            ("SETMETADATA a (/b)", 17, "a space"),
            ("SETMETADATA a (/b c)", 18, "a string or NIL"),
        ]);
        assert!(Entry::new("/shared/vendor/x-y/a b").is_ok());
        for wrong in ["", "/", "a", "/a/", "/a//b", "/a*", "/%", "/\u{e9}", "/a\r\n"] {
            assert!(Entry::new(wrong).is_err(), "{wrong}");
        }
    }
}
