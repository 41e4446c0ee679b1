//! What the body of an address field is made of.

use std::borrow::Cow;

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{take, take_while, take_while1};
use nom::character::complete::char;
use nom::combinator::{cut, map, map_opt, recognize};
use nom::error::context;
use nom::multi::many0_count;
use nom::sequence::delimited;

use crate::grammar::{Parsed, failure};

/// One lexical token (RFC 5322 section 3.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// Atoms and dots, or an encoded word (RFC 2047), which is an atom too.
    Word(&'a str),
    /// A quoted string, without its quotes, escapes and folds.
    Quoted(Cow<'a, str>),
    /// A domain literal, with its brackets.
    Literal(&'a str),
    /// One of `< > : ; @ ,`
    Special(u8),
    /// The end of the body.
    End,
}

/// The next token, and what is behind it.
pub(super) fn token(input: &[u8]) -> Parsed<'_, Token<'_>> {
    let (rest, ()) = white_space(input)?;
    match rest.first() {
        None => Ok((rest, Token::End)),
        Some(b'"') => quoted(rest),
        Some(b'[') => literal(rest),
        Some(b'<' | b'>' | b':' | b';' | b'@' | b',') => map(take(1_usize), |octets: &[u8]| {
            Token::Special(octets.first().copied().unwrap_or_default())
        })
        .parse(rest),
        Some(_) => word(rest),
    }
}

/// ```abnf
/// CFWS    = *(FWS / comment)                                       ; RFC 5322 section 3.2.2
/// comment = "(" *([FWS] (ctext / quoted-pair / comment)) [FWS] ")"
/// ```
fn white_space(input: &[u8]) -> Parsed<'_, ()> {
    let mut depth = 0_usize;
    let mut rest = input;
    while let Some((octet, behind)) = rest.split_first() {
        match (octet, depth) {
            (b'(', _) => depth += 1,
            (b')', 1..) => depth -= 1,
            (b'\\', 1..) => rest = behind,
            (_, 1..) | (b' ' | b'\t' | b'\r' | b'\n', 0) => {}
            (_, 0) => break,
        }
        rest = rest.get(1..).unwrap_or_default();
    }
    match depth {
        0 => Ok((rest, ())),
        _ => failure(rest, "a closing parenthesis"),
    }
}

/// ```abnf
/// quoted-string = DQUOTE *([FWS] (qtext / quoted-pair)) [FWS] DQUOTE        ; RFC 5322 section 3.2.4
/// ```
fn quoted(input: &[u8]) -> Parsed<'_, Token<'_>> {
    let text = take_while1(|octet| !matches!(octet, b'"' | b'\\'));
    let pair = recognize((char('\\'), take(1_usize)));
    let content = map_opt(recognize(many0_count(alt((text, pair)))), |octets| {
        std::str::from_utf8(octets).ok()
    });
    let closing = cut(context("a closing quote", char('"')));
    map(
        delimited(char('"'), cut(context("UTF-8", content)), closing),
        |text| Token::Quoted(unescape(text)),
    )
    .parse(input)
}

fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains(['\\', '\r', '\n']) {
        return Cow::Borrowed(text);
    }
    let mut escaped = false;
    let kept = text.chars().filter(|&letter| {
        escaped = letter == '\\' && !escaped;
        !escaped && !matches!(letter, '\r' | '\n')
    });
    Cow::Owned(kept.collect())
}

/// `domain-literal`, without white space in it (RFC 5322 section 3.4.1)
fn literal(input: &[u8]) -> Parsed<'_, Token<'_>> {
    let content = take_while(|octet| matches!(octet, b'!'..=b'Z' | b'^'..=b'~'));
    let literal = recognize((char('['), content, char(']')));
    let literal = map_opt(literal, |octets| std::str::from_utf8(octets).ok());
    map(context("a domain literal", literal), Token::Literal).parse(input)
}

/// Atoms and dots; UTF-8 counts as `atext` (RFC 6532 section 3.2).
fn word(input: &[u8]) -> Parsed<'_, Token<'_>> {
    let text = take_while1(|octet| crate::address::is_atext(octet) || octet == b'.');
    let text = map_opt(text, |octets| std::str::from_utf8(octets).ok());
    map(context("a word", text), Token::Word).parse(input)
}
