//! Certificates for tests, good ones and bad ones.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use tempfile::TempDir;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::{Error, write};

/// How many there were.
static AUTHORITIES: AtomicU32 = AtomicU32::new(0);

/// A certificate authority. What it issues is kept in files until the last value that names them is dropped.
#[derive(Debug)]
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    directory: Arc<TempDir>,
    issued: AtomicU32,
}

/// A server's certificate with its private key, as PEM files.
#[derive(Debug, Clone)]
pub struct Identity {
    directory: Arc<TempDir>,
    number: u32,
    issuer: CertificateDer<'static>,
}

/// A certificate to be issued. As it comes it is valid, with an ECDSA key.
#[derive(Debug)]
pub struct Certificate<'a> {
    authority: &'a Authority,
    names: Vec<String>,
    not_after_year: i32,
    key: Key,
}

#[derive(Debug)]
enum Key {
    Ecdsa,
    Rsa,
}

impl Authority {
    /// A new authority, which nobody trusts yet.
    ///
    /// # Errors
    /// If its file cannot be written.
    pub fn new() -> Result<Self, Error> {
        let mut params = CertificateParams::default();
        // With one name for all, a client would take one authority's certificate for another's with a bad signature.
        let number = AUTHORITIES.fetch_add(1, Ordering::Relaxed);
        let name = format!("Gatepost test authority {}-{number}", std::process::id());
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
        let directory = tempfile::tempdir().map_err(Error::file(&std::env::temp_dir()))?;
        write(&directory.path().join("ca.pem"), issuer.pem())?;
        Ok(Self {
            issuer,
            directory: Arc::new(directory),
            issued: AtomicU32::new(0),
        })
    }

    /// Its certificate as a PEM file: what a client has to trust.
    pub fn ca_file(&self) -> PathBuf {
        self.directory.path().join("ca.pem")
    }

    /// A certificate for host names and addresses.
    pub fn certificate<'a>(&'a self, names: impl IntoIterator<Item = impl ToString>) -> Certificate<'a> {
        let names = names.into_iter().map(|name| name.to_string()).collect();
        Certificate {
            authority: self,
            names,
            not_after_year: 2100,
            key: Key::Ecdsa,
        }
    }

    /// Issues a certificate for host names and addresses, without further wishes.
    ///
    /// # Errors
    /// If a name is none, or the files cannot be written.
    pub fn issue(&self, names: impl IntoIterator<Item = impl ToString>) -> Result<Identity, Error> {
        self.certificate(names).issue()
    }
}

impl Certificate<'_> {
    /// Lets it have expired long ago.
    #[must_use]
    pub fn expired(self) -> Self {
        Self {
            not_after_year: 2020,
            ..self
        }
    }

    /// Gives it an RSA key, as most companies' servers have.
    #[must_use]
    pub fn rsa(self) -> Self {
        Self {
            key: Key::Rsa,
            ..self
        }
    }

    /// Issues it.
    ///
    /// # Errors
    /// If a name is none, or the files cannot be written.
    pub fn issue(self) -> Result<Identity, Error> {
        let key = match self.key {
            Key::Ecdsa => KeyPair::generate()?,
            Key::Rsa => KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256)?,
        };
        let mut params = CertificateParams::new(self.names)?;
        params
            .distinguished_name
            .push(DnType::CommonName, "Gatepost test server");
        params.not_before = date_time_ymd(2015, 1, 1);
        params.not_after = date_time_ymd(self.not_after_year, 1, 1);
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let certificate = params.signed_by(&key, &self.authority.issuer)?;
        let number = self.authority.issued.fetch_add(1, Ordering::Relaxed);
        let directory = Arc::clone(&self.authority.directory);
        let issuer = self.authority.issuer.as_ref().der().clone();
        let identity = Identity {
            directory,
            number,
            issuer,
        };
        write(&identity.chain_file(), certificate.pem())?;
        write(&identity.key_file(), key.serialize_pem())?;
        Ok(identity)
    }
}

impl Identity {
    /// The certificate, PEM.
    pub fn chain_file(&self) -> PathBuf {
        self.file("chain")
    }

    /// The private key, PKCS #8 in PEM.
    pub fn key_file(&self) -> PathBuf {
        self.file("key")
    }

    /// The certificate of the authority that issued it, PEM.
    pub fn ca_file(&self) -> PathBuf {
        self.directory.path().join("ca.pem")
    }

    /// A TLS client that trusts that authority alone.
    ///
    /// # Errors
    /// If TLS cannot be set up.
    pub fn connector(&self) -> Result<TlsConnector, Error> {
        let mut roots = RootCertStore::empty();
        roots.add(self.issuer.clone())?;
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(TlsConnector::from(Arc::new(config)))
    }

    fn file(&self, what: &str) -> PathBuf {
        self.directory.path().join(format!("{what}-{}.pem", self.number))
    }
}

/// What a server shows that was given no other certificate: one for `localhost` and its address.
pub(super) fn usual() -> Result<Identity, Error> {
    let authority = Authority::new()?;
    authority.issue(["localhost".to_owned(), super::address().to_string()])
}
