//! The framing as `tokio_util::codec`, for tools that speak IMAP with `Framed` (feature `codec`).
//!
//! ```
//! use bytes::BytesMut;
//! use gatepost_imap::codec::ServerCodec;
//! use gatepost_imap::{Frame, Limits};
//! use tokio_util::codec::Decoder as _;
//!
//! let mut codec = ServerCodec::new(Limits::BEFORE_LOGIN);
//! let mut octets = BytesMut::from(&b"a1 NOOP\r\na2 LOG"[..]);
//! let Some(Frame::Message(command)) = codec.decode(&mut octets).unwrap() else { panic!() };
//! assert_eq!(command, &b"a1 NOOP"[..]);
//! assert_eq!(codec.decode(&mut octets).unwrap(), None);
//! ```
//!
//! What `Framed` has read is cut where it is, not copied. With `streaming` large literals come as [`Frame::Part`]s, and
//! either codec writes a [`Frame`] as the other has read it. A connection that ends within a message is an error.

use std::io;

use bytes::BytesMut;
use gatepost_wire::Input;
use tokio_util::codec::{Decoder, Encoder};

use crate::frame::Streaming;
use crate::{Command, Error, Frame, Framer, Limit, Limits, Literals, Response, Rule};

/// Reads commands and writes responses.
#[derive(Debug)]
pub struct ServerCodec(Cutter);

/// Reads responses and writes commands.
#[derive(Debug)]
pub struct ClientCodec {
    cutter: Cutter,
    literals: Literals,
}

impl ServerCodec {
    /// A codec for clients who may send what `limits` allow.
    pub fn new(limits: Limits) -> Self {
        Self(Cutter::new(Framer::commands(limits), limits))
    }

    /// With large literals given as [`Frame::Part`]s: see [`Framer::streaming`].
    #[must_use]
    pub fn streaming(self, streaming: Streaming) -> Self {
        Self(self.0.streaming(streaming))
    }

    /// While a literal is awaited: see [`Framer::pending`].
    pub fn pending(&self) -> &[u8] {
        self.0.framer.pending(&self.0.input)
    }

    /// Behind [`Frame::LiteralWanted`], instead of `+`: see [`Framer::refuse_literal`].
    pub fn refuse_literal(&mut self) {
        self.0.framer.refuse_literal(&mut self.0.input);
    }

    /// What was read and not yet cut. Before TLS starts it must be empty.
    pub fn unread(&self) -> &[u8] {
        self.0.input.as_slice()
    }
}

impl ClientCodec {
    /// A codec for servers who may send what `limits` allow.
    pub fn new(limits: Limits) -> Self {
        Self {
            cutter: Cutter::new(Framer::responses(limits), limits),
            literals: Literals::Synchronizing,
        }
    }

    /// From now on the server takes `literals` without being asked. A codec cannot wait in the middle of a command:
    /// one with other literals is not written.
    pub fn offered(&mut self, literals: Literals) {
        self.literals = literals;
    }

    /// With large literals given as [`Frame::Part`]s: see [`Framer::streaming`].
    #[must_use]
    pub fn streaming(self, streaming: Streaming) -> Self {
        Self {
            cutter: self.cutter.streaming(streaming),
            ..self
        }
    }

    /// What was read and not yet cut. Before TLS starts it must be empty.
    pub fn unread(&self) -> &[u8] {
        self.cutter.input.as_slice()
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
    Imap(#[from] Error),
}

impl Decoder for ServerCodec {
    type Item = Frame;
    type Error = CodecError;

    fn decode(&mut self, octets: &mut BytesMut) -> Result<Option<Frame>, CodecError> {
        self.0.cut(octets)
    }

    fn decode_eof(&mut self, octets: &mut BytesMut) -> Result<Option<Frame>, CodecError> {
        self.0.cut_last(octets)
    }
}

impl Decoder for ClientCodec {
    type Item = Frame;
    type Error = CodecError;

    fn decode(&mut self, octets: &mut BytesMut) -> Result<Option<Frame>, CodecError> {
        self.cutter.cut(octets)
    }

    fn decode_eof(&mut self, octets: &mut BytesMut) -> Result<Option<Frame>, CodecError> {
        self.cutter.cut_last(octets)
    }
}

/// Writes a frame that a [`ClientCodec`] read, as it was.
impl Encoder<Frame> for ServerCodec {
    type Error = CodecError;

    fn encode(&mut self, frame: Frame, out: &mut BytesMut) -> Result<(), CodecError> {
        write(&frame, out);
        Ok(())
    }
}

/// Writes a frame that a [`ServerCodec`] read, as it was.
impl Encoder<Frame> for ClientCodec {
    type Error = CodecError;

    fn encode(&mut self, frame: Frame, out: &mut BytesMut) -> Result<(), CodecError> {
        write(&frame, out);
        Ok(())
    }
}

impl Encoder<Response> for ServerCodec {
    type Error = CodecError;

    fn encode(&mut self, response: Response, out: &mut BytesMut) -> Result<(), CodecError> {
        response.encode(out);
        Ok(())
    }
}

impl Encoder<Command> for ClientCodec {
    type Error = CodecError;

    fn encode(&mut self, command: Command, out: &mut BytesMut) -> Result<(), CodecError> {
        let before = out.len();
        if command.encode(out, self.literals).is_empty() {
            return Ok(());
        }
        let unsent = out.get_mut(before..).unwrap_or_default();
        gatepost_wire::wipe(unsent);
        out.truncate(before);
        Err(Error::peer(Rule::LiteralUnoffered).into())
    }
}

/// A framer and the input that it remembers offsets of.
#[derive(Debug)]
struct Cutter {
    framer: Framer,
    input: Input,
}

impl Cutter {
    fn new(framer: Framer, limits: Limits) -> Self {
        let input = Input::new(limits.input_capacity());
        Self { framer, input }
    }

    fn streaming(mut self, streaming: Streaming) -> Self {
        self.framer = self.framer.streaming(streaming);
        self
    }

    fn cut(&mut self, octets: &mut BytesMut) -> Result<Option<Frame>, CodecError> {
        loop {
            let moved = octets.split_to(self.input.room().min(octets.len()));
            self.input.give(moved).map_err(|_| Error::Limit(Limit::Message))?;
            let frame = self.framer.next(&mut self.input)?;
            if frame.is_some() || octets.is_empty() {
                return Ok(frame);
            }
            if self.input.room() == 0 {
                // A framer never waits with a full input; should it, this is better than to wait with it.
                return Err(Error::Limit(Limit::Message).into());
            }
        }
    }

    /// Nothing more comes.
    fn cut_last(&mut self, octets: &mut BytesMut) -> Result<Option<Frame>, CodecError> {
        match self.cut(octets)? {
            None if !self.framer.is_between_messages(&self.input) => {
                Err(io::Error::from(io::ErrorKind::UnexpectedEof).into())
            }
            frame => Ok(frame),
        }
    }
}

fn write(frame: &Frame, out: &mut BytesMut) {
    for octets in frame.octets() {
        out.extend_from_slice(octets);
    }
}
