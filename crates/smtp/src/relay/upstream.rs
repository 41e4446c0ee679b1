//! The mail server as the relay sees it.

use bytes::BytesMut;

use super::owed::{Owed, Question};
use crate::command::Command;
use crate::{Code, Error, Extensions, Limits, frame};

/// A mail server that is ready.
#[derive(Debug)]
pub(super) struct Upstream {
    pub(super) extensions: Extensions,
    pub(super) replies: frame::Replies,
    pipelining: bool,
    /// Whether a transaction is open there, or may be.
    pub(super) open: bool,
}

impl Upstream {
    pub(super) fn new(extensions: Extensions, limits: Limits) -> Self {
        Self {
            pipelining: extensions.has("PIPELINING"),
            extensions,
            replies: frame::Replies::new(limits),
            open: false,
        }
    }

    /// Whether a command may be sent now (RFC 2920).
    pub(super) fn may_send(&self, owed: &Owed) -> bool {
        self.pipelining || !owed.is_asking()
    }

    /// Ends the transaction that is open there.
    pub(super) fn reset(&mut self, owed: &mut Owed, to_server: &mut BytesMut) {
        if self.open {
            Command::Rset.encode(to_server);
            owed.ask(Question::Reset);
            self.open = false;
        }
    }
}

/// Why a mail server is not used any more. Its connection has to be closed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Loss {
    /// The caller said so.
    #[error("connection lost")]
    Gone,
    /// It said 421.
    #[error("server closes")]
    Closing,
    /// It answered what makes no sense.
    #[error("reply {} makes no sense", .0.get())]
    Nonsense(Code),
    /// It answered what nobody asked.
    #[error("reply {} that nothing asked for", .0.get())]
    Unasked(Code),
    /// What it sent is no reply.
    #[error(transparent)]
    Malformed(#[from] Error),
    /// A message was broken off.
    #[error("message broken off")]
    BrokenOff,
}
