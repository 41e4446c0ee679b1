//! What a server knows before an exchange begins.

use crate::ntlm::{Bindings, Target};

/// What a server says of itself. One for each listener, made once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Our DNS name: what stands right of the `@` in CRAM-MD5's challenge.
    pub host: String,
    /// The names in NTLM's challenge.
    pub ntlm: Target,
    /// What a client of NTLM may say of the channel that it talks through.
    pub bindings: Bindings,
}

impl Settings {
    /// A server with this DNS name, which is in no Windows domain and does not look at channel bindings.
    pub fn of_host(host: &str) -> Self {
        Self {
            host: host.to_owned(),
            ntlm: Target::of_host(host),
            bindings: Bindings::Ignored,
        }
    }
}
