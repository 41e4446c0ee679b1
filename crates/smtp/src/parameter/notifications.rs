//! What is asked of notifications (RFC 3461): NOTIFY, RET and ENVID.

use std::borrow::Cow;
use std::fmt;

use super::{Parameter, Value};
use crate::Limit;
use crate::parse::{ErrorKind, ParseError};
use crate::xtext;

/// When the sender wants to hear of a recipient: `NOTIFY=`.
///
/// ```abnf
/// notify-esmtp-value  = "NEVER" / 1#notify-list-element        ; RFC 3461 section 4.1
/// notify-list-element = "SUCCESS" / "FAILURE" / "DELAY"
/// ```
///
/// ```
/// use gatepost_smtp::parameter::Notify;
///
/// let notify = Notify::FAILURE.and(Notify::DELAY);
/// assert!(notify.contains(Notify::DELAY) && !notify.contains(Notify::SUCCESS));
/// assert_eq!(notify.to_string(), "FAILURE,DELAY");
/// assert!(Notify::NEVER.is_never());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Notify(u8);

impl Notify {
    /// Not at all.
    pub const NEVER: Self = Self(0);
    /// Once the message is delivered.
    pub const SUCCESS: Self = Self(1);
    /// If it cannot be delivered.
    pub const FAILURE: Self = Self(2);
    /// If it takes its time.
    pub const DELAY: Self = Self(4);

    const NAMES: [(&'static str, Self); 3] = [
        ("SUCCESS", Self::SUCCESS),
        ("FAILURE", Self::FAILURE),
        ("DELAY", Self::DELAY),
    ];

    /// In the cases of both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all cases of `other` are among these.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether there is no case.
    pub const fn is_never(self) -> bool {
        self.0 == 0
    }
}

impl Value<'_> for Notify {
    const KEYWORD: &'static str = "NOTIFY";

    fn read(value: &str) -> Result<Self, ParseError> {
        if value.eq_ignore_ascii_case("NEVER") {
            return Ok(Self::NEVER);
        }
        let mut all = Self::NEVER;
        let mut offset = 0;
        for element in value.split(',') {
            let mut names = Self::NAMES.into_iter();
            let known = names.find(|(name, _)| element.eq_ignore_ascii_case(name));
            let expected = "SUCCESS, FAILURE or DELAY, or NEVER alone";
            let (_, one) = known.ok_or_else(|| ParseError::syntax(offset, expected))?;
            all = all.and(one);
            offset += element.len() + ",".len();
        }
        Ok(all)
    }
}

impl fmt::Display for Notify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_never() {
            return f.write_str("NEVER");
        }
        let mut comma = "";
        for (name, _) in Self::NAMES.into_iter().filter(|(_, one)| self.contains(*one)) {
            write!(f, "{comma}{name}")?;
            comma = ",";
        }
        Ok(())
    }
}

impl From<Notify> for Parameter<'static> {
    fn from(notify: Notify) -> Self {
        Self::of(Notify::KEYWORD, notify)
    }
}

/// What a notification of a failure brings back of the message: `RET=` (RFC 3461 section 4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Return {
    /// `FULL`: all of it.
    Full,
    /// `HDRS`: its header.
    Headers,
}

impl Value<'_> for Return {
    const KEYWORD: &'static str = "RET";

    fn read(value: &str) -> Result<Self, ParseError> {
        match value {
            value if value.eq_ignore_ascii_case("FULL") => Ok(Self::Full),
            value if value.eq_ignore_ascii_case("HDRS") => Ok(Self::Headers),
            _ => Err(ParseError::syntax(0, "FULL or HDRS")),
        }
    }
}

impl fmt::Display for Return {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "FULL",
            Self::Headers => "HDRS",
        })
    }
}

impl From<Return> for Parameter<'static> {
    fn from(what: Return) -> Self {
        Self::of(Return::KEYWORD, what)
    }
}

/// What the sender calls a message, for notifications to name it: `ENVID=`, at most 100 octets of [`crate::xtext`]
/// (RFC 3461 section 4.4).
///
/// ```
/// use gatepost_smtp::parameter::EnvelopeId;
///
/// let id = EnvelopeId::new("a = b").unwrap();
/// assert_eq!((id.as_str(), id.to_string()), ("a = b", "a+20+3D+20b".to_owned()));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EnvelopeId<'a>(Cow<'a, str>);

impl<'a> EnvelopeId<'a> {
    const LONGEST: usize = 100;

    /// A name of printable ASCII.
    ///
    /// # Errors
    /// Where it is none.
    pub fn new(name: &'a str) -> Result<Self, ParseError> {
        let id = Self(printable(Cow::Borrowed(name))?);
        within(id.to_string().len(), Self::LONGEST)?;
        Ok(id)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name without a borrow.
    pub fn into_owned(self) -> EnvelopeId<'static> {
        EnvelopeId(Cow::Owned(self.0.into_owned()))
    }
}

impl<'a> Value<'a> for EnvelopeId<'a> {
    const KEYWORD: &'static str = "ENVID";

    fn read(value: &'a str) -> Result<Self, ParseError> {
        within(value.len(), Self::LONGEST)?;
        Ok(Self(printable(xtext::text(value)?)?))
    }
}

impl fmt::Display for EnvelopeId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&xtext::encode(self.0.as_bytes()))
    }
}

impl From<EnvelopeId<'_>> for Parameter<'static> {
    fn from(id: EnvelopeId<'_>) -> Self {
        Self::of(EnvelopeId::KEYWORD, id)
    }
}

/// Text of ASCII without control characters, but with something in it.
pub(super) fn printable(text: Cow<'_, str>) -> Result<Cow<'_, str>, ParseError> {
    let wrong = text.bytes().position(|octet| !matches!(octet, b' '..=b'~'));
    match wrong {
        None if !text.is_empty() => Ok(text),
        offset => Err(ParseError::syntax(offset.unwrap_or(0), "printable ASCII")),
    }
}

pub(super) fn within(octets: usize, most: usize) -> Result<(), ParseError> {
    if octets <= most {
        return Ok(());
    }
    Err(ParseError {
        kind: ErrorKind::Limit(Limit::Value),
        offset: most,
        expected: "a shorter value",
    })
}
