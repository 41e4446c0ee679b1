//! What every state carries: the order, what the server can do, tags and what it may still send.

use bytes::BytesMut;
use gatepost_wire::Input;

use super::Order;
use super::command::Command;
use super::namespace::Namespaces;
use crate::literals::Literals;
use crate::reader::Reader;
use crate::tags::Tags;
use crate::{Capabilities, Error, Limits, client, message_id};

#[derive(Debug)]
pub(super) struct Core {
    pub(super) order: Order,
    pub(super) capabilities: Capabilities,
    pub(super) namespaces: Namespaces,
    literals: Literals,
    reader: Reader,
    tags: Tags,
}

impl Core {
    pub(super) fn new(
        server: client::Authenticated,
        order: Order,
        limits: Limits,
        tag_seed: [u8; 8],
    ) -> Self {
        let capabilities = server.into_capabilities();
        let message_id = order.message_id.as_deref().map(message_id::unfolded);
        Self {
            order: Order {
                message_id: message_id.filter(|body| !body.is_empty()),
                ..order
            },
            literals: Literals::offered(&capabilities),
            capabilities,
            namespaces: Namespaces::default(),
            reader: Reader::new(limits),
            tags: Tags::new(tag_seed),
        }
    }

    pub(super) fn response(&mut self, input: &mut Input) -> Result<Option<BytesMut>, Error> {
        self.reader.response(input)
    }

    /// Whether the server announced one of `names`.
    pub(super) fn has(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.capabilities.contains(name))
    }

    /// A command with the next tag.
    pub(super) fn command(&mut self, verb: &str) -> Command {
        Command::new(self.tags.next(), verb, self.literals)
    }

    /// The end of the session. Nobody waits for the answer.
    pub(super) fn log_out(&mut self, out: &mut BytesMut) {
        self.command("LOGOUT").end().send(out);
    }
}
