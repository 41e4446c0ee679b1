//! What is answered otherwise than usual.

use gatepost_testkit::servers::{Postfix, Stage};

use crate::smtp::Smtp;

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
