//! XCLIENT: telling a server that trusts us for whom we are here.
//!
//! ```abnf
//! xclient-command = "XCLIENT" 1*( SP attribute-name "=" attribute-value )    ; Postfix, XCLIENT_README
//! attribute-value = xtext                                                   ; RFC 3461 section 4
//! ```
//!
//! All is said in one command: with each Postfix forgets the user of the one before.

use bytes::BytesMut;

use super::COMMAND_LINE;
use crate::command::{Attribute, Attributes};
use crate::{Command, Extensions};

/// The order of sending. What comes first is the first to be left out.
const ORDER: [&str; 6] = ["HELO", "PROTO", "PORT", "NAME", "ADDR", "LOGIN"];

/// What XCLIENT says. The user is let in as what it says, so who must be named has to be among what is `required`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Xclient {
    /// A server that does not list one of these is not told anything, and not used. LOGIN, ADDR, PORT and PROTO have
    /// room in the command whatever they say; with NAME or HELO it may be too long, and then no server is used.
    pub required: Vec<Attribute>,
    /// Of these a server is told what it lists and what there is room for, HELO least of all.
    pub wanted: Vec<Attribute>,
}

impl Xclient {
    pub(super) fn is_offered(&self, extensions: &Extensions) -> bool {
        let mut required = self.required.iter();
        !self.required.is_empty()
            && length(&self.required) <= COMMAND_LINE
            && required.all(|attribute| is_listed(attribute, extensions))
    }

    /// The command for this server.
    pub(super) fn encode(&self, extensions: &Extensions, out: &mut BytesMut) {
        let mut said = self.said(extensions).into_iter();
        let Some(mut attributes) = said.next().map(Attributes::new) else {
            return;
        };
        for attribute in said {
            // Each name is there once.
            let _ = attributes.push(attribute.clone());
        }
        Command::Xclient(attributes).encode(out);
    }

    /// Each attribute once.
    fn said(&self, extensions: &Extensions) -> Vec<&Attribute> {
        let mut wanted: Vec<&Attribute> = self.wanted.iter().collect();
        wanted.sort_by_key(|attribute| place(attribute));
        wanted.retain(|attribute| is_listed(attribute, extensions));
        let mut said: Vec<&Attribute> = Vec::new();
        for attribute in self.required.iter().chain(wanted.into_iter().rev()) {
            let is_new = said.iter().all(|known| known.name() != attribute.name());
            let all = said.iter().copied().chain([attribute]);
            if is_new && length(all) <= COMMAND_LINE {
                said.push(attribute);
            }
        }
        said.sort_by_key(|attribute| place(attribute));
        said
    }
}

/// The octets of a command that says these.
fn length<'a>(attributes: impl IntoIterator<Item = &'a Attribute>) -> usize {
    let each = attributes.into_iter();
    let said: usize = each.map(|attribute| format!(" {attribute}").len()).sum();
    "XCLIENT\r\n".len() + said
}

fn is_listed(attribute: &Attribute, extensions: &Extensions) -> bool {
    let listed = extensions.get("XCLIENT").unwrap_or_default();
    let mut names = listed.split_ascii_whitespace();
    names.any(|name| name.eq_ignore_ascii_case(attribute.name()))
}

fn place(attribute: &Attribute) -> Option<usize> {
    ORDER.iter().position(|name| *name == attribute.name())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::{InvalidAttribute, Protocol};

    /// What a server that lists everything is told.
    fn sent(required: &[Attribute], wanted: &[Attribute]) -> String {
        let xclient = Xclient {
            required: required.to_vec(),
            wanted: wanted.to_vec(),
        };
        let everything = Extensions::new().with("XCLIENT", "NAME ADDR PORT PROTO HELO LOGIN");
        assert!(xclient.is_offered(&everything));
        let mut out = BytesMut::new();
        xclient.encode(&everything, &mut out);
        assert!(out.len() <= 512);
        String::from_utf8(out.to_vec()).unwrap()
    }

    /// The names of what it is told.
    fn names(required: &[Attribute], wanted: &[Attribute]) -> String {
        let sent = sent(required, wanted);
        let words = sent.split(' ').skip(1);
        let names: Vec<&str> = words.map(|word| &word[..word.find('=').unwrap()]).collect();
        names.join(" ")
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
            "XCLIENT HELO=[UNAVAILABLE] PROTO=ESMTP PORT=1 ADDR=192.0.2.1 LOGIN=j+C3+B6rg+2Bx+3Dy+20z\r\n"
        );
        for (address, value) in [
            ("2001:db8::1", "IPV6:2001:db8::1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
        ] {
            assert_eq!(Attribute::address(address.parse().unwrap()).as_xtext(), value);
        }
    }

    #[test]
    fn a_user_is_never_nobody() {
        let long = "x".repeat(256);
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
    fn what_has_no_room_is_left_out() {
        let longest = "x".repeat(255);
        let address = "1111:2222:3333:4444:5555:6666:7777:8888".parse().unwrap();
        let required = [
            Attribute::login(&longest).unwrap(),
            Attribute::address(address),
            Attribute::port(65535),
            Attribute::protocol(Protocol::Esmtp),
        ];
        let helo = |octets: usize| Attribute::helo(Some(&longest[..octets])).unwrap();
        let host = |octets: usize| Attribute::host(Some(&longest[..octets])).unwrap();
        for (wanted, said) in [
            (vec![helo(255)], "PROTO PORT ADDR LOGIN"),
            (vec![helo(163)], "PROTO PORT ADDR LOGIN"),
            (vec![helo(162)], "HELO PROTO PORT ADDR LOGIN"),
            (vec![helo(100), host(100)], "PROTO PORT NAME ADDR LOGIN"),
            (vec![helo(100), host(200)], "HELO PROTO PORT ADDR LOGIN"),
            (vec![helo(50), host(50)], "HELO PROTO PORT NAME ADDR LOGIN"),
        ] {
            assert_eq!(names(&required, &wanted), said, "{wanted:?}");
        }
    }

    #[test]
    fn what_is_required_is_not_left_out() {
        let longest = "x".repeat(255);
        let mut xclient = Xclient {
            required: vec![
                Attribute::login(&longest).unwrap(),
                Attribute::helo(Some(&longest)).unwrap(),
            ],
            wanted: Vec::new(),
        };
        let everything = Extensions::new().with("XCLIENT", "HELO LOGIN");
        assert!(!xclient.is_offered(&everything));
        xclient.required.pop();
        assert!(xclient.is_offered(&everything));
    }
}
