//! A cursor over one whole command, its literals inline (RFC 3501 section 9).

use std::borrow::Cow;
use std::ops::Range;

/// Reads the arguments of a command from left to right. Offsets count from the command's first octet.
#[derive(Debug, Clone)]
pub(crate) struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
}

/// The command is not what the grammar allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected} at offset {offset}")]
pub(crate) struct Unexpected {
    /// Where, in octets from the command's start.
    pub(crate) offset: usize,
    /// What the grammar allows there.
    pub(crate) expected: &'static str,
}

/// `ATOM-CHAR` of RFC 3501: any CHAR but `(){ %*"\]` and controls. Octets above 127 are let through, as mailbox
/// names in raw UTF-8 are met in the wild.
pub(crate) fn is_atom(octet: u8) -> bool {
    octet > b' ' && octet != 0x7f && !b"(){%*\"\\]".contains(&octet)
}

fn is_astring(octet: u8) -> bool {
    is_atom(octet) || octet == b']'
}

fn is_pattern(octet: u8) -> bool {
    is_astring(octet) || octet == b'%' || octet == b'*'
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0 }
    }

    /// What was not read yet.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    pub(crate) fn unexpected<T>(&self, expected: &'static str) -> Result<T, Unexpected> {
        let offset = self.at;
        Err(Unexpected { offset, expected })
    }

    /// The word of so many octets that was read last is not what it should be.
    pub(crate) fn unexpected_word<T>(&self, length: usize, expected: &'static str) -> Result<T, Unexpected> {
        let offset = self.at.saturating_sub(length);
        Err(Unexpected { offset, expected })
    }

    /// Steps over `octet` if it is next.
    pub(crate) fn accept(&mut self, octet: u8) -> bool {
        let found = self.peek() == Some(octet);
        self.at += usize::from(found);
        found
    }

    /// Steps over `octet`, which has to be next.
    pub(crate) fn expect(&mut self, octet: u8, name: &'static str) -> Result<(), Unexpected> {
        if self.accept(octet) {
            return Ok(());
        }
        self.unexpected(name)
    }

    /// Steps over spaces: one at least, more are forgiven.
    pub(crate) fn space(&mut self) -> Result<(), Unexpected> {
        self.expect(b' ', "a space")?;
        while self.accept(b' ') {}
        Ok(())
    }

    /// Nothing but trailing spaces may follow.
    pub(crate) fn end(&mut self) -> Result<(), Unexpected> {
        while self.accept(b' ') {}
        if self.rest().is_empty() {
            return Ok(());
        }
        self.unexpected("the end of the command")
    }

    fn take(&mut self, count: usize) -> &'a [u8] {
        let rest = self.rest();
        let taken = rest.get(..count).unwrap_or(rest);
        self.at += taken.len();
        taken
    }

    /// The octets up to the first that is not `wanted`; one at least.
    pub(crate) fn run(
        &mut self,
        wanted: impl Fn(u8) -> bool,
        expected: &'static str,
    ) -> Result<&'a [u8], Unexpected> {
        let rest = self.rest();
        let count = rest
            .iter()
            .position(|&octet| !wanted(octet))
            .unwrap_or(rest.len());
        if count == 0 {
            return self.unexpected(expected);
        }
        Ok(self.take(count))
    }

    /// An atom as text in capitals, for keywords.
    pub(crate) fn keyword(&mut self, expected: &'static str) -> Result<String, Unexpected> {
        let octets = self.run(|octet| is_atom(octet) && octet != b'[', expected)?;
        Ok(String::from_utf8_lossy(octets).to_ascii_uppercase())
    }

    /// Steps over `word`, in any case, if it is next and no atom goes on behind it.
    pub(crate) fn accept_word(&mut self, word: &str) -> bool {
        let rest = self.rest();
        let (Some(head), tail) = (rest.get(..word.len()), rest.get(word.len()).copied()) else {
            return false;
        };
        let found = head.eq_ignore_ascii_case(word.as_bytes()) && !tail.is_some_and(is_atom);
        self.at += if found { word.len() } else { 0 };
        found
    }

    /// `number`: digits that fit in 32 bits.
    pub(crate) fn number(&mut self) -> Result<u32, Unexpected> {
        let start = self.clone();
        let digits = self.run(|octet| octet.is_ascii_digit(), "a number")?;
        let number = std::str::from_utf8(digits)
            .ok()
            .and_then(|text| text.parse().ok());
        number.map_or_else(|| start.unexpected("a number below 4294967296"), Ok)
    }

    /// `astring = 1*ASTRING-CHAR / string`
    pub(crate) fn astring(&mut self) -> Result<Cow<'a, [u8]>, Unexpected> {
        self.atom_or_string(is_astring, "an atom or a string")
    }

    /// `list-mailbox = 1*list-char / string`: as an astring, with wildcards.
    pub(crate) fn pattern(&mut self) -> Result<Cow<'a, [u8]>, Unexpected> {
        self.atom_or_string(is_pattern, "a mailbox pattern")
    }

    fn atom_or_string(
        &mut self,
        wanted: fn(u8) -> bool,
        expected: &'static str,
    ) -> Result<Cow<'a, [u8]>, Unexpected> {
        match self.peek() {
            Some(b'"') => self.quoted(),
            Some(b'{') => self.literal().map(|range| self.slice(range).into()),
            _ => self.run(wanted, expected).map(Cow::from),
        }
    }

    /// `nstring = string / nil`
    pub(crate) fn nstring(&mut self) -> Result<Option<Cow<'a, [u8]>>, Unexpected> {
        if self.accept_word("NIL") {
            return Ok(None);
        }
        match self.peek() {
            Some(b'"' | b'{') => self.astring().map(Some),
            _ => self.unexpected("a string or NIL"),
        }
    }

    /// `quoted = DQUOTE *QUOTED-CHAR DQUOTE`
    fn quoted(&mut self) -> Result<Cow<'a, [u8]>, Unexpected> {
        self.expect(b'"', "a quoted string")?;
        let mut value = Cow::from(self.quoted_run());
        while self.accept(b'\\') {
            let escaped = self.take(1);
            value.to_mut().extend_from_slice(escaped);
            let run = self.quoted_run();
            value.to_mut().extend_from_slice(run);
        }
        self.expect(b'"', "the closing quote")?;
        Ok(value)
    }

    fn quoted_run(&mut self) -> &'a [u8] {
        let rest = self.rest();
        self.take(memchr::memchr2(b'"', b'\\', rest).unwrap_or(rest.len()))
    }

    /// `literal = "{" number ["+" / "-"] "}" CRLF *CHAR8`: where its octets are in the command.
    pub(crate) fn literal(&mut self) -> Result<Range<usize>, Unexpected> {
        self.expect(b'{', "a literal")?;
        let octets = self.number()? as usize;
        if !self.accept(b'+') {
            self.accept(b'-');
        }
        self.expect(b'}', "the end of a literal's length")?;
        self.expect(b'\r', "CRLF")?;
        self.expect(b'\n', "CRLF")?;
        let start = self.at;
        if self.take(octets).len() < octets {
            return self.unexpected("more octets of the literal");
        }
        Ok(start..self.at)
    }

    /// The octets of a range that [`Cursor::literal`] gave.
    pub(crate) fn slice(&self, range: Range<usize>) -> &'a [u8] {
        self.text.get(range).unwrap_or_default()
    }

    /// `"(" [item *(SP item)] ")"`
    pub(crate) fn list<T>(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Result<T, Unexpected>,
    ) -> Result<Vec<T>, Unexpected> {
        self.expect(b'(', "a parenthesised list")?;
        let mut items = Vec::new();
        while !self.accept(b')') {
            if !items.is_empty() {
                self.space()?;
            }
            items.push(item(self)?);
        }
        Ok(items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_of_every_kind() {
        let mut cursor = Cursor::new(b"atom \"a \\\"q\\\\\" {3}\r\nx\r\n {0+}\r\n NIL \"NIL\"");
        let mut next = || {
            let value = cursor.astring().unwrap().into_owned();
            let _ = cursor.space();
            value
        };
        assert_eq!(next(), b"atom");
        assert_eq!(next(), b"a \"q\\");
        assert_eq!(next(), b"x\r\n");
        assert_eq!(next(), b"");
        assert_eq!(cursor.nstring().unwrap(), None);
        cursor.space().unwrap();
        assert_eq!(cursor.nstring().unwrap().as_deref(), Some(&b"NIL"[..]));
        cursor.end().unwrap();
    }

    #[test]
    fn a_literal_longer_than_the_command_is_refused() {
        let expected = "more octets of the literal";
        assert_eq!(
            Cursor::new(b"{4}\r\nabc").literal(),
            Err(Unexpected { offset: 8, expected })
        );
        assert!(Cursor::new(b"{4294967296}\r\nabc").literal().is_err());
        assert!(Cursor::new(b"{4294967295}\r\nabc").literal().is_err());
        assert!(Cursor::new(b"{1}a").literal().is_err());
    }

    #[test]
    fn unclosed_quotes_are_refused() {
        assert!(Cursor::new(b"\"abc").astring().is_err());
        assert!(Cursor::new(b"\"abc\\").astring().is_err());
        assert!(Cursor::new(b"\"abc\\\"").astring().is_err());
    }

    #[test]
    fn words_end_where_atoms_do() {
        let mut cursor = Cursor::new(b"returned (A b)");
        assert!(!cursor.accept_word("RETURN"));
        assert!(cursor.accept_word("RETURNED"));
        cursor.space().unwrap();
        assert_eq!(cursor.list(|item| item.keyword("a word")).unwrap(), ["A", "B"]);
        assert!(Cursor::new(b"(A").list(|item| item.keyword("a word")).is_err());
        assert!(Cursor::new(b"(A(").list(|item| item.keyword("a word")).is_err());
    }

    #[test]
    fn numbers_fit_in_32_bits() {
        assert_eq!(Cursor::new(b"4294967295").number(), Ok(u32::MAX));
        assert_eq!(Cursor::new(b"4294967296").number().unwrap_err().offset, 0);
        assert!(Cursor::new(b"-1").number().is_err());
    }
}
