//! Whether a message that was found is the one.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

use crate::frame::literal;
use crate::{grammar, message_id};

/// What is asked of the hits.
pub(super) const ITEMS: &str = "(UID BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])";

/// Whether `response` is a FETCH response that holds a header with this Message-ID.
///
/// ```abnf
/// message-data = nz-number SP "FETCH" SP msg-att          ; RFC 3501 section 9
/// msg-att-static =/ "BODY" section ["<" number ">"] SP nstring
/// ```
/// The header is the only string that was asked for, so all strings are looked at, whatever stands before them.
pub(super) fn holds(response: &[u8], message_id: &[u8]) -> bool {
    let mut words = response.splitn(3, |&octet| octet == b' ').skip(1);
    let is_fetch = words
        .next()
        .is_some_and(|verb| verb.eq_ignore_ascii_case(b"FETCH"));
    let Some(attributes) = words.next().filter(|_| is_fetch) else {
        return false;
    };
    strings(attributes).any(|text| message_id::of(&text).is_some_and(|body| *body == *message_id))
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
            assert_eq!(holds(field(body).as_bytes(), b"<a@b>"), held, "{body}");
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
            assert_eq!(holds(response.as_bytes(), b"<a@b>"), held, "{response}");
        }
    }
}
