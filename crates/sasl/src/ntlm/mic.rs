//! MIC: an HMAC of all three messages (MS-NLMP sections 3.1.5.1.2 and 3.2.5.1.2).

use gatepost_wire::Secret;

use super::authenticate::MIC_AT;
use super::crypt::{hmac_md5, rc4};
use super::hash::SessionKey;
use crate::key::Key;

/// The messages of an exchange are not those that the client saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("NTLM: the message integrity code is wrong")]
pub struct WrongMic;

/// A MIC that a client sent, and what it is of.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Mic {
    pub(crate) sent: Key,
    /// NEGOTIATE, CHALLENGE and AUTHENTICATE.
    pub(crate) messages: [Secret; 3],
    /// EncryptedRandomSessionKey, if the client made a key of its own.
    pub(crate) encrypted_key: Option<Key>,
}

impl Mic {
    pub(crate) fn check(&self, key: &SessionKey) -> Result<(), WrongMic> {
        let exported = match &self.encrypted_key {
            Some(encrypted) => rc4(key.expose(), encrypted.expose()),
            None => key.0.clone(),
        };
        let [negotiate, challenge, authenticate] = &self.messages;
        let messages = [negotiate, challenge, authenticate].map(Secret::expose);
        match mic_of(&exported, messages) == self.sent {
            true => Ok(()),
            false => Err(WrongMic),
        }
    }
}

/// The MIC of the messages, whatever the last one holds in its place.
pub(crate) fn mic_of(exported: &Key, [negotiate, challenge, authenticate]: [&[u8]; 3]) -> Key {
    let (before, rest) = authenticate
        .split_at_checked(MIC_AT)
        .unwrap_or((authenticate, &[]));
    let behind = rest.get(16..).unwrap_or_default();
    hmac_md5(
        exported.expose(),
        &[negotiate, challenge, before, &[0; 16], behind],
    )
}
