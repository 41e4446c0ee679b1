//! What stands behind AUTH.

use std::borrow::Cow;
use std::fmt;

use gatepost_wire::base64::{self, Base64Error};
use gatepost_wire::{Secret, base64::encode};

use crate::grammar::{class, is};
use crate::parse::{Allowance, Cursor, ParseError};

/// The name of a SASL mechanism.
///
/// ```abnf
/// sasl-mech = 1*20mech-char                                ; RFC 4422 section 3.1
/// mech-char = UPPER-ALPHA / DIGIT / HYPHEN / UNDERSCORE
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Mechanism<'a>(Cow<'a, str>);

impl<'a> Mechanism<'a> {
    const LONGEST: usize = 20;
    const EXPECTED: &'static str = "a mechanism";

    /// A name of a mechanism.
    ///
    /// # Errors
    /// Where it is none.
    pub fn new(name: &'a str) -> Result<Self, ParseError> {
        let wrong = name.bytes().position(|octet| !is(octet, class::MECHANISM));
        let is_long = name.len() > Self::LONGEST;
        match wrong.or_else(|| is_long.then_some(Self::LONGEST)) {
            None if !name.is_empty() => Ok(Self(Cow::Borrowed(name))),
            offset => Err(ParseError::syntax(offset.unwrap_or(0), Self::EXPECTED)),
        }
    }

    pub(super) fn read(cursor: &mut Cursor<'a, '_>) -> Result<Self, ParseError> {
        let (start, all) = (cursor.offset(), cursor.rest());
        let name = cursor.take(class::MECHANISM);
        let goes_on = cursor
            .peek()
            .is_some_and(|octet| is(octet, class::LOOSE_MECHANISM));
        if !goes_on && (1..=Self::LONGEST).contains(&name.len()) {
            return Ok(Self(Cow::Borrowed(name)));
        }
        cursor.move_to(all);
        let name = cursor.run(class::LOOSE_MECHANISM, Self::EXPECTED)?;
        if cursor.forgives_at(Allowance::Mechanism, start) {
            Ok(Self(Cow::Borrowed(name)))
        } else {
            Err(ParseError::syntax(
                start,
                "a mechanism of at most 20 letters, in upper case",
            ))
        }
    }

    /// The name as it was spelled.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the mechanism `name`.
    pub fn is(&self, name: &str) -> bool {
        self.0.eq_ignore_ascii_case(name)
    }

    /// The name without a borrow.
    pub fn into_owned(self) -> Mechanism<'static> {
        Mechanism(Cow::Owned(self.0.into_owned()))
    }
}

impl fmt::Display for Mechanism<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The initial response of `AUTH`, which may be a password.
///
/// ```abnf
/// initial-response = base64 / "="        ; "=" is the empty one, RFC 4954 sections 4 and 8
/// base64           = base64-terminal / ( 1*(4base64-char) [base64-terminal] )
/// base64-terminal  = (2base64-char "==") / (3base64-char "=")
/// ```
///
/// ```
/// use gatepost_smtp::command::Initial;
///
/// let initial = Initial::of(b"\0alice\0secret");
/// assert_eq!(initial.decode().unwrap().expose(), b"\0alice\0secret");
/// assert_eq!(Initial::of(b"").as_wire(), b"=");
/// ```
#[derive(Clone)]
pub struct Initial<'a>(Text<'a>);

/// Base64, or `=`.
#[derive(Clone)]
enum Text<'a> {
    Borrowed(&'a [u8]),
    /// Wiped once it is dropped.
    Owned(Secret),
}

impl Initial<'static> {
    /// The response `octets`.
    pub fn of(octets: &[u8]) -> Self {
        if octets.is_empty() {
            return Self::EMPTY;
        }
        let mut text = Vec::with_capacity(octets.len().div_ceil(3).saturating_mul(4));
        encode(octets, &mut text);
        Self(Text::Owned(Secret::new(text)))
    }
}

impl<'a> Initial<'a> {
    /// The empty response: `=`.
    pub const EMPTY: Self = Self(Text::Borrowed(b"="));

    pub(super) fn read(cursor: &mut Cursor<'a, '_>) -> Result<Self, ParseError> {
        let (start, all) = (cursor.offset(), cursor.rest());
        let letters = cursor.take(class::BASE64).len();
        let padding = usize::from(cursor.eat(b'=')) + usize::from(cursor.eat(b'='));
        let length = letters + padding;
        while cursor.eat(b'=') || !cursor.take(class::BASE64).is_empty() {}
        let text = cursor.since(all);
        if text.is_empty() {
            return Err(cursor.error("base64"));
        }
        let is_base64 = length.is_multiple_of(4) && text.len() == length;
        if text != "=" && !is_base64 {
            // What has a wrong letter is wrong there; what has a wrong end may be forgiven.
            cursor.end()?;
            if !cursor.forgives_at(Allowance::Base64, start) {
                return Err(ParseError::syntax(start, "base64"));
            }
        }
        Ok(Self(Text::Borrowed(text.as_bytes())))
    }

    /// Base64 as it stands in the command, or `=`.
    pub fn as_wire(&self) -> &[u8] {
        match &self.0 {
            Text::Borrowed(text) => text,
            Text::Owned(text) => text.expose(),
        }
    }

    /// The octets of the response.
    ///
    /// # Errors
    /// If it was read with [`Allowance::Base64`] and is none, or if it has bits that belong to no octet.
    pub fn decode(&self) -> Result<Secret, Base64Error> {
        match self.as_wire() {
            b"=" => Ok(Secret::from("")),
            text => base64::decode(text),
        }
    }

    /// The response without a borrow. It is wiped once it is dropped.
    pub fn into_owned(self) -> Initial<'static> {
        Initial(Text::Owned(match self.0 {
            Text::Borrowed(text) => Secret::from(text),
            Text::Owned(text) => text,
        }))
    }
}

impl PartialEq for Initial<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.as_wire() == other.as_wire()
    }
}

impl Eq for Initial<'_> {}

impl fmt::Debug for Initial<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Initial(..)")
    }
}
