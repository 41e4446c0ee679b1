//! What can go wrong, whose fault it is, and what the peer is told.

use gatepost_wire::LineError;

use crate::Reply;

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
    /// What a server tells its client about this error (RFC 5321 section 4.2.2, RFC 3463).
    pub fn reply(&self) -> Reply {
        let (code, enhanced) = match self {
            Self::Peer(PeerError {
                rule: Rule::EarlyData,
                ..
            }) => (421, "4.7.0"),
            Self::Peer(PeerError { offset: 0, .. }) => (500, "5.5.2"),
            Self::Peer(PeerError {
                rule: Rule::Expected(_),
                ..
            }) => (501, "5.5.4"),
            Self::Peer(_) | Self::Limit(Limit::CommandLine) => (500, "5.5.2"),
            Self::Limit(Limit::SaslLine) => (500, "5.5.6"),
            Self::Limit(Limit::Recipients) => (452, "4.5.3"),
            Self::Limit(_) => (421, "4.7.0"),
        };
        Reply::new(code, enhanced, self.to_string())
    }

    /// Whether the connection must be closed. A command that could not be understood, and a recipient too many,
    /// leave it usable.
    pub fn is_fatal(&self) -> bool {
        match self {
            Self::Peer(error) => !matches!(error.rule, Rule::Expected(_)),
            Self::Limit(limit) => *limit != Limit::Recipients,
        }
    }

    pub(crate) const fn peer(offset: usize, rule: Rule) -> Self {
        Self::Peer(PeerError { offset, rule })
    }

    /// What [`gatepost_wire::take_line`] found wrong; `long` is the limit that it was given.
    pub const fn line(error: LineError, long: Limit) -> Self {
        let (rule, offset) = match error {
            LineError::BareCr { offset } => (Rule::BareCr, offset),
            LineError::BareLf { offset } => (Rule::BareLf, offset),
            LineError::Nul { offset } => (Rule::Nul, offset),
            _ => return Self::Limit(long),
        };
        Self::Peer(PeerError { offset, rule })
    }
}

/// A rule of the protocol that the peer broke, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{rule} at octet {offset}")]
pub struct PeerError {
    /// Octets from the start of the line, the reply or the message.
    pub offset: usize,
    /// What was broken.
    pub rule: Rule,
}

/// The rules that a peer can break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rule {
    /// A CR that no LF follows (RFC 5321 section 2.3.8).
    #[error("bare CR")]
    BareCr,
    /// A LF that no CR precedes.
    #[error("bare LF")]
    BareLf,
    /// A NUL.
    #[error("NUL")]
    Nul,
    /// The grammar wants something else here.
    #[error("expected {0}")]
    Expected(&'static str),
    /// The lines of one reply have different codes (RFC 5321 section 4.2.1).
    #[error("reply with different codes")]
    MixedCodes,
    /// The lines of one reply have different enhanced codes (RFC 2034 section 4).
    #[error("reply with different enhanced codes")]
    MixedEnhancedCodes,
    /// TLS is required and the server does not offer STARTTLS.
    #[error("STARTTLS is required and not offered")]
    StartTlsMissing,
    /// Octets arrived between the answer to STARTTLS and the TLS handshake.
    #[error("octets behind the answer to STARTTLS")]
    BeforeTls,
    /// A reply that nothing asked for.
    #[error("reply that nothing asked for")]
    UnaskedReply,
    /// A reply that makes no sense for its command.
    #[error("reply that makes no sense here")]
    UnexpectedReply,
    /// The login was answered with success before the credentials were sent.
    #[error("login answered before the credentials were sent")]
    EarlyAnswer,
    /// Octets behind DATA that are neither the message nor commands: the client did not wait for the answer
    /// (RFC 2920 section 3.1).
    #[error("octets behind a refused DATA")]
    EarlyData,
    /// The server offers none of the configured ways to log in.
    #[error("no configured login method is offered")]
    MethodMissing,
    /// A challenge or response that is not base64.
    #[error("not base64")]
    Base64,
}

/// The limits of [`crate::Limits`] and [`crate::parse::Options`] by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Limit {
    /// [`crate::Limits::command_line`].
    #[error("line too long")]
    CommandLine,
    /// [`crate::Limits::sasl_line`].
    #[error("line of the SASL exchange too long")]
    SaslLine,
    /// [`crate::Limits::reply_line`].
    #[error("line of a reply too long")]
    ReplyLine,
    /// [`crate::Limits::reply_lines`].
    #[error("too many lines in a reply")]
    ReplyLines,
    /// [`crate::Limits::reply`], or the capacity of the input.
    #[error("reply too long")]
    Reply,
    /// [`crate::Limits::replies`].
    #[error("too many replies before login")]
    Replies,
    /// [`crate::Limits::commands`].
    #[error("too many commands")]
    Commands,
    /// [`crate::Limits::bad_commands`].
    #[error("too many bad commands")]
    BadCommands,
    /// [`crate::Limits::failures`].
    #[error("too many failed logins")]
    Failures,
    /// [`crate::Limits::recipients`].
    #[error("too many recipients")]
    Recipients,
    /// [`crate::parse::Options::parameters`].
    #[error("too many parameters")]
    Parameters,
    /// [`crate::parse::Options::path`].
    #[error("path too long")]
    Path,
    /// [`crate::parse::Options::local_part`].
    #[error("local part too long")]
    LocalPart,
    /// [`crate::parse::Options::domain`].
    #[error("domain too long")]
    Domain,
    /// The length that its RFC sets to the value of a parameter, such as 100 characters to ENVID.
    #[error("value too long")]
    Value,
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;

    use super::*;
    use crate::command;

    fn replied(error: &Error) -> (String, bool) {
        let mut out = BytesMut::new();
        error.reply().encode(&mut out);
        (String::from_utf8(out.to_vec()).unwrap(), error.is_fatal())
    }

    #[test]
    fn every_error_has_one_reply() {
        let syntax = |line| Error::from(command::parse(line).unwrap_err());
        for (error, reply, is_fatal) in [
            (syntax(b""), "500 5.5.2 expected a command at octet 0", false),
            (
                syntax(b"DATA x"),
                "501 5.5.4 expected the end of the line at octet 4",
                false,
            ),
            (Error::peer(3, Rule::BareLf), "500 5.5.2 bare LF at octet 3", true),
            (
                Error::Limit(Limit::CommandLine),
                "500 5.5.2 over the limit: line too long",
                true,
            ),
            (
                Error::Limit(Limit::SaslLine),
                "500 5.5.6 over the limit: line of the SASL exchange too long",
                true,
            ),
            (
                Error::Limit(Limit::Recipients),
                "452 4.5.3 over the limit: too many recipients",
                false,
            ),
            (
                Error::Limit(Limit::Failures),
                "421 4.7.0 over the limit: too many failed logins",
                true,
            ),
        ] {
            assert_eq!(replied(&error), (format!("{reply}\r\n"), is_fatal));
        }
    }

    #[test]
    fn errors_in_lines() {
        let line = |error| Error::line(error, Limit::SaslLine);
        assert_eq!(
            line(LineError::BareCr { offset: 2 }),
            Error::peer(2, Rule::BareCr)
        );
        assert_eq!(line(LineError::Nul { offset: 0 }), Error::peer(0, Rule::Nul));
        assert_eq!(
            line(LineError::TooLong { limit: 9 }),
            Error::Limit(Limit::SaslLine)
        );
    }
}
