//! What is not known, word by word.

use std::fmt;

use bytes::Bytes;
use memchr::memchr3;

use super::{Invalid, Text};
use crate::frame::literal;
use crate::parse::{Allowance, Cursor, ErrorKind, Parsing};
use crate::write::{Write, Writer};
use crate::{Escaped, Limit};

/// The arguments of a command, the data of a response or a part of them, as they stand on the wire: lines, and the
/// literals that they announce.
///
/// They cannot end a line, so they are written as they are without becoming something else.
///
/// ```
/// use gatepost_imap::types::{Raw, Token};
///
/// let raw = Raw::new(&b"IN (A \"b c\")"[..]).unwrap();
/// let tokens: Vec<_> = raw.tokens().collect();
/// assert!(matches!(&tokens[..], [
///     Token::Word(_), Token::Open, Token::Word(a), Token::String(b), Token::Close
/// ] if a == "A" && *b == "b c"));
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Raw(Bytes);

/// A part of what is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// `(`
    Open,
    /// `)`
    Close,
    /// Octets up to a space, a parenthesis, a quote or a literal.
    Word(Bytes),
    /// A quoted string without its quotes and escapes.
    String(Text),
    /// A literal.
    Literal(Bytes),
}

impl Raw {
    /// Takes `octets` as they are.
    ///
    /// # Errors
    /// If they hold a CR, LF or NUL that is not part of a literal, or end in the announcement of one.
    pub fn new(octets: impl Into<Bytes>) -> Result<Self, Invalid> {
        let octets = octets.into();
        match offence(&octets) {
            None => Ok(Self(octets)),
            Some(_) => Err(Invalid { what: "arguments" }),
        }
    }

    /// Takes octets that are known to be some.
    pub(crate) const fn from_valid(octets: Bytes) -> Self {
        Self(octets)
    }

    /// The parts in order. Spaces are left out; a quote that none closes is part of a word.
    pub fn tokens(&self) -> Tokens {
        Tokens(self.0.clone())
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The octets.
    pub const fn as_bytes(&self) -> &Bytes {
        &self.0
    }
}

/// The first octet that ends a line where none may end.
fn offence(octets: &[u8]) -> Option<usize> {
    let mut rest = octets;
    loop {
        let Some(at) = memchr3(b'\r', b'\n', 0, rest) else {
            return literal::announced(rest).map(|_| octets.len());
        };
        let (line, end) = rest.split_at_checked(at)?;
        let behind = end.strip_prefix(b"\r\n").zip(literal::announced(line));
        let next = behind.and_then(|(behind, announced)| {
            let count = usize::try_from(announced.ok()?.octets).ok()?;
            behind.get(count..)
        });
        match next {
            Some(next) => rest = next,
            None => return Some(octets.len() - rest.len() + at),
        }
    }
}

impl fmt::Debug for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Raw({})", Escaped(&self.0))
    }
}

impl Cursor<'_> {
    /// All that is left.
    pub(crate) fn raw(&mut self) -> Parsing<Raw> {
        let rest = self.rest();
        if self.has_gap_within(rest.len()) {
            return self.fail(ErrorKind::Limit(Limit::Literal), "a literal that is not streamed");
        }
        let Some(at) = offence(rest) else {
            self.advance(rest.len());
            return Ok(Raw(self.bytes(rest)));
        };
        if at < rest.len() && self.forgives(Allowance::Controls) {
            let raw = Raw::new(without_controls(rest));
            self.advance(rest.len());
            return match raw {
                Ok(raw) => Ok(raw),
                Err(_) => self.expected("a literal"),
            };
        }
        self.advance(at);
        self.expected("no end of a line")
    }
}

/// What a control becomes that would end a line: another control, so that nothing becomes readable by it.
pub(crate) const INSTEAD: u8 = 0x7f;

/// `octets` with [`INSTEAD`] in place of what would end a line.
fn without_controls(octets: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(octets.len());
    let mut rest = octets;
    let mut line = 0;
    while let Some(at) = memchr3(b'\r', b'\n', 0, rest) {
        let (before, end) = rest.split_at_checked(at).unwrap_or_default();
        text.extend_from_slice(before);
        let announced = text.get(line..).and_then(literal::announced);
        let literal = announced.and_then(|announced| {
            let count = usize::try_from(announced.ok()?.octets).ok()?;
            end.strip_prefix(b"\r\n")?.get(..count)
        });
        let Some(literal) = literal else {
            text.push(INSTEAD);
            rest = end.get(1..).unwrap_or_default();
            continue;
        };
        text.extend_from_slice(b"\r\n");
        text.extend_from_slice(literal);
        rest = end.get(literal.len() + 2..).unwrap_or_default();
        line = text.len();
    }
    text.extend_from_slice(rest);
    text
}

impl Write for Raw {
    fn write(&self, out: &mut Writer<'_>) {
        let mut rest: &[u8] = &self.0;
        while let Some((line, announced, behind)) = first_literal(rest) {
            out.announce_again(line, announced);
            let (octets, next) = behind.split_at_checked(announced).unwrap_or((behind, b""));
            out.put(octets);
            rest = next;
        }
        out.put(rest);
    }
}

/// The line that announces the first literal, how many octets it has, and what is behind the line's end.
fn first_literal(octets: &[u8]) -> Option<(&[u8], usize, &[u8])> {
    let (line, end) = octets.split_at_checked(memchr::memchr(b'\r', octets)?)?;
    let announced = literal::announced(line)?.ok()?;
    let behind = end.strip_prefix(b"\r\n")?;
    Some((line, usize::try_from(announced.octets).ok()?, behind))
}

/// The parts of a [`Raw`].
#[derive(Debug, Clone)]
pub struct Tokens(Bytes);

impl Tokens {
    /// What was not read yet.
    pub const fn rest(&self) -> &Bytes {
        &self.0
    }

    /// The quoted string that comes next; `None` if none closes it.
    fn quoted(&mut self) -> Option<Token> {
        let mut escaped = false;
        let mut escapes = false;
        let end = self.0.iter().skip(1).position(|&octet| match octet {
            b'"' | b'\r' | b'\n' if !escaped => true,
            _ => {
                escaped = octet == b'\\' && !escaped;
                escapes |= escaped;
                false
            }
        })?;
        if self.0.get(end + 1) != Some(&b'"') {
            return None;
        }
        let quoted = self.0.split_to(end + 2).slice(1..=end);
        let text = if escapes {
            Bytes::from(crate::parse::unescaped(&quoted))
        } else {
            quoted
        };
        Some(Token::String(Text::from_valid(text)))
    }

    /// The literal that comes next.
    fn literal(&mut self) -> Option<Token> {
        let (start, count) = literal_at(&self.0)?;
        let mut literal = self.0.split_to(start + count);
        Some(Token::Literal(literal.split_off(start)))
    }

    /// At least one octet.
    fn word(&mut self) -> Token {
        let mut length = 1;
        while let Some(octet) = self.0.get(length) {
            let ends = match octet {
                b' ' | b'(' | b')' | b'"' => true,
                b'{' | b'~' => self.0.get(length..).and_then(literal_at).is_some(),
                _ => false,
            };
            if ends {
                break;
            }
            length += 1;
        }
        Token::Word(self.0.split_to(length))
    }
}

/// The offset and the size of the literal at the start of `octets`.
pub(super) fn literal_at(octets: &[u8]) -> Option<(usize, usize)> {
    let announcement = octets.strip_prefix(b"~").unwrap_or(octets).strip_prefix(b"{")?;
    let digits = announcement
        .iter()
        .take_while(|octet| octet.is_ascii_digit())
        .count();
    let (digits, rest) = announcement.split_at_checked(digits)?;
    let rest = rest.strip_prefix(b"+").unwrap_or(rest).strip_prefix(b"}\r\n")?;
    let count: usize = std::str::from_utf8(digits).ok()?.parse().ok()?;
    (count <= rest.len()).then_some((octets.len() - rest.len(), count))
}

impl Iterator for Tokens {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let spaces = self.0.iter().take_while(|&&octet| octet == b' ').count();
        let _ = self.0.split_to(spaces);
        match self.0.first()? {
            b'(' => {
                let _ = self.0.split_to(1);
                Some(Token::Open)
            }
            b')' => {
                let _ = self.0.split_to(1);
                Some(Token::Close)
            }
            b'"' => self.quoted().or_else(|| Some(self.word())),
            b'{' | b'~' => self.literal().or_else(|| Some(self.word())),
            _ => Some(self.word()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(raw: &'static [u8]) -> Vec<String> {
        let shown = |token| match token {
            Token::Open => "(".to_owned(),
            Token::Close => ")".to_owned(),
            Token::Word(word) => word.escape_ascii().to_string(),
            Token::String(text) => format!("{text:?}"),
            Token::Literal(octets) => format!("{{{}}}", octets.escape_ascii()),
        };
        Raw::new(raw).unwrap().tokens().map(shown).collect()
    }

    #[test]
    fn tokens_are_words_strings_and_parentheses() {
        assert_eq!(
            words(b"BODY[HEADER.FIELDS (A)]<0> \"a \\\" b\"  {3}\r\na(b~{1+}\r\n\0x"),
            [
                "BODY[HEADER.FIELDS",
                "(",
                "A",
                ")",
                "]<0>",
                "\"a \\\" b\"",
                "{a(b}",
                "{\\x00}",
                "x"
            ]
        );
        assert_eq!(words(b"a\"b c"), ["a", "\\\"b", "c"]);
        assert_eq!(
            words(b"{5} x{9999999999999999999}y"),
            ["{5}", "x{9999999999999999999}y"]
        );
        assert_eq!(words(b"  "), [""; 0]);
    }

    #[test]
    fn what_would_end_a_line_becomes_another_control_if_that_is_allowed() {
        use crate::parse::{Leniency, Options};

        let options = Options {
            leniency: Leniency::STRICT.with(Allowance::Controls),
            ..Options::default()
        };
        let read = |octets: &[u8]| {
            let mut cursor = Cursor::new(octets.into(), options);
            cursor.raw().ok().map(|raw| raw.as_bytes().to_vec())
        };
        for (octets, raw) in [
            (&b"a\r\nb NOOP\0"[..], &b"a\x7f\x7fb NOOP\x7f"[..]),
            (b"x {3}\r\n\0\r\n y\r", b"x {3}\r\n\0\r\n y\x7f"),
            (b"{9}\r\nab", b"{9}\x7f\x7fab"),
            (b"{1\n}\r\nab", b"{1\x7f}\x7f\x7fab"),
        ] {
            assert_eq!(read(octets).as_deref(), Some(raw), "{}", octets.escape_ascii());
        }
        assert_eq!(read(b"x {5}"), None);
        assert_eq!(read(b"\0x {5}"), None);
    }

    #[test]
    fn what_would_end_a_line_is_refused() {
        for wrong in [
            &b"a\r\nb"[..],
            b"a\n",
            b"a\0",
            b"a\r",
            b"x {5}",
            b"x {5+}",
            b"{3}\r\nab",
            b"{1}\r\na\r\n",
        ] {
            assert!(Raw::new(wrong).is_err(), "{}", wrong.escape_ascii());
        }
        for fine in [&b""[..], b"{2}\r\n\r\n", b"{0}\r\n", b"\"{5}\" {x}"] {
            assert!(Raw::new(fine).is_ok(), "{}", fine.escape_ascii());
        }
    }
}
