//! offlineimap, which sends ID before it logs in.

use std::path::Path;

use crate::site::{Site, maildir, printed, run};

fn configuration(site: &Site, home: &Path) -> String {
    let (port, ca_file, home) = (site.port(), site.ca_file(), home.display());
    format!(
        "[general]\naccounts = test\nmetadata = {home}/metadata\nui = basic\n\n\
         [Account test]\nlocalrepository = local\nremoterepository = remote\n\n\
         [Repository local]\ntype = Maildir\nlocalfolders = {home}/mail\n\n\
         [Repository remote]\ntype = IMAP\nremotehost = localhost\nremoteport = {port}\nssl = yes\n\
         sslcacertfile = {ca_file}\nremoteuser = alice\nremotepass = wonderland\n\
         folderfilter = lambda name: name == 'INBOX'\n"
    )
}

#[tokio::test]
async fn copies_the_inbox() {
    let (site, messages) = Site::with_mail().await;
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("offlineimaprc");
    std::fs::write(&file, configuration(&site, home.path())).unwrap();
    let output = run("offlineimap", &["-o", "-c", file.to_str().unwrap()], home.path()).await;
    printed(&output);
    let copied = maildir(&home.path().join("mail/INBOX"));
    assert_eq!(copied.len(), messages.len());
    for (copy, message) in copied.iter().zip(&messages) {
        assert!(copy.contains("Grüße aus Zürich ☃\n.a dot {5}\n"), "{copy}");
        assert_eq!(copy.lines().last(), message.lines().last());
    }
}
