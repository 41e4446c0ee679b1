use bytes::{Bytes, BytesMut};

use super::*;
use crate::parse::{Allowance, Cursor, ErrorKind, Forgiven, Leniency, Options};
use crate::types::Text;
use crate::write::Writer;

fn read_with(octets: &str, leniency: Leniency) -> Result<(BodyStructure, Forgiven), (ErrorKind, usize)> {
    let options = Options {
        leniency,
        ..Options::default()
    };
    let octets = Bytes::copy_from_slice(octets.as_bytes());
    let mut cursor = Cursor::new((&octets).into(), options);
    match cursor.body().and_then(|body| cursor.end().map(|()| body)) {
        Ok(body) => Ok((body, cursor.parsed(()).forgiven)),
        Err(_) => {
            let error = cursor.error(None);
            Err((error.kind, error.offset))
        }
    }
}

fn read(octets: &str) -> BodyStructure {
    read_with(octets, Leniency::STRICT).unwrap().0
}

fn written(body: &BodyStructure, extensions: Extensions) -> String {
    let mut out = BytesMut::new();
    write_body(body, extensions, &mut Writer::server(&mut out));
    String::from_utf8(out.to_vec()).unwrap()
}

/// RFC 3501 section 7.4.2 and RFC 9051 section 7.5.2.
const TEXT: &str = "(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 2279 48)";
const MIXED: &str = "((\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 1152 23)\
     (\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\" \"NAME\" \"cc.diff\") \
     \"<960723163407.20117h@cac.washington.edu>\" \"Compiler diff\" \"BASE64\" 4554 73) \"MIXED\")";

#[test]
fn a_text_of_the_rfc() {
    let body = read(TEXT);
    let root = body.root();
    assert!(root.is("text", "plain") && !root.is_multipart());
    assert_eq!(root.parameter("charset").unwrap(), "US-ASCII");
    let fields = root.fields().unwrap();
    assert_eq!((&fields.encoding, fields.octets), (&Encoding::SevenBit, 2279));
    assert!(matches!(root.media, Media::Text { lines: 48, .. }));
    assert_eq!(written(&body, Extensions::Present), TEXT);
    let all = TEXT.replace(')', "").replacen('(', "", 2);
    assert_eq!(
        written(&body, Extensions::All),
        format!("({all} NIL NIL NIL NIL)").replace("\"CHARSET\" \"US-ASCII\"", "(\"CHARSET\" \"US-ASCII\")")
    );
}

#[test]
fn a_multipart_of_the_rfc() {
    let body = read(MIXED);
    assert_eq!(written(&body, Extensions::Present), MIXED);
    let second = body.part("2").unwrap();
    let fields = second.fields().unwrap();
    assert_eq!(second.file_name().unwrap(), "cc.diff");
    assert_eq!(
        fields.id.as_ref().unwrap(),
        "<960723163407.20117h@cac.washington.edu>"
    );
    assert_eq!(fields.description.as_ref().unwrap(), "Compiler diff");
    assert_eq!((&fields.encoding, fields.octets), (&Encoding::Base64, 4554));
    assert!(body.root().is("multipart", "mixed"));
    assert_eq!(body.root().parts().count(), 2);
    for none in ["0", "3", "1.1", "1.2", "", "2.MIME"] {
        assert_eq!(body.part(none), None, "{none}");
    }
}
