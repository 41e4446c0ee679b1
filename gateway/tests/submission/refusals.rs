//! An MTA that refuses, is down, or shows a wrong certificate.

use gatepost_testkit::servers::Stage;
use gatepost_testkit::smtp_client::Reply;

use crate::setup::{Servers, alice, connect, login, message, received};

const FROM: &str = "alice@example.org";
const TO: &[&str] = &["bob@example.org"];

#[tokio::test]
async fn refusals_are_passed_on_at_each_stage() {
    let servers = Servers::with(|postfix| {
        postfix
            .answer(Stage::Mail, "alice.liddell@example.org", "550 5.1.8 that one not")
            .answer(Stage::Rcpt, "later@example.com", "450 4.2.1 try later")
            .answer(Stage::Rcpt, "never@example.com", "550 5.1.1 no such user")
            .answer(Stage::Data, "data@example.com", "451 4.3.0 no data now")
            .answer(Stage::EndOfData, "end@example.com", "554 5.7.1 looks like spam")
            .answer(Stage::EndOfData, "end-later@example.com", "452 4.3.1 disk full")
    });
    let gateway = servers.site().start().await;
    let mut client = alice(&gateway).await;
    let mail = "MAIL FROM:<alice@example.org>";
    let reply = client.ask("MAIL FROM:<alice.liddell@example.org>").await.unwrap();
    // Postfix asks about the sender when it knows a recipient.
    let reply = if reply.code == 250 {
        client.ask("RCPT TO:<bob@example.org>").await.unwrap()
    } else {
        reply
    };
    assert_eq!((reply.code, reply.enhanced()), (550, Some("5.1.8")), "{reply:?}");
    client.command("RSET").await.unwrap();

    client.command(mail).await.unwrap();
    for (recipient, code, enhanced) in [("later", 450, "4.2.1"), ("never", 550, "5.1.1")] {
        let reply = client
            .ask(&format!("RCPT TO:<{recipient}@example.com>"))
            .await
            .unwrap();
        assert_eq!(
            (reply.code, reply.enhanced()),
            (code, Some(enhanced)),
            "{reply:?}"
        );
    }
    // Nobody is left to send to, so DATA does not go up.
    let reply = client.ask("DATA").await.unwrap();
    assert!(matches!(reply.code, 503 | 554), "{reply:?}");

    client.command("RSET").await.unwrap();
    client.command(mail).await.unwrap();
    client.command("RCPT TO:<data@example.com>").await.unwrap();
    let reply = client.ask("DATA").await.unwrap();
    assert_eq!((reply.code, reply.enhanced()), (451, Some("4.3.0")), "{reply:?}");

    for (recipient, code, enhanced) in [("end", 554, "5.7.1"), ("end-later", 452, "4.3.1")] {
        client.command("RSET").await.unwrap();
        client.command(mail).await.unwrap();
        client
            .command(&format!("RCPT TO:<{recipient}@example.com>"))
            .await
            .unwrap();
        assert_eq!(client.ask("DATA").await.unwrap().code, 354);
        let reply = client.message(&message("refused")).await.unwrap();
        assert_eq!(
            (reply.code, reply.enhanced()),
            (code, Some(enhanced)),
            "{reply:?}"
        );
    }
    client.send_mail(FROM, TO, &message("fine")).await.unwrap();
    assert_eq!(received(&servers.postfix, &servers.two, "bob").await.len(), 1);
}

/// The id of a message in Postfix's queue, as its 250 tells.
fn queue_id(reply: &Reply) -> String {
    let text = reply.text();
    text.rsplit(' ').next().unwrap().to_owned()
}

#[tokio::test]
async fn an_mta_that_goes_away_is_replaced_or_missed_politely() {
    let mut servers = Servers::start();
    let gateway = servers.site().start().await;
    let mut client = alice(&gateway).await;
    client.send_mail(FROM, TO, &message("before")).await.unwrap();
    servers.postfix.drained().unwrap();
    // It comes back between two messages: the client notices nothing.
    servers.postfix.restart().unwrap();
    client.send_mail(FROM, TO, &message("after")).await.unwrap();
    servers.postfix.drained().unwrap();
    // It goes in the middle of a transaction.
    client.command("MAIL FROM:<alice@example.org>").await.unwrap();
    client.command("RCPT TO:<bob@example.org>").await.unwrap();
    servers.postfix.stop();
    gateway.logged("event=mta-lost").await;
    let reply = client.ask("DATA").await.unwrap();
    assert_eq!(reply.code, 451, "{reply:?}");
    // While it is away, a message is for later, and the login of others too.
    let reply = client.ask("MAIL FROM:<alice@example.org>").await.unwrap();
    assert_eq!(reply.code, 451, "{reply:?}");
    let mut other = connect(&gateway).await;
    assert_eq!(
        other
            .ask("AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=")
            .await
            .unwrap()
            .code,
        454
    );
    servers.postfix.restart().unwrap();
    let reply = client.send_mail(FROM, TO, &message("again")).await.unwrap();
    // What it had of the broken transaction may still lie in its queue, as a file that is not whole.
    servers
        .postfix
        .logged(&format!("{}: removed", queue_id(&reply)))
        .unwrap();
    assert_eq!(servers.two.messages("bob", "INBOX").await.unwrap().len(), 3);
}

#[tokio::test]
async fn an_mta_that_goes_in_the_middle_of_a_message_has_not_got_it() {
    let mut servers = Servers::start();
    let gateway = servers.site().start().await;
    let mut client = alice(&gateway).await;
    let commands = [
        "MAIL FROM:<alice@example.org>",
        "RCPT TO:<bob@example.org>",
        "DATA",
    ];
    let replies = client.batch(&commands).await.unwrap();
    assert_eq!(replies[2].code, 354);
    client.send(b"Subject: half\r\n\r\nhello\r\n").await.unwrap();
    servers.postfix.stop();
    client.send(b"and the rest\r\n.\r\n").await.unwrap();
    let reply = client.reply().await.unwrap();
    assert_eq!(reply.code, 451, "{reply:?}");
    servers.postfix.restart().unwrap();
    let reply = client.send_mail(FROM, TO, &message("whole")).await.unwrap();
    servers
        .postfix
        .logged(&format!("{}: removed", queue_id(&reply)))
        .unwrap();
    let inbox = servers.two.messages("bob", "INBOX").await.unwrap();
    assert_eq!(inbox.len(), 1);
    assert!(String::from_utf8_lossy(&inbox[0].raw).contains("Subject: whole\r\n"));
    assert_eq!(servers.postfix.accepted().len(), 1);
}

#[tokio::test]
async fn a_wrong_certificate_gets_no_password() {
    let servers = Servers::start();
    let other = gatepost_testkit::servers::Authority::new().unwrap();
    let trusted = other.issue(["localhost"]).unwrap().ca_file();
    let ca_file = servers.postfix.ca_file();
    let (submission, smtps) = (servers.postfix.submission(), servers.postfix.smtps());
    let right = format!("ca_file = {ca_file:?}\nlogin = {{ method = \"same-credentials\" }}\n");
    for (keys, reason) in [
        (
            format!(
                "addresses = [\"{submission}\"]\ntls = \"starttls\"\nca_file = {trusted:?}\nlogin = {{ method = \"same-credentials\" }}\n"
            ),
            "UnknownIssuer",
        ),
        (
            format!("addresses = [\"{smtps}\"]\nserver_name = \"elsewhere.example\"\n{right}"),
            "certificate not valid for name",
        ),
        (
            format!(
                "addresses = [\"{}\"]\ntls = \"starttls\"\n{right}",
                servers.postfix.plain()
            ),
            "STARTTLS",
        ),
    ] {
        let gateway = servers.site().mta(&keys).start_unready().await;
        let mut client = connect(&gateway).await;
        let reply = client
            .ask("AUTH PLAIN AGNhcm9sAHNhbWUtZXZlcnl3aGVyZQ==")
            .await
            .unwrap();
        assert_eq!((reply.code, reply.enhanced()), (454, Some("4.7.0")), "{reason}");
        let line = gateway.logged("result=upstream-down").await;
        assert!(line.contains(reason), "{reason}: {line}");
    }
    assert!(!servers.postfix.log().contains("sasl_username=carol"));
    // The same login with everything right is let in.
    let keys = format!("addresses = [\"{smtps}\"]\n{right}");
    let gateway = servers.site().mta(&keys).start().await;
    login(&gateway, "carol", "same-everywhere").await;
}
