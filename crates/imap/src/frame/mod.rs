//! Cutting a stream into whole commands or responses.
//!
//! A message is one line, or several with literals between them: a line that ends in `{n}` is followed by n octets
//! of any kind and by the rest of the message. Framing comes before grammar, so it knows nothing else about IMAP but
//! one thing: the text of a status response or of a continuation request never announces a literal.
//!
//! Nothing is searched twice, and literals are counted, not searched. A [`Framer`] decides by its [`crate::Limits`]
//! before it lets anything pile up:
//!
//! | what a client sends | what becomes of it |
//! |---|---|
//! | a command within the limits | [`Frame::Message`] |
//! | one with a literal that is streamed | [`Frame::Part`]s: [`Part::Open`], [`Part::Literal`]s and at the end [`Part::Close`] |
//! | `{n}` within the limits | [`Frame::LiteralWanted`], once; the caller writes `+` or calls [`Framer::refuse_literal`]. If it is streamed its [`Part::Open`] comes next |
//! | `{n}` over a limit | [`Frame::Refused`] at once: the client waits for `+` and sends nothing |
//! | `{n+}` over a limit, n at most 4,096 | drained with all that follows, then [`Frame::Refused`] |
//! | `{n+}` over a limit, n larger | [`Error`] |
//! | a line over a limit | drained to the end of its command, then [`Frame::Refused`] |
//! | a bare CR, bare LF or NUL outside literals | [`Error`] |
//!
//! Octets that are drained are consumed and overwritten as they come; they are never taken for a command. From
//! servers bare CR, bare LF and NUL are tolerated, and whatever is over a limit is an [`Error`].
//!
//! With [`Framer::streaming`] a literal above a size is given as it comes, in pieces that are slices of the input, and
//! may be as large as [`Streaming::limit`] says. What is left of its message at the end is an [`Outline`]. In both
//! modes no octet is lost: [`Frame::octets`] are those of the stream.

mod drain;
mod framer;
pub mod literal;
mod part;
mod scan;
mod text;

use bytes::BytesMut;
use gatepost_wire::{Input, wipe};

pub use self::framer::Framer;
pub use self::part::{Gap, Outline, Part, Streaming};
pub use self::text::is_text_response;
use crate::types::Tag;
use crate::{Error, Limit, PeerError, Rule};

/// What a [`Framer`] found.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame {
    /// One whole command or response with its literals, without its final CRLF. It may hold a password: overwrite it
    /// with [`gatepost_wire::wipe`] when it has been read.
    Message(BytesMut),
    /// A part of a command or response with literals so large that they are streamed. Only a framer that was made with
    /// [`Framer::streaming`] gives parts.
    Part(Part),
    /// A client announced a synchronizing literal that is within the limits. It waits for a line that begins with
    /// `+`. Write one and go on, or call [`Framer::refuse_literal`].
    LiteralWanted {
        /// The size of the literal.
        octets: u64,
    },
    /// A client's command was over a limit and is over. Answer BAD, and forget the parts of it that were given.
    Refused(Refused),
}

impl Frame {
    /// The octets of the stream that this frame is, in two slices: the final CRLF of a [`Frame::Message`] is the
    /// second.
    ///
    /// All frames of a stream in their order are the stream, but for what was refused.
    ///
    /// ```
    /// use gatepost_imap::{Frame, Framer, Limits};
    /// use gatepost_wire::Input;
    ///
    /// let mut input = Input::new(1024);
    /// input.feed(b"* 2 EXISTS\r\n").unwrap();
    /// let frame = Framer::responses(Limits::AFTER_LOGIN).next(&mut input).unwrap().unwrap();
    /// assert_eq!(frame.octets().concat(), b"* 2 EXISTS\r\n");
    /// ```
    pub fn octets(&self) -> [&[u8]; 2] {
        match self {
            // A line ends at CRLF alone, so it is no other.
            Self::Message(message) => [message, b"\r\n"],
            Self::Part(part) => [part.octets(), b""],
            Self::LiteralWanted { .. } | Self::Refused(_) => [b"", b""],
        }
    }

    /// The message that is over with this frame, without its final CRLF, and where streamed literals are missing in it.
    pub fn message(&self) -> Option<(&BytesMut, &[Gap])> {
        match self {
            Self::Message(message) => Some((message, &[])),
            Self::Part(Part::Close { outline, .. }) => Some((&outline.octets, &outline.gaps)),
            _ => None,
        }
    }
}

/// A command that was too large to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The tag of the command, if it had one.
    pub tag: Option<Tag>,
    /// Which limit it exceeded.
    pub limit: Limit,
}

/// Takes `count` octets off and overwrites them: they may be a part of a password.
fn discard(input: &mut Input, count: usize) {
    wipe(&mut input.take(count));
}

/// No client's line may hold the octet at `offset` of the input, in front of which `gone` octets of the message were.
fn bad_octet(input: &Input, offset: usize, gone: usize) -> Error {
    let rule = match input.as_slice().get(offset) {
        Some(b'\r') => Rule::BareCr,
        Some(b'\n') => Rule::BareLf,
        _ => Rule::Nul,
    };
    Error::Peer(PeerError {
        offset: gone.saturating_add(offset),
        rule,
        tag: None,
    })
}

#[cfg(test)]
mod tests;
