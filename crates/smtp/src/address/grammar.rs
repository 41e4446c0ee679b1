//! How addresses are written.

use std::borrow::Cow;
use std::net::Ipv6Addr;

use super::{ForwardPath, Mailbox, ReversePath};
use crate::Limit;
use crate::grammar::{class, is};
use crate::parse::{Allowance, Cursor, ParseError};

/// `Reverse-path`
#[inline]
pub(crate) fn reverse_path<'a>(cursor: &mut Cursor<'a, '_>) -> Result<ReversePath<'a>, ParseError> {
    match cursor.rest().as_bytes() {
        [b'<', b'>', ..] => {
            cursor.move_to(cursor.rest().get("<>".len()..).unwrap_or_default());
            Ok(ReversePath::Null)
        }
        [b'<', b' ', ..] | [b' ', ..] | [] => no_path(cursor),
        _ => path(cursor).map(ReversePath::Mailbox),
    }
}

/// What is there instead of a path.
#[cold]
fn no_path<'a>(cursor: &mut Cursor<'a, '_>) -> Result<ReversePath<'a>, ParseError> {
    let behind = match cursor.rest().strip_prefix("< >") {
        None if cursor.is_end() || cursor.is_at(b' ') => Some(cursor.rest()),
        behind => behind,
    };
    match behind {
        Some(behind) if cursor.forgives(Allowance::NullPath) => {
            cursor.move_to(behind);
            Ok(ReversePath::Null)
        }
        _ => path(cursor).map(ReversePath::Mailbox),
    }
}

/// What follows `RCPT TO:`
#[inline]
pub(crate) fn forward_path<'a>(cursor: &mut Cursor<'a, '_>) -> Result<ForwardPath<'a>, ParseError> {
    if cursor.word("<Postmaster>").is_ok() {
        return Ok(ForwardPath::Postmaster);
    }
    path(cursor).map(ForwardPath::Mailbox)
}

/// ```abnf
/// Path  = "<" [ A-d-l ":" ] Mailbox ">"        ; RFC 5321 section 4.1.2
/// A-d-l = At-domain *( "," At-domain )         ; the route, to be ignored: appendix C
/// ```
#[inline(always)]
fn path<'a>(cursor: &mut Cursor<'a, '_>) -> Result<Mailbox<'a>, ParseError> {
    let start = cursor.offset();
    if !cursor.eat(b'<') {
        return bare_path(cursor);
    }
    if cursor.is_at(b'@') {
        route(cursor)?;
    }
    let mailbox = mailbox(cursor)?;
    cursor.expect(b'>', "a closing angle bracket")?;
    if cursor.offset() - start > cursor.options.path {
        return Err(Cursor::over(Limit::Path, start, "a shorter path"));
    }
    Ok(mailbox)
}

#[cold]
fn bare_path<'a>(cursor: &mut Cursor<'a, '_>) -> Result<Mailbox<'a>, ParseError> {
    let begins = cursor.peek().is_some_and(|first| !matches!(first, b' ' | b'@'));
    if begins && cursor.forgives(Allowance::Brackets) {
        mailbox(cursor)
    } else {
        Err(cursor.error("an opening angle bracket"))
    }
}

/// ```abnf
/// At-domain = "@" Domain        ; RFC 5321 section 4.1.2
/// ```
fn route(cursor: &mut Cursor<'_, '_>) -> Result<(), ParseError> {
    loop {
        cursor.expect(b'@', "@")?;
        domain(cursor)?;
        if cursor.eat(b':') {
            return Ok(());
        }
        cursor.expect(b',', "a colon")?;
    }
}

#[inline(always)]
pub(super) fn mailbox<'a>(cursor: &mut Cursor<'a, '_>) -> Result<Mailbox<'a>, ParseError> {
    let local = local_part(cursor)?;
    cursor.expect(b'@', "@")?;
    let domain = Cow::Borrowed(domain_part(cursor)?);
    Ok(Mailbox { local, domain })
}

/// ```abnf
/// Local-part = Dot-string / Quoted-string        ; RFC 5321 section 4.1.2
/// Dot-string = Atom *("."  Atom)
/// atext      =/ UTF8-non-ascii                   ; RFC 6531 section 3.3
/// ```
#[inline(always)]
fn local_part<'a>(cursor: &mut Cursor<'a, '_>) -> Result<Cow<'a, str>, ParseError> {
    let start = cursor.offset();
    let local = match cursor.dotted(class::ATEXT, b'.') {
        Some(local) => Cow::Borrowed(local),
        None if cursor.is_at(b'"') => quoted_string(cursor)?,
        None => odd_dots(cursor)?,
    };
    if local.len() > cursor.options.local_part {
        return Err(Cursor::over(Limit::LocalPart, start, "a shorter local part"));
    }
    Ok(local)
}

#[cold]
fn odd_dots<'a>(cursor: &mut Cursor<'a, '_>) -> Result<Cow<'a, str>, ParseError> {
    let start = cursor.offset();
    let local = cursor.run(class::WORD, "a local part")?;
    if cursor.forgives_at(Allowance::Dots, start) {
        Ok(Cow::Borrowed(local))
    } else {
        Err(ParseError::syntax(start, "a local part"))
    }
}

/// ```abnf
/// Quoted-string   = DQUOTE *QcontentSMTP DQUOTE        ; RFC 5321 section 4.1.2
/// QcontentSMTP    = qtextSMTP / "\" %d32-126
/// qtextSMTP       = %d32-33 / %d35-91 / %d93-126 / UTF8-non-ascii
/// ```
pub(crate) fn quoted_string<'a>(cursor: &mut Cursor<'a, '_>) -> Result<Cow<'a, str>, ParseError> {
    cursor.expect(b'"', "an opening quote")?;
    let start = cursor.rest();
    loop {
        cursor.take(class::QTEXT);
        let text = cursor.since(start);
        match cursor.rest().as_bytes() {
            [b'"', ..] => {
                cursor.eat(b'"');
                return Ok(unescape(text));
            }
            [b'\\', b' '..=b'~', ..] => cursor.move_to(cursor.rest().get(2..).unwrap_or_default()),
            _ => return Err(cursor.error("a closing quote")),
        }
    }
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
#[inline]
pub(crate) fn domain_part<'a>(cursor: &mut Cursor<'a, '_>) -> Result<&'a str, ParseError> {
    if cursor.is_at(b'[') {
        address_literal(cursor)
    } else {
        domain(cursor)
    }
}

/// ```abnf
/// Domain     = sub-domain *("." sub-domain)        ; RFC 5321 section 4.1.2
/// sub-domain = Let-dig [Ldh-str] / U-label         ; RFC 6531 section 3.3
/// ```
#[inline(always)]
fn domain<'a>(cursor: &mut Cursor<'a, '_>) -> Result<&'a str, ParseError> {
    let (start, all) = (cursor.offset(), cursor.rest());
    let domain = match cursor.dotted(class::LABEL, b'-') {
        Some(domain) if !cursor.is_at(b'_') => domain,
        _ => {
            cursor.move_to(all);
            underscored(cursor)?
        }
    };
    if domain.len() > cursor.options.domain {
        return Err(Cursor::over(Limit::Domain, start, "a shorter domain"));
    }
    Ok(domain)
}

#[cold]
fn underscored<'a>(cursor: &mut Cursor<'a, '_>) -> Result<&'a str, ParseError> {
    let start = cursor.offset();
    match cursor.dotted(class::LOOSE_LABEL, b'-') {
        Some(domain) if domain.contains('_') && cursor.forgives_at(Allowance::Underscores, start) => {
            Ok(domain)
        }
        _ => Err(ParseError::syntax(start, "a domain")),
    }
}

/// ```abnf
/// address-literal = "[" ( IPv4-address-literal / IPv6-address-literal / General-address-literal ) "]"
/// General-address-literal = Standardized-tag ":" 1*dcontent        ; RFC 5321 section 4.1.3
/// ```
fn address_literal<'a>(cursor: &mut Cursor<'a, '_>) -> Result<&'a str, ParseError> {
    const EXPECTED: &str = "an address literal";
    let (start, all) = (cursor.offset(), cursor.rest());
    cursor.expect(b'[', EXPECTED)?;
    let inner = cursor.offset();
    if !is_address(cursor.take(class::DCONTENT)) {
        return Err(ParseError::syntax(inner, EXPECTED));
    }
    cursor.expect(b']', EXPECTED)?;
    let literal = cursor.since(all);
    if literal.len() > cursor.options.domain {
        return Err(Cursor::over(Limit::Domain, start, "a shorter address literal"));
    }
    Ok(literal)
}

fn is_address(address: &str) -> bool {
    match address.split_once(':') {
        None => is_ipv4(address),
        Some((tag, address)) if tag.eq_ignore_ascii_case("IPv6") => address.parse::<Ipv6Addr>().is_ok(),
        Some((tag, address)) => {
            let is_tag = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'-';
            !tag.is_empty() && !tag.ends_with('-') && tag.bytes().all(is_tag) && !address.is_empty()
        }
    }
}

/// ```abnf
/// IPv4-address-literal = Snum 3("."  Snum)        ; RFC 5321 section 4.1.3
/// Snum = 1*3DIGIT        ; 0 through 255
/// ```
fn is_ipv4(address: &str) -> bool {
    let is_snum = |digits: &str| {
        let has_digits =
            (1..=3).contains(&digits.len()) && digits.bytes().all(|octet| octet.is_ascii_digit());
        has_digits && digits.parse::<u8>().is_ok()
    };
    address.split('.').count() == 4 && address.split('.').all(is_snum)
}

pub(super) fn is_dot_string(text: &str) -> bool {
    text.split('.')
        .all(|atom| !atom.is_empty() && atom.bytes().all(|octet| is(octet, class::ATEXT)))
}
