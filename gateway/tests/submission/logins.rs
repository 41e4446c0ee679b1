//! Who gets in, and how the gateway logs in to the MTA.

use gatepost_sasl::client::CramMd5;
use gatepost_wire::{Secret, base64};

use crate::setup::{MtaLogin, Servers, Site, alice, connect, login, message, received};
use crate::talk::{Talk, ntlm};

fn plain(message: &str) -> String {
    let mut command = b"AUTH PLAIN ".to_vec();
    base64::encode(message.as_bytes(), &mut command);
    String::from_utf8(command).unwrap()
}

#[tokio::test]
async fn each_login_at_the_mta_sends_as_the_user() {
    let servers = Servers::start();
    for method in MtaLogin::ALL {
        let gateway = servers.site().login(method).start().await;
        let mut client = login(&gateway, "carol", "same-everywhere").await;
        let subject = format!("{method:?}");
        client
            .send_mail("carol@example.org", &["bob@example.org"], &message(&subject))
            .await
            .unwrap();
        let inbox = received(&servers.postfix, &servers.two, "bob").await;
        let found = inbox
            .iter()
            .filter(|text| text.contains(&format!("Subject: {subject}\r\n")));
        assert_eq!(found.count(), 1, "{subject}");
    }
    let log = servers.postfix.log();
    for (service, user) in [
        ("submission", "carol"),
        ("smtps", "carol"),
        ("submission", "relay"),
        ("login-only", "relay"),
        ("xclient", "carol"),
    ] {
        let line = log.lines().find(|line| {
            line.contains(&format!("postfix/{service}/")) && line.contains(&format!("sasl_username={user}"))
        });
        assert!(line.is_some(), "{service} {user}:\n{log}");
    }
}

/// There is no password to pass on, and none is needed.
#[tokio::test]
async fn each_login_without_the_users_password_goes_on_from_a_response() {
    let servers = Servers::start();
    let (mut subjects, mechanisms) = (Vec::new(), ["CRAM-MD5", "NTLM"]);
    for method in MtaLogin::ALL {
        if method == MtaLogin::SameCredentials {
            continue;
        }
        let gateway = servers.site().offering(&mechanisms).login(method).start().await;
        for mechanism in mechanisms {
            let mut talk = Talk::over_smtp(&gateway, Site::IMPLICIT).await;
            let said = match mechanism {
                "NTLM" => talk.log_in(ntlm("carol", "", "same-everywhere"), true).await,
                _ => {
                    let password = Secret::from("same-everywhere");
                    talk.log_in(CramMd5::new("carol", &password).unwrap(), true).await
                }
            };
            assert!(said.starts_with("235 "), "{method:?} {mechanism}: {said}");
            let subject = format!("{method:?}-{mechanism}");
            let Talk::Smtp(mut client) = talk else {
                unreachable!()
            };
            client
                .send_mail("carol@example.org", &["bob@example.org"], &message(&subject))
                .await
                .unwrap();
            subjects.push(subject);
        }
    }
    let inbox = received(&servers.postfix, &servers.two, "bob").await;
    assert_eq!(inbox.len(), subjects.len());
    for subject in subjects {
        let found = inbox
            .iter()
            .any(|text| text.contains(&format!("Subject: {subject}\r\n")));
        assert!(found, "{subject}");
    }
}

#[tokio::test]
async fn xclient_is_not_gone_without() {
    let servers = Servers::start();
    // A service of Postfix's that lists no XCLIENT, and would take anything.
    let keys = format!(
        "addresses = [\"{}\"]\ntls = \"starttls\"\nca_file = {:?}\nlogin = {{ method = \"xclient\" }}\n",
        servers.postfix.trusted(),
        servers.postfix.ca_file()
    );
    let gateway = servers.site().mta(&keys).start().await;
    let mut client = connect(&gateway).await;
    let reply = client.ask(&plain("\0alice\0wonderland")).await.unwrap();
    assert_eq!((reply.code, reply.enhanced()), (454, Some("4.7.0")));
    gateway.logged("result=upstream-down").await;
}

/// Postfix takes no value over 255 octets, and forgets the user of an earlier XCLIENT.
#[tokio::test]
async fn xclient_says_long_names_in_one_command() {
    let servers = Servers::start();
    let user = "\u{fc}".repeat(42);
    let users = format!(
        "[[user]]\nname = \"long\"\nlogin = \"{user}\"\nsecret = \"{{PLAIN}}apple\"\n\
         addresses = [\"alice@example.org\"]\nmail_host = \"one\"\n"
    );
    let gateway = servers.site().login(MtaLogin::Xclient).start_with(&users).await;
    for octets in [250, 300, 400] {
        let mut client = connect(&gateway).await;
        client
            .command(&format!("EHLO {}", "h".repeat(octets)))
            .await
            .unwrap();
        client.auth_plain("", "long", "apple").await.unwrap();
        client
            .send_mail(
                "alice@example.org",
                &["bob@example.org"],
                &message(&octets.to_string()),
            )
            .await
            .unwrap();
    }
    assert_eq!(received(&servers.postfix, &servers.two, "bob").await.len(), 3);
    let log = servers.postfix.log();
    let line = format!("sasl_method=XCLIENT, sasl_username={user}\n");
    assert_eq!(log.matches(&line).count(), 3, "{log}");
}

#[tokio::test]
async fn another_mta_is_used_while_one_is_down() {
    let mut first = Servers::start();
    let second = Servers::start();
    let keys = format!(
        "addresses = [\"{}\", \"{}\"]\ntls = \"starttls\"\nca_file = {:?}\n\
         login = {{ method = \"trusted\" }}\n",
        first.postfix.trusted(),
        second.postfix.trusted(),
        second.postfix.ca_file(),
    );
    first.postfix.stop();
    let gateway = second.site().mta(&keys).start().await;
    let mut client = alice(&gateway).await;
    client
        .send_mail("alice@example.org", &["bob@example.org"], &message("failover"))
        .await
        .unwrap();
    assert_eq!(received(&second.postfix, &second.two, "bob").await.len(), 1);
}

#[tokio::test]
async fn refusals_tell_wrong_passwords_from_outages() {
    let servers = Servers::start();
    let users = [
        crate::setup::USERS,
        "[[user]]\nname = \"eve\"\nsecret = \"{PLAIN}apple\"\ndisabled = true\n\
         [[user]]\nname = \"dave\"\nsecret = \"{PLAIN}lost\"\nmail_host = \"nowhere\"\n",
    ]
    .concat();
    let gateway = servers.site().start_with(&users).await;
    for (claim, code, enhanced) in [
        ("\0alice\0wrong", 535, "5.7.8"),
        ("\0nobody\0wrong", 535, "5.7.8"),
        ("\0alice\0", 535, "5.7.8"),
        ("bob\0alice\0wonderland", 535, "5.7.8"),
        ("\0eve\0apple", 535, "5.7.8"),
        // What no other password would mend is no 535.
        ("\0dave\0lost", 454, "4.7.0"),
    ] {
        let mut client = connect(&gateway).await;
        let reply = client.ask(&plain(claim)).await.unwrap();
        assert_eq!(
            (reply.code, reply.enhanced()),
            (code, Some(enhanced)),
            "{claim:?}: {reply:?}"
        );
        assert_eq!(
            client.ask("MAIL FROM:<alice@example.org>").await.unwrap().code,
            530
        );
    }
    // The mail server refuses the gateway's own account: that is nothing the user could mend.
    let gateway = servers.site().master_password("changed").start().await;
    let mut client = connect(&gateway).await;
    let reply = client.ask(&plain("\0alice\0wonderland")).await.unwrap();
    assert_eq!((reply.code, reply.enhanced()), (454, Some("4.7.0")));
    gateway.logged("result=upstream-refused").await;
    let log = gateway.log();
    for secret in ["wonderland", "AGFsaWNlAHdvbmRlcmxhbmQ", "changed"] {
        assert!(!log.contains(secret), "{secret} is in the log:\n{log}");
    }
}

#[tokio::test]
async fn an_exchange_can_be_cancelled_and_is_no_failure() {
    let servers = Servers::start();
    let gateway = servers.site().start().await;
    let mut client = connect(&gateway).await;
    for _ in 0..5 {
        assert_eq!(client.ask("AUTH LOGIN").await.unwrap().code, 334);
        assert_eq!(client.ask("*").await.unwrap().code, 501);
    }
    assert_eq!(client.ask("AUTH CRAM-MD5").await.unwrap().code, 504);
    assert_eq!(client.ask("AUTH PLAIN !").await.unwrap().code, 501);
    client.auth_plain("alice", "alice", "wonderland").await.unwrap();
    assert_eq!(client.ask("AUTH PLAIN").await.unwrap().code, 503);
}

#[tokio::test]
async fn too_many_failures_close_the_connection() {
    let servers = Servers::start();
    let gateway = servers.site().start().await;
    let mut client = connect(&gateway).await;
    for _ in 0..2 {
        assert_eq!(client.ask(&plain("\0alice\0guess")).await.unwrap().code, 535);
    }
    client
        .send(format!("{}\r\n", plain("\0alice\0guess")).as_bytes())
        .await
        .unwrap();
    assert_eq!(client.reply().await.unwrap().code, 535);
    assert_eq!(client.reply().await.unwrap().code, 421);
    client.closed().await.unwrap();
}
