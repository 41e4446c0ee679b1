//! Python's smtplib.

use super::{Office, letter};
use crate::site::printed;

#[tokio::test]
async fn smtplib_sends() {
    let office = Office::open().await;
    let letter = letter(1);
    let file = office.file("letter", &letter);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/scripts/smtp.py");
    let (tls, starttls) = (office.tls_port().to_string(), office.starttls_port().to_string());
    let output = office
        .run("python3", &[script, &tls, &starttls, &office.ca_file(), &file])
        .await;
    let each = "PLAIN (235, b'2.7.0 authentication successful') {}\n\
                LOGIN (235, b'2.7.0 authentication successful') {}\n\
                535 b'5.7.8 authentication failed'\n\
                553 b'5.7.1 alice may not send as bob@example.org\\n\
                5.7.1 Addresses of this account: alice@example.org, alice.liddell@example.org'\n";
    assert_eq!(printed(&output), each.repeat(2));
    // A password is tried by one mechanism after the other.
    office.gateway.logged_times("event=login-failed", 4).await;
    let failed = office.gateway.lines("event=login-failed");
    assert_eq!(failed.len(), 4, "{failed:#?}");
    office.arrived_whole(4, &letter).await;
}
