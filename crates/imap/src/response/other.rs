//! Responses that are not known.

use std::fmt;

use super::Response;
use crate::Escaped;
use crate::parse::{Cursor, Options};
use crate::types::{Invalid, Raw};
use crate::write::{Write, Writer};

/// An untagged response that is not known, or one that breaks its grammar.
///
/// ```
/// use gatepost_imap::response::OtherResponse;
/// use gatepost_imap::types::Raw;
///
/// let raw = Raw::new("7 X-COLOR red").unwrap();
/// let other = OtherResponse::new(raw).unwrap();
/// assert_eq!((other.number(), other.name()), (Some(7), "X-COLOR"));
/// assert_eq!(other.arguments().as_bytes(), "red");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct OtherResponse(Raw);

impl OtherResponse {
    /// The response that stands so behind `* `.
    ///
    /// # Errors
    /// If it is none, or one that is known.
    pub fn new(raw: Raw) -> Result<Self, Invalid> {
        let invalid = Invalid { what: "response" };
        let mut cursor = Cursor::new(raw.as_bytes().into(), Options::default());
        match cursor.response_data() {
            Ok(Response::Other(_)) => Ok(Self(raw)),
            _ => Err(invalid),
        }
    }

    pub(super) const fn from_valid(raw: Raw) -> Self {
        Self(raw)
    }

    /// The number before the name.
    pub fn number(&self) -> Option<u32> {
        let (word, _) = split(self.0.as_bytes());
        std::str::from_utf8(word).ok()?.parse().ok()
    }

    /// The name as it was spelled; empty if there is none.
    pub fn name(&self) -> &str {
        let (name, _) = split(self.behind_number());
        std::str::from_utf8(name).unwrap_or_default()
    }

    /// What follows the name.
    pub fn arguments(&self) -> Raw {
        let (_, arguments) = split(self.behind_number());
        let start = self.0.as_bytes().len() - arguments.len();
        Raw::from_valid(self.0.as_bytes().slice(start..))
    }

    fn behind_number(&self) -> &[u8] {
        match self.number() {
            Some(_) => split(self.0.as_bytes()).1,
            None => self.0.as_bytes(),
        }
    }

    /// All that stands behind `* `.
    pub const fn raw(&self) -> &Raw {
        &self.0
    }
}

/// What is before the first space, and what is behind it.
fn split(octets: &[u8]) -> (&[u8], &[u8]) {
    let space = memchr::memchr(b' ', octets).unwrap_or(octets.len());
    let (word, rest) = octets.split_at_checked(space).unwrap_or_default();
    (word, rest.get(1..).unwrap_or_default())
}

impl fmt::Debug for OtherResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OtherResponse({})", Escaped(self.0.as_bytes()))
    }
}

impl Write for OtherResponse {
    fn write(&self, out: &mut Writer<'_>) {
        self.0.write(out);
    }
}
