//! The policy hears what a client was refused.

use crate::message::invited;
use crate::rig::{Choice, Rig, config};

#[test]
fn whoever_refuses() {
    let mut rig = Rig::usual();
    // The policy, ourselves, and a line that is malformed.
    rig.client(
        b"MAIL FROM:<evil@example.com>\r\nrcpt TO:<b@example.org>\r\nMAIL FROM:<a@example.com> SIZE=1001\r\n",
    );
    rig.client(b"MAIL FROM:<a@\r\nData\r\n");
    assert_eq!(
        rig.policy.refused,
        ["MAIL 553", "RCPT 503", "MAIL 552", "MAIL 501", "DATA 503"]
    );
    // The server.
    rig.policy.refused.clear();
    rig.client(b"MAIL FROM:<a@example.com>\r\n");
    rig.server(b"450 busy\r\n");
    rig.client(b"MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.org>\r\nRCPT TO:<c@example.org>\r\n");
    rig.server(b"250 Ok\r\n550-no\r\n550 no\r\n250 Ok\r\n");
    rig.client(b"DATA\r\n");
    rig.server(b"451 later\r\n");
    assert_eq!(rig.policy.refused, ["MAIL 450", "RCPT 550", "DATA 451"]);
    // The caller.
    rig.policy.refused.clear();
    rig.server(b"250 reset\r\n");
    rig.choice = Choice::Refuse;
    rig.client(b"MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n");
    rig.server(b"250 Ok\r\n250 Ok\r\n");
    assert_eq!(rig.policy.refused, ["DATA 452"]);
}

#[test]
fn in_the_order_of_the_commands() {
    let mut rig = Rig::usual();
    rig.client(
        b"MAIL FROM:<a@example.com>\r\nRCPT TO:<nobody@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n",
    );
    assert!(rig.policy.refused.is_empty());
    rig.server(b"250 Ok\r\n");
    assert_eq!(rig.policy.refused, ["RCPT 450"]);
    rig.server(b"550 no\r\n");
    assert_eq!(rig.policy.refused, ["RCPT 450", "RCPT 550", "DATA 554"]);
}

#[test]
fn a_lost_server_refuses_what_waits_for_it() {
    let mut rig = Rig::usual();
    rig.client(b"MAIL FROM:<a@example.com>\r\nNOOP\r\nRCPT TO:<b@example.org>\r\nRSET\r\n");
    rig.lose();
    assert_eq!(rig.policy.refused, ["MAIL 451", "RCPT 451"]);
    rig.client(b"MAIL FROM:<a@example.com>\r\n");
    rig.refuse_mail();
    assert_eq!(rig.policy.refused, ["MAIL 451", "RCPT 451", "MAIL 451"]);
}

#[test]
fn nothing_else_is_told() {
    let mut rig = Rig::usual();
    rig.client(b"NOOP\r\nEXPN x\r\nAUTH PLAIN\r\nFOO\r\nMAILFROM:<a@example.com>\r\nBDAT 1\r\nx");
    assert_eq!(rig.heard().matches("\r\n5").count(), 5);
    assert!(rig.policy.refused.is_empty());
    // What comes of a message.
    let mut rig = invited(config());
    rig.client(b"\r\n.\r\n");
    rig.server(b"550 spam\r\n");
    assert_eq!(rig.heard(), "550 5.0.0 spam\r\n");
    assert!(rig.policy.refused.is_empty());
}
