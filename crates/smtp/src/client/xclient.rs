//! XCLIENT: telling a server that trusts us for whom we are here.
//!
//! ```abnf
//! xclient-command = "XCLIENT" 1*( SP attribute-name "=" attribute-value )    ; Postfix, XCLIENT_README
//! attribute-value = xtext                                                   ; RFC 3461 section 4
//! ```

use std::collections::VecDeque;
use std::net::IpAddr;

use bytes::BytesMut;

use super::COMMAND_LINE;
use crate::{Extensions, xtext};

/// What is sent for a value that is not known.
const UNAVAILABLE: &str = "[UNAVAILABLE]";
/// The longest value in octets as it is sent, so that a command has room for each attribute.
const VALUE: usize = 480;

/// What XCLIENT says. The user is let in as what it says, so who must be named has to be among what is `required`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Xclient {
    /// A server that does not list one of these is not told anything, and not used.
    pub required: Vec<Attribute>,
    /// Of these a server is told what it lists.
    pub wanted: Vec<Attribute>,
}

impl Xclient {
    pub(super) fn is_offered(&self, extensions: &Extensions) -> bool {
        !self.required.is_empty()
            && self
                .required
                .iter()
                .all(|attribute| attribute.is_listed(extensions))
    }

    /// What this server is to be told, in the order of sending. An address comes last: a server may decide by it who
    /// may say XCLIENT.
    pub(super) fn unsaid(&self, extensions: &Extensions) -> VecDeque<Attribute> {
        let wanted = self
            .wanted
            .iter()
            .filter(|attribute| attribute.is_listed(extensions));
        let (last, first): (Vec<&Attribute>, Vec<&Attribute>) = self
            .required
            .iter()
            .chain(wanted)
            .partition(|attribute| attribute.is_place());
        first.into_iter().chain(last).cloned().collect()
    }
}

/// An attribute of XCLIENT with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    name: &'static str,
    /// As xtext.
    value: String,
}

/// The protocol that the client spoke: the attribute PROTO.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// It said HELO.
    Smtp,
    /// It said EHLO.
    Esmtp,
}

/// A value that XCLIENT cannot carry: empty, too long, with control characters, or a word that means no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a value for XCLIENT's {name}")]
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
        let value = match address.to_canonical() {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("IPV6:{address}"),
        };
        Self { name: "ADDR", value }
    }

    /// PORT: the client's port.
    pub fn port(port: u16) -> Self {
        Self {
            name: "PORT",
            value: port.to_string(),
        }
    }

    /// PROTO: the client's protocol.
    pub fn protocol(protocol: Protocol) -> Self {
        let value = match protocol {
            Protocol::Smtp => "SMTP",
            Protocol::Esmtp => "ESMTP",
        };
        Self {
            name: "PROTO",
            value: value.to_owned(),
        }
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

    /// The name of the attribute.
    pub fn name(&self) -> &'static str {
        self.name
    }

    fn optional(name: &'static str, text: Option<&str>) -> Result<Self, InvalidAttribute> {
        match text {
            Some(text) => Self::text(name, text),
            None => Ok(Self {
                name,
                value: UNAVAILABLE.to_owned(),
            }),
        }
    }

    fn text(name: &'static str, text: &str) -> Result<Self, InvalidAttribute> {
        let value = xtext::encode(text.as_bytes());
        let reserved = [UNAVAILABLE, "[TEMPUNAVAIL]"];
        let means_nothing = text.is_empty() || reserved.iter().any(|word| text.eq_ignore_ascii_case(word));
        if means_nothing || value.len() > VALUE || text.contains(char::is_control) {
            return Err(InvalidAttribute { name });
        }
        Ok(Self { name, value })
    }

    pub(super) fn is_listed(&self, extensions: &Extensions) -> bool {
        let listed = extensions.get("XCLIENT").unwrap_or_default();
        let mut names = listed.split_ascii_whitespace();
        names.any(|name| name.eq_ignore_ascii_case(self.name))
    }

    fn is_place(&self) -> bool {
        matches!(self.name, "ADDR" | "NAME" | "PORT")
    }

    fn len(&self) -> usize {
        " =".len() + self.name.len() + self.value.len()
    }
}

/// Sends as many attributes as one command holds.
pub(super) fn send(unsaid: &mut VecDeque<Attribute>, out: &mut BytesMut) {
    let mut room = COMMAND_LINE - "XCLIENT\r\n".len();
    out.extend_from_slice(b"XCLIENT");
    while let Some(attribute) = unsaid.pop_front_if(|attribute| attribute.len() <= room) {
        room -= attribute.len();
        out.extend_from_slice(format!(" {}={}", attribute.name, attribute.value).as_bytes());
    }
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(attributes: impl IntoIterator<Item = Attribute>) -> Vec<String> {
        let mut unsaid: VecDeque<Attribute> = attributes.into_iter().collect();
        let mut lines = Vec::new();
        while !unsaid.is_empty() {
            let mut out = BytesMut::new();
            send(&mut unsaid, &mut out);
            assert!(out.len() <= 512);
            lines.push(String::from_utf8(out.to_vec()).unwrap());
        }
        lines
    }

    #[test]
    fn values_are_xtext() {
        let attributes = [
            Attribute::login("j\u{f6}rg+x=y z").unwrap(),
            Attribute::protocol(Protocol::Esmtp),
            Attribute::helo(None).unwrap(),
            Attribute::port(1),
            Attribute::address("192.0.2.1".parse().unwrap()),
        ];
        assert_eq!(
            sent(attributes),
            ["XCLIENT LOGIN=j+C3+B6rg+2Bx+3Dy+20z PROTO=ESMTP HELO=[UNAVAILABLE] PORT=1 ADDR=192.0.2.1\r\n"]
        );
        for (address, value) in [
            ("2001:db8::1", "IPV6:2001:db8::1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
        ] {
            assert_eq!(Attribute::address(address.parse().unwrap()).value, value);
        }
    }

    #[test]
    fn a_user_is_never_nobody() {
        let long = "x".repeat(481);
        for wrong in [
            "",
            "[UNAVAILABLE]",
            "[unavailable]",
            "[TempUnavail]",
            "a\r\nb",
            "\0",
            &long,
        ] {
            assert_eq!(Attribute::login(wrong), Err(InvalidAttribute { name: "LOGIN" }));
            assert!(Attribute::helo(Some(wrong)).is_err());
        }
    }

    #[test]
    fn what_is_too_long_for_one_command_takes_more() {
        let attributes = [
            Attribute::login(&"x".repeat(480)).unwrap(),
            Attribute::helo(Some(&"h".repeat(300))).unwrap(),
            Attribute::host(Some(&"n".repeat(180))).unwrap(),
            Attribute::port(65535),
            Attribute::address("2001:db8::1".parse().unwrap()),
        ];
        let lines = sent(attributes);
        let starts: Vec<&str> = lines.iter().map(|line| &line[8..13]).collect();
        assert_eq!(starts, ["LOGIN", "HELO=", "ADDR="]);
    }
}
