//! SMTP as `tokio_util::codec`, for tools that speak it with `Framed` (feature `codec`): the faces of
//! [`crate::frame::Commands`] and [`crate::frame::Replies`].
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
//! codec.commands().expect_message(); // and answer 354
//! assert_eq!(codec.decode(&mut octets).unwrap(), Some(Frame::Octets(BytesMut::from("hello\r\n"))));
//! assert_eq!(codec.decode(&mut octets).unwrap(), Some(Frame::End));
//! ```

use std::io;

use bytes::BytesMut;
use tokio_util::codec::{Decoder, Encoder};

use crate::frame::{Commands, Replies};
use crate::parse::Leniency;
use crate::reply::parse_with;
use crate::{Command, Error, Limits, Reply, data};

pub use crate::frame::Frame;

/// Reads lines, messages and chunks, and writes replies.
#[derive(Debug)]
pub struct ServerCodec {
    commands: Commands,
}

impl ServerCodec {
    /// A codec for clients who may send what `limits` allow.
    pub fn new(limits: Limits) -> Self {
        Self {
            commands: Commands::new(limits),
        }
    }

    /// The framer, to be told what comes next.
    pub const fn commands(&mut self) -> &mut Commands {
        &mut self.commands
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
        Ok(self.commands.next(octets)?)
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
///
/// Before TLS starts, the read buffer of the `Framed` must be empty (RFC 3207 section 4.2).
#[derive(Debug)]
pub struct ClientCodec {
    replies: Replies,
    leniency: Leniency,
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
    /// A codec for servers who may send what `limits` allow, and follow the grammar.
    pub fn new(limits: Limits) -> Self {
        Self {
            replies: Replies::new(limits),
            leniency: Leniency::STRICT,
            encoder: data::Encoder::new(),
        }
    }

    /// The same, and it forgives what `leniency` allows.
    #[must_use]
    pub fn lenient(self, leniency: Leniency) -> Self {
        Self {
            replies: self.replies.lenient(leniency),
            leniency,
            ..self
        }
    }
}

impl Decoder for ClientCodec {
    type Item = Reply;
    type Error = CodecError;

    fn decode(&mut self, octets: &mut BytesMut) -> Result<Option<Reply>, CodecError> {
        let Some(octets) = self.replies.next(octets)? else {
            return Ok(None);
        };
        let (reply, _) = parse_with(octets, self.leniency).map_err(Error::from)?;
        Ok(Some(reply))
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
