//! What every state of a session carries, and how answers are written.

use std::ops::ControlFlow;
use std::sync::Arc;

use bytes::BytesMut;
use gatepost_wire::{Input, take_line};

use super::refusal::{Counts, Refusal};
use super::states::Closed;
use super::{Config, NeedInput, Step, Transport};
use crate::{Error, Limit, Limits, Reply};

/// Either the session goes on with the next command, or the caller has to do something.
pub(super) type Flow = ControlFlow<Step, Core>;

/// Configuration, what the client said of itself, and counters.
#[derive(Debug)]
pub(super) struct Core {
    pub(super) config: Arc<Config>,
    pub(super) transport: Transport,
    pub(super) hello: Option<Hello>,
    /// Whether no command came yet. Only then HTTP is recognised.
    pub(super) first: bool,
    commands: u32,
    bad_commands: u32,
    failures: u32,
}

/// How the client introduced itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hello {
    pub(crate) name: String,
    /// EHLO, not HELO.
    pub(crate) extended: bool,
}

impl Core {
    pub(super) fn new(config: Arc<Config>, transport: Transport) -> Self {
        Self {
            config,
            transport,
            hello: None,
            first: true,
            commands: 0,
            bad_commands: 0,
            failures: 0,
        }
    }

    /// The same session behind TLS. What was said before is forgotten; the counters are not.
    pub(super) fn secured(self) -> Self {
        Self {
            transport: Transport::Tls,
            hello: None,
            first: true,
            ..self
        }
    }

    pub(super) fn greet(&self, out: &mut BytesMut) {
        let text = format!("{} ESMTP {}", self.config.name, self.config.greeting);
        Reply::new(220, "", text).encode(out);
    }

    /// Answers EHLO or HELO and remembers it.
    pub(super) fn hello(mut self, hello: Hello, out: &mut BytesMut) -> Self {
        if hello.extended {
            self.extensions().reply(&self.config.name).encode(out);
        } else {
            Reply::new(250, "", self.config.name.clone()).encode(out);
        }
        self.hello = Some(hello);
        self
    }

    fn extensions(&self) -> crate::Extensions {
        let extensions = self.config.extensions.clone();
        match self.transport {
            Transport::Plain => extensions.with("STARTTLS", ""),
            Transport::Tls if self.config.mechanisms.is_empty() => extensions,
            Transport::Tls => extensions.with("AUTH", &self.config.mechanisms.join(" ")),
        }
    }

    /// The offered mechanism that a client calls `name`.
    pub(super) fn mechanism(&self, name: &str) -> Option<String> {
        let mut mechanisms = self.config.mechanisms.iter();
        let offered = mechanisms.find(|mechanism| mechanism.eq_ignore_ascii_case(name))?;
        Some(offered.to_ascii_uppercase())
    }

    /// Counts a command; one too many ends the session.
    pub(super) fn counted(mut self, out: &mut BytesMut) -> Flow {
        self.commands = self.commands.saturating_add(1);
        if self.commands > self.config.limits.commands {
            return Flow::Break(closed(Limit::Commands, out));
        }
        Flow::Continue(self)
    }

    /// Answers what does not count against the client.
    pub(super) fn answer(self, reply: &Reply, out: &mut BytesMut) -> Flow {
        reply.encode(out);
        Flow::Continue(self)
    }

    /// Answers a bad command; one too many ends the session.
    pub(super) fn bad(mut self, reply: &Reply, out: &mut BytesMut) -> Flow {
        reply.encode(out);
        self.bad_commands = self.bad_commands.saturating_add(1);
        if self.bad_commands >= self.config.limits.bad_commands {
            return Flow::Break(closed(Limit::BadCommands, out));
        }
        Flow::Continue(self)
    }

    /// Refuses a login; one failure too many ends the session.
    pub(super) fn reject(mut self, refusal: &Refusal, out: &mut BytesMut) -> Step {
        refusal.reply.encode(out);
        if refusal.counts == Counts::AsFailure {
            self.failures = self.failures.saturating_add(1);
        }
        if self.failures >= self.config.limits.failures {
            return closed(Limit::Failures, out);
        }
        Step::NeedInput(NeedInput::command(self))
    }
}

/// Says why the connection is closed.
fn closed(limit: Limit, out: &mut BytesMut) -> Step {
    Error::Limit(limit).reply().encode(out);
    Step::Closed(Closed::over(limit))
}

/// Takes a command line off `input`, without its CRLF. AUTH may be as long as a line of an exchange
/// (RFC 4954 section 4).
pub(crate) fn command_line(input: &mut Input, limits: &Limits) -> Result<Option<BytesMut>, Error> {
    let verb = input.as_slice().get(..5).unwrap_or_default();
    let (limit, exceeded) = if verb.eq_ignore_ascii_case(b"AUTH ") {
        (limits.sasl_line, Limit::SaslLine)
    } else {
        (limits.command_line, Limit::CommandLine)
    };
    line(input, limit, exceeded)
}

/// Takes a line off `input`. The capacity of the input limits it as well.
pub(super) fn line(input: &mut Input, limit: usize, exceeded: Limit) -> Result<Option<BytesMut>, Error> {
    let capacity = input.len().saturating_add(input.room());
    let limit = limit.min(capacity.saturating_sub(2));
    take_line(input, limit).map_err(|error| Error::line(error, exceeded))
}

/// Whether a line is a BDAT, whose octets are no commands even if the rest of the line cannot be understood.
pub(crate) fn is_bdat(line: &[u8]) -> bool {
    let verb = line.get(..4).unwrap_or_default();
    verb.eq_ignore_ascii_case(b"BDAT")
}

/// Whether a line is the first of an HTTP request, which a browser may be tricked into sending here.
pub(crate) fn is_http(line: &[u8]) -> bool {
    const METHODS: [&[u8]; 10] = [
        b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"CONNECT", b"OPTIONS", b"TRACE", b"PATCH", b"PRI",
    ];
    let word = line.split(|&octet| octet == b' ').next().unwrap_or_default();
    METHODS.contains(&word)
}
