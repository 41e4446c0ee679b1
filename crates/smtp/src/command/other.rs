//! Commands that are not known.

use std::borrow::Cow;
use std::fmt;

use bytes::BytesMut;
use gatepost_wire::Escaped;

use super::verb::Verb;
use crate::parse::ParseError;

/// A command that is not known: a word, and what stands behind it.
///
/// ```
/// use gatepost_smtp::Command;
/// use gatepost_smtp::command::{self, Other};
///
/// let etrn = Command::Other(Other::new(b"ETRN", b"example.org").unwrap());
/// assert_eq!(command::parse(b"ETRN example.org"), Ok(etrn));
/// assert!(Other::new(b"ETRN", b"example.org\r\nQUIT").is_err());
/// assert!(Other::new(b"RCPT", b"TO:<bob@example.org>").is_err());
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Other<'a> {
    verb: Cow<'a, [u8]>,
    arguments: Cow<'a, [u8]>,
}

impl<'a> Other<'a> {
    /// A command without CR, LF, NUL and white space at its end, whose verb is a word that is not known.
    ///
    /// # Errors
    /// If it is none.
    pub fn new(verb: &'a [u8], arguments: &'a [u8]) -> Result<Self, ParseError> {
        let is_line = memchr::memchr3(b'\r', b'\n', 0, arguments).is_none();
        if Verb::split(verb).is_some() || !is_word(verb) {
            return Err(ParseError::syntax(0, "an unknown verb"));
        }
        if !is_line || arguments.last().is_some_and(u8::is_ascii_whitespace) {
            return Err(ParseError::syntax(0, "arguments in one line"));
        }
        Ok(Self {
            verb: Cow::Borrowed(verb),
            arguments: Cow::Borrowed(arguments),
        })
    }

    /// Reads a line that begins with no verb that is known.
    #[cold]
    pub(super) fn read(line: &'a [u8]) -> Result<Self, ParseError> {
        let (verb, arguments) = line.split_at(memchr::memchr(b' ', line).unwrap_or(line.len()));
        if !is_word(verb) {
            return Err(ParseError::syntax(0, "a command"));
        }
        let start = line.len() - arguments.len();
        if let Some(wrong) = memchr::memchr3(b'\r', b'\n', 0, arguments) {
            return Err(ParseError::syntax(start + wrong, "one line"));
        }
        let arguments = arguments.strip_prefix(b" ").unwrap_or(arguments);
        Ok(Self {
            verb: Cow::Borrowed(verb),
            arguments: Cow::Borrowed(arguments),
        })
    }

    /// The first word, as it was spelled.
    pub fn verb(&self) -> &[u8] {
        &self.verb
    }

    /// What follows the space behind it.
    pub fn arguments(&self) -> &[u8] {
        &self.arguments
    }

    /// Whether this is the command `verb`.
    pub fn is(&self, verb: &str) -> bool {
        self.verb.eq_ignore_ascii_case(verb.as_bytes())
    }

    /// The command without a borrow.
    pub fn into_owned(self) -> Other<'static> {
        Other {
            verb: Cow::Owned(self.verb.into_owned()),
            arguments: Cow::Owned(self.arguments.into_owned()),
        }
    }

    pub(super) fn encode(&self, out: &mut BytesMut) {
        out.extend_from_slice(&self.verb);
        if !self.arguments.is_empty() {
            out.extend_from_slice(b" ");
            out.extend_from_slice(&self.arguments);
        }
    }
}

fn is_word(verb: &[u8]) -> bool {
    !verb.is_empty() && verb.iter().all(u8::is_ascii_graphic)
}

impl fmt::Debug for Other<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Other")
            .field("verb", &format_args!("{}", Escaped(&self.verb)))
            .field("arguments", &format_args!("{}", Escaped(&self.arguments)))
            .finish()
    }
}
