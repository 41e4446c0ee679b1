//! A place in a message, and the steps forward that the grammar is made of.

use std::num::{NonZeroU32, NonZeroU64};

use bytes::Bytes;
use gatepost_wire::Secret;
use memchr::memchr;

use super::octets::{self, ASTRING, ATOM, DIGIT, QUOTED, UNQUOTED};
use super::{Allowance, ErrorKind, Forgiven, Options, ParseError, Parsed, Source};
use crate::Limit;
use crate::types::{Atom, Tag, Text};

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

/// Numbers.
impl<'a> Cursor<'a> {
    /// `number64 = 1*DIGIT`
    #[inline]
    pub(crate) fn number64(&mut self) -> Parsing<u64> {
        let mark = self.mark();
        let mut number = 0_u64;
        let mut digits = 0;
        while let [octet @ b'0'..=b'9', rest @ ..] = self.rest {
            let digit = u64::from(octet - b'0');
            let Some(more) = number.checked_mul(10).and_then(|tens| tens.checked_add(digit)) else {
                return self.too_large(mark);
            };
            number = more;
            digits += 1;
            self.rest = rest;
        }
        if digits == 0 {
            return self.expected("a number");
        }
        Ok(number)
    }

    #[cold]
    fn too_large(&mut self, mark: Mark<'a>) -> Parsing<u64> {
        self.reset(mark);
        if self.forgives(Allowance::Number) {
            self.span(DIGIT);
            return Ok(u64::MAX);
        }
        self.fail(ErrorKind::Number, "a smaller number")
    }

    /// `number = 1*DIGIT`, below 4,294,967,296.
    #[inline]
    pub(crate) fn number(&mut self) -> Parsing<u32> {
        let mark = self.mark();
        let number = self.number64()?;
        match u32::try_from(number) {
            Ok(number) => Ok(number),
            Err(_) if self.forgives(Allowance::Number) => Ok(u32::MAX),
            Err(_) => {
                self.reset(mark);
                self.fail(ErrorKind::Number, "a smaller number")
            }
        }
    }

    /// `nz-number = digit-nz *DIGIT`
    #[inline]
    pub(crate) fn nz_number(&mut self) -> Parsing<NonZeroU32> {
        let mark = self.mark();
        let padded = self.peek() == Some(b'0');
        let number = self.number()?;
        match NonZeroU32::new(number) {
            Some(_) if padded && !self.forgives(Allowance::Number) => {
                self.expected_at(mark, "a number without zeros before it")
            }
            Some(number) => Ok(number),
            None => {
                self.reset(mark);
                self.fail(ErrorKind::Number, "a number above 0")
            }
        }
    }
}

/// Larger numbers.
impl Cursor<'_> {
    /// `mod-sequence-value = 1*DIGIT`, above 0 (RFC 7162 section 7).
    pub(crate) fn nz_number64(&mut self) -> Parsing<NonZeroU64> {
        let mark = self.mark();
        match NonZeroU64::new(self.number64()?) {
            Some(number) => Ok(number),
            None => {
                self.reset(mark);
                self.fail(ErrorKind::Number, "a number above 0")
            }
        }
    }
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
