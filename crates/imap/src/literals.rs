//! Which literals a client may send without being asked (RFC 7888).

use crate::frame::literal::LITERAL_MINUS;
use crate::{Capabilities, Rule};

/// The non-synchronizing literals that are offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Literals {
    /// None.
    None,
    /// LITERAL-, which is a part of IMAP4rev2 (RFC 9051 section 4.3).
    Small,
    /// LITERAL+.
    Any,
}

impl Literals {
    /// For a client that was `told` of these capabilities.
    pub(crate) fn offered(told: &Capabilities) -> Self {
        if told.contains("LITERAL+") {
            Self::Any
        } else if told.contains("LITERAL-") || told.contains("IMAP4rev2") {
            Self::Small
        } else {
            Self::None
        }
    }

    /// A server that takes no such literal would run its octets as commands.
    pub(crate) fn check(self, octets: u64) -> Result<(), Rule> {
        match self {
            Self::Any => Ok(()),
            Self::Small if octets <= LITERAL_MINUS => Ok(()),
            Self::Small | Self::None => Err(Rule::LiteralUnoffered),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_of_the_offer() {
        let largest = |told: &[u8]| {
            let offered = Literals::offered(&Capabilities::parse(told));
            [0, 4096, 4097, u64::MAX]
                .into_iter()
                .rfind(|&octets| offered.check(octets).is_ok())
        };
        assert_eq!(largest(b"IMAP4rev1"), None);
        assert_eq!(largest(b"IMAP4rev1 literal-"), Some(4096));
        assert_eq!(largest(b"IMAP4rev2"), Some(4096));
        assert_eq!(largest(b"LITERAL- LITERAL+"), Some(u64::MAX));
    }
}
