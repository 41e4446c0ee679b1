//! How things went: OK, NO, BAD, BYE, PREAUTH and `+`.

use bytes::{Bytes, BytesMut};
use gatepost_wire::{Secret, base64};
use memchr::memchr3;

use crate::parse::{Allowance, Cursor, Options, Parsing};
use crate::types::{INSTEAD, Invalid, ResponseCode, Status, Text};
use crate::write::{Write, Writer};

/// How a command went.
///
/// ```abnf
/// resp-cond-state = ("OK" / "NO" / "BAD") SP resp-text        ; RFC 9051 section 9
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Completion {
    /// It worked.
    Ok,
    /// It did not work.
    No,
    /// It was not understood.
    Bad,
}

impl From<Completion> for Status {
    fn from(completion: Completion) -> Self {
        match completion {
            Completion::Ok => Self::Ok,
            Completion::No => Self::No,
            Completion::Bad => Self::Bad,
        }
    }
}

impl Completion {
    /// Only three of the status words end a command.
    pub const fn of(status: Status) -> Option<Self> {
        match status {
            Status::Ok => Some(Self::Ok),
            Status::No => Some(Self::No),
            Status::Bad => Some(Self::Bad),
            Status::Bye | Status::Preauth => None,
        }
    }
}

/// What stands behind a status word or `+`: a code for programs, if there is one, and a text for humans.
///
/// ```abnf
/// resp-text = ["[" resp-text-code "]" SP] [text]                                 ; RFC 9051 section 9
/// text      = 1*(TEXT-CHAR / UTF8-2 / UTF8-3 / UTF8-4)
/// ```
/// However the text ends, it announces no literal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StatusText {
    code: Option<ResponseCode>,
    text: Text,
}

impl StatusText {
    /// Joins a code and a text.
    ///
    /// ```
    /// use gatepost_imap::ResponseCode;
    /// use gatepost_imap::response::StatusText;
    ///
    /// assert!(StatusText::new(Some(ResponseCode::Alert), "down at noon").is_ok());
    /// assert!(StatusText::new(None, "[ALERT] down at noon").is_err());
    /// assert!(StatusText::new(None, "one\r\na1 OK two").is_err());
    /// ```
    ///
    /// # Errors
    /// If they would be read as something else: the text begins like a code, or holds a line end, or the code holds
    /// what it cannot.
    pub fn new(code: Option<ResponseCode>, text: impl Into<Bytes>) -> Result<Self, Invalid> {
        let invalid = Invalid { what: "status text" };
        let text = Text::new(text).map_err(|_| invalid)?;
        let status = Self { code, text };
        if status.is_plain() || status.is_read_as_itself() {
            Ok(status)
        } else {
            Err(invalid)
        }
    }

    /// As [`StatusText::new`], but what cannot be sent is shown in another way: octets that are not printable as `?`,
    /// no text at all as `-`, and a text that begins like a code behind a space.
    pub fn shown(code: Option<ResponseCode>, text: &str) -> Self {
        let shown = printable(text);
        Self::new(code, shown.clone()).unwrap_or_else(|_| Self {
            code: None,
            text: Text::from_valid(Bytes::from(format!(" {shown}"))),
        })
    }

    /// Whether it is known without a look at its octets that they are read as what they are: a greeting or a login
    /// says its capabilities in every connection, and those are atoms.
    fn is_plain(&self) -> bool {
        let words = self.text.as_bytes();
        words.first().is_some_and(u8::is_ascii_alphanumeric)
            && words.iter().all(|octet| matches!(octet, b' '..=b'~'))
            && match &self.code {
                None => true,
                Some(ResponseCode::Capability(capabilities)) => !capabilities.is_empty(),
                Some(_) => false,
            }
    }

    fn is_read_as_itself(&self) -> bool {
        let mut octets = BytesMut::new();
        self.write(&mut Writer::server(&mut octets));
        let mut cursor = Cursor::new((&octets).into(), Options::default());
        cursor.status_text().is_ok_and(|same| same == *self)
    }

    /// The code in brackets.
    pub const fn code(&self) -> Option<&ResponseCode> {
        self.code.as_ref()
    }

    /// The text for a human, which may be empty.
    pub const fn text(&self) -> &Text {
        &self.text
    }

    /// Both.
    pub fn into_parts(self) -> (Option<ResponseCode>, Text) {
        (self.code, self.text)
    }
}

/// `text` without line ends and whatever else ASCII cannot show. There is at least one character.
pub(crate) fn printable(text: &str) -> String {
    let shown = |character: char| {
        if matches!(character, ' '..='~') {
            character
        } else {
            '?'
        }
    };
    match text {
        "" => "-".to_owned(),
        text => text.chars().map(shown).collect(),
    }
}

/// Behind `+`: the server waits for the rest of a command, or for an answer to a challenge.
///
/// ```abnf
/// continue-req = "+" SP (resp-text / base64) CRLF        ; RFC 9051 section 9
/// ```
/// Only who sent the command knows which of the two it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Continuation(StatusText);

impl Continuation {
    /// Invites the client to go on.
    pub const fn new(text: StatusText) -> Self {
        Self(text)
    }

    /// A challenge of a SASL mechanism.
    pub fn challenge(octets: &[u8]) -> Self {
        let mut text = Vec::new();
        base64::encode(octets, &mut text);
        Self(StatusText {
            code: None,
            text: Text::from_valid(Bytes::from(text)),
        })
    }

    /// What the server says.
    pub const fn text(&self) -> &StatusText {
        &self.0
    }

    /// What it says in base64; `None` if it is none.
    pub fn octets(&self) -> Option<Secret> {
        match self.0.code {
            None => base64::decode(&self.0.text).ok(),
            Some(_) => None,
        }
    }
}

impl Cursor<'_> {
    /// `SP resp-text`: servers leave out the space and the text.
    pub(crate) fn space_and_status_text(&mut self) -> Parsing<StatusText> {
        if self.is_at_end() && self.forgives(Allowance::MissingText) {
            return Ok(StatusText::default());
        }
        self.octet(b' ', "a space")?;
        self.status_text()
    }

    /// `resp-text`
    fn status_text(&mut self) -> Parsing<StatusText> {
        let code = self.response_code()?;
        if code.is_some() {
            self.space_behind_code()?;
        }
        let text = self.line_text(self.rest())?;
        self.advance(self.rest().len());
        Ok(StatusText { code, text })
    }

    fn space_behind_code(&mut self) -> Parsing<()> {
        let allowance = match self.peek() {
            Some(b' ') => return self.octet(b' ', "a space"),
            Some(_) => Allowance::Spaces,
            None => Allowance::MissingText,
        };
        match self.forgives(allowance) {
            true => Ok(()),
            false => self.expected("a space"),
        }
    }

    /// `text`, of which `octets` come next. If line ends are allowed, they become another control,
    /// so that nothing becomes a code by it.
    pub(crate) fn line_text(&mut self, octets: &[u8]) -> Parsing<Text> {
        if !octets.is_ascii() && std::str::from_utf8(octets).is_err() && !self.forgives(Allowance::EightBit) {
            return self.expected("UTF-8");
        }
        if memchr3(b'\r', b'\n', 0, octets).is_none() {
            return Ok(Text::from_valid(self.bytes_of_rest(octets.len())));
        }
        if !self.forgives(Allowance::Controls) {
            return self.expected("a text without line ends");
        }
        let shown = |&octet: &u8| {
            if matches!(octet, b'\r' | b'\n' | 0) {
                INSTEAD
            } else {
                octet
            }
        };
        Ok(Text::from_valid(
            octets.iter().map(shown).collect::<Vec<_>>().into(),
        ))
    }

    /// The next `count` octets.
    fn bytes_of_rest(&self, count: usize) -> Bytes {
        self.bytes(self.rest().get(..count).unwrap_or_default())
    }
}

/// `resp-text`
impl Write for StatusText {
    fn write(&self, out: &mut Writer<'_>) {
        if let Some(code) = &self.code {
            out.put(b"[");
            code.write(out);
            out.put(b"] ");
        }
        out.put(&self.text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Capabilities;
    use crate::types::Value;

    #[test]
    fn what_would_be_read_as_something_else_is_refused() {
        let text = |text: &str| Text::new(text.to_owned()).unwrap();
        let other = |code: &str| Some(ResponseCode::Other(text(code)));
        for (code, text) in [
            (None, "[ALERT] x"),
            (None, "[x]"),
            (None, "a\r\n"),
            (other("ALERT"), "x"),
            (other("x]"), "x"),
            (other("x\r\ny"), "x"),
            (other(""), "x"),
            (other("NOUPDATE \"a"), "b\"] x"),
            (Some(ResponseCode::Referral(text("imap://x/] y"))), "x"),
            (Some(ResponseCode::NoUpdate(text("a\r\n"))), "x"),
            (Some(ResponseCode::BadCharset(vec![text("a\nb")])), "x"),
            (
                Some(ResponseCode::BadEvent(Value::new("({1}\r\na)").unwrap())),
                "x",
            ),
        ] {
            assert!(StatusText::new(code.clone(), text).is_err(), "{code:?} {text}");
        }
        for (code, text) in [
            (None, ""),
            (None, "[]"),
            (None, "[x"),
            (None, " {10}"),
            (other("X-Y z"), "[x]"),
            (Some(ResponseCode::NoUpdate(text("a]b\""))), ""),
            (Some(ResponseCode::BadCharset(vec![text("a]b")])), "x"),
        ] {
            assert!(StatusText::new(code.clone(), text).is_ok(), "{code:?} {text}");
        }
    }

    proptest::proptest! {
        /// What is not looked at would have passed.
        #[test]
        fn what_is_plain_is_read_as_itself(words in "[ -~]{0,60}", text in "[ -~\u{e9}]{0,30}", coded: bool) {
            let code = coded.then(|| ResponseCode::Capability(Capabilities::parse(words.as_bytes())));
            let status = StatusText { code, text: Text::new(text).unwrap() };
            proptest::prop_assert!(!status.is_plain() || status.is_read_as_itself(), "{status:?}");
        }
    }

    #[test]
    fn any_text_can_be_shown() {
        let shown = |text| StatusText::shown(Some(ResponseCode::Alert), text).text;
        assert_eq!(shown("caf\u{e9}\r\n"), "caf???");
        assert_eq!(shown(""), "-");
        let shown = StatusText::shown(None, "[ALERT] x");
        assert_eq!(StatusText::new(None, &b" [ALERT] x"[..]), Ok(shown));
    }

    #[test]
    fn challenges() {
        let challenge = Continuation::challenge(b"<1896.697170952@postoffice.example.net>");
        let octets = challenge.octets().unwrap();
        assert_eq!(octets.expose(), b"<1896.697170952@postoffice.example.net>");
        let text = Continuation::new(StatusText::shown(None, "Ready"));
        assert!(text.octets().is_none());
        assert!(Continuation::default().octets().unwrap().expose().is_empty());
    }
}
