//! What becomes of clients that say which certificate they see.

use gatepost_sasl::client::Ntlm;
use gatepost_sasl::ntlm::binding_of_certificate;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use sha2::{Digest as _, Sha256};

use crate::site::{Kept, Setup, Site};
use crate::talk::{Protocol, ntlm};

/// What a client says that sees the gateway's certificate, which is signed with SHA-256.
fn seen(site: &Site) -> [u8; 16] {
    let chain = site.gateway.identity().chain_file();
    let certificate = CertificateDer::pem_file_iter(chain).unwrap().next();
    let certificate = certificate.unwrap().unwrap();
    binding_of_certificate(&Sha256::digest(&certificate))
}

async fn with(listener: &str) -> Site {
    let setup = Setup {
        listener,
        ..Setup::new(Kept::NtHash, &["NTLM"])
    };
    setup.start().await
}

fn alice() -> Ntlm {
    ntlm("alice", "", "wonderland")
}

async fn said(site: &Site, client: Ntlm) -> String {
    site.talk(Protocol::Imap).await.log_in(client, true).await
}

#[tokio::test]
async fn by_default_one_that_says_so_has_to_see_ours() {
    let site = Site::start(Kept::NtHash, &["NTLM"]).await;
    assert!(said(&site, alice()).await.starts_with("OK "));
    let right = alice().with_channel_bindings(seen(&site));
    assert!(said(&site, right).await.starts_with("OK "));
    let wrong = alice().with_channel_bindings([7; 16]);
    assert_eq!(said(&site, wrong).await, Protocol::Imap.failed());
    let line = site.gateway.logged("event=login-failed").await;
    assert!(
        line.contains("result=not-supported reason=\"NTLM: the client means another channel\""),
        "{line}"
    );
}

#[tokio::test]
async fn it_can_be_required_and_it_can_be_ignored() {
    let required = with("channel_binding = \"required\"").await;
    assert_eq!(said(&required, alice()).await, Protocol::Imap.failed());
    let right = alice().with_channel_bindings(seen(&required));
    assert!(said(&required, right).await.starts_with("OK "));

    let ignored = with("channel_binding = \"ignored\"").await;
    let wrong = alice().with_channel_bindings([7; 16]);
    assert!(said(&ignored, wrong).await.starts_with("OK "));
}

#[tokio::test]
async fn a_renewed_certificate_is_ours_too() {
    let site = Site::start(Kept::NtHash, &["NTLM"]).await;
    let before = seen(&site);
    // Somebody who has begun a session already saw the old one.
    let mut waiting = site.talk(Protocol::Imap).await;
    let other = gatepost_testkit::servers::Authority::new()
        .unwrap()
        .issue(["localhost"])
        .unwrap();
    let identity = site.gateway.identity();
    std::fs::copy(other.key_file(), identity.key_file()).unwrap();
    std::fs::copy(other.chain_file(), identity.chain_file()).unwrap();
    site.gateway.logged("event=certificate-swapped").await;
    let after = seen(&site);
    assert_ne!(before, after);
    let old = waiting.log_in(alice().with_channel_bindings(before), true).await;
    assert!(old.starts_with("OK "), "{old}");
    let stream = tokio::net::TcpStream::connect(site.gateway.address(0))
        .await
        .unwrap();
    let name = rustls::pki_types::ServerName::try_from("localhost").unwrap();
    let stream = other.connector().unwrap().connect(name, stream).await.unwrap();
    let mut talk = crate::talk::Talk::over_imap(stream).await;
    let new = talk.log_in(alice().with_channel_bindings(after), true).await;
    assert!(new.starts_with("OK "), "{new}");
}
