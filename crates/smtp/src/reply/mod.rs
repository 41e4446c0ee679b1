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

#[cfg(test)]
mod tests {
    use super::*;

    fn written(reply: &Reply) -> String {
        let mut out = BytesMut::new();
        reply.encode(&mut out);
        String::from_utf8(out.to_vec()).unwrap()
    }

    #[test]
    fn the_enhanced_code_stands_on_each_line_as_in_rfc_2034() {
        let reply = Reply::new(550, "5.1.1", "Mailbox \"nosuchuser\" does not exist").with_line("sorry");
        assert_eq!(
            written(&reply),
            "550-5.1.1 Mailbox \"nosuchuser\" does not exist\r\n550 5.1.1 sorry\r\n"
        );
        assert_eq!(written(&Reply::new(220, "", "mx ready")), "220 mx ready\r\n");
        assert_eq!(written(&Reply::new(334, "", "")), "334 \r\n");
        assert_eq!(
            written(&Reply::new(250, "2.0.0", "a\nb")),
            "250-2.0.0 a\r\n250 2.0.0 b\r\n"
        );
    }

    #[test]
    fn a_text_cannot_break_a_reply() {
        let reply = Reply::new(550, "5.7.1", "no\r250 yes\0\x1b[2J\ttab").with_line("a\r\nb");
        assert_eq!(
            written(&reply),
            "550-5.7.1 no 250 yes  [2J\ttab\r\n550-5.7.1 a \r\n550 5.7.1 b\r\n"
        );
    }

    #[test]
    fn what_is_no_code_is_a_local_error() {
        assert_eq!(Reply::new(199, "x", "").code, 451);
        assert_eq!(Reply::new(1000, "x", "").enhanced, None);
    }

    #[test]
    fn kinds() {
        let kinds = |code| {
            let reply = Reply::new(code, "", "");
            [
                reply.is_positive(),
                reply.is_intermediate(),
                reply.is_temporary(),
                reply.is_permanent(),
            ]
        };
        assert_eq!(kinds(250), [true, false, false, false]);
        assert_eq!(kinds(354), [false, true, false, false]);
        assert_eq!(kinds(421), [false, false, true, false]);
        assert_eq!(kinds(554), [false, false, false, true]);
    }

    #[test]
    fn a_relayed_reply_is_tame() {
        let lines = |count: usize| vec!["x"; count].join("\n");
        assert_eq!(Reply::new(550, "5.1.1", lines(11)).relayed().lines().count(), 10);
        let long = Reply::new(550, "5.1.1", "\u{e9}".repeat(401)).relayed();
        assert_eq!(long.text(), "?".repeat(400));
        let odd = Reply::new(550, "5.1.1", "a\x1b[2J\tb").relayed();
        assert_eq!(odd.text(), "a?[2J?b");
    }

    #[test]
    fn a_relayed_reply_has_a_fitting_enhanced_code() {
        let code = |code, enhanced| {
            Reply::new(code, enhanced, "")
                .relayed()
                .enhanced
                .map(|code| code.to_string())
        };
        assert_eq!(code(550, "5.1.1").as_deref(), Some("5.1.1"));
        assert_eq!(code(450, "5.1.1").as_deref(), Some("4.0.0"));
        assert_eq!(code(250, "").as_deref(), Some("2.0.0"));
        assert_eq!(code(354, "2.0.0"), None);
    }
}
