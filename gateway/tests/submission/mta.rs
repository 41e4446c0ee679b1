//! MTAs that a script plays: what they say at the wrong moment, and how they leave.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gatepost_testkit::smtp_client::stuffed;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::common::Gateway;
use crate::setup::{Servers, alice, login, message};

const MAIL: &str = "MAIL FROM:<alice@example.org>";
const RCPT: &str = "RCPT TO:<bob@example.org>";

/// What an MTA says to a line that begins so, instead of what is usual; `.` is the end of a message, `~` its first line.
type Rule = (&'static str, &'static str, Then);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    GoesOn,
    Closes,
}

/// What it can do, and its rules.
type Script = (&'static str, &'static [Rule]);

/// An MTA, and how many connections it had.
struct Played {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Played {
    /// One script for each connection; the first one also for that by which the gateway asks what is offered, the last one
    /// for all that come later.
    async fn start(scripts: &'static [Script]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let number = counted.fetch_add(1, Ordering::Relaxed);
                let script = scripts[number.saturating_sub(1).min(scripts.len() - 1)];
                tokio::spawn(serve(stream, script));
            }
        });
        Self { address, connections }
    }

    async fn gateway(&self, servers: &Servers, method: &str) -> Gateway {
        let keys = format!(
            "addresses = [\"{}\"]\ntls = \"none\"\nlogin = {{ method = \"{method}\" }}\n",
            self.address
        );
        servers.site().mta(&keys).start().await
    }
}

async fn serve(stream: TcpStream, (keywords, rules): Script) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut in_message = false;
    let mut line = "(greeting)".to_owned();
    loop {
        let rule = rules.iter().find(|(begin, ..)| match *begin {
            "~" => in_message,
            "." => in_message && line == ".",
            begin => !in_message && line.starts_with(begin),
        });
        let usual = match line.split_whitespace().next() {
            Some(".") if in_message => "250 2.0.0 taken",
            _ if in_message => "",
            Some("(greeting)") => "220 played ESMTP",
            Some("EHLO") => keywords,
            Some("AUTH") => "235 2.7.0 in",
            Some("DATA") => "354 go",
            _ => "250 2.0.0 fine",
        };
        let (reply, then) = rule.map_or((usual, Then::GoesOn), |(_, reply, then)| (*reply, *then));
        in_message = (in_message && line != ".") || reply.starts_with("354");
        if !reply.is_empty() {
            stream.write_all(format!("{reply}\r\n").as_bytes()).await?;
        }
        if then == Then::Closes {
            return Ok(());
        }
        let mut next = String::new();
        if stream.read_line(&mut next).await? == 0 {
            return Ok(());
        }
        next.truncate(next.trim_end().len());
        line = next;
    }
}

const USUAL: &str = "250-played\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 AUTH PLAIN";

#[tokio::test]
async fn an_answer_that_is_due_does_not_wait_for_another_mta() {
    let servers = Servers::start();
    // It takes a message and leaves, and nobody greets who comes again.
    let scripts: &[Script] = &[
        (USUAL, &[(".", "250 2.0.0 taken", Then::Closes)]),
        (USUAL, &[("(greeting)", "", Then::GoesOn)]),
    ];
    let gateway = Played::start(scripts).await.gateway(&servers, "trusted").await;
    let mut client = alice(&gateway).await;
    assert_eq!(client.batch(&[MAIL, RCPT, "DATA"]).await.unwrap()[2].code, 354);
    let mut octets = stuffed(&message("one"));
    octets.extend_from_slice(format!("{MAIL}\r\n").as_bytes());
    let asked = std::time::Instant::now();
    client.send(&octets).await.unwrap();
    assert_eq!(client.reply().await.unwrap().code, 250);
    // The other one is waited for up to `upstream_login_time`, 20 s.
    assert!(asked.elapsed().as_secs() < 15, "{:?}", asked.elapsed());
}

#[tokio::test]
async fn what_an_mta_says_before_it_hangs_up_is_heard() {
    let servers = Servers::start();
    for (begin, reply, result) in [
        ("~", "552 5.3.4 too large for me", "broken"),
        (".", "554 5.7.1 not that one", "refused"),
    ] {
        let rules: &'static [Rule] = Box::leak(Box::new([(begin, reply, Then::Closes)]));
        let scripts: &'static [Script] = Box::leak(Box::new([(USUAL, rules), (USUAL, &[])]));
        let gateway = Played::start(scripts).await.gateway(&servers, "trusted").await;
        let mut client = alice(&gateway).await;
        assert_eq!(client.batch(&[MAIL, RCPT, "DATA"]).await.unwrap()[2].code, 354);
        client.send(b"Subject: refused\r\n").await.unwrap();
        if begin == "~" {
            gateway.logged("result=broken").await;
        }
        client.send(b"\r\nhello\r\n.\r\n").await.unwrap();
        let answer = client.reply().await.unwrap();
        assert_eq!(format!("{} {}", answer.code, answer.text()), reply);
        gateway.logged(&format!("result={result}")).await;
        if begin == "." {
            gateway.logged("event=mta-lost").await;
        }
        // Another connection takes the next one.
        client
            .send_mail("alice@example.org", &["bob@example.org"], &message("next"))
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_password_that_was_changed_is_not_tried_again_and_again() {
    let servers = Servers::start();
    let scripts: &[Script] = &[
        (USUAL, &[("MAIL", "421 4.3.2 closing", Then::Closes)]),
        (USUAL, &[("AUTH", "535 5.7.8 changed", Then::GoesOn)]),
    ];
    let played = Played::start(scripts).await;
    let gateway = played.gateway(&servers, "same-credentials").await;
    let mut client = login(&gateway, "carol", "same-everywhere").await;
    let mail = "MAIL FROM:<carol@example.org>";
    assert_eq!(client.ask(mail).await.unwrap().code, 451);
    assert_eq!(client.ask(mail).await.unwrap().code, 421);
    client.closed().await.unwrap();
    // The question, the login, and one more try.
    assert_eq!(played.connections.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn what_was_offered_and_is_not_there_is_for_later() {
    let servers = Servers::start();
    let scripts: &[Script] = &[(USUAL, &[]), ("250-played\r\n250 PIPELINING", &[])];
    let gateway = Played::start(scripts).await.gateway(&servers, "trusted").await;
    alice(&gateway)
        .await
        .send_mail("alice@example.org", &["bob@example.org"], &message("first"))
        .await
        .unwrap();
    let mut client = alice(&gateway).await;
    let reply = client.ask(&format!("{MAIL} BODY=8BITMIME")).await.unwrap();
    assert_eq!((reply.code, reply.enhanced()), (451, Some("4.3.0")), "{reply:?}");
    assert_eq!(client.ask(&format!("{MAIL} BODY=7BIT")).await.unwrap().code, 250);
}

#[tokio::test]
async fn an_mta_that_wants_another_login_is_no_wrong_password() {
    let servers = Servers::start();
    let scripts: &[Script] = &[
        (USUAL, &[("MAIL", "530 5.7.0 log in first", Then::GoesOn)]),
        (USUAL, &[]),
    ];
    let gateway = Played::start(scripts).await.gateway(&servers, "trusted").await;
    let mut client = alice(&gateway).await;
    let reply = client.ask(MAIL).await.unwrap();
    assert_eq!((reply.code, reply.enhanced()), (451, Some("4.3.0")), "{reply:?}");
    client
        .send_mail("alice@example.org", &["bob@example.org"], &message("then"))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_lost_verdict_is_neither_accepted_nor_refused() {
    let servers = Servers::start();
    let scripts: &[Script] = &[(USUAL, &[(".", "", Then::Closes)]), (USUAL, &[])];
    let gateway = Played::start(scripts).await.gateway(&servers, "trusted").await;
    let mut client = alice(&gateway).await;
    assert_eq!(client.batch(&[MAIL, RCPT, "DATA"]).await.unwrap()[2].code, 354);
    let reply = client.message(&message("lost")).await.unwrap();
    assert_eq!((reply.code, reply.enhanced()), (451, Some("4.3.0")), "{reply:?}");
    gateway.logged("result=doubt").await;
}
