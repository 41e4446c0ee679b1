//! What every state carries: configuration, framing, tags and what the server may still send.

use std::borrow::Cow;

use bytes::BytesMut;
use gatepost_wire::Input;

use super::tags::Tags;
use super::{Config, Security};
use crate::command::{Body, Command, Parameter};
use crate::{Capabilities, Error, Frame, Framer, Limit, Tag};

#[derive(Debug)]
pub(super) struct Core {
    pub(super) config: Config,
    /// Whether TLS is active, or not wanted.
    pub(super) secured: bool,
    /// The latest list. What came before TLS does not count inside it.
    pub(super) capabilities: Option<Capabilities>,
    framer: Framer,
    tags: Tags,
    responses: u32,
    octets: usize,
}

impl Core {
    pub(super) fn new(config: Config) -> Self {
        Self {
            secured: config.security != Security::StartTls,
            capabilities: None,
            framer: Framer::responses(config.limits),
            tags: Tags::new(config.tag_seed),
            responses: 0,
            octets: 0,
            config,
        }
    }

    /// The same session behind TLS: what the server said before is forgotten.
    pub(super) fn upgraded(self) -> Self {
        Self {
            secured: true,
            capabilities: None,
            framer: Framer::responses(self.config.limits),
            ..self
        }
    }

    /// The next response. Each counts against the limits, be it needed or not.
    pub(super) fn response(&mut self, input: &mut Input) -> Result<Option<BytesMut>, Error> {
        let Some(Frame::Message(message)) = self.framer.next(input)? else {
            // A framer of responses gives nothing else.
            return Ok(None);
        };
        self.responses = self.responses.saturating_add(1);
        self.octets = self.octets.saturating_add(message.len());
        let limits = &self.config.limits;
        if self.responses > limits.commands || self.octets > limits.responses {
            return Err(Error::Limit(Limit::Responses));
        }
        Ok(Some(message))
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
        let quotable = |text: &str| crate::grammar::is_quotable(text.as_bytes());
        let parameters: Vec<Parameter<'_>> = fields
            .iter()
            .filter(|(name, value)| quotable(name) && quotable(value))
            .map(|(name, value)| (Cow::from(name.as_bytes()), Some(Cow::from(value.as_bytes()))))
            .collect();
        self.send(Body::Id(parameters), out)
    }
}
