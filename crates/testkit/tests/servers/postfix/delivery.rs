//! What becomes of a message.

use std::net::TcpStream;

use gatepost_testkit::servers::Postfix;

use super::{dovecot, message, send, start};
use crate::smtp::Smtp;

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

#[test]
fn what_was_cut_short_by_a_stop_is_gone() {
    let mut postfix = Postfix::builder().start().unwrap();
    let (mut smtp, _) = Smtp::ehlo(postfix.trusted());
    for line in ["MAIL FROM:<>", "RCPT TO:<bob@example.org>", "DATA"] {
        smtp.say(line);
    }
    assert_eq!(postfix.queued().unwrap().len(), 1);
    postfix.restart().unwrap();
    postfix.drained().unwrap();
    assert!(postfix.accepted().is_empty());
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
