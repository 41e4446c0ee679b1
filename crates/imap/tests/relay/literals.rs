//! Literals of the client (RFC 9051 section 4.3, RFC 7888, RFC 3516).

use crate::rig::{Case, c, s};

#[test]
fn a_synchronizing_literal_waits_for_the_plus() {
    let append = c("a APPEND x {12}\r\nb NOOP\r\n\r\n\0\n");
    Case::new([append.clone()]).gives("a APPEND x {12}\r\n", "");
    Case::new([append, s("+ go\r\n"), c(" {3}\r\n"), s("+\r\n"), c("abc\r\n")]).passes();
}

#[test]
fn after_a_refused_literal_comes_a_command() {
    for answer in ["a NO too big {12}\r\n", "a BAD x\r\n", "a OK [TRYCREATE] ?\r\n"] {
        Case::new([
            c("a APPEND x {99999}\r\nb COMPRESS DEFLATE\r\nc NOOP\r\n"),
            s(answer),
        ])
        .gives(
            "a APPEND x {99999}\r\nc NOOP\r\n",
            &format!("{answer}b BAD COMPRESS is not offered\r\n"),
        );
    }
}

#[test]
fn a_literal_waits_for_the_answers_to_what_came_before() {
    Case::new([
        c("a NOOP\r\na APPEND x {8}\r\nb NOOP\r\n"),
        s("a OK noop\r\n"),
        s("* 1 EXISTS\r\n+ go\r\n"),
    ])
    .passes();
}

/// The tag is no proof: only a client that is up to something uses one twice.
#[test]
fn an_answer_to_another_command_with_the_same_tag_refuses_nothing() {
    Case::new([
        c("a NOOP\r\na APPEND x {18}\r\nb COMPRESS DEFLATE"),
        s("a OK noop\r\n"),
    ])
    .gives("a NOOP\r\na APPEND x {18}\r\n", "a OK noop\r\n");
}

#[test]
fn non_synchronizing_literals_pass_if_they_are_offered() {
    Case::new([c(
        "a APPEND x {8+}\r\nb NOOP\r\n {0+}\r\n ~{3+}\r\na\0b\r\nc NOOP\r\n",
    )])
    .passes();
    Case::new([c("a APPEND x {3+}\r\nabc\r\n")])
        .upstream("IMAP4rev1 LITERAL-")
        .passes();
}

#[test]
fn other_non_synchronizing_literals_end_the_relay() {
    let error = |at| format!("non-synchronizing literal of a size that is not offered at octet {at}");
    let line = "a APPEND x {5+}";
    let fails = |case: Case, line: &str| {
        let error = error(line.len());
        case.fails(line, &format!("* BYE {error}\r\n"), &error);
    };
    let script = [c("a APPEND x {5+}\r\nb NO\r\n")];
    fails(Case::new(script.clone()).upstream("IMAP4rev1"), line);
    fails(Case::new(script).hiding(&["literal*"]), line);
    let line = "a APPEND x {4097+}";
    fails(Case::new([c(&format!("{line}\r\n"))]).upstream("LITERAL-"), line);
}

#[test]
fn a_refused_command_may_not_have_literals_that_are_not_offered_either() {
    let error = "non-synchronizing literal of a size that is not offered at octet 12";
    Case::new([c("a LOGIN {5+}\r\nb NO\r\n")])
        .upstream("IMAP4rev1")
        .fails("", &format!("* BYE {error}\r\n"), error);
}

#[test]
fn numbers_beyond_64_bits_end_the_relay() {
    for number in ["18446744073709551616", "99999999999999999999999999"] {
        for plus in ["", "+"] {
            let line = format!("a APPEND x {{{number}{plus}}}");
            let error = "over the limit: literal too large";
            Case::new([c(&format!("{line}\r\n"))]).fails(&line, &format!("* BYE {error}\r\n"), error);
        }
    }
    Case::new([
        c("a APPEND x {18446744073709551615}\r\n"),
        s("+\r\n"),
        c("a\r\nb COMPRESS x\r\n"),
    ])
    .passes();
}

#[test]
fn an_empty_literal_is_one() {
    Case::new([
        c("a SELECT {0}\r\n"),
        s("+\r\n"),
        c("\r\nb NOOP\r\n"),
        s("a OK\r\n"),
    ])
    .passes();
}
