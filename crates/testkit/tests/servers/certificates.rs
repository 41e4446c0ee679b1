//! What OpenSSL thinks of the certificates.

use std::process::Command;

use gatepost_testkit::servers::{Authority, Identity};

/// What `openssl verify` says of a certificate for a host name, with the authority's file.
fn verify(authority: &Authority, identity: &Identity, name: &str) -> Result<(), String> {
    let mut command = Command::new("openssl");
    command.args([
        "verify",
        "-x509_strict",
        "-purpose",
        "sslserver",
        "-verify_hostname",
        name,
    ]);
    command
        .arg("-CAfile")
        .arg(authority.ca_file())
        .arg(identity.chain_file());
    let output = command.output().expect("openssl has to be installed");
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

#[test]
fn good_ones_verify() {
    let authority = Authority::new().unwrap();
    let names = ["mail.example.org", "127.0.0.1"];
    for identity in [authority.issue(names), authority.certificate(names).rsa().issue()] {
        assert_eq!(verify(&authority, &identity.unwrap(), "mail.example.org"), Ok(()));
    }
}

#[test]
fn bad_ones_do_not() {
    let (authority, stranger) = (Authority::new().unwrap(), Authority::new().unwrap());
    let expired = authority
        .certificate(["mail.example.org"])
        .expired()
        .issue()
        .unwrap();
    let good = authority.issue(["mail.example.org"]).unwrap();
    let refused = [
        (verify(&authority, &expired, "mail.example.org"), "expired"),
        (
            verify(&authority, &good, "other.example.org"),
            "hostname mismatch",
        ),
        (
            verify(&stranger, &good, "mail.example.org"),
            "unable to get local issuer",
        ),
    ];
    for (result, reason) in refused {
        assert!(result.clone().unwrap_err().contains(reason), "{result:?}");
    }
}
