//! How much work a stream is, in octets that are looked at.

use super::*;
use crate::frame::scan::looked_at;

const LARGE: Limits = Limits {
    line: 1 << 20,
    literal: 1 << 20,
    message: 1 << 20,
    ..Limits::BEFORE_LOGIN
};

/// How many octets are looked at in a stream that arrives in pieces of `size`.
fn work(mut framer: Framer, octets: &[u8], size: usize) -> usize {
    let mut input = Input::new(1 << 20);
    looked_at();
    for piece in octets.chunks(size) {
        input.feed(piece).unwrap();
        while said(&mut framer, &mut input).is_some() {}
    }
    assert!(input.is_empty());
    looked_at()
}

#[test]
fn a_line_in_small_pieces_is_looked_at_once() {
    let line = [&b"a "[..], &vec![b'x'; 512 << 10], b"\r\n"].concat();
    for framer in [Framer::commands, Framer::responses] {
        let whole = work(framer(LARGE), &line, usize::MAX);
        assert!(whole <= line.len());
        for size in [1448, 64, 1] {
            // But for the CR, if the LF comes later.
            let pieces = work(framer(LARGE), &line, size);
            assert!(
                (whole..=whole + 1).contains(&pieces),
                "{pieces} in pieces of {size}"
            );
        }
    }
}

#[test]
fn bare_ends_of_lines_are_looked_at_once() {
    for octets in [&b"\n"[..], b"\r", b"\n\r", b"\r\r\n\n"] {
        let line = [&octets.repeat(1000)[..], b"\r\n"].concat();
        for size in [1448, 1] {
            assert!(work(Framer::responses(LARGE), &line, size) <= line.len());
        }
    }
}

#[test]
fn a_refused_line_is_looked_at_once_more_at_most() {
    let line = [&b"a "[..], &vec![b'x'; 512 << 10], b"\r\n"].concat();
    let limits = Limits {
        line: 100_000,
        ..LARGE
    };
    for size in [usize::MAX, 1448, 64, 1] {
        let looked_at = work(Framer::commands(limits), &line, size);
        assert!(looked_at <= 2 * line.len(), "{looked_at} in pieces of {size}");
    }
}

#[test]
fn literals_are_not_looked_at() {
    let message = [&b"* X {500000}\r\n"[..], &[b'\n'; 500_000], b"\r\n"].concat();
    for size in [usize::MAX, 1448, 1] {
        assert!(work(Framer::responses(LARGE), &message, size) <= 20);
        let framer = Framer::responses(LARGE).streaming(Streaming::EVERYTHING);
        assert!(work(framer, &message, size) <= 20);
    }
}
