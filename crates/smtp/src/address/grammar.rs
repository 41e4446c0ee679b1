//! How addresses are written.

use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};

use nom::Parser;
use nom::branch::alt;
use nom::character::complete::{char, satisfy};
use nom::combinator::{cut, map, recognize, value, verify};
use nom::error::context;
use nom::multi::many0_count;
use nom::sequence::{delimited, preceded};

use super::{ForwardPath, Mailbox, ReversePath};
use crate::grammar::{Parsed, class, dotted, error, run, word};

/// `Reverse-path`
pub(crate) fn reverse_path(input: &str) -> Parsed<'_, ReversePath<'_>> {
    match input.strip_prefix("<>") {
        Some(rest) => Ok((rest, ReversePath::Null)),
        None => map(path, ReversePath::Mailbox).parse(input),
    }
}

/// What follows `RCPT TO:`
pub(crate) fn forward_path(input: &str) -> Parsed<'_, ForwardPath<'_>> {
    match word("<Postmaster>")(input) {
        Ok((rest, ())) => Ok((rest, ForwardPath::Postmaster)),
        Err(_) => map(path, ForwardPath::Mailbox).parse(input),
    }
}

/// ```abnf
/// Path  = "<" [ A-d-l ":" ] Mailbox ">"        ; RFC 5321 section 4.1.2
/// A-d-l = At-domain *( "," At-domain )         ; the route, to be ignored: appendix C
/// ```
fn path(input: &str) -> Parsed<'_, Mailbox<'_>> {
    let Some(mut rest) = input.strip_prefix('<') else {
        return error(input, "an opening angle bracket");
    };
    if rest.starts_with('@') {
        (rest, ()) = route(rest)?;
    }
    let (rest, mailbox) = mailbox(rest)?;
    match rest.strip_prefix('>') {
        Some(rest) => Ok((rest, mailbox)),
        None => error(rest, "a closing angle bracket"),
    }
}

fn route(input: &str) -> Parsed<'_, ()> {
    let at_domain = || preceded(context("@", char('@')), domain);
    let domains = (at_domain(), many0_count(preceded(char(','), cut(at_domain()))));
    value((), (domains, context("a colon", char(':')))).parse(input)
}

pub(super) fn mailbox(input: &str) -> Parsed<'_, Mailbox<'_>> {
    let (rest, local) = local_part(input)?;
    let Some(rest) = rest.strip_prefix('@') else {
        return error(rest, "@");
    };
    let (rest, domain) = domain_part(rest)?;
    let domain = Cow::Borrowed(domain);
    Ok((rest, Mailbox { local, domain }))
}

/// ```abnf
/// Local-part = Dot-string / Quoted-string        ; RFC 5321 section 4.1.2
/// Dot-string = Atom *("."  Atom)
/// atext      =/ UTF8-non-ascii                   ; RFC 6531 section 3.3
/// ```
fn local_part(input: &str) -> Parsed<'_, Cow<'_, str>> {
    let (rest, local) = match dotted(input, class::ATEXT, b'.') {
        Some((local, rest)) => (rest, Cow::Borrowed(local)),
        None if input.starts_with('"') => quoted_string(input)?,
        None => return error(input, "a local part"),
    };
    match local.len() {
        ..=Mailbox::LONGEST_LOCAL_PART => Ok((rest, local)),
        _ => error(input, "a shorter local part"),
    }
}

/// ```abnf
/// Quoted-string   = DQUOTE *QcontentSMTP DQUOTE        ; RFC 5321 section 4.1.2
/// QcontentSMTP    = qtextSMTP / "\" %d32-126
/// qtextSMTP       = %d32-33 / %d35-91 / %d93-126 / UTF8-non-ascii
/// ```
fn quoted_string(input: &str) -> Parsed<'_, Cow<'_, str>> {
    let text = run(class::QTEXT, "");
    let pair = recognize((char('\\'), satisfy(|letter| matches!(letter, ' '..='~'))));
    let content = recognize(many0_count(alt((text, pair))));
    let closing = cut(context("a closing quote", char('"')));
    map(delimited(char('"'), content, closing), unescape).parse(input)
}

fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut escaped = false;
    let kept = text.chars().filter(|&letter| {
        escaped = letter == '\\' && !escaped;
        !escaped
    });
    Cow::Owned(kept.collect())
}

/// What stands behind `@`.
pub(super) fn domain_part(input: &str) -> Parsed<'_, &str> {
    if input.starts_with('[') {
        return address_literal(input);
    }
    domain(input)
}

/// ```abnf
/// Domain     = sub-domain *("." sub-domain)        ; RFC 5321 section 4.1.2
/// sub-domain = Let-dig [Ldh-str] / U-label         ; RFC 6531 section 3.3
/// ```
/// Underscores are tolerated.
fn domain(input: &str) -> Parsed<'_, &str> {
    match dotted(input, class::LABEL, b'-') {
        Some((domain, rest)) if domain.len() <= Mailbox::LONGEST_DOMAIN => Ok((rest, domain)),
        Some(_) => error(input, "a shorter domain"),
        None => error(input, "a domain"),
    }
}

/// ```abnf
/// address-literal = "[" ( IPv4-address-literal / IPv6-address-literal / General-address-literal ) "]"
/// General-address-literal = Standardized-tag ":" 1*dcontent        ; RFC 5321 section 4.1.3
/// ```
fn address_literal(input: &str) -> Parsed<'_, &str> {
    let content = run(class::DCONTENT, "");
    let literal = recognize(delimited(char('['), verify(content, is_address), char(']')));
    context("an address literal", literal).parse(input)
}

fn is_address(address: &str) -> bool {
    match address.split_once(':') {
        None => address.parse::<Ipv4Addr>().is_ok(),
        Some((tag, address)) if tag.eq_ignore_ascii_case("IPv6") => address.parse::<Ipv6Addr>().is_ok(),
        Some((tag, address)) => {
            let is_tag = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'-';
            !tag.is_empty() && !tag.ends_with('-') && tag.bytes().all(is_tag) && !address.is_empty()
        }
    }
}

pub(super) fn is_dot_string(text: &str) -> bool {
    dotted(text, class::ATEXT, b'.').is_some_and(|(_, rest)| rest.is_empty())
}
