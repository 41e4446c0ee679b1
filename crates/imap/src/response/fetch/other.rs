//! Items that are not known, or not as they are.

use std::fmt;

use bytes::Bytes;

use super::name::Name;
use crate::parse::octets::{self, ATOM};
use crate::parse::{Cursor, Parsing};
use crate::types::{Invalid, Value};
use crate::write::{Write, Writer};

/// An item that is none of the other variants of [`super::Item`].
///
/// Its name may have brackets behind it, as in `X-PART[1.2]<0>`.
#[derive(Clone, PartialEq, Eq)]
pub struct OtherItem {
    name: Bytes,
    value: Value,
}

impl OtherItem {
    /// The item that is called `name`.
    ///
    /// # Errors
    /// If that is no name, or one of those that are items of their own.
    pub fn new(name: impl Into<Bytes>, value: Value) -> Result<Self, Invalid> {
        let name = name.into();
        let length = name_length(&name);
        let is_known = name.get(..length).is_none_or(|word| Name::known(word).is_some());
        match label_length(&name) == Some(name.len()) && !is_known {
            true => Ok(Self { name, value }),
            false => Err(Invalid { what: "item" }),
        }
    }

    pub(super) const fn from_valid(name: Bytes, value: Value) -> Self {
        Self { name, value }
    }

    /// The name, as it was spelled.
    pub fn name(&self) -> &str {
        // Made of ASCII only.
        std::str::from_utf8(&self.name).unwrap_or_default()
    }

    /// What is told.
    pub const fn value(&self) -> &Value {
        &self.value
    }
}

/// An item that is known, but not as it is.
///
/// The value may be read token by token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadableItem(OtherItem);

impl UnreadableItem {
    pub(super) const fn from_valid(name: Bytes, value: Value) -> Self {
        Self(OtherItem::from_valid(name, value))
    }

    /// The name, as it was spelled.
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// What is told.
    pub const fn value(&self) -> &Value {
        self.0.value()
    }
}

/// Up to where the name of an item goes, without brackets.
fn name_length(octets: &[u8]) -> usize {
    let is_end = |&octet: &u8| octet == b'[' || !octets::is(octet, ATOM);
    octets.iter().position(is_end).unwrap_or(octets.len())
}

/// Up to where the name of an item goes, with brackets and what stands behind these.
fn label_length(octets: &[u8]) -> Option<usize> {
    let name = name_length(octets);
    let rest = octets.get(name..).filter(|_| name > 0)?;
    let Some(inner) = rest.strip_prefix(b"[") else {
        return Some(name);
    };
    let end = inner
        .iter()
        .position(|octet| !matches!(octet, b' '..=b'~' if !matches!(octet, b'"' | b'{' | b']')))?;
    let behind = inner.get(end..)?.strip_prefix(b"]")?;
    Some(octets.len() - behind.len() + octets::span(behind, ATOM))
}

impl fmt::Debug for OtherItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.name(), self.value)
    }
}

impl<'a> Cursor<'a> {
    /// The name of an item without brackets, which may be nothing.
    pub(super) fn fetch_name(&mut self) -> &'a [u8] {
        let name = self.rest().get(..name_length(self.rest())).unwrap_or_default();
        self.advance(name.len());
        name
    }

    /// A name, a space and a value.
    #[cold]
    pub(super) fn unknown_item(&mut self) -> Parsing<(Bytes, Value)> {
        let rest = self.rest();
        let Some(name) = label_length(rest).and_then(|length| rest.get(..length)) else {
            return self.expected("the name of an item");
        };
        self.advance(name.len());
        self.space()?;
        Ok((self.bytes(name), self.value()?))
    }
}

impl Write for OtherItem {
    fn write(&self, out: &mut Writer<'_>) {
        out.put(&self.name);
        out.put(b" ");
        self.value.write(out);
    }
}

impl Write for UnreadableItem {
    fn write(&self, out: &mut Writer<'_>) {
        self.0.write(out);
    }
}
