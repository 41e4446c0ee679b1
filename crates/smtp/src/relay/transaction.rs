//! The client's transaction, as far as its commands were looked at.

use super::parameters;
use crate::{ForwardPath, Parameters, ReversePath};

/// Which transaction a question to the server belongs to, as the client may have begun another since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Id(pub(super) u32);

/// RFC 5321 section 4.1.4.
#[derive(Debug)]
pub(super) enum Transaction {
    /// There is none, or its MAIL was refused.
    None,
    /// MAIL was sent to the server.
    Open(Box<Envelope>),
    /// The server was lost: what belongs to it is answered 451, not 503, as it may be tried again.
    Broken,
}

impl Transaction {
    pub(super) fn open(&mut self, id: Id) -> Option<&mut Envelope> {
        match self {
            Self::Open(envelope) if envelope.id == id => Some(envelope),
            _ => None,
        }
    }
}

impl Envelope {
    pub(super) fn new(id: Id, sender: ReversePath<'static>, parameters: &Parameters<'_>) -> Self {
        Self {
            id,
            sender,
            smtputf8: parameters.contains("SMTPUTF8"),
            size: parameters::size(parameters),
            accepted: false,
            asked: 0,
            tried: false,
            recipients: Vec::new(),
        }
    }
}

/// From whom and to whom.
#[derive(Debug)]
pub(super) struct Envelope {
    pub(super) id: Id,
    pub(super) sender: ReversePath<'static>,
    pub(super) smtputf8: bool,
    /// MAIL's parameter SIZE.
    pub(super) size: Option<u64>,
    /// Whether the server took MAIL.
    pub(super) accepted: bool,
    /// RCPTs that the server did not answer yet.
    pub(super) asked: usize,
    /// Whether there was any RCPT.
    pub(super) tried: bool,
    /// The recipients that the server took.
    pub(super) recipients: Vec<ForwardPath<'static>>,
}
