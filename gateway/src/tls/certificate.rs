//! One certificate with its key: loading, and what an administrator should know of it.

use std::time::Duration;

use anyhow::Context as _;
use rustls::client::verify_server_name;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;
use x509_parser::prelude::{FromDer as _, GeneralName, X509Certificate};

use crate::config::CertificateConfig;

/// Certificates that expire sooner are warned of.
const EXPIRY_WARNING: Duration = Duration::from_secs(14 * 24 * 3600);

/// A certificate chain with its key, known to fit together.
#[derive(Debug)]
pub(crate) struct Certificate {
    pub(crate) certified: CertifiedKey,
}

impl Certificate {
    /// Reads both files.
    ///
    /// # Errors
    /// If a file cannot be read, is not PEM, or the key is not the certificate's.
    pub(crate) fn load(files: &CertificateConfig) -> anyhow::Result<Self> {
        let chain = CertificateDer::pem_file_iter(&files.chain)
            .and_then(|found| found.collect::<Result<Vec<_>, _>>())
            .with_context(|| format!("{}", files.chain.display()))?;
        anyhow::ensure!(
            !chain.is_empty(),
            "{}: holds no certificate",
            files.chain.display()
        );
        let key =
            PrivateKeyDer::from_pem_file(&files.key).with_context(|| format!("{}", files.key.display()))?;
        let certified =
            CertifiedKey::from_der(chain, key, &super::provider()).map_err(|error| match error {
                rustls::Error::InconsistentKeys(_) => anyhow::anyhow!(
                    "{} is not the key of the certificate in {}",
                    files.key.display(),
                    files.chain.display()
                ),
                other => anyhow::anyhow!("{}: {other}", files.chain.display()),
            })?;
        X509Certificate::from_der(certified.cert.first().map(AsRef::as_ref).unwrap_or_default())
            .with_context(|| format!("{}", files.chain.display()))?;
        Ok(Self { certified })
    }

    /// Whether the certificate is for this host.
    pub(crate) fn is_for(&self, host: &str) -> bool {
        let Some(leaf) = self.certified.cert.first() else {
            return false;
        };
        let Ok(name) = ServerName::try_from(host) else {
            return false;
        };
        ParsedCertificate::try_from(leaf).is_ok_and(|leaf| verify_server_name(&leaf, &name).is_ok())
    }

    /// The first host name in the certificate.
    pub(crate) fn host(&self) -> Option<String> {
        let (_, leaf) = X509Certificate::from_der(self.certified.cert.first()?.as_ref()).ok()?;
        let names = leaf.subject_alternative_name().ok()??;
        names.value.general_names.iter().find_map(|name| match name {
            GeneralName::DNSName(name) => Some((*name).trim_start_matches("*.").to_owned()),
            _ => None,
        })
    }

    /// What is worth a warning. `now` is the time since the UNIX epoch.
    pub(crate) fn findings(&self, now: Duration) -> Findings {
        let chain = self
            .certified
            .cert
            .iter()
            .filter_map(|der| X509Certificate::from_der(der.as_ref()).ok());
        let chain: Vec<X509Certificate<'_>> = chain.map(|(_, certificate)| certificate).collect();
        let Some(leaf) = chain.first() else {
            return Findings::default();
        };
        let not_after = u64::try_from(leaf.validity().not_after.timestamp()).unwrap_or(0);
        let expires_in = Duration::from_secs(not_after).checked_sub(now);
        Findings {
            expires_in,
            soon: expires_in.is_none_or(|left| left < EXPIRY_WARNING),
            gap: gap(&chain),
        }
    }
}

/// What is worth knowing of a certificate.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Findings {
    /// The time left; `None`: expired.
    pub(crate) expires_in: Option<Duration>,
    /// Whether the time left is short.
    pub(crate) soon: bool,
    /// Why phones may not trust the chain.
    pub(crate) gap: Option<String>,
}

impl Findings {
    /// The warnings, in plain words.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let expiry = match self.expires_in {
            None => Some("the certificate has expired".to_owned()),
            Some(left) if self.soon => Some(format!(
                "the certificate expires in {} days",
                left.as_secs() / 86_400
            )),
            Some(_) => None,
        };
        expiry.into_iter().chain(self.gap.clone()).collect()
    }
}

/// Whether each certificate is issued by the next, and the last by itself or by one of the system's roots.
fn gap(chain: &[X509Certificate<'_>]) -> Option<String> {
    for pair in chain.windows(2) {
        if let [issued, issuer] = pair
            && issued.issuer().as_raw() != issuer.subject().as_raw()
        {
            return Some(format!(
                "the chain is out of order: {} is followed by {}",
                issued.subject(),
                issuer.subject()
            ));
        }
    }
    let last = chain.last()?;
    let issuer = last.issuer().as_raw();
    if issuer == last.subject().as_raw() || is_system_root(issuer) {
        return None;
    }
    Some(format!(
        "the chain may be incomplete: {} is neither in it nor a root of this system (fine for a private CA)",
        last.issuer()
    ))
}

fn is_system_root(name: &[u8]) -> bool {
    let roots = rustls_native_certs::load_native_certs().certs;
    roots.iter().any(|root| {
        X509Certificate::from_der(root.as_ref()).is_ok_and(|(_, root)| root.subject().as_raw() == name)
    })
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

    use super::*;

    type Issuer = CertifiedIssuer<'static, KeyPair>;

    fn authority(name: &str) -> Issuer {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
    }

    /// A certificate that expires at the end of 2029, and the others of the chain.
    fn findings(issuer: &Issuer, others: &[&Issuer], now: Duration) -> Findings {
        let folder = tempfile::tempdir().unwrap();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["mail.example".to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(2030, 1, 1);
        let leaf = params.signed_by(&key, issuer).unwrap();
        let chain: String = others.iter().map(|other| other.pem()).collect();
        let files = CertificateConfig {
            chain: folder.path().join("chain.pem"),
            key: folder.path().join("key.pem"),
        };
        std::fs::write(&files.chain, leaf.pem() + &chain).unwrap();
        std::fs::write(&files.key, key.serialize_pem()).unwrap();
        Certificate::load(&files).unwrap().findings(now)
    }

    const DAY: Duration = Duration::from_secs(24 * 3600);
    /// 2030-01-01.
    const EXPIRY: Duration = Duration::from_secs(1_893_456_000);

    #[test]
    fn two_weeks_before_the_end_it_is_warned_of() {
        let root = authority("root");
        let at = |now| findings(&root, &[&root], now);
        assert_eq!(at(EXPIRY - 15 * DAY).warnings(), Vec::<String>::new());
        assert_eq!(
            at(EXPIRY - 13 * DAY).warnings(),
            ["the certificate expires in 13 days"]
        );
        assert_eq!(at(EXPIRY + DAY).warnings(), ["the certificate has expired"]);
        assert_eq!(at(EXPIRY + DAY).expires_in, None);
    }

    #[test]
    fn a_chain_with_a_gap_is_warned_of() {
        let (root, other) = (authority("root"), authority("other"));
        let gap = |others: &[&Issuer]| findings(&root, others, EXPIRY - 100 * DAY).gap;
        assert_eq!(gap(&[&root]), None);
        let missing = gap(&[]).unwrap();
        assert!(
            missing.contains("may be incomplete") && missing.contains("CN=root"),
            "{missing}"
        );
        let wrong = gap(&[&other]).unwrap();
        assert!(
            wrong.contains("out of order") && wrong.contains("CN=other"),
            "{wrong}"
        );
    }
}
