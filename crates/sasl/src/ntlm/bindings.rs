//! Channel bindings (MS-NLMP section 2.2.2.1, MsvAvChannelBindings; RFC 5929 section 4).

use md5::{Digest as _, Md5};

use crate::Error;

/// What a server wants of the TLS channel that a client says it talks through.
///
/// Each value is what [`binding_of_certificate`] makes of a certificate's hash. Few mail clients send one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Bindings {
    /// It is not looked at.
    #[default]
    Ignored,
    /// A client that names a channel has to name one of these.
    IfSent(Vec<[u8; 16]>),
    /// Every client has to name one of these.
    Required(Vec<[u8; 16]>),
}

impl Bindings {
    /// `sent`: what the client named, if anything.
    pub(crate) fn check(&self, sent: Option<&[u8]>) -> Result<(), Error> {
        let (accepted, required) = match self {
            Self::Ignored => return Ok(()),
            Self::IfSent(accepted) => (accepted, false),
            Self::Required(accepted) => (accepted, true),
        };
        match sent {
            None if required => Err(Error::policy("NTLM: the client names no channel")),
            Some(sent) if !accepted.iter().any(|binding| binding[..] == *sent) => {
                Err(Error::policy("NTLM: the client means another channel"))
            }
            _ => Ok(()),
        }
    }
}

/// The binding of a server's certificate: MD5 of a `gss_channel_bindings_struct` of kind `tls-server-end-point`
/// (RFC 5929 section 4.1), whose `hash` is the certificate's, by SHA-256 if it is signed with MD5 or SHA-1, else by the
/// hash function of its signature.
pub fn binding_of_certificate(hash: &[u8]) -> [u8; 16] {
    const KIND: &[u8] = b"tls-server-end-point:";
    let length = u32::try_from(KIND.len() + hash.len()).unwrap_or(u32::MAX);
    let bindings = Md5::new()
        // No addresses of either side: four words of zero.
        .chain_update([0; 16])
        .chain_update(length.to_le_bytes())
        .chain_update(KIND)
        .chain_update(hash);
    bindings.finalize().into()
}
