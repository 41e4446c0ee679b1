//! The place up to which a text was read.

use super::{Allowance, ErrorKind, Forgiven, Options, ParseError};
use crate::Limit;
use crate::grammar::count;

/// What is left of a text of which a part was read, and what was forgiven in that.
pub(crate) struct Cursor<'a, 'o> {
    rest: &'a str,
    /// How many octets there are, from the start of what the offsets count from.
    length: usize,
    pub(crate) options: &'o Options,
    forgiven: &'o mut Forgiven,
}

impl<'a, 'o> Cursor<'a, 'o> {
    /// Reads `text`, which is the end of what has `length` octets.
    #[inline]
    pub(crate) const fn new(
        text: &'a str,
        length: usize,
        options: &'o Options,
        forgiven: &'o mut Forgiven,
    ) -> Self {
        Self {
            rest: text,
            length,
            options,
            forgiven,
        }
    }

    /// How many octets were read.
    #[inline]
    pub(crate) const fn offset(&self) -> usize {
        self.length.saturating_sub(self.rest.len())
    }

    /// All that was not read.
    #[inline]
    pub(crate) const fn rest(&self) -> &'a str {
        self.rest
    }

    /// Goes to `rest`, which is another end of the text.
    #[inline]
    pub(crate) const fn move_to(&mut self, rest: &'a str) {
        self.rest = rest;
    }

    #[inline]
    pub(crate) fn peek(&self) -> Option<u8> {
        self.rest.as_bytes().first().copied()
    }

    #[inline]
    pub(crate) fn is_at(&self, octet: u8) -> bool {
        self.peek() == Some(octet)
    }

    #[inline]
    pub(crate) const fn is_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// Reads `octet`, which is of ASCII, if it comes next.
    #[inline]
    pub(crate) fn eat(&mut self, octet: u8) -> bool {
        let found = self.is_at(octet);
        if found {
            self.rest = self.rest.get(1..).unwrap_or_default();
        }
        found
    }

    #[inline]
    pub(crate) fn expect(&mut self, octet: u8, expected: &'static str) -> Result<(), ParseError> {
        if self.eat(octet) {
            Ok(())
        } else {
            Err(self.error(expected))
        }
    }

    /// `SP`, or more of them where that is forgiven. How many there are.
    #[inline]
    pub(crate) fn spaces(&mut self) -> Result<usize, ParseError> {
        self.expect(b' ', "a space")?;
        Ok(if self.is_at(b' ') { self.more_spaces() } else { 1 })
    }

    #[cold]
    fn more_spaces(&mut self) -> usize {
        let before = self.rest.len();
        if self.forgives(Allowance::Spaces) {
            self.rest = self.rest.trim_start_matches(' ');
        }
        1 + before - self.rest.len()
    }

    /// `word`, in upper or lower case.
    #[inline]
    pub(crate) fn word(&mut self, word: &'static str) -> Result<(), ParseError> {
        let found = self.rest.as_bytes().get(..word.len()).unwrap_or_default();
        if found != word.as_bytes() && !found.eq_ignore_ascii_case(word.as_bytes()) {
            return Err(self.error(word));
        }
        self.split(word.len());
        Ok(())
    }

    /// The end of the line.
    #[inline]
    pub(crate) fn end(&self) -> Result<(), ParseError> {
        if self.is_end() {
            Ok(())
        } else {
            Err(self.error("the end of the line"))
        }
    }

    /// Octets of a class, perhaps none. Those beyond ASCII are all in it or not at all.
    #[inline]
    pub(crate) fn take(&mut self, class: u16) -> &'a str {
        self.split(count(self.rest.as_bytes(), class))
    }

    /// One or more octets of a class.
    #[inline]
    pub(crate) fn run(&mut self, class: u16, expected: &'static str) -> Result<&'a str, ParseError> {
        let found = self.take(class);
        if found.is_empty() {
            Err(self.error(expected))
        } else {
            Ok(found)
        }
    }

    /// Words of a class with single dots between them. A word must not begin or end with `edge`. If there are none
    /// nothing is read.
    #[inline]
    pub(crate) fn dotted(&mut self, class: u16, edge: u8) -> Option<&'a str> {
        let mut rest = self.rest.as_bytes();
        loop {
            let (word, behind) = rest.split_at_checked(count(rest, class))?;
            match word {
                [] => return None,
                [first, ..] if *first == edge => return None,
                [.., last] if *last == edge => return None,
                _ => {}
            }
            match behind {
                [b'.', next @ ..] => rest = next,
                _ => return Some(self.split(self.rest.len() - behind.len())),
            }
        }
    }

    /// Reads so many octets, which end where a letter does.
    #[inline]
    fn split(&mut self, octets: usize) -> &'a str {
        let (found, rest) = self.rest.split_at_checked(octets).unwrap_or_default();
        self.rest = rest;
        found
    }

    /// What was read since [`Cursor::rest`] was `start`.
    #[inline]
    pub(crate) fn since(&self, start: &'a str) -> &'a str {
        start
            .get(..start.len().saturating_sub(self.rest.len()))
            .unwrap_or_default()
    }

    /// Reads all there is.
    pub(crate) const fn take_rest(&mut self) -> &'a str {
        let rest = self.rest;
        self.rest = "";
        rest
    }

    /// Whether the rule that what comes next breaks is forgiven. If so, it is noted.
    pub(crate) fn forgives(&mut self, allowance: Allowance) -> bool {
        self.forgives_at(allowance, self.offset())
    }

    #[cold]
    pub(crate) fn forgives_at(&mut self, allowance: Allowance, offset: usize) -> bool {
        let allowed = self.options.leniency.allows(allowance);
        if allowed {
            self.forgiven.note(allowance, offset);
        }
        allowed
    }

    #[cold]
    pub(crate) const fn error(&self, expected: &'static str) -> ParseError {
        ParseError::syntax(self.offset(), expected)
    }

    /// What begins at `offset` is over a limit.
    #[cold]
    pub(crate) const fn over(limit: Limit, offset: usize, expected: &'static str) -> ParseError {
        let kind = ErrorKind::Limit(limit);
        ParseError {
            kind,
            offset,
            expected,
        }
    }

    /// What begins at `offset` is there already.
    #[cold]
    pub(crate) const fn repeated(offset: usize, expected: &'static str) -> ParseError {
        let kind = ErrorKind::Repeated;
        ParseError {
            kind,
            offset,
            expected,
        }
    }
}
