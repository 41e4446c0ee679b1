//! Attributes of XCLIENT and XFORWARD, and their values.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

use crate::xtext;

/// What is sent for a value that is not known.
const UNAVAILABLE: &str = "[UNAVAILABLE]";
/// What is sent for a value that is not known yet.
const TEMPUNAVAIL: &str = "[TEMPUNAVAIL]";
/// The longest value in octets as it is sent. Postfix refuses longer ones.
const LONGEST: usize = 255;

/// The value of an attribute, or why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Known<T> {
    /// The value.
    Value(T),
    /// `[UNAVAILABLE]`: there is none.
    Unavailable,
    /// `[TEMPUNAVAIL]`: it could not be found out now.
    TemporarilyUnavailable,
}

/// What a text says once it is decoded.
pub(super) fn known(text: Cow<'_, str>) -> Known<Cow<'_, str>> {
    match text {
        text if text.eq_ignore_ascii_case(UNAVAILABLE) => Known::Unavailable,
        text if text.eq_ignore_ascii_case(TEMPUNAVAIL) => Known::TemporarilyUnavailable,
        text => Known::Value(text),
    }
}

/// The protocol that the client spoke: the attribute PROTO.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// It said HELO.
    Smtp,
    /// It said EHLO.
    Esmtp,
}

impl Protocol {
    const NAMES: [(&'static str, Self); 2] = [("SMTP", Self::Smtp), ("ESMTP", Self::Esmtp)];

    pub(super) fn of(text: &str) -> Option<Self> {
        find(Self::NAMES, text)
    }
}

/// Where a message comes from: the attribute SOURCE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// The machine itself.
    Local,
    /// Somewhere else.
    Remote,
}

impl Source {
    const NAMES: [(&'static str, Self); 2] = [("LOCAL", Self::Local), ("REMOTE", Self::Remote)];

    pub(super) fn of(text: &str) -> Option<Self> {
        find(Self::NAMES, text)
    }
}

fn find<T>(names: [(&'static str, T); 2], text: &str) -> Option<T> {
    let mut names = names.into_iter();
    names
        .find(|(name, _)| text.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

/// An address: IPv6 with `IPV6:` before it.
pub(super) fn address(text: &str) -> Option<IpAddr> {
    match text.split_at_checked("IPV6:".len()) {
        Some((tag, address)) if tag.eq_ignore_ascii_case("IPV6:") => address.parse().ok().map(IpAddr::V6),
        _ => text.parse().ok().map(IpAddr::V4),
    }
}

/// An attribute of XCLIENT or XFORWARD with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    name: &'static str,
    /// As xtext.
    value: String,
}

/// A value that an attribute cannot carry: empty, too long, with control characters, or a word that means no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a value for the attribute {name}")]
pub struct InvalidAttribute {
    /// The attribute.
    pub name: &'static str,
}

impl Attribute {
    /// LOGIN: the user, who is logged in with this.
    ///
    /// # Errors
    /// [`InvalidAttribute`].
    pub fn login(user: &str) -> Result<Self, InvalidAttribute> {
        Self::text("LOGIN", user)
    }

    /// ADDR: the client's address.
    pub fn address(address: IpAddr) -> Self {
        Self::of_address("ADDR", address)
    }

    /// PORT: the client's port.
    pub fn port(port: u16) -> Self {
        Self::of("PORT", &port)
    }

    /// DESTADDR: the address that the client connected to.
    pub fn destination(address: IpAddr) -> Self {
        Self::of_address("DESTADDR", address)
    }

    /// DESTPORT: the port that the client connected to.
    pub fn destination_port(port: u16) -> Self {
        Self::of("DESTPORT", &port)
    }

    /// PROTO: the client's protocol.
    pub fn protocol(protocol: Protocol) -> Self {
        Self::of(
            "PROTO",
            match protocol {
                Protocol::Smtp => &"SMTP",
                Protocol::Esmtp => &"ESMTP",
            },
        )
    }

    /// SOURCE: where the message comes from.
    pub fn source(source: Source) -> Self {
        Self::of(
            "SOURCE",
            match source {
                Source::Local => &"LOCAL",
                Source::Remote => &"REMOTE",
            },
        )
    }

    /// HELO: what the client said in HELO or EHLO; `None` if that is not known.
    ///
    /// # Errors
    /// [`InvalidAttribute`].
    pub fn helo(name: Option<&str>) -> Result<Self, InvalidAttribute> {
        Self::optional("HELO", name)
    }

    /// NAME: the host name of the client's address; `None` if that is not known.
    ///
    /// # Errors
    /// [`InvalidAttribute`].
    pub fn host(name: Option<&str>) -> Result<Self, InvalidAttribute> {
        Self::optional("NAME", name)
    }

    /// IDENT: what the message is called in the log; `None` if that is not known.
    ///
    /// # Errors
    /// [`InvalidAttribute`].
    pub fn ident(name: Option<&str>) -> Result<Self, InvalidAttribute> {
        Self::optional("IDENT", name)
    }

    /// The name of the attribute.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The value as it is sent.
    pub fn as_xtext(&self) -> &str {
        &self.value
    }

    /// A value of digits, letters and colons.
    fn of(name: &'static str, value: &dyn fmt::Display) -> Self {
        let value = value.to_string();
        Self { name, value }
    }

    fn of_address(name: &'static str, address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::of(name, &address),
            IpAddr::V6(address) => Self::of(name, &format_args!("IPV6:{address}")),
        }
    }

    fn optional(name: &'static str, text: Option<&str>) -> Result<Self, InvalidAttribute> {
        match text {
            Some(text) => Self::text(name, text),
            None => Ok(Self::of(name, &UNAVAILABLE)),
        }
    }

    fn text(name: &'static str, text: &str) -> Result<Self, InvalidAttribute> {
        let value = xtext::encode(text.as_bytes());
        let means_nothing = text.is_empty() || !matches!(known(Cow::Borrowed(text)), Known::Value(_));
        if means_nothing || value.len() > LONGEST || text.contains(char::is_control) {
            return Err(InvalidAttribute { name });
        }
        Ok(Self { name, value })
    }
}

/// `NAME=value`
impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.name, self.value)
    }
}
