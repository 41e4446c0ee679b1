//! How parameters are written.

use std::borrow::Cow;

use super::{Body, Parameters, size};
use crate::Limit;
use crate::grammar::{class, is_same_keyword};
use crate::parse::{Allowance, Cursor, ParseError};

/// A keyword and its value, as they stand in the line.
#[derive(Clone, Copy)]
struct Found<'a> {
    keyword: &'a str,
    value: Option<&'a str>,
}

impl Found<'_> {
    fn is(&self, keyword: &str) -> bool {
        is_same_keyword(self.keyword, keyword)
    }
}

/// `*( SP esmtp-param )` up to the end of the line.
pub(crate) fn parameters<'a>(cursor: &mut Cursor<'a, '_>) -> Result<Parameters<'a>, ParseError> {
    checked(cursor, |_| None)
}

/// The parameters of MAIL, of which SIZE and BODY must be what they are for.
pub(crate) fn mail_parameters<'a>(cursor: &mut Cursor<'a, '_>) -> Result<Parameters<'a>, ParseError> {
    const SIZE: u32 = upper(*b"SIZE");
    const BODY: u32 = upper(*b"BODY");
    checked(cursor, |found| {
        match upper(found.keyword.as_bytes().try_into().ok()?) {
            SIZE if found.value.and_then(size).is_none() => Some("SIZE with digits"),
            BODY if found.value.and_then(Body::of).is_none() => {
                Some("BODY with 7BIT, 8BITMIME or BINARYMIME")
            }
            _ => None,
        }
    })
}

/// Four letters, which differ in one bit between upper and lower case.
const fn upper(letters: [u8; 4]) -> u32 {
    u32::from_be_bytes(letters) & 0xdfdf_dfdf
}

/// How many keywords are kept to be compared with later ones. Behind them they are looked for in the line.
const KEPT: usize = 4;

/// Parameters of which `wrong` says what should be there instead.
#[inline]
fn checked<'a>(
    cursor: &mut Cursor<'a, '_>,
    wrong: impl Fn(Found<'a>) -> Option<&'static str>,
) -> Result<Parameters<'a>, ParseError> {
    if cursor.is_end() {
        return Ok(Parameters::new());
    }
    let all = cursor.rest();
    let mut keywords = [""; KEPT];
    let mut count = 0;
    let mut has_more_spaces = false;
    while !cursor.is_end() {
        let before = cursor.rest();
        has_more_spaces |= cursor.spaces()? > 1;
        let start = cursor.offset();
        let found = parameter(cursor)?;
        if count >= cursor.options.parameters {
            return Err(Cursor::over(Limit::Parameters, start, "fewer parameters"));
        }
        let is_known = keywords.iter().take(count).any(|keyword| found.is(keyword));
        if is_known || count > KEPT && is_before(all, before, found) {
            return Err(Cursor::repeated(start, "each parameter only once"));
        }
        if let Some(free) = keywords.get_mut(count) {
            *free = found.keyword;
        }
        if let Some(expected) = wrong(found) {
            return Err(ParseError::syntax(start, expected));
        }
        count += 1;
    }
    let text = cursor.since(all);
    let text = if has_more_spaces {
        single_spaced(text)
    } else {
        Cow::Borrowed(text)
    };
    Ok(Parameters(text))
}

/// Whether the keyword of `found`, which stands at the start of `rest`, is in what stands before it as well.
#[cold]
fn is_before(all: &str, rest: &str, found: Found<'_>) -> bool {
    let before = all.get(..all.len().saturating_sub(rest.len()));
    let each = before.unwrap_or_default().split(' ');
    let mut keywords = each.map(|text| text.split('=').next().unwrap_or_default());
    keywords.any(|keyword| found.is(keyword))
}

/// Each word with one space before it.
#[cold]
pub(crate) fn single_spaced(text: &str) -> Cow<'_, str> {
    let each = text.split(' ').filter(|text| !text.is_empty());
    Cow::Owned(each.flat_map(|text| [" ", text]).collect())
}

#[inline(always)]
fn parameter<'a>(cursor: &mut Cursor<'a, '_>) -> Result<Found<'a>, ParseError> {
    const EXPECTED: &str = "a parameter";
    if cursor.is_at(b'-') {
        return Err(cursor.error(EXPECTED));
    }
    let keyword = cursor.run(class::KEYWORD, EXPECTED)?;
    if !cursor.eat(b'=') {
        let value = None;
        return Ok(Found { keyword, value });
    }
    let start = cursor.rest();
    let mut value = cursor.take(class::VALUE);
    if cursor.is_at(b'=') && cursor.forgives(Allowance::EqualsSign) {
        cursor.take(class::VISIBLE);
        value = cursor.since(start);
    }
    if value.is_empty() {
        return Err(cursor.error("a value"));
    }
    let value = Some(value);
    Ok(Found { keyword, value })
}
