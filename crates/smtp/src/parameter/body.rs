//! What the message is: SIZE and BODY.

use std::fmt;

use super::{Parameter, Value};
use crate::grammar::{class, is, is_same_keyword, number};
use crate::parse::ParseError;

/// What the octets of a message are: `BODY=`.
///
/// ```abnf
/// body-value = "7BIT" / "8BITMIME" / "BINARYMIME"        ; RFC 6152 section 2, RFC 3030 section 3
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Body {
    /// `7BIT`
    SevenBit,
    /// `8BITMIME`
    EightBitMime,
    /// `BINARYMIME`
    BinaryMime,
}

impl Body {
    pub(crate) fn of(value: &str) -> Option<Self> {
        Some(match value.len() {
            8 if is_same_keyword(value, "8BITMIME") => Self::EightBitMime,
            4 if is_same_keyword(value, "7BIT") => Self::SevenBit,
            10 if is_same_keyword(value, "BINARYMIME") => Self::BinaryMime,
            _ => return None,
        })
    }
}

impl Value<'_> for Body {
    const KEYWORD: &'static str = "BODY";

    fn read(value: &str) -> Result<Self, ParseError> {
        Self::of(value).ok_or_else(|| ParseError::syntax(0, "7BIT, 8BITMIME or BINARYMIME"))
    }
}

impl fmt::Display for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SevenBit => "7BIT",
            Self::EightBitMime => "8BITMIME",
            Self::BinaryMime => "BINARYMIME",
        })
    }
}

impl From<Body> for Parameter<'static> {
    fn from(body: Body) -> Self {
        Self::of(Body::KEYWORD, body)
    }
}

/// ```abnf
/// size-value ::= 1*20DIGIT        ; RFC 1870 section 3
/// ```
pub(crate) fn size(value: &str) -> Option<u64> {
    let is_size = (1..=20).contains(&value.len()) && value.bytes().all(|octet| is(octet, class::DIGIT));
    is_size.then(|| number(value).unwrap_or(u64::MAX))
}
