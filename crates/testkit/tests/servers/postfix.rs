//! Postfix as a gateway meets it, with Dovecot behind it.

use std::net::{SocketAddr, TcpStream};

use gatepost_testkit::servers::{Dovecot, Postfix, Stage};

use crate::smtp::{Smtp, curl};

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
    let url = format!("smtp://{}", postfix.login_only());
    let plain = ["--user", "alice:wonderland", "--login-options", "AUTH=PLAIN"];
    let (code, heard) = send_by_tls(&postfix, &url, &plain, "");
    assert!(code != 0 && heard.contains("< 250-AUTH LOGIN\r\n"), "{heard}");

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
fn it_answers_as_told() {
    let builder = Postfix::builder()
        .answer(Stage::Helo, "later.example.org", "450 4.3.2 not now")
        .answer(Stage::Mail, "busy@example.org", "451 4.3.0 busy")
        .answer(Stage::Mail, "<>", "550 5.7.1 no reports")
        .answer(Stage::Rcpt, "full@example.org", "452 4.2.2 full")
        .answer(Stage::Rcpt, "gone@example.org", "550 5.1.1 gone")
        .answer(Stage::Rcpt, "closing@example.org", "421 4.3.2 closing")
        .answer(Stage::Data, "data@example.org", "451 4.3.0 no data")
        .answer(Stage::EndOfData, "end@example.org", "554 5.6.0 bad content")
        .answer(Stage::EndOfData, "disk@example.org", "452 4.3.1 disk full");
    let postfix = builder.message_size_limit(5_000).start().unwrap();
    let (mut smtp, offered) = Smtp::ehlo(postfix.trusted());
    assert!(offered.contains("SIZE 5000\n"), "{offered}");
    let helo = smtp.say("EHLO later.example.org");
    assert!(
        helo.starts_with("450 4.3.2") && helo.ends_with("not now"),
        "{helo}"
    );
    smtp.say("EHLO client.example.org");
    let long = "x".repeat(900) + "\r\n";
    for (from, to, body, code, text) in [
        ("<busy@example.org>", "bob@example.org", 1, "451 4.3.0", "busy"),
        ("<>", "bob@example.org", 1, "550 5.7.1", "no reports"),
        (
            "<a@example.org> SIZE=5001",
            "bob@example.org",
            1,
            "552 5.3.4",
            "size",
        ),
        ("<a@example.org>", "full@example.org", 1, "452 4.2.2", "full"),
        ("<a@example.org>", "gone@example.org", 1, "550 5.1.1", "gone"),
        ("<data@example.org>", "bob@example.org", 1, "451 4.3.0", "no data"),
        ("<a@example.org>", "data@example.org", 1, "451 4.3.0", "no data"),
        (
            "<end@example.org>",
            "bob@example.org",
            1,
            "554 5.6.0",
            "bad content",
        ),
        ("<a@example.org>", "disk@example.org", 1, "452 4.3.1", "disk full"),
        ("<a@example.org>", "bob@example.org", 8, "552 5.3.4", "too big"),
        ("<a@example.org>", "bob@example.org", 1, "250 2.0.0", "queued as"),
    ] {
        let reply = smtp.send(from, &[to], &long.repeat(body));
        assert!(
            reply.starts_with(code) && reply.contains(text),
            "{from} {to}: {reply}"
        );
        smtp.say("RSET");
    }
    let reply = smtp.send("<a@example.org>", &["closing@example.org"], "");
    assert!(reply.starts_with("421 4.3.2"), "{reply}");
    assert_eq!(smtp.say("NOOP"), "", "it has hung up");

    let postfix = Postfix::builder()
        .answer(Stage::Greeting, "127", "521 5.3.2 away")
        .start()
        .unwrap();
    let (_, greeting) = Smtp::connect(postfix.trusted());
    assert!(
        greeting.starts_with("521 ") && greeting.contains("away"),
        "{greeting}"
    );
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

#[tokio::test]
async fn the_queue_survives_a_restart() {
    let (mut dovecot, mut postfix) = start();
    dovecot.stop();
    let (mut smtp, _) = Smtp::ehlo(postfix.trusted());
    assert!(send(&mut smtp, "later").starts_with("250"));
    postfix.logged("status=deferred").unwrap();
    let accepted = postfix.accepted();
    assert_eq!(postfix.queued().unwrap(), accepted);
    postfix.stop();
    assert!(TcpStream::connect(postfix.trusted()).is_err());
    assert_eq!(smtp.say("NOOP"), "", "it has hung up");
    assert_eq!(postfix.queued().unwrap(), accepted);
    dovecot.restart().unwrap();
    postfix.restart().unwrap();
    let messages = dovecot.arrived("bob", "INBOX", 1).await.unwrap();
    assert_eq!(messages[0].field("Subject").unwrap(), "later");
    postfix.drained().unwrap();
    assert_eq!(postfix.accepted(), accepted);

    let ports = [postfix.submission(), postfix.trusted()];
    drop(postfix);
    assert!(ports.iter().all(|port| TcpStream::connect(port).is_err()));
}

#[tokio::test]
async fn each_recipient_has_his_server() {
    let (first, second) = (dovecot(), dovecot());
    let both = || {
        let builder = Postfix::builder().deliver("example.org", &first);
        builder.deliver("bob@example.org", &second).start().unwrap()
    };
    for postfix in [both(), both()] {
        let (mut smtp, _) = Smtp::ehlo(postfix.trusted());
        let to = ["alice@example.org", "bob@example.org", "x@example.net"];
        let reply = smtp.send("<alice@example.org>", &to, &message("to all"));
        assert!(reply.starts_with("250"), "{reply}");
        postfix.drained().unwrap();
    }
    assert_eq!(first.arrived("alice", "INBOX", 2).await.unwrap().len(), 2);
    assert_eq!(second.arrived("bob", "INBOX", 2).await.unwrap().len(), 2);
    assert_eq!(first.messages("bob", "INBOX").await.unwrap(), []);
}

#[tokio::test]
async fn addresses_and_messages_may_be_of_any_letters() {
    let dovecot = dovecot();
    let postfix = Postfix::builder()
        .deliver("example.org", &dovecot)
        .alias("jörg@example.org", "bob@example.org")
        .start()
        .unwrap();
    let (mut smtp, _) = Smtp::ehlo(postfix.trusted());
    let body = format!("Subject: Grüße\r\n\r\n..dot\r\n{}\r\n", "ü".repeat(1500));
    let from = "<zoë@example.org> SMTPUTF8 BODY=8BITMIME";
    let reply = smtp.send(from, &["jörg@example.org"], &body);
    assert!(reply.starts_with("250"), "{reply}");
    let messages = dovecot.arrived("bob", "INBOX", 1).await.unwrap();
    assert_eq!(messages[0].field("Subject").unwrap(), "Grüße");
    let text = String::from_utf8_lossy(&messages[0].raw);
    assert!(text.ends_with(&body.replace("..dot", ".dot")), "{text}");
}
