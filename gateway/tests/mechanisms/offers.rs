//! What listeners announce, and which LOGIN command goes with it.

use crate::site::{Kept, Site};
use crate::talk::{Protocol, Talk};

async fn announced(site: &Site) -> (String, String) {
    let mut imap = site.talk(Protocol::Imap).await;
    let Talk::Imap(client) = &mut imap else {
        unreachable!()
    };
    let reply = client.command("CAPABILITY").await.unwrap();
    let capabilities = reply.with("CAPABILITY").next().unwrap().text().into_owned();
    let mut smtp = site.talk(Protocol::Smtp).await;
    let Talk::Smtp(client) = &mut smtp else {
        unreachable!()
    };
    let auth = client.ehlo().await.unwrap().keyword("AUTH").unwrap().to_owned();
    (capabilities, auth)
}

#[tokio::test]
async fn a_listener_offers_what_it_names_in_that_order() {
    let site = Site::start(Kept::Plaintext, &["NTLM", "CRAM-MD5", "PLAIN", "LOGIN"]).await;
    let (capabilities, auth) = announced(&site).await;
    assert!(
        capabilities.contains(" AUTH=NTLM AUTH=CRAM-MD5 AUTH=PLAIN AUTH=LOGIN"),
        "{capabilities}"
    );
    assert!(!capabilities.contains("LOGINDISABLED"), "{capabilities}");
    assert_eq!(auth, "NTLM CRAM-MD5 PLAIN LOGIN");
}

#[tokio::test]
async fn by_default_nothing_but_passwords_is_offered() {
    let site = Site::start(Kept::Plaintext, &[]).await;
    let (capabilities, auth) = announced(&site).await;
    assert!(capabilities.contains(" AUTH=PLAIN AUTH=LOGIN"), "{capabilities}");
    assert!(
        !capabilities.contains("NTLM") && !capabilities.contains("CRAM"),
        "{capabilities}"
    );
    assert_eq!(auth, "PLAIN LOGIN");
}

/// The LOGIN command gives a password, so it is there where some mechanism may give one.
#[tokio::test]
async fn a_listener_without_passwords_has_no_login_command() {
    let site = Site::start(Kept::Plaintext, &["NTLM"]).await;
    let (capabilities, _) = announced(&site).await;
    assert!(
        capabilities.contains(" LOGINDISABLED AUTH=NTLM"),
        "{capabilities}"
    );
    let mut talk = site.talk(Protocol::Imap).await;
    let said = talk.line("a1 LOGIN alice wonderland").await.over();
    assert!(said.starts_with("NO [CANNOT]"), "{said}");
    assert!(site.gateway.lines("event=login-failed").is_empty());
    site.assert_nobody_in();
}
