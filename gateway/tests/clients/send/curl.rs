//! curl: one message a connection.

use std::process::Output;

use super::{ALICE, BOB, CAROL, Office, SUBJECT, TEXT, letter};
use crate::site::printed;

async fn curl(office: &Office, user: &str, from: &str, more: &[&str]) -> Output {
    let ca_file = office.ca_file();
    let mut arguments = vec!["-sS", "--max-time", "20", "--cacert", &ca_file, "--user", user];
    arguments.extend(["--mail-from", from, "--mail-rcpt", BOB, "--mail-rcpt", CAROL]);
    arguments.extend(more);
    office.run("curl", &arguments).await
}

/// Where it sends: a URL, and what else to say for it.
fn ways(office: &Office) -> [(String, &'static str); 2] {
    [
        (
            format!("smtps://localhost:{}/client.example", office.tls_port()),
            "--ssl",
        ),
        (
            format!("smtp://localhost:{}/client.example", office.starttls_port()),
            "--ssl-reqd",
        ),
    ]
}

#[tokio::test]
async fn sends_a_file() {
    let office = Office::open().await;
    let letter = letter(1);
    let file = office.file("letter", &letter);
    for (url, tls) in ways(&office) {
        for login in ["AUTH=PLAIN", "AUTH=LOGIN"] {
            let more = [&url, tls, "--login-options", login, "--upload-file", &file];
            printed(&curl(&office, "alice:wonderland", ALICE, &more).await);
        }
    }
    office.arrived_whole(4, &letter).await;
}

#[tokio::test]
async fn sends_what_it_composes() {
    let office = Office::open().await;
    let (_, photo) = office.parts();
    let text = office.file("text", TEXT.replace('\n', "\r\n"));
    let (url, _) = &ways(&office)[0];
    let from = format!("From: {ALICE}");
    let subject = format!("Subject: {}", SUBJECT);
    let text = format!("=<{text};type=text/plain;encoder=8bit");
    let photo = format!("=@{photo};encoder=base64");
    let more = [url, "-H", &from, "-H", &subject, "-F", &text, "-F", &photo];
    printed(&curl(&office, "alice:wonderland", ALICE, &more).await);
    office.arrived_as_meant(1).await;
}

#[tokio::test]
async fn sends_lines_as_unix_ends_them_only_if_told_to_mend_them() {
    let office = Office::open().await;
    let letter = letter(1);
    let file = office.file("letter", letter.replace("\r\n", "\n"));
    let (url, _) = &ways(&office)[0];
    let refused = curl(&office, "alice:wonderland", ALICE, &[url, "--upload-file", &file]).await;
    // "Weird server reply"
    assert_eq!(refused.status.code(), Some(8), "{refused:?}");
    office.assert_let_in(1).await;
    printed(
        &curl(
            &office,
            "alice:wonderland",
            ALICE,
            &[url, "--crlf", "--upload-file", &file],
        )
        .await,
    );
    office.arrived_whole(1, &letter).await;
}

#[tokio::test]
async fn is_refused() {
    let office = Office::open().await;
    let file = office.file("letter", letter(1));
    for (url, tls) in ways(&office) {
        let more = [&url, tls, "--upload-file", &file];
        let refused = curl(&office, "alice:only-here-1", ALICE, &more).await;
        // "Access denied."
        assert_eq!(refused.status.code(), Some(67), "{refused:?}");
    }
    office.assert_wrong_password(2).await;
    for (url, tls) in ways(&office) {
        let more = [&url, tls, "--upload-file", &file];
        let refused = curl(&office, "alice:wonderland", BOB, &more).await;
        assert_eq!(refused.status.code(), Some(55), "{refused:?}");
        assert!(
            String::from_utf8_lossy(&refused.stderr).contains("MAIL failed: 553"),
            "{refused:?}"
        );
    }
    office.assert_let_in(2).await;
    // Without TLS it is offered no login, and tries without.
    let more = [&ways(&office)[1].0, "--upload-file", &file];
    let refused = curl(&office, "alice:wonderland", ALICE, &more).await;
    assert_eq!(refused.status.code(), Some(55), "{refused:?}");
    assert!(
        String::from_utf8_lossy(&refused.stderr).contains("MAIL failed: 530"),
        "{refused:?}"
    );
    office.assert_let_in(2).await;
}
