//! Whether a message that was found is the one.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

use super::Date;
use crate::frame::literal;
use crate::{grammar, message_id};

/// What is asked of a message that may be it.
pub(super) const ITEMS: &str = "(UID BODY.PEEK[HEADER.FIELDS (MESSAGE-ID DATE)])";

/// How much like the message the best one is that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Found {
    /// Not at all.
    Nothing,
    /// It has the same Message-ID, and another Date.
    Namesake,
    /// It is the message.
    Message,
}

/// What a FETCH response holds: a header with this Message-ID and, where both have one, this Date?
///
/// ```abnf
/// message-data = nz-number SP "FETCH" SP msg-att          ; RFC 3501 section 9
/// msg-att-static =/ "BODY" section ["<" number ">"] SP nstring
/// ```
/// The header is the only string that was asked for, so all strings are looked at, whatever stands before them.
pub(super) fn found(response: &[u8], message_id: &[u8], date: Option<&Date>) -> Found {
    let mut words = response.splitn(3, |&octet| octet == b' ').skip(1);
    let is_fetch = words
        .next()
        .is_some_and(|verb| verb.eq_ignore_ascii_case(b"FETCH"));
    let Some(attributes) = words.next().filter(|_| is_fetch) else {
        return Found::Nothing;
    };
    let found = strings(attributes).map(|header| likeness(&header, message_id, date));
    found.max().unwrap_or(Found::Nothing)
}

fn likeness(header: &[u8], message_id: &[u8], date: Option<&Date>) -> Found {
    if message_id::of(header).is_none_or(|body| *body != *message_id) {
        return Found::Nothing;
    }
    match date.zip(Date::of(header)) {
        Some((ours, theirs)) if *ours != theirs => Found::Namesake,
        _ => Found::Message,
    }
}

/// The quoted strings and literals.
fn strings(attributes: &[u8]) -> impl Iterator<Item = Cow<'_, [u8]>> {
    let mut rest = attributes;
    std::iter::from_fn(move || {
        loop {
            rest = rest.get(memchr2(b'"', b'{', rest)?..)?;
            let quoted = || {
                grammar::string(rest)
                    .ok()
                    .map(|(behind, text)| (behind, text.into_text()))
            };
            match literal(rest).or_else(quoted) {
                Some((behind, text)) => {
                    rest = behind;
                    return Some(text);
                }
                None => rest = rest.get(1..)?,
            }
        }
    })
}

/// The literal that begins here, whatever is in it, and what is behind it.
fn literal(octets: &[u8]) -> Option<(&[u8], Cow<'_, [u8]>)> {
    let announcement = octets
        .get(..octets.len().min(24))
        .filter(|octets| octets.starts_with(b"{"))?;
    let (line, _) = announcement.split_at_checked(memchr(b'\r', announcement)?)?;
    let size = usize::try_from(literal::announced(line)?.ok()?.octets).ok()?;
    let (text, behind) = octets.get(line.len() + 2..)?.split_at_checked(size)?;
    Some((behind, Cow::Borrowed(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(response: &str) -> bool {
        found(response.as_bytes(), b"<a@b>", None) == Found::Message
    }

    #[test]
    fn the_field_is_compared_whole() {
        let field = |body: &str| {
            let header = format!("Message-ID: {body}\r\n\r\n");
            format!(
                "3 FETCH (UID 7 BODY[HEADER.FIELDS (MESSAGE-ID)] {{{}}}\r\n{header})",
                header.len()
            )
        };
        for (body, held) in [
            ("<a@b>", true),
            (" \r\n <a@b> ", true),
            ("<a@b>x", false),
            ("<A@b>", false),
            ("", false),
        ] {
            assert_eq!(holds(&field(body)), held, "{body}");
        }
    }

    #[test]
    fn strings_are_found_in_any_order() {
        for (response, held) in [
            (
                "3 FETCH (BODY[HEADER.FIELDS (\"Message-ID\")] \"Message-ID: <a@b>\" UID 7)",
                true,
            ),
            ("3 fetch (X {2}\r\n{9 BODY[] {17}\r\nMessage-ID: <a@b>)", true),
            ("3 FETCH (X {1}\r\n\0 BODY[] {17}\r\nMessage-ID: <a@b>)", true),
            ("3 FETCH (FLAGS (\\Seen) BODY[] NIL UID 7)", false),
            ("3 FETCH (BODY[] {99}\r\nMessage-ID: <a@b>)", false),
            ("3 FETCH Message-ID: <a@b>", false),
            ("3 EXISTS \"Message-ID: <a@b>\"", false),
            ("FETCH", false),
            ("3 FETCH {{\"{\"", false),
        ] {
            assert_eq!(holds(response), held, "{response}");
        }
    }

    #[test]
    fn dates_are_compared_where_both_have_one() {
        let ours = Date::of(b"Date: 5 Nov 2025 10:00:00 +0100\r\n\r\n");
        let fetched = |date: &str| {
            let header = format!("{date}Message-ID: <a@b>\r\n\r\n");
            format!("3 FETCH (UID 7 BODY[] {{{}}}\r\n{header})", header.len())
        };
        for (date, ours, expected) in [
            ("Date: 5 Nov 2025 09:00:00 +0000\r\n", &ours, Found::Message),
            ("Date: 5 Nov 2025 10:00:00 +0000\r\n", &ours, Found::Namesake),
            ("Date: unknown\r\n", &ours, Found::Namesake),
            ("", &ours, Found::Message),
            ("Date: 5 Nov 2025 10:00:00 +0000\r\n", &None, Found::Message),
        ] {
            let found = found(fetched(date).as_bytes(), b"<a@b>", ours.as_ref());
            assert_eq!(found, expected, "{date}");
        }
        let other = found(fetched("").as_bytes(), b"<a@c>", ours.as_ref());
        assert_eq!(other, Found::Nothing);
    }
}
