//! NTLM messages that somebody changed on their way.

use std::time::Duration;

use gatepost_testkit::servers::Samba;
use sasl::client::Mechanism as _;

use crate::site::{Servers, ntlm};
use crate::talk::{Protocol, Talk};

/// What a client hears whose last message was changed.
async fn changed(talk: &mut Talk, change: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut client = ntlm("CORP\\alice", &Samba::password("alice")).with_workstation("PHONE");
    let first = client.initial();
    let challenge = talk.start("NTLM", Some(&first)).await.challenge();
    let mut last = client.response(&challenge).unwrap();
    change(&mut last);
    talk.respond(&last).await.over()
}

/// The integrity code covers all of the message, so no change is let through, and least of all somebody else.
#[tokio::test]
async fn no_octet_can_be_changed() {
    let servers = Servers::with(|samba| samba.lockout(0, Duration::from_secs(1)));
    let gateway = servers.site().start().await;
    let mut length = 0;
    let mut talk = Talk::begin(&gateway, Protocol::Imap).await;
    let heard = changed(&mut talk, |last| length = last.len()).await;
    assert!(heard.starts_with("OK ") && length > 300, "{length}: {heard}");
    for place in 0..length {
        let mut talk = Talk::begin(&gateway, Protocol::Imap).await;
        let heard = changed(&mut talk, |last| last[place] ^= 0x01).await;
        let expected = [Protocol::Imap.failed(), "BAD "];
        assert!(
            expected.iter().any(|code| heard.starts_with(code)),
            "{place}: {heard}"
        );
    }
    let log = servers.dovecot.log();
    assert_eq!(log.matches("Login: ").count(), 1, "{log}");
}

/// The password is right, and the integrity code, which depends on all three messages, is not.
#[tokio::test]
async fn an_integrity_code_has_to_be_right() {
    let servers = Servers::start();
    let gateway = servers.site().start().await;
    for place in [72, 80, 87] {
        let mut talk = Talk::begin(&gateway, Protocol::Smtp).await;
        let heard = changed(&mut talk, |last| last[place] ^= 1).await;
        assert_eq!(heard, Protocol::Smtp.failed(), "{place}");
    }
    // The controller was asked, and found the response right.
    let log = servers.samba.log();
    let right = log
        .lines()
        .filter(|line| line.contains("Auth: [SamLogon") && line.contains("[NT_STATUS_OK]"));
    assert_eq!(right.count(), 3, "{log}");
}
