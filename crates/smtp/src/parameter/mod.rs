//! What stands behind an address: `SIZE=1000`, `BODY=8BITMIME` (RFC 5321 section 4.1.2).
//!
//! A command keeps its parameters as they were written and in their order, those that are not known too. What they
//! mean is read when it is asked for: [`Parameters::notify`], [`Parameters::envid`] and so on. Their values are made of
//! types, each of which is a [`Parameter`] if it is to be sent.
//!
//! ```
//! use gatepost_smtp::parameter::{Body, Notify};
//! use gatepost_smtp::{Parameter, Parameters};
//!
//! let mut parameters = Parameters::new();
//! parameters.push(Parameter::size(1000)).unwrap();
//! parameters.push(Body::EightBitMime).unwrap();
//! parameters.push(Parameter::new("X-TRACE", Some("on")).unwrap()).unwrap();
//! assert_eq!(parameters.to_string(), " SIZE=1000 BODY=8BITMIME X-TRACE=on");
//! assert_eq!(parameters.size(), Ok(Some(1000)));
//! assert_eq!(parameters.get("x-trace").unwrap().value(), Some("on"));
//!
//! let mut parameters = Parameters::new();
//! parameters.push(Notify::SUCCESS.and(Notify::FAILURE)).unwrap();
//! assert_eq!(parameters.to_string(), " NOTIFY=SUCCESS,FAILURE");
//! ```

mod body;
mod delivery;
mod list;
mod notifications;
mod original;
mod read;
mod submitter;
mod time;

use std::borrow::Cow;
use std::fmt;

use crate::grammar::{class, is};
use crate::parse::ParseError;

pub use self::body::Body;
pub use self::delivery::{DeliverBy, Hold, NotInTime, Priority};
pub use self::list::Parameters;
pub use self::notifications::{EnvelopeId, Notify, Return};
pub use self::original::OriginalRecipient;
pub use self::submitter::Submitter;
pub use self::time::{DateTime, Unsupported, ValidSince};

pub(crate) use self::body::size;
pub(crate) use self::read::{mail_parameters, parameters, single_spaced};

/// A keyword with or without a value.
///
/// ```abnf
/// esmtp-param   = esmtp-keyword ["=" esmtp-value]        ; RFC 5321 section 4.1.2
/// esmtp-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")
/// esmtp-value   = 1*(%d33-60 / %d62-126 / UTF8-non-ascii)        ; RFC 6531 section 3.3
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter<'a> {
    keyword: &'a str,
    value: Option<Cow<'a, str>>,
}

impl<'a> Parameter<'a> {
    /// `SMTPUTF8`: addresses and header may have all letters (RFC 6531 section 3.4).
    pub const SMTPUTF8: Self = Self::flag("SMTPUTF8");
    /// `REQUIRETLS`: the message must not be sent without TLS (RFC 8689 section 2).
    pub const REQUIRETLS: Self = Self::flag("REQUIRETLS");
    /// `CONPERM`: the content may be converted (RFC 4141).
    pub const CONPERM: Self = Self::flag("CONPERM");

    /// A parameter of ours; `None` if it could not be sent. A value that may be anything is sent as [`crate::xtext`].
    pub fn new(keyword: &'a str, value: Option<&'a str>) -> Option<Self> {
        let is_value = |value: &str| !value.is_empty() && value.bytes().all(|octet| is(octet, class::VALUE));
        let valid = is_keyword(keyword) && value.is_none_or(is_value);
        let value = value.map(Cow::Borrowed);
        valid.then_some(Self { keyword, value })
    }

    /// `SIZE=`: how many octets the message is going to have (RFC 1870).
    pub fn size(octets: u64) -> Self {
        Self::of("SIZE", octets)
    }

    /// A parameter whose value is known to be one.
    fn of(keyword: &'a str, value: impl fmt::Display) -> Self {
        let value = Some(Cow::Owned(value.to_string()));
        Self { keyword, value }
    }

    const fn flag(keyword: &'a str) -> Self {
        let value = None;
        Self { keyword, value }
    }

    /// The keyword as it was spelled.
    pub const fn keyword(&self) -> &'a str {
        self.keyword
    }

    /// What follows the `=`.
    pub fn value(&self) -> Option<&str> {
        self.value.as_deref()
    }

    /// Whether this is the parameter `keyword`.
    pub const fn is(&self, keyword: &str) -> bool {
        self.keyword.eq_ignore_ascii_case(keyword)
    }

    /// Takes apart what is known to be one.
    fn split(text: &'a str) -> Self {
        match text.split_once('=') {
            Some((keyword, value)) => Self {
                keyword,
                value: Some(Cow::Borrowed(value)),
            },
            None => Self::flag(text),
        }
    }
}

impl fmt::Display for Parameter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.keyword)?;
        match &self.value {
            Some(value) => write!(f, "={value}"),
            None => Ok(()),
        }
    }
}

/// A value that a parameter can have.
trait Value<'a>: Sized {
    const KEYWORD: &'static str;

    /// Reads what follows the `=`. The offset of an error is in it.
    fn read(value: &'a str) -> Result<Self, ParseError>;
}

pub(crate) fn is_keyword(text: &str) -> bool {
    !text.is_empty() && !text.starts_with('-') && text.bytes().all(|octet| is(octet, class::KEYWORD))
}

#[cfg(test)]
mod tests;
