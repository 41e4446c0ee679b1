//! The switches that make the SMTP side misbehave, and the end of its connections.

use std::time::Duration;

use gatepost_testkit::mail::smtp::{Fault, Outcome, Pace, Reply, Stage};
use gatepost_testkit::mail::{LoginOutcome, MailServer};
use gatepost_testkit::smtp_client::{Client, ErrorKind};
use tokio::time::timeout;

use crate::pair::{LIMIT, Submitter, builder, introduced, smtp, submitter};

const ENVELOPE: [&str; 3] = ["MAIL FROM:<alice@x.example>", "RCPT TO:<bob@x.example>", "DATA"];

/// What a client hears that goes on as long as it is let: the last reply, or `None` if the connection ended.
async fn last_words(server: &MailServer) -> Option<u16> {
    let mut client = smtp(server);
    match converse(&mut client).await {
        Ok(code) => Some(code),
        Err(ErrorKind::Closed) => None,
        Err(other) => panic!("{other}"),
    }
}

async fn converse(client: &mut Submitter) -> Result<u16, ErrorKind> {
    let kind = |error: gatepost_testkit::smtp_client::Error| match error.kind() {
        ErrorKind::Closed | ErrorKind::Io(_) => ErrorKind::Closed,
        _ => panic!("{error}"),
    };
    let mut code = client.reply().await.map_err(kind)?.code;
    for command in ["EHLO c.example", "AUTH PLAIN AGFsaWNlAHNlY3JldA=="]
        .iter()
        .chain(&ENVELOPE)
    {
        if code >= 400 {
            return Ok(code);
        }
        code = client.ask(command).await.map_err(kind)?.code;
    }
    if code == 354 {
        code = client.message(b"hi\r\n").await.map_err(kind)?.code;
    }
    Ok(code)
}

const STAGES: [Stage; 9] = [
    Stage::Greeting,
    Stage::Ehlo,
    Stage::Auth,
    Stage::Mail,
    Stage::Rcpt,
    Stage::Data,
    Stage::Body,
    Stage::Message,
    Stage::Answer,
];

#[tokio::test]
async fn every_stage_can_fail_with_a_reply_or_close() {
    for stage in STAGES {
        for (fault, heard) in [
            (Fault::reply(451, "4.3.0", "not now"), Some(451)),
            (Fault::reply(550, "", "never"), Some(550)),
            (Fault::reply(421, "4.3.2", "bye"), Some(421)),
            (Fault::Close, None),
        ] {
            let server = builder().build();
            server.smtp().fail(stage, fault.clone());
            assert_eq!(last_words(&server).await, heard, "{stage:?} {fault:?}");
            server.smtp().heal();
            let delivered = server.store().messages("bob", "INBOX").unwrap().len();
            assert_eq!(
                delivered,
                usize::from(stage == Stage::Answer),
                "{stage:?} {fault:?}"
            );
            assert_eq!(last_words(&server).await, Some(250), "{stage:?} {fault:?}");
            timeout(LIMIT, server.smtp().wait_for_connections(0))
                .await
                .unwrap();
        }
    }
}

#[tokio::test]
async fn a_fault_can_happen_once() {
    let server = builder().build();
    server
        .smtp()
        .fail_once(Stage::Mail, Fault::reply(452, "4.3.1", "full"));
    let mut client = submitter(&server).await;
    assert_eq!(client.ask(ENVELOPE[0]).await.unwrap().enhanced(), Some("4.3.1"));
    assert_eq!(client.ask(ENVELOPE[0]).await.unwrap().code, 250);
}

#[tokio::test]
async fn one_recipient_can_be_refused() {
    let server = builder().build();
    let full = Reply::new(452, "4.2.2", "mailbox full");
    server.smtp().refuse_recipient("bob@X.example", full);
    let mut client = submitter(&server).await;
    client.command(ENVELOPE[0]).await.unwrap();
    assert_eq!(client.ask("RCPT TO:<BOB@x.example>").await.unwrap().code, 452);
    assert_eq!(client.ask("RCPT TO:<bob@y.example>").await.unwrap().code, 250);
}

#[tokio::test]
async fn a_failing_login_is_remembered_as_refused() {
    let server = builder().build();
    server
        .smtp()
        .fail(Stage::Auth, Fault::reply(454, "4.7.0", "directory down"));
    let mut client = introduced(&server).await;
    client.auth_plain("", "alice", "secret").await.unwrap_err();
    client.auth_login("alice", "wrong").await.unwrap_err();
    let logins = server.smtp().logins();
    assert!(logins.iter().all(|login| login.outcome == LoginOutcome::Refused));
    assert_eq!(logins.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn silence_lasts_until_the_client_goes() {
    for stage in [Stage::Greeting, Stage::Ehlo, Stage::Rcpt, Stage::Answer] {
        let server = builder().build();
        server.smtp().fail(stage, Fault::Silence);
        let mut client = smtp(&server);
        let error = loop {
            if let Err(error) = client.reply().await {
                break error;
            }
            client.send(b"EHLO c.example\r\n").await.unwrap();
            client.reply().await.ok();
            if client.auth_plain("", "alice", "secret").await.is_ok() {
                let replies = client.batch(&ENVELOPE).await;
                if replies.is_ok() {
                    client.send(b".\r\n").await.unwrap();
                }
            }
        };
        assert!(matches!(error.kind(), ErrorKind::Late(_)), "{stage:?} {error}");
        assert_eq!(server.smtp().connections(), 1);
        drop(client);
        server.smtp().wait_for_connections(0).await;
    }
}

#[tokio::test]
async fn a_fault_in_the_body_leaves_a_message_cut() {
    let server = builder().build();
    server.smtp().fail(Stage::Body, Fault::Close);
    let mut client = submitter(&server).await;
    client.batch(&ENVELOPE).await.unwrap();
    client.send(b"Subject: x\r\n").await.unwrap();
    client.closed().await.unwrap();
    assert_eq!(server.smtp().transactions()[0].outcome, Outcome::Cut);
}

#[tokio::test]
async fn a_stopped_reader_makes_the_client_wait() {
    let server = builder().build();
    server.smtp().set_pace(Pace::Stopped);
    let mut client = submitter(&server).await;
    client.batch(&ENVELOPE).await.unwrap();
    let message = vec![b'x'; 1 << 20];
    let mut sending = Box::pin(client.message(&message));
    tokio::select! {
        biased;
        sent = &mut sending => panic!("{sent:?}"),
        () = async { for _ in 0..100 { tokio::task::yield_now().await } } => {}
    }
    server.smtp().set_pace(Pace::Full);
    assert_eq!(sending.await.unwrap().code, 250);
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_takes_its_time() {
    let server = builder().build();
    let pause = Duration::from_secs(1);
    server.smtp().set_pace(Pace::Slow { octets: 1000, pause });
    let mut client = submitter(&server).await;
    client.batch(&ENVELOPE).await.unwrap();
    let start = tokio::time::Instant::now();
    client.message(&[b'x'; 9_000]).await.unwrap();
    let seconds = start.elapsed().as_secs();
    assert!((9..=11).contains(&seconds), "{seconds}");
}

#[tokio::test]
async fn connections_are_counted_and_can_be_dropped() {
    let server = builder().build();
    let (mut one, mut other) = (submitter(&server).await, introduced(&server).await);
    assert_eq!(server.smtp().connections(), 2);
    assert_eq!(server.control().connections(), 0);
    server.smtp().drop_connections();
    one.closed().await.unwrap();
    other.closed().await.unwrap();
    timeout(LIMIT, server.smtp().wait_for_connections(0))
        .await
        .unwrap();
    submitter(&server).await.command("NOOP").await.unwrap();
}

#[tokio::test]
async fn stopping_says_421_and_waits_for_all() {
    let server = builder().build();
    let running = server.bind_smtp("127.0.0.1:0").await.unwrap();
    let connect = || tokio::net::TcpStream::connect(running.address());
    let (mut idle, _) = Client::greeted(connect().await.unwrap(), LIMIT).await.unwrap();
    let (mut busy, _) = Client::greeted(connect().await.unwrap(), LIMIT).await.unwrap();
    busy.ehlo().await.unwrap();
    busy.auth_plain("", "alice", "secret").await.unwrap();
    busy.batch(&ENVELOPE).await.unwrap();
    timeout(LIMIT, running.stop()).await.unwrap();
    for client in [&mut idle, &mut busy] {
        assert_eq!(client.reply().await.unwrap().code, 421);
        client.closed().await.unwrap();
    }
    assert_eq!(server.smtp().transactions()[0].outcome, Outcome::Cut);
    let refused = server.bind_smtp("0.0.0.0:0").await.unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::InvalidInput);
}
