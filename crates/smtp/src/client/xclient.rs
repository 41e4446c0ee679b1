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
/// The longest value in octets as it is sent. With it the user and an address are within one command.
const VALUE: usize = 400;
/// The order of sending. An address decides who may say XCLIENT, and each command makes Postfix forget a user of an
/// earlier one, so these come last.
const ORDER: [&str; 6] = ["HELO", "PROTO", "PORT", "NAME", "ADDR", "LOGIN"];

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

    /// What this server is to be told, command by command, the last as long as can be.
    pub(super) fn commands(&self, extensions: &Extensions) -> VecDeque<Saying> {
        let mut commands = VecDeque::from([Saying::default()]);
        for name in ORDER.iter().rev() {
            let mut known = self.required.iter().chain(&self.wanted);
            let Some(attribute) =
                known.find(|attribute| attribute.name == *name && attribute.is_listed(extensions))
            else {
                continue;
            };
            match commands.front_mut() {
                Some(command) if command.has_room_for(attribute) => command.0.push_front(attribute.clone()),
                _ => commands.push_front(Saying(VecDeque::from([attribute.clone()]))),
            }
        }
        commands
    }
}

/// What one command says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Saying(VecDeque<Attribute>);

impl Saying {
    fn has_room_for(&self, attribute: &Attribute) -> bool {
        let said: usize = self.0.iter().map(Attribute::len).sum();
        "XCLIENT\r\n".len() + said + attribute.len() <= COMMAND_LINE
    }

    pub(super) fn is_listed(&self, extensions: &Extensions) -> bool {
        self.0.iter().all(|attribute| attribute.is_listed(extensions))
    }

    pub(super) fn encode(&self, out: &mut BytesMut) {
        out.extend_from_slice(b"XCLIENT");
        for Attribute { name, value } in &self.0 {
            out.extend_from_slice(format!(" {name}={value}").as_bytes());
        }
        out.extend_from_slice(b"\r\n");
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

    fn len(&self) -> usize {
        " =".len() + self.name.len() + self.value.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a server that lists everything is told.
    fn sent(required: &[Attribute], wanted: &[Attribute]) -> Vec<String> {
        let xclient = Xclient {
            required: required.to_vec(),
            wanted: wanted.to_vec(),
        };
        let everything = Extensions::new().with("XCLIENT", "NAME ADDR PORT PROTO HELO LOGIN");
        let command = |saying: Saying| {
            let mut out = BytesMut::new();
            saying.encode(&mut out);
            assert!(out.len() <= 512);
            String::from_utf8(out.to_vec()).unwrap()
        };
        xclient.commands(&everything).into_iter().map(command).collect()
    }

    #[test]
    fn values_are_xtext() {
        let required = [
            Attribute::login("j\u{f6}rg+x=y z").unwrap(),
            Attribute::address("192.0.2.1".parse().unwrap()),
            Attribute::protocol(Protocol::Esmtp),
        ];
        let wanted = [
            Attribute::helo(None).unwrap(),
            Attribute::login("somebody else").unwrap(),
            Attribute::port(1),
        ];
        assert_eq!(
            sent(&required, &wanted),
            ["XCLIENT HELO=[UNAVAILABLE] PROTO=ESMTP PORT=1 ADDR=192.0.2.1 LOGIN=j+C3+B6rg+2Bx+3Dy+20z\r\n"]
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
        let long = "x".repeat(401);
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
    fn what_is_too_long_for_one_command_takes_more_and_the_user_comes_last() {
        let address = "1111:2222:3333:4444:5555:6666:7777:8888".parse().unwrap();
        let required = [
            Attribute::login(&"x".repeat(400)).unwrap(),
            Attribute::address(address),
        ];
        let wanted = [
            Attribute::helo(Some(&"h".repeat(300))).unwrap(),
            Attribute::host(Some(&"n".repeat(250))).unwrap(),
            Attribute::port(65535),
            Attribute::protocol(Protocol::Smtp),
        ];
        let names = |line: &String| {
            let words = line.split(' ').skip(1);
            words
                .map(|word| word[..word.find('=').unwrap()].to_owned())
                .collect::<Vec<_>>()
                .join(" ")
        };
        let lines: Vec<String> = sent(&required, &wanted).iter().map(names).collect();
        assert_eq!(lines, ["HELO", "PROTO PORT NAME", "ADDR LOGIN"]);
    }
}
