//! What every state carries: configuration, what the server offers and what it may still send.

use bytes::BytesMut;
use gatepost_wire::Input;

use super::{Config, Method, Security};
use crate::{Error, Extensions, Limit, Limits, Reply, frame, reply};

#[derive(Debug)]
pub(super) struct Core {
    pub(super) config: Config,
    /// Whether TLS is active, or not wanted.
    pub(super) secured: bool,
    /// The latest list. What came before TLS does not count inside it.
    pub(super) extensions: Extensions,
    /// Whether XCLIENT was said, so that the user is logged in once the server has answered EHLO again.
    pub(super) introduced: bool,
    frames: frame::Replies,
    replies: u32,
}

impl Core {
    pub(super) fn new(config: Config) -> Self {
        Self {
            secured: config.security != Security::StartTls,
            extensions: Extensions::default(),
            introduced: false,
            frames: frame::Replies::new(config.limits),
            replies: 0,
            config,
        }
    }

    /// The same session behind TLS.
    pub(super) fn upgraded(mut self) -> Self {
        self.frames.reset();
        Self {
            secured: true,
            ..self
        }
    }

    /// Whether HELO would do, which lists nothing: neither TLS nor a login is wanted.
    pub(super) fn is_bare(&self) -> bool {
        let Config {
            security, methods, ..
        } = &self.config;
        *security == Security::Plain && !self.introduced && methods.contains(&Method::Trusted)
    }

    /// The next reply, whose lines are no longer than `line`. Each counts against the limits.
    pub(super) fn reply(&mut self, input: &mut Input, line: usize) -> Result<Option<Reply>, Error> {
        let limits = Limits {
            reply_line: line,
            ..self.config.limits
        };
        self.frames.set_limits(limits);
        let reply = reply::next(&mut self.frames, input)?;
        if reply.is_some() {
            self.replies = self.replies.saturating_add(1);
        }
        if self.replies > self.config.limits.replies {
            return Err(Error::Limit(Limit::Replies));
        }
        Ok(reply)
    }

    /// Sends EHLO or HELO with our name.
    pub(super) fn send_name(&self, verb: &str, out: &mut BytesMut) {
        let shown = |octet: &u8| octet.is_ascii_graphic();
        let name: Vec<u8> = self.config.name.bytes().filter(shown).collect();
        let name: &[u8] = if name.is_empty() { b"localhost" } else { &name };
        out.extend_from_slice(verb.as_bytes());
        out.extend_from_slice(b" ");
        out.extend_from_slice(name);
        out.extend_from_slice(b"\r\n");
    }
}
