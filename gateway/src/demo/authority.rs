//! A certificate authority made on the spot, and one certificate of it.

use std::path::Path;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};

/// The authority's certificate and a server certificate for localhost, as PEM.
pub(super) struct Authority {
    ca: String,
    chain: String,
    key: String,
}

impl Authority {
    pub(super) fn new() -> anyhow::Result<Self> {
        let ca_key = KeyPair::generate()?;
        let mut ca = CertificateParams::new(Vec::new())?;
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        ca.distinguished_name.push(DnType::CommonName, "Gatepost demo CA");
        let ca_certificate = ca.self_signed(&ca_key)?;
        let issuer = Issuer::new(ca, ca_key);

        let key = KeyPair::generate()?;
        let mut server = CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()])?;
        server.distinguished_name.push(DnType::CommonName, "localhost");
        server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let server = server.signed_by(&key, &issuer)?;
        let chain = server.pem() + &ca_certificate.pem();
        Ok(Self {
            ca: ca_certificate.pem(),
            chain,
            key: key.serialize_pem(),
        })
    }

    /// Writes `ca.pem`, `chain.pem` and `key.pem`.
    pub(super) fn write(&self, folder: &Path) -> std::io::Result<()> {
        std::fs::write(folder.join("ca.pem"), &self.ca)?;
        std::fs::write(folder.join("chain.pem"), &self.chain)?;
        std::fs::write(folder.join("key.pem"), &self.key)
    }
}
