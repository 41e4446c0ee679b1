//! Strings.

use bytes::Bytes;
use gatepost_wire::Secret;
use memchr::memchr;

use super::{Cursor, Failed, Mark, Parsing};
use crate::Limit;
use crate::parse::octets::{self, ASTRING, QUOTED, UNQUOTED};
use crate::parse::{Allowance, ErrorKind};
use crate::types::Text;

/// A string as it stands on the wire, without its quotes.
#[derive(Debug, Clone, Copy)]
enum Spelled<'a> {
    Plain(&'a [u8]),
    Escaped(&'a [u8]),
}

/// A literal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Literal<'a> {
    /// Its octets.
    Here(&'a [u8]),
    /// How many octets it had that were streamed.
    Streamed(u64),
}

/// Strings.
impl<'a> Cursor<'a> {
    /// Whether a string comes next: a quoted one or a literal.
    #[inline]
    pub(crate) fn is_at_string(&self) -> bool {
        matches!(self.rest, [b'"' | b'{', ..] | [b'~', b'{', ..])
    }

    /// `string = quoted / literal`
    #[inline]
    pub(crate) fn string(&mut self, expected: &'static str) -> Parsing<Text> {
        let spelled = self.spelled_string(expected)?;
        Ok(self.text(spelled))
    }

    #[inline]
    fn spelled_string(&mut self, expected: &'static str) -> Parsing<Spelled<'a>> {
        match self.peek() {
            Some(b'"') => self.quoted(),
            Some(b'{' | b'~') => self.literal_text(expected),
            _ => self.expected(expected),
        }
    }

    #[inline]
    fn text(&self, spelled: Spelled<'a>) -> Text {
        Text::from_valid(match spelled {
            Spelled::Plain(octets) => self.bytes(octets),
            Spelled::Escaped(octets) => Bytes::from(unescaped(octets)),
        })
    }

    /// `nstring = string / nil`
    #[inline]
    pub(crate) fn nstring(&mut self, expected: &'static str) -> Parsing<Option<Text>> {
        if self.nil() {
            return Ok(None);
        }
        self.string(expected).map(Some)
    }

    /// `nil = "NIL"`, and nothing that is longer.
    #[inline]
    pub(crate) fn nil(&mut self) -> bool {
        match self.rest {
            [b'N' | b'n', b'I' | b'i', b'L' | b'l', rest @ ..] => {
                let whole = !rest.first().is_some_and(|&octet| octets::is(octet, ASTRING));
                if whole {
                    self.rest = rest;
                }
                whole
            }
            _ => false,
        }
    }

    /// `astring = 1*ASTRING-CHAR / string`
    #[inline]
    pub(crate) fn astring(&mut self, expected: &'static str) -> Parsing<Text> {
        let spelled = self.spelled_astring(expected)?;
        Ok(self.text(spelled))
    }

    /// `astring`, as a copy that shares no memory with the message.
    pub(crate) fn copied_astring(&mut self, expected: &'static str) -> Parsing<Text> {
        let octets = match self.spelled_astring(expected)? {
            Spelled::Plain(octets) => Bytes::copy_from_slice(octets),
            Spelled::Escaped(octets) => Bytes::from(unescaped(octets)),
        };
        Ok(Text::from_valid(octets))
    }

    /// `astring`, as a copy that is overwritten when dropped; no other copy is made.
    pub(crate) fn secret_astring(&mut self, expected: &'static str) -> Parsing<Secret> {
        Ok(match self.spelled_astring(expected)? {
            Spelled::Plain(octets) => Secret::from(octets),
            Spelled::Escaped(octets) => Secret::new(unescaped(octets)),
        })
    }

    #[inline]
    fn spelled_astring(&mut self, expected: &'static str) -> Parsing<Spelled<'a>> {
        if self.is_at_string() {
            return self.spelled_string(expected);
        }
        let mark = self.mark();
        let mut word = self.span(ASTRING);
        let more = self.peek().is_some_and(|octet| octets::is(octet, UNQUOTED));
        if more && self.forgives(Allowance::Unquoted) {
            self.span(UNQUOTED);
            word = self.since(mark);
        }
        if word.is_empty() {
            return self.expected(expected);
        }
        Ok(Spelled::Plain(word))
    }

    /// ```abnf
    /// quoted = DQUOTE *(<any TEXT-CHAR except quoted-specials> / "\" ("\" / DQUOTE) / UTF8-2 / UTF8-3 / UTF8-4) DQUOTE
    /// ```
    #[inline]
    fn quoted(&mut self) -> Parsing<Spelled<'a>> {
        match self.plain_quoted() {
            Some(text) => Ok(Spelled::Plain(text)),
            None => self.odd_quoted(),
        }
    }

    /// What is between quotes, if they come next and there are no escapes and only ASCII between them.
    #[inline]
    pub(crate) fn plain_quoted(&mut self) -> Option<&'a [u8]> {
        let quoted = self.rest.strip_prefix(b"\"")?;
        let (text, behind) = quoted.split_at_checked(octets::quoted_span(quoted))?;
        self.rest = behind.strip_prefix(b"\"")?;
        Some(text)
    }

    /// A quoted string with escapes or with octets beyond ASCII.
    #[cold]
    fn odd_quoted(&mut self) -> Parsing<Spelled<'a>> {
        let start = self.mark();
        self.advance(1);
        let (mut escapes, mut beyond) = (false, None);
        loop {
            self.span(QUOTED);
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    escapes = true;
                    self.advance(1);
                    match self.peek() {
                        Some(b'"' | b'\\') => self.advance(1),
                        Some(_) if self.forgives(Allowance::Escape) => {}
                        _ => return self.expected("a quote or a backslash"),
                    }
                }
                Some(0x80..) => {
                    beyond.get_or_insert_with(|| self.mark());
                    self.advance(1);
                }
                Some(_) if self.forgives(Allowance::Controls) => self.advance(1),
                _ => return self.expected("a closing quote"),
            }
        }
        let text = self.since(start).get(1..).unwrap_or_default();
        self.advance(1);
        if let Some(beyond) = beyond {
            self.utf8(text, beyond)?;
        }
        Ok(match escapes {
            true => Spelled::Escaped(text),
            false => Spelled::Plain(text),
        })
    }

    /// Checks that `text`, which holds an octet beyond ASCII at `beyond`, is UTF-8 (RFC 6855, RFC 9051).
    fn utf8(&mut self, text: &[u8], beyond: Mark<'a>) -> Parsing<()> {
        if std::str::from_utf8(text).is_ok() || self.forgives(Allowance::EightBit) {
            return Ok(());
        }
        self.expected_at(beyond, "UTF-8")
    }

    /// A literal without NUL.
    fn literal_text(&mut self, expected: &'static str) -> Parsing<Spelled<'a>> {
        let octets = self.literal(expected)?;
        if let Some(nul) = memchr(0, octets)
            && !self.forgives(Allowance::Controls)
        {
            let at = self.offset() - octets.len() + nul;
            self.failure = (ErrorKind::Syntax, at, "a literal without NUL");
            return Err(Failed);
        }
        Ok(Spelled::Plain(octets))
    }

    /// ```abnf
    /// literal  = "{" number64 ["+"] "}" CRLF *CHAR8
    /// literal8 = "~{" number64 ["+"] "}" CRLF *OCTET        ; RFC 9051 section 9
    /// ```
    pub(crate) fn literal(&mut self, expected: &'static str) -> Parsing<&'a [u8]> {
        match self.any_literal(expected)? {
            Literal::Here(octets) => Ok(octets),
            Literal::Streamed(_) => {
                self.fail(ErrorKind::Limit(Limit::Literal), "a literal that is not streamed")
            }
        }
    }

    /// The same, or one that was streamed.
    pub(crate) fn any_literal(&mut self, expected: &'static str) -> Parsing<Literal<'a>> {
        self.eat(b'~');
        self.octet(b'{', expected)?;
        let count = self.number64()?;
        self.eat(b'+');
        if !self.eat_word(b"}\r\n") {
            return self.expected("the end of a literal's size");
        }
        if self.has_gap_within(0) {
            return Ok(Literal::Streamed(count));
        }
        let split = usize::try_from(count)
            .ok()
            .and_then(|count| self.rest.split_at_checked(count));
        match split {
            Some((octets, rest)) => {
                self.rest = rest;
                Ok(Literal::Here(octets))
            }
            None => self.fail(ErrorKind::End, "as many octets as the literal announces"),
        }
    }

    /// Whether a streamed literal is missing here or up to `length` octets ahead.
    pub(crate) fn has_gap_within(&self, length: usize) -> bool {
        let (here, gaps) = (self.offset(), self.source.gaps());
        let next = gaps.partition_point(|gap| gap.offset < here);
        gaps.get(next)
            .is_some_and(|gap| gap.offset.checked_sub(here).is_some_and(|ahead| ahead <= length))
    }
}

/// `quoted` without its escapes. Reserved at once, so that no half of a password is left behind.
pub(crate) fn unescaped(quoted: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(quoted.len());
    let mut escaped = false;
    for &octet in quoted {
        escaped = octet == b'\\' && !escaped;
        if !escaped {
            text.push(octet);
        }
    }
    text
}
