//! The start of a server's response: as much of it as says which rule may have to do with it.

use crate::Status;
use crate::frame::is_text_response;

/// Behind so many octets a response is passed on as one that no rule is for. Room for the longest tag, a status and
/// `[CAPABILITY`.
pub(super) const CAP: usize = 128;

/// What begins a list behind a status.
const CODE: &[u8] = b"[CAPABILITY";

/// What a response is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Its text announces no literal.
    Text,
    /// A list of capabilities follows, up to the end of the line.
    Capabilities,
    /// A list of capabilities follows, up to `]`; then text.
    CapabilityCode,
    /// Message data.
    Fetch,
    /// Anything else.
    Other,
}

/// What a response begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head<'a> {
    /// The first word: `*`, `+` or a tag.
    pub(super) first: &'a [u8],
    pub(super) kind: Kind,
    /// How many octets it has: all before the one that decided.
    pub(super) length: usize,
}

impl<'a> Head<'a> {
    /// Reads the start of a response; `None` if more of it is needed. More octets never change what was found.
    ///
    /// ```abnf
    /// response-data     = "*" SP response-payload CRLF                 ; RFC 9051 section 9
    /// response-tagged   = tag SP resp-cond-state CRLF
    /// continue-req      = "+" SP (resp-text / base64) CRLF
    /// capability-data   = "CAPABILITY" *(SP capability) SP "IMAP4rev2" *(SP capability)
    /// message-data      = nz-number SP ("EXPUNGE" / ("FETCH" SP msg-att))
    /// message-data     =/ uniqueid SP "UIDFETCH" SP uidfetch-msg-att   ; RFC 9586
    /// ```
    pub(super) fn parse(octets: &'a [u8]) -> Option<Self> {
        let unknown = Self {
            first: b"",
            kind: Kind::Other,
            length: octets.len(),
        };
        Words { octets, end: 0 }
            .head()
            .or_else(|| (octets.len() >= CAP).then_some(unknown))
    }

    /// The tag and the status of a command's answer; `octets` are those that were parsed.
    pub(super) fn answer(&self, octets: &'a [u8]) -> Option<(&'a [u8], Status)> {
        let untagged = self.first == b"*" || self.first.starts_with(b"+");
        if untagged || !matches!(self.kind, Kind::Text | Kind::CapabilityCode) {
            return None;
        }
        let words = octets.split(|octet| matches!(octet, b' ' | b'\r'));
        let word = words.filter(|word| !word.is_empty()).nth(1)?;
        Some((self.first, Status::parse(word)?))
    }
}

/// Reads word after word.
struct Words<'a> {
    octets: &'a [u8],
    /// Where the last word that was read ends.
    end: usize,
}

impl<'a> Words<'a> {
    fn head(mut self) -> Option<Head<'a>> {
        let first = self.word(0)?;
        let kind = self.kind(first)?;
        let length = self.end;
        Some(Head { first, kind, length })
    }

    fn kind(&mut self, first: &[u8]) -> Option<Kind> {
        if first.starts_with(b"+") {
            return Some(Kind::Text);
        }
        let Some(second) = self.following()? else {
            return Some(Kind::Other);
        };
        if is_text_response(self.octets.get(..self.end)?) {
            self.code()
        } else if first != b"*" {
            Some(Kind::Other)
        } else if second.eq_ignore_ascii_case(b"CAPABILITY") {
            Some(Kind::Capabilities)
        } else if second.iter().all(u8::is_ascii_digit) {
            self.message_data()
        } else {
            Some(Kind::Other)
        }
    }

    /// Behind a status.
    fn code(&mut self) -> Option<Kind> {
        if self.octets.get(self.end) != Some(&b' ') {
            return Some(Kind::Text);
        }
        let code = self.octets.get(self.end + 1..)?;
        let same = |(octet, expected): &(&u8, &u8)| octet.eq_ignore_ascii_case(expected);
        let matched = code.iter().zip(CODE).take_while(same).count();
        self.end += 1 + matched;
        match code.get(matched)? {
            b' ' | b']' if matched == CODE.len() => Some(Kind::CapabilityCode),
            _ => Some(Kind::Text),
        }
    }

    /// Behind a number.
    fn message_data(&mut self) -> Option<Kind> {
        let word = self.following()?.unwrap_or_default();
        let is = |name: &[u8]| word.eq_ignore_ascii_case(name);
        Some(if is(b"FETCH") || is(b"UIDFETCH") {
            Kind::Fetch
        } else {
            Kind::Other
        })
    }

    /// The word behind the space behind the last word; `Some(None)` if the line ends there.
    fn following(&mut self) -> Option<Option<&'a [u8]>> {
        match self.octets.get(self.end)? {
            b' ' => self.word(self.end + 1).map(Some),
            _ => Some(None),
        }
    }

    /// The word that begins at `start` or behind spaces there; `None` if its end is not there yet.
    fn word(&mut self, start: usize) -> Option<&'a [u8]> {
        let rest = self.octets.get(start..)?;
        let spaces = rest.iter().position(|&octet| octet != b' ')?;
        let (start, rest) = (start + spaces, rest.get(spaces..)?);
        let length = rest.iter().position(|octet| matches!(octet, b' ' | b'\r'))?;
        self.end = start + length;
        rest.get(..length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(line: &str) -> Option<(Kind, &str)> {
        let head = Head::parse(line.as_bytes())?;
        Some((head.kind, &line[..head.length]))
    }

    #[test]
    fn responses_are_told_apart() {
        for (line, expected) in [
            ("* OK hello {5}\r\n", (Kind::Text, "* OK ")),
            ("* ok\r\n", (Kind::Text, "* ok")),
            ("a1 NO [X] y", (Kind::Text, "a1 NO [")),
            ("+ {5}\r\n", (Kind::Text, "+")),
            ("+\r\n", (Kind::Text, "+")),
            ("+idling {5}\r\n", (Kind::Text, "+idling")),
            ("*  NO  too big {5}\r\n", (Kind::Text, "*  NO ")),
            (" a1 OK {5}\r\n", (Kind::Text, " a1 OK ")),
            ("* CAPABILITY A\r\n", (Kind::Capabilities, "* CAPABILITY")),
            (
                "a1 OK [capability A] b",
                (Kind::CapabilityCode, "a1 OK [capability"),
            ),
            (
                "* PREAUTH [CAPABILITY]",
                (Kind::CapabilityCode, "* PREAUTH [CAPABILITY"),
            ),
            ("* OK [CAPABILITYX A]", (Kind::Text, "* OK [CAPABILITY")),
            ("* 12 fetch (", (Kind::Fetch, "* 12 fetch")),
            ("* 12 UIDFETCH (", (Kind::Fetch, "* 12 UIDFETCH")),
            ("* 12 FETCHED (", (Kind::Other, "* 12 FETCHED")),
            ("* 12 EXISTS\r\n", (Kind::Other, "* 12 EXISTS")),
            ("* 12\r\n", (Kind::Other, "* 12")),
            ("* LIST () \"/\" x", (Kind::Other, "* LIST")),
            ("a1 FETCH 1\r\n", (Kind::Other, "a1 FETCH")),
            ("\r\n", (Kind::Other, "")),
        ] {
            assert_eq!(kind(line), Some(expected), "{line}");
        }
    }

    #[test]
    fn a_decision_comes_as_early_as_it_can_and_is_kept() {
        for line in [
            "* OK [CAPABILITY A] x\r\n",
            "* 1 FETCH (X {0}\r\n)\r\n",
            "* CAPABILITY A\r\n",
            "tag BAD x\r\n",
        ] {
            let whole = Head::parse(line.as_bytes()).unwrap();
            for end in 0..line.len() {
                match Head::parse(&line.as_bytes()[..end]) {
                    Some(head) => assert_eq!(head, whole, "{line} {end}"),
                    None => assert!(end <= whole.length, "{line} {end}"),
                }
            }
        }
    }

    #[test]
    fn what_is_too_long_is_something_else() {
        assert_eq!(Head::parse(&[b'x'; CAP - 1]), None);
        assert_eq!(
            Head::parse(&[b'x'; CAP]).map(|head| (head.kind, head.length)),
            Some((Kind::Other, CAP))
        );
    }
}
