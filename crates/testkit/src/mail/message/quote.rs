//! Strings as a server writes them (RFC 3501 section 4.3).

use std::io::Write as _;

use bytes::{BufMut as _, BytesMut};

/// Longer strings are sent as literals.
const QUOTED: usize = 1024;

/// `string = quoted / literal`: quoted if it is short and plain ASCII.
pub(crate) fn string(out: &mut BytesMut, text: &[u8]) {
    let plain = |octet: &u8| matches!(octet, b' '..=b'~');
    if text.len() > QUOTED || !text.iter().all(plain) {
        return literal(out, text);
    }
    out.put_u8(b'"');
    for &octet in text {
        if matches!(octet, b'"' | b'\\') {
            out.put_u8(b'\\');
        }
        out.put_u8(octet);
    }
    out.put_u8(b'"');
}

/// `nstring = string / nil`
pub(crate) fn nstring(out: &mut BytesMut, text: Option<&[u8]>) {
    match text {
        Some(text) => string(out, text),
        None => out.extend_from_slice(b"NIL"),
    }
}

/// `astring`: an atom where that is possible.
pub(crate) fn astring(out: &mut BytesMut, text: &[u8]) {
    let plain = |octet: &u8| octet.is_ascii_alphanumeric() || b"-_./".contains(octet);
    if !text.is_empty() && text.iter().all(plain) && !text.eq_ignore_ascii_case(b"NIL") {
        return out.extend_from_slice(text);
    }
    string(out, text);
}

fn literal(out: &mut BytesMut, text: &[u8]) {
    announce(out, text.len());
    out.extend_from_slice(text);
}

/// `"{" number "}" CRLF`: the octets of the literal follow.
pub(crate) fn announce(out: &mut BytesMut, octets: usize) {
    let _ = write!(out.writer(), "{{{octets}}}\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: fn(&mut BytesMut, &[u8]), text: &[u8]) -> Vec<u8> {
        let mut out = BytesMut::new();
        write(&mut out, text);
        out.to_vec()
    }

    #[test]
    fn only_plain_text_is_quoted() {
        assert_eq!(written(string, b""), b"\"\"");
        assert_eq!(written(string, b"a \"b\" \\"), b"\"a \\\"b\\\" \\\\\"");
        assert_eq!(written(string, b"a\r\n"), b"{3}\r\na\r\n");
        assert_eq!(written(string, "ü".as_bytes()), "{2}\r\nü".as_bytes());
        assert!(written(string, &[b'x'; QUOTED + 1]).starts_with(b"{1025}\r\n"));
    }

    #[test]
    fn atoms_where_possible() {
        assert_eq!(written(astring, b"INBOX"), b"INBOX");
        assert_eq!(written(astring, b"Sent Messages"), b"\"Sent Messages\"");
        assert_eq!(written(astring, b"nil"), b"\"nil\"");
        assert_eq!(written(astring, b""), b"\"\"");
    }
}
