use gatepost_wire::Input;

use super::*;
use crate::Limits;

mod answered;
mod streaming;
mod work;

const SMALL: Limits = Limits {
    line: 40,
    literal: 20,
    message: 100,
    ..Limits::BEFORE_LOGIN
};

/// What a framer says, in a form that tests can compare.
#[derive(Debug, PartialEq, Eq, Clone)]
enum Said {
    Message(String),
    /// A part, and the size of the literal that follows.
    Open(String, u64),
    /// All pieces of a streamed literal that have come, and how much of it is still to come.
    Literal(String, u64),
    /// The last part, the outline and its gaps.
    Close(String, String, Vec<(usize, u64)>),
    Wanted(u64),
    Refused(Option<String>, Limit),
    Failed(Error),
}

fn said(framer: &mut Framer, input: &mut Input) -> Option<Said> {
    match framer.next(input) {
        Ok(frame) => frame.map(heard),
        Err(error) => Some(Said::Failed(error)),
    }
}

fn heard(frame: Frame) -> Said {
    let text = |octets: &[u8]| octets.escape_ascii().to_string();
    match frame {
        Frame::Message(octets) => Said::Message(text(&octets)),
        Frame::Part(Part::Open { octets, literal }) => Said::Open(text(&octets), literal.octets),
        Frame::Part(Part::Literal { octets, left }) => Said::Literal(text(&octets), left),
        Frame::Part(Part::Close { octets, outline }) => Said::Close(
            text(&octets),
            text(&outline.octets),
            outline.gaps.iter().map(|gap| (gap.offset, gap.octets)).collect(),
        ),
        Frame::LiteralWanted { octets } => Said::Wanted(octets),
        Frame::Refused(refused) => Said::Refused(refused.tag.map(|tag| tag.to_string()), refused.limit),
    }
}

/// Adds what was said, so that it does not depend on how a literal came.
fn push(all: &mut Vec<Said>, said: Said) {
    match (all.last_mut(), said) {
        (Some(Said::Literal(octets, left)), Said::Literal(more, rest)) if *left > 0 => {
            octets.push_str(&more);
            *left = rest;
        }
        (_, said) => all.push(said),
    }
}

/// Feeds `octets` in pieces of `size`, as far as there is room.
fn frames_in(mut framer: Framer, octets: &[u8], size: usize, capacity: usize) -> Vec<Said> {
    let mut input = Input::new(capacity);
    let mut all = Vec::new();
    let mut rest = octets;
    while !rest.is_empty() {
        let (piece, behind) = rest.split_at(size.min(rest.len()).min(input.room()));
        assert!(!piece.is_empty(), "the input is full and nothing is consumed");
        input.feed(piece).unwrap();
        rest = behind;
        while let Some(frame) = said(&mut framer, &mut input) {
            push(&mut all, frame);
            if matches!(all.last(), Some(Said::Failed(_))) {
                return all;
            }
        }
    }
    all
}

/// What is said of `octets`, however they arrive.
fn any_pieces(framer: impl Fn() -> Framer, octets: &[u8]) -> Vec<Said> {
    let whole = frames_in(framer(), octets, usize::MAX, 4096);
    for size in 1..octets.len() {
        let pieces = frames_in(framer(), octets, size, 4096);
        assert_eq!(pieces, whole, "in pieces of {size}");
    }
    whole
}

fn commands(octets: &[u8]) -> Vec<Said> {
    any_pieces(|| Framer::commands(SMALL), octets)
}

fn responses(octets: &[u8]) -> Vec<Said> {
    any_pieces(|| Framer::responses(SMALL), octets)
}

fn message(text: &str) -> Said {
    Said::Message(text.to_owned())
}

fn refused(tag: &str, limit: Limit) -> Said {
    Said::Refused(Some(tag.to_owned()), limit)
}

fn broken(rule: Rule, offset: usize) -> Said {
    Said::Failed(Error::Peer(PeerError {
        offset,
        rule,
        tag: None,
    }))
}

#[test]
fn lines_and_literals() {
    assert_eq!(
        commands(b"a NOOP\r\n\r\nb LOGIN {5}\r\nal\r\ne {3+}\r\np{9\r\nc X ~{1}\r\n\0\r\n"),
        [
            message("a NOOP"),
            message(""),
            Said::Wanted(5),
            message("b LOGIN {5}\\r\\nal\\r\\ne {3+}\\r\\np{9"),
            Said::Wanted(1),
            message("c X ~{1}\\r\\n\\x00"),
        ]
    );
}

#[test]
fn limits_hold_to_the_octet() {
    let line = |count: usize| [b"a ", &vec![b'x'; count - 2][..], b"\r\n"].concat();
    assert!(matches!(&commands(&line(40))[..], [Said::Message(_)]));
    assert_eq!(commands(&line(41)), [refused("a", Limit::Line)]);
    assert_eq!(commands(b"a X {20}\r\n"), [Said::Wanted(20)]);
    assert_eq!(commands(b"a X {21}\r\n"), [refused("a", Limit::Literal)]);
    let three = b"a X {20}\r\n1234567890123456789 {20}\r\n1234567890123456789 {20}\r\n1234567890123456789";
    let end = |count: usize| commands(&[&three[..], &b"x".repeat(count), b"\r\n"].concat()).pop();
    assert!(matches!(end(100 - three.len()), Some(Said::Message(_))));
    assert_eq!(end(101 - three.len()), Some(refused("a", Limit::Message)));
}

#[test]
fn a_refused_synchronizing_literal_ends_the_command_where_it_stands() {
    assert_eq!(
        commands(b"a LOGIN {4294967296}\r\nb X {18446744073709551616}\r\nc NOOP\r\n"),
        [
            refused("a", Limit::Literal),
            refused("b", Limit::Literal),
            message("c NOOP")
        ]
    );
}

#[test]
fn a_refused_non_synchronizing_literal_never_runs() {
    let evil = b"x DELETE INBOX\r\nyyyyyyy";
    let command = [&b"a X {23+}\r\n"[..], evil, b" {2+}\r\nz\n {3}\r\nb NOOP\r\n"].concat();
    assert_eq!(
        commands(&command),
        [refused("a", Limit::Literal), message("b NOOP")]
    );
}

#[test]
fn a_large_refused_non_synchronizing_literal_is_fatal() {
    let fatal = [Said::Failed(Error::Limit(Limit::Literal))];
    assert_eq!(commands(b"a X {4097+}\r\n"), fatal);
    assert_eq!(commands(b"a X {18446744073709551616+}\r\n"), fatal);
    let drained = [
        b"a ",
        &b"x".repeat(50)[..],
        b"{4096+}\r\n",
        &b"\n".repeat(4096),
        b"\r\nb Y\r\n",
    ]
    .concat();
    assert_eq!(
        frames_in(Framer::commands(SMALL), &drained, 1, 128),
        [refused("a", Limit::Line), message("b Y")]
    );
    for end in [
        "{4097+}",
        "{18446744073709551616+}",
        "{000000000000000000000000000000005+}",
    ] {
        let command = [b"a ", &b"x".repeat(50)[..], end.as_bytes(), b"\r\n"].concat();
        assert_eq!(commands(&command), fatal, "{end}");
    }
}

#[test]
fn an_oversized_line_is_drained_through_a_small_buffer() {
    let long = [b"a ", &b"x".repeat(9000)[..], b"\r\nb NOOP\r\n"].concat();
    for size in [1, 7, 64, 9000] {
        assert_eq!(
            frames_in(Framer::commands(SMALL), &long, size, 64),
            [refused("a", Limit::Line), message("b NOOP")]
        );
    }
}

#[test]
fn the_capacity_of_the_input_is_a_limit_too() {
    assert_eq!(
        frames_in(Framer::commands(SMALL), b"a X {20}\r\n", 1, 28),
        [refused("a", Limit::Message)]
    );
    assert_eq!(
        frames_in(Framer::commands(SMALL), b"a 345678901\r\nb Y\r\n", 1, 12),
        [refused("a", Limit::Message), message("b Y")]
    );
    assert_eq!(
        frames_in(Framer::commands(SMALL), b"a 34567890\r\nb Y\r\n", 1, 12),
        [message("a 34567890"), message("b Y")]
    );
}

#[test]
fn an_oversized_line_without_a_tag_is_refused_without_one() {
    let long = [&b"+".repeat(90)[..], b" X\r\n"].concat();
    assert_eq!(commands(&long), [Said::Refused(None, Limit::Line)]);
}

#[test]
fn clients_must_not_send_bare_octets() {
    use Rule::{BareCr, BareLf, Nul};
    assert_eq!(commands(b"a NOOP\n"), [broken(BareLf, 6)]);
    assert_eq!(commands(b"\n"), [broken(BareLf, 0)]);
    assert_eq!(commands(b"a NO\rOP\r\n"), [broken(BareCr, 4)]);
    assert_eq!(commands(b"a NO\0OP\r\n"), [broken(Nul, 4)]);
    assert_eq!(
        commands(b"a X {2}\r\nxx\0\r\n"),
        [Said::Wanted(2), broken(Nul, 11)]
    );
    // The CRLF of a literal's line is not the CR of the next line's end.
    assert_eq!(
        commands(b"a X {1}\r\n\r\nb\r\n"),
        [Said::Wanted(1), broken(BareLf, 10)]
    );
}

#[test]
fn bare_octets_are_errors_in_a_drained_command_as_well() {
    use Rule::{BareCr, BareLf, Nul};
    for (octet, rule) in [(b'\n', BareLf), (b'\r', BareCr), (0, Nul)] {
        for at in [3, 40, 41, 42, 60, 98] {
            let mut long = [b"a ", &b"x".repeat(98)[..], b"\r\nb NOOP\r\n"].concat();
            long[at] = octet;
            assert_eq!(commands(&long), [broken(rule, at)], "at {at}");
        }
    }
}

#[test]
fn pending_and_refuse_literal() {
    let mut framer = Framer::commands(SMALL);
    let mut input = Input::new(200);
    input.feed(b"a LOGIN {5+}\r\nalice {6}\r\nb NOOP\r\n").unwrap();
    assert_eq!(said(&mut framer, &mut input), Some(Said::Wanted(6)));
    assert_eq!(framer.pending(&input), b"a LOGIN {5+}\r\nalice {6}");
    framer.refuse_literal(&mut input);
    assert_eq!(said(&mut framer, &mut input), Some(message("b NOOP")));
}

#[test]
fn status_texts_never_announce_a_literal() {
    assert_eq!(
        responses(
            b"a1 NO too big {10}\r\n* ok {1}\r\n+ {1}\r\n* BYE {1+}\r\n* PREAUTH {3}\r\n* LIST () {3}\r\nabc\r\n+\r\n"
        ),
        [
            message("a1 NO too big {10}"),
            message("* ok {1}"),
            message("+ {1}"),
            message("* BYE {1+}"),
            message("* PREAUTH {3}"),
            message("* LIST () {3}\\r\\nabc"),
            message("+"),
        ]
    );
}

#[test]
fn status_texts_are_known_in_odd_case_with_codes_and_among_spaces() {
    let texts = [
        "a1 oK [TRYCREATE] too big {9}",
        "a1  NO  too big {9}",
        " * Bad [X {5}] {9}",
        "* BYE [UNAVAILABLE] {9+}",
        "* PreAuth ~{9}",
        "+idling {9}",
        "*   NO {99999999999999999999}",
    ];
    for text in texts {
        assert_eq!(responses(format!("{text}\r\n").as_bytes()), [message(text)]);
    }
}

#[test]
fn commands_have_no_texts() {
    for text in ["a1 OK {3}", "* NO {3}", "+ {3}", "a BYE {3}"] {
        let command = format!("{text}\r\nabc\r\n");
        let expected = format!("{text}\\r\\nabc");
        assert_eq!(
            commands(command.as_bytes()),
            [Said::Wanted(3), message(&expected)]
        );
    }
}

#[test]
fn a_line_behind_a_literal_is_no_status_text() {
    assert_eq!(
        responses(b"* X {1}\r\na OK {2}\r\nbc\r\n"),
        [message("* X {1}\\r\\na OK {2}\\r\\nbc")]
    );
}

#[test]
fn servers_may_send_bare_octets() {
    assert_eq!(
        responses(b"* OK a\rb\nc\0d\r\n* X\n\r\n"),
        [message("* OK a\\rb\\nc\\x00d"), message("* X\\n")]
    );
}

#[test]
fn servers_over_a_limit_are_cut_off() {
    let failed = |limit| vec![Said::Failed(Error::Limit(limit))];
    assert_eq!(responses(b"* X {21}\r\n"), failed(Limit::Literal));
    assert_eq!(responses(b"* X {3+}\r\nabc\r\n").len(), 1);
    assert_eq!(
        responses(b"* X {18446744073709551616+}\r\n"),
        failed(Limit::Literal)
    );
    assert_eq!(responses(&[b'x'; 50]), failed(Limit::Line));
    assert_eq!(responses(&[b'\n'; 50]), failed(Limit::Line));
}

#[test]
fn an_error_is_for_good() {
    for octets in [&b"a\rb\r\n"[..], b"a X {4097+}\r\n", &b"x\n".repeat(60)] {
        let mut framer = Framer::commands(SMALL);
        let mut input = Input::new(200);
        input.feed(octets).unwrap();
        let error = framer.next(&mut input).unwrap_err();
        input.feed(b"\r\nb NOOP\r\n").unwrap();
        assert_eq!(framer.next(&mut input), Err(error.clone()));
        input.clear();
        input.feed(b"b NOOP\r\n").unwrap();
        assert_eq!(framer.next(&mut input), Err(error));
    }
}
