//! swaks, which can send in one packet what belongs together.

use std::process::Output;

use super::{ALICE, BOB, CAROL, Office, SUBJECT, letter};
use crate::site::printed;

/// TLS at once, or by STARTTLS.
const WAYS: [&str; 2] = ["--tls-on-connect", "--tls"];

async fn swaks(office: &Office, way: &str, password: &str, from: &str, more: &[&str]) -> Output {
    let port = if way == "--tls" {
        office.starttls_port()
    } else {
        office.tls_port()
    };
    let (port, ca_file, to) = (port.to_string(), office.ca_file(), format!("{BOB},{CAROL}"));
    let mut arguments = vec!["--server", "localhost", "--port", &port, way, "--tls-verify"];
    arguments.extend(["--tls-ca-path", &ca_file, "--auth-user", "alice"]);
    arguments.extend(["--auth-password", password, "--from", from, "--to", &to]);
    arguments.extend(more);
    office.run("swaks", &arguments).await
}

#[tokio::test]
async fn sends_a_file() {
    let office = Office::open().await;
    let letter = letter(1);
    // It ends the last line by itself.
    let file = office.file("letter", letter.trim_end().replace("\r\n", "\n"));
    let file = format!("@{file}");
    for way in WAYS {
        for more in [
            &["--auth", "PLAIN"][..],
            &["--auth", "LOGIN"],
            &["--auth", "PLAIN", "--pipeline"],
        ] {
            let more = [more, &["--data", &file]].concat();
            printed(&swaks(&office, way, "wonderland", ALICE, &more).await);
        }
    }
    office.arrived_whole(6, &letter).await;
}

#[tokio::test]
async fn sends_what_it_composes() {
    let office = Office::open().await;
    let (text, photo) = office.parts();
    let (subject, text, photo) = (
        format!("Subject: {SUBJECT}"),
        format!("@{text}"),
        format!("@{photo}"),
    );
    for way in WAYS {
        let more = ["--header", &subject, "--body", &text, "--attach", &photo];
        printed(&swaks(&office, way, "wonderland", ALICE, &more).await);
    }
    office.arrived_as_meant(2).await;
}

#[tokio::test]
async fn is_refused() {
    let office = Office::open().await;
    for way in WAYS {
        let refused = swaks(&office, way, "only-here-1", ALICE, &["--auth", "PLAIN"]).await;
        // "error in AUTH transaction"
        assert_eq!(refused.status.code(), Some(28), "{refused:?}");
    }
    office.assert_wrong_password(2).await;
    for way in WAYS {
        let refused = swaks(&office, way, "wonderland", BOB, &["--pipeline"]).await;
        // "error in MAIL transaction"
        assert_eq!(refused.status.code(), Some(23), "{refused:?}");
    }
    office.assert_let_in(2).await;
}
