//! What an exchange needs of the world.

use std::fmt;
use std::time::Duration;

/// What no two exchanges have in common. It cannot be copied, so that nobody uses it twice.
pub struct Fresh {
    /// Octets of a random generator that nobody can predict: whoever could, could record responses in advance.
    pub random: [u8; 16],
    /// The clock's reading, since 1970 in UTC. Clients of NTLM send it back, or their own.
    pub since_epoch: Duration,
}

impl Fresh {
    /// Eight of the random octets.
    pub(crate) fn challenge(&self) -> [u8; 8] {
        let [a, b, c, d, e, f, g, h, ..] = self.random;
        [a, b, c, d, e, f, g, h]
    }
}

/// The octets are not printed.
impl fmt::Debug for Fresh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fresh")
            .field("since_epoch", &self.since_epoch)
            .finish_non_exhaustive()
    }
}
