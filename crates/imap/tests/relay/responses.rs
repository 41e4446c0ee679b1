//! What becomes of the server's responses.

use crate::rig::{Case, Rig, c, s};
use gatepost_imap::relay::{EmptyLiteral, Rules};

#[test]
fn empty_literals_in_message_data_are_quoted() {
    for (response, repaired) in [
        ("* 1 FETCH (BODY[] {0}\r\n)\r\n", "* 1 FETCH (BODY[] \"\")\r\n"),
        (
            "* 12 fetch (A {0}\r\n B {0}\r\n)\r\n",
            "* 12 fetch (A \"\" B \"\")\r\n",
        ),
        (
            "* 1 FETCH (A {3}\r\n{0} B {0}\r\n C)\r\n",
            "* 1 FETCH (A {3}\r\n{0} B \"\" C)\r\n",
        ),
        (
            "* 7 UIDFETCH (BODY[1] {0}\r\n)\r\n",
            "* 7 UIDFETCH (BODY[1] \"\")\r\n",
        ),
        (
            "* 1 FETCH (ENVELOPE (\"a\\\"\" {0}\r\n))\r\n",
            "* 1 FETCH (ENVELOPE (\"a\\\"\" \"\"))\r\n",
        ),
        ("* 1 FETCH {{0{0}\r\n\r\n", "* 1 FETCH {{0\"\"\r\n"),
    ] {
        Case::new([s(response)]).gives("", repaired);
        Case::new([s(response)]).keeping_empty_literals().passes();
    }
}

#[test]
fn whatever_else_looks_like_an_empty_literal_stays() {
    for response in [
        "* 1 FETCH (BINARY[1] ~{0}\r\n)\r\n",
        "* 1 FETCH (A \"{0}\" B {0} C)\r\n",
        "* 1 FETCH (A {00}\r\n)\r\n",
        "* 1 FETCH (A {0+}\r\n)\r\n",
        "* 1 FETCH (A {0}\r B)\r\n",
        "* 1 FETCH (A {0}\n B)\r\n",
        "* 1 FETCH (A {0\r\n",
        "* 1 FETCH (A {10}\r\nabc {0}\r\nd)\r\n",
        "* 1 FETCH (A \"b {0}\r\n c\")\r\n",
        "* LIST () \"/\" {0}\r\n\r\n",
        "* 1 EXPUNGE {0}\r\n\r\n",
        "* OK [X] {0}\r\n",
        "a OK {0}\r\n",
        "+ {0}\r\n",
    ] {
        Case::new([s(response), s("* 2 EXISTS\r\n")]).passes();
    }
}

#[test]
fn texts_announce_no_literal() {
    for text in [
        "* OK {5}\r\n",
        "a NO too big {99}\r\n",
        "* BYE {5}\r\n",
        "+ {5}\r\n",
        "+\r\n",
    ] {
        let bad = "b BAD COMPRESS is not offered\r\n";
        Case::new([s(text), c("b COMPRESS DEFLATE\r\n")]).gives("", &format!("{text}{bad}"));
    }
}

#[test]
fn literals_are_counted_and_not_read() {
    let evil = "* CAPABILITY COMPRESS=DEFLATE\r\na OK [CAPABILITY STARTTLS]\r\n+ \r\n";
    let n = evil.len();
    Case::new([s(&format!(
        "* 1 FETCH (BODY[] {{{n}}}\r\n{evil} RFC822 {{{n}+}}\r\n{evil})\r\n"
    ))])
    .passes();
}

#[test]
fn odd_lines_pass() {
    for lines in [
        "\r\n",
        "* \r\n",
        "*\r\n",
        " * OK\r\n",
        "* 1 FETCH (A \"b\nc\rd\0\")\r\n",
        "* OK a\nb\rc\0 \r\r\n",
        "* X a\n{3}\r\nabc\r\n",
        "nothing at all\r\n",
    ] {
        Case::new([s(lines), s("* 2 EXISTS\r\n")]).passes();
    }
    Case::new([s(&format!("* {}\r\n* 2 EXISTS\r\n", "x".repeat(300)))]).passes();
}

#[test]
fn a_literal_beyond_64_bits_is_the_end() {
    let line = "* 1 FETCH (BODY[] {18446744073709551616}\r\n";
    Case::new([s(line), s("abc"), c("a NOOP\r\n")]).fails("", line, "over the limit: literal too large");
}

#[test]
fn a_bye_of_ours_is_a_response_of_its_own() {
    let rules = || Rules::new([], EmptyLiteral::Quote);
    for (begun, bye) in [
        ("", true),
        ("* 1 EXISTS\r\n", true),
        ("* 1 FETCH (A {3}\r\na", false),
        ("* 1 FETCH (A", false),
        ("* OK x\r", false),
    ] {
        let mut rig = Rig::new("IMAP4rev1", rules());
        rig.take(&s(begun), &[usize::MAX]);
        assert_eq!(rig.relay.at_response_boundary(), bye, "{begun}");
        rig.relay.bye("the end\r\nx OK", &mut rig.out);
        rig.relay.bye("again", &mut rig.out);
        let line = if bye { "* BYE the end\\r\\nx OK\r\n" } else { "" };
        assert_eq!(rig.out.client, format!("{begun}{line}").as_bytes());

        rig.take(&c("a NOOP\r\n"), &[usize::MAX]);
        rig.take(&s("* 1 EXISTS\r\n"), &[usize::MAX]);
        assert_eq!(rig.out.client, format!("{begun}{line}").as_bytes());
        assert!(rig.out.server.is_empty() && rig.held.is_empty());
    }
}
