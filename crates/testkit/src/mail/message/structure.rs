//! BODY and BODYSTRUCTURE (RFC 3501 section 7.4.2).

use std::io::Write as _;

use bytes::{BufMut as _, BytesMut};

use super::media::{Disposition, MediaType, Parameter};
use super::quote;
use super::tree::{Content, Part, Tree};
use super::{envelope, header};

/// Which of the two is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    /// BODY: no extension data.
    Basic,
    /// BODYSTRUCTURE: with MD5, disposition, language and location.
    Extended,
}

/// Appends the structure of the message `octets`, whose parts are `tree`.
pub(crate) fn write(out: &mut BytesMut, octets: &[u8], tree: &Tree, detail: Detail) {
    Writer { octets, tree, detail }.part(out, 0);
}

struct Writer<'a> {
    octets: &'a [u8],
    tree: &'a Tree,
    detail: Detail,
}

impl Writer<'_> {
    /// Calls itself for the parts of a part: as deep as [`Tree`] lets them nest.
    fn part(&self, out: &mut BytesMut, index: usize) {
        let Some(part) = self.tree.part(index) else {
            return;
        };
        let header = self.octets.get(part.header.clone()).unwrap_or_default();
        out.put_u8(b'(');
        match &part.content {
            Content::Multipart(children) => self.multipart(out, children, &part.media),
            Content::Message(child) => self.message(out, header, part, *child),
            Content::Leaf => leaf(out, header, part),
        }
        if self.detail == Detail::Extended {
            extension(out, header, part);
        }
        out.put_u8(b')');
    }

    /// `body-type-mpart = 1*body SP media-subtype`
    fn multipart(&self, out: &mut BytesMut, children: &[usize], media: &MediaType) {
        for &child in children {
            self.part(out, child);
        }
        out.put_u8(b' ');
        quote::string(out, &media.subtype);
    }

    /// `body-type-msg = media-message SP body-fields SP envelope SP body SP body-fld-lines`
    fn message(&self, out: &mut BytesMut, header: &[u8], part: &Part, child: usize) {
        fields(out, header, part);
        out.put_u8(b' ');
        let inner = self
            .tree
            .part(child)
            .and_then(|part| self.octets.get(part.header.clone()));
        envelope::write(out, inner.unwrap_or_default());
        out.put_u8(b' ');
        self.part(out, child);
        let _ = write!(out.writer(), " {}", part.lines);
    }
}

/// `body-type-basic / body-type-text`: text has its number of lines.
fn leaf(out: &mut BytesMut, header: &[u8], part: &Part) {
    fields(out, header, part);
    if part.media.is_kind("text") {
        let _ = write!(out.writer(), " {}", part.lines);
    }
}

/// `media-type SP media-subtype SP body-fields`
fn fields(out: &mut BytesMut, header: &[u8], part: &Part) {
    quote::string(out, &part.media.kind);
    out.put_u8(b' ');
    quote::string(out, &part.media.subtype);
    out.put_u8(b' ');
    parameters(out, &part.media.parameters);
    for name in ["content-id", "content-description"] {
        out.put_u8(b' ');
        quote::nstring(out, header::value(header, name).as_deref());
    }
    out.put_u8(b' ');
    let encoding = header::value(header, "content-transfer-encoding").filter(|encoding| !encoding.is_empty());
    quote::string(out, encoding.as_deref().unwrap_or(b"7bit"));
    let _ = write!(out.writer(), " {}", part.body.len());
}

/// `body-ext-1part` and `body-ext-mpart`: they differ in the first item, MD5 or parameters.
fn extension(out: &mut BytesMut, header: &[u8], part: &Part) {
    out.put_u8(b' ');
    match part.content {
        Content::Multipart(_) => parameters(out, &part.media.parameters),
        _ => quote::nstring(out, header::value(header, "content-md5").as_deref()),
    }
    out.put_u8(b' ');
    disposition(out, header);
    for name in ["content-language", "content-location"] {
        out.put_u8(b' ');
        quote::nstring(out, header::value(header, name).as_deref());
    }
}

/// `body-fld-dsp = "(" string SP body-fld-param ")" / nil`
fn disposition(out: &mut BytesMut, header: &[u8]) {
    let field = header::value(header, "content-disposition");
    let Some(disposition) = field.and_then(|value| Disposition::parse(&value)) else {
        return out.extend_from_slice(b"NIL");
    };
    out.put_u8(b'(');
    quote::string(out, &disposition.kind);
    out.put_u8(b' ');
    parameters(out, &disposition.parameters);
    out.put_u8(b')');
}

/// `body-fld-param = "(" string SP string *(SP string SP string) ")" / nil`
fn parameters(out: &mut BytesMut, parameters: &[Parameter]) {
    if parameters.is_empty() {
        return out.extend_from_slice(b"NIL");
    }
    let mut before = b'(';
    for (attribute, value) in parameters {
        out.put_u8(before);
        quote::string(out, attribute);
        out.put_u8(b' ');
        quote::string(out, value);
        before = b' ';
    }
    out.put_u8(b')');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn structure(message: &[u8], detail: Detail) -> String {
        let mut out = BytesMut::new();
        write(&mut out, message, &Tree::parse(message), detail);
        String::from_utf8(out.to_vec()).unwrap()
    }

    #[test]
    fn text_alone() {
        let message = b"Content-Type: TEXT/PLAIN; CHARSET=US-ASCII\r\n\r\none\r\ntwo\r\n";
        let basic = r#"("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7bit" 10 2"#;
        assert_eq!(structure(message, Detail::Basic), format!("{basic})"));
        assert_eq!(
            structure(message, Detail::Extended),
            format!("{basic} NIL NIL NIL NIL)")
        );
    }

    #[test]
    fn an_attachment_beside_text() {
        let message = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhi\r\n--b\r\n\
            Content-Type: application/pdf; name=\"a b.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\
            Content-Disposition: attachment; filename=\"a b.pdf\"\r\nContent-ID: <1@x>\r\n\r\nAAAA\r\n--b--\r\n";
        let expected = concat!(
            r#"(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 2 0 NIL NIL NIL NIL)"#,
            r#"("application" "pdf" ("name" "a b.pdf") "<1@x>" NIL "base64" 4 NIL ("attachment" ("filename" "a b.pdf")) NIL NIL)"#,
            r#" "mixed" ("boundary" "b") NIL NIL NIL)"#,
        );
        assert_eq!(structure(message, Detail::Extended), expected);
    }

    #[test]
    fn a_message_in_a_message() {
        let message = b"Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nhello\r\n";
        let expected = concat!(
            r#"("message" "rfc822" NIL NIL NIL "7bit" 25 (NIL "inner" NIL NIL NIL NIL NIL NIL NIL NIL)"#,
            r#" ("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 7 1) 3)"#,
        );
        assert_eq!(structure(message, Detail::Basic), expected);
    }
}
