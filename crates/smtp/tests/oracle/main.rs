//! The same input read by `smtp-proto`, another implementation. What is valid is read the same, but for these:
//!
//! | input | here | smtp-proto 0.2 |
//! |---|---|---|
//! | a number over 255 in an enhanced code (`5.7.999`; RFC 3463 allows three digits) | 999 | 255 |
//! | an enhanced code of further lines that is not the first line's | stays in the text; told by `Forgiven` | taken off; the last counts |
//! | a code with noughts before it (`5.07.1`; RFC 3463 section 2 forbids them) | text | 5.7.1 |
//! | a line of a reply without text, `250-` | empty | its CR |
//! | a reply whose lines have different codes | an error, or forgiven, and the last counts | the first counts |
//! | LF without CR, NUL and controls in a reply | an error, or forgiven by name; NUL never | taken |
//! | a dot at the very start of a message (RFC 5321 section 4.5.2 wants it unstuffed) | taken off | kept |
//! | `.` at the very start of a message, the empty message | its end | no end |
//! | a bare CR, a bare LF or a NUL in a message | an error with its offset | passed on |
//! | an address literal, `<bob@[192.0.2.1]>` (RFC 5321 section 4.1.3) | an address | refused |
//!
//! Each line is a test here, and the README has them all. Only the generated input keeps clear of them.

#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod commands;
mod data;
mod replies;

#[test]
fn the_readme_has_the_same_table() {
    let readme = include_str!("../../README.md");
    let mut table = include_str!("main.rs")
        .lines()
        .filter_map(|line| line.strip_prefix("//! |"));
    assert!(table.all(|line| readme.contains(&format!("|{line}\n"))));
}
