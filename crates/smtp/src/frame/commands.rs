//! What a client sends.

use std::fmt;

use bytes::BytesMut;
use gatepost_wire::{LineError, check_octets};

use super::Buffer;
use super::line_ends::LineEnds;
use super::message::{Content, Piece};
use crate::chunk::Chunk;
use crate::data::Decoder;
use crate::{Error, Limit, Limits};

/// What a client sent.
#[derive(Clone, PartialEq, Eq)]
pub enum Frame {
    /// A line without its CRLF: a command for [`crate::command::parse`], or a response of SASL, as was expected. It may
    /// hold a password: overwrite it with [`gatepost_wire::wipe`] when it has been read.
    Line(BytesMut),
    /// A piece of the message, without stuffed dots, or of the chunk. It is not empty.
    Octets(BytesMut),
    /// The end of the message or of the chunk. A command is expected again.
    End,
}

/// Of a line it shows no more than the length.
impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "Line({} octets)", line.len()),
            Self::Octets(octets) => f.debug_tuple("Octets").field(octets).finish(),
            Self::End => f.write_str("End"),
        }
    }
}

/// Cuts what a client sends into frames. [`crate::frame`] shows one at work.
#[derive(Debug, Clone)]
pub struct Commands {
    limits: Limits,
    line_ends: LineEnds,
    expected: Expected,
}

/// What a client sends next.
#[derive(Debug, Clone)]
enum Expected {
    Command,
    Response,
    Content(Content),
}

impl Commands {
    /// For a client who may send what `limits` allow: their `command_line` and `sasl_line`. First comes a command.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            line_ends: LineEnds::default(),
            expected: Expected::Command,
        }
    }

    /// Other limits from now on.
    pub const fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// Behind AUTH and 334: the next line is a response of SASL (RFC 4954 section 4), and behind it a command is
    /// expected again.
    pub fn expect_response(&mut self) {
        self.expected = Expected::Response;
    }

    /// Behind DATA and 354: a message comes, up to [`Frame::End`].
    pub fn expect_message(&mut self) {
        self.expect(Content::Message(Decoder::new()));
    }

    /// Behind BDAT, however it is answered: a chunk of `size` octets comes, up to [`Frame::End`] (RFC 3030 section 2).
    /// Behind a BDAT that cannot be read nobody knows how many, and they must not be taken for commands: close the
    /// connection.
    pub fn expect_chunk(&mut self, size: u64) {
        self.expect(Content::Chunk(Chunk::new(size)));
    }

    fn expect(&mut self, content: Content) {
        // What has been searched for a line's end is none.
        self.line_ends.taken();
        self.expected = Expected::Content(content);
    }

    /// What is left of the message or the chunk is not wanted: the next frame is its [`Frame::End`]. Behind an error in
    /// a message this is the way to go on.
    pub fn discard(&mut self) {
        self.expected = match std::mem::replace(&mut self.expected, Expected::Command) {
            Expected::Content(content) => Expected::Content(content.unwanted()),
            line => line,
        };
    }

    /// Forgets what has been seen, as the buffer was emptied for TLS (RFC 3207 section 4.2). A command comes next.
    pub fn reset(&mut self) {
        self.line_ends.taken();
        self.expected = Expected::Command;
    }

    /// The next frame; `None` if it has not arrived whole.
    ///
    /// # Errors
    /// A bare CR, a bare LF or a NUL, with its offset from the start of the line or of the message, or the limit that
    /// is exceeded, as soon as that is certain. Behind an error in a line the connection is of no more use, and nothing
    /// is consumed. Behind one in a message, of which all before it was given, there is [`Commands::discard`].
    #[inline]
    pub fn next(&mut self, input: &mut impl Buffer) -> Result<Option<Frame>, Error> {
        let Expected::Content(content) = &mut self.expected else {
            return self.line(input);
        };
        match content.next(input)? {
            Piece::More => Ok(None),
            Piece::Octets(octets) => Ok(Some(Frame::Octets(octets))),
            Piece::End => {
                self.expected = Expected::Command;
                Ok(Some(Frame::End))
            }
        }
    }

    fn line(&mut self, input: &mut impl Buffer) -> Result<Option<Frame>, Error> {
        let octets = input.octets();
        if let Some(end) = self.line_ends.short_line(octets)
            && end <= self.limits.command_line.min(self.limits.sasl_line)
        {
            return Ok(Some(self.take(input, end)));
        }
        let (limit, name) = self.limit(octets);
        let Some(lf) = self.line_ends.next(octets) else {
            let is_long = length(octets) > limit || input.is_full();
            return if is_long {
                Err(Error::Limit(name))
            } else {
                Ok(None)
            };
        };
        let line = octets.get(..lf).unwrap_or_default();
        check(line, limit).map_err(|error| {
            self.line_ends.again();
            Error::line(error, name)
        })?;
        Ok(Some(self.take(input, lf - 1)))
    }

    /// Takes a line that has its CRLF at `end`.
    #[inline]
    fn take(&mut self, input: &mut impl Buffer, end: usize) -> Frame {
        let mut line = input.take(end + 2);
        line.truncate(end);
        self.line_ends.taken();
        self.expected = Expected::Command;
        Frame::Line(line)
    }

    /// How long the line may be that begins with `octets`: AUTH may bring a whole response along (RFC 4954 section 4).
    fn limit(&self, octets: &[u8]) -> (usize, Limit) {
        let is_auth = || {
            octets
                .get(..5)
                .is_some_and(|verb| verb.eq_ignore_ascii_case(b"AUTH "))
        };
        match self.expected {
            Expected::Response => (self.limits.sasl_line, Limit::SaslLine),
            _ if is_auth() => (self.limits.sasl_line, Limit::SaslLine),
            _ => (self.limits.command_line, Limit::CommandLine),
        }
    }
}

/// The length of a line whose last octet may be the CR of its end.
fn length(line: &[u8]) -> usize {
    line.strip_suffix(b"\r").unwrap_or(line).len()
}

/// Checks a line that has lost its LF.
fn check(line: &[u8], limit: usize) -> Result<(), LineError> {
    if length(line) > limit {
        return Err(LineError::TooLong { limit });
    }
    match line.strip_suffix(b"\r") {
        Some(line) => check_octets(line),
        None => Err(LineError::BareLf { offset: line.len() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Octet by octet each is looked at as often as in one piece: once.
    #[test]
    fn no_octet_is_looked_at_twice() {
        let line = [&b"AUTH PLAIN "[..], &b"QUJD".repeat(3000), b"\r\n"].concat();
        for size in [1, 7, 1448, line.len()] {
            let mut commands = Commands::new(Limits::BEFORE_LOGIN);
            let mut input = BytesMut::new();
            let mut read = None;
            for piece in line.chunks(size) {
                input.extend_from_slice(piece);
                read = read.or_else(|| commands.next(&mut input).unwrap());
            }
            assert_eq!(read, Some(Frame::Line(BytesMut::from(&line[..line.len() - 2]))));
            assert_eq!(commands.line_ends.looked_at, line.len(), "in pieces of {size}");
        }
    }

    #[test]
    fn what_is_pipelined_behind_a_line_is_left_alone() {
        let mut commands = Commands::new(Limits::BEFORE_LOGIN);
        let message = b"x".repeat(1 << 16);
        let mut input = BytesMut::from(&[&b"BDAT 65536\r\n"[..], &message].concat()[..]);
        assert!(matches!(commands.next(&mut input), Ok(Some(Frame::Line(_)))));
        assert_eq!(commands.line_ends.looked_at, 12);
        commands.expect_chunk(1 << 16);
        assert_eq!(
            commands.next(&mut input),
            Ok(Some(Frame::Octets(BytesMut::from(&message[..]))))
        );
        assert_eq!(commands.next(&mut input), Ok(Some(Frame::End)));
    }
}
