//! What stands behind the verb.

use nom::Parser;
use nom::branch::alt;
use nom::combinator::{cut, map, opt, value};
use nom::sequence::{preceded, terminated};

use super::{Command, Initial, Last};
use crate::address::{forward_path, reverse_path};
use crate::grammar::{Parsed, class, end, failure, run, space, word};
use crate::parameter::{mail_parameters, parameters};

/// One word, such as the name in EHLO. It is not checked to be a domain: phones say what they like.
pub(super) fn name(input: &str) -> Parsed<'_, &str> {
    let name = run(class::VISIBLE, "a name");
    terminated(preceded(space, name), end).parse(input)
}

/// ```abnf
/// String = Atom / Quoted-string        ; RFC 5321 section 4.1.2
/// ```
/// Taken as it is.
pub(super) fn text(input: &str) -> Parsed<'_, &str> {
    let text = run(class::TEXT, "a text");
    terminated(preceded(space, text), end).parse(input)
}

/// ```abnf
/// auth-command = "AUTH" SP sasl-mech [SP initial-response]        ; RFC 4954 section 8
/// sasl-mech    = 1*20mech-char                                    ; RFC 4422 section 3.1
/// ```
pub(super) fn auth(input: &str) -> Parsed<'_, Command<'_>> {
    let (rest, mechanism) = preceded(space, run(class::MECHANISM, "a mechanism")).parse(input)?;
    let initial = alt((value(None, end), map(preceded(space, initial), Some)));
    let (rest, initial) = terminated(initial, end).parse(rest)?;
    Ok((rest, Command::Auth { mechanism, initial }))
}

fn initial(input: &str) -> Parsed<'_, Initial<'_>> {
    let (rest, text) = run(class::BASE64, "base64")(input)?;
    let initial = match text {
        "=" => Initial::Empty,
        text => Initial::Base64(text.as_bytes()),
    };
    Ok((rest, initial))
}

/// ```abnf
/// mail = "MAIL FROM:" Reverse-path [SP Mail-parameters]        ; RFC 5321 section 4.1.1.2
/// ```
pub(super) fn mail(input: &str) -> Parsed<'_, Command<'_>> {
    let (rest, _) = (space, word("FROM:"), opt(space)).parse(input)?;
    let (rest, from) = reverse_path(rest)?;
    let (rest, parameters) = mail_parameters(rest)?;
    Ok((rest, Command::Mail { from, parameters }))
}

/// ```abnf
/// rcpt = "RCPT TO:" ( "<Postmaster>" / Forward-path ) [SP Rcpt-parameters]        ; RFC 5321 section 4.1.1.3
/// ```
pub(super) fn rcpt(input: &str) -> Parsed<'_, Command<'_>> {
    let (rest, _) = (space, word("TO:"), opt(space)).parse(input)?;
    let (rest, to) = forward_path(rest)?;
    let (rest, parameters) = parameters(rest)?;
    Ok((rest, Command::Rcpt { to, parameters }))
}

/// ```abnf
/// bdat-cmd   ::= "BDAT" SP chunk-size [ SP end-marker ]        ; RFC 3030 section 2
/// end-marker ::= "LAST"
/// ```
pub(super) fn bdat(input: &str) -> Parsed<'_, Command<'_>> {
    let (start, ()) = space(input)?;
    let (rest, digits) = run(class::DIGIT, "a size")(start)?;
    let Ok(size) = digits.parse() else {
        return failure(start, "a smaller size");
    };
    let marker = value(Last::Yes, cut((space, word("LAST"))));
    let last = alt((value(Last::No, end), marker));
    let (rest, last) = terminated(last, end).parse(rest)?;
    Ok((rest, Command::Bdat { size, last }))
}
