//! What a server can do.

use std::collections::HashSet;
use std::fmt;

use bytes::Bytes;

use super::{Atom, Invalid};
use crate::parse::octets::{self, ATOM};
use crate::parse::{Allowance, Cursor, Parsing};
use crate::write::{Write, Writer};

/// One capability, such as `IMAP4rev1` or `AUTH=PLAIN`. Upper and lower case are the same.
///
/// ```abnf
/// capability = ("AUTH=" auth-type) / atom        ; RFC 9051 section 9
/// ```
#[derive(Debug, Clone)]
pub struct Capability(Atom);

impl Capability {
    /// Takes `octets` as a capability.
    ///
    /// # Errors
    /// If they are not an atom.
    pub fn parse(octets: &[u8]) -> Result<Self, Invalid> {
        match octets::all(octets, ATOM) {
            true => Ok(Self(Atom::from_valid(Bytes::copy_from_slice(octets)))),
            false => Err(Invalid { what: "capability" }),
        }
    }

    /// The capability as it was spelled.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether this is the capability `name`.
    pub fn is(&self, name: &str) -> bool {
        self.0.is(name)
    }

    /// The SASL mechanism of `AUTH=mechanism`.
    pub fn mechanism(&self) -> Option<&str> {
        let (word, mechanism) = self.as_str().split_at_checked(5)?;
        word.eq_ignore_ascii_case("AUTH=").then_some(mechanism)
    }
}

impl PartialEq for Capability {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for Capability {}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A capability list in the order of the server, each capability once.
///
/// ```
/// use gatepost_imap::Capabilities;
///
/// let list = Capabilities::parse(b"IMAP4rev1 SASL-IR AUTH=PLAIN auth=Login");
/// assert!(list.contains("sasl-ir") && list.offers("LOGIN"));
/// assert_eq!(list.mechanisms().collect::<Vec<_>>(), ["PLAIN", "Login"]);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Capabilities(Vec<Capability>);

impl Capabilities {
    /// Reads a list as it follows the word `CAPABILITY`, separated by spaces. Words that are no atoms are left out:
    /// a list with an odd word in it is still the server's list.
    pub fn parse(list: &[u8]) -> Self {
        list.split(|&octet| octet == b' ')
            .filter_map(|word| Capability::parse(word).ok())
            .collect()
    }

    /// Adds `capability` at the end unless it is there.
    pub fn push(&mut self, capability: Capability) {
        if !self.0.contains(&capability) {
            self.0.push(capability);
        }
    }

    /// Whether the capability `name` is there.
    pub fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|capability| capability.is(name))
    }

    /// Whether `AUTH=mechanism` is there.
    pub fn offers(&self, mechanism: &str) -> bool {
        self.mechanisms()
            .any(|offered| offered.eq_ignore_ascii_case(mechanism))
    }

    /// The mechanisms of the `AUTH=` capabilities.
    pub fn mechanisms(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(Capability::mechanism)
    }

    /// The capabilities in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Capability> {
        self.0.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl FromIterator<Capability> for Capabilities {
    fn from_iter<I: IntoIterator<Item = Capability>>(capabilities: I) -> Self {
        let mut known = HashSet::new();
        let is_new = |capability: &Capability| known.insert(capability.as_str().to_ascii_lowercase());
        Self(capabilities.into_iter().filter(is_new).collect())
    }
}

impl Cursor<'_> {
    /// ```abnf
    /// capability-data = "CAPABILITY" *(SP capability) SP "IMAP4rev2" *(SP capability)     ; RFC 9051 section 9
    /// enable-data     = "ENABLED" *(SP capability)
    /// ```
    /// Which capabilities there are is not looked at, nor whether there are any. What is no atom is left out: a list
    /// with an odd word in it is still the server's list. In a response code `closing` ends the list.
    pub(crate) fn capabilities(&mut self, closing: Option<u8>) -> Parsing<Capabilities> {
        let mut list = Vec::new();
        while self.is_before_word(closing) {
            self.space()?;
            self.element()?;
            let mark = self.mark();
            let word = self.span(ATOM);
            if !word.is_empty() && (matches!(self.peek(), None | Some(b' ')) || self.peek() == closing) {
                list.push(Capability(Atom::from_valid(self.bytes(word))));
                continue;
            }
            self.reset(mark);
            if word.is_empty() && self.peek() == Some(b' ') || !self.forgives(Allowance::Atom) {
                return self.expected("a capability");
            }
            let rest = self.rest();
            let end = rest
                .iter()
                .position(|&octet| octet == b' ' || Some(octet) == closing);
            self.advance(end.unwrap_or(rest.len()));
        }
        Ok(list.into_iter().collect())
    }

    /// Whether spaces come next, and then more than the end of a code.
    fn is_before_word(&self, closing: Option<u8>) -> bool {
        let behind = self.rest().iter().find(|&&octet| octet != b' ').copied();
        self.peek() == Some(b' ') && behind.is_some() && behind != closing
    }
}

/// `*(SP capability)`
impl Write for Capabilities {
    fn write(&self, out: &mut Writer<'_>) {
        for capability in &self.0 {
            out.put(b" ");
            out.put(capability.as_str().as_bytes());
        }
    }
}

impl<'a> IntoIterator for &'a Capabilities {
    type Item = &'a Capability;
    type IntoIter = std::slice::Iter<'a, Capability>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, capability) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            write!(f, "{capability}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_keeps_order_and_spelling_and_drops_doubles() {
        let list = Capabilities::parse(b"IMAP4rev1  idle IDLE AUTH=PLAIN ");
        assert_eq!(list.to_string(), "IMAP4rev1 idle AUTH=PLAIN");
        assert_eq!(list.len(), 3);
        assert!(Capabilities::parse(b"").is_empty());
    }

    #[test]
    fn odd_words_are_left_out() {
        let list = Capabilities::parse(b"IDLE F(OO \x80 B]AR\r\nX-Y=z:/");
        assert_eq!(list.to_string(), "IDLE");
        assert_eq!(Capabilities::parse(b"X-Y=z:/ A").to_string(), "X-Y=z:/ A");
    }

    #[test]
    fn auth_is_the_only_word_that_names_a_mechanism() {
        let list = Capabilities::parse(b"AUTH= AUTHX AUTH=NTLM");
        assert!(list.offers("ntlm") && !list.offers("X"));
    }
}
