//! The end of IDLE.

use bytes::BytesMut;

use crate::parse::{Cursor, Options, ParseError, Source};

/// The line that ends [`super::Body::Idle`]. It is no command: it has no tag.
///
/// ```abnf
/// idle = "IDLE" CRLF "DONE"        ; RFC 9051 section 9, RFC 2177
/// ```
///
/// ```
/// use gatepost_imap::command::Done;
///
/// assert_eq!(Done::parse(b"done"), Ok(Done));
/// assert!(Done::parse(b"a1 NOOP").is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Done;

impl Done {
    /// Reads a line without its CRLF.
    ///
    /// # Errors
    /// If it is anything else.
    pub fn parse<'a>(line: impl Into<Source<'a>>) -> Result<Self, ParseError> {
        let mut cursor = Cursor::new(line.into(), Options::default());
        let done = match cursor.eat_word(b"DONE") {
            true => cursor.end(),
            false => cursor.expected("DONE"),
        };
        match done {
            Ok(()) => Ok(Self),
            Err(_) => Err(cursor.error(None)),
        }
    }

    /// Appends the line with its CRLF.
    pub fn encode(self, out: &mut BytesMut) {
        out.extend_from_slice(b"DONE\r\n");
    }
}
