//! Messages with literals that are streamed.

use super::*;

/// Literals above 5 octets are streamed, up to 50.
const STREAMING: Streaming = Streaming { above: 5, limit: 50 };

fn streamed_commands(octets: &[u8]) -> Vec<Said> {
    any_pieces(|| Framer::commands(SMALL).streaming(STREAMING), octets)
}

fn streamed_responses(octets: &[u8]) -> Vec<Said> {
    lossless(Framer::responses(SMALL).streaming(STREAMING), octets);
    any_pieces(|| Framer::responses(SMALL).streaming(STREAMING), octets)
}

/// The frames together are the stream.
fn lossless(mut framer: Framer, octets: &[u8]) {
    let mut input = Input::new(4096);
    input.feed(octets).unwrap();
    let mut together = Vec::new();
    while let Ok(Some(frame)) = framer.next(&mut input) {
        together.extend(frame.octets().concat());
    }
    together.extend_from_slice(input.as_slice());
    assert_eq!(together, octets);
}

fn open(text: &str, octets: u64) -> Said {
    Said::Open(text.to_owned(), octets)
}

fn literal(text: &str) -> Said {
    Said::Literal(text.to_owned(), 0)
}

fn close(text: &str, outline: &str, gaps: &[(usize, u64)]) -> Said {
    Said::Close(text.to_owned(), outline.to_owned(), gaps.to_vec())
}

#[test]
fn a_large_literal_comes_in_pieces_and_the_rest_of_its_message_at_the_end() {
    assert_eq!(
        streamed_responses(b"* 1 F (B {7}\r\na\r\nb\0cd U 7)\r\n* 2 F\r\n"),
        [
            open("* 1 F (B {7}\\r\\n", 7),
            literal("a\\r\\nb\\x00cd"),
            close(" U 7)\\r\\n", "* 1 F (B {7}\\r\\n U 7)", &[(14, 7)]),
            message("* 2 F"),
        ]
    );
}

#[test]
fn small_literals_stay_where_they_are() {
    assert_eq!(
        streamed_responses(b"* A {5}\r\n12345 ~{6}\r\n123456 {0}\r\n {6}\r\n654321 {2}\r\n{6\r\n"),
        [
            open("* A {5}\\r\\n12345 ~{6}\\r\\n", 6),
            literal("123456"),
            open(" {0}\\r\\n {6}\\r\\n", 6),
            literal("654321"),
            close(
                " {2}\\r\\n{6\\r\\n",
                "* A {5}\\r\\n12345 ~{6}\\r\\n {0}\\r\\n {6}\\r\\n {2}\\r\\n{6",
                &[(21, 6), (33, 6)],
            ),
        ]
    );
}

#[test]
fn announcements_keep_what_they_say() {
    let mut framer = Framer::commands(SMALL).streaming(STREAMING);
    let mut input = Input::new(100);
    input.feed(b"a APPEND x ~{40+}\r\n").unwrap();
    let Ok(Some(Frame::Part(Part::Open { literal, .. }))) = framer.next(&mut input) else {
        panic!()
    };
    assert!(literal.binary && literal.mode == literal::Mode::NonSynchronizing);
}

#[test]
fn pieces_are_what_there_is() {
    let mut framer = Framer::responses(SMALL).streaming(STREAMING);
    let mut input = Input::new(100);
    input.feed(b"* X {9}\r\nabc").unwrap();
    assert_eq!(said(&mut framer, &mut input), Some(open("* X {9}\\r\\n", 9)));
    let piece = |text: &str, left| Some(Said::Literal(text.to_owned(), left));
    assert_eq!(said(&mut framer, &mut input), piece("abc", 6));
    assert_eq!(said(&mut framer, &mut input), None);
    assert!(!framer.is_between_messages(&input));
    input.feed(b"defghi)\r\n").unwrap();
    assert_eq!(said(&mut framer, &mut input), piece("defghi", 0));
    assert!(matches!(said(&mut framer, &mut input), Some(Said::Close(..))));
    assert!(framer.is_between_messages(&input));
}

#[test]
fn a_client_is_asked_before_its_literal_is_opened() {
    assert_eq!(
        streamed_commands(b"a A {2}\r\nxy {6}\r\n123456\r\nb B {7+}\r\n1234567 {1}\r\nz\r\n"),
        [
            Said::Wanted(2),
            Said::Wanted(6),
            open("a A {2}\\r\\nxy {6}\\r\\n", 6),
            literal("123456"),
            close("\\r\\n", "a A {2}\\r\\nxy {6}\\r\\n", &[(17, 6)]),
            open("b B {7+}\\r\\n", 7),
            literal("1234567"),
            Said::Wanted(1),
            close(" {1}\\r\\nz\\r\\n", "b B {7+}\\r\\n {1}\\r\\nz", &[(10, 7)]),
        ]
    );
}

#[test]
fn a_literal_can_be_refused_until_octets_of_it_are_given() {
    for opened in [false, true] {
        let mut framer = Framer::commands(SMALL).streaming(STREAMING);
        let mut input = Input::new(100);
        input.feed(b"a X {7+}\r\n1234567 {8}\r\n").unwrap();
        while said(&mut framer, &mut input) != Some(Said::Wanted(8)) {}
        assert_eq!(framer.pending(&input), b"a X {7+}\r\n {8}");
        if opened {
            assert_eq!(said(&mut framer, &mut input), Some(open(" {8}\\r\\n", 8)));
            assert_eq!(framer.pending(&input), b"a X {7+}\r\n {8}");
        }
        framer.refuse_literal(&mut input);
        assert_eq!(framer.pending(&input), b"");
        assert!(framer.is_between_messages(&input));
        input.feed(b"b NOOP\r\n").unwrap();
        assert_eq!(said(&mut framer, &mut input), Some(message("b NOOP")));
    }
}

#[test]
fn a_literal_that_nobody_awaits_cannot_be_refused() {
    let mut framer = Framer::commands(SMALL).streaming(STREAMING);
    let mut input = Input::new(100);
    for (octets, frame) in [
        (&b"a X {7}\r\n"[..], Said::Wanted(7)),
        (b"", open("a X {7}\\r\\n", 7)),
        (b"1", Said::Literal("1".to_owned(), 6)),
        (b"234567 {6+}\r\n", literal("234567")),
        (b"", open(" {6+}\\r\\n", 6)),
        (b"123456 {2+}\r\n", literal("123456")),
    ] {
        input.feed(octets).unwrap();
        assert_eq!(said(&mut framer, &mut input), Some(frame));
    }
    assert_eq!(said(&mut framer, &mut input), None);
    assert_eq!(framer.pending(&input), b"");
    framer.refuse_literal(&mut input);
    input.feed(b"xy\r\n").unwrap();
    assert!(matches!(said(&mut framer, &mut input), Some(Said::Close(..))));
}

#[test]
fn a_collected_literal_is_awaited_until_octets_of_it_come() {
    let mut framer = Framer::commands(SMALL);
    let mut input = Input::new(100);
    input.feed(b"a X {7}\r\n").unwrap();
    assert_eq!(said(&mut framer, &mut input), Some(Said::Wanted(7)));
    assert_eq!(said(&mut framer, &mut input), None);
    assert_eq!(framer.pending(&input), b"a X {7}");
    input.feed(b"1").unwrap();
    assert_eq!(said(&mut framer, &mut input), None);
    assert_eq!(framer.pending(&input), b"");
    framer.refuse_literal(&mut input);
    input.feed(b"234567\r\n").unwrap();
    assert_eq!(
        said(&mut framer, &mut input),
        Some(message("a X {7}\\r\\n1234567"))
    );
}

#[test]
fn streamed_literals_have_a_limit_of_their_own() {
    let refusals = [
        b"a X {51}\r\nb X {18446744073709551616}\r\nc X {51+}\r\n",
        &b"\n".repeat(51)[..],
        b"\r\nd NOOP\r\n",
    ]
    .concat();
    assert_eq!(
        streamed_commands(&refusals),
        [
            refused("a", Limit::Streamed),
            refused("b", Limit::Streamed),
            refused("c", Limit::Streamed),
            message("d NOOP"),
        ]
    );
    let failed = vec![Said::Failed(Error::Limit(Limit::Streamed))];
    assert_eq!(streamed_responses(b"* X {51}\r\n"), failed);
    assert_eq!(streamed_commands(b"a X {4097+}\r\n"), failed);
    let all = || Framer::responses(SMALL).streaming(Streaming::EVERYTHING);
    assert_eq!(any_pieces(all, b"* X {18446744073709551616}\r\n"), failed);
    assert_eq!(
        any_pieces(all, b"* X {18446744073709551615}\r\nab"),
        [
            open("* X {18446744073709551615}\\r\\n", u64::MAX),
            Said::Literal("ab".to_owned(), u64::MAX - 2),
        ]
    );
}

#[test]
fn streamed_octets_count_for_no_other_limit() {
    let literal = [&b"{50}\r\n"[..], &[b'x'; 50]].concat();
    let message = [b"* X ", &literal.repeat(15)[..], b"12345\r\n"].concat();
    let said = streamed_responses(&message);
    let Some(Said::Close(_, _, gaps)) = said.last() else {
        panic!("{said:?}")
    };
    assert_eq!(gaps.len(), 15);
    // The outline has 99 octets, and 100 are allowed.
    let message = [b"* X ", &literal.repeat(15)[..], b"1234567\r\n"].concat();
    assert_eq!(
        streamed_responses(&message).last(),
        Some(&Said::Failed(Error::Limit(Limit::Message)))
    );
}

#[test]
fn a_command_that_exceeds_a_limit_behind_a_streamed_literal_is_drained() {
    let tail = [&b"x".repeat(41)[..], b"{6+}\r\na b\r\nc\r\n"].concat();
    let command = [b"a X {6+}\r\n123456", &tail[..], b"d NOOP\r\n"].concat();
    assert_eq!(
        streamed_commands(&command),
        [
            open("a X {6+}\\r\\n", 6),
            literal("123456"),
            refused("a", Limit::Line),
            message("d NOOP"),
        ]
    );
}

#[test]
fn offsets_of_errors_count_what_was_streamed() {
    use Rule::{BareLf, Nul};
    let last = |octets: &[u8]| streamed_commands(octets).pop();
    assert_eq!(last(b"a X {6+}\r\n123456 \0\r\n"), Some(broken(Nul, 17)));
    let long = [b"a X {6+}\r\n123456", &b"x".repeat(60)[..], b"\n"].concat();
    assert_eq!(last(&long), Some(broken(BareLf, 76)));
}

#[test]
fn what_the_input_has_no_room_for_is_streamed() {
    let framer = |above| Framer::responses(SMALL).streaming(Streaming { above, limit: 50 });
    let octets = b"* X {20}\r\n12345678901234567890 {20}\r\n12345678901234567890)\r\n";
    for size in [1, 7, 28] {
        let said = frames_in(framer(20), octets, size, 28);
        let Some(Said::Close(_, outline, gaps)) = said.last() else {
            panic!("{said:?}")
        };
        assert_eq!(outline, "* X {20}\\r\\n {20}\\r\\n)");
        assert_eq!(gaps, &[(10, 20), (17, 20)]);
    }
    assert_eq!(frames_in(framer(20), octets, 28, 100).len(), 1);
    // Nor is a literal over the limit of collected ones refused while one of that size may be streamed.
    assert_eq!(
        any_pieces(|| framer(1000), b"* X {21}\r\n")[..],
        [open("* X {21}\\r\\n", 21)]
    );
}

#[test]
fn texts_announce_nothing_but_behind_a_literal_there_is_no_text() {
    assert_eq!(
        streamed_responses(b"a NO {10}\r\n* X {6}\r\n123456a OK {7}\r\n7654321\r\n"),
        [
            message("a NO {10}"),
            open("* X {6}\\r\\n", 6),
            literal("123456"),
            open("a OK {7}\\r\\n", 7),
            literal("7654321"),
            close("\\r\\n", "* X {6}\\r\\na OK {7}\\r\\n", &[(9, 6), (19, 7)]),
        ]
    );
}

#[test]
fn the_second_literal_of_a_command_can_be_refused() {
    let mut framer = Framer::commands(SMALL).streaming(Streaming::EVERYTHING);
    let mut input = Input::new(100);
    input.feed(b"a APPEND {1}\r\n").unwrap();
    while said(&mut framer, &mut input).is_some() {}
    input.feed(b"x").unwrap();
    while said(&mut framer, &mut input).is_some() {}
    assert_eq!(framer.pending(&input), b"");
    input.feed(b" {2}\r\n").unwrap();
    while said(&mut framer, &mut input).is_some() {}
    assert_eq!(framer.pending(&input), b"a APPEND {1}\r\n {2}");
    framer.refuse_literal(&mut input);
    input.feed(b"b NOOP\r\n").unwrap();
    assert_eq!(said(&mut framer, &mut input), Some(message("b NOOP")));
}
