//! Python's imaplib.

use std::path::Path;

use crate::site::{Site, printed, run};

#[tokio::test]
async fn imaplib_reads_and_writes() {
    let (site, messages) = Site::with_mail().await;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/scripts/imap.py");
    let output = run(
        "python3",
        &[script, &site.port().to_string(), &site.ca_file()],
        Path::new("/"),
    )
    .await;
    let expected = format!(
        "('OK', [b'3'])\n('OK', [b'2'])\n{}\nOK\nb'hello {{5}}\\r\\n'\nOK ('OK', [b'1'])\nOK BYE\nOK\n\
         ('OK', [b'INBOX (MESSAGES 3)'])\nb'[AUTHENTICATIONFAILED] authentication failed'\n",
        messages[0].len()
    );
    assert_eq!(printed(&output), expected);
}
