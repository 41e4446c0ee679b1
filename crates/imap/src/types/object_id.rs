//! What a mailbox, a message or a thread is known by for ever.

use std::fmt;

use bytes::Bytes;

use super::Invalid;
use crate::parse::{Cursor, Parsing};
use crate::write::{Write, Writer};

/// An identifier that a server gives away once. Upper and lower case differ.
///
/// ```abnf
/// objectid = 1*255(ALPHA / DIGIT / "_" / "-")        ; RFC 8474 section 7
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectId(Bytes);

impl ObjectId {
    /// The longest identifier, in octets.
    pub const LONGEST: usize = 255;

    /// Takes `octets` as an identifier.
    ///
    /// # Errors
    /// If they are none.
    pub fn new(octets: impl Into<Bytes>) -> Result<Self, Invalid> {
        let octets = octets.into();
        match is_valid(&octets) {
            true => Ok(Self(octets)),
            false => Err(Invalid { what: "object id" }),
        }
    }

    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        // Made of ASCII only.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The octets.
    pub const fn as_bytes(&self) -> &Bytes {
        &self.0
    }
}

const fn is_id_char(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'_' | b'-')
}

fn is_valid(octets: &[u8]) -> bool {
    (1..=ObjectId::LONGEST).contains(&octets.len()) && octets.iter().all(|&octet| is_id_char(octet))
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ObjectId({self})")
    }
}

impl Cursor<'_> {
    /// `objectid`
    pub(crate) fn object_id(&mut self) -> Parsing<ObjectId> {
        const EXPECTED: &str = "an object id";
        let rest = self.rest();
        let length = rest.iter().position(|&octet| !is_id_char(octet));
        let id = rest.get(..length.unwrap_or(rest.len())).unwrap_or_default();
        if !is_valid(id) {
            return self.expected(EXPECTED);
        }
        self.advance(id.len());
        Ok(ObjectId(self.bytes(id)))
    }

    /// `"(" objectid ")"`, as it stands behind MAILBOXID, EMAILID and THREADID.
    pub(crate) fn object_id_in_parentheses(&mut self) -> Parsing<ObjectId> {
        self.octet(b'(', "an opening parenthesis")?;
        let id = self.object_id()?;
        self.octet(b')', "a closing parenthesis")?;
        Ok(id)
    }
}

impl Write for ObjectId {
    fn write(&self, out: &mut Writer<'_>) {
        out.put(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_of_few_octets() {
        for id in ["F2212ea87-6097-4256-9d51-71338625", "M6d99ac3275bb4e", "_"] {
            assert_eq!(ObjectId::new(id).unwrap().as_str(), id);
        }
        let long = "x".repeat(256);
        for wrong in ["", "a b", "a)", "\u{e9}", "a.b", &long] {
            assert!(ObjectId::new(wrong.to_owned()).is_err(), "{wrong}");
        }
    }
}
