//! mutt on a terminal.

use std::path::Path;

use crate::site::{Site, printed, run};

fn configuration(site: &Site) -> String {
    let (port, ca_file) = (site.port(), site.ca_file());
    format!(
        "set imap_user = \"alice\"\nset imap_pass = \"wonderland\"\nset ssl_ca_certificates_file = \"{ca_file}\"\n\
         set ssl_usesystemcerts = no\nset spoolfile = \"imaps://localhost:{port}/INBOX\"\nset folder = \"imaps://localhost:{port}/\"\n\
         set mbox_type = mbox\nset confirmcreate = no\nset confirmappend = no\nset copy = no\nset move = no\n\
         set quit = yes\nset delete = yes\nset sleep_time = 0\nset wait_key = no\n"
    )
}

/// Opens the inbox, presses keys, and ends.
async fn mutt(site: &Site, home: &Path, keys: &str) {
    let file = home.join("muttrc");
    std::fs::write(&file, configuration(site)).unwrap();
    let command = format!("mutt -n -F {} -e 'push \"{keys}\"'", file.display());
    // A terminal of its own.
    printed(&run("script", &["-qec", &command, "/dev/null"], home).await);
}

#[tokio::test]
async fn copies_a_message_and_deletes_another() {
    let (site, messages) = Site::with_mail().await;
    let home = tempfile::tempdir().unwrap();
    let copy = home.path().join("copy");
    let keys = format!(
        "2<enter><copy-message><kill-line>{}<enter><last-entry><delete-message><quit>",
        copy.display()
    );
    mutt(&site, home.path(), &keys).await;
    let copied = std::fs::read_to_string(&copy).unwrap();
    assert!(copied.contains("Subject: message 2\n"), "{copied}");
    assert!(
        copied.contains(
            &messages[1]
                .split_once("\r\n\r\n")
                .unwrap()
                .1
                .replace("\r\n", "\n")
        ),
        "{copied}"
    );

    let mut client = site.gateway.login("alice", "wonderland").await;
    let selected = client.command("SELECT INBOX").await.unwrap();
    assert!(
        selected.with("EXISTS").any(|line| line.text() == "* 2 EXISTS"),
        "{selected:?}"
    );
}
