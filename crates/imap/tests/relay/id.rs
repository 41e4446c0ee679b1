//! A client's ID passes, and is listened to.

use crate::rig::{Case, c, s};

#[test]
fn what_a_client_says_of_itself_is_heard() {
    Case::new([
        c("1 ID (\"name\" \"iPhone Mail\" \"version\" \"22C161\" \"os\" \"iOS\")\r\n2 NOOP\r\n"),
        s("* ID (\"name\" \"Dovecot\")\r\n1 OK ID completed\r\n2 OK\r\n"),
        c("3 id (\"NAME\" \"com.apple.email.maild\" \"event\" NIL)\r\n"),
        s("3 OK\r\n"),
    ])
    .identifies(&["iPhone Mail", "com.apple.email.maild"]);
}

#[test]
fn an_id_that_says_nothing_passes_all_the_same() {
    let long = format!("4 ID (\"name\" \"x\" \"vendor\" \"{}\")\r\n", "v".repeat(3000));
    for line in ["1 ID NIL\r\n", "2 ID\r\n", "3 ID (\"name\" \r\n", &long] {
        Case::new([c(line), s("* BAD\r\n")]).identifies(&[]);
    }
}

#[test]
fn literals_are_not_listened_to() {
    Case::new([c("1 ID (\"name\" {3+}\r\nabc)\r\n"), s("1 OK\r\n")]).identifies(&[]);
    Case::new([
        c("1 ID (\"name\" {3}\r\n"),
        s("+ go\r\n"),
        c("abc)\r\n"),
        s("1 OK\r\n"),
    ])
    .identifies(&[]);
    // Nor what only looks like one.
    Case::new([
        c("1 NOOP\r\n2 APPEND x {21}\r\n"),
        s("1 OK\r\n+ go\r\n"),
        c("3 ID (\"name\" \"x\")\r\nxx\r\n"),
    ])
    .identifies(&[]);
}
