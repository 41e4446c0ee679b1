//! Dovecot as a gateway meets it.

use std::time::Duration;

use gatepost_testkit::client::{Client, mailbox_name};
use gatepost_testkit::servers::{Authority, Dovecot, address};
use tokio::net::TcpStream;

use crate::smtp::Smtp;

const LIMIT: Duration = Duration::from_secs(10);
const MESSAGE: &[u8] = b"Subject: greetings\r\n\r\nhello\r\n";

fn start() -> Dovecot {
    let builder = Dovecot::builder()
        .user("alice", "sec:ret \"\\{}")
        .user("jörg@example.org", "pässword");
    builder.master("gateway", "master").trusting().start().unwrap()
}

#[tokio::test]
async fn users_and_masters_log_in() {
    let dovecot = start();
    let logins = [
        ("alice", "sec:ret \"\\{}"),
        ("alice*gateway", "master"),
        ("jörg@example.org", "pässword"),
        ("jörg@example.org*gateway", "master"),
    ];
    for (user, password) in logins {
        let mut client = dovecot.connect().await.unwrap();
        client.login(user, password).await.unwrap();
        client.command("LOGOUT").await.unwrap();
    }
    let mut client = dovecot.connect().await.unwrap();
    client
        .authenticate_plain("alice", "gateway", "master")
        .await
        .unwrap();
    dovecot
        .logged("user=<alice>, auth=<gateway>, method=PLAIN")
        .unwrap();
    let refused = [
        ("alice", "master", "AUTHENTICATIONFAILED"),
        ("alice*gateway", "wrong", "AUTHENTICATIONFAILED"),
        ("nobody*gateway", "master", "AUTHORIZATIONFAILED"),
    ];
    for (user, password, code) in refused {
        let mut client = dovecot.connect().await.unwrap();
        let error = client.login(user, password).await.unwrap_err();
        assert!(error.heard().last().unwrap().contains(code), "{error}");
    }
}

#[tokio::test]
async fn mail_is_delivered_and_survives_a_restart() {
    let mut dovecot = start();
    let mut client = dovecot.connect().await.unwrap();
    client.login("alice", "sec:ret \"\\{}").await.unwrap();
    let listed = client.command("LIST \"\" * RETURN (SPECIAL-USE)").await.unwrap();
    for use_ in ["\\Drafts", "\\Sent", "\\Trash"] {
        assert_eq!(listed.with(use_).count(), 1, "{listed:?}");
    }
    client.command("SELECT INBOX").await.unwrap();
    client.idle().await.unwrap();
    dovecot.deliver("alice", "INBOX", MESSAGE).unwrap();
    client.wait_for("1 EXISTS").await.unwrap();
    dovecot.stop();
    client.closed().await.unwrap();
    let refused = TcpStream::connect(dovecot.imaps()).await.unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);

    dovecot.restart().unwrap();
    let mut client = dovecot.connect().await.unwrap();
    client.login("alice", "sec:ret \"\\{}").await.unwrap();
    client.command("SELECT INBOX").await.unwrap();
    let fetched = client.command("FETCH 1 BODY[]").await.unwrap();
    assert_eq!(fetched.literal().unwrap(), MESSAGE);
    assert!(dovecot.deliver("nobody", "INBOX", MESSAGE).is_err());
}

#[tokio::test]
async fn a_trusted_client_says_where_the_user_is() {
    let dovecot = start();
    let mut client = dovecot.connect().await.unwrap();
    client
        .command("ID (\"x-originating-ip\" \"192.0.2.9\" \"x-session-id\" \"abc\")")
        .await
        .unwrap();
    client.login("alice", "sec:ret \"\\{}").await.unwrap();
    let line = dovecot.logged("rip=192.0.2.9").unwrap();
    assert!(line.contains("session=<abc>"), "{line}");
}

#[tokio::test]
async fn starttls_comes_before_login() {
    let dovecot = Dovecot::builder().user("alice", "secret").start().unwrap();
    let stream = TcpStream::connect(dovecot.imap()).await.unwrap();
    let (mut client, greeting) = Client::greeted(stream, LIMIT).await.unwrap();
    assert!(
        greeting.contains("STARTTLS") && greeting.contains("LOGINDISABLED"),
        "{greeting:?}"
    );
    assert!(client.login("alice", "secret").await.is_err());
    client.command("STARTTLS").await.unwrap();
    let connector = dovecot.identity().connector().unwrap();
    let stream = connector
        .connect(address().into(), client.into_stream())
        .await
        .unwrap();
    let mut client = Client::new(stream, LIMIT);
    client.login("alice", "secret").await.unwrap();
}

#[tokio::test]
async fn a_certificate_can_be_chosen() {
    let authority = Authority::new().unwrap();
    let expired = authority
        .certificate([address()])
        .expired()
        .rsa()
        .issue()
        .unwrap();
    let dovecot = Dovecot::builder()
        .user("alice", "secret")
        .identity(expired)
        .start()
        .unwrap();
    assert_eq!(dovecot.ca_file(), authority.ca_file());
    let error = dovecot.connect().await.unwrap_err();
    assert!(error.to_string().contains("expired"), "{error}");
}

#[tokio::test]
async fn mailboxes_can_be_called_otherwise() {
    let builder = Dovecot::builder().user("alice", "secret");
    let builder = builder.namespace("INBOX.", '.', "Gesendete Entwürfe");
    let dovecot = builder.start().unwrap();
    let mut client = dovecot.connect().await.unwrap();
    client.login("alice", "secret").await.unwrap();
    let listed = client.command("LIST \"\" * RETURN (SPECIAL-USE)").await.unwrap();
    let sent: Vec<_> = listed.with("\\Sent").collect();
    assert!(
        sent[0].contains(") \".\" \"INBOX.Gesendete Entw&APw-rfe\""),
        "{sent:?}"
    );
    let append = format!(
        "APPEND {} (\\Seen) \"01-Mar-2024 07:05:01 +0100\" ",
        mailbox_name(&dovecot.sent())
    );
    let reply = client.ask_parts(&[append.as_bytes(), MESSAGE]).await.unwrap();
    assert!(reply.is_ok(), "{reply:?}");

    let messages = dovecot
        .messages("alice", "INBOX.Gesendete Entwürfe")
        .await
        .unwrap();
    assert_eq!(messages.len(), 1);
    assert_eq!((messages[0].uid, &messages[0].raw[..]), (1, MESSAGE));
    assert_eq!(messages[0].flags, ["\\Seen"]);
    assert_eq!(messages[0].internal_date, "01-Mar-2024 06:05:01 +0000");
    assert_eq!(messages[0].field("subject").unwrap(), "greetings");
}

#[tokio::test]
async fn special_use_can_be_kept_secret() {
    let builder = Dovecot::builder().user("alice", "secret");
    let dovecot = builder.without_special_use().start().unwrap();
    let mut client = dovecot.connect().await.unwrap();
    client.login("alice", "secret").await.unwrap();
    let listed = client.command("LIST \"\" * RETURN (SPECIAL-USE)").await.unwrap();
    assert_eq!(listed.with("Sent").count(), 1, "{listed:?}");
    assert_eq!(listed.with("\\Sent").count(), 0, "{listed:?}");
}

#[tokio::test]
async fn a_quota_comes_and_goes() {
    let mut dovecot = Dovecot::builder().user("alice", "secret").start().unwrap();
    dovecot.set_quota("alice", Some(1)).unwrap();
    let mut client = dovecot.connect().await.unwrap();
    client.login("alice", "secret").await.unwrap();
    let refused = client.append("Sent", MESSAGE).await.unwrap_err();
    assert!(
        refused.heard().last().unwrap().contains("NO [OVERQUOTA]"),
        "{refused}"
    );
    dovecot.set_quota("alice", None).unwrap();
    let mut client = dovecot.connect().await.unwrap();
    client.login("alice", "secret").await.unwrap();
    client.append("Sent", MESSAGE).await.unwrap();
    assert_eq!(dovecot.messages("alice", "Sent").await.unwrap().len(), 1);
}

#[tokio::test]
async fn who_waits_for_mail_is_told_how_much_there_is() {
    let dovecot = Dovecot::builder().user("alice", "secret").start().unwrap();
    dovecot.deliver("alice", "INBOX", MESSAGE).unwrap();
    let there = dovecot.arrived("alice", "INBOX", 1).await.unwrap();
    assert_eq!(there[0].raw, MESSAGE);
    let error = dovecot.messages("alice", "no such").await.unwrap_err();
    assert!(error.to_string().contains("refused"), "{error}");
    let error = dovecot.messages("nobody", "INBOX").await.unwrap_err();
    assert_eq!(error.to_string(), "there is no user nobody");
}

#[tokio::test]
async fn lmtp_finds_users_with_and_without_their_domain() {
    let builder = Dovecot::builder()
        .user("alice", "secret")
        .user("alice@example.org", "secret")
        .user("bob@example.org", "secret");
    let dovecot = builder.start().unwrap();
    let (mut lmtp, _) = Smtp::connect(dovecot.lmtp());
    lmtp.say("LHLO mta.example.org");
    for to in ["Alice@example.net", "alice@example.org", "bob@example.org"] {
        let reply = lmtp.send("<>", &[to], "Subject: hello\r\n\r\nhello\r\n");
        assert!(reply.starts_with("250 2.0.0"), "{reply}");
    }
    let reply = lmtp.send("<>", &["nobody@example.org"], "");
    assert!(reply.starts_with("550 5.1.1"), "{reply}");
    for (user, wanted) in [("alice", 2), ("bob@example.org", 1), ("alice@example.org", 0)] {
        assert_eq!(
            dovecot.messages(user, "INBOX").await.unwrap().len(),
            wanted,
            "{user}"
        );
    }
}

#[tokio::test]
async fn sessions_die_without_the_server() {
    let dovecot = start();
    let mut client = dovecot.connect().await.unwrap();
    client.login("alice", "sec:ret \"\\{}").await.unwrap();
    assert_eq!(dovecot.kill_sessions().unwrap(), 1);
    client.closed().await.unwrap();
    let mut client = dovecot.connect().await.unwrap();
    client.login("alice", "sec:ret \"\\{}").await.unwrap();
    client.command("SELECT INBOX").await.unwrap();
}
