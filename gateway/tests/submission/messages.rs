//! What messages may be, and what becomes of those that break off.

use gatepost_testkit::smtp_client::Client;

use crate::common::{Gateway, LIMIT};
use crate::setup::{Servers, TlsClient, alice, at_once, message, received};

const FROM: &str = "alice@example.org";
const TO: &[&str] = &["bob@example.org"];

/// A client that has heard 354.
async fn at_data(gateway: &Gateway) -> TlsClient {
    let mut client = alice(gateway).await;
    let commands = [
        "MAIL FROM:<alice@example.org>",
        "RCPT TO:<bob@example.org>",
        "DATA",
    ];
    let replies = client.batch(&commands).await.unwrap();
    assert_eq!(replies[2].code, 354, "{replies:?}");
    client
}

/// The text behind the header, as it was delivered.
fn body(message: &str) -> &str {
    message.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}

#[tokio::test]
async fn every_octet_of_a_message_arrives() {
    let servers = Servers::start();
    let gateway = servers.site().start().await;
    let long = format!("{}\r\n", "x".repeat(900)).repeat(100);
    let bodies = [
        ("dots", ".\r\n..\r\n.a\r\n...\r\nb\r\n.".to_owned() + "\r\n"),
        ("empty", String::new()),
        ("one line", "a\r\n".to_owned()),
        ("8-bit", "Gr\u{fc}\u{df}e \u{2603}\r\n".to_owned()),
        ("long", long),
        ("blank lines", "\r\n\r\n\r\n".to_owned()),
    ];
    let mut client = alice(&gateway).await;
    for (name, text) in &bodies {
        let sent = format!("From: {FROM}\r\nSubject: {name}\r\n\r\n{text}");
        client.send_mail(FROM, TO, sent.as_bytes()).await.unwrap();
    }
    let inbox = received(&servers.postfix, &servers.two, "bob").await;
    for (name, text) in &bodies {
        let found: Vec<_> = inbox
            .iter()
            .filter(|message| message.contains(&format!("Subject: {name}\r\n")))
            .collect();
        assert_eq!(found.len(), 1, "{name}");
        assert_eq!(body(found[0]), text, "{name}");
    }
}

#[tokio::test]
async fn a_date_and_an_id_are_added_only_if_missing() {
    let servers = Servers::start();
    let gateway = servers.site().submission("hide_client = true").start().await;
    let mut client = alice(&gateway).await;
    let own = b"From: alice@example.org\r\nMessage-Id:\r\n <own@example.org>\r\ndate: Thu, 1 Jan 2026 00:00:00 +0000\r\n\r\nx\r\n";
    client.send_mail(FROM, TO, own).await.unwrap();
    client.send_mail(FROM, TO, b"no header at all\r\n").await.unwrap();
    client.send_mail(FROM, TO, b"").await.unwrap();
    let inbox = received(&servers.postfix, &servers.two, "bob").await;
    assert_eq!(inbox.len(), 3);
    for text in &inbox {
        let lower = text.to_lowercase();
        assert_eq!(lower.matches("\r\nmessage-id:").count(), 1, "{text}");
        assert_eq!(lower.matches("\r\ndate:").count(), 1, "{text}");
        assert!(!text.contains("client.example"), "{text}");
        assert!(text.contains("Received: by localhost with ESMTPSA id "), "{text}");
    }
    assert_eq!(
        inbox
            .iter()
            .filter(|text| text.contains("<own@example.org>"))
            .count(),
        1
    );
    assert_eq!(
        inbox
            .iter()
            .filter(|text| body(text) == "no header at all\r\n")
            .count(),
        1
    );
}

#[tokio::test]
async fn utf_8_addresses_and_headers() {
    let servers = Servers::with(|postfix| postfix.setting("smtputf8_autodetect_classes", "all"));
    let gateway = servers.site().start().await;
    let mut client = alice(&gateway).await;
    // An address of a domain that is nobody's is taken and dropped.
    let reply = client
        .ask("MAIL FROM:<alice@example.org> SMTPUTF8 BODY=8BITMIME")
        .await
        .unwrap();
    assert_eq!(reply.code, 250, "{reply:?}");
    let reply = client.ask("RCPT TO:<j\u{f6}rg@elsewhere.example>").await.unwrap();
    assert_eq!(reply.code, 250, "{reply:?}");
    assert_eq!(client.ask("DATA").await.unwrap().code, 354);
    let sent = "From: alice@example.org\r\nSubject: Gr\u{fc}\u{df}e\r\n\r\nx\r\n";
    assert_eq!(client.message(sent.as_bytes()).await.unwrap().code, 250);
    // Without the parameter it is no address.
    client.command("MAIL FROM:<alice@example.org>").await.unwrap();
    let reply = client.ask("RCPT TO:<j\u{f6}rg@elsewhere.example>").await.unwrap();
    assert_eq!((reply.code, reply.enhanced()), (553, Some("5.6.7")), "{reply:?}");
}

#[tokio::test]
async fn parameters_of_dsn_reach_the_mta() {
    let servers = Servers::start();
    let gateway = servers.site().start().await;
    let mut client = alice(&gateway).await;
    client
        .command("MAIL FROM:<alice@example.org> RET=HDRS ENVID=QQ314159 AUTH=<>")
        .await
        .unwrap();
    client
        .command("RCPT TO:<bob@example.org> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;bob@example.org")
        .await
        .unwrap();
    assert_eq!(client.ask("DATA").await.unwrap().code, 354);
    assert_eq!(client.message(&message("dsn")).await.unwrap().code, 250);
    // Postfix reports the delivery, as it was asked to.
    servers.postfix.drained().unwrap();
    servers
        .postfix
        .logged("sender delivery status notification")
        .unwrap();
    let inbox = received(&servers.postfix, &servers.one, "alice").await;
    assert!(inbox.iter().any(|text| text.contains("QQ314159")), "{inbox:?}");
}

#[tokio::test]
async fn a_message_over_the_size_is_refused_at_mail_and_behind_its_text() {
    let servers = Servers::start();
    let gateway = servers
        .site()
        .submission("max_message_size = \"100KiB\"")
        .start()
        .await;
    let mut client = alice(&gateway).await;
    assert_eq!(client.ehlo().await.unwrap().keyword("SIZE"), Some("102400"));
    let reply = client
        .ask("MAIL FROM:<alice@example.org> SIZE=102401")
        .await
        .unwrap();
    assert_eq!((reply.code, reply.enhanced()), (552, Some("5.3.4")), "{reply:?}");
    let mut client = at_data(&gateway).await;
    let large = [message("large"), b"0123456789abcdef\r\n".repeat(10_000)].concat();
    let reply = client.message(&large).await.unwrap();
    assert_eq!((reply.code, reply.enhanced()), (552, Some("5.3.4")), "{reply:?}");
    // The session goes on.
    client.send_mail(FROM, TO, &message("small")).await.unwrap();
    let inbox = received(&servers.postfix, &servers.two, "bob").await;
    assert_eq!(inbox.len(), 1);
    assert!(inbox[0].contains("Subject: small\r\n"));
}

/// Sequences that some servers take for the end of a message (CVE-2023-51764 to 51766), each within other text.
const FAKE_ENDS: [&[u8]; 18] = [
    b"\n.\n",
    b"\n.\r\n",
    b"\r\n.\n",
    b"\r.\r",
    b"\r.\r\n",
    b"\r\n.\r",
    b"\n.\r",
    b"\r.\n",
    b"\r\n\0.\r\n",
    b"\r\n.\0\r\n",
    b"\r\n.\r\0\n",
    b"\r\r\n.\r\r\n",
    b"\r\n.\r\r\n",
    b"\n.\r\r\n",
    b"\n\n.\n\n",
    b"\n\r.\n\r",
    b"\r\n\n.\n\r\n",
    b"\0\r\n.\n",
];

#[tokio::test]
async fn no_fake_end_of_data_ends_a_message_or_reaches_the_mta() {
    let servers = Servers::start();
    let gateway = servers.site().submission("messages_per_hour = 0").start().await;
    let smuggled =
        "MAIL FROM:<carol@example.org>\r\nRCPT TO:<bob@example.org>\r\nDATA\r\nSubject: smuggled\r\n\r\n";
    for fake in FAKE_ENDS {
        let mut client = at_data(&gateway).await;
        let text = [
            b"Subject: outer\r\n\r\nhello",
            fake,
            smuggled.as_bytes(),
            b"\r\n.\r\n",
        ]
        .concat();
        client.send(&text).await.unwrap();
        let reply = client.reply().await.unwrap();
        assert_eq!(
            (reply.code, reply.enhanced()),
            (554, Some("5.6.0")),
            "{}: {reply:?}",
            fake.escape_ascii()
        );
        // That was one answer to one message, and the session goes on.
        assert_eq!(
            client.ask("NOOP").await.unwrap().code,
            250,
            "{}",
            fake.escape_ascii()
        );
        client.command("QUIT").await.unwrap();
    }
    assert!(received(&servers.postfix, &servers.two, "bob").await.is_empty());
    assert!(servers.postfix.accepted().is_empty(), "{}", servers.postfix.log());
}

#[tokio::test]
async fn a_message_cut_short_is_never_completed() {
    let servers = Servers::start();
    let gateway = servers.site().start().await;
    for (times, part) in [
        &b"Subject: cut\r\n"[..],
        b"Subject: cut\r\n\r\nhello\r\n",
        b"Subject: cut\r\n\r\nhello\r\n.\r",
        b"",
    ]
    .iter()
    .enumerate()
    {
        let mut client = at_data(&gateway).await;
        client.send(part).await.unwrap();
        drop(client);
        gateway
            .logged_times("in the middle of a message", times + 1)
            .await;
    }
    servers.postfix.logged("lost connection after DATA").unwrap();
    assert!(received(&servers.postfix, &servers.two, "bob").await.is_empty());
    assert!(servers.postfix.accepted().is_empty());
}

#[tokio::test]
async fn a_very_long_line_is_answered_as_the_mta_does() {
    let servers = Servers::start();
    let gateway = servers.site().start().await;
    let mut client = at_data(&gateway).await;
    let text = format!("Subject: long line\r\n\r\n{}\r\n", "x".repeat(20_000));
    assert_eq!(client.message(text.as_bytes()).await.unwrap().code, 250);
    let inbox = received(&servers.postfix, &servers.two, "bob").await;
    // Postfix folds such lines on its way, whoever sent them; nothing is lost but that.
    let unfolded: usize = body(&inbox[0]).bytes().filter(|octet| *octet == b'x').count();
    assert_eq!(unfolded, 20_000);
}

#[tokio::test]
async fn a_large_message_takes_no_memory() {
    let servers = Servers::with(|postfix| postfix.message_size_limit(100_000_000));
    let gateway = servers
        .site()
        .submission("max_message_size = \"60MiB\"")
        .start()
        .await;
    // The first one warms up what stays.
    let mut client = alice(&gateway).await;
    client.send_mail(FROM, TO, &message("small")).await.unwrap();
    let before = gateway.peak_memory();
    let line = [b'y'; 78];
    let text = [
        &message("large")[..],
        &[&line[..], b"\r\n"].concat().repeat(50 * 1024 * 1024 / 80),
    ]
    .concat();
    // So much takes its time.
    let mut client = Client::new(client.into_stream(), LIMIT * 4);
    client.send_mail(FROM, TO, &text).await.unwrap();
    let grown = gateway.peak_memory() - before;
    assert!(
        grown < 8 * 1024 * 1024,
        "{grown} octets more for a message of {}",
        text.len()
    );
    let inbox = received(&servers.postfix, &servers.two, "bob").await;
    let large = inbox
        .iter()
        .find(|text| text.contains("Subject: large\r\n"))
        .unwrap();
    assert!(large.len() > 50 * 1024 * 1024 - 1024);
}

#[tokio::test]
async fn two_hundred_at_once() {
    let servers = Servers::start();
    let gateway = servers
        .site()
        .submission("messages_per_hour = 0\nrecipients_per_hour = 0")
        .start()
        .await;
    let sending = (0..200).map(|number| {
        let gateway = &gateway;
        async move {
            let mut client = alice(gateway).await;
            client
                .send_mail(FROM, TO, &message(&format!("number {number}.")))
                .await
                .unwrap();
            client.command("QUIT").await.unwrap();
        }
    });
    at_once(sending).await;
    let inbox = received(&servers.postfix, &servers.two, "bob").await;
    assert_eq!(inbox.len(), 200);
    for number in 0..200 {
        let subject = format!("Subject: number {number}.\r\n");
        assert_eq!(
            inbox.iter().filter(|text| text.contains(&subject)).count(),
            1,
            "{subject}"
        );
    }
}
