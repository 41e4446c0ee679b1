//! The Message-ID, or another field, of a message that goes by (RFC 5322 section 3.6.4).
//!
//! ```abnf
//! message-id = "Message-ID:" msg-id CRLF
//! msg-id     = [CFWS] "<" id-left "@" id-right ">" [CFWS]
//! ```
//!
//! What is taken is the body of the first such field, unfolded, without the white space around it, whatever it is.

use memchr::memchr;

/// How much of a message's start is looked at, in octets.
const LOOKED_AT: usize = 16 * 1024;

/// The longest body of a field that is taken, in octets.
const LONGEST: usize = 1024;

const NAME: &[u8] = b"message-id";

/// Looks for the field in octets that arrive in pieces of any size. Nothing else of them is kept.
#[derive(Debug)]
pub(crate) struct Finder {
    name: &'static [u8],
    place: Place,
    /// How many octets may still be looked at.
    left: usize,
    body: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In the name of a field, of which so many octets are those of the one that is looked for.
    Name(usize),
    /// Behind the name, where old mail may have white space before the colon.
    Colon,
    /// In a line that does not matter.
    Other,
    Body,
    /// Behind a line of the body: white space says that it goes on.
    Behind,
    /// The body is whole.
    Found,
    /// There is none.
    Missing,
}

impl Finder {
    pub(crate) fn new() -> Self {
        Self::named(NAME)
    }

    /// Looks for another field, of a name in lower case.
    fn named(name: &'static [u8]) -> Self {
        Self {
            name,
            place: Place::Name(0),
            left: LOOKED_AT,
            body: Vec::new(),
        }
    }

    pub(crate) fn push(&mut self, octets: &[u8]) {
        let mut rest = octets.get(..self.left).unwrap_or(octets);
        self.left -= rest.len();
        while let Some((&octet, behind)) = rest.split_first() {
            rest = match self.place {
                Place::Found | Place::Missing => return,
                Place::Other => behind_line(rest)
                    .inspect(|_| self.place = Place::Name(0))
                    .unwrap_or_default(),
                place => {
                    self.place = self.step(place, octet);
                    behind
                }
            };
        }
        if self.left == 0 && self.place != Place::Found {
            self.place = Place::Missing;
        }
    }

    fn step(&mut self, place: Place, octet: u8) -> Place {
        match (place, octet) {
            // The end of the header.
            (Place::Name(0), b'\r' | b'\n') => Place::Missing,
            (Place::Name(known), octet) if self.is_next(known, octet) => match known + 1 {
                whole if whole == self.name.len() => Place::Colon,
                known => Place::Name(known),
            },
            (Place::Colon, b' ' | b'\t') => Place::Colon,
            (Place::Colon, b':') => Place::Body,
            (Place::Name(_) | Place::Colon, b'\n') => Place::Name(0),
            (Place::Behind, b' ' | b'\t') | (Place::Body, _) => self.body_octet(octet),
            (Place::Behind, _) => Place::Found,
            _ => Place::Other,
        }
    }

    fn body_octet(&mut self, octet: u8) -> Place {
        match octet {
            b'\r' => Place::Body,
            b'\n' => Place::Behind,
            _ if self.body.len() == LONGEST => Place::Missing,
            octet => {
                self.body.push(octet);
                Place::Body
            }
        }
    }

    fn is_next(&self, known: usize, octet: u8) -> bool {
        self.name
            .get(known)
            .is_some_and(|expected| expected.eq_ignore_ascii_case(&octet))
    }

    /// What was found if the message ends here. An empty body is none.
    pub(crate) fn finish(&self) -> Option<Box<[u8]>> {
        let whole = matches!(self.place, Place::Body | Place::Behind | Place::Found);
        let body = self.body.trim_ascii();
        (whole && !body.is_empty()).then(|| body.into())
    }
}

fn behind_line(octets: &[u8]) -> Option<&[u8]> {
    octets.get(memchr(b'\n', octets)? + 1..)
}

/// The Message-ID of a message that is here with its header.
pub(crate) fn of(message: &[u8]) -> Option<Box<[u8]>> {
    field_of(message, NAME)
}

/// The body of the first field of this name, which is in lower case.
pub(crate) fn field_of(message: &[u8], name: &'static [u8]) -> Option<Box<[u8]>> {
    let mut finder = Finder::named(name);
    finder.push(message);
    finder.finish()
}

/// The body of a Message-ID field as [`Finder::finish`] gives it.
pub(crate) fn unfolded(body: &[u8]) -> Vec<u8> {
    let octets = body.trim_ascii().iter().copied();
    octets.filter(|octet| !matches!(octet, b'\r' | b'\n')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same in one piece and octet by octet.
    fn found(message: &str) -> Option<String> {
        let mut finder = Finder::new();
        message.as_bytes().chunks(1).for_each(|piece| finder.push(piece));
        let (whole, pieces) = (of(message.as_bytes()), finder.finish());
        assert_eq!(whole, pieces, "{message}");
        whole.map(|body| String::from_utf8(body.into()).unwrap())
    }

    #[test]
    fn the_field_is_found_wherever_it_is() {
        for message in [
            "Message-ID: <a@b>\r\n\r\nbody",
            "message-id:<a@b>\r\n",
            "MESSAGE-ID \t:  <a@b> \t",
            "Message-ID: <a@b>",
            "Message-ID: <a@b>\r",
            "Message-ID: <a\r@b>\r\n",
            "Subject: x\r\n y\r\nMessage-ID:\r\n <a@b>\r\nTo: c\r\n\r\n",
            "Subject: x\nMessage-Id: <a@b>\n\n",
            "Message-ID: <a@b>\r\nMessage-ID: <c@d>\r\n\r\n",
            "Messag\r\nMessage-ID\r\nMessage-IDs: x\r\nMessage-ID: <a@b>\r\n",
        ] {
            assert_eq!(found(message).as_deref(), Some("<a@b>"), "{message}");
        }
        assert_eq!(found("Message-ID: <a\r\n\t@b>\r\n").as_deref(), Some("<a\t@b>"));
    }

    #[test]
    fn elsewhere_it_is_none() {
        for message in [
            "",
            "\r\nMessage-ID: <a@b>\r\n",
            "Subject: x\r\n\r\nMessage-ID: <a@b>\r\n",
            "Subject: x\n\nMessage-ID: <a@b>\r\n",
            "Subject: x\r\n Message-ID: <a@b>\r\n",
            "X-Message-ID: <a@b>\r\n",
            "Message-ID <a@b>\r\n",
            "Message-ID:\r\nTo: x\r\n",
            "Message-ID",
        ] {
            assert_eq!(found(message), None, "{message}");
        }
    }

    #[test]
    fn the_look_is_limited() {
        let filler = |octets: usize| format!("X: {}\r\n", "x".repeat(octets - 5));
        let field = "Message-ID: <a@b>\r\n";
        let last = LOOKED_AT - field.len() - 1;
        assert!(found(&format!("{}{field}\r\n", filler(last))).is_some());
        assert_eq!(found(&format!("{}{field}\r\n", filler(last + 1))), None);
        let long = format!("Message-ID:{}", "x".repeat(LONGEST));
        assert!(found(&long).is_some());
        assert_eq!(found(&format!("{long}x")), None);
    }

    #[test]
    fn what_is_compared_is_unfolded() {
        assert_eq!(unfolded(b" <a\r\n @b>\r\n"), b"<a @b>");
        assert_eq!(unfolded(b"<a\r@b>"), b"<a@b>");
        assert_eq!(unfolded(b"\t\r\n "), b"");
    }
}
