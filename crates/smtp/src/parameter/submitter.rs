//! Who submitted the message: AUTH.

use std::borrow::Cow;
use std::fmt;

use super::{Parameter, Value};
use crate::Mailbox;
use crate::parse::ParseError;
use crate::xtext;

/// Who submitted a message, as far as a server that is trusted says so: `AUTH=`, a mailbox or `<>` as
/// [`crate::xtext`] (RFC 4954 section 5).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Submitter<'a> {
    /// `<>`: nobody knows, or nobody may be told.
    Unknown,
    /// The mailbox of the submitter.
    Mailbox(Mailbox<'a>),
}

impl Submitter<'_> {
    /// The submitter without a borrow.
    pub fn into_owned(self) -> Submitter<'static> {
        match self {
            Self::Unknown => Submitter::Unknown,
            Self::Mailbox(mailbox) => Submitter::Mailbox(mailbox.into_owned()),
        }
    }
}

impl<'a> Value<'a> for Submitter<'a> {
    const KEYWORD: &'static str = "AUTH";

    /// The offset of an error in the mailbox is in what was decoded.
    fn read(value: &'a str) -> Result<Self, ParseError> {
        Ok(match xtext::decode(value)? {
            text if *text == *b"<>" => Self::Unknown,
            Cow::Borrowed(text) => Self::Mailbox(Mailbox::parse(text)?),
            Cow::Owned(text) => Self::Mailbox(Mailbox::parse(&text)?.into_owned()),
        })
    }
}

impl fmt::Display for Submitter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("<>"),
            Self::Mailbox(mailbox) => f.write_str(&xtext::encode(mailbox.to_string().as_bytes())),
        }
    }
}

impl From<Submitter<'_>> for Parameter<'static> {
    fn from(submitter: Submitter<'_>) -> Self {
        Self::of(Submitter::KEYWORD, submitter)
    }
}
