//! Passwords go to the right server, encrypted, or nowhere.

use gatepost_directory::ldap::{Config, LdapDirectory, ServerUrl};
use gatepost_testkit::servers::{Authority, Identity, Slapd, address};

use crate::company::{config, config_for, denied, found, granted, open, people, unavailable};

/// A directory over each of the two ways to TLS.
fn both(slapd: &Slapd) -> [LdapDirectory; 2] {
    [slapd.ldaps_url(), slapd.ldap_url()].map(|url| open(config_for(slapd, &[&url])))
}

#[tokio::test]
async fn ldaps_and_starttls_work() {
    let slapd = people().start().unwrap();
    for directory in both(&slapd) {
        let alice = found(&directory, "alice").await;
        granted(&directory, &alice, "secret").await;
        denied(&directory, &alice, "wrong").await;
        assert!(directory.probe().await[0].outcome.is_ok());
    }
}

/// Both ways must fail at such a certificate, before the service account's password is sent.
async fn refused(identity: Identity, reason: &str) {
    let slapd = people().identity(identity).start().unwrap();
    for directory in both(&slapd) {
        let why = unavailable(&directory, "alice").await;
        assert!(why.contains(reason), "{why}");
        let report = &directory.probe().await[0];
        assert!(
            report.outcome.as_ref().unwrap_err().contains(reason),
            "{report:?}"
        );
    }
    let bind = format!("BIND dn=\"{}\"", slapd.service_dn());
    assert!(!slapd.log().contains(&bind), "{}", slapd.log());
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let identity = Authority::new()
        .unwrap()
        .issue(["ldap.example.org", "127.0.0.1"])
        .unwrap();
    refused(identity, "not valid for name").await;
}

#[tokio::test]
async fn an_expired_certificate_is_refused() {
    let identity = Authority::new()
        .unwrap()
        .certificate([address()])
        .expired()
        .issue()
        .unwrap();
    refused(identity, "expired").await;
}

#[tokio::test]
async fn an_unknown_authority_is_refused() {
    let (slapd, stranger) = (people().start().unwrap(), Authority::new().unwrap());
    for url in [slapd.ldaps_url(), slapd.ldap_url()] {
        let config = config_for(&slapd, &[&url]);
        let directory = open(Config {
            ca_file: Some(stranger.ca_file()),
            ..config
        });
        let why = unavailable(&directory, "alice").await;
        assert!(why.contains("UnknownIssuer"), "{why}");
    }
}

#[tokio::test]
async fn an_rsa_certificate_is_accepted() {
    let identity = Authority::new()
        .unwrap()
        .certificate([address()])
        .rsa()
        .issue()
        .unwrap();
    let slapd = people().identity(identity).start().unwrap();
    found(&open(config(&slapd)), "alice").await;
}

#[tokio::test]
async fn plaintext_needs_loopback_and_a_server_that_agrees() {
    let agrees = people().taking_plaintext().start().unwrap();
    let plain = |slapd: &Slapd| {
        let url = ServerUrl::parse(&slapd.ldap_url())
            .unwrap()
            .without_tls()
            .unwrap();
        open(Config {
            urls: vec![url],
            ..config(slapd)
        })
    };
    let directory = plain(&agrees);
    let alice = found(&directory, "alice").await;
    granted(&directory, &alice, "secret").await;
    let why = unavailable(&plain(&people().start().unwrap()), "alice").await;
    assert!(why.contains("result code 13"), "{why}");
    assert!(
        ServerUrl::parse("ldap://192.0.2.1")
            .unwrap()
            .without_tls()
            .is_err()
    );
}
