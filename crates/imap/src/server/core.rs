//! What every state of a session carries, and how answers are written.

use std::ops::ControlFlow;
use std::sync::Arc;

use bytes::BytesMut;

use super::refusal::{Counts, Refusal};
use super::states::Closed;
use super::{Config, LoginCommand, NeedInput, Step, Transport};
use crate::response::{Completion, Response, StatusText, printable};
use crate::types::{IdParameters, Text};
use crate::{Capabilities, Framer, Identity, Limit, ResponseCode, Status, Tag};

/// Either the session goes on with the next command, or the caller has to do something.
pub(super) type Flow = ControlFlow<Step, Core>;

/// Configuration, framing and counters.
#[derive(Debug)]
pub(super) struct Core {
    pub(super) config: Arc<Config>,
    pub(super) transport: Transport,
    pub(super) framer: Framer,
    /// Whether nothing but blank lines came yet. Only then HTTP is recognised.
    pub(super) first: bool,
    /// What the client's last ID said.
    pub(super) identity: Option<Box<Identity>>,
    commands: u32,
    bad_commands: u32,
    failures: u32,
}

impl Core {
    pub(super) fn new(config: Arc<Config>, transport: Transport) -> Self {
        Self {
            framer: Framer::commands(config.limits),
            config,
            transport,
            first: true,
            identity: None,
            commands: 0,
            bad_commands: 0,
            failures: 0,
        }
    }

    /// The same session behind TLS. What was read before is forgotten; the counters are not.
    pub(super) fn secured(self) -> Self {
        Self {
            framer: Framer::commands(self.config.limits),
            transport: Transport::Tls,
            first: true,
            identity: None,
            ..self
        }
    }

    pub(super) fn greet(&self, out: &mut BytesMut) {
        let code = ResponseCode::Capability(self.capabilities());
        status(None, Status::Ok, Some(&code), &self.config.greeting, out);
    }

    /// The capabilities before login, which are ours and not the mail server's.
    pub(super) fn capabilities(&self) -> Capabilities {
        let mut list = String::from("IMAP4rev1 LITERAL- SASL-IR ID");
        match self.transport {
            Transport::Plain => list.push_str(" STARTTLS LOGINDISABLED"),
            Transport::Tls => {
                if self.config.login == LoginCommand::Disabled {
                    list.push_str(" LOGINDISABLED");
                }
                for mechanism in &self.config.mechanisms {
                    list.push_str(" AUTH=");
                    list.push_str(mechanism);
                }
            }
        }
        Capabilities::parse(list.as_bytes())
    }

    /// The refusal of every LOGIN on this connection, if it is refused.
    pub(super) fn login_refusal(&self) -> Option<(ResponseCode, &'static str)> {
        match (self.transport, self.config.login) {
            (Transport::Plain, _) => Some((ResponseCode::PrivacyRequired, "use STARTTLS first")),
            (Transport::Tls, LoginCommand::Disabled) => Some((ResponseCode::Cannot, "LOGIN is disabled")),
            (Transport::Tls, LoginCommand::Offered) => None,
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

    /// Answers BAD; one too many ends the session.
    pub(super) fn bad(mut self, tag: Option<&Tag>, text: &str, out: &mut BytesMut) -> Flow {
        status(tag, Status::Bad, None, text, out);
        self.bad_commands = self.bad_commands.saturating_add(1);
        if self.bad_commands >= self.config.limits.bad_commands {
            return Flow::Break(closed(Limit::BadCommands, out));
        }
        Flow::Continue(self)
    }

    /// Answers a login NO; one failure too many ends the session.
    pub(super) fn reject(mut self, tag: &Tag, refusal: &Refusal, out: &mut BytesMut) -> Step {
        let code = ResponseCode::from(refusal.code);
        status(Some(tag), Status::No, Some(&code), &refusal.text, out);
        if refusal.counts == Counts::AsFailure {
            self.failures = self.failures.saturating_add(1);
        }
        if self.failures >= self.config.limits.failures {
            return closed(Limit::Failures, out);
        }
        Step::NeedInput(NeedInput::command(self))
    }

    /// Answers ID, and remembers the client's.
    pub(super) fn id(&mut self, parameters: &IdParameters, out: &mut BytesMut) {
        self.identity = Identity::of(parameters).map(Box::new);
        // Printable, so without NUL.
        let text = |text: &String| Text::from_valid(printable(text).into());
        let fields = self.config.id.iter();
        let fields: IdParameters = fields
            .map(|(name, value)| (text(name), Some(text(value))))
            .collect();
        Response::Id(fields).encode(out);
    }
}

/// Appends `tag STATUS [CODE] text` with its CRLF, or `* STATUS ..` without a tag.
pub(super) fn status(
    tag: Option<&Tag>,
    status: Status,
    code: Option<&ResponseCode>,
    text: &str,
    out: &mut BytesMut,
) {
    let text = StatusText::shown(code.cloned(), text);
    let response = match tag.cloned().zip(Completion::of(status)) {
        Some((tag, status)) => Response::Tagged { tag, status, text },
        None => Response::Status { status, text },
    };
    response.encode(out);
}

/// Says why the connection is closed.
pub(super) fn closed(limit: Limit, out: &mut BytesMut) -> Step {
    status(None, Status::Bye, None, &limit.to_string(), out);
    Step::Closed(Closed::over(limit))
}
