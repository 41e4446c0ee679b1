//! What a server knows before an exchange begins.

use std::fmt;
use std::time::Duration;

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

/// What no two exchanges have in common. It cannot be copied, so that nobody uses it twice.
pub struct Fresh {
    /// Octets of a random generator that nobody can predict: whoever could, could record responses in advance.
    pub random: [u8; 16],
    /// The clock's reading, since 1970 in UTC. Clients of NTLM refuse a time that is too far from their own.
    pub since_epoch: Duration,
}

/// The octets are not printed.
impl fmt::Debug for Fresh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fresh")
            .field("since_epoch", &self.since_epoch)
            .finish_non_exhaustive()
    }
}
