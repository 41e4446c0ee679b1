//! What stands behind the verb.

use super::{ClientName, Command, Initial, Last, Mechanism, Query, Text};
use crate::address::{forward_path, reverse_path};
use crate::grammar::{class, number};
use crate::parameter::{mail_parameters, parameters};
use crate::parse::{Allowance, Cursor, ParseError};
use crate::{Parameters, ReversePath};

/// The name in EHLO, HELO and LHLO.
pub(super) fn name<'a>(cursor: &mut Cursor<'a, '_>) -> Result<ClientName<'a>, ParseError> {
    cursor.spaces()?;
    ClientName::read(cursor)
}

/// The text behind NOOP and HELP.
pub(super) fn text<'a>(cursor: &mut Cursor<'a, '_>) -> Result<Option<Text<'a>>, ParseError> {
    cursor.expect(b' ', "a space")?;
    Text::read(cursor).map(Some)
}

/// What VRFY and EXPN are about.
pub(super) fn query<'a>(cursor: &mut Cursor<'a, '_>) -> Result<Query<'a>, ParseError> {
    cursor.expect(b' ', "a space")?;
    Query::read(cursor)
}

/// ```abnf
/// auth-command = "AUTH" SP sasl-mech [SP initial-response]        ; RFC 4954 section 8
/// ```
pub(super) fn auth<'a>(cursor: &mut Cursor<'a, '_>) -> Result<Command<'a>, ParseError> {
    cursor.spaces()?;
    let mechanism = Mechanism::read(cursor)?;
    let initial = if cursor.is_end() {
        None
    } else {
        cursor.spaces()?;
        Some(Initial::read(cursor)?)
    };
    cursor.end()?;
    Ok(Command::Auth { mechanism, initial })
}

/// ```abnf
/// mail = "MAIL FROM:" Reverse-path [SP Mail-parameters]        ; RFC 5321 section 4.1.1.2
/// ```
pub(super) fn mail<'a>(cursor: &mut Cursor<'a, '_>) -> Result<Command<'a>, ParseError> {
    let line = cursor.rest();
    cursor.spaces()?;
    cursor.word("FROM:")?;
    path_space(cursor);
    let start = cursor.offset();
    let from = reverse_path(cursor)?;
    let parameters = mail_parameters(cursor)?;
    if !line.is_ascii() && needs_smtputf8(&from, &parameters) && !cursor.forgives_at(Allowance::Utf8, start) {
        return Err(ParseError::syntax(start, "an address in ASCII, or SMTPUTF8"));
    }
    Ok(Command::Mail { from, parameters })
}

#[cold]
fn needs_smtputf8(from: &ReversePath<'_>, parameters: &Parameters<'_>) -> bool {
    !from.is_ascii() && !parameters.contains("SMTPUTF8")
}

/// ```abnf
/// rcpt = "RCPT TO:" ( "<Postmaster>" / Forward-path ) [SP Rcpt-parameters]        ; RFC 5321 section 4.1.1.3
/// ```
pub(super) fn rcpt<'a>(cursor: &mut Cursor<'a, '_>) -> Result<Command<'a>, ParseError> {
    cursor.spaces()?;
    cursor.word("TO:")?;
    path_space(cursor);
    let to = forward_path(cursor)?;
    let parameters = parameters(cursor)?;
    Ok(Command::Rcpt { to, parameters })
}

/// A space behind `FROM:` and `TO:`, where that is forgiven.
#[inline]
fn path_space(cursor: &mut Cursor<'_, '_>) {
    if cursor.is_at(b' ') && cursor.forgives(Allowance::PathSpace) {
        cursor.eat(b' ');
    }
}

/// ```abnf
/// bdat-cmd   ::= "BDAT" SP chunk-size [ SP end-marker ]        ; RFC 3030 section 2
/// chunk-size ::= 1*DIGIT
/// end-marker ::= "LAST"
/// ```
pub(super) fn bdat<'a>(cursor: &mut Cursor<'a, '_>) -> Result<Command<'a>, ParseError> {
    cursor.spaces()?;
    let start = cursor.offset();
    let digits = cursor.run(class::DIGIT, "a size")?;
    let Some(size) = number(digits) else {
        return Err(ParseError::syntax(start, "a smaller size"));
    };
    let last = if cursor.is_end() {
        Last::No
    } else {
        cursor.spaces()?;
        cursor.word("LAST")?;
        Last::Yes
    };
    cursor.end()?;
    Ok(Command::Bdat { size, last })
}
