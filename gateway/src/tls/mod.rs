//! TLS on both sides: rustls with aws-lc-rs, TLS 1.2 (ECDHE with AEAD) and 1.3.

mod certificate;
mod end_point;
mod resolver;
mod sni;
mod stream;

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::server::NoServerSessionStorage;
use rustls::{ClientConfig, RootCertStore, ServerConfig};

pub(crate) use certificate::Certificate;
pub(crate) use resolver::Certificates;
pub(crate) use stream::TlsStream;

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// What a listener accepts TLS with. `alpn` is the protocol's name in ALPN; a client that offers only others is
/// refused (ALPACA), one that offers none is welcome.
///
/// # Errors
/// If the provider has no random numbers.
pub(crate) fn acceptor(certificates: Arc<Certificates>, alpn: &str) -> anyhow::Result<Arc<ServerConfig>> {
    let builder = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
    let mut config = builder.with_no_client_auth().with_cert_resolver(certificates);
    config.alpn_protocols = vec![alpn.as_bytes().to_vec()];
    config.ticketer = aws_lc_rs::Ticketer::new().context("no session tickets")?;
    config.send_tls13_tickets = 1;
    // Tickets carry the state, so the server keeps none.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    Ok(Arc::new(config))
}

/// The roots of a CA file, or the system's.
///
/// # Errors
/// If there are none, with the file's name.
pub(crate) fn roots(ca_file: Option<&Path>) -> anyhow::Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    match ca_file {
        Some(file) => {
            let certificates = CertificateDer::pem_file_iter(file)
                .and_then(|found| found.collect::<Result<Vec<_>, _>>())
                .with_context(|| format!("{}", file.display()))?;
            for certificate in certificates {
                roots
                    .add(certificate)
                    .with_context(|| format!("{}", file.display()))?;
            }
            anyhow::ensure!(!roots.is_empty(), "{}: holds no certificate", file.display());
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            anyhow::ensure!(
                !roots.is_empty(),
                "the system has no root certificates: install ca-certificates"
            );
        }
    }
    Ok(roots)
}

/// What connects to mail servers; certificates are verified against `roots`.
///
/// # Errors
/// If the provider does not support the protocol versions.
pub(crate) fn connector(roots: RootCertStore) -> anyhow::Result<Arc<ClientConfig>> {
    let builder = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
    let config = builder.with_root_certificates(roots).with_no_client_auth();
    Ok(Arc::new(config))
}

/// Draws random octets once, since the generator's first use can take 40 ms.
pub(crate) fn warm_up() {
    let mut octets = [0; 8];
    // A generator that fails will fail the first handshake, with a better error than could be given here.
    let _ = provider().secure_random.fill(&mut octets);
}
