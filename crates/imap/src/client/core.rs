//! What every state carries: configuration, framing, tags and what the server may still send.

use std::borrow::Cow;

use bytes::BytesMut;
use gatepost_wire::Input;

use super::{Config, Security};
use crate::command::{Body, Command, Parameter};
use crate::reader::Reader;
use crate::response::Response;
use crate::tags::Tags;
use crate::{Capabilities, Error, Tag};

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

    /// Sends a command and says with which tag.
    pub(super) fn send(&mut self, body: Body<'_>, out: &mut BytesMut) -> Tag {
        let tag = self.next_tag();
        let command = Command { tag, body };
        command.encode(out);
        command.tag
    }

    /// Sends our ID. Values that cannot be quoted are left out, and nothing else can go wrong with it.
    pub(super) fn send_id(&mut self, out: &mut BytesMut) -> Tag {
        let fields: Vec<(String, String)> = self.config.id.clone();
        let quotable = |text: &str| crate::write::is_quotable(text.as_bytes());
        let parameters: Vec<Parameter<'_>> = fields
            .iter()
            .filter(|(name, value)| quotable(name) && quotable(value))
            .map(|(name, value)| (Cow::from(name.as_bytes()), Some(Cow::from(value.as_bytes()))))
            .collect();
        self.send(Body::Id(parameters), out)
    }
}
