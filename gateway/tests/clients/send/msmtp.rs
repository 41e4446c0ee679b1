//! msmtp, as other programs call it to send.

use std::process::Output;

use super::{ALICE, BOB, CAROL, Office, letter};
use crate::site::printed;

/// `starttls` is `on` or `off`.
async fn msmtp(office: &Office, starttls: &str, auth: &str, password: &str, from: &str) -> Output {
    let port = if starttls == "on" {
        office.starttls_port()
    } else {
        office.tls_port()
    };
    let configuration = format!(
        "account default\nhost localhost\nport {port}\ntls on\ntls_starttls {starttls}\ntls_trust_file {}\n\
         auth {auth}\nuser alice\npassword {password}\n",
        office.ca_file()
    );
    let configuration = office.file("msmtprc", configuration);
    // It is given lines as Unix ends them.
    let file = office.file("letter", letter(1).replace("\r\n", "\n"));
    office
        .run_reading("msmtp", &["-C", &configuration, "-f", from, BOB, CAROL], &file)
        .await
}

#[tokio::test]
async fn sends() {
    let office = Office::open().await;
    for starttls in ["on", "off"] {
        for auth in ["plain", "login"] {
            printed(&msmtp(&office, starttls, auth, "wonderland", ALICE).await);
        }
    }
    office.arrived_whole(4, &letter(1)).await;
}

#[tokio::test]
async fn is_refused() {
    let office = Office::open().await;
    for starttls in ["on", "off"] {
        let refused = msmtp(&office, starttls, "on", "only-here-1", ALICE).await;
        // EX_NOPERM
        assert_eq!(refused.status.code(), Some(77), "{refused:?}");
        let said = String::from_utf8_lossy(&refused.stderr);
        assert!(
            said.contains("authentication failed") && said.contains("535 5.7.8"),
            "{said}"
        );
    }
    office.assert_wrong_password(2).await;
    let refused = msmtp(&office, "on", "on", "wonderland", BOB).await;
    // EX_DATAERR
    assert_eq!(refused.status.code(), Some(65), "{refused:?}");
    assert!(
        String::from_utf8_lossy(&refused.stderr).contains("553 5.7.1"),
        "{refused:?}"
    );
    office.assert_let_in(1).await;
}
