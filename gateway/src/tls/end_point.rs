//! What a client may bind its login to: the channel binding type `tls-server-end-point`.

use rustls::pki_types::CertificateDer;
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use x509_parser::oid_registry::{
    OID_NIST_HASH_SHA384, OID_NIST_HASH_SHA512, OID_PKCS1_SHA384WITHRSA, OID_PKCS1_SHA512WITHRSA,
    OID_SIG_ECDSA_WITH_SHA384, OID_SIG_ECDSA_WITH_SHA512, Oid,
};
use x509_parser::prelude::{FromDer as _, X509Certificate};
use x509_parser::signature_algorithm::SignatureAlgorithm;
use x509_parser::x509::AlgorithmIdentifier;

const SHA384: [Oid<'_>; 3] = [
    OID_NIST_HASH_SHA384,
    OID_PKCS1_SHA384WITHRSA,
    OID_SIG_ECDSA_WITH_SHA384,
];
const SHA512: [Oid<'_>; 3] = [
    OID_NIST_HASH_SHA512,
    OID_PKCS1_SHA512WITHRSA,
    OID_SIG_ECDSA_WITH_SHA512,
];

/// The hash of a server's certificate (RFC 5929 section 4.1): by the function of the certificate's own signature, but
/// SHA-256 in place of MD5 and SHA-1. For signatures without one, Ed25519's, the RFC knows none, and clients take SHA-256.
pub(super) fn end_point(certificate: &CertificateDer<'_>) -> Vec<u8> {
    let function = X509Certificate::from_der(certificate)
        .ok()
        .map(|(_, parsed)| hash_function(&parsed.signature_algorithm));
    match function {
        Some(oid) if SHA384.contains(&oid) => Sha384::digest(certificate).to_vec(),
        Some(oid) if SHA512.contains(&oid) => Sha512::digest(certificate).to_vec(),
        _ => Sha256::digest(certificate).to_vec(),
    }
}

/// The signature's algorithm, which names its hash function, or of RSASSA-PSS the function that its parameters name
/// (RFC 4055 section 3.1).
fn hash_function(algorithm: &AlgorithmIdentifier<'_>) -> Oid<'static> {
    match SignatureAlgorithm::try_from(algorithm) {
        Ok(SignatureAlgorithm::RSASSA_PSS(parameters)) => parameters.hash_algorithm_oid().to_owned(),
        _ => algorithm.algorithm.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{
        CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519,
        PKCS_RSA_SHA512, SignatureAlgorithm,
    };

    use super::*;

    fn certificate(algorithm: &'static SignatureAlgorithm) -> CertificateDer<'static> {
        let key = KeyPair::generate_for(algorithm).unwrap();
        let params = CertificateParams::new(vec!["mail.example".to_owned()]).unwrap();
        params.self_signed(&key).unwrap().der().clone()
    }

    #[test]
    fn the_signature_says_which_hash() {
        for (algorithm, octets) in [
            (&PKCS_ECDSA_P256_SHA256, 32),
            (&PKCS_ECDSA_P384_SHA384, 48),
            (&PKCS_RSA_SHA512, 64),
            (&PKCS_ED25519, 32),
        ] {
            let certificate = certificate(algorithm);
            let hash = end_point(&certificate);
            assert_eq!(hash.len(), octets, "{algorithm:?}");
            let same = match octets {
                48 => Sha384::digest(&certificate).to_vec(),
                64 => Sha512::digest(&certificate).to_vec(),
                _ => Sha256::digest(&certificate).to_vec(),
            };
            assert_eq!(hash, same);
        }
    }
}
