//! The ways in: 465, 587 and 25, and what is said there before a login.

use crate::setup::{Servers, Site, alice, connect, message};

#[tokio::test]
async fn a_message_goes_from_user_to_user() {
    let servers = Servers::start();
    let gateway = servers.site().start().await;
    let mut client = alice(&gateway).await;
    let reply = client
        .send_mail("alice@example.org", &["bob@example.org"], &message("first"))
        .await
        .unwrap();
    assert_eq!(reply.enhanced(), Some("2.0.0"));
    servers.postfix.drained().unwrap();
    let found = servers.two.messages("bob", "INBOX").unwrap();
    assert_eq!(found.len(), 1);
    let text = String::from_utf8_lossy(&found[0].raw).into_owned();
    assert!(text.contains("Subject: first\r\n"), "{text}");
    assert!(text.contains("Message-ID: <"), "{text}");
    servers.postfix.logged("sasl_username=alice").unwrap();
    let _ = (connect(&gateway).await, Site::IMAP, Site::STARTTLS);
}
