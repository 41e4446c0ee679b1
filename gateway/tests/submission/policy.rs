//! Who may send as whom, and how much.

use crate::setup::{Servers, alice, login, message, received};

#[tokio::test]
async fn a_sender_is_the_accounts_own_or_an_alias_or_an_exception() {
    let servers = Servers::start();
    let site = servers.site().submission(
        "exceptions = [{ accounts = [\"bob\"], senders = [\"info@example.org\", \"*@lists.example.org\"] }]",
    );
    let gateway = site.start().await;
    let mut client = alice(&gateway).await;
    for (sender, code) in [
        ("alice@example.org", 250),
        ("Alice.Liddell@EXAMPLE.org", 250),
        ("", 250),
        ("bob@example.org", 553),
        ("alice@example.com", 553),
        ("info@example.org", 553),
    ] {
        let reply = client.ask(&format!("MAIL FROM:<{sender}>")).await.unwrap();
        assert_eq!(reply.code, code, "{sender}: {reply:?}");
        if code == 553 {
            assert_eq!(reply.enhanced(), Some("5.7.1"), "{reply:?}");
            assert!(reply.text().contains("alice@example.org"), "{reply:?}");
            // Its recipients are not asked about.
            assert_eq!(client.ask("RCPT TO:<bob@example.org>").await.unwrap().code, 503);
            assert_eq!(client.ask("DATA").await.unwrap().code, 503);
        }
        assert_eq!(client.ask("RSET").await.unwrap().code, 250);
    }
    let mut client = login(&gateway, "bob", "builder").await;
    for (sender, code) in [
        ("info@example.org", 250),
        ("any@lists.example.org", 250),
        ("alice@example.org", 553),
    ] {
        assert_eq!(
            client.ask(&format!("MAIL FROM:<{sender}>")).await.unwrap().code,
            code,
            "{sender}"
        );
        client.ask("RSET").await.unwrap();
    }
    let refused = gateway.logged("event=command-refused").await;
    for field in ["account=alice", "command=MAIL", "code=553"] {
        assert!(refused.contains(field), "{field}: {refused}");
    }
}

#[tokio::test]
async fn the_header_is_held_to_it_too_if_that_is_wanted() {
    let servers = Servers::start();
    let gateway = servers
        .site()
        .submission("check_from_field = true\nnull_sender = false")
        .start()
        .await;
    let mut client = alice(&gateway).await;
    assert_eq!(client.ask("MAIL FROM:<>").await.unwrap().code, 553);
    let forged = b"From: Bob <bob@example.org>\r\nSubject: forged\r\n\r\nhello\r\n";
    client.command("MAIL FROM:<alice@example.org>").await.unwrap();
    client.command("RCPT TO:<bob@example.org>").await.unwrap();
    assert_eq!(client.ask("DATA").await.unwrap().code, 354);
    let reply = client.message(forged).await.unwrap();
    assert_eq!((reply.code, reply.enhanced()), (550, Some("5.7.1")), "{reply:?}");
    // The session goes on, with another connection to the MTA.
    client
        .send_mail("alice@example.org", &["bob@example.org"], &message("own"))
        .await
        .unwrap();
    let inbox = received(&servers.postfix, &servers.two, "bob").await;
    assert_eq!(inbox.len(), 1);
    assert!(inbox[0].contains("Subject: own\r\n"));
}

#[tokio::test]
async fn an_hour_has_its_limits() {
    let servers = Servers::start();
    let keys = "messages_per_hour = 2\nrecipients_per_hour = 4\nmax_recipients = 3";
    let gateway = servers.site().submission(keys).start().await;
    let mut client = alice(&gateway).await;
    client.command("MAIL FROM:<alice@example.org>").await.unwrap();
    let rcpt = "RCPT TO:<bob@example.org>";
    let replies = client.batch(&[rcpt, rcpt, rcpt, rcpt]).await.unwrap();
    let codes: Vec<u16> = replies.iter().map(|reply| reply.code).collect();
    assert_eq!(codes, [250, 250, 250, 452], "{replies:?}");
    assert_eq!(replies[3].enhanced(), Some("4.5.3"));
    assert_eq!(client.ask("DATA").await.unwrap().code, 354);
    assert_eq!(client.message(&message("one")).await.unwrap().code, 250);

    client.command("MAIL FROM:<alice@example.org>").await.unwrap();
    client.command(rcpt).await.unwrap();
    let reply = client.ask(rcpt).await.unwrap();
    assert_eq!((reply.code, reply.enhanced()), (452, Some("4.5.3")), "{reply:?}");
    assert_eq!(client.ask("DATA").await.unwrap().code, 354);
    assert_eq!(client.message(&message("two")).await.unwrap().code, 250);

    // In another connection it is the same account.
    let mut client = alice(&gateway).await;
    let reply = client.ask("MAIL FROM:<alice@example.org>").await.unwrap();
    assert_eq!((reply.code, reply.enhanced()), (450, Some("4.7.1")), "{reply:?}");
    let mut client = login(&gateway, "bob", "builder").await;
    client.command("MAIL FROM:<bob@example.org>").await.unwrap();
}
