//! Submitting mail: logging in, the envelope, the message.

use gatepost_testkit::mail::smtp::{Extensions, Outcome, Transaction};
use gatepost_testkit::mail::{LoginAttempt, LoginOutcome, MailServer};
use gatepost_testkit::smtp_client::{ErrorKind, Reply};

use crate::pair::{Submitter, builder, introduced, smtp, submitter};

fn octets(server: &MailServer, user: &str) -> Vec<Vec<u8>> {
    let messages = server.store().messages(user, "INBOX").unwrap();
    messages.iter().map(|message| message.octets.to_vec()).collect()
}

fn codes(replies: &[Reply]) -> Vec<u16> {
    replies.iter().map(|reply| reply.code).collect()
}

/// The code and the enhanced code of the answer to a command.
async fn answer(client: &mut Submitter, command: &str) -> String {
    let reply = client.ask(command).await.unwrap();
    format!("{} {}", reply.code, reply.enhanced().unwrap_or("-"))
}

fn summary(attempts: &[LoginAttempt]) -> Vec<(&'static str, Option<&str>, &str, LoginOutcome)> {
    let parts = |attempt: &'_ LoginAttempt| (attempt.mechanism, attempt.outcome);
    attempts
        .iter()
        .map(|attempt| {
            let (mechanism, outcome) = parts(attempt);
            (
                mechanism,
                attempt.authzid.as_deref(),
                attempt.authcid.as_str(),
                outcome,
            )
        })
        .collect()
}

#[tokio::test]
async fn users_and_masters_log_in_and_are_remembered() {
    let server = builder().build();
    let mut greeting = smtp(&server);
    assert!(
        greeting
            .reply()
            .await
            .unwrap()
            .text()
            .starts_with("mail.example.org ESMTP")
    );
    let reply = greeting.ehlo().await.unwrap();
    assert_eq!(reply.keyword("AUTH"), Some("PLAIN LOGIN"));
    assert_eq!(reply.keyword("SIZE"), Some("268435456"));
    assert_eq!(reply.keyword("STARTTLS"), None);

    introduced(&server)
        .await
        .auth_login("alice", "secret")
        .await
        .unwrap();
    introduced(&server)
        .await
        .auth_login("alice*gateway", "master")
        .await
        .unwrap();
    introduced(&server)
        .await
        .auth_plain("bob", "gateway", "master")
        .await
        .unwrap();
    let mut client = introduced(&server).await;
    let refused = client.auth_plain("", "alice", "wrong").await.unwrap_err();
    assert!(matches!(refused.kind(), ErrorKind::Refused));
    assert_eq!(refused.heard().last().unwrap().enhanced(), Some("5.7.8"));
    // By empty 334, and with the name as the initial response.
    assert_eq!(client.ask("AUTH PLAIN").await.unwrap().lines, [""]);
    assert_eq!(client.ask("AGFsaWNlAHNlY3JldA==").await.unwrap().code, 235);
    let mut client = introduced(&server).await;
    assert_eq!(
        client.ask("AUTH LOGIN YWxpY2U=").await.unwrap().lines,
        ["UGFzc3dvcmQ6"]
    );
    assert_eq!(client.ask("*").await.unwrap().code, 501);
    client.auth_login("alice", "secret").await.unwrap();
    assert_eq!(
        summary(&server.smtp().logins()),
        [
            ("LOGIN", None, "alice", LoginOutcome::Granted),
            ("LOGIN", Some("alice"), "gateway", LoginOutcome::Granted),
            ("PLAIN", Some("bob"), "gateway", LoginOutcome::Granted),
            ("PLAIN", None, "alice", LoginOutcome::Wrong),
            ("PLAIN", None, "alice", LoginOutcome::Granted),
            ("LOGIN", None, "alice", LoginOutcome::Granted),
        ]
    );
    // The IMAP side knows nothing of it.
    assert_eq!(server.control().logins(), []);
}

#[tokio::test]
async fn mechanisms_can_be_taken_away_or_merely_announced() {
    let server = builder().smtp_mechanisms(&["LOGIN", "GSSAPI"]).build();
    let mut client = introduced(&server).await;
    assert_eq!(answer(&mut client, "AUTH PLAIN").await, "504 5.5.4");
    assert_eq!(answer(&mut client, "AUTH GSSAPI").await, "454 4.7.0");
    client.auth_login("alice", "secret").await.unwrap();
}

#[tokio::test]
async fn a_message_is_delivered_as_it_came_and_remembered() {
    let server = builder().build();
    let mut client = introduced(&server).await;
    client.auth_plain("alice", "gateway", "master").await.unwrap();
    let message = b".first\r\n\r\n..\r\n.\r\nSch\xf6n\r\n.";
    client
        .command("MAIL FROM:<alice@example.org> SIZE=100 BODY=8BITMIME RET=HDRS")
        .await
        .unwrap();
    client
        .command("RCPT TO:<Bob@example.org> NOTIFY=NEVER")
        .await
        .unwrap();
    client.command("RCPT TO:<bob@elsewhere.example>").await.unwrap();
    client.command("RCPT TO:<alice@[192.0.2.1]>").await.unwrap();
    assert_eq!(client.command("DATA").await.unwrap().code, 354);
    assert_eq!(client.message(message).await.unwrap().code, 250);
    let whole = [&message[..], b"\r\n"].concat();
    assert_eq!(octets(&server, "bob"), [&whole[..]]);
    assert_eq!(octets(&server, "alice"), [&whole[..]]);

    let transactions = server.smtp().wait_for_transactions(1).await;
    let [
        Transaction {
            user,
            login,
            helo,
            sender,
            parameters,
            recipients,
            message,
            outcome,
            ..
        },
    ] = transactions.as_slice()
    else {
        panic!("{transactions:?}")
    };
    assert_eq!(
        (user.as_str(), login.as_str(), helo.as_str()),
        ("alice", "gateway", "client.example")
    );
    assert_eq!(sender, "alice@example.org");
    assert_eq!(parameters, &["SIZE=100", "BODY=8BITMIME", "RET=HDRS"]);
    let recipients: Vec<_> = recipients
        .iter()
        .map(|recipient| format!("{} {}", recipient.address, recipient.parameters.join(" ")))
        .collect();
    assert_eq!(
        recipients,
        [
            "Bob@example.org NOTIFY=NEVER",
            "bob@elsewhere.example ",
            "alice@[192.0.2.1] "
        ]
    );
    assert_eq!((&message[..], outcome), (&whole[..], &Outcome::Delivered));
}

#[tokio::test]
async fn several_messages_in_one_session_and_the_empty_one() {
    let server = builder().build();
    let mut client = submitter(&server).await;
    client.send_mail("", &["bob@x.example"], b"").await.unwrap();
    client
        .send_mail("alice@x.example", &["bob@x.example"], b"second\r\n")
        .await
        .unwrap();
    assert_eq!(octets(&server, "bob"), [&b""[..], b"second\r\n"]);
    assert_eq!(server.smtp().transactions()[0].sender, "");
    assert_eq!(client.command("QUIT").await.unwrap().code, 221);
    client.closed().await.unwrap();
}

#[tokio::test]
async fn a_pipelined_batch_is_answered_in_order() {
    let server = builder().build();
    let mut client = submitter(&server).await;
    let replies = client
        .batch(&[
            "MAIL FROM:<alice@x.example>",
            "RCPT TO:<nobody@x.example>",
            "RCPT TO:<bob@x.example>",
            "DATA",
        ])
        .await
        .unwrap();
    assert_eq!(codes(&replies), [250, 550, 250, 354]);
    assert_eq!(replies[1].enhanced(), Some("5.1.1"));
    // The message, the next transaction and the end in one write.
    client
        .send(b"hi\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<alice@x.example>\r\nDATA\r\n")
        .await
        .unwrap();
    let mut codes = Vec::new();
    for _ in 0..4 {
        codes.push(client.reply().await.unwrap().code);
    }
    client.send(b"ho\r\n.\r\nQUIT\r\n").await.unwrap();
    for _ in 0..2 {
        codes.push(client.reply().await.unwrap().code);
    }
    assert_eq!(codes, [250, 250, 250, 354, 250, 221]);
    assert_eq!(octets(&server, "bob"), [b"hi\r\n"]);
    assert_eq!(octets(&server, "alice"), [b"ho\r\n"]);
    assert_eq!(
        server.smtp().commands()[3..5],
        ["DATA", "MAIL FROM:<>"],
        "the message is no command"
    );
}

#[tokio::test]
async fn commands_have_their_places() {
    let server = builder().build();
    let mut client = introduced(&server).await;
    for (command, expected) in [
        ("MAIL FROM:<alice@x.example>", "530 5.7.0"),
        ("RCPT TO:<bob@x.example>", "530 5.7.0"),
        ("DATA", "530 5.7.0"),
        ("NOOP", "250 2.0.0"),
    ] {
        assert_eq!(answer(&mut client, command).await, expected, "{command}");
    }
    client.auth_plain("", "alice", "secret").await.unwrap();
    for (command, expected) in [
        ("RCPT TO:<bob@x.example>", "503 5.5.1"),
        ("DATA", "503 5.5.1"),
        ("AUTH PLAIN AGEAYg==", "503 5.5.1"),
        ("STARTTLS", "503 5.5.1"),
        ("XCLIENT LOGIN=bob", "550 5.7.0"),
        ("MAIL FROM:<alice@x.example> FOO=BAR", "555 5.5.4"),
        ("MAIL FROM:<alice@x.example> SIZE=268435457", "552 5.3.4"),
        ("MAIL FROM:<j\u{f6}rg@x.example>", "553 5.6.7"),
        ("MAIL FROM:alice", "501 5.5.4"),
        ("MAIL FROM:<alice@x.example>", "250 2.1.0"),
        ("MAIL FROM:<alice@x.example>", "503 5.5.1"),
        ("DATA", "554 5.5.1"),
        ("RCPT TO:<Postmaster>", "550 5.1.1"),
        ("RCPT TO:<bob@x.example>", "250 2.1.5"),
        ("RSET", "250 2.0.0"),
        ("DATA", "503 5.5.1"),
        ("MAIL FROM:<j\u{f6}rg@x.example> SMTPUTF8", "250 2.1.0"),
        ("RCPT TO:<z\u{f6}@x.example>", "550 5.1.1"),
        ("EHLO again.example", "250 -"),
        ("RCPT TO:<bob@x.example>", "503 5.5.1"),
        ("VRFY bob", "252 2.5.0"),
        ("NONSENSE", "500 5.5.1"),
        ("HELP", "214 2.0.0"),
    ] {
        assert_eq!(answer(&mut client, command).await, expected, "{command}");
    }
    // The octets of a chunk are no commands.
    client.send(b"BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n").await.unwrap();
    assert_eq!(client.reply().await.unwrap().code, 502);
    assert_eq!(client.reply().await.unwrap().code, 250);
    assert_eq!(server.smtp().transactions(), []);
}

#[tokio::test]
async fn what_is_not_announced_is_not_served() {
    let server = builder().build();
    server
        .smtp()
        .set_extensions(Extensions::new().with("SIZE", "10").with("PIPELINING", ""));
    let mut client = introduced(&server).await;
    let reply = client.ehlo().await.unwrap();
    assert_eq!(reply.keyword("8BITMIME"), None);
    assert_eq!(reply.keyword("SIZE"), Some("10"));
    client.auth_plain("", "alice", "secret").await.unwrap();
    for (command, expected) in [
        ("MAIL FROM:<a@x.example> BODY=8BITMIME", "555 5.5.4"),
        ("MAIL FROM:<a@x.example> SMTPUTF8", "555 5.5.4"),
        ("MAIL FROM:<a@x.example> SIZE=11", "552 5.3.4"),
        ("MAIL FROM:<a@x.example> SIZE=10", "250 2.1.0"),
        ("RCPT TO:<bob@x.example> NOTIFY=NEVER", "555 5.5.4"),
        ("RCPT TO:<bob@x.example>", "250 2.1.5"),
    ] {
        assert_eq!(answer(&mut client, command).await, expected, "{command}");
    }
    // SIZE is a promise; the message itself is measured.
    client.command("DATA").await.unwrap();
    assert_eq!(client.message(b"123456789\r\n").await.unwrap().code, 552);
    client
        .send_mail("", &["bob@x.example"], b"12345678")
        .await
        .unwrap();
    assert_eq!(octets(&server, "bob"), [b"12345678\r\n"]);
    let outcomes: Vec<_> = server
        .smtp()
        .transactions()
        .iter()
        .map(|done| done.outcome)
        .collect();
    assert_eq!(outcomes, [Outcome::Refused, Outcome::Delivered]);
}

#[tokio::test]
async fn a_message_cut_short_is_not_delivered() {
    let server = builder().build();
    let mut client = submitter(&server).await;
    client
        .batch(&["MAIL FROM:<>", "RCPT TO:<bob@x.example>", "DATA"])
        .await
        .unwrap();
    client.send(b"half\r\n.").await.unwrap();
    drop(client);
    let transactions = server.smtp().wait_for_transactions(1).await;
    assert_eq!(transactions[0].outcome, Outcome::Cut);
    assert_eq!(transactions[0].message, "half\r\n");
    assert_eq!(octets(&server, "bob"), Vec::<Vec<u8>>::new());
}

#[tokio::test]
async fn bare_line_ends_and_nul_end_the_connection() {
    for message in [&b"a\nb"[..], b"a\rb", b"a\0b", b"a\n.\r\n", b"a\r\n.\n"] {
        let server = builder().build();
        let mut client = submitter(&server).await;
        client
            .batch(&["MAIL FROM:<>", "RCPT TO:<bob@x.example>", "DATA"])
            .await
            .unwrap();
        client.send(message).await.unwrap();
        assert_eq!(client.reply().await.unwrap().code / 100, 5, "{message:?}");
        client.closed().await.unwrap();
        let transactions = server.smtp().transactions();
        assert_eq!(transactions[0].outcome, Outcome::Malformed);
        assert_eq!(octets(&server, "bob"), Vec::<Vec<u8>>::new());
    }
    let server = builder().build();
    let mut client = submitter(&server).await;
    client.send(b"NOOP\nNOOP\r\n").await.unwrap();
    assert_eq!(client.reply().await.unwrap().code, 500);
    client.closed().await.unwrap();
}

#[tokio::test]
async fn a_large_message_in_a_small_pipe() {
    let server = builder().build();
    let mut client = submitter(&server).await;
    let line = [&b"."[..], &[b'x'; 997], b"\r\n"].concat();
    let message = line.repeat(5_000);
    client
        .send_mail("alice@x.example", &["bob@x.example"], &message)
        .await
        .unwrap();
    assert!(octets(&server, "bob")[0] == message);
}
