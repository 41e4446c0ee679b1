//! What enhanced codes mean: the registry of RFC 5248.

use super::EnhancedCode;

impl EnhancedCode {
    /// What the code says, if it is registered with IANA. The class does not matter: whether it is for now or for good
    /// is another question.
    ///
    /// ```
    /// use gatepost_smtp::EnhancedCode;
    ///
    /// let code = EnhancedCode::parse(b"5.7.8").unwrap();
    /// assert_eq!(code.meaning(), Some("authentication credentials invalid"));
    /// assert_eq!(code.subject_meaning(), Some("security or policy"));
    /// ```
    pub fn meaning(self) -> Option<&'static str> {
        let details = match self.subject() {
            0 => OTHER,
            1 => ADDRESS,
            2 => MAILBOX,
            3 => SYSTEM,
            4 => NETWORK,
            5 => PROTOCOL,
            6 => CONTENT,
            7 => SECURITY,
            _ => &[],
        };
        details.get(usize::from(self.detail())).copied()
    }

    /// What the code is about (RFC 3463 section 4).
    pub const fn subject_meaning(self) -> Option<&'static str> {
        Some(match self.subject() {
            0 => "other or undefined",
            1 => "addressing",
            2 => "mailbox",
            3 => "mail system",
            4 => "network and routing",
            5 => "mail delivery protocol",
            6 => "message content or media",
            7 => "security or policy",
            _ => return None,
        })
    }
}

/// Each list begins with X.n.0.
const OTHER: &[&str] = &["other undefined status"];

const ADDRESS: &[&str] = &[
    "other address status",
    "bad destination mailbox address",
    "bad destination system address",
    "bad destination mailbox address syntax",
    "destination mailbox address ambiguous",
    "destination address valid",
    "destination mailbox has moved, no forwarding address",
    "bad sender's mailbox address syntax",
    "bad sender's system address",
    "message relayed to non-compliant mailer",
    "recipient address has null MX",
];

const MAILBOX: &[&str] = &[
    "other or undefined mailbox status",
    "mailbox disabled, not accepting messages",
    "mailbox full",
    "message length exceeds administrative limit",
    "mailing list expansion problem",
];

const SYSTEM: &[&str] = &[
    "other or undefined mail system status",
    "mail system full",
    "system not accepting network messages",
    "system not capable of selected features",
    "message too big for system",
    "system incorrectly configured",
    "requested priority was changed",
];

const NETWORK: &[&str] = &[
    "other or undefined network or routing status",
    "no answer from host",
    "bad connection",
    "directory server failure",
    "unable to route",
    "mail system congestion",
    "routing loop detected",
    "delivery time expired",
];

const PROTOCOL: &[&str] = &[
    "other or undefined protocol status",
    "invalid command",
    "syntax error",
    "too many recipients",
    "invalid command arguments",
    "wrong protocol version",
    "authentication exchange line is too long",
];

const CONTENT: &[&str] = &[
    "other or undefined media error",
    "media not supported",
    "conversion required and prohibited",
    "conversion required but not supported",
    "conversion with loss performed",
    "conversion failed",
    "message content not available",
    "non-ASCII addresses not permitted for that sender or recipient",
    "UTF-8 string reply is required, but not permitted by the client",
    "UTF-8 header message cannot be transferred to one or more recipients",
];

const SECURITY: &[&str] = &[
    "other or undefined security status",
    "delivery not authorized",
    "mailing list expansion prohibited",
    "security conversion required but not possible",
    "security features not supported",
    "cryptographic failure",
    "cryptographic algorithm not supported",
    "message integrity failure",
    "authentication credentials invalid",
    "authentication mechanism is too weak",
    "encryption needed",
    "encryption required for requested authentication mechanism",
    "a password transition is needed",
    "user account disabled",
    "trust relationship required",
    "priority level is too low",
    "message is too big for the specified priority",
    "mailbox owner has changed",
    "domain owner has changed",
    "RRVS test cannot be completed",
    "no passing DKIM signature found",
    "no acceptable DKIM signature found",
    "no valid author-matched DKIM signature found",
    "SPF validation failed",
    "SPF validation error",
    "reverse DNS validation failed",
    "multiple authentication checks failed",
    "sender address has null MX",
    "mail flood detected",
    "ARC validation failure",
    "REQUIRETLS support required",
];

#[cfg(test)]
mod tests {
    use super::*;

    /// One of each RFC that registered some.
    #[test]
    fn codes_of_the_registry() {
        for (code, meaning) in [
            ("2.1.5", "destination address valid"),
            ("5.0.0", "other undefined status"),
            ("4.2.2", "mailbox full"),
            ("5.3.4", "message too big for system"),
            ("4.3.6", "requested priority was changed"),
            ("4.4.7", "delivery time expired"),
            ("5.5.6", "authentication exchange line is too long"),
            (
                "5.6.7",
                "non-ASCII addresses not permitted for that sender or recipient",
            ),
            (
                "5.6.9",
                "UTF-8 header message cannot be transferred to one or more recipients",
            ),
            ("5.7.8", "authentication credentials invalid"),
            ("5.7.13", "user account disabled"),
            ("5.7.17", "mailbox owner has changed"),
            ("5.7.23", "SPF validation failed"),
            ("5.1.10", "recipient address has null MX"),
            ("5.7.27", "sender address has null MX"),
            ("5.7.28", "mail flood detected"),
            ("5.7.30", "REQUIRETLS support required"),
        ] {
            let code = EnhancedCode::parse(code.as_bytes()).unwrap();
            assert_eq!(code.meaning(), Some(meaning), "{code}");
            assert!(code.subject_meaning().is_some());
        }
        for unknown in ["5.0.1", "5.1.11", "5.7.31", "5.8.0", "5.999.999"] {
            let code = EnhancedCode::parse(unknown.as_bytes()).unwrap();
            assert_eq!(code.meaning(), None, "{code}");
        }
    }
}
