//! Postfix as a gateway meets it, with Dovecot behind it.

use gatepost_testkit::servers::{Dovecot, Postfix};

use crate::smtp::{Smtp, curl};

mod answers;
mod delivery;
mod services;

/// `\0alice\0wonderland`, and with a wrong password.
const ALICE: &str = "AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=";
const NOT_ALICE: &str = "AUTH PLAIN AGFsaWNlAHdyb25n";
/// `alice\0gateway\0master`
const ALICE_BY_MASTER: &str = "AUTH PLAIN YWxpY2UAZ2F0ZXdheQBtYXN0ZXI=";

fn dovecot() -> Dovecot {
    let builder = Dovecot::builder()
        .user("alice", "wonderland")
        .user("bob", "builder");
    builder.master("gateway", "master").start().unwrap()
}

/// Two servers, of which the MTA's users are the other's.
fn start() -> (Dovecot, Postfix) {
    let dovecot = dovecot();
    let builder = Postfix::builder().sasl(&dovecot).deliver("example.org", &dovecot);
    let postfix = builder.start().unwrap();
    (dovecot, postfix)
}

/// A message from Alice to Bob.
fn message(subject: &str) -> String {
    format!("From: alice@example.org\r\nSubject: {subject}\r\n\r\nhello\r\n")
}

fn send(smtp: &mut Smtp, subject: &str) -> String {
    smtp.send("<alice@example.org>", &["bob@example.org"], &message(subject))
}

/// Sends a message over TLS as Alice.
fn send_by_tls(postfix: &Postfix, url: &str, more: &[&str], subject: &str) -> (i32, String) {
    let who = [
        "--mail-from",
        "alice@example.org",
        "--mail-rcpt",
        "bob@example.org",
    ];
    let arguments = [&["--ssl-reqd", "--url", url][..], &who, more].concat();
    curl(&postfix.ca_file(), &arguments, &message(subject))
}
