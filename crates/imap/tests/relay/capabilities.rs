//! The lists in which the server says what it can do.

use crate::rig::{Case, c, s};

#[test]
fn hidden_words_are_left_out_of_every_list() {
    for (line, masked) in [
        (
            "* CAPABILITY IMAP4rev1 COMPRESS=DEFLATE IDLE auth=PLAIN STARTTLS\r\n",
            "* CAPABILITY IMAP4rev1 IDLE\r\n",
        ),
        (
            "* capability STARTTLS IMAP4rev1\r\n",
            "* capability IMAP4rev1\r\n",
        ),
        (
            "a OK [CAPABILITY IMAP4rev1 ESEARCH IDLE] now COMPRESS=DEFLATE ] x\r\n",
            "a OK [CAPABILITY IMAP4rev1 IDLE] now COMPRESS=DEFLATE ] x\r\n",
        ),
        (
            "* OK [capability AUTH=X XAPPLEPUSHSERVICE] hi\r\n",
            "* OK [capability] hi\r\n",
        ),
        (
            "* PREAUTH [CAPABILITY LOGIN-REFERRALS A\r\n",
            "* PREAUTH [CAPABILITY A\r\n",
        ),
        ("* NO [CAPABILITY X-A X-B] n\r\n", "* NO [CAPABILITY] n\r\n"),
        ("* CAPABILITY  A  STARTTLS  B \r\n", "* CAPABILITY  A   B \r\n"),
        ("* CAPABILITY STARTTLS\r\n", "* CAPABILITY\r\n"),
    ] {
        Case::new([s(line), s("* 1 EXISTS\r\n")])
            .hiding(&["ESEARCH", "x-*"])
            .gives("", &format!("{masked}* 1 EXISTS\r\n"));
    }
}

#[test]
fn lists_without_hidden_words_pass() {
    for line in [
        "* CAPABILITY\r\n",
        "* CAPABILITY \r\n",
        "* CAPABILITY  IMAP4rev1   IDLE  \r\n",
        "* CAPABILITY IMAP4rev1 AUTH STARTTLS2 XCOMPRESS=DEFLATE A]\r\n",
        "* CAPABILITY A\rB C\nD\0 \r\r\n",
        "a OK [CAPABILITY] x\r\n",
        "a OK [CAPABILITYX STARTTLS] x\r\n",
        "a OK  [CAPABILITY STARTTLS] x\r\n",
        "a OK text [CAPABILITY STARTTLS] x\r\n",
        "* ENABLED STARTTLS\r\n",
        "a CAPABILITY STARTTLS\r\n",
        "* 1 FETCH (BODY[] {31}\r\n\r\n* CAPABILITY COMPRESS=DEFLATE)\r\n",
    ] {
        Case::new([s(line), s("* 1 EXISTS\r\n")]).passes();
    }
}

#[test]
fn an_answer_with_a_list_is_an_answer() {
    Case::new([
        c("a APPEND x {3}\r\nb NOOP\r\n"),
        s("a NO [CAPABILITY STARTTLS A] no\r\n"),
    ])
    .gives("a APPEND x {3}\r\nb NOOP\r\n", "a NO [CAPABILITY A] no\r\n");
}

#[test]
fn lists_may_be_long_and_words_may_not() {
    let many = " IDLE".repeat(400);
    let long = format!(" {}", "X".repeat(256));
    let too_long = format!(" {}", "X".repeat(257));
    let line = format!("* CAPABILITY{many} STARTTLS{long}{too_long} B{too_long}\r\n* 1 EXISTS\r\n");
    let masked = format!("* CAPABILITY{many}{long} B\r\n* 1 EXISTS\r\n");
    Case::new([s(&line)]).gives("", &masked);
}
