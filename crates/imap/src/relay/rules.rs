//! What the relay changes.

use std::fmt;

use crate::{Capabilities, Capability};

/// Capabilities that a logged-in client must not see from behind a relay, and why:
///
/// - the relay has to be able to read what it relays: `COMPRESS=` (RFC 4978), `STARTTLS`;
/// - the login is over, and was the relay's: `AUTH=`, `LOGINDISABLED`, `UNAUTHENTICATE` (RFC 8437);
/// - the client must not be sent past the relay: `LOGIN-REFERRALS` (RFC 2221), `MAILBOX-REFERRALS` (RFC 2193);
/// - it is bound to the mail server's own certificate and host name: `XAPPLEPUSHSERVICE`.
const ALWAYS: [&str; 8] = [
    "COMPRESS=*",
    "STARTTLS",
    "LOGINDISABLED",
    "AUTH=*",
    "LOGIN-REFERRALS",
    "MAILBOX-REFERRALS",
    "XAPPLEPUSHSERVICE",
    "UNAUTHENTICATE",
];

/// The name of a capability, or with a `*` at its end the start of several. Upper and lower case are the same.
///
/// A text that is no capability matches none.
///
/// ```
/// use gatepost_imap::relay::Pattern;
///
/// assert!(Pattern::new("utf8=*").matches("UTF8=ACCEPT"));
/// assert!(!Pattern::new("UTF8").matches("UTF8=ACCEPT"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Pattern {
    stem: Box<str>,
    extent: Extent,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    Whole,
    Start,
}

impl Pattern {
    /// Takes `text` as a pattern.
    pub fn new(text: &str) -> Self {
        let (stem, extent) = match text.strip_suffix('*') {
            Some(stem) => (stem, Extent::Start),
            None => (text, Extent::Whole),
        };
        Self {
            stem: stem.into(),
            extent,
        }
    }

    /// Whether `capability` is meant.
    pub fn matches(&self, capability: &str) -> bool {
        self.matches_octets(capability.as_bytes())
    }

    fn matches_octets(&self, capability: &[u8]) -> bool {
        let compared = match self.extent {
            Extent::Whole => Some(capability),
            Extent::Start => capability.get(..self.stem.len()),
        };
        compared.is_some_and(|octets| octets.eq_ignore_ascii_case(self.stem.as_bytes()))
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.stem)?;
        match self.extent {
            Extent::Whole => Ok(()),
            Extent::Start => f.write_str("*"),
        }
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pattern({self})")
    }
}

/// What becomes of a literal without octets in a FETCH response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmptyLiteral {
    /// It stays as it is.
    Keep,
    /// `{0}` and its CRLF become `""`, which means the same. iPhones wait forever for the rest of the former.
    Quote,
}

/// The rules of a mail server, shared by the connections to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    hidden: Box<[Pattern]>,
    empty_literal: EmptyLiteral,
    appends: Appends,
}

/// Whether the caller hears of the client's APPENDs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Appends {
    Ignored,
    Watched,
}

impl Rules {
    /// Hides what matches one of `hidden`, and what is always hidden: `COMPRESS=*`, `STARTTLS`, `LOGINDISABLED`,
    /// `AUTH=*`, `LOGIN-REFERRALS`, `MAILBOX-REFERRALS`, `XAPPLEPUSHSERVICE` and `UNAUTHENTICATE`.
    pub fn new(hidden: impl IntoIterator<Item = Pattern>, empty_literal: EmptyLiteral) -> Self {
        let always = ALWAYS.iter().map(|text| Pattern::new(text));
        Self {
            hidden: always.chain(hidden).collect(),
            empty_literal,
            appends: Appends::Ignored,
        }
    }

    /// Reports the client's APPENDs to [`super::Sink::appended`]: each message (RFC 3502) that the server has taken
    /// with OK and that has a Message-ID in its first 16 KiB. Every octet passes as it would otherwise.
    ///
    /// A message with the flag `\Draft` is not reported: it was not sent, and what is sent later may have the same
    /// Message-ID. Nor is one for a mailbox with a name of more than 1,024 octets. Not more than eight Message-IDs are kept until the server answers; more are not reported.
    #[must_use]
    pub fn watching_appends(self) -> Self {
        Self {
            appends: Appends::Watched,
            ..self
        }
    }

    /// Whether the client is not told of `capability`.
    pub fn hides(&self, capability: &Capability) -> bool {
        self.hides_octets(capability.as_str().as_bytes())
    }

    pub(super) fn hides_octets(&self, capability: &[u8]) -> bool {
        self.hidden
            .iter()
            .any(|pattern| pattern.matches_octets(capability))
    }

    pub(super) fn appends(&self) -> Appends {
        self.appends
    }

    pub(super) fn empty_literal(&self) -> EmptyLiteral {
        self.empty_literal
    }
}

/// What a client is told of a mail server's capabilities when it is logged in.
pub fn mask(capabilities: &Capabilities, rules: &Rules) -> Capabilities {
    let shown = capabilities.iter().filter(|capability| !rules.hides(capability));
    shown.cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_hides_what_is_always_hidden_and_what_is_asked_for() {
        let server = b"IMAP4rev1 auth=PLAIN AUTH=XOAUTH2 IDLE COMPRESS=DEFLATE ESEARCH LOGIN-REFERRALS \
            mailbox-referrals XAPPLEPUSHSERVICE STARTTLS LOGINDISABLED UNAUTHENTICATE X-FOO X-BAR NOTIFY";
        let rules = Rules::new([Pattern::new("esearch"), Pattern::new("x-*")], EmptyLiteral::Keep);
        let shown = mask(&Capabilities::parse(server), &rules);
        assert_eq!(shown.to_string(), "IMAP4rev1 IDLE NOTIFY");
    }

    #[test]
    fn patterns_are_whole_names_or_starts() {
        let start = Pattern::new("AUTH=*");
        assert!(start.matches("AUTH=") && start.matches("auth=plain"));
        assert!(!start.matches("AUTH") && !start.matches("XAUTH=PLAIN"));
        let whole = Pattern::new("IDLE");
        assert!(whole.matches("idle") && !whole.matches("IDLE2") && !whole.matches("IDL"));
        assert!(Pattern::new("*").matches("ANYTHING") && !Pattern::new("").matches("ANYTHING"));
    }

    #[test]
    fn patterns_are_shown_as_they_were_written() {
        assert_eq!(Pattern::new("X-*").to_string(), "X-*");
        assert_eq!(format!("{:?}", Pattern::new("IDLE")), "Pattern(IDLE)");
    }
}
