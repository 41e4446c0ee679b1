//! What a server answers.
//!
//! ```
//! use gatepost_smtp::{Limits, Reply, reply};
//! use gatepost_wire::Input;
//!
//! let mut input = Input::new(Limits::default().reply_capacity());
//! input.feed(b"550-5.7.1 no\r\n550 5.7.1 never\r\n").unwrap();
//! let reply = reply::take(&mut input, &Limits::default()).unwrap().unwrap();
//! assert_eq!(reply, Reply::new(550, "5.7.1", "no").with_line("never"));
//! ```

mod code;
mod take;

use std::borrow::Cow;

use bytes::BytesMut;

pub use self::code::{Code, EnhancedCode};
pub use self::take::take;

/// An answer to a command, or the greeting.
///
/// ```abnf
/// Reply-line = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP textstring ] CRLF  ; RFC 5321 section 4.2
/// textstring = 1*(%d09 / %d32-126)
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// How it went.
    pub code: Code,
    /// How it went, in more words (RFC 2034).
    pub enhanced: Option<EnhancedCode>,
    /// The text, at least one line, without the codes.
    pub lines: Vec<Cow<'static, str>>,
}

impl Reply {
    /// How many lines of a relayed reply are kept.
    pub const RELAYED_LINES: usize = 10;
    /// How many octets of a relayed line are kept.
    pub const RELAYED_LINE: usize = 400;

    /// A reply of one line. What is no code becomes 451; an `enhanced` that is none, such as `""`, is left out.
    pub fn new(code: u16, enhanced: &str, text: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code: Code::new(code).unwrap_or(Code::LOCAL_ERROR),
            enhanced: EnhancedCode::parse(enhanced.as_bytes()),
            lines: vec![text.into()],
        }
    }

    /// The reply with one more line.
    pub fn with_line(mut self, text: impl Into<Cow<'static, str>>) -> Self {
        self.lines.push(text.into());
        self
    }

    /// The text of the first line.
    pub fn text(&self) -> &str {
        self.lines.first().map_or("", |line| line)
    }

    /// 2xx: done.
    pub fn is_positive(&self) -> bool {
        self.code.class() == 2
    }

    /// 3xx: go on.
    pub fn is_intermediate(&self) -> bool {
        self.code.class() == 3
    }

    /// 4xx: not now.
    pub fn is_temporary(&self) -> bool {
        self.code.class() == 4
    }

    /// 5xx: never.
    pub fn is_permanent(&self) -> bool {
        self.code.class() == 5
    }

    /// Appends the reply, the enhanced code on each line. Control characters become spaces.
    pub fn encode(&self, out: &mut BytesMut) {
        let text = |line: &Cow<'static, str>| {
            line.replace(|letter: char| letter.is_ascii_control() && letter != '\t', " ")
        };
        let (last, lines) = match self.lines.split_last() {
            Some((last, lines)) => (text(last), lines),
            None => (String::new(), &[][..]),
        };
        for line in lines {
            self.encode_line('-', &text(line), out);
        }
        self.encode_line(' ', &last, out);
    }

    fn encode_line(&self, separator: char, text: &str, out: &mut BytesMut) {
        let line = match self.enhanced {
            Some(enhanced) => format!("{}{separator}{enhanced} {text}\r\n", self.code),
            None => format!("{}{separator}{text}\r\n", self.code),
        };
        out.extend_from_slice(line.as_bytes());
    }

    /// The reply as it may be told to somebody else's client: printable ASCII, at most [`Reply::RELAYED_LINES`] lines of
    /// [`Reply::RELAYED_LINE`] octets, and an enhanced code that fits the code.
    pub fn relayed(self) -> Self {
        let mut lines: Vec<_> = self
            .lines
            .into_iter()
            .take(Self::RELAYED_LINES)
            .map(relayed_line)
            .collect();
        if lines.is_empty() {
            lines.push(Cow::Borrowed(""));
        }
        let class = self.code.class();
        Self {
            code: self.code,
            enhanced: self
                .enhanced
                .filter(|enhanced| enhanced.class() == class)
                .or_else(|| EnhancedCode::new(class, 0, 0)),
            lines,
        }
    }
}

fn relayed_line(line: Cow<'static, str>) -> Cow<'static, str> {
    if line.len() <= Reply::RELAYED_LINE && line.bytes().all(|octet| matches!(octet, b' '..=b'~')) {
        return line;
    }
    let printable = |letter| if matches!(letter, ' '..='~') { letter } else { '?' };
    Cow::Owned(line.chars().take(Reply::RELAYED_LINE).map(printable).collect())
}
