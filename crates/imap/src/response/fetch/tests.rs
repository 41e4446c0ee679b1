use bytes::{Bytes, BytesMut};

use super::*;
use crate::parse::{Forgiven, Leniency, Options};

fn read_with(octets: &[u8], leniency: Leniency) -> Result<(Vec<Item>, Forgiven), (usize, &'static str)> {
    let options = Options {
        leniency,
        ..Options::default()
    };
    let octets = Bytes::copy_from_slice(octets);
    let mut cursor = Cursor::new((&octets).into(), options);
    let fetch = cursor
        .fetch(NonZeroU32::MIN)
        .and_then(|fetch| cursor.end().map(|()| fetch));
    match fetch {
        Ok(fetch) => Ok((fetch.items.into_vec(), cursor.parsed(()).forgiven)),
        Err(_) => {
            let error = cursor.error(None);
            Err((error.offset, error.expected))
        }
    }
}

fn read(octets: &[u8]) -> Vec<Item> {
    read_with(octets, Leniency::STRICT).unwrap().0
}

fn written(items: Vec<Item>) -> Vec<u8> {
    let mut out = BytesMut::new();
    let items = NonEmpty::new(items).unwrap();
    let number = NonZeroU32::MIN;
    Fetch { number, items }.write(&mut Writer::server(&mut out));
    out.to_vec()
}

#[test]
fn items_are_written_as_they_were() {
    for items in [
        &b"(FLAGS () UID 4827313)"[..],
        b"(FLAGS (\\Seen \\Recent $Junk) RFC822.SIZE 44827)",
        b"(INTERNALDATE \"17-Jul-1996 02:44:25 -0700\")",
        b"(BODY[1.2.HEADER.FIELDS (From \"a b\")]<5> {2}\r\n\r\n UID 1)",
        b"(BODY[] NIL BODY[2] \"\" BINARY[1]<0> ~{2}\r\n\0a BINARY.SIZE[] 5)",
        b"(RFC822 {1}\r\na RFC822.HEADER NIL RFC822.TEXT \"\")",
        b"(MODSEQ (624140003) EMAILID (M6d99ac3275bb4e) THREADID (T64b478a75b7ea9) THREADID NIL)",
        b"(PREVIEW \"This is the first line\" SAVEDATE NIL SAVEDATE \" 1-Jan-2019 02:44:25 -0700\" PREVIEW NIL)",
        b"(X-GM-MSGID 1278455344230334865 X-GM-THRID 1266894439832287888 X-GM-LABELS (\"\\\\Inbox\" \"Muy Importante\" x))",
        b"(X-ANY[a (b)]<0> (1 (\"2\")) Y 3)",
    ] {
        let octets = written(read(items));
        assert_eq!(octets.escape_ascii().to_string(), items.escape_ascii().to_string());
    }
}
