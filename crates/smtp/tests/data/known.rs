//! Known answers.

use gatepost_smtp::data::{Decoder, Fault};

use crate::{End, Outcome, decode, every_split, swallow};

fn message(stream: &[u8]) -> Vec<u8> {
    let Outcome { message, end } = decode(&[stream]);
    assert_eq!(end, End::Ended(stream.len()), "{}", stream.escape_ascii());
    message
}

fn fault(stream: &[u8]) -> (u64, Fault) {
    match decode(&[stream]).end {
        End::Fault(offset, fault) => (offset, fault),
        other => panic!("{}: {other:?}", stream.escape_ascii()),
    }
}

#[test]
fn the_message_of_rfc_5321_appendix_d_1() {
    let stream = b"Blah blah blah...\r\n...etc. etc. etc.\r\n.\r\n";
    assert_eq!(message(stream), b"Blah blah blah...\r\n..etc. etc. etc.\r\n");
}

#[test]
fn transparency_of_rfc_5321_section_4_5_2() {
    assert_eq!(message(b"a\r\n..\r\n.\r\n"), b"a\r\n.\r\n");
    assert_eq!(message(b"..a\r\n.\r\n"), b".a\r\n");
    // A sender that forgot to stuff: the first dot goes.
    assert_eq!(message(b".a\r\n.\r\n"), b"a\r\n");
    assert_eq!(message(b"a.\r\nb\r\n.\r\n"), b"a.\r\nb\r\n");
    assert_eq!(message(b"...\r\n.\r\n"), b"..\r\n");
}

#[test]
fn the_empty_message_and_empty_lines() {
    assert_eq!(message(b".\r\n"), b"");
    assert_eq!(message(b"\r\n.\r\n"), b"\r\n");
    assert_eq!(message(b"\r\n\r\n\r\n.\r\n"), b"\r\n\r\n\r\n");
}

#[test]
fn eight_bit_and_long_lines_pass() {
    let mut stream: Vec<u8> = (1..=255).filter(|octet| !b"\r\n".contains(octet)).collect();
    stream.extend(b"x".repeat(100_000));
    stream.extend(b"\r\n");
    let whole = [&stream[..], b".\r\n"].concat();
    assert_eq!(message(&whole), stream);
}

#[test]
fn what_stands_behind_the_end_is_left() {
    let stream = b"a\r\n.\r\n.\r\nQUIT\r\n";
    for pieces in every_split(stream) {
        assert_eq!(decode(&pieces).end, End::Ended(6));
        assert_eq!(swallow(&pieces), Some(6));
    }
}

#[test]
fn faults_have_a_place() {
    assert_eq!(fault(b"a\nb"), (1, Fault::BareLf));
    assert_eq!(fault(b"\n"), (0, Fault::BareLf));
    assert_eq!(fault(b"a\rb"), (1, Fault::BareCr));
    assert_eq!(fault(b"\r\r\n"), (0, Fault::BareCr));
    assert_eq!(fault(b"a\r\n\0"), (3, Fault::Nul));
    assert_eq!(fault(b".\n"), (1, Fault::BareLf));
    assert_eq!(fault(b".\0"), (1, Fault::Nul));
    assert_eq!(fault(b".\rx"), (1, Fault::BareCr));
    assert_eq!(fault(b"a\r\n.\r\r\n"), (4, Fault::BareCr));
    assert_eq!(fault(b"a\r\0"), (1, Fault::BareCr));
}

#[test]
fn a_cr_at_the_end_may_still_be_good() {
    let open = decode(&[b"a\r"]);
    assert_eq!((open.message.as_slice(), open.end), (&b"a"[..], End::Open));
    let open = decode(&[b"a\r\n.\r"]);
    assert_eq!((open.message.as_slice(), open.end), (&b"a\r\n"[..], End::Open));
}

/// Whoever refuses a message reads on to its end, which nothing that was wrong before can hide or fake.
#[test]
fn behind_a_fault_the_swallower_finds_the_end() {
    for wrong in [
        &b"\n"[..],
        b"\0",
        b"x\rx",
        b"\n.\n",
        b"\r\0",
        b".\n",
        b".\rx",
        b"\r",
    ] {
        let stream = [wrong, b"\r\nmore\r\n.\r\nQUIT\r\n"].concat();
        for pieces in every_split(&stream) {
            let end = behind_fault(&pieces);
            assert_eq!(end, Some(stream.len() - 6), "{}", stream.escape_ascii());
        }
    }
}

fn behind_fault(pieces: &[&[u8]]) -> Option<usize> {
    let mut decoder = Decoder::new();
    let mut before = 0;
    for (index, piece) in pieces.iter().enumerate() {
        match decoder.decode(piece, |_| {}) {
            Ok(decoded) => assert!(!decoded.ended),
            Err(error) => {
                before += error.consumed;
                let mut swallower = decoder.into_swallower();
                let rest =
                    std::iter::once(&piece[error.consumed..]).chain(pieces[index + 1..].iter().copied());
                for piece in rest {
                    let decoded = swallower.swallow(piece);
                    before += decoded.consumed;
                    if decoded.ended {
                        return Some(before);
                    }
                }
                return None;
            }
        }
        before += piece.len();
    }
    None
}
