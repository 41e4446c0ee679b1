//! Messages: every way to cut a stream gives the same message, nothing but CRLF.CRLF ends one, what is encoded is decoded to
//! the same, and a header that passes by is not changed but for a Message-ID without a body.
//!
//! The first octet is the size of the pieces, the rest is the stream.
#![no_main]

use bytes::BytesMut;
use gatepost_smtp::data::{Decoder, Encoder, Fault, Swallower};
use gatepost_smtp::message::{From, Header, mailboxes};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let [size, stream @ ..] = data else { return };
    let pieces: Vec<_> = stream.chunks(usize::from(*size) + 1).collect();

    let decoded = decode(&[stream]);
    assert_eq!(decoded, decode(&pieces));
    check_end(stream, &decoded.1);
    assert_eq!(swallow(&[stream]), end(stream));
    assert_eq!(swallow(&pieces), end(stream));

    let wire = encode(&[stream]);
    assert_eq!(wire, encode(&pieces));
    check_encoded(stream, &wire);

    let header = scan(&[stream]);
    assert_eq!(header, scan(&pieces));
});

#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Ended(usize),
    Open,
    Fault(u64, Fault),
}

fn decode(pieces: &[&[u8]]) -> (Vec<u8>, Outcome) {
    let mut decoder = Decoder::new();
    let mut message = Vec::new();
    let mut before = 0;
    for (index, piece) in pieces.iter().enumerate() {
        match decoder.decode(piece, |run| message.extend_from_slice(run)) {
            Ok(decoded) if decoded.ended => return (message, Outcome::Ended(before + decoded.consumed)),
            Ok(decoded) => assert_eq!(decoded.consumed, piece.len()),
            Err(error) => {
                // Whoever reads on finds an end that is one, and none before the fault.
                let mut swallower = decoder.into_swallower();
                let rest = [&[&piece[error.consumed..]], &pieces[index + 1..]].concat();
                let mut read = pieces.concat();
                let mut at = before + error.consumed;
                for piece in rest {
                    let decoded = swallower.swallow(piece);
                    at += decoded.consumed;
                    if decoded.ended {
                        read.truncate(at);
                        assert!(read.ends_with(b"\r\n.\r\n"));
                        break;
                    }
                }
                return (message, Outcome::Fault(error.offset, error.fault));
            }
        }
        before += piece.len();
    }
    (message, Outcome::Open)
}

/// Behind the CRLF of DATA.
fn end(stream: &[u8]) -> Option<usize> {
    let stream = [b"\r\n", stream].concat();
    let at = stream.windows(5).position(|window| window == b"\r\n.\r\n")?;
    Some(at + 3)
}

fn is_clean(octets: &[u8]) -> bool {
    let mut rest = octets;
    while let Some(at) = rest.iter().position(|octet| matches!(octet, b'\r' | b'\n' | 0)) {
        match &rest[at..] {
            [b'\r', b'\n', ..] => rest = &rest[at + 2..],
            _ => return false,
        }
    }
    true
}

fn check_end(stream: &[u8], outcome: &Outcome) {
    match *outcome {
        Outcome::Ended(at) => {
            assert_eq!(Some(at), end(stream));
            assert!(is_clean(&stream[..at]));
        }
        Outcome::Fault(offset, fault) => {
            let at = usize::try_from(offset).unwrap();
            assert!(end(stream).is_none_or(|end| end > at));
            assert!(is_clean(&stream[..at]));
            let expected = match fault {
                Fault::BareCr => b'\r',
                Fault::BareLf => b'\n',
                Fault::Nul => 0,
            };
            assert_eq!(stream[at], expected);
        }
        Outcome::Open => {
            assert_eq!(end(stream), None);
            assert!(is_clean(stream.strip_suffix(b"\r").unwrap_or(stream)));
        }
    }
}

fn swallow(pieces: &[&[u8]]) -> Option<usize> {
    let mut swallower = Swallower::new();
    let mut before = 0;
    for piece in pieces {
        let decoded = swallower.swallow(piece);
        before += decoded.consumed;
        if decoded.ended {
            return Some(before);
        }
    }
    None
}

fn encode(pieces: &[&[u8]]) -> BytesMut {
    let (mut encoder, mut wire) = (Encoder::new(), BytesMut::new());
    pieces.iter().for_each(|piece| encoder.encode(piece, &mut wire));
    encoder.finish(&mut wire);
    wire
}

fn check_encoded(message: &[u8], wire: &[u8]) {
    assert_eq!(swallow(&[wire]), Some(wire.len()));
    let dots = wire.windows(3).filter(|window| {
        let is_line_end = |octet| matches!(octet, b'\r' | b'\n');
        is_line_end(window[0]) && window[1] == b'.' && is_line_end(window[2])
    });
    // The end, unless it is at the very start: nobody takes anything else for one.
    assert_eq!(dots.count(), usize::from(wire.len() > 3));
    if is_clean(message) {
        let whole = match message {
            [] | [.., b'\r', b'\n'] => message.to_vec(),
            message => [message, b"\r\n"].concat(),
        };
        assert_eq!(decode(&[wire]), (whole, Outcome::Ended(wire.len())));
    }
}

/// What a header scanner says of a message, and what it passed on.
fn scan(pieces: &[&[u8]]) -> (Vec<u8>, Vec<u8>, bool, bool, Option<Vec<u8>>) {
    let mut header = Header::new();
    let mut passed = Vec::new();
    let mut rest = Vec::new();
    for piece in pieces {
        let consumed = header.push(piece, |octets| passed.extend_from_slice(octets));
        rest.extend_from_slice(consumed.map_or(&b""[..], |consumed| &piece[consumed..]));
    }
    check_all_is_there(&pieces.concat(), &[&passed, header.held(), &rest].concat());
    assert!(header.held().len() <= Header::LONGEST_NAME + 2);
    if let From::Body(body) = header.from() {
        let _ = mailboxes(body);
    }
    let id = header.message_id().map(<[u8]>::to_vec);
    (
        passed,
        header.held().to_vec(),
        header.is_over(),
        header.has_date(),
        id,
    )
}

/// Nothing is lost but a Message-ID without a body.
fn check_all_is_there(message: &[u8], seen: &[u8]) {
    let mut names = message.windows(10);
    if !names.any(|name| name.eq_ignore_ascii_case(b"message-id")) {
        return assert_eq!(message, seen);
    }
    let mut message = message.iter();
    assert!(seen.iter().all(|octet| message.any(|other| other == octet)));
}
