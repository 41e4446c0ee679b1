//! `gatepost check --connect`.

use std::process::Output;

use crate::setup::{ALL_ON_ONE, BY_AUTHZID, Setup, backend, slapd};

fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[tokio::test]
async fn everything_is_in_order() {
    let (slapd, dovecot) = (slapd(), backend().start().unwrap());
    let output = Setup::simple(&slapd, &dovecot).check().await;
    let said = said(&output);
    assert!(output.status.success(), "{said}");
    for finding in [
        "ok: certificate `main`: valid for",
        "ok: directory `users`: ldaps://",
        "ok: upstream `one`: ",
    ] {
        assert!(said.contains(finding), "{said}");
    }
    assert!(said.contains("offers IMAP4rev1"), "{said}");
}

#[tokio::test]
async fn what_is_wrong_is_named_in_plain_words() {
    let (mut directory, mut dovecot) = (slapd(), backend().start().unwrap());
    let other = backend().start().unwrap();

    let output = Setup::simple(&directory, &dovecot)
        .bind_password("wrong")
        .check()
        .await;
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said(&output).contains("the service account is refused"),
        "{}",
        said(&output)
    );

    let setup = Setup::new().ldap(&directory, "").with(ALL_ON_ONE);
    let setup = setup.upstream_trusting("one", &dovecot, &other.ca_file(), BY_AUTHZID);
    let output = setup.check().await;
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said(&output).contains("WRONG: upstream `one`: "),
        "{}",
        said(&output)
    );
    assert!(
        said(&output).contains("invalid peer certificate: UnknownIssuer"),
        "{}",
        said(&output)
    );

    let setup = Setup::simple(&directory, &dovecot);
    directory.stop();
    dovecot.stop();
    let output = setup.check().await;
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        said(&output).matches("Connection refused").count(),
        2,
        "{}",
        said(&output)
    );
    assert!(said(&output).contains("2 things are wrong"), "{}", said(&output));
}
