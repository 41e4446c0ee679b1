//! Who may send, and how.

use std::net::SocketAddr;

use gatepost_testkit::servers::Postfix;

use super::{ALICE, ALICE_BY_MASTER, NOT_ALICE, dovecot, message, send, send_by_tls, start};
use crate::smtp::Smtp;

#[tokio::test]
async fn each_service_takes_mail_in_its_own_way() {
    let (dovecot, postfix) = start();
    let starttls = |port: SocketAddr| format!("smtp://{port}/client.example.org");
    let smtps = format!("smtps://{}/client.example.org", postfix.smtps());
    let alice = ["--user", "alice:wonderland"];
    let as_exchange = ["--user", "alice:wonderland", "--login-options", "AUTH=LOGIN"];
    for (url, login, subject) in [
        (starttls(postfix.submission()), &alice[..], "submission"),
        (smtps, &alice, "smtps"),
        (starttls(postfix.login_only()), &as_exchange, "login-only"),
        (starttls(postfix.trusted()), &[], "trusted"),
    ] {
        let (code, heard) = send_by_tls(&postfix, &url, login, subject);
        assert_eq!(code, 0, "{subject}: {heard}");
    }
    let (mut smtp, _) = Smtp::ehlo(postfix.plain());
    assert!(smtp.say(ALICE).starts_with("235 2.7.0"));
    assert!(send(&mut smtp, "plain").starts_with("250 2.0.0"));

    let messages = dovecot.arrived("bob", "INBOX", 5).await.unwrap();
    let mut subjects: Vec<_> = messages
        .iter()
        .map(|message| message.field("Subject").unwrap())
        .collect();
    subjects.sort();
    assert_eq!(
        subjects,
        ["login-only", "plain", "smtps", "submission", "trusted"]
    );
    for message in &messages {
        let text = String::from_utf8_lossy(&message.raw);
        let trusted = text.contains("Subject: trusted");
        assert_eq!(text.contains("(Authenticated sender: alice)"), !trusted, "{text}");
        assert_eq!(
            text.contains("using TLSv1.3"),
            !text.contains("Subject: plain"),
            "{text}"
        );
        assert!(
            message.field("Date").is_none() && text.ends_with("\r\n\r\nhello\r\n"),
            "{text}"
        );
    }
    postfix.drained().unwrap();
    assert_eq!(postfix.accepted().len(), 5);
}

#[test]
fn logins_are_judged() {
    let (_dovecot, postfix) = start();
    let url = format!("smtp://{}", postfix.submission());
    let (code, heard) = send_by_tls(&postfix, &url, &["--user", "alice:wrong"], "");
    assert_eq!(code, 67, "{heard}");
    assert!(heard.contains("< 535 5.7.8"), "{heard}");
    let (code, heard) = send_by_tls(&postfix, &url, &[], "");
    assert!(code != 0 && heard.contains("< 554 5.7.1"), "{heard}");

    let (mut smtp, offered) = Smtp::ehlo(postfix.plain());
    assert!(offered.contains("250-AUTH PLAIN LOGIN"), "{offered}");
    assert!(smtp.say(NOT_ALICE).starts_with("535 5.7.8"));
    assert!(smtp.say(ALICE_BY_MASTER).starts_with("235 2.7.0"));
    assert!(send(&mut smtp, "").starts_with("250 2.0.0"));
    postfix.logged("sasl_method=PLAIN, sasl_username=alice").unwrap();
    let (mut smtp, offered) = Smtp::ehlo(postfix.submission());
    assert!(
        offered.contains("STARTTLS") && !offered.contains("AUTH"),
        "{offered}"
    );
    assert!(smtp.say(ALICE).starts_with("530 5.7.0"));
    let (mut smtp, offered) = Smtp::ehlo(postfix.trusted());
    assert!(!offered.contains("AUTH"), "{offered}");
    assert!(smtp.say(ALICE).starts_with("503 5.5.1"));
}

#[test]
fn what_a_gateway_relays_is_offered() {
    let (_dovecot, postfix) = start();
    let (_, offered) = Smtp::ehlo(postfix.xclient());
    for keyword in [
        "PIPELINING",
        "SIZE 10240000",
        "8BITMIME",
        "SMTPUTF8",
        "DSN",
        "ENHANCEDSTATUSCODES",
        "STARTTLS",
    ] {
        assert!(
            offered.lines().any(|line| line[4..] == *keyword),
            "{keyword}: {offered}"
        );
    }
    let xclient = offered.lines().find(|line| line.contains("XCLIENT")).unwrap();
    for attribute in ["ADDR", "LOGIN", "PROTO"] {
        assert!(xclient.contains(attribute), "{xclient}");
    }
}

#[tokio::test]
async fn xclient_says_who_it_is() {
    let (dovecot, postfix) = start();
    let (mut smtp, _) = Smtp::ehlo(postfix.xclient());
    let greeting = smtp.say("XCLIENT ADDR=192.0.2.9 PROTO=ESMTP LOGIN=alice");
    assert!(greeting.starts_with("220 "), "{greeting}");
    smtp.say("EHLO phone.example.org");
    assert!(send(&mut smtp, "for alice").starts_with("250 2.0.0"));
    postfix
        .logged("client=unknown[192.0.2.9], sasl_method=XCLIENT, sasl_username=alice")
        .unwrap();
    dovecot.arrived("bob", "INBOX", 1).await.unwrap();

    let (mut smtp, _) = Smtp::ehlo(postfix.xclient());
    smtp.say("XCLIENT ADDR=192.0.2.9");
    smtp.say("EHLO phone.example.org");
    assert!(send(&mut smtp, "for nobody").starts_with("554 5.7.1"));
    // The second XCLIENT makes it forget the user of the first, and 255 octets are the most.
    let (mut smtp, _) = Smtp::ehlo(postfix.xclient());
    smtp.say(&format!("XCLIENT LOGIN={}", "x".repeat(255)));
    smtp.say("EHLO phone.example.org");
    assert!(smtp.say("XCLIENT PROTO=ESMTP").starts_with("220 "));
    smtp.say("EHLO phone.example.org");
    assert!(send(&mut smtp, "for nobody").starts_with("554 5.7.1"));
    smtp.say("RSET");
    let long = smtp.say(&format!("XCLIENT LOGIN={}", "x".repeat(256)));
    assert!(long.starts_with("501 5.5.4"), "{long}");

    for other in [postfix.plain(), postfix.trusted(), postfix.submission()] {
        let (mut smtp, offered) = Smtp::ehlo(other);
        assert!(!offered.contains("XCLIENT"), "{offered}");
        assert!(!smtp.say("XCLIENT LOGIN=alice").starts_with('2'));
    }
}

#[test]
fn senders_can_be_owned() {
    let dovecot = dovecot();
    let builder = Postfix::builder()
        .sasl(&dovecot)
        .owner("alice@example.org", "alice");
    let postfix = builder.start().unwrap();
    let (mut smtp, _) = Smtp::ehlo(postfix.plain());
    assert!(smtp.say(ALICE_BY_MASTER).starts_with("235"));
    let reply = smtp.send("<bob@example.org>", &["x@example.net"], &message(""));
    assert!(
        reply.starts_with("553 5.7.1") && reply.contains("not owned by user alice"),
        "{reply}"
    );
    smtp.say("RSET");
    assert!(send(&mut smtp, "").starts_with("250"));
    let (mut smtp, _) = Smtp::ehlo(postfix.trusted());
    let reply = smtp.send("<bob@example.org>", &["x@example.net"], &message(""));
    assert!(reply.starts_with("250"), "{reply}");
}

#[test]
fn a_mechanism_that_is_not_offered_is_not_taken() {
    let (_dovecot, postfix) = start();
    let (mut smtp, offered) = Smtp::starttls(postfix.login_only(), postfix.identity());
    assert!(offered.contains("250-AUTH LOGIN\n"), "{offered}");
    assert!(smtp.say(ALICE).starts_with("535 5.7.8"));
    for (line, code) in [
        ("AUTH LOGIN", "334 "),
        ("YWxpY2U=", "334 "),
        ("d29uZGVybGFuZA==", "235 2.7.0"),
    ] {
        let reply = smtp.say(line);
        assert!(reply.starts_with(code), "{reply}");
    }
}
