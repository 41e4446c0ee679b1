//! What every state carries: configuration, framing, tags and what the server may still send.

use bytes::BytesMut;
use gatepost_wire::Input;

use super::{Config, Security};
use crate::command::{Body, Command};
use crate::reader::Reader;
use crate::response::Response;
use crate::tags::Tags;
use crate::types::{IdParameters, Text};
use crate::{Capabilities, Error, Literals, Tag};

#[derive(Debug)]
pub(super) struct Core {
    pub(super) config: Config,
    /// Whether TLS is active, or not wanted.
    pub(super) secured: bool,
    /// The latest list. What came before TLS does not count inside it.
    pub(super) capabilities: Option<Capabilities>,
    reader: Reader,
    tags: Tags,
}

impl Core {
    pub(super) fn new(config: Config) -> Self {
        Self {
            secured: config.security != Security::StartTls,
            capabilities: None,
            reader: Reader::new(config.limits),
            tags: Tags::new(config.tag_seed),
            config,
        }
    }

    /// The same session behind TLS: what the server said before is forgotten.
    pub(super) fn upgraded(mut self) -> Self {
        self.reader.restart();
        Self {
            secured: true,
            capabilities: None,
            ..self
        }
    }

    /// The next response. Each counts against the limits, be it needed or not.
    pub(super) fn response(&mut self, input: &mut Input) -> Result<Option<Response>, Error> {
        self.reader.response(input)
    }

    /// Whether the server announced `name`.
    pub(super) fn has(&self, name: &str) -> bool {
        self.capabilities.as_ref().is_some_and(|list| list.contains(name))
    }

    pub(super) fn next_tag(&mut self) -> Tag {
        self.tags.next()
    }

    /// Sends a command that needs no literal, and says with which tag.
    pub(super) fn send(&mut self, body: Body, out: &mut BytesMut) -> Tag {
        let tag = self.next_tag();
        let command = Command { tag, body };
        let pauses = command.encode(out, Literals::Synchronizing);
        debug_assert!(pauses.is_empty(), "a command with a literal");
        command.tag
    }

    /// Sends our ID. Values that cannot be quoted are left out, and nothing else can go wrong with it.
    pub(super) fn send_id(&mut self, out: &mut BytesMut) -> Tag {
        let quotable = |text: &str| crate::write::is_quotable(text.as_bytes());
        let text = |text: &String| Text::from_valid(text.clone().into());
        let fields = self.config.id.iter();
        let parameters: IdParameters = fields
            .filter(|(name, value)| quotable(name) && quotable(value))
            .map(|(name, value)| (text(name), Some(text(value))))
            .collect();
        self.send(Body::Id(parameters), out)
    }
}
