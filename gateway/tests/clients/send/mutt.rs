//! mutt, sending by itself.

use std::process::Output;

use super::{ALICE, BOB, CAROL, Office, SUBJECT};
use crate::site::printed;

/// By `smtps` or `smtp`.
async fn mutt(office: &Office, scheme: &str, password: &str, from: &str) -> Output {
    let port = if scheme == "smtps" {
        office.tls_port()
    } else {
        office.starttls_port()
    };
    let configuration = format!(
        "set smtp_url = \"{scheme}://alice@localhost:{port}/\"\nset smtp_pass = \"{password}\"\n\
         set ssl_ca_certificates_file = \"{}\"\nset ssl_usesystemcerts = no\nset ssl_force_tls = yes\n\
         set from = \"{from}\"\nset use_envelope_from = yes\nset copy = no\nset send_charset = \"utf-8\"\n\
         set hostname = \"client.example\"\n",
        office.ca_file()
    );
    let configuration = office.file("muttrc", configuration);
    let (text, photo) = office.parts();
    let arguments = [
        "-n",
        "-F",
        &configuration,
        "-s",
        SUBJECT,
        "-a",
        &photo,
        "--",
        BOB,
        CAROL,
    ];
    office.run_reading("mutt", &arguments, &text).await
}

#[tokio::test]
async fn sends() {
    let office = Office::open().await;
    for scheme in ["smtps", "smtp"] {
        printed(&mutt(&office, scheme, "wonderland", ALICE).await);
    }
    office.arrived_as_meant(2).await;
}

#[tokio::test]
async fn is_refused() {
    let office = Office::open().await;
    for scheme in ["smtps", "smtp"] {
        let refused = mutt(&office, scheme, "only-here-1", ALICE).await;
        assert_eq!(refused.status.code(), Some(1), "{refused:?}");
        assert!(
            String::from_utf8_lossy(&refused.stderr).contains("authentication failed"),
            "{refused:?}"
        );
    }
    office.assert_wrong_password(2).await;
    let refused = mutt(&office, "smtps", "wonderland", BOB).await;
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    assert!(
        String::from_utf8_lossy(&refused.stderr).contains("553 5.7.1"),
        "{refused:?}"
    );
    office.assert_let_in(1).await;
}
