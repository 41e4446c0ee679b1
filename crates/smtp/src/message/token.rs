//! What the body of an address field is made of.

use std::borrow::Cow;

use crate::grammar::{Parsed, class, error, failure, is, run};

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
    Special(char),
    /// The end of the body.
    End,
}

/// The next token, and what is behind it.
pub(super) fn token(input: &str) -> Parsed<'_, Token<'_>> {
    let (rest, ()) = white_space(input)?;
    let mut letters = rest.chars();
    match letters.next() {
        None => Ok((rest, Token::End)),
        Some('"') => quoted(letters.as_str()),
        Some('[') => literal(rest),
        Some(special @ ('<' | '>' | ':' | ';' | '@' | ',')) => {
            Ok((letters.as_str(), Token::Special(special)))
        }
        Some(_) => word(rest),
    }
}

/// ```abnf
/// CFWS    = *(FWS / comment)                                       ; RFC 5322 section 3.2.2
/// comment = "(" *([FWS] (ctext / quoted-pair / comment)) [FWS] ")"
/// ```
fn white_space(input: &str) -> Parsed<'_, ()> {
    let mut depth = 0_usize;
    let mut letters = input.chars();
    loop {
        let rest = letters.as_str();
        match (letters.next(), depth) {
            (Some('('), _) => depth += 1,
            (Some(')'), 1..) => depth -= 1,
            (Some('\\'), 1..) => drop(letters.next()),
            (Some(_), 1..) | (Some(' ' | '\t' | '\r' | '\n'), 0) => {}
            (None, 1..) => return failure(rest, "a closing parenthesis"),
            (_, 0) => return Ok((rest, ())),
        }
    }
}

/// ```abnf
/// quoted-string = DQUOTE *([FWS] (qtext / quoted-pair)) [FWS] DQUOTE        ; RFC 5322 section 3.2.4
/// ```
/// The first quote is gone already.
fn quoted(input: &str) -> Parsed<'_, Token<'_>> {
    let mut escaped = false;
    let closing = input.bytes().position(|octet| {
        let closes = octet == b'"' && !escaped;
        escaped = octet == b'\\' && !escaped;
        closes
    });
    match closing.and_then(|at| Some((input.get(..at)?, input.get(at + 1..)?))) {
        Some((text, rest)) => Ok((rest, Token::Quoted(unescape(text)))),
        None => failure("", "a closing quote"),
    }
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
fn literal(input: &str) -> Parsed<'_, Token<'_>> {
    let length = input
        .bytes()
        .skip(1)
        .position(|octet| !is(octet, class::DCONTENT));
    match length.and_then(|length| input.split_at_checked(length + 2)) {
        Some((literal, rest)) if literal.ends_with(']') => Ok((rest, Token::Literal(literal))),
        _ => error(input, "a domain literal"),
    }
}

/// Atoms and dots; UTF-8 counts as `atext` (RFC 6532 section 3.2).
fn word(input: &str) -> Parsed<'_, Token<'_>> {
    let (rest, text) = run(class::WORD, "a word")(input)?;
    Ok((rest, Token::Word(text)))
}
