//! Chooses a certificate for each handshake, and swaps renewed files in without touching sessions.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use rustls::SignatureAlgorithm;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::time::Instant;

use super::end_point::end_point;
use super::{Certificate, sni};
use crate::config::CertificateConfig;
use crate::watch::{self, Stamp, Watched};

/// How often a certificate is warned of that nobody does anything about.
const WARNING_INTERVAL: Duration = Duration::from_secs(24 * 3600);

/// The certificates of a listener.
///
/// By the name that the client asks for (SNI), else the first ones; among several for one name, an ECDSA certificate
/// where the client can verify it, since its signature costs a tenth of an RSA one.
#[derive(Debug)]
pub(crate) struct Certificates {
    slots: Vec<Slot>,
}

#[derive(Debug)]
struct Slot {
    name: String,
    files: CertificateConfig,
    /// Of the files as they were first loaded.
    stamp: Stamp,
    current: RwLock<Arc<Loaded>>,
}

#[derive(Debug)]
struct Loaded {
    certificate: Certificate,
    certified: Arc<CertifiedKey>,
    /// What clients may bind a login to that see this certificate.
    end_point: Vec<u8>,
    /// The same of the certificate that it took the place of: sessions go on that saw that one.
    end_point_before: Option<Vec<u8>>,
}

impl Loaded {
    fn load(files: &CertificateConfig) -> anyhow::Result<Self> {
        let certificate = Certificate::load(files)?;
        let certified = Arc::new(certificate.certified.clone());
        let end_point = certified.end_entity_cert().map(end_point)?;
        Ok(Self {
            certificate,
            certified,
            end_point,
            end_point_before: None,
        })
    }
}

impl Certificates {
    /// Loads named certificates; the first is for clients that name no host, or one that nobody has.
    ///
    /// # Errors
    /// The first that cannot be loaded.
    pub(crate) fn load<'c>(
        files: impl IntoIterator<Item = (&'c str, &'c CertificateConfig)>,
    ) -> anyhow::Result<Arc<Self>> {
        let slots = files.into_iter().map(|(name, files)| {
            // Taken before loading, so that a change in between is noticed.
            let stamp = stamp(files);
            let current = RwLock::new(Arc::new(Loaded::load(files)?));
            Ok(Slot {
                name: name.to_owned(),
                files: files.clone(),
                stamp,
                current,
            })
        });
        let certificates = Self {
            slots: slots.collect::<anyhow::Result<_>>()?,
        };
        certificates.slots.iter().for_each(Slot::warn);
        Ok(Arc::new(certificates))
    }

    /// Watches the files for ever, swaps what was renewed, and warns once a day of what was not.
    pub(crate) async fn watch(self: Arc<Self>) {
        let mut watched: Vec<Watched> = self
            .slots
            .iter()
            .map(|slot| Watched::new(slot.stamp.clone()))
            .collect();
        let mut ticks = watch::ticks();
        let mut warned = Instant::now();
        loop {
            let now = ticks.tick().await;
            if now.duration_since(warned) >= WARNING_INTERVAL {
                warned = now;
                self.slots.iter().for_each(Slot::warn);
            }
            for (slot, watched) in self.slots.iter().zip(&mut watched) {
                if watched.changed_and_still(stamp(&slot.files)) {
                    slot.reload();
                }
            }
        }
    }

    /// The hashes by which a client may name the certificate that it sees (RFC 5929 section 4.1): of those that are
    /// served, and of those that were before they were renewed.
    pub(crate) fn end_points(&self) -> Vec<Vec<u8>> {
        let loaded = self.slots.iter().map(Slot::current);
        loaded
            .flat_map(|loaded| [Some(loaded.end_point.clone()), loaded.end_point_before.clone()])
            .flatten()
            .collect()
    }

    fn choose(
        &self,
        host: Option<&str>,
        can_verify: impl Fn(&CertifiedKey) -> bool,
    ) -> Option<Arc<CertifiedKey>> {
        let loaded: Vec<Arc<Loaded>> = self.slots.iter().map(Slot::current).collect();
        let best_for = |host: &str| {
            let named = loaded.iter().filter(|loaded| loaded.certificate.is_for(host));
            let usable = named.filter(|loaded| can_verify(&loaded.certified));
            // `min_by_key` keeps the first of equals: the order of the configuration.
            usable.min_by_key(|loaded| loaded.certified.key.algorithm() != SignatureAlgorithm::ECDSA)
        };
        let first = loaded.first()?;
        let chosen = host
            .and_then(best_for)
            .or_else(|| best_for(&first.certificate.host()?))
            .unwrap_or(first);
        Some(Arc::clone(&chosen.certified))
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        sni::leave(hello.server_name());
        let schemes = hello.signature_schemes();
        self.choose(hello.server_name(), |certified| {
            certified.key.choose_scheme(schemes).is_some()
        })
    }
}

fn stamp(files: &CertificateConfig) -> Stamp {
    Stamp::of([files.chain.as_path(), &files.key])
}

impl Slot {
    fn current(&self) -> Arc<Loaded> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn reload(&self) {
        match Loaded::load(&self.files) {
            Ok(mut loaded) => {
                let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
                // Files that were only written again take nothing's place.
                loaded.end_point_before = if loaded.end_point == current.end_point {
                    current.end_point_before.clone()
                } else {
                    Some(current.end_point.clone())
                };
                *current = Arc::new(loaded);
                drop(current);
                tracing::info!(certificate = self.name, "certificate-swapped");
                self.warn();
            }
            Err(error) => {
                let reason = format!("{error:#}");
                tracing::error!(certificate = self.name, reason, "certificate-kept");
            }
        }
    }

    fn warn(&self) {
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        for reason in self.current().certificate.findings(now).warnings() {
            tracing::warn!(certificate = self.name, reason, "certificate");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256};
    use sha2::{Digest as _, Sha256};

    use super::*;
    use crate::config::LogFormat;
    use crate::log::captured::Captured;

    fn write(folder: &Path, name: &str, host: &str) -> CertificateConfig {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let certificate = CertificateParams::new(vec![host.to_owned()])
            .unwrap()
            .self_signed(&key)
            .unwrap();
        let files = CertificateConfig {
            chain: folder.join(format!("{name}.pem")),
            key: folder.join(format!("{name}.key")),
        };
        std::fs::write(&files.chain, certificate.pem()).unwrap();
        std::fs::write(&files.key, key.serialize_pem()).unwrap();
        files
    }

    fn leaf(certificates: &Certificates, host: Option<&str>) -> Vec<u8> {
        certificates.choose(host, |_| true).unwrap().cert[0].to_vec()
    }

    #[test]
    fn the_asked_name_chooses_and_the_first_is_for_everybody_else() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (
            write(folder.path(), "a", "a.example"),
            write(folder.path(), "b", "b.example"),
        );
        let certificates = Certificates::load([("a", &a), ("b", &b)]).unwrap();
        let (first, second) = (
            leaf(&certificates, Some("a.example")),
            leaf(&certificates, Some("B.example")),
        );
        assert_ne!(first, second);
        assert_eq!(leaf(&certificates, None), first);
        assert_eq!(leaf(&certificates, Some("c.example")), first);
    }

    #[test]
    fn a_mismatching_key_keeps_the_old_certificate() {
        let folder = tempfile::tempdir().unwrap();
        let files = write(folder.path(), "a", "a.example");
        let certificates = Certificates::load([("a", &files)]).unwrap();
        let old = leaf(&certificates, None);
        let other = write(folder.path(), "other", "a.example");
        std::fs::copy(&other.chain, &files.chain).unwrap();
        certificates.slots[0].reload();
        assert_eq!(leaf(&certificates, None), old);
        std::fs::copy(&other.key, &files.key).unwrap();
        certificates.slots[0].reload();
        assert_ne!(leaf(&certificates, None), old);
    }

    #[test]
    fn a_login_may_be_bound_to_every_certificate_that_a_session_can_have_seen() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (
            write(folder.path(), "a", "a.example"),
            write(folder.path(), "b", "b.example"),
        );
        let certificates = Certificates::load([("a", &a), ("b", &b)]).unwrap();
        let seen = |host| Sha256::digest(leaf(&certificates, Some(host))).to_vec();
        let (first, other) = (seen("a.example"), seen("b.example"));
        assert_eq!(certificates.end_points(), [first.clone(), other.clone()]);
        write(folder.path(), "a", "a.example");
        certificates.slots[0].reload();
        let second = seen("a.example");
        assert_eq!(
            certificates.end_points(),
            [second.clone(), first.clone(), other.clone()]
        );
        certificates.slots[0].reload();
        assert_eq!(
            certificates.end_points(),
            [second.clone(), first, other.clone()],
            "the same files again"
        );
        write(folder.path(), "a", "a.example");
        certificates.slots[0].reload();
        assert_eq!(certificates.end_points(), [seen("a.example"), second, other]);
    }

    #[test]
    fn a_key_of_another_certificate_is_named_in_the_error() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (
            write(folder.path(), "a", "a.example"),
            write(folder.path(), "b", "b.example"),
        );
        let mixed = CertificateConfig {
            chain: a.chain,
            key: b.key,
        };
        let error = Certificates::load([("mixed", &mixed)]).unwrap_err().to_string();
        assert!(
            error.contains("b.key is not the key of the certificate in"),
            "{error}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn what_nobody_renews_is_warned_of_every_day() {
        let folder = tempfile::tempdir().unwrap();
        let files = write(folder.path(), "a", "a.example");
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let mut expired = CertificateParams::new(vec!["a.example".to_owned()]).unwrap();
        expired.not_after = rcgen::date_time_ymd(2020, 1, 1);
        std::fs::write(&files.chain, expired.self_signed(&key).unwrap().pem()).unwrap();
        std::fs::write(&files.key, key.serialize_pem()).unwrap();

        let (log, _guard) = Captured::start(LogFormat::Logfmt);
        let certificates = Certificates::load([("a", &files)]).unwrap();
        let watching = tokio::spawn(certificates.watch());
        tokio::time::sleep(WARNING_INTERVAL + WARNING_INTERVAL / 8).await;
        watching.abort();
        let warnings = log.text().matches("the certificate has expired").count();
        assert_eq!(warnings, 2, "at the start and after a day: {}", log.text());
    }
}
