//! mbsync (isync): both ways between a Maildir and the mail server.

use std::path::Path;

use crate::site::{Site, maildir, message, printed, run};

fn configuration(site: &Site, home: &Path) -> String {
    let (port, ca_file, home) = (site.port(), site.ca_file(), home.display());
    format!(
        "IMAPAccount gateway\nHost localhost\nPort {port}\nUser alice\nPass wonderland\nSSLType IMAPS\n\
         CertificateFile {ca_file}\n\n\
         IMAPStore far\nAccount gateway\n\n\
         MaildirStore near\nPath {home}/\nInbox {home}/inbox\n\n\
         Channel mail\nFar :far:INBOX\nNear :near:INBOX\nCreate Near\nSync All\nSyncState *\n"
    )
}

#[tokio::test]
async fn synchronizes_both_ways() {
    let (site, messages) = Site::with_mail().await;
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("mbsyncrc");
    std::fs::write(&file, configuration(&site, home.path())).unwrap();
    let arguments = ["-c", file.to_str().unwrap(), "-a"];
    let inbox = home.path().join("inbox");

    printed(&run("mbsync", &arguments, home.path()).await);
    let expected: Vec<String> = messages
        .iter()
        .map(|message| message.replace("\r\n", "\n"))
        .collect();
    assert_eq!(maildir(&inbox), expected);

    // Nothing has changed.
    printed(&run("mbsync", &arguments, home.path()).await);
    assert_eq!(maildir(&inbox), expected);

    // One comes from either side.
    std::fs::write(inbox.join("new/1.test.host"), message(4).replace("\r\n", "\n")).unwrap();
    site.deliver(&message(5));
    printed(&run("mbsync", &arguments, home.path()).await);
    assert_eq!(maildir(&inbox).len(), 5);
    let mut client = site.gateway.login("alice", "wonderland").await;
    client.command("SELECT INBOX").await.unwrap();
    let found = client.command("SEARCH SUBJECT \"message 4\"").await.unwrap();
    assert_eq!(found.untagged[0].text(), "* SEARCH 5");
}
