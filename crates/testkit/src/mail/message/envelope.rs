//! ENVELOPE (RFC 3501 section 7.4.2).

use gatepost_imap::response::fetch::{Address, Envelope};
use gatepost_imap::types::Text;

use super::header;
use super::lexer::Lexer;

/// The envelope that `header` makes.
pub(crate) fn of(header: &[u8]) -> Envelope {
    let value = |name: &str| header::value(header, name);
    let addresses = |name: &str| addresses(&value(name).unwrap_or_default());
    let from = addresses("from");
    let or_from = |name: &str| match value(name) {
        Some(value) if !value.is_empty() => self::addresses(&value),
        _ => from.clone(),
    };
    Envelope {
        date: value("date").map(text),
        subject: value("subject").map(text),
        sender: or_from("sender"),
        reply_to: or_from("reply-to"),
        to: addresses("to"),
        cc: addresses("cc"),
        bcc: addresses("bcc"),
        in_reply_to: value("in-reply-to").map(text),
        message_id: value("message-id").map(text),
        from,
    }
}

/// The value of a field or a part of it, in which there is no NUL.
pub(super) fn text(octets: Vec<u8>) -> Text {
    Text::new(octets).unwrap_or_default()
}

/// The octets that end a word in an address list; the dot is left in words.
const SPECIALS: &[u8] = b"<>@,;:)[]\\";

/// `address-list` of RFC 5322 section 3.4, and whatever else a header holds.
fn addresses(value: &[u8]) -> Vec<Address> {
    let mut lexer = Lexer::new(value);
    let mut addresses = Vec::new();
    loop {
        let words = words(&mut lexer);
        match lexer.peek() {
            Some(b'<') => addresses.push(angle(&mut lexer, &words)),
            Some(b'@') => addresses.push(bare(&mut lexer, &words)),
            Some(b':') => addresses.push(Address {
                mailbox: Some(text(words.join(&b' '))),
                ..Address::default()
            }),
            _ if !words.is_empty() => addresses.push(bare(&mut lexer, &words)),
            Some(b';') => addresses.push(Address::default()),
            Some(_) => {}
            None => return addresses,
        }
        if matches!(lexer.peek(), Some(octet) if octet != b';' || words.is_empty()) {
            lexer.bump();
        }
        lexer.take_comment();
    }
}

fn words(lexer: &mut Lexer<'_>) -> Vec<Vec<u8>> {
    std::iter::from_fn(|| lexer.word(SPECIALS)).collect()
}

/// `[display-name] "<" addr-spec ">"`; a source route in it is skipped.
fn angle(lexer: &mut Lexer<'_>, name: &[Vec<u8>]) -> Address {
    lexer.bump();
    if lexer.peek() == Some(b'@') {
        while !matches!(lexer.peek(), None | Some(b':' | b'>')) {
            lexer.bump();
        }
        lexer.accept(b':');
    }
    let local = words(lexer);
    let address = Address {
        name: Some(text(name.join(&b' '))).filter(|name| !name.is_empty()),
        ..spec(lexer, &local)
    };
    while !matches!(lexer.peek(), None | Some(b'>' | b',')) {
        lexer.bump();
    }
    address
}

/// `addr-spec`, the name of which may stand in a comment behind it.
fn bare(lexer: &mut Lexer<'_>, local: &[Vec<u8>]) -> Address {
    lexer.take_comment();
    let address = spec(lexer, local);
    lexer.peek();
    Address {
        name: lexer.take_comment().map(|comment| text(comment.to_vec())),
        ..address
    }
}

/// What follows a local part: `"@" domain`. A missing domain is empty, as NIL would make it a group.
fn spec(lexer: &mut Lexer<'_>, local: &[Vec<u8>]) -> Address {
    let host = if lexer.accept(b'@') {
        domain(lexer)
    } else {
        Vec::new()
    };
    Address::new(text(local.concat()), text(host))
}

/// `domain = dot-atom / domain-literal`
fn domain(lexer: &mut Lexer<'_>) -> Vec<u8> {
    if !lexer.accept(b'[') {
        return lexer.word(SPECIALS).unwrap_or_default();
    }
    let inside = lexer.word(b"]").unwrap_or_default();
    lexer.accept(b']');
    [b"[", &inside[..], b"]"].concat()
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use bytes::BytesMut;
    use gatepost_imap::Response;
    use gatepost_imap::response::fetch::{Fetch, Item};
    use gatepost_imap::types::NonEmpty;

    use super::*;

    /// The envelope of this header as FETCH tells it.
    fn envelope(header: &str) -> String {
        let item = Item::Envelope(Box::new(of(header.as_bytes())));
        let mut out = BytesMut::new();
        Response::Fetch(Fetch {
            number: NonZeroU32::MIN,
            items: NonEmpty::of(item),
        })
        .encode(&mut out);
        let line = String::from_utf8(out.to_vec()).unwrap();
        let told = line.strip_prefix("* 1 FETCH (ENVELOPE ").unwrap();
        told.strip_suffix(")\r\n").unwrap().to_owned()
    }

    /// The addresses of Bcc, which nothing else depends on.
    fn list(value: &str) -> String {
        let told = envelope(&format!("Bcc: {value}\r\n\r\n"));
        let told = told.strip_prefix("(NIL NIL NIL NIL NIL NIL NIL ").unwrap();
        told.strip_suffix(" NIL NIL)").unwrap().to_owned()
    }

    #[test]
    fn the_example_of_rfc_3501() {
        let header = "Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\r\nFrom: Terry Gray <gray@cac.washington.edu>\r\n\
            Subject: IMAP4rev1 WG mtg summary and minutes\r\nTo: imap@cac.washington.edu\r\n\
            cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>\r\n\
            Message-Id: <B27397-0100000@cac.washington.edu>\r\n\r\n";
        let gray = "((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\"))";
        let expected = format!(
            "(\"Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\" \"IMAP4rev1 WG mtg summary and minutes\" {gray} {gray} {gray} \
             ((NIL NIL \"imap\" \"cac.washington.edu\")) ((NIL NIL \"minutes\" \"CNRI.Reston.VA.US\")\
             (\"John Klensin\" NIL \"KLENSIN\" \"MIT.EDU\")) NIL NIL \"<B27397-0100000@cac.washington.edu>\")"
        );
        assert_eq!(envelope(header), expected);
    }

    #[test]
    fn names_in_quotes_and_in_comments() {
        assert_eq!(
            list("\"Smith, J.\" <j.smith@example.org>"),
            "((\"Smith, J.\" NIL \"j.smith\" \"example.org\"))"
        );
        assert_eq!(
            list("bob@example.org (Bob B)"),
            "((\"Bob B\" NIL \"bob\" \"example.org\"))"
        );
        assert_eq!(
            list("<@relay:bob@[127.0.0.1]>"),
            "((NIL NIL \"bob\" \"[127.0.0.1]\"))"
        );
        assert_eq!(list("bob"), "((NIL NIL \"bob\" \"\"))");
    }

    #[test]
    fn groups_have_a_beginning_and_an_end() {
        assert_eq!(
            list("Team: a@x, b@y;"),
            "((NIL NIL \"Team\" NIL)(NIL NIL \"a\" \"x\")(NIL NIL \"b\" \"y\")(NIL NIL NIL NIL))"
        );
        assert_eq!(
            list("undisclosed-recipients:;"),
            "((NIL NIL \"undisclosed-recipients\" NIL)(NIL NIL NIL NIL))"
        );
    }

    #[test]
    fn malformed_lists_end() {
        for value in [
            "",
            "<",
            "<<<",
            ">>",
            "@",
            "a@",
            "<a@b",
            ",,,",
            ";;",
            ":",
            "[[",
            "(((",
            "\"",
            "a@b c@d <e",
            "\\",
        ] {
            assert!(list(value).len() < 120, "{value}");
        }
    }
}
