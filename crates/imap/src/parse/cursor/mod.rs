//! A place in a message, and the steps forward that the grammar is made of.

mod numbers;
mod strings;

use bytes::Bytes;

pub(crate) use self::strings::{Literal, unescaped};

use super::octets::{self, ATOM};
use super::{Allowance, ErrorKind, Forgiven, Options, ParseError, Parsed, Source};
use crate::Limit;
use crate::types::{Atom, Tag};

/// A step that could not be made. The cursor knows why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Failed;

/// The result of a step.
pub(crate) type Parsing<T> = Result<T, Failed>;

/// A place in a message. It holds what a nom parser has no room for: how to make slices, what is forgiven and what
/// was, what is left of the limits, and the error.
#[derive(Debug)]
pub(crate) struct Cursor<'a> {
    source: Source<'a>,
    rest: &'a [u8],
    length: usize,
    options: Options,
    elements: u32,
    forgiven: Forgiven,
    failure: (ErrorKind, usize, &'static str),
}

/// A place to come back to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark<'a> {
    rest: &'a [u8],
    elements: u32,
    forgiven: usize,
}

impl<'a> Mark<'a> {
    /// What comes from there on.
    pub(crate) const fn rest(self) -> &'a [u8] {
        self.rest
    }
}

/// Places, ends and limits.
impl<'a> Cursor<'a> {
    pub(crate) fn new(source: Source<'a>, options: Options) -> Self {
        let rest = source.as_slice();
        Self {
            source,
            rest,
            length: rest.len(),
            options,
            elements: options.elements,
            forgiven: Forgiven::NONE,
            failure: (ErrorKind::Syntax, 0, ""),
        }
    }

    /// What was not read yet.
    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// How the message is read.
    pub(crate) const fn options(&self) -> Options {
        self.options
    }

    /// The whole message.
    pub(crate) fn whole(&self) -> &'a [u8] {
        self.source.as_slice()
    }

    /// Octets from the start of the message.
    pub(crate) const fn offset(&self) -> usize {
        self.length - self.rest.len()
    }

    /// Remembers this place.
    pub(crate) fn mark(&self) -> Mark<'a> {
        Mark {
            rest: self.rest,
            elements: self.elements,
            forgiven: self.forgiven.len(),
        }
    }

    /// Goes back to `mark`, and forgets what was forgiven behind it.
    pub(crate) fn reset(&mut self, mark: Mark<'a>) {
        self.rest = mark.rest;
        self.elements = mark.elements;
        self.forgiven.truncate(mark.forgiven);
    }

    /// Goes back to `mark`, and remembers what was forgiven behind it.
    pub(crate) fn reset_place(&mut self, mark: Mark<'a>) {
        self.rest = mark.rest;
    }

    /// The octets from `mark` to here.
    pub(crate) fn since(&self, mark: Mark<'a>) -> &'a [u8] {
        let length = mark.rest.len() - self.rest.len();
        mark.rest.get(..length).unwrap_or_default()
    }

    /// Goes `count` octets forward, or to the end.
    #[inline]
    pub(crate) fn advance(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or_default();
    }

    /// Ends with what was read.
    pub(crate) fn parsed<T>(self, value: T) -> Parsed<T> {
        Parsed {
            value,
            forgiven: self.forgiven,
        }
    }

    /// Ends with the error of the step that failed.
    pub(crate) fn error(self, tag: Option<Tag>) -> ParseError {
        let (kind, offset, expected) = self.failure;
        ParseError {
            kind,
            offset,
            expected,
            tag,
        }
    }

    /// Fails here: the grammar wants something else.
    #[cold]
    pub(crate) fn expected<T>(&mut self, expected: &'static str) -> Parsing<T> {
        let kind = match self.rest {
            [] => ErrorKind::End,
            _ => ErrorKind::Syntax,
        };
        self.fail(kind, expected)
    }

    #[cold]
    pub(crate) fn fail<T>(&mut self, kind: ErrorKind, expected: &'static str) -> Parsing<T> {
        self.failure = (kind, self.offset(), expected);
        Err(Failed)
    }

    /// Fails at `mark` instead of here.
    #[cold]
    pub(crate) fn expected_at<T>(&mut self, mark: Mark<'a>, expected: &'static str) -> Parsing<T> {
        self.reset(mark);
        self.expected(expected)
    }

    /// Whether the step that failed last did so because of a limit, which nothing forgives.
    pub(crate) const fn is_over_a_limit(&self) -> bool {
        matches!(self.failure.0, ErrorKind::Limit(_))
    }

    /// Whether `allowance` is given; if so, it is noted that it was needed here.
    #[cold]
    pub(crate) fn forgives(&mut self, allowance: Allowance) -> bool {
        let allowed = self.options.leniency.allows(allowance);
        if allowed {
            let offset = self.offset();
            self.forgiven.note(allowance, offset);
        }
        allowed
    }

    /// Notes what is wrong here, whatever is allowed: it cannot change what is read.
    #[cold]
    pub(crate) fn notes(&mut self, allowance: Allowance) {
        let offset = self.offset();
        self.forgiven.note(allowance, offset);
    }

    /// Goes back to `mark` if the step that failed is forgiven. What is larger than the limits is not.
    #[cold]
    pub(crate) fn forgives_failure(&mut self, mark: Mark<'a>, allowance: Allowance) -> bool {
        let (kind, offset, _) = self.failure;
        if matches!(kind, ErrorKind::Limit(_)) || !self.options.leniency.allows(allowance) {
            return false;
        }
        self.reset(mark);
        self.forgiven.note(allowance, offset);
        true
    }

    /// Counts one element of a list.
    #[inline]
    pub(crate) fn element(&mut self) -> Parsing<()> {
        match self.elements.checked_sub(1) {
            Some(left) => {
                self.elements = left;
                Ok(())
            }
            None => self.fail(ErrorKind::Limit(Limit::Elements), "fewer elements"),
        }
    }

    /// Checks that something may nest `depth` deep, 1 being the outermost.
    #[inline]
    pub(crate) fn nested(&mut self, depth: usize) -> Parsing<()> {
        if depth > usize::from(self.options.nesting) {
            return self.fail(ErrorKind::Limit(Limit::Nesting), "less nesting");
        }
        Ok(())
    }

    /// Copies `octets`, which lie within the message, or makes a slice of it that shares its memory.
    #[inline]
    pub(crate) fn bytes(&self, octets: &'a [u8]) -> Bytes {
        match self.source {
            _ if octets.is_empty() => Bytes::new(),
            Source::Shared(bytes) | Source::Outline { octets: bytes, .. } => bytes.slice_ref(octets),
            Source::Borrowed(_) => Bytes::copy_from_slice(octets),
        }
    }
}

/// Octets, words and spaces.
impl<'a> Cursor<'a> {
    /// The next octet, left where it is.
    #[inline]
    pub(crate) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    #[inline]
    pub(crate) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// Goes behind `octet` if it comes next.
    #[inline]
    pub(crate) fn eat(&mut self, octet: u8) -> bool {
        match self.rest {
            [first, rest @ ..] if *first == octet => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    /// Goes behind `word`, in upper or lower case, if it comes next; what is behind it is not looked at.
    #[inline]
    pub(crate) fn eat_word(&mut self, word: &[u8]) -> bool {
        match self.rest.split_at_checked(word.len()) {
            Some((first, rest)) if first.eq_ignore_ascii_case(word) => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    /// Goes behind `octets`, in this case, if they come next.
    #[inline]
    pub(crate) fn eat_exactly(&mut self, octets: &[u8]) -> bool {
        match self.rest.strip_prefix(octets) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    #[inline]
    pub(crate) fn octet(&mut self, octet: u8, expected: &'static str) -> Parsing<()> {
        if self.eat(octet) {
            return Ok(());
        }
        self.expected(expected)
    }

    /// `SP`, exactly one.
    #[inline]
    pub(crate) fn space(&mut self) -> Parsing<()> {
        if !self.eat(b' ') {
            return self.expected("a space");
        }
        if self.peek() == Some(b' ') {
            self.more_spaces();
        }
        Ok(())
    }

    #[cold]
    fn more_spaces(&mut self) {
        if self.forgives(Allowance::Spaces) {
            let spaces = self.rest.iter().take_while(|&&octet| octet == b' ').count();
            self.advance(spaces);
        }
    }

    /// The end of the message.
    #[inline]
    pub(crate) fn end(&mut self) -> Parsing<()> {
        if self.rest.is_empty() {
            return Ok(());
        }
        self.spaces_at_end()
    }

    #[cold]
    fn spaces_at_end(&mut self) -> Parsing<()> {
        let spaces = self.rest.iter().all(|&octet| octet == b' ');
        if spaces && self.forgives(Allowance::TrailingSpaces) {
            self.rest = &[];
            return Ok(());
        }
        self.expected("the end of the line")
    }

    /// The octets of `class` that come next, which may be none.
    #[inline]
    pub(crate) fn span(&mut self, class: u8) -> &'a [u8] {
        let length = octets::span(self.rest, class);
        let (span, rest) = self.rest.split_at_checked(length).unwrap_or_default();
        self.rest = rest;
        span
    }

    /// `1*class`
    #[inline]
    pub(crate) fn run(&mut self, class: u8, expected: &'static str) -> Parsing<&'a [u8]> {
        let run = self.span(class);
        if run.is_empty() {
            return self.expected(expected);
        }
        Ok(run)
    }

    /// `atom = 1*ATOM-CHAR`, as it was spelled.
    #[inline]
    pub(crate) fn word(&mut self, expected: &'static str) -> Parsing<&'a [u8]> {
        self.run(ATOM, expected)
    }

    /// `atom = 1*ATOM-CHAR`
    #[inline]
    pub(crate) fn atom(&mut self, expected: &'static str) -> Parsing<Atom> {
        let word = self.word(expected)?;
        Ok(Atom::from_valid(self.bytes(word)))
    }
}
