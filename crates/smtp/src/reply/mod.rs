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
    /// The lines without the codes, separated by LF.
    text: Cow<'static, str>,
}

impl Reply {
    /// How many lines of a relayed reply are kept.
    pub const RELAYED_LINES: usize = 10;
    /// How many octets of a relayed line are kept.
    pub const RELAYED_LINE: usize = 400;

    /// A reply with the lines of `text`, which LF separates. What is no code becomes 451; an `enhanced` that is none,
    /// such as `""`, is left out.
    pub fn new(code: u16, enhanced: &str, text: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code: Code::new(code).unwrap_or(Code::LOCAL_ERROR),
            enhanced: EnhancedCode::parse(enhanced.as_bytes()),
            text: text.into(),
        }
    }

    /// The reply with one more line.
    #[must_use]
    pub fn with_line(mut self, line: &str) -> Self {
        let text = self.text.to_mut();
        text.push('\n');
        text.push_str(line);
        self
    }

    /// The lines without the codes, at least one.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.text.split('\n')
    }

    /// The first line.
    pub fn text(&self) -> &str {
        self.lines().next().unwrap_or_default()
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
        let mut lines = self.lines().peekable();
        while let Some(line) = lines.next() {
            let separator = if lines.peek().is_some() { '-' } else { ' ' };
            let line = line.replace(|letter: char| letter.is_ascii_control() && letter != '\t', " ");
            let line = match self.enhanced {
                Some(enhanced) => format!("{}{separator}{enhanced} {line}\r\n", self.code),
                None => format!("{}{separator}{line}\r\n", self.code),
            };
            out.extend_from_slice(line.as_bytes());
        }
    }

    /// The reply as it may be told to somebody else's client: printable ASCII, at most [`Reply::RELAYED_LINES`] lines
    /// of [`Reply::RELAYED_LINE`] octets, and an enhanced code that fits the code.
    #[must_use]
    pub fn relayed(self) -> Self {
        let printable = |letter| if matches!(letter, ' '..='~') { letter } else { '?' };
        let lines = self.lines().take(Self::RELAYED_LINES);
        let lines = lines.map(|line| line.chars().take(Self::RELAYED_LINE).map(printable).collect());
        let text = lines.collect::<Vec<String>>().join("\n");
        let class = self.code.class();
        let fitting = self.enhanced.filter(|enhanced| enhanced.class() == class);
        Self {
            code: self.code,
            enhanced: fitting.or_else(|| EnhancedCode::new(class, 0, 0)),
            text: Cow::Owned(text),
        }
    }
}
