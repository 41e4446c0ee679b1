//! Octets that must not leak.

use std::fmt;
use std::str::Utf8Error;

use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize as _, Zeroizing};

/// A password, token or other secret: wiped when dropped, compared in constant time, never printed.
///
/// ```
/// use gatepost_wire::Secret;
///
/// let secret = Secret::from("correct horse");
/// assert_eq!(format!("{secret:?}"), "Secret(..)");
/// assert_eq!(secret.expose_str(), Ok("correct horse"));
/// assert_ne!(secret, Secret::from("battery staple"));
/// ```
///
/// What was copied before, a line off the wire or a `String`, is not wiped by it: see [`wipe`].
#[derive(Clone)]
pub struct Secret(Zeroizing<Box<[u8]>>);

impl Secret {
    /// Takes the octets over. A vector with spare capacity is copied, and the original wiped.
    pub fn new(mut octets: Vec<u8>) -> Self {
        let kept = if octets.capacity() == octets.len() {
            std::mem::take(&mut octets).into_boxed_slice()
        } else {
            Box::from(octets.as_slice())
        };
        octets.zeroize();
        Self(Zeroizing::new(kept))
    }

    /// The octets, for the one place that needs them.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The octets as text.
    ///
    /// # Errors
    /// If they are not UTF-8. The error holds an offset, not the octets.
    pub fn expose_str(&self) -> Result<&str, Utf8Error> {
        std::str::from_utf8(&self.0)
    }

    /// Whether there are no octets at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The number of octets.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl From<&[u8]> for Secret {
    fn from(octets: &[u8]) -> Self {
        Self(Zeroizing::new(octets.into()))
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        text.as_bytes().into()
    }
}

/// In constant time for secrets of equal length.
impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Overwrites octets that held a secret, such as a line off the wire with a password in it.
pub fn wipe(octets: &mut [u8]) {
    octets.zeroize();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_printed() {
        let secret = Secret::from("hunter2");
        let printed = format!("{secret:?} {:#?}", Some(&secret));
        assert!(
            !printed.contains("hunter2") && !printed.contains("104"),
            "{printed}"
        );
    }

    #[test]
    fn equality_is_of_all_octets() {
        let mut spare = Vec::with_capacity(100);
        spare.extend_from_slice(b"pass");
        assert_eq!(Secret::new(spare), Secret::from("pass"));
        assert_ne!(Secret::from("pass"), Secret::from("pasS"));
        assert_ne!(Secret::from("pass"), Secret::from("passs"));
        assert!(Secret::from("").is_empty());
    }

    #[test]
    fn wipe_overwrites() {
        let mut line = *b"a LOGIN u p";
        wipe(&mut line);
        assert_eq!(line, [0; 11]);
    }
}
