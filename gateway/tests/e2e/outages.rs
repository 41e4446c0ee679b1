//! Down is not denied: whatever is broken behind the gateway, nobody hears that the password is wrong.

use gatepost_testkit::servers::{Authority, Dovecot, Slapd, address};

use crate::common::Gateway;
use crate::setup::{ALL_ON_ONE, BY_AUTHZID, BY_SEPARATOR, Setup, alice, backend, bob, slapd};

/// The login of Alice fails, and not for her password.
async fn unavailable(gateway: &Gateway) {
    let heard = gateway.refused("alice", "wonderland").await;
    assert!(heard.starts_with("NO [UNAVAILABLE]"), "{heard}");
}

#[tokio::test]
async fn the_directory_goes_and_comes_back() {
    let (mut slapd, dovecot) = (slapd(), backend().start().unwrap());
    let gateway = Setup::simple(&slapd, &dovecot).start().await;
    gateway.login("alice", "wonderland").await;
    slapd.stop();
    unavailable(&gateway).await;
    // Nor does a wrong password hear anything else.
    let heard = gateway.refused("alice", "wrong").await;
    assert!(heard.starts_with("NO [UNAVAILABLE]"), "{heard}");
    let line = gateway.logged("result=directory-down").await;
    assert!(line.contains("level=warn") && line.contains("reason="), "{line}");
    slapd.restart().unwrap();
    gateway.login("alice", "wonderland").await;
    assert!(
        gateway
            .refused("alice", "wrong")
            .await
            .starts_with("NO [AUTHENTICATIONFAILED]")
    );
}

/// Two servers with the same people, under one authority.
fn twins() -> (Slapd, Slapd) {
    let identity = Authority::new().unwrap().issue([address()]).unwrap();
    let one = || {
        Slapd::builder()
            .person(alice())
            .person(bob())
            .identity(identity.clone())
            .start()
            .unwrap()
    };
    (one(), one())
}

#[tokio::test]
async fn one_of_two_directory_servers_is_enough() {
    let ((mut first, mut second), dovecot) = (twins(), backend().start().unwrap());
    let urls = [first.ldaps_url(), second.ldaps_url()];
    let setup = Setup::new().ldap_at(&urls, &first.ca_file(), "").with(ALL_ON_ONE);
    let gateway = setup.upstream("one", &dovecot, BY_AUTHZID).start().await;
    gateway.login("alice", "wonderland").await;
    first.stop();
    gateway.login("alice", "wonderland").await;
    assert!(
        gateway
            .refused("alice", "wrong")
            .await
            .starts_with("NO [AUTHENTICATIONFAILED]")
    );
    second.stop();
    unavailable(&gateway).await;
    first.restart().unwrap();
    gateway.login("alice", "wonderland").await;
}

#[tokio::test]
async fn the_mail_server_goes_and_comes_back() {
    let (slapd, mut dovecot) = (slapd(), backend().start().unwrap());
    let gateway = Setup::simple(&slapd, &dovecot).start().await;
    dovecot.stop();
    unavailable(&gateway).await;
    let line = gateway.logged("result=upstream-down").await;
    assert!(line.contains("connecting to"), "{line}");
    // A wrong password is one, whatever is down behind it.
    assert!(
        gateway
            .refused("alice", "wrong")
            .await
            .starts_with("NO [AUTHENTICATIONFAILED]")
    );
    dovecot.restart().unwrap();
    gateway.login("alice", "wonderland").await;
}

#[tokio::test]
async fn the_gateways_own_accounts_are_no_fault_of_the_user() {
    let (slapd, dovecot) = (slapd(), backend().start().unwrap());
    let gateway = Setup::simple(&slapd, &dovecot)
        .bind_password("wrong")
        .start()
        .await;
    unavailable(&gateway).await;
    gateway.logged("the service account is refused").await;
    for login in [BY_AUTHZID, BY_SEPARATOR] {
        let setup = Setup::new()
            .ldap(&slapd, "")
            .upstream("one", &dovecot, login)
            .with(ALL_ON_ONE);
        let gateway = setup.master_password("wrong").start().await;
        unavailable(&gateway).await;
        gateway.logged("result=upstream-refused").await;
    }
}

/// A mail server whose certificate must not be taken: nothing is sent there but a handshake.
async fn certificate_refused(slapd: &Slapd, dovecot: &Dovecot, setup: Setup, reason: &str) {
    let gateway = setup.ldap(slapd, "").with(ALL_ON_ONE).start().await;
    unavailable(&gateway).await;
    let line = gateway.logged("result=upstream-down").await;
    assert!(line.contains(reason), "{line}");
    assert!(!dovecot.log().contains("Login:"), "{}", dovecot.log());
}

#[tokio::test]
async fn a_mail_server_with_a_bad_certificate_gets_no_password() {
    let (slapd, authority) = (slapd(), Authority::new().unwrap());
    let expired = authority.certificate([address()]).expired().issue().unwrap();
    let misnamed = authority.issue(["imap.example.org"]).unwrap();
    for (identity, reason) in [(expired, "expired"), (misnamed, "not valid for name")] {
        let dovecot = backend().identity(identity).start().unwrap();
        let setup = Setup::new().upstream("one", &dovecot, BY_AUTHZID);
        certificate_refused(&slapd, &dovecot, setup, reason).await;
    }
    let dovecot = backend().start().unwrap();
    let setup = Setup::new().upstream_trusting("one", &dovecot, &authority.ca_file(), BY_AUTHZID);
    certificate_refused(&slapd, &dovecot, setup, "UnknownIssuer").await;
}
