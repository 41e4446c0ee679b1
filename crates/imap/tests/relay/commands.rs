//! What becomes of commands without literals.

use gatepost_imap::relay::{EmptyLiteral, Rules};

use crate::rig::{Case, Rig, c, s};

#[test]
fn ordinary_commands_pass() {
    Case::new([
        c("a1 SELECT INBOX\r\na2 UID FETCH 1:* (FLAGS)\r\n"),
        s("* 3 EXISTS\r\n* OK [UIDVALIDITY 1] ok\r\na1 OK [READ-WRITE] done\r\n"),
        c("A3 search text \"\\\"quoted\\\\\" UNSEEN\r\nA4 capability\r\nA5 LOGOUT\r\n"),
        s("a2 OK\r\n* BYE\r\nA5 OK bye\r\n"),
    ])
    .passes();
}

#[test]
fn refused_commands_are_answered_and_never_sent() {
    for command in [
        "COMPRESS DEFLATE",
        "compress deflate",
        "STARTTLS",
        "LOGIN alice \"secret\"",
        "AUTHENTICATE PLAIN",
        "Authenticate PLAIN AGEAYg==",
        "UNAUTHENTICATE",
    ] {
        let script = [c(&format!("a NOOP\r\nb {command}\r\nc NOOP\r\n"))];
        let word = command.split(' ').next().unwrap().to_uppercase();
        let after = if ["COMPRESS", "UNAUTHENTICATE"].contains(&word.as_str()) {
            "offered"
        } else {
            "possible after login"
        };
        let answer = format!("b BAD {word} is not {after}\r\n");
        Case::new(script).gives("a NOOP\r\nc NOOP\r\n", &answer);
    }
}

#[test]
fn names_that_only_begin_like_refused_ones_pass() {
    Case::new([c("a COMPRESSED x\r\nb LOGINX\r\nc STARTTLS2\r\nd UID LOGIN\r\n")]).passes();
}

#[test]
fn an_answer_of_ours_waits_for_the_end_of_a_response() {
    let bad = "b BAD COMPRESS is not offered\r\n";
    for (begun, rest) in [
        ("* 1 FETCH (BODY[] {10}\r\n01234", "56789)\r\n"),
        ("* 1 FETCH (FLAGS", " ())\r\n"),
        ("* OK [ALERT] a", " b\r\n"),
        ("* CAPABILITY IMAP4rev1", " IDLE\r\n"),
        ("* LIST () \"/\" {3}\r\n", "a\r\n\r\n"),
        ("* OK x\r", "\n"),
    ] {
        let next = "* 2 EXISTS\r\n";
        Case::new([
            s(begun),
            c("b COMPRESS DEFLATE\r\nc NOOP\r\n"),
            s(&format!("{rest}{next}")),
        ])
        .gives("c NOOP\r\n", &format!("{begun}{rest}{bad}{next}"));
    }
}

/// The client has seen nothing of a head that is not whole.
#[test]
fn an_answer_of_ours_may_come_before_a_response_that_has_hardly_begun() {
    Case::new([s("* 1"), c("b STARTTLS\r\n"), s("2 EXISTS\r\n")]).gives(
        "",
        "b BAD STARTTLS is not possible after login\r\n* 12 EXISTS\r\n",
    );
}

#[test]
fn literals_of_refused_commands_are_dropped() {
    let bad = "a BAD LOGIN is not possible after login\r\n";
    Case::new([c("a LOGIN {5}\r\n"), c("b NOOP\r\n")]).gives("b NOOP\r\n", bad);
    Case::new([c("a LOGIN {5+}\r\nalice {8+}\r\nb NOOP\r\n\r\nb NOOP\r\n")]).gives("b NOOP\r\n", bad);
    Case::new([c("a LOGIN {5+}\r\nalice {6}\r\nb NOOP\r\n")]).gives("b NOOP\r\n", bad);
}

#[test]
fn blank_lines_are_dropped() {
    Case::new([c("\r\n\r\na NOOP\r\n\r\nb NOOP\r\n")]).gives("a NOOP\r\nb NOOP\r\n", "");
}

#[test]
fn what_is_no_command_is_answered_bad() {
    let tag = "* BAD expected a tag\r\n";
    let word = "* BAD expected a tag, a space and a command\r\n";
    let name = "a BAD expected a command behind the tag and a space\r\n";
    for (line, answer) in [
        ("* NOOP", tag),
        ("+ NOOP", tag),
        (" NOOP", tag),
        (" ", tag),
        ("a% NOOP", tag),
        ("NOOP", word),
        ("*", word),
        ("AGFsaWNl=", word),
        ("a ", name),
        ("a  COMPRESS DEFLATE", name),
        ("a \tCOMPRESS DEFLATE", name),
    ] {
        Case::new([c(&format!("{line}\r\nz NOOP\r\n"))]).gives("z NOOP\r\n", answer);
    }
}

#[test]
fn bare_line_ends_and_nul_end_the_relay() {
    for (line, passed, error) in [
        ("a NOOP\nb COMPRESS DEFLATE\r\n", "", "bare LF at octet 6"),
        ("a NOOP \nb COMPRESS DEFLATE\r\n", "a NOOP ", "bare LF at octet 7"),
        (
            "a SELECT x\rb COMPRESS DEFLATE\r\n",
            "a SELECT x",
            "bare CR at octet 10",
        ),
        ("a SELECT x\0\r\n", "a SELECT x", "NUL at octet 10"),
        ("a\0 NOOP\r\n", "", "NUL at octet 1"),
        ("\ra NOOP\r\n", "", "bare CR at octet 0"),
        ("\n", "", "bare LF at octet 0"),
        ("a SELECT x\r\r\n", "a SELECT x", "bare CR at octet 10"),
    ] {
        Case::new([c(line), c("c NOOP\r\n"), s("* 1 EXISTS\r\n")]).fails(
            passed,
            &format!("* BYE {error}\r\n"),
            error,
        );
    }
}

#[test]
fn an_end_in_the_middle_of_a_response_writes_nothing_into_it() {
    let response = "* 1 FETCH (BODY[] {10}\r\n01";
    Case::new([s(response), c("a NOOP\n")]).fails("", response, "bare LF at octet 6");
}

#[test]
fn long_heads_end_the_relay_and_long_arguments_do_not() {
    let long = "x".repeat(10_000);
    let line = format!("a SEARCH TEXT {long}\r\n");
    let mut rig = Rig::new("IMAP4rev1", Rules::new([], EmptyLiteral::Keep));
    rig.take(&c(&line), &[7]);
    assert_eq!(rig.out.server, line.as_bytes());

    let tag = "t".repeat(64);
    let name = "N".repeat(64);
    Case::new([c(&format!("{tag} {name}\r\n"))]).passes();
    for head in [
        format!("{tag}t NOOP\r\n"),
        format!("a {name}N\r\n"),
        "x".repeat(129),
    ] {
        let error = "over the limit: line too long";
        Case::new([c(&head)]).fails("", &format!("* BYE {error}\r\n"), error);
    }
}
