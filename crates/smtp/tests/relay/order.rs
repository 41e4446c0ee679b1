//! Answers in order, questions asked once, and floods.

use std::sync::Arc;

use gatepost_smtp::relay::Relay;

use crate::message::invited;
use crate::rig::{ALL, Choice, Rig, State, authenticated, config, extensions};

#[test]
fn ours_wait_behind_the_servers() {
    let mut rig = Rig::usual();
    rig.client(b"MAIL FROM:<a@example.com>\r\nNOOP\r\nRCPT TO:<b@example.org>\r\nFOO\r\nVRFY x\r\n");
    assert_eq!(rig.heard(), "");
    rig.server(b"250 one\r\n");
    assert_eq!(rig.heard(), "250 2.0.0 one\r\n250 2.0.0 OK\r\n");
    rig.server(b"250 two\r\n");
    assert_eq!(
        rig.heard(),
        "250 2.0.0 two\r\n500 5.5.1 unknown command\r\n252 2.0.0 send a message and see\r\n"
    );
}

#[test]
fn the_policy_is_asked_once() {
    // The server cannot pipeline, so that each command waits for the one before it.
    let mut rig = Rig::new("SIZE", config());
    rig.client(
        b"MAIL FROM:<evil@example.com>\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.org>\r\n\
          RCPT TO:<nobody@example.org>\r\nRCPT TO:<c@example.org>\r\nRCPT TO:<d@example.org>\r\nRCPT TO:<e@example.org>\r\n",
    );
    rig.lose();
    for _ in 0..3 {
        rig.run();
    }
    rig.client(b"MAIL FROM:<f@example.com>\r\n");
    for _ in 0..3 {
        rig.run();
    }
    rig.replace("SIZE");
    assert_eq!(
        rig.policy.asked,
        ["<evil@example.com>", "<a@example.com>", "<f@example.com>"]
    );
    assert!(rig.passed().ends_with("MAIL FROM:<f@example.com>\r\n"));
    rig.server(b"250 Ok\r\n");
    rig.client(b"RCPT TO:<b@example.org>\r\nRCPT TO:<nobody@example.org>\r\nRCPT TO:<c@example.org>\r\n");
    (0..3).for_each(|_| rig.server(b"250 Ok\r\n"));
    assert_eq!(
        rig.policy.asked[3..],
        ["<b@example.org>", "<nobody@example.org>", "<c@example.org>"]
    );
}

#[test]
fn a_nested_mail_waits_for_the_first() {
    for (reply, heard, passed) in [
        (
            "250 Ok",
            "250 2.0.0 Ok\r\n503 5.5.1 there is a transaction already\r\n",
            "",
        ),
        ("550 no", "550 5.0.0 no\r\n", "MAIL FROM:<b@example.com>\r\n"),
    ] {
        let mut rig = Rig::usual();
        rig.client(b"MAIL FROM:<a@example.com>\r\nMAIL FROM:<b@example.com>\r\n");
        assert_eq!(rig.passed(), "MAIL FROM:<a@example.com>\r\n");
        rig.server(format!("{reply}\r\n").as_bytes());
        assert_eq!((rig.heard().as_str(), rig.passed().as_str()), (heard, passed));
    }
}

/// A client that asks and asks is not read while a hundred answers are due.
#[test]
fn what_is_due_is_limited() {
    let mut limits = config();
    limits.limits.recipients = 1000;
    let mut rig = Rig::new(ALL, limits);
    rig.client(b"MAIL FROM:<a@example.com>\r\n");
    let lines = "RCPT TO:<b@example.org>\r\nNOOP\r\n".repeat(500);
    rig.client(lines.as_bytes());
    assert!(!rig.relay_ref().wants_client());
    let asked = rig.passed().lines().count();
    assert!((50..=100).contains(&asked), "{asked}");
    assert!(rig.client.len() > 10_000);
    // They are answered all the same.
    let mut answers = 0;
    for _ in 0..2000 {
        rig.server(b"250 Ok\r\n");
        answers += rig.heard().lines().count();
        if rig.relay_ref().wants_client() && rig.client.is_empty() && !rig.relay_ref().is_asking() {
            break;
        }
    }
    assert_eq!(answers, 1001);
}

/// Behind DATA nothing may come before the client is invited, but that it has gone is worth knowing.
#[test]
fn who_waits_for_the_invitation_is_read_until_something_comes() {
    for early in [false, true] {
        let mut rig = Rig::usual();
        rig.client(b"MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n");
        assert!(rig.relay_ref().wants_client(), "while RCPT is not answered");
        rig.server(b"250 Ok\r\n");
        if early {
            rig.client(b"Subject: hi\r\n");
            assert!(!rig.relay_ref().wants_client());
        }
        rig.server(b"250 Ok\r\n");
        assert!(rig.passed().ends_with("DATA\r\n"));
        assert_eq!(rig.relay_ref().wants_client(), !early);
        rig.client(b"Subject: hi\r\n");
        assert!(!rig.relay_ref().wants_client());
        rig.heard();
        rig.server(b"354 go\r\n");
        assert_eq!(rig.heard(), "354 end data with <CR><LF>.<CR><LF>\r\n");
        assert!(rig.passed().ends_with("Subject: hi\r\n"));
    }
}

#[test]
fn idle_commands_are_limited() {
    let mut rig = Rig::usual();
    rig.client(&b"NOOP\r\n".repeat(999));
    assert_eq!(rig.heard().lines().count(), 999);
    rig.client(b"MAIL FROM:<a@example.com>\r\n");
    rig.server(b"250 Ok\r\n");
    rig.heard();
    rig.client(&b"EHLO x\r\n".repeat(500));
    rig.server(b"250 reset\r\n");
    assert_eq!(rig.place(), "idle");
    rig.client(&b"RSET\r\n".repeat(600));
    assert!(
        rig.heard()
            .ends_with("250 2.0.0 reset\r\n421 4.7.0 over the limit: too many commands\r\n")
    );
    assert_eq!(rig.place(), "closed: over the limit: too many commands");
}

#[test]
fn recipients_are_not_idle_and_may_be_a_thousand() {
    let mut limits = config();
    limits.limits.recipients = 1500;
    let mut rig = Rig::new(ALL, limits);
    rig.client(b"MAIL FROM:<a@example.com>\r\n");
    rig.server(b"250 Ok\r\n");
    for number in 0..1502 {
        rig.client(format!("RCPT TO:<{number}@example.org>\r\n").as_bytes());
        if number < 1500 {
            rig.server(b"250 Ok\r\n");
        }
    }
    assert!(
        rig.heard()
            .ends_with(&"452 4.5.3 over the limit: too many recipients\r\n".repeat(2))
    );
    rig.choice = Choice::Wait;
    rig.client(b"DATA\r\n");
    let State::Data(data) = &rig.state else { panic!() };
    assert_eq!(data.recipients().len(), 1500);
}

#[test]
fn recipients_without_mail_are_not_bad() {
    let mut rig = Rig::usual();
    rig.client(b"MAIL FROM:<evil@example.com>\r\n");
    rig.client(&b"RCPT TO:<b@example.org>\r\n".repeat(200));
    assert_eq!(rig.heard().matches("503 5.5.1 MAIL first").count(), 200);
    assert_eq!(rig.place(), "idle");
}

#[test]
fn bad_commands_end_it_behind_the_answers() {
    let mut rig = Rig::usual();
    rig.client(b"MAIL FROM:<a@example.com>\r\n");
    rig.client(&b"FOO\r\n".repeat(7));
    assert_eq!((rig.heard().as_str(), rig.place().as_str()), ("", "held"));
    rig.server(b"250 Ok\r\n");
    assert_eq!(
        rig.heard(),
        format!(
            "250 2.0.0 Ok\r\n{}421 4.7.0 over the limit: too many bad commands\r\n",
            "500 5.5.1 unknown command\r\n".repeat(5)
        )
    );
}

#[test]
fn lines_that_are_too_long_end_it() {
    let mut rig = Rig::usual();
    rig.client(&[&b"NOOP "[..], &[b'x'; 5000]].concat());
    assert_eq!(rig.heard(), "500 5.5.2 over the limit: line too long\r\n");
    assert_eq!(rig.place(), "closed: over the limit: line too long");
}

#[test]
fn quit_waits_for_what_is_due() {
    let mut rig = Rig::usual();
    rig.client(b"MAIL FROM:<a@example.com>\r\nQUIT\r\nNOOP\r\n");
    assert_eq!(rig.heard(), "");
    rig.server(b"550 no\r\n");
    assert_eq!(rig.heard(), "550 5.0.0 no\r\n221 2.0.0 closing\r\n");
    assert_eq!(rig.passed(), "MAIL FROM:<a@example.com>\r\nQUIT\r\n");
    assert_eq!(rig.place(), "closed");
}

#[test]
fn the_last_ehlo_counts() {
    let mut rig = Rig::usual();
    assert_eq!(
        (rig.relay_ref().helo(), rig.relay_ref().is_extended()),
        ("phone", true)
    );
    rig.client(b"HELO desk\r\n");
    assert_eq!(
        (rig.relay_ref().helo(), rig.relay_ref().is_extended()),
        ("desk", false)
    );
    let mut rig = Rig::usual();
    rig.choice = Choice::Wait;
    rig.client(
        b"EHLO tablet\r\nMAIL FROM:<a@example.com> SMTPUTF8 SIZE=7\r\nRCPT TO:<b@example.org>\r\nDATA\r\n",
    );
    rig.server(b"250 Ok\r\n250 Ok\r\n");
    let State::Data(data) = &rig.state else { panic!() };
    assert_eq!(data.declared_size(), Some(7));
    assert_eq!(
        (data.helo(), data.is_extended(), data.is_smtputf8()),
        ("tablet", true, true)
    );
    assert_eq!(data.sender().to_string(), "<a@example.com>");
}

/// Two messages, the second behind RSET and other recipients: no recipient of the first is in the second.
#[test]
fn transactions_do_not_mix() {
    let mut rig = Rig::usual();
    rig.choice = Choice::Wait;
    rig.client(b"MAIL FROM:<a@example.com>\r\nRCPT TO:<one@example.org>\r\nRSET\r\n");
    rig.client(b"MAIL FROM:<a@example.com>\r\nRCPT TO:<two@example.org>\r\nDATA\r\n");
    rig.server(b"250 1\r\n250 2\r\n250 3\r\n250 4\r\n250 5\r\n");
    let State::Data(data) = &rig.state else { panic!() };
    let recipients: Vec<_> = data.recipients().iter().map(ToString::to_string).collect();
    assert_eq!(recipients, ["<two@example.org>"]);
    assert_eq!(data.declared_size(), None);
}

#[test]
fn a_second_message_follows_the_first() {
    let mut rig = invited(config());
    rig.client(b"\r\n.\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<c@example.org>\r\nDATA\r\n");
    rig.passed();
    rig.server(b"250 first\r\n");
    assert_eq!(
        rig.passed(),
        "MAIL FROM:<a@example.com>\r\nRCPT TO:<c@example.org>\r\n"
    );
    rig.server(b"250 Ok\r\n250 Ok\r\n");
    assert_eq!(rig.passed(), "DATA\r\n");
    rig.server(b"354 go\r\n");
    rig.client(b"\r\n.\r\n");
    rig.server(b"250 second\r\n");
    assert!(rig.heard().ends_with("250 2.0.0 second\r\n"));
    assert_eq!(rig.committed.len(), 2);
    assert_eq!(rig.committed[1].0, ["<a@example.com>", "<c@example.org>"]);
}

#[test]
fn the_first_mail_may_wait_for_the_first_server() {
    let mut rig = Rig::usual();
    rig.state = State::Relay(Relay::without_server(&authenticated(), Arc::new(config())));
    rig.client(b"NOOP\r\nMAIL FROM:<a@example.com>\r\n");
    assert_eq!(rig.place(), "held wanting alone");
    rig.replace("PIPELINING");
    assert_eq!(rig.passed(), "MAIL FROM:<a@example.com>\r\n");
}

#[test]
fn unknown_parameters_have_to_be_offered_by_both() {
    let mut ours = config();
    ours.extensions = extensions("PIPELINING MT-PRIORITY");
    for (upstream, passes) in [("PIPELINING", false), ("PIPELINING MT-PRIORITY", true)] {
        let mut rig = Rig::new(upstream, ours.clone());
        rig.client(b"MAIL FROM:<a@example.com> MT-PRIORITY=3\r\n");
        assert_eq!(rig.passed().ends_with("MT-PRIORITY=3\r\n"), passes);
        let mut rig = Rig::new(upstream, config());
        rig.client(b"MAIL FROM:<a@example.com> MT-PRIORITY=3\r\n");
        assert_eq!(rig.heard(), "555 5.5.4 parameter MT-PRIORITY is not offered\r\n");
    }
}
