//! Whether a message that was found is the one.

use super::Date;
use crate::message_id;
use crate::response::Response;
use crate::response::fetch::{Data, Item};
use crate::types::{Token, Tokens};

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
/// The header is the only string that was asked for, so all strings are looked at, whatever stands before them.
pub(super) fn found(response: &Response, message_id: &[u8], date: Option<&Date>) -> Found {
    let likeness = |header: &[u8]| likeness(header, message_id, date);
    match response {
        Response::Fetch(fetch) => {
            let found = fetch.items.iter().map(|item| match item {
                Item::BodySection { data, .. }
                | Item::Rfc822(data)
                | Item::Rfc822Header(data)
                | Item::Rfc822Text(data) => match data {
                    Some(Data::Here(octets)) => likeness(octets),
                    _ => Found::Nothing,
                },
                Item::Other(other) => among(other.value().tokens(), likeness),
                Item::Unreadable(item) => among(item.value().tokens(), likeness),
                _ => Found::Nothing,
            });
            found.max().unwrap_or(Found::Nothing)
        }
        Response::Other(other) if other.number().is_some() && other.name().eq_ignore_ascii_case("FETCH") => {
            among(other.arguments().tokens(), likeness)
        }
        _ => Found::Nothing,
    }
}

/// What the best of the strings is.
fn among(tokens: Tokens, likeness: impl Fn(&[u8]) -> Found) -> Found {
    let found = tokens.map(|token| match token {
        Token::String(text) => likeness(&text),
        Token::Literal(octets) => likeness(&octets),
        _ => Found::Nothing,
    });
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

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(response: &str, message_id: &[u8], date: Option<&Date>) -> Found {
        let response = crate::filing::tests::heard(response).unwrap();
        found(&response, message_id, date)
    }

    fn holds(response: &str) -> bool {
        heard(response, b"<a@b>", None) == Found::Message
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
            let found = heard(&fetched(date), b"<a@b>", ours.as_ref());
            assert_eq!(found, expected, "{date}");
        }
        let other = heard(&fetched(""), b"<a@c>", ours.as_ref());
        assert_eq!(other, Found::Nothing);
    }
}
