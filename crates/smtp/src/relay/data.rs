//! The client wants to send a message.

use bytes::{Bytes, BytesMut};

use super::transaction::{Envelope, Transaction};
use super::{Early, Relay, Stage};
use crate::command::Command;
use crate::{ForwardPath, Reply, ReversePath};

/// The client said DATA, the server took at least one recipient, and nothing waits for an answer.
///
/// Proceed or refuse. If the server's connection is gone meanwhile, refuse, and then call [`Relay::server_lost`].
#[derive(Debug)]
pub struct Data {
    relay: Relay,
    envelope: Envelope,
    early: Early,
}

/// How much an [`Insertions`] may add to a message. The server is told of so many octets more than the client says
/// that it sends, so a client is to be offered a SIZE that is so much less than the server's.
pub const ADDED_OCTETS: u64 = 1024;

/// What is added to a message (RFC 5321 section 4.4, RFC 6409 section 8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Insertions {
    /// A Received field with its CRLF, which goes in front. It must hold whole lines; may be empty.
    pub received: Bytes,
    /// The value of a Message-ID field, used if the message has none.
    pub message_id: String,
    /// The value of a Date field, used if the message has none.
    pub date: String,
}

impl Data {
    pub(super) fn new(relay: Relay, envelope: Envelope, early: Early) -> Self {
        Self {
            relay,
            envelope,
            early,
        }
    }

    /// Whom the message is from.
    pub fn sender(&self) -> &ReversePath<'static> {
        &self.envelope.sender
    }

    /// Whom it is for: the recipients that the server took.
    pub fn recipients(&self) -> &[ForwardPath<'static>] {
        &self.envelope.recipients
    }

    /// Whether MAIL had the parameter SMTPUTF8 (RFC 6531).
    pub fn is_smtputf8(&self) -> bool {
        self.envelope.smtputf8
    }

    /// How many octets the client says that the message has (RFC 1870 section 5). It may have more, or fewer.
    pub fn declared_size(&self) -> Option<u64> {
        self.envelope.size
    }

    /// What the client called itself last with EHLO or HELO. It proves nothing.
    pub fn helo(&self) -> &str {
        self.relay.helo()
    }

    /// Whether the client said EHLO last, not HELO.
    pub fn is_extended(&self) -> bool {
        self.relay.is_extended()
    }

    /// Asks the server for the message. Behind its 354 comes [`super::Step::Message`].
    pub fn proceed(mut self, insertions: Insertions, to_server: &mut BytesMut) -> Relay {
        Command::Data.encode(to_server);
        self.relay.stage = Stage::Asked(Box::new(insertions), self.early);
        self.relay
    }

    /// The message is not wanted, as there is no room for it: the client hears `reply`, such as 452 4.3.1. The
    /// transaction is over, here and at the server.
    pub fn refuse(mut self, reply: Reply, to_client: &mut BytesMut, to_server: &mut BytesMut) -> Relay {
        self.relay.transaction = Transaction::None;
        self.relay.refuse_data(reply, self.early, to_client);
        self.relay.reset(to_server);
        self.relay
    }
}
