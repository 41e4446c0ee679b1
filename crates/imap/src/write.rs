//! How values become octets.

use bytes::BytesMut;

use crate::frame::Gap;
use crate::frame::literal::LITERAL_MINUS;
use crate::types::Text;
use crate::{Capabilities, Rule};

/// Which literals a client may send without being asked (RFC 7888).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Literals {
    /// None: each has to wait for the server's `+`.
    #[default]
    Synchronizing,
    /// Those of at most 4,096 octets: LITERAL-, which is a part of IMAP4rev2 (RFC 9051 section 4.3).
    Small,
    /// All: LITERAL+.
    Any,
}

impl Literals {
    /// For a client that was `told` of these capabilities.
    pub fn offered(told: &Capabilities) -> Self {
        if told.contains("LITERAL+") {
            Self::Any
        } else if told.contains("LITERAL-") || told.contains("IMAP4rev2") {
            Self::Small
        } else {
            Self::Synchronizing
        }
    }

    /// Whether a literal of `octets` may be sent without being asked.
    pub const fn allow(self, octets: u64) -> bool {
        match self {
            Self::Any => true,
            Self::Small => octets <= LITERAL_MINUS,
            Self::Synchronizing => false,
        }
    }

    /// A server that takes no such literal would run its octets as commands.
    pub(crate) const fn check(self, octets: u64) -> Result<(), Rule> {
        match self.allow(octets) {
            true => Ok(()),
            false => Err(Rule::LiteralUnoffered),
        }
    }
}

/// Where a client that writes a command has to wait.
///
/// Send the octets up to each offset, then wait for a line of the server that begins with `+`, then go on. A tagged
/// answer instead means that the server refuses the command: what is left is not sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[must_use = "octets behind a pause must not be sent before the server's `+`"]
pub struct Pauses(Vec<usize>);

impl Pauses {
    /// Offsets in the output, in order.
    pub fn iter(&self) -> impl Iterator<Item = usize> {
        self.0.iter().copied()
    }

    /// Whether all can be sent at once.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Who writes.
#[derive(Debug, Clone, Copy)]
enum Side {
    Client(Literals),
    Server,
}

/// Appends values to an output.
#[derive(Debug)]
pub(crate) struct Writer<'a> {
    out: &'a mut BytesMut,
    side: Side,
    pauses: Vec<usize>,
    /// Where streamed literals are missing, if that is of interest.
    gaps: Option<Vec<Gap>>,
}

/// What can be written.
pub(crate) trait Write {
    fn write(&self, out: &mut Writer<'_>);
}

impl<'a> Writer<'a> {
    pub(crate) fn client(out: &'a mut BytesMut, literals: Literals) -> Self {
        Self {
            out,
            side: Side::Client(literals),
            pauses: Vec::new(),
            gaps: None,
        }
    }

    pub(crate) fn server(out: &'a mut BytesMut) -> Self {
        Self {
            out,
            side: Side::Server,
            pauses: Vec::new(),
            gaps: None,
        }
    }

    /// For a server that has the octets of streamed literals elsewhere.
    pub(crate) fn streaming(out: &'a mut BytesMut) -> Self {
        Self {
            gaps: Some(Vec::new()),
            ..Self::server(out)
        }
    }

    pub(crate) fn pauses(self) -> Pauses {
        Pauses(self.pauses)
    }

    /// Where streamed literals are missing in the output.
    pub(crate) fn gaps(self) -> Vec<Gap> {
        self.gaps.unwrap_or_default()
    }

    pub(crate) fn put(&mut self, octets: &[u8]) {
        self.out.extend_from_slice(octets);
    }

    /// Whether `octets` were written last.
    pub(crate) fn ends_with(&self, octets: &[u8]) -> bool {
        self.out.ends_with(octets)
    }

    pub(crate) fn number(&mut self, number: impl Into<u64>) {
        self.put(number.into().to_string().as_bytes());
    }

    /// `value`s with a space between any two.
    pub(crate) fn spaced<'v, V: Write + 'v>(&mut self, values: impl IntoIterator<Item = &'v V>) {
        for (index, value) in values.into_iter().enumerate() {
            if index > 0 {
                self.put(b" ");
            }
            value.write(self);
        }
    }

    /// `value`s with a space between any two, in parentheses.
    pub(crate) fn list<'v, V: Write + 'v>(&mut self, values: impl IntoIterator<Item = &'v V>) {
        self.put(b"(");
        self.spaced(values);
        self.put(b")");
    }

    /// `string`: quoted or, if that cannot be, a literal.
    pub(crate) fn string(&mut self, text: &[u8]) {
        if is_quotable(text) {
            self.quoted(text);
        } else {
            self.literal(text);
        }
    }

    /// `nstring`
    pub(crate) fn nstring(&mut self, text: Option<&Text>) {
        match text {
            Some(text) => self.string(text),
            None => self.put(b"NIL"),
        }
    }

    /// `astring`: as it is if it can be, else a string.
    pub(crate) fn astring(&mut self, text: &[u8]) {
        let plain = crate::parse::octets::all(text, crate::parse::octets::ASTRING);
        if plain && !text.eq_ignore_ascii_case(b"NIL") {
            self.put(text);
        } else {
            self.string(text);
        }
    }

    /// `quoted`. The text must be quotable.
    pub(crate) fn quoted(&mut self, text: &[u8]) {
        self.put(b"\"");
        let mut rest = text;
        while let Some(at) = memchr::memchr2(b'"', b'\\', rest) {
            let (plain, special) = rest.split_at_checked(at).unwrap_or_default();
            self.put(plain);
            self.put(b"\\");
            self.put(special.get(..1).unwrap_or_default());
            rest = special.get(1..).unwrap_or_default();
        }
        self.put(rest);
        self.put(b"\"");
    }

    /// `literal`
    pub(crate) fn literal(&mut self, octets: &[u8]) {
        self.announce(octets.len(), b"{");
        self.put(octets);
    }

    /// `literal8`: it may hold NUL (RFC 3516).
    pub(crate) fn literal8(&mut self, octets: &[u8]) {
        self.announce(octets.len(), b"~{");
        self.put(octets);
    }

    /// The size of a literal whose octets are not here. Where nobody would put them, `NIL`: what follows would be
    /// taken for them.
    pub(crate) fn streamed(&mut self, octets: u64, opening: &[u8]) {
        if self.gaps.is_none() {
            return self.put(b"NIL");
        }
        self.put(opening);
        self.number(octets);
        self.put(b"}\r\n");
        let offset = self.out.len();
        if let Some(gaps) = &mut self.gaps {
            gaps.push(Gap { offset, octets });
        }
    }

    /// The size of a literal, and the pause before it if it needs one.
    pub(crate) fn announce(&mut self, octets: usize, opening: &[u8]) {
        self.put(opening);
        self.put(octets.to_string().as_bytes());
        match self.side {
            Side::Server => self.put(b"}\r\n"),
            Side::Client(literals) if literals.allow(octets as u64) => self.put(b"+}\r\n"),
            Side::Client(_) => {
                self.put(b"}\r\n");
                self.pauses.push(self.out.len());
            }
        }
    }
}

/// Appends `text` in quotes. It must be quotable.
pub(crate) fn encode_quoted(text: &[u8], out: &mut BytesMut) {
    Writer::server(out).quoted(text);
}

/// Appends `octets` as base64, leaving no copy behind.
pub(crate) fn encode_base64(octets: &[u8], out: &mut BytesMut) {
    let mut text = Vec::with_capacity(octets.len().div_ceil(3) * 4);
    gatepost_wire::base64::encode(octets, &mut text);
    out.extend_from_slice(&text);
    gatepost_wire::wipe(&mut text);
}

/// What was read and is written as it stands.
impl Writer<'_> {
    /// The line, without its end, that announces a literal of `octets`, as it is if it can be: where a client must
    /// wait, it waits.
    pub(crate) fn announce_again(&mut self, line: &[u8], octets: usize) {
        let Side::Client(literals) = self.side else {
            self.put(line);
            return self.put(b"\r\n");
        };
        match line.strip_suffix(b"+}") {
            Some(_) if literals.allow(octets as u64) => {
                self.put(line);
                return self.put(b"\r\n");
            }
            Some(line) => {
                self.put(line);
                self.put(b"}\r\n");
            }
            None => {
                self.put(line);
                self.put(b"\r\n");
            }
        }
        self.pauses.push(self.out.len());
    }

    /// `list-mailbox = 1*list-char / string`
    pub(crate) fn list_mailbox(&mut self, text: &[u8]) {
        let plain = crate::parse::octets::all(text, crate::parse::octets::LIST);
        if plain && !text.eq_ignore_ascii_case(b"NIL") {
            self.put(text);
        } else {
            self.string(text);
        }
    }
}

/// Whether `text` may stand in quotes: printable ASCII.
pub(crate) fn is_quotable(text: &[u8]) -> bool {
    text.iter().all(|octet| matches!(octet, b' '..=b'~'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_of_the_offer() {
        let largest = |told: &[u8]| {
            let offered = Literals::offered(&Capabilities::parse(told));
            [0, 4096, 4097, u64::MAX]
                .into_iter()
                .rfind(|&octets| offered.check(octets).is_ok())
        };
        assert_eq!(largest(b"IMAP4rev1"), None);
        assert_eq!(largest(b"IMAP4rev1 literal-"), Some(4096));
        assert_eq!(largest(b"IMAP4rev2"), Some(4096));
        assert_eq!(largest(b"LITERAL- LITERAL+"), Some(u64::MAX));
    }

    #[test]
    fn strings_are_quoted_if_they_can_be() {
        let written = |literals, text: &[u8]| {
            let mut out = BytesMut::from("ab ");
            let mut writer = Writer::client(&mut out, literals);
            writer.astring(text);
            let pauses: Vec<_> = writer.pauses().iter().collect();
            (String::from_utf8_lossy(&out).into_owned(), pauses)
        };
        let plain = |text: &str| (format!("ab {text}"), vec![]);
        assert_eq!(written(Literals::Any, b"inbox]"), plain("inbox]"));
        assert_eq!(written(Literals::Any, b""), plain("\"\""));
        assert_eq!(written(Literals::Any, b"nil"), plain("\"nil\""));
        assert_eq!(written(Literals::Any, b"a\"b\\"), plain("\"a\\\"b\\\\\""));
        assert_eq!(written(Literals::Any, b"a\r\nb"), plain("{4+}\r\na\r\nb"));
        assert_eq!(
            written(Literals::Synchronizing, b"a\r\nb"),
            ("ab {4}\r\na\r\nb".to_owned(), vec![8])
        );
    }
}
