//! SMTP as `tokio_util::codec`, for tools that speak it with `Framed` (feature `codec`).
//!
//! ```
//! use bytes::BytesMut;
//! use gatepost_smtp::codec::{Frame, ServerCodec};
//! use gatepost_smtp::{Command, Limits, command};
//! use tokio_util::codec::Decoder as _;
//!
//! let mut codec = ServerCodec::new(Limits::AFTER_LOGIN);
//! let mut octets = BytesMut::from(&b"DATA\r\nhello\r\n.\r\n"[..]);
//! let Some(Frame::Line(line)) = codec.decode(&mut octets).unwrap() else { panic!() };
//! assert_eq!(command::parse(&line), Ok(Command::Data));
//!
//! codec.expect_message(); // and answer 354
//! assert_eq!(codec.decode(&mut octets).unwrap(), Some(Frame::Octets(BytesMut::from("hello\r\n"))));
//! assert_eq!(codec.decode(&mut octets).unwrap(), Some(Frame::End));
//! ```

use std::io;

use bytes::{Buf as _, BytesMut};
use gatepost_wire::{Input, take_line, wipe};
use tokio_util::codec::{Decoder, Encoder};

use crate::chunk::Chunk;
use crate::{Command, Error, Limit, Limits, Reply, data, reply};

/// Reads lines and messages, and writes replies.
#[derive(Debug)]
pub struct ServerCodec {
    limits: Limits,
    /// A line that has not arrived whole.
    input: Input,
    expected: Expected,
}

/// What a client sends next.
#[derive(Debug)]
enum Expected {
    Command,
    Response,
    Message(data::Decoder),
    Chunk(Chunk),
    /// Nothing: the octets were given, and their end is due.
    End,
}

/// What a client sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// A line without its CRLF, for [`crate::command::parse`].
    Line(BytesMut),
    /// A piece of the message or of the chunk, as it is meant.
    Octets(BytesMut),
    /// The end of the message or of the chunk.
    End,
}

impl ServerCodec {
    /// A codec for clients who may send what `limits` allow.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            input: Input::new(limits.input_capacity()),
            expected: Expected::Command,
        }
    }

    /// Behind AUTH and 334: the next line is one of the SASL exchange.
    pub const fn expect_response(&mut self) {
        self.expected = Expected::Response;
    }

    /// Behind DATA: a message comes, up to [`Frame::End`].
    pub const fn expect_message(&mut self) {
        self.expected = Expected::Message(data::Decoder::new());
    }

    /// Behind BDAT, whether it is wanted or not: a chunk of `size` octets comes, up to [`Frame::End`].
    pub const fn expect_chunk(&mut self, size: u64) {
        self.expected = Expected::Chunk(Chunk::new(size));
    }

    fn line(&mut self, octets: &mut BytesMut) -> Result<Option<Frame>, Error> {
        // What stands behind the line may be a message, and is left where it is.
        let end = memchr::memchr(b'\n', octets).map_or(octets.len(), |lf| lf + 1);
        let mut moved = octets.split_to(end.min(self.input.room()));
        let (limit, name) = self.limit(&moved);
        self.input.feed(&moved).map_err(|_| Error::Limit(name))?;
        wipe(&mut moved);
        let line = take_line(&mut self.input, limit).map_err(|error| Error::line(error, name))?;
        if line.is_some() {
            self.expected = Expected::Command;
        }
        Ok(line.map(Frame::Line))
    }

    /// How long the line may be whose next octets are `moved`: AUTH may bring a whole response along (RFC 4954
    /// section 4).
    fn limit(&self, moved: &[u8]) -> (usize, Limit) {
        let start: Vec<u8> = self
            .input
            .as_slice()
            .iter()
            .chain(moved)
            .copied()
            .take(5)
            .collect();
        match self.expected {
            Expected::Response => (self.limits.sasl_line, Limit::SaslLine),
            _ if start.eq_ignore_ascii_case(b"AUTH ") => (self.limits.sasl_line, Limit::SaslLine),
            _ => (self.limits.command_line, Limit::CommandLine),
        }
    }
}

/// Why a `Framed` stream ended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// Reading or writing failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The peer broke the protocol or a limit.
    #[error(transparent)]
    Smtp(#[from] Error),
}

impl Decoder for ServerCodec {
    type Item = Frame;
    type Error = CodecError;

    fn decode(&mut self, octets: &mut BytesMut) -> Result<Option<Frame>, CodecError> {
        let (piece, ended) = match &mut self.expected {
            Expected::Command | Expected::Response => return Ok(self.line(octets)?),
            Expected::End => (BytesMut::new(), true),
            Expected::Chunk(chunk) => {
                let count = chunk.count(octets.len());
                (octets.split_to(count), chunk.is_over())
            }
            Expected::Message(decoder) => {
                let mut message = BytesMut::with_capacity(octets.len());
                let decoded = decoder
                    .decode(octets, |run| message.extend_from_slice(run))
                    .map_err(Error::from)?;
                octets.advance(decoded.consumed);
                (message, decoded.ended)
            }
        };
        if piece.is_empty() && !ended {
            return Ok(None);
        }
        if piece.is_empty() {
            self.expected = Expected::Command;
            return Ok(Some(Frame::End));
        }
        if ended {
            self.expected = Expected::End;
        }
        Ok(Some(Frame::Octets(piece)))
    }
}

impl Encoder<&Reply> for ServerCodec {
    type Error = CodecError;

    fn encode(&mut self, reply: &Reply, out: &mut BytesMut) -> Result<(), CodecError> {
        reply.encode(out);
        Ok(())
    }
}

/// Reads replies, and writes commands and messages.
#[derive(Debug)]
pub struct ClientCodec {
    limits: Limits,
    input: Input,
    encoder: data::Encoder,
}

/// What a client sends behind 354.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message<'a> {
    /// A piece of the message.
    Octets(&'a [u8]),
    /// The end.
    End,
}

impl ClientCodec {
    /// A codec for servers who may send what `limits` allow.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            input: Input::new(limits.reply_capacity()),
            encoder: data::Encoder::new(),
        }
    }

    /// What was read and is no reply yet. Before TLS starts it must be empty.
    pub fn unread(&self) -> &[u8] {
        self.input.as_slice()
    }
}

impl Decoder for ClientCodec {
    type Item = Reply;
    type Error = CodecError;

    fn decode(&mut self, octets: &mut BytesMut) -> Result<Option<Reply>, CodecError> {
        loop {
            let moved = octets.split_to(self.input.room().min(octets.len()));
            self.input.feed(&moved).map_err(|_| Error::Limit(Limit::Reply))?;
            let reply = reply::take(&mut self.input, &self.limits)?;
            if reply.is_some() || octets.is_empty() {
                return Ok(reply);
            }
        }
    }
}

impl Encoder<Command<'_>> for ClientCodec {
    type Error = CodecError;

    fn encode(&mut self, command: Command<'_>, out: &mut BytesMut) -> Result<(), CodecError> {
        command.encode(out);
        Ok(())
    }
}

impl Encoder<Message<'_>> for ClientCodec {
    type Error = CodecError;

    fn encode(&mut self, message: Message<'_>, out: &mut BytesMut) -> Result<(), CodecError> {
        match message {
            Message::Octets(octets) => self.encoder.encode(octets, out),
            Message::End => std::mem::take(&mut self.encoder).finish(out),
        }
        Ok(())
    }
}
