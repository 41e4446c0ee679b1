//! Which certificate a client is shown, and what happens when the files change.

use std::sync::Arc;

use gatepost_testkit::servers::{Authority, Identity};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ProtocolVersion, RootCertStore, SupportedProtocolVersion, version};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::site::{ALICE, Setup, Site};

/// A client's TLS: whom it trusts and what it can do.
struct Phone {
    config: ClientConfig,
}

impl Phone {
    fn new(authority: &Authority) -> Self {
        Self::with(authority, &[&version::TLS12, &version::TLS13])
    }

    fn with(authority: &Authority, versions: &[&'static SupportedProtocolVersion]) -> Self {
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_file(authority.ca_file()).unwrap())
            .unwrap();
        let builder = ClientConfig::builder_with_protocol_versions(versions);
        Self {
            config: builder.with_root_certificates(roots).with_no_client_auth(),
        }
    }

    fn alpn(mut self, protocol: &str) -> Self {
        self.config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
        self
    }

    async fn connect(&self, site: &Site, host: &str) -> std::io::Result<TlsStream<TcpStream>> {
        let stream = TcpStream::connect(site.gateway.address(0)).await?;
        let connector = TlsConnector::from(Arc::new(self.config.clone()));
        connector
            .connect(ServerName::try_from(host.to_owned()).unwrap(), stream)
            .await
    }

    /// The certificate that it is shown.
    async fn shown(&self, site: &Site, host: &str) -> CertificateDer<'static> {
        let stream = self.connect(site, host).await.unwrap();
        stream.get_ref().1.peer_certificates().unwrap()[0]
            .clone()
            .into_owned()
    }
}

fn certificate(identity: &Identity) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(identity.chain_file()).unwrap()
}

fn section(name: &str, identity: &Identity) -> String {
    let (chain, key) = (identity.chain_file(), identity.key_file());
    format!("[certificates.{name}]\nchain = {chain:?}\nkey = {key:?}\n")
}

#[tokio::test]
async fn the_name_that_is_asked_for_chooses() {
    let authority = Authority::new().unwrap();
    let (one, two) = (
        authority.issue(["one.example"]).unwrap(),
        authority.issue(["two.example"]).unwrap(),
    );
    let more = section("one", &one) + &section("two", &two);
    let site = Setup {
        listener: "certificates = [\"one\", \"two\"]",
        more,
        ..Setup::default()
    }
    .start()
    .await;
    let phone = Phone::new(&authority);
    assert_eq!(phone.shown(&site, "one.example").await, certificate(&one));
    assert_eq!(phone.shown(&site, "two.example").await, certificate(&two));
    assert!(
        phone.connect(&site, "three.example").await.is_err(),
        "nobody is three.example"
    );
}

#[tokio::test]
async fn rsa_and_ecdsa_stand_side_by_side() {
    let authority = Authority::new().unwrap();
    let rsa = authority.certificate(["mail.example"]).rsa().issue().unwrap();
    let ecdsa = authority.issue(["mail.example"]).unwrap();
    let more = section("rsa", &rsa) + &section("ecdsa", &ecdsa);
    let site = Setup {
        listener: "certificates = [\"rsa\", \"ecdsa\"]",
        more,
        ..Setup::default()
    }
    .start()
    .await;
    assert_eq!(
        Phone::new(&authority).shown(&site, "mail.example").await,
        certificate(&ecdsa)
    );
    assert_eq!(
        old_phone(&authority).shown(&site, "mail.example").await,
        certificate(&rsa)
    );
}

/// TLS 1.2 with RSA certificates alone.
fn old_phone(authority: &Authority) -> Phone {
    use rustls::crypto::aws_lc_rs;
    let mut provider = aws_lc_rs::default_provider();
    provider
        .cipher_suites
        .retain(|suite| format!("{:?}", suite.suite()).contains("ECDHE_RSA"));
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(authority.ca_file()).unwrap())
        .unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(provider));
    let builder = builder.with_protocol_versions(&[&version::TLS12]).unwrap();
    Phone {
        config: builder.with_root_certificates(roots).with_no_client_auth(),
    }
}

#[tokio::test]
async fn both_tls_versions_and_alpn() {
    let authority = Authority::new().unwrap();
    let mail = authority.issue(["mail.example"]).unwrap();
    let more = section("mail", &mail);
    let site = Setup {
        listener: "certificates = [\"mail\"]",
        more,
        ..Setup::default()
    }
    .start()
    .await;
    for (offered, expected) in [
        (&version::TLS12, ProtocolVersion::TLSv1_2),
        (&version::TLS13, ProtocolVersion::TLSv1_3),
    ] {
        let phone = Phone::with(&authority, &[offered]).alpn("imap");
        let stream = phone.connect(&site, "mail.example").await.unwrap();
        assert_eq!(stream.get_ref().1.protocol_version(), Some(expected));
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"imap"[..]));
    }
    let web = Phone::new(&authority).alpn("http/1.1");
    assert!(
        web.connect(&site, "mail.example").await.is_err(),
        "HTTP is not served"
    );
}

#[tokio::test]
async fn a_renewed_certificate_is_swapped_in_and_sessions_stay() {
    let mut site = Setup::default().start().await;
    let mut client = site.gateway.login(ALICE.0, ALICE.1).await;
    let (files, renewed) = (site.gateway.identity().clone(), Authority::new().unwrap());
    let new = renewed.issue(["localhost"]).unwrap();
    std::fs::copy(new.chain_file(), files.chain_file()).unwrap();
    std::fs::copy(new.key_file(), files.key_file()).unwrap();
    site.gateway.logged("event=certificate-swapped").await;
    assert_eq!(
        Phone::new(&renewed).shown(&site, "localhost").await,
        certificate(&new)
    );
    client.command("SELECT INBOX").await.unwrap();

    // A key of another certificate changes nothing.
    let other = renewed.issue(["localhost"]).unwrap();
    std::fs::copy(other.key_file(), files.key_file()).unwrap();
    let line = site.gateway.logged("event=certificate-kept").await;
    assert!(line.contains("is not the key of the certificate"), "{line}");
    assert_eq!(
        Phone::new(&renewed).shown(&site, "localhost").await,
        certificate(&new)
    );
    client.command("NOOP").await.unwrap();
    site.gateway.terminate();
    assert!(site.gateway.ended().await.success());
}

#[tokio::test]
async fn an_expired_certificate_is_warned_of() {
    let authority = Authority::new().unwrap();
    let expired = authority.certificate(["mail.example"]).expired().issue().unwrap();
    let more = section("old", &expired);
    let site = Setup {
        listener: "certificates = [\"old\"]",
        more,
        ..Setup::default()
    }
    .start()
    .await;
    let line = site.gateway.logged("event=certificate ").await;
    assert!(
        line.contains("certificate=old") && line.contains("the certificate has expired"),
        "{line}"
    );
}

#[tokio::test]
async fn users_are_read_again_when_their_file_changes() {
    let site = Setup::default().start().await;
    let file = site.gateway.folder().join("users.toml");
    std::fs::write(&file, crate::site::USERS.replace("wonderland", "looking-glass")).unwrap();
    site.gateway.logged("event=directory-reloaded").await;
    site.gateway.login(ALICE.0, "looking-glass").await;
    assert!(
        site.gateway
            .refused(ALICE.0, ALICE.1)
            .await
            .starts_with("NO [AUTHENTICATIONFAILED]")
    );
    std::fs::write(&file, "[[user]]\nname = \"eve\"\n").unwrap();
    let line = site.gateway.logged("event=directory-kept").await;
    assert!(line.contains("secret"), "{line}");
    site.gateway.login(ALICE.0, "looking-glass").await;
}
