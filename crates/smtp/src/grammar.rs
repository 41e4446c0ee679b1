//! Classes of octets, and pieces of nom parsers that say what they expected.

use nom::IResult;
use nom::error::{ContextError, ErrorKind, ParseError};

/// The result of a parser over text.
pub(crate) type Parsed<'a, T> = IResult<&'a str, T, Failure<'a>>;

/// Where a parser stopped and what it wanted there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Failure<'a> {
    /// What was left.
    pub(crate) rest: &'a str,
    /// The innermost context.
    pub(crate) expected: &'static str,
}

impl<'a> ParseError<&'a str> for Failure<'a> {
    fn from_error_kind(rest: &'a str, _: ErrorKind) -> Self {
        Self { rest, expected: "" }
    }

    fn append(_: &'a str, _: ErrorKind, other: Self) -> Self {
        other
    }

    /// Of two alternatives the one that came further, else the last.
    fn or(self, other: Self) -> Self {
        if self.rest.len() < other.rest.len() {
            self
        } else {
            other
        }
    }
}

impl<'a> ContextError<&'a str> for Failure<'a> {
    fn add_context(_: &'a str, expected: &'static str, inner: Self) -> Self {
        match inner.expected {
            "" => Self { expected, ..inner },
            _ => inner,
        }
    }
}

/// Says that `expected` should stand at `rest`, but another alternative may do.
pub(crate) fn error<'a, T>(rest: &'a str, expected: &'static str) -> Parsed<'a, T> {
    Err(nom::Err::Error(Failure { rest, expected }))
}

/// Says that `expected` should stand at `rest`, and nothing else will do.
pub(crate) fn failure<'a, T>(rest: &'a str, expected: &'static str) -> Parsed<'a, T> {
    Err(nom::Err::Failure(Failure { rest, expected }))
}

/// One or more octets of a class.
pub(crate) fn run<'a>(class: u16, expected: &'static str) -> impl Fn(&'a str) -> Parsed<'a, &'a str> {
    move |input| {
        let length = input.bytes().position(|octet| !is(octet, class));
        match input.split_at_checked(length.unwrap_or(input.len())) {
            Some((found, rest)) if !found.is_empty() => Ok((rest, found)),
            _ => error(input, expected),
        }
    }
}

/// How many octets at the start are of a class.
#[inline]
pub(crate) fn count(octets: &[u8], class: u16) -> usize {
    let mut count = 0;
    while let Some(&octet) = octets.get(count)
        && is(octet, class)
    {
        count += 1;
    }
    count
}

/// The number that digits say; `None` if it is too large.
#[inline]
pub(crate) fn number(digits: &str) -> Option<u64> {
    digits.bytes().try_fold(0_u64, |number, octet| {
        let digit = octet.wrapping_sub(b'0');
        number.checked_mul(10)?.checked_add(digit.into())
    })
}

/// Whether two keywords are the same in upper and lower case. Of no two octets that a keyword can have, but a letter in
/// upper and in lower case, is the only difference this bit.
pub(crate) fn is_same_keyword(one: &str, other: &str) -> bool {
    const CASE: u8 = b'a' ^ b'A';
    let mut pairs = one.bytes().zip(other.bytes());
    one.len() == other.len() && pairs.all(|(one, other)| (one ^ other) & !CASE == 0)
}

/// Classes of octets. Those above ASCII, which make up UTF-8 letters, are all in a class or not at all.
pub(crate) mod class {
    /// `atext` (RFC 5322 section 3.2.3, RFC 6531 section 3.3)
    pub(crate) const ATEXT: u16 = 1;
    /// What labels of a domain are made of (RFC 5321 section 4.1.2, RFC 6531 section 3.3).
    pub(crate) const LABEL: u16 = 1 << 1;
    /// `qtextSMTP` (RFC 5321 section 4.1.2)
    pub(crate) const QTEXT: u16 = 1 << 2;
    /// `dcontent` (RFC 5321 section 4.1.3)
    pub(crate) const DCONTENT: u16 = 1 << 3;
    /// What an `esmtp-keyword` is made of.
    pub(crate) const KEYWORD: u16 = 1 << 4;
    /// `mech-char` (RFC 4422 section 3.1).
    pub(crate) const MECHANISM: u16 = 1 << 5;
    /// What base64 is made of before it is padded.
    pub(crate) const BASE64: u16 = 1 << 6;
    /// Everything but white space and controls.
    pub(crate) const VISIBLE: u16 = 1 << 7;
    /// Everything but controls.
    pub(crate) const TEXT: u16 = 1 << 8;
    /// Words in an address field: [`ATEXT`] and dots.
    pub(crate) const WORD: u16 = 1 << 9;
    /// Digits.
    pub(crate) const DIGIT: u16 = 1 << 10;
    /// [`MECHANISM`] in lower case too.
    pub(crate) const LOOSE_MECHANISM: u16 = 1 << 11;
    /// [`LABEL`] and underscores.
    pub(crate) const LOOSE_LABEL: u16 = 1 << 12;
    /// `esmtp-value` (RFC 5321 section 4.1.2, RFC 6531 section 3.3)
    pub(crate) const VALUE: u16 = 1 << 13;
    /// `xchar` (RFC 3461 section 4), and the `+` that a `hexchar` begins with.
    pub(crate) const XTEXT: u16 = 1 << 14;

    /// The classes of each octet.
    pub(super) static OF: [u16; 256] = table();

    const fn table() -> [u16; 256] {
        let mut table = [0; 256];
        let mut octet = 0_u8;
        let mut rest: &mut [u16] = &mut table;
        while let [first, behind @ ..] = rest {
            *first = of(octet);
            octet = octet.wrapping_add(1);
            rest = behind;
        }
        table
    }

    const fn of(octet: u8) -> u16 {
        let alphanumeric = octet.is_ascii_alphanumeric();
        let utf8 = octet >= 0x80;
        let text = octet == b' ' || octet.is_ascii_graphic() || utf8;
        let atext = alphanumeric
            || utf8
            || matches!(octet, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'/' | b'=' | b'?' | b'^'..=b'`' | b'{'..=b'~');
        select(atext, ATEXT)
            | select(alphanumeric || utf8 || octet == b'-', LABEL)
            | select(alphanumeric || utf8 || matches!(octet, b'-' | b'_'), LOOSE_LABEL)
            | select(text && !matches!(octet, b'"' | b'\\'), QTEXT)
            | select(matches!(octet, b'!'..=b'Z' | b'^'..=b'~'), DCONTENT)
            | select(alphanumeric || octet == b'-', KEYWORD)
            | select(
                octet.is_ascii_uppercase() || octet.is_ascii_digit() || matches!(octet, b'-' | b'_'),
                MECHANISM,
            )
            | select(alphanumeric || matches!(octet, b'-' | b'_'), LOOSE_MECHANISM)
            | select((octet.is_ascii_graphic() || utf8) && octet != b'=', VALUE)
            | select(octet.is_ascii_graphic() && octet != b'=', XTEXT)
            | select(alphanumeric || matches!(octet, b'+' | b'/'), BASE64)
            | select(octet.is_ascii_graphic() || utf8, VISIBLE)
            | select(text, TEXT)
            | select(atext || octet == b'.', WORD)
            | select(octet.is_ascii_digit(), DIGIT)
    }

    const fn select(is_in: bool, class: u16) -> u16 {
        if is_in { class } else { 0 }
    }
}

/// Whether `octet` is in a class.
pub(crate) fn is(octet: u8, class: u16) -> bool {
    class::OF
        .get(usize::from(octet))
        .is_some_and(|classes| classes & class != 0)
}
