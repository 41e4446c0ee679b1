//! IDLE (RFC 2177).

use crate::rig::{Case, c, s};

#[test]
fn idle_passes_and_commands_follow_done() {
    Case::new([
        c("a IDLE\r\n"),
        s("+ idling\r\n* 4 EXISTS\r\n"),
        c("DONE\r\nb NOOP\r\n"),
        s("a OK\r\nb OK\r\n"),
        c("c idle\r\n"),
        s("* 5 EXISTS\r\n+ \r\n"),
        c("done\r\n"),
        s("c OK\r\n"),
    ])
    .passes();
}

#[test]
fn what_is_pipelined_behind_idle_waits_for_the_plus() {
    let script = [c("a IDLE\r\nDONE\r\nb NOOP\r\n"), s("* 1 EXISTS\r\n")];
    Case::new(script.clone()).gives("a IDLE\r\n", "* 1 EXISTS\r\n");
    let script = [&script[..], &[s("+ idling\r\n")]].concat();
    Case::new(script).gives("a IDLE\r\nDONE\r\nb NOOP\r\n", "* 1 EXISTS\r\n+ idling\r\n");
}

#[test]
fn nothing_but_done_passes_while_idling() {
    for line in ["b COMPRESS DEFLATE\r\n", "DONE \r\n", "DONE\n", "DON\r\n", "\0"] {
        Case::new([c("a IDLE\r\n"), s("+ idling\r\n"), c(line)]).fails(
            "a IDLE\r\n",
            "+ idling\r\n* BYE expected DONE at octet 0\r\n",
            "expected DONE at octet 0",
        );
    }
}

#[test]
fn blank_lines_are_dropped_while_idling() {
    Case::new([c("a IDLE\r\n"), s("+ idling\r\n"), c("\r\n\r\nDONE\r\n")])
        .gives("a IDLE\r\nDONE\r\n", "+ idling\r\n");
}

#[test]
fn a_refused_idle_leaves_commands() {
    Case::new([c("a IDLE\r\nb NOOP\r\n"), s("a BAD no\r\n")]).passes();
    Case::new([c("a IDLE now\r\nb STARTTLS\r\n"), s("a BAD no\r\n")]).gives(
        "a IDLE now\r\n",
        "a BAD no\r\nb BAD STARTTLS is not possible after login\r\n",
    );
}

#[test]
fn a_done_that_the_server_did_not_wait_for_is_dropped() {
    Case::new([
        c("a IDLE\r\n"),
        s("+ idling\r\n"),
        c("DO"),
        s("a OK idled enough\r\n"),
        c("NE\r\nb NOOP\r\n"),
    ])
    .gives("a IDLE\r\nb NOOP\r\n", "+ idling\r\na OK idled enough\r\n");
}

#[test]
fn idle_waits_for_the_answers_to_what_came_before() {
    let script = [c("a XASK\r\nb IDLE\r\nDONE\r\n"), s("+ more\r\n")];
    Case::new(script.clone()).gives("a XASK\r\nb IDLE", "+ more\r\n");
    let script = [&script[..], &[s("a OK\r\n"), s("+ idling\r\n")]].concat();
    Case::new(script).gives("a XASK\r\nb IDLE\r\nDONE\r\n", "+ more\r\na OK\r\n+ idling\r\n");
}

#[test]
fn an_early_plus_starts_nothing() {
    Case::new([s("+ early\r\n"), c("a IDLE\r\nDONE\r\n")]).gives("a IDLE\r\n", "+ early\r\n");
}
