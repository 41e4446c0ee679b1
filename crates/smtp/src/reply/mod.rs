//! What a server answers.
//!
//! [`crate::frame::Replies`] cuts a stream into whole replies, and [`parse`] or [`parse_with`] read one. They are kept
//! as they came, and looked at when somebody asks.
//!
//! ```
//! use bytes::BytesMut;
//! use gatepost_smtp::{Limits, Reply, frame, reply};
//!
//! let mut replies = frame::Replies::new(Limits::default());
//! let mut input = BytesMut::from("550-5.7.1 no\r\n550 5.7.1 never\r\n250");
//! let octets = replies.next(&mut input).unwrap().unwrap();
//! let reply = reply::parse(octets).unwrap();
//! assert_eq!(reply, Reply::new(550, "5.7.1", "no").with_line("never"));
//! assert_eq!(reply.enhanced().unwrap().meaning(), Some("delivery not authorized"));
//! assert_eq!(replies.next(&mut input).unwrap(), None);
//! ```

mod code;
mod encode;
mod meaning;
mod parse;
mod take;
mod text;

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;

use self::text::Text;

pub use self::code::{Code, EnhancedCode};
pub use self::parse::{parse, parse_with};
pub(crate) use self::take::next;
pub use self::take::take;
pub use self::text::{Lines, OctetLines};

/// An answer to a command, or the greeting.
///
/// Two are equal if they say the same: the codes, and the octets of each line.
#[derive(Clone)]
pub struct Reply {
    code: Code,
    enhanced: Option<EnhancedCode>,
    text: Text,
}

impl Reply {
    /// How many lines of a relayed reply are kept.
    pub const RELAYED_LINES: usize = 10;
    /// How many octets of a relayed line are kept.
    pub const RELAYED_LINE: usize = 400;

    /// A reply with the lines of `text`, which LF separates. What is no code becomes 451; an `enhanced` that is none,
    /// such as `""`, is left out, and one at the start of the text is taken for it. Other controls than tabs become
    /// spaces, so a text cannot end a line.
    pub fn new(code: u16, enhanced: &str, text: impl Into<Cow<'static, str>>) -> Self {
        let code = Code::new(code).unwrap_or(Code::LOCAL_ERROR);
        Self::made(code, EnhancedCode::parse(enhanced.as_bytes()), text.into())
    }

    fn made(code: Code, enhanced: Option<EnhancedCode>, text: Cow<'static, str>) -> Self {
        let text = without_controls(text);
        let first = text.split('\n').next().unwrap_or_default();
        let (enhanced, text) = match (enhanced, EnhancedCode::leading(first.as_bytes())) {
            (None, Some((found, rest))) => {
                let start = first.len() - rest.len();
                let text = text.get(start..).unwrap_or_default().to_owned();
                (Some(found), Cow::Owned(text))
            }
            (enhanced, _) => (enhanced, text),
        };
        Self {
            code,
            enhanced,
            text: Text::Made(text),
        }
    }

    /// The reply with one more line. Control characters become spaces.
    #[must_use]
    pub fn with_line(self, line: &str) -> Self {
        let mut text = match self.text {
            Text::Made(text) => text.into_owned(),
            Text::Read { .. } => self.lines().collect::<Vec<_>>().join("\n"),
        };
        text.push('\n');
        text.push_str(&line.replace('\n', " "));
        Self::made(self.code, self.enhanced, Cow::Owned(text))
    }

    /// How it went.
    pub const fn code(&self) -> Code {
        self.code
    }

    /// How it went, in more words (RFC 2034).
    pub const fn enhanced(&self) -> Option<EnhancedCode> {
        self.enhanced
    }

    /// The lines without the codes, at least one. What is not UTF-8 is replaced.
    pub fn lines(&self) -> Lines<'_> {
        self.text.lines(self.enhanced)
    }

    /// The lines without the codes, at least one, in the octets that were read.
    pub fn octet_lines(&self) -> OctetLines<'_> {
        self.text.octet_lines(self.enhanced)
    }

    /// The first line.
    pub fn text(&self) -> &str {
        self.lines().next().unwrap_or_default()
    }

    /// All octets as they were read, codes and line ends included; `None` if the reply was not read.
    ///
    /// They may be a slice of a large buffer, and keep that alive.
    pub const fn octets(&self) -> Option<&Bytes> {
        match &self.text {
            Text::Read { octets, .. } => Some(octets),
            Text::Made(_) => None,
        }
    }

    /// 2xx: done.
    pub const fn is_positive(&self) -> bool {
        self.code.class() == 2
    }

    /// 3xx: go on.
    pub const fn is_intermediate(&self) -> bool {
        self.code.class() == 3
    }

    /// 4xx: not now.
    pub const fn is_temporary(&self) -> bool {
        self.code.class() == 4
    }

    /// 5xx: never.
    pub const fn is_permanent(&self) -> bool {
        self.code.class() == 5
    }

    /// The reply as it may be told to somebody else's client: printable ASCII, at most [`Reply::RELAYED_LINES`] lines
    /// of [`Reply::RELAYED_LINE`] octets, and an enhanced code that fits the code.
    #[must_use]
    pub fn relayed(self) -> Self {
        let printable = |letter| if matches!(letter, ' '..='~') { letter } else { '?' };
        let lines = self.lines().take(Self::RELAYED_LINES);
        let lines = lines.map(|line| line.chars().take(Self::RELAYED_LINE).map(printable).collect());
        let mut text = lines.collect::<Vec<String>>().join("\n");
        let class = self.code.class();
        let fitting = self.enhanced.filter(|enhanced| enhanced.class() == class);
        let enhanced = fitting.or_else(|| EnhancedCode::new(class, 0, 0));
        if enhanced.is_none() && text.starts_with(['2', '4', '5']) {
            // Behind 3xx there is no enhanced code, nor what looks like one.
            text.insert(0, ' ');
        }
        Self::made(self.code, enhanced, Cow::Owned(text))
    }
}

/// Controls become spaces, but for tabs and LF.
fn without_controls(text: Cow<'static, str>) -> Cow<'static, str> {
    let is_odd = |letter: char| letter.is_ascii_control() && !matches!(letter, '\t' | '\n');
    match text.contains(is_odd) {
        true => Cow::Owned(text.replace(is_odd, " ")),
        false => text,
    }
}

impl PartialEq for Reply {
    fn eq(&self, other: &Self) -> bool {
        (self.code, self.enhanced) == (other.code, other.enhanced)
            && self.octet_lines().eq(other.octet_lines())
    }
}

impl Eq for Reply {}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<_> = self
            .octet_lines()
            .map(|line| line.escape_ascii().to_string())
            .collect();
        f.debug_struct("Reply")
            .field("code", &self.code.get())
            .field("enhanced", &self.enhanced.map(|enhanced| enhanced.to_string()))
            .field("lines", &lines)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;

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
            "550-5.7.1 no 250 yes  [2J\ttab\r\n550 5.7.1 a  b\r\n"
        );
    }

    #[test]
    fn what_is_no_code_is_a_local_error() {
        assert_eq!(Reply::new(199, "x", "").code(), 451);
        assert_eq!(Reply::new(1000, "x", "").enhanced(), None);
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
        assert_eq!(odd.text(), "a [2J?b");
    }

    #[test]
    fn a_relayed_reply_has_a_fitting_enhanced_code() {
        let code = |code, enhanced| {
            Reply::new(code, enhanced, "")
                .relayed()
                .enhanced()
                .map(|code| code.to_string())
        };
        assert_eq!(code(550, "5.1.1").as_deref(), Some("5.1.1"));
        assert_eq!(code(450, "5.1.1").as_deref(), Some("4.0.0"));
        assert_eq!(code(250, "").as_deref(), Some("2.0.0"));
        assert_eq!(code(354, "2.0.0"), None);
    }
}
