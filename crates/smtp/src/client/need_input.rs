//! Reading replies until one needs the caller.

use std::ops::ControlFlow;

use bytes::BytesMut;
use gatepost_wire::{Input, base64};

use super::Step;
use super::core::Core;
use super::method::Method;
use super::states::{Authenticated, Refused, Sasl, Stage, StartTls, Turn, Unsent, send_response};
use crate::{Error, Extensions, Reply, Rule};

/// The server's turn: read from it and call [`NeedInput::process`].
#[derive(Debug)]
pub struct NeedInput {
    core: Core,
    phase: Phase,
}

/// What the server is expected to answer.
#[derive(Debug)]
enum Phase {
    /// The connection.
    Greeting,
    /// EHLO.
    Ehlo,
    /// HELO.
    Helo,
    /// STARTTLS.
    StartTls,
    /// XCLIENT.
    Xclient,
    /// AUTH, or the response to a challenge.
    Sasl { mechanism: String, unsent: Unsent },
    /// `*` in an exchange, or QUIT instead of one.
    Cancelled,
}

type Flow = ControlFlow<Step, NeedInput>;

impl NeedInput {
    fn new(core: Core, phase: Phase) -> Self {
        Self { core, phase }
    }

    pub(super) fn greeting(core: Core) -> Self {
        Self::new(core, Phase::Greeting)
    }

    /// Says EHLO. What the server listed before is forgotten.
    pub(super) fn ehlo(mut core: Core, out: &mut BytesMut) -> Self {
        core.extensions = Extensions::default();
        core.send_name("EHLO", out);
        Self::new(core, Phase::Ehlo)
    }

    pub(super) fn sasl(core: Core, mechanism: String, unsent: Unsent) -> Self {
        Self::new(core, Phase::Sasl { mechanism, unsent })
    }

    pub(super) fn cancelled(core: Core) -> Self {
        Self::new(core, Phase::Cancelled)
    }

    /// Consumes what it needs of `input` for the next step, sending the commands that need no decision.
    ///
    /// # Errors
    /// The server broke the protocol or does not offer what is needed. Close the connection.
    pub fn process(self, input: &mut Input, out: &mut BytesMut) -> Result<Step, Error> {
        let mut state = self;
        loop {
            let line = state.longest_line();
            let Some(reply) = state.core.reply(input, line)? else {
                return Ok(Step::NeedInput(state));
            };
            match state.handle(reply, input, out)? {
                ControlFlow::Continue(next) => state = next,
                ControlFlow::Break(step) => return Ok(step),
            }
        }
    }

    /// A challenge may be longer than other replies (RFC 4954 section 4).
    fn longest_line(&self) -> usize {
        let limits = &self.core.config.limits;
        match self.phase {
            Phase::Sasl { .. } => limits.sasl_line,
            _ => limits.reply_line,
        }
    }

    fn handle(self, reply: Reply, input: &Input, out: &mut BytesMut) -> Result<Flow, Error> {
        let refused_ehlo = matches!(self.phase, Phase::Ehlo) && reply.is_permanent() && self.core.is_bare();
        if (reply.is_temporary() || reply.is_permanent()) && !refused_ehlo {
            return Ok(refused(self.phase.stage(), reply));
        }
        if !input.is_empty() {
            return Err(Error::peer(0, self.phase.behind()));
        }
        if refused_ehlo {
            self.core.send_name("HELO", out);
            return Ok(Flow::Continue(Self::new(self.core, Phase::Helo)));
        }
        self.accepted(&reply, out)
    }

    /// 2xx and 3xx.
    fn accepted(self, reply: &Reply, out: &mut BytesMut) -> Result<Flow, Error> {
        let Self { core, phase } = self;
        match (phase, reply.code().get()) {
            (Phase::Greeting | Phase::Xclient, 220) => Ok(Flow::Continue(Self::ehlo(core, out))),
            (Phase::Ehlo, 250) => listed(core, Extensions::from_reply(reply), out),
            (Phase::Helo, 250) => listed(core, Extensions::default(), out),
            (Phase::StartTls, 220) => Ok(Flow::Break(Step::StartTls(StartTls::new(core)))),
            (Phase::Sasl { mechanism, unsent }, 334) => challenged(core, mechanism, unsent, reply, out),
            (_, 334) => Err(Error::peer(0, Rule::UnaskedReply)),
            (Phase::Sasl { mechanism, unsent }, 235) if is_complete(&mechanism, &unsent) => {
                Ok(authenticated(core.extensions))
            }
            (Phase::Sasl { .. } | Phase::Cancelled, 235) => Err(Error::peer(0, Rule::EarlyAnswer)),
            (Phase::Cancelled, 221) => Ok(refused(Stage::Cancelled, reply.clone())),
            _ => Err(Error::peer(0, Rule::UnexpectedReply)),
        }
    }
}

impl Phase {
    fn stage(&self) -> Stage {
        match self {
            Self::Greeting => Stage::Greeting,
            Self::Ehlo | Self::Helo => Stage::Ehlo,
            Self::StartTls => Stage::StartTls,
            Self::Xclient => Stage::Xclient,
            Self::Sasl { .. } => Stage::Login,
            Self::Cancelled => Stage::Cancelled,
        }
    }

    /// The rule that octets behind the reply break.
    fn behind(&self) -> Rule {
        match self {
            Self::StartTls => Rule::BeforeTls,
            _ => Rule::UnaskedReply,
        }
    }
}

/// The server said what it can do: TLS, then the login.
fn listed(mut core: Core, extensions: Extensions, out: &mut BytesMut) -> Result<Flow, Error> {
    core.extensions = extensions;
    if core.secured {
        return log_in(core, out);
    }
    if !core.extensions.has("STARTTLS") {
        return Err(Error::peer(0, Rule::StartTlsMissing));
    }
    out.extend_from_slice(b"STARTTLS\r\n");
    Ok(Flow::Continue(NeedInput::new(core, Phase::StartTls)))
}

fn log_in(mut core: Core, out: &mut BytesMut) -> Result<Flow, Error> {
    if core.introduced {
        return Ok(authenticated(core.extensions));
    }
    if core.config.methods.is_empty() {
        return Ok(Flow::Break(Step::Offered(core.extensions)));
    }
    let mut methods = core.config.methods.iter();
    let offered = methods
        .find(|method| method.is_offered(&core.extensions))
        .cloned();
    match offered.ok_or_else(|| Error::peer(0, Rule::MethodMissing))? {
        Method::Sasl { mechanism } => Ok(Flow::Break(Step::Sasl(Sasl {
            core,
            mechanism,
            turn: Turn::Initial,
        }))),
        Method::Xclient(xclient) => {
            xclient.encode(&core.extensions, out);
            core.introduced = true;
            Ok(Flow::Continue(NeedInput::new(core, Phase::Xclient)))
        }
        Method::Trusted => Ok(authenticated(core.extensions)),
    }
}

/// Sends the response that waited for this, whatever it says, or asks the mechanism for one.
fn challenged(
    core: Core,
    mechanism: String,
    unsent: Unsent,
    reply: &Reply,
    out: &mut BytesMut,
) -> Result<Flow, Error> {
    let sent = match unsent {
        Unsent::Response(Some(octets)) => {
            send_response(octets.expose(), out);
            return Ok(Flow::Continue(NeedInput::sasl(core, mechanism, Unsent::Sent(1))));
        }
        Unsent::Response(None) => 0,
        Unsent::Sent(sent) => sent,
    };
    let mut lines = reply.lines();
    let (Some(text), None) = (lines.next(), lines.next()) else {
        return Err(Error::peer(0, Rule::Base64));
    };
    let challenge = base64::decode(text.as_bytes()).map_err(|_| Error::peer(0, Rule::Base64))?;
    Ok(Flow::Break(Step::Sasl(Sasl {
        core,
        mechanism,
        turn: Turn::Challenge(challenge, sent),
    })))
}

/// Whether the credentials were sent: LOGIN asks for the name and then for the password, and NTLM's first message only
/// begins.
fn is_complete(mechanism: &str, unsent: &Unsent) -> bool {
    let two = ["LOGIN", "NTLM"];
    let needed = if two.iter().any(|name| name.eq_ignore_ascii_case(mechanism)) {
        2
    } else {
        1
    };
    matches!(unsent, Unsent::Sent(sent) if *sent >= needed)
}

fn authenticated(extensions: Extensions) -> Flow {
    Flow::Break(Step::Authenticated(Authenticated::new(extensions)))
}

fn refused(stage: Stage, reply: Reply) -> Flow {
    Flow::Break(Step::Refused(Refused { stage, reply }))
}
