//! ENVELOPE (RFC 3501 section 7.4.2).

use bytes::{BufMut as _, BytesMut};

use super::header;
use super::lexer::Lexer;
use super::quote;

/// Appends the envelope that `header` makes.
pub(crate) fn write(out: &mut BytesMut, header: &[u8]) {
    let text = |name: &str| header::value(header, name);
    let from = text("from");
    let or_from = |name: &str| {
        text(name)
            .filter(|value| !value.is_empty())
            .or_else(|| from.clone())
    };
    out.put_u8(b'(');
    quote::nstring(out, text("date").as_deref());
    out.put_u8(b' ');
    quote::nstring(out, text("subject").as_deref());
    for list in [
        from.clone(),
        or_from("sender"),
        or_from("reply-to"),
        text("to"),
        text("cc"),
        text("bcc"),
    ] {
        out.put_u8(b' ');
        write_addresses(out, &parse_addresses(&list.unwrap_or_default()));
    }
    out.put_u8(b' ');
    quote::nstring(out, text("in-reply-to").as_deref());
    out.put_u8(b' ');
    quote::nstring(out, text("message-id").as_deref());
    out.put_u8(b')');
}

/// `address = "(" addr-name SP addr-adl SP addr-mailbox SP addr-host ")"`; without a host it begins a group, without
/// a mailbox too it ends one.
#[derive(Debug, Default, PartialEq, Eq)]
struct Address {
    name: Option<Vec<u8>>,
    mailbox: Option<Vec<u8>>,
    host: Option<Vec<u8>>,
}

fn write_addresses(out: &mut BytesMut, addresses: &[Address]) {
    if addresses.is_empty() {
        return out.extend_from_slice(b"NIL");
    }
    out.put_u8(b'(');
    for address in addresses {
        out.put_u8(b'(');
        quote::nstring(out, address.name.as_deref());
        out.extend_from_slice(b" NIL ");
        quote::nstring(out, address.mailbox.as_deref());
        out.put_u8(b' ');
        quote::nstring(out, address.host.as_deref());
        out.put_u8(b')');
    }
    out.put_u8(b')');
}

/// The octets that end a word in an address list; the dot is left in words.
const SPECIALS: &[u8] = b"<>@,;:)[]\\";

/// `address-list` of RFC 5322 section 3.4, and whatever else a header holds.
fn parse_addresses(value: &[u8]) -> Vec<Address> {
    let mut lexer = Lexer::new(value);
    let mut addresses = Vec::new();
    loop {
        let words = words(&mut lexer);
        match lexer.peek() {
            Some(b'<') => addresses.push(angle(&mut lexer, &words)),
            Some(b'@') => addresses.push(bare(&mut lexer, &words)),
            Some(b':') => addresses.push(Address {
                mailbox: Some(words.join(&b' ')),
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
        name: Some(name.join(&b' ')).filter(|name| !name.is_empty()),
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
        name: lexer.take_comment().map(<[u8]>::to_vec),
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
    Address {
        name: None,
        mailbox: Some(local.concat()),
        host: Some(host),
    }
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
    use super::*;

    fn list(value: &str) -> String {
        let mut out = BytesMut::new();
        write_addresses(&mut out, &parse_addresses(value.as_bytes()));
        String::from_utf8(out.to_vec()).unwrap()
    }

    #[test]
    fn the_example_of_rfc_3501() {
        let header =
            b"Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\r\nFrom: Terry Gray <gray@cac.washington.edu>\r\n\
            Subject: IMAP4rev1 WG mtg summary and minutes\r\nTo: imap@cac.washington.edu\r\n\
            cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>\r\n\
            Message-Id: <B27397-0100000@cac.washington.edu>\r\n\r\n";
        let mut out = BytesMut::new();
        write(&mut out, header);
        let gray = "((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\"))";
        let expected = format!(
            "(\"Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\" \"IMAP4rev1 WG mtg summary and minutes\" {gray} {gray} {gray} \
             ((NIL NIL \"imap\" \"cac.washington.edu\")) ((NIL NIL \"minutes\" \"CNRI.Reston.VA.US\")\
             (\"John Klensin\" NIL \"KLENSIN\" \"MIT.EDU\")) NIL NIL \"<B27397-0100000@cac.washington.edu>\")"
        );
        assert_eq!(String::from_utf8(out.to_vec()).unwrap(), expected);
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
