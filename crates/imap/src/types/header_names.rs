//! Names of header fields.

use std::fmt;

use bytes::{BufMut, Bytes, BytesMut};

use super::{Invalid, Text};
use crate::parse::octets::ASTRING;
use crate::parse::{Cursor, Parsing};
use crate::write::{Write, Writer, is_quotable};

/// Names of header fields, at least one. Upper and lower case are the same.
///
/// ```abnf
/// header-list     = "(" header-fld-name *(SP header-fld-name) ")"        ; RFC 9051 section 9
/// header-fld-name = astring
/// ```
/// However many they are, they take no more memory than their spelling.
#[derive(Clone)]
pub struct HeaderNames(Bytes);

impl HeaderNames {
    /// Takes names such as `Subject`.
    ///
    /// # Errors
    /// If there is none, or one has octets that are not printable ASCII.
    pub fn new<N: AsRef<[u8]>>(names: impl IntoIterator<Item = N>) -> Result<Self, Invalid> {
        let mut octets = BytesMut::new();
        for (index, name) in names.into_iter().enumerate() {
            let name = name.as_ref();
            if !is_quotable(name) {
                return Err(Self::INVALID);
            }
            if index > 0 {
                octets.put_u8(b' ');
            }
            spell(name, &mut octets);
        }
        match octets.is_empty() {
            false => Ok(Self(octets.freeze())),
            true => Err(Self::INVALID),
        }
    }

    const INVALID: Invalid = Invalid {
        what: "list of header fields",
    };

    /// The names in order.
    pub fn iter(&self) -> impl Iterator<Item = Text> {
        let mut rest = self.0.clone();
        std::iter::from_fn(move || next_name(&mut rest))
    }

    /// Whether `name` is among them.
    pub fn contains(&self, name: &str) -> bool {
        self.iter()
            .any(|known| known.eq_ignore_ascii_case(name.as_bytes()))
    }
}

/// Appends `name` as an astring that has no spelling but this one.
fn spell(name: &[u8], out: &mut BytesMut) {
    if crate::parse::octets::all(name, ASTRING) {
        return out.put_slice(name);
    }
    out.put_u8(b'"');
    for &octet in name {
        if matches!(octet, b'"' | b'\\') {
            out.put_u8(b'\\');
        }
        out.put_u8(octet);
    }
    out.put_u8(b'"');
}

/// Takes the name at the start of the spelling, and the space behind it.
fn next_name(rest: &mut Bytes) -> Option<Text> {
    let quoted = *rest.first()? == b'"';
    let mut escaped = false;
    let is_end = |&octet: &u8| match octet {
        b' ' if !quoted => true,
        b'"' if !escaped => true,
        _ => {
            escaped = octet == b'\\' && !escaped;
            false
        }
    };
    let start = usize::from(quoted);
    let end = rest.iter().skip(start).position(is_end);
    let end = end.map_or(rest.len(), |end| end + start);
    let spelling = rest.split_to(end);
    // The closing quote and the space.
    let _ = rest.split_to(rest.len().min(if quoted { 2 } else { 1 }));
    let name = spelling.slice(start..);
    Some(Text::from_valid(match quoted {
        true => crate::parse::unescaped(&name).into(),
        false => name,
    }))
}

impl PartialEq for HeaderNames {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for HeaderNames {}

impl fmt::Debug for HeaderNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl Cursor<'_> {
    /// `SP header-list`
    pub(super) fn header_list(&mut self) -> Parsing<HeaderNames> {
        const EXPECTED: &str = "the name of a header field";
        self.space()?;
        self.octet(b'(', "a list of header fields")?;
        let mark = self.mark();
        while !self.span(ASTRING).is_empty() {
            if self.peek() == Some(b')') {
                let names = self.bytes(self.since(mark));
                self.advance(1);
                return Ok(HeaderNames(names));
            }
            if !self.eat(b' ') {
                break;
            }
        }
        self.reset(mark);
        self.odd_header_list(EXPECTED)
    }

    /// Names of which some are quoted or literals, up to and with the closing parenthesis.
    #[cold]
    fn odd_header_list(&mut self, expected: &'static str) -> Parsing<HeaderNames> {
        let mut names = BytesMut::new();
        loop {
            let mark = self.mark();
            let name = self.astring(expected)?;
            if !is_quotable(&name) {
                return self.expected_at(mark, expected);
            }
            spell(&name, &mut names);
            if self.eat(b')') {
                return Ok(HeaderNames(names.freeze()));
            }
            self.space()?;
            names.put_u8(b' ');
        }
    }
}

/// `SP header-list`
impl Write for HeaderNames {
    fn write(&self, out: &mut Writer<'_>) {
        out.put(b" (");
        out.put(&self.0);
        out.put(b")");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::Options;

    fn read(octets: &[u8]) -> Option<HeaderNames> {
        let mut cursor = Cursor::new(octets.into(), Options::default());
        cursor.header_list().ok().filter(|_| cursor.is_at_end())
    }

    #[test]
    fn names_have_one_spelling() {
        let names = read(b" (\"From\" {2}\r\nTo \"a \\\"b\" \"\")").unwrap();
        let mut out = BytesMut::new();
        names.write(&mut Writer::server(&mut out));
        assert_eq!(out, &b" (From To \"a \\\"b\" \"\")"[..]);
        let expected = ["From", "To", "a \"b", ""];
        assert_eq!(names.iter().collect::<Vec<_>>(), expected);
        assert_eq!(names, HeaderNames::new(expected).unwrap());
        assert_eq!(names, HeaderNames::new(["from", "TO", "A \"B", ""]).unwrap());
        assert!(names.contains("TO") && !names.contains("Cc"));
        let none: [&str; 0] = [];
        assert!(HeaderNames::new(none).is_err());
        for wrong in ["a\r\n", "\u{e9}", "a\0"] {
            assert!(HeaderNames::new([wrong]).is_err());
        }
        assert!(read(b" ({2}\r\na\n)").is_none());
    }
}
