//! What every state carries: the order, what the server can do, tags and what it may still send.

use bytes::BytesMut;
use gatepost_wire::Input;

use super::command::Command;
use super::namespace::Namespaces;
use super::{Namesake, Order};
use crate::Literals;
use crate::reader::Reader;
use crate::response::Response;
use crate::tags::Tags;
use crate::{Capabilities, Capability, Error, Limits, client, message_id};

#[derive(Debug)]
pub(super) struct Core {
    pub(super) order: Order,
    pub(super) capabilities: Capabilities,
    pub(super) namespaces: Namespaces,
    /// How many messages the mailbox has.
    pub(super) exists: u32,
    pub(super) namesake: Namesake,
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
            exists: 0,
            namesake: Namesake::Absent,
            reader: Reader::new(limits),
            tags: Tags::new(tag_seed),
        }
    }

    pub(super) fn response(&mut self, input: &mut Input) -> Result<Option<Response>, Error> {
        self.reader.response(input)
    }

    /// Whether the server announced one of `names`.
    pub(super) fn has(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.capabilities.contains(name))
    }

    /// The largest message that the server takes, if it announces that for all mailboxes (RFC 7889 section 3).
    pub(super) fn append_limit(&self) -> Option<u64> {
        let mut words = self.capabilities.iter().map(Capability::as_str);
        words.find_map(|word| {
            let (name, limit) = word.split_once('=')?;
            let limit = limit.parse().ok()?;
            name.eq_ignore_ascii_case("APPENDLIMIT").then_some(limit)
        })
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
