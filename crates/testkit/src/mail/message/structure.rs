//! BODY and BODYSTRUCTURE (RFC 3501 section 7.4.2).

use gatepost_imap::response::fetch::{self, Body, BodyFields, BodyStructure, Encoding, Media, MessageType};

use super::envelope::text;
use super::media::{self, Disposition};
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

/// The structure of the message `octets`, whose parts are `tree`.
pub(crate) fn of(octets: &[u8], tree: &Tree, detail: Detail) -> Option<BodyStructure> {
    Reader { octets, tree, detail }.part(0)
}

struct Reader<'a> {
    octets: &'a [u8],
    tree: &'a Tree,
    detail: Detail,
}

impl Reader<'_> {
    /// Calls itself for the parts of a part: as deep as [`Tree`] lets them nest.
    fn part(&self, index: usize) -> Option<BodyStructure> {
        let part = self.tree.part(index)?;
        let header = self.header(part);
        let children: &[usize] = match &part.content {
            Content::Leaf => &[],
            Content::Message(child) => std::slice::from_ref(child),
            Content::Multipart(children) => children,
        };
        let mut body = Body::new(self.media(part, header)?);
        body.parameters = parameters(&part.media.parameters);
        if self.detail == Detail::Extended {
            extend(&mut body, header);
        }
        let parts = children.iter().filter_map(|&child| self.part(child));
        BodyStructure::new(body, parts).ok()
    }

    fn header(&self, part: &Part) -> &[u8] {
        self.octets.get(part.header.clone()).unwrap_or_default()
    }

    fn media(&self, part: &Part, header: &[u8]) -> Option<Media> {
        let subtype = text(part.media.subtype.clone());
        let lines = part.lines as u64;
        let fields = self.fields(part, header);
        Some(match part.content {
            Content::Multipart(_) => Media::Multipart { subtype },
            Content::Message(child) => Media::Message {
                message: MessageType::Rfc822,
                envelope: Box::new(envelope::of(self.header(self.tree.part(child)?))),
                lines,
                fields,
            },
            Content::Leaf if part.media.is_kind("text") => Media::Text {
                subtype,
                lines,
                fields,
            },
            Content::Leaf => Media::Other {
                media_type: fetch::MediaType::new(text(part.media.kind.clone()), subtype).ok()?,
                fields,
            },
        })
    }

    fn fields(&self, part: &Part, header: &[u8]) -> BodyFields {
        let value = |name: &str| header::value(header, name).map(text);
        let encoding = value("content-transfer-encoding").filter(|encoding| !encoding.is_empty());
        BodyFields {
            id: value("content-id"),
            description: value("content-description"),
            encoding: encoding.map(Encoding::new).unwrap_or_default(),
            octets: u32::try_from(part.body.len()).unwrap_or(u32::MAX),
            md5: value("content-md5").filter(|_| self.detail == Detail::Extended),
        }
    }
}

/// `body-ext-1part` and `body-ext-mpart`, what both have.
fn extend(body: &mut Body, header: &[u8]) {
    let value = |name: &str| header::value(header, name);
    let disposition = value("content-disposition").and_then(|value| Disposition::parse(&value));
    body.disposition = disposition.map(|disposition| fetch::Disposition {
        kind: text(disposition.kind),
        parameters: parameters(&disposition.parameters),
    });
    body.language = value("content-language").map(text).into_iter().collect();
    body.location = value("content-location").map(text);
}

fn parameters(parameters: &[media::Parameter]) -> Vec<fetch::Parameter> {
    let parameters = parameters.iter().cloned();
    let parameters = parameters.map(|(name, value)| fetch::Parameter {
        name: text(name),
        value: text(value),
    });
    parameters.collect()
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use bytes::BytesMut;
    use gatepost_imap::Response;
    use gatepost_imap::response::fetch::{Fetch, Item};
    use gatepost_imap::types::NonEmpty;

    use super::*;

    fn structure(message: &[u8], detail: Detail) -> String {
        let structure = of(message, &Tree::parse(message), detail).unwrap();
        let item = match detail {
            Detail::Basic => Item::Body(structure),
            Detail::Extended => Item::BodyStructure(structure),
        };
        let mut out = BytesMut::new();
        Response::Fetch(Fetch {
            number: NonZeroU32::MIN,
            items: NonEmpty::of(item),
        })
        .encode(&mut out);
        let line = String::from_utf8(out.to_vec()).unwrap();
        let (_, told) = line.split_once(" (BODY").unwrap();
        let (_, told) = told.split_once(' ').unwrap();
        told.strip_suffix(")\r\n").unwrap().to_owned()
    }

    #[test]
    fn text_alone() {
        let message = b"Content-Type: TEXT/PLAIN; CHARSET=US-ASCII\r\n\r\none\r\ntwo\r\n";
        let basic = r#"("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 10 2"#;
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
            r#"(("TEXT" "plain" ("charset" "us-ascii") NIL NIL "7BIT" 2 0 NIL NIL NIL NIL)"#,
            r#"("application" "pdf" ("name" "a b.pdf") "<1@x>" NIL "BASE64" 4 NIL ("attachment" ("filename" "a b.pdf")) NIL NIL)"#,
            r#" "mixed" ("boundary" "b") NIL NIL NIL)"#,
        );
        assert_eq!(structure(message, Detail::Extended), expected);
    }

    #[test]
    fn a_message_in_a_message() {
        let message = b"Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nhello\r\n";
        let expected = concat!(
            r#"("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 25 (NIL "inner" NIL NIL NIL NIL NIL NIL NIL NIL)"#,
            r#" ("TEXT" "plain" ("charset" "us-ascii") NIL NIL "7BIT" 7 1) 3)"#,
        );
        assert_eq!(structure(message, Detail::Basic), expected);
    }
}
