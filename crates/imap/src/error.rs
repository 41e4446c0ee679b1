//! What can go wrong, whose fault it is, and what the peer is told.

use bytes::BytesMut;
use gatepost_wire::LineError;

use crate::types::Tag;

/// Why a connection or a command cannot go on.
///
/// Neither the peer's octets nor a secret are ever part of the message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The peer broke the protocol.
    #[error(transparent)]
    Peer(#[from] PeerError),
    /// The peer wants more than it may have.
    #[error("over the limit: {0}")]
    Limit(Limit),
}

impl Error {
    /// What a server tells its client about this error. Only a command that could not be understood leaves the
    /// connection usable.
    pub fn reply(&self) -> Reply {
        match self {
            Self::Peer(PeerError {
                rule: Rule::Expected(_),
                tag,
                ..
            }) => Reply::Bad { tag: tag.clone() },
            Self::Peer(_) | Self::Limit(_) => Reply::Bye,
        }
    }

    /// Appends [`Error::reply`] with this error's message as its text: `tag BAD ..`, `* BAD ..` or `* BYE ..`.
    pub fn encode_reply(&self, out: &mut BytesMut) {
        match self.reply() {
            Reply::Bad { tag: Some(tag) } => out.extend_from_slice(tag.as_bytes()),
            Reply::Bad { tag: None } | Reply::Bye => out.extend_from_slice(b"*"),
        }
        let word = if self.reply() == Reply::Bye { "BYE" } else { "BAD" };
        out.extend_from_slice(format!(" {word} {self}\r\n").as_bytes());
    }

    pub(crate) fn peer(rule: Rule) -> Self {
        Self::Peer(PeerError {
            offset: 0,
            rule,
            tag: None,
        })
    }

    /// An error in a line that begins `start` octets behind the message's first.
    pub(crate) fn line(error: LineError, start: usize) -> Self {
        let (rule, offset) = match error {
            LineError::BareCr { offset } => (Rule::BareCr, offset),
            LineError::BareLf { offset } => (Rule::BareLf, offset),
            LineError::Nul { offset } => (Rule::Nul, offset),
            _ => return Self::Limit(Limit::Line),
        };
        Self::Peer(PeerError {
            offset: start.saturating_add(offset),
            rule,
            tag: None,
        })
    }
}

/// The shape of the answer to an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// `tag BAD` or, if no tag could be read, `* BAD`. The connection goes on.
    Bad {
        /// The tag of the command.
        tag: Option<Tag>,
    },
    /// `* BYE`, and the connection is closed.
    Bye,
}

/// A rule of the protocol that the peer broke, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{rule} at octet {offset}")]
pub struct PeerError {
    /// Octets from the start of the command or response.
    pub offset: usize,
    /// What was broken.
    pub rule: Rule,
    /// The tag of the command, if it could be read.
    pub tag: Option<Tag>,
}

/// The rules that a peer can break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rule {
    /// A CR that no LF follows (RFC 9051 section 2.2).
    #[error("bare CR")]
    BareCr,
    /// A LF that no CR precedes.
    #[error("bare LF")]
    BareLf,
    /// A NUL, which only a literal8 may hold.
    #[error("NUL")]
    Nul,
    /// The grammar wants something else here.
    #[error("expected {0}")]
    Expected(&'static str),
    /// The server greeted with PREAUTH, so nobody said who the user is (RFC 9051 section 7.1.4).
    #[error("PREAUTH greeting refused")]
    Preauth,
    /// TLS is required and the server does not offer STARTTLS.
    #[error("STARTTLS is required and not offered")]
    StartTlsMissing,
    /// Octets arrived between the answer to STARTTLS and the TLS handshake.
    #[error("octets behind the answer to STARTTLS")]
    BeforeTls,
    /// A tagged answer to no command of ours.
    #[error("answer with a tag that is not outstanding")]
    UnknownTag,
    /// A `+` that nothing asked for.
    #[error("continuation request that nothing asked for")]
    UnaskedContinuation,
    /// The login was answered OK before the credentials were sent.
    #[error("login answered before the credentials were sent")]
    EarlyAnswer,
    /// A command was answered OK before its literal was sent.
    #[error("command answered OK before its literal was sent")]
    EarlyOk,
    /// The server offers none of the configured ways to log in.
    #[error("no configured login method is offered")]
    MethodMissing,
    /// A challenge that is not base64.
    #[error("challenge is not base64")]
    Base64,
    /// A literal that the client sends without being asked, and the server does not offer that (RFC 7888).
    #[error("non-synchronizing literal of a size that is not offered")]
    LiteralUnoffered,
    /// A literal in a command without arguments, or announced inside a quoted string.
    #[error("literal where there can be none")]
    LiteralMisplaced,
    /// Something else than DONE while the client idles (RFC 2177 section 3).
    #[error("expected DONE")]
    Idling,
}

/// The limits of [`crate::Limits`] by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Limit {
    /// [`crate::Limits::line`].
    #[error("line too long")]
    Line,
    /// [`crate::Limits::literal`].
    #[error("literal too large")]
    Literal,
    /// [`crate::frame::Streaming::limit`].
    #[error("streamed literal too large")]
    Streamed,
    /// [`crate::Limits::message`], or the capacity of the input.
    #[error("command or response too large")]
    Message,
    /// [`crate::Limits::nesting`].
    #[error("nested too deep")]
    Nesting,
    /// [`crate::Limits::elements`].
    #[error("too many elements")]
    Elements,
    /// [`crate::Limits::sasl_line`].
    #[error("line of the SASL exchange too long")]
    SaslLine,
    /// [`crate::Limits::commands`].
    #[error("too many commands")]
    Commands,
    /// [`crate::Limits::responses`], or their count.
    #[error("too many responses")]
    Responses,
    /// [`crate::Limits::bad_commands`].
    #[error("too many bad commands")]
    BadCommands,
    /// [`crate::Limits::failures`].
    #[error("too many failed logins")]
    Failures,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replied(error: &Error) -> String {
        let mut out = BytesMut::new();
        error.encode_reply(&mut out);
        String::from_utf8(out.to_vec()).unwrap()
    }

    #[test]
    fn every_error_has_one_wire_reply() {
        let syntax = |tag| {
            Error::Peer(PeerError {
                offset: 3,
                rule: Rule::Expected("a space"),
                tag,
            })
        };
        assert_eq!(
            replied(&syntax(Tag::parse(b"a1").ok())),
            "a1 BAD expected a space at octet 3\r\n"
        );
        assert_eq!(replied(&syntax(None)), "* BAD expected a space at octet 3\r\n");
        assert_eq!(
            replied(&Error::peer(Rule::BareLf)),
            "* BYE bare LF at octet 0\r\n"
        );
        assert_eq!(
            replied(&Error::Limit(Limit::Literal)),
            "* BYE over the limit: literal too large\r\n"
        );
    }
}
