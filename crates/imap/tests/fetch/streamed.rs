//! Literals that the framer streamed.

use bytes::BytesMut;
use gatepost_imap::frame::{Gap, Outline, Part, Streaming};
use gatepost_imap::parse::{ErrorKind, Options, Source};
use gatepost_imap::response::fetch::{Data, Item};
use gatepost_imap::response::{self, Response};
use gatepost_imap::{Frame, Framer, Limit, Limits};
use gatepost_wire::Input;
use proptest::prelude::*;

use crate::arbitrary::{any_text, response};
use crate::fetched;

/// The outline of a message whose literals of more than 3 octets are streamed.
fn outline(octets: &[u8]) -> Outline {
    let streaming = Streaming {
        above: 3,
        ..Streaming::default()
    };
    let mut framer = Framer::responses(Limits::AFTER_LOGIN).streaming(streaming);
    let mut input = Input::new(1024);
    input.feed(octets).unwrap();
    loop {
        match framer.next(&mut input).unwrap() {
            Some(Frame::Part(Part::Close { outline, .. })) => return *outline,
            Some(Frame::Part(_)) => {}
            other => panic!("{other:?}"),
        }
    }
}

fn read(octets: &[u8]) -> Result<Response, (ErrorKind, usize)> {
    let outline = outline(octets);
    let octets = outline.octets.freeze();
    let source = Source::Outline {
        octets: &octets,
        gaps: &outline.gaps,
    };
    match response::parse_with(source, &Options::default()) {
        Ok(parsed) => Ok(parsed.value),
        Err(error) => Err((error.kind, error.offset)),
    }
}

const LINE: &[u8] = b"* 2 FETCH (BODY[1] {5}\r\nhello BODY[2] {3}\r\nyou UID 7 BINARY[3] ~{4}\r\na\0b))\r\n";

#[test]
fn streamed_literals_are_known_to_be_elsewhere() {
    let items = fetched(read(LINE).unwrap()).items;
    let data = |item: &Item| match item {
        Item::BodySection { data, .. } | Item::Binary { data, .. } => data.clone().unwrap(),
        _ => panic!(),
    };
    assert_eq!(data(&items[0]), Data::Streamed { octets: 5 });
    assert_eq!(data(&items[1]), Data::Here("you".into()));
    assert!(matches!(items[2], Item::Uid(_)));
    assert_eq!(data(&items[3]), Data::Streamed { octets: 4 });
    assert_eq!((data(&items[0]).octets(), data(&items[1]).octets()), (5, 3));
}

#[test]
fn they_are_announced_where_they_have_to_be_put() {
    let response = read(LINE).unwrap();
    let mut out = BytesMut::from("before ");
    let gaps = response.encode_streamed(&mut out);
    assert_eq!(
        out,
        &b"before * 2 FETCH (BODY[1] {5}\r\n BODY[2] {3}\r\nyou UID 7 BINARY[3] ~{4}\r\n)\r\n"[..]
    );
    assert_eq!(
        gaps,
        [
            Gap {
                offset: 31,
                octets: 5
            },
            Gap {
                offset: 71,
                octets: 4
            }
        ]
    );
    let mut whole = out.split_to(gaps[0].offset).to_vec();
    whole.extend_from_slice(b"hello");
    whole.extend_from_slice(&out.split_to(gaps[1].offset - gaps[0].offset));
    whole.extend_from_slice(b"a\0b)");
    whole.extend_from_slice(&out);
    assert_eq!(whole, [b"before ", LINE].concat());
}

#[test]
fn what_is_streamed_can_be_nothing_else() {
    let too_large = |line: &[u8]| {
        let (kind, _) = read(line).unwrap_err();
        assert_eq!(kind, ErrorKind::Limit(Limit::Literal), "{}", line.escape_ascii());
    };
    too_large(b"* 2 FETCH (ENVELOPE ({5}\r\nhello NIL NIL NIL NIL NIL NIL NIL NIL NIL))\r\n");
    too_large(b"* 2 FETCH (X-ANY {5}\r\nhello UID 7)\r\n");
    too_large(b"* 2 FETCH (X-ANY ({5}\r\nhello UID 7))\r\n");
    too_large(b"* 2 FETCH (PREVIEW {5}\r\nhello)\r\n");
    too_large(b"* XYZZY {5}\r\nhello\r\n");
    // The last one that is here is no mistake.
    assert!(read(b"* 2 FETCH (X-ANY {3}\r\nyou BODY[] {5}\r\nhello)\r\n").is_ok());
}

proptest! {
    /// No text of these responses is longer than 8 octets if it is a literal, and no message longer than 20.
    #[test]
    fn what_was_streamed_can_be_put_where_it_was(response in response(&any_text())) {
        let mut octets = BytesMut::new();
        response.encode(&mut octets);
        let streaming = Streaming {
            above: 8,
            ..Streaming::default()
        };
        let mut framer = Framer::responses(Limits::AFTER_LOGIN).streaming(streaming);
        let mut input = Input::new(octets.len());
        input.feed(&octets).unwrap();
        let mut streamed = Vec::new();
        let outline = loop {
            match framer.next(&mut input).unwrap().unwrap() {
                Frame::Part(Part::Open { .. }) => streamed.push(Vec::new()),
                Frame::Part(Part::Literal { octets, .. }) => streamed.last_mut().unwrap().extend_from_slice(&octets),
                Frame::Part(Part::Close { outline, .. }) => break outline,
                _ => return Ok(()),
            }
        };
        let source = Source::Outline {
            octets: &outline.octets.freeze(),
            gaps: &outline.gaps,
        };
        let read = response::parse_with(source, &Options::default()).unwrap().value;
        let mut whole = BytesMut::new();
        let gaps = read.encode_streamed(&mut whole);
        prop_assert_eq!(gaps.len(), streamed.len());
        for (gap, literal) in gaps.iter().zip(&streamed).rev() {
            prop_assert_eq!(gap.octets, literal.len() as u64);
            let behind = whole.split_off(gap.offset);
            whole.extend_from_slice(literal);
            whole.extend_from_slice(&behind);
        }
        // Which of them may hold NUL is not known any more, but of BINARY.
        let plain = |octets: &[u8]| octets.iter().copied().filter(|&octet| octet != b'~').collect::<Vec<_>>();
        prop_assert_eq!(plain(&whole), plain(&octets));
        // Without them it is a response too.
        let mut without = BytesMut::new();
        read.encode(&mut without);
        prop_assert!(response::parse(&without[..without.len() - 2]).is_ok());
    }
}
