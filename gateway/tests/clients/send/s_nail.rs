//! s-nail, the `mail` of scripts.

use std::process::Output;

use super::{ALICE, BOB, CAROL, Office, SUBJECT};
use crate::site::printed;

const LOGINS: [&str; 2] = ["plain", "login"];

/// By `smtps` or `submission`.
async fn s_nail(office: &Office, scheme: &str, auth: &str, password: &str, from: &str) -> Output {
    let port = if scheme == "smtps" {
        office.tls_port()
    } else {
        office.starttls_port()
    };
    let settings = [
        "v15-compat".to_owned(),
        // To know how it went.
        "sendwait".to_owned(),
        // No copy of what could not be sent.
        "nosave".to_owned(),
        format!("mta={scheme}://alice:{password}@localhost:{port}"),
        format!("smtp-auth={auth}"),
        "smtp-use-starttls".to_owned(),
        format!("from={from}"),
        "tls-verify=strict".to_owned(),
        "tls-ca-no-defaults".to_owned(),
        format!("tls-ca-file={}", office.ca_file()),
        "sendcharsets=utf-8".to_owned(),
        "mime-encoding=8bit".to_owned(),
    ];
    let (text, photo) = office.parts();
    let mut arguments = vec!["-:/", "-s", SUBJECT, "-a", &photo];
    for setting in &settings {
        arguments.extend(["-S", setting]);
    }
    arguments.extend([BOB, CAROL]);
    office.run_reading("s-nail", &arguments, &text).await
}

#[tokio::test]
async fn sends() {
    let office = Office::open().await;
    for scheme in ["smtps", "submission"] {
        for auth in LOGINS {
            printed(&s_nail(&office, scheme, auth, "wonderland", ALICE).await);
        }
    }
    office.arrived_as_meant(4).await;
}

#[tokio::test]
async fn is_refused() {
    let office = Office::open().await;
    for (scheme, auth) in [("smtps", "login"), ("submission", "plain")] {
        let refused = s_nail(&office, scheme, auth, "only-here-1", ALICE).await;
        assert_eq!(refused.status.code(), Some(4), "{refused:?}");
        assert!(
            String::from_utf8_lossy(&refused.stderr).contains("535 5.7.8"),
            "{refused:?}"
        );
    }
    office.assert_wrong_password(2).await;
    let refused = s_nail(&office, "submission", "plain", "wonderland", BOB).await;
    assert_eq!(refused.status.code(), Some(4), "{refused:?}");
    assert!(
        String::from_utf8_lossy(&refused.stderr).contains("553 5.7.1"),
        "{refused:?}"
    );
    office.assert_let_in(1).await;
}
