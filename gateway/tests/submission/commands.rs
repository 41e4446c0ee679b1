//! The order of commands, and those that are refused.

use crate::setup::{Servers, alice, connect, message, received};

const MAIL: &str = "MAIL FROM:<alice@example.org>";
const RCPT: &str = "RCPT TO:<bob@example.org>";

#[tokio::test]
async fn the_order_of_commands_is_kept() {
    let servers = Servers::start();
    let gateway = servers.site().start().await;
    let mut client = connect(&gateway).await;
    for command in [MAIL, RCPT, "DATA", "VRFY alice"] {
        let reply = client.ask(command).await.unwrap();
        assert_eq!((reply.code, reply.enhanced()), (530, Some("5.7.0")), "{command}");
    }
    client.auth_plain("", "alice", "wonderland").await.unwrap();
    for (command, code) in [
        (RCPT, 503),
        ("DATA", 503),
        ("AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=", 503),
        ("STARTTLS", 503),
        (MAIL, 250),
        (MAIL, 503),
        ("DATA", 503),
        ("RSET", 250),
        (RCPT, 503),
        ("NOOP", 250),
        ("HELP", 214),
        ("VRFY alice", 252),
        ("EXPN list", 502),
        ("XCLIENT LOGIN=bob", 550),
        ("XFORWARD ADDR=192.0.2.1", 550),
        ("BURL imap://x", 500),
        ("MAIL FROM:alice@example.org", 501),
        ("MAIL FROM:<alice@example.org> BODY=NONSENSE", 501),
        ("MAIL FROM:<alice@example.org> UNKNOWN=1", 555),
    ] {
        assert_eq!(client.ask(command).await.unwrap().code, code, "{command}");
    }
    // A transaction ends with EHLO as with RSET.
    client.command(MAIL).await.unwrap();
    client.ehlo().await.unwrap();
    assert_eq!(client.ask(RCPT).await.unwrap().code, 503);
}

#[tokio::test]
async fn a_whole_message_in_one_packet_but_for_its_text() {
    let servers = Servers::start();
    let gateway = servers.site().start().await;
    let mut client = alice(&gateway).await;
    let nobody = "RCPT TO:<nobody@[>";
    let replies = client
        .batch(&[MAIL, RCPT, nobody, "RCPT TO:<carol@example.org>", "DATA"])
        .await
        .unwrap();
    let codes: Vec<u16> = replies.iter().map(|reply| reply.code).collect();
    assert_eq!(codes, [250, 250, 501, 250, 354], "{replies:?}");
    // The next message right behind the end of this one, and QUIT behind that.
    let mut octets = gatepost_testkit::smtp_client::stuffed(&message("first"));
    octets.extend_from_slice(format!("{MAIL}\r\n{RCPT}\r\nRSET\r\nQUIT\r\n").as_bytes());
    client.send(&octets).await.unwrap();
    let mut codes = Vec::new();
    for _ in 0..5 {
        codes.push(client.reply().await.unwrap().code);
    }
    assert_eq!(codes, [250, 250, 250, 250, 221]);
    client.closed().await.unwrap();
    assert_eq!(received(&servers.postfix, &servers.two, "bob").await.len(), 1);
    assert_eq!(received(&servers.postfix, &servers.one, "carol").await.len(), 1);
}

#[tokio::test]
async fn a_refused_sender_makes_its_recipients_void_without_asking() {
    let servers = Servers::start();
    let gateway = servers.site().start().await;
    let mut client = alice(&gateway).await;
    let replies = client
        .batch(&["MAIL FROM:<bob@example.org>", RCPT, RCPT, MAIL, RCPT, "RSET"])
        .await
        .unwrap();
    let codes: Vec<u16> = replies.iter().map(|reply| reply.code).collect();
    assert_eq!(codes, [553, 503, 503, 250, 250, 250], "{replies:?}");
    client.command("QUIT").await.unwrap();
    let line = servers.postfix.logged("mail=1").unwrap();
    assert!(line.contains("rcpt=1"), "{line}");
}

#[tokio::test]
async fn the_octets_of_bdat_are_never_commands() {
    let servers = Servers::start();
    let gateway = servers.site().start().await;
    let mut client = alice(&gateway).await;
    client.command(MAIL).await.unwrap();
    client.command(RCPT).await.unwrap();
    let payload = format!("RSET\r\n{MAIL}\r\n{RCPT}\r\nDATA\r\n\r\n.\r\n");
    let command = format!("BDAT {} LAST\r\n{payload}NOOP\r\n", payload.len());
    client.send(command.as_bytes()).await.unwrap();
    assert_eq!(client.reply().await.unwrap().code, 502);
    assert_eq!(client.reply().await.unwrap().code, 250);
    // The transaction is over, as its message is unknown.
    assert_eq!(client.ask("DATA").await.unwrap().code, 503);
    // Before a login it is the same.
    let mut client = connect(&gateway).await;
    client.send(b"BDAT 6\r\nQUIT\r\nNOOP\r\n").await.unwrap();
    assert!(client.reply().await.unwrap().code >= 500);
    assert_eq!(client.reply().await.unwrap().code, 250);
}

#[tokio::test]
async fn a_bare_line_end_in_a_command_ends_the_connection() {
    let servers = Servers::start();
    let gateway = servers.site().start().await;
    for octets in [&b"NOOP\nNOOP\r\n"[..], b"NO\rOP\r\n", b"NO\0OP\r\n"] {
        let mut client = alice(&gateway).await;
        client.send(octets).await.unwrap();
        assert_eq!(client.reply().await.unwrap().code, 500);
        client.closed().await.unwrap();
    }
}
