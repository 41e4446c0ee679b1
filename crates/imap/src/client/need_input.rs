//! Reading responses until one needs the caller.

use std::collections::VecDeque;
use std::ops::ControlFlow;

use bytes::BytesMut;
use gatepost_wire::{Input, Secret};

use super::Step;
use super::core::Core;
use super::method::{Credentials, Method};
use super::states::{Authenticated, Refused, Sasl, Stage, StartTls, Turn, Unsent};
use crate::command::Body;
use crate::response::{Completion, Continuation, Response, StatusText};
use crate::write::encode_base64;
use crate::{Capabilities, Error, ResponseCode, Rule, Status, Tag};

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
    /// CAPABILITY.
    Capability(Tag),
    /// STARTTLS.
    StartTls(Tag),
    /// ID.
    Id(Tag),
    /// AUTHENTICATE, or the response to a challenge.
    Sasl {
        tag: Tag,
        mechanism: String,
        unsent: Unsent,
    },
    /// `*` in an exchange, or LOGOUT instead of one.
    Cancelled(Tag),
    /// LOGIN, of which these pieces wait for `+`.
    Login { tag: Tag, unsent: VecDeque<Secret> },
    /// CAPABILITY behind the login.
    LoggedIn(Tag),
}

/// A status with a tag that is outstanding.
struct Answer {
    status: Completion,
    text: StatusText,
}

type Flow = ControlFlow<Step, NeedInput>;

impl NeedInput {
    fn new(core: Core, phase: Phase) -> Self {
        Self { core, phase }
    }

    pub(super) fn greeting(core: Core) -> Self {
        Self::new(core, Phase::Greeting)
    }

    pub(super) fn ask_capabilities(mut core: Core, out: &mut BytesMut) -> Self {
        core.capabilities = None;
        let tag = core.send(Body::Capability, out);
        Self::new(core, Phase::Capability(tag))
    }

    pub(super) fn sasl(core: Core, tag: Tag, mechanism: String, unsent: Unsent) -> Self {
        let phase = Phase::Sasl {
            tag,
            mechanism,
            unsent,
        };
        Self::new(core, phase)
    }

    pub(super) fn cancelled(core: Core, tag: Tag) -> Self {
        Self::new(core, Phase::Cancelled(tag))
    }

    /// Consumes what it needs of `input` for the next step, sending the commands that need no decision.
    ///
    /// # Errors
    /// The server broke the protocol or does not offer what is needed. Close the connection.
    pub fn process(self, input: &mut Input, out: &mut BytesMut) -> Result<Step, Error> {
        let mut state = self;
        loop {
            let Some(response) = state.core.response(input)? else {
                return Ok(Step::NeedInput(state));
            };
            match state.handle(response, input, out)? {
                ControlFlow::Continue(next) => state = next,
                ControlFlow::Break(step) => return Ok(step),
            }
        }
    }

    fn handle(self, response: Response, input: &Input, out: &mut BytesMut) -> Result<Flow, Error> {
        match response {
            Response::Tagged { tag, status, text } => {
                if self.phase.tag() != Some(&tag) {
                    return Err(Error::peer(Rule::UnknownTag));
                }
                self.answered(Answer { status, text }, input, out)
            }
            Response::Status { status, text } => match status {
                Status::Bye => Ok(refused(self.phase.stage(), Status::Bye, text)),
                Status::Preauth => Err(Error::peer(Rule::Preauth)),
                _ => self.untagged(status, text, out),
            },
            Response::Capability(list) => self.capabilities(list),
            Response::Continuation(continuation) => self.continued(&continuation, out),
            _ => self.ignored(),
        }
    }

    /// A greeting has to come first, and later nobody needs what we did not ask for.
    fn ignored(self) -> Result<Flow, Error> {
        match self.phase {
            Phase::Greeting => Err(Error::peer(Rule::Expected("a greeting"))),
            _ => Ok(Flow::Continue(self)),
        }
    }

    fn untagged(self, status: Status, text: StatusText, out: &mut BytesMut) -> Result<Flow, Error> {
        match self.phase {
            Phase::Greeting if status == Status::Ok => {
                let mut core = self.core;
                core.capabilities = listed(text);
                proceed(core, out)
            }
            _ => self.ignored(),
        }
    }

    /// An untagged list counts only where a list is due: asked for, or behind the login.
    fn capabilities(mut self, list: Capabilities) -> Result<Flow, Error> {
        if self.phase.is_list_due() {
            self.core.capabilities = Some(list);
        }
        self.ignored()
    }

    fn continued(self, continuation: &Continuation, out: &mut BytesMut) -> Result<Flow, Error> {
        let Self { core, mut phase } = self;
        match &mut phase {
            Phase::Login { unsent, .. } => {
                let piece = unsent
                    .pop_front()
                    .ok_or_else(|| Error::peer(Rule::UnaskedContinuation))?;
                out.extend_from_slice(piece.expose());
                Ok(Flow::Continue(Self::new(core, phase)))
            }
            Phase::Sasl { unsent, .. } => {
                if let Unsent::Response(Some(octets)) = unsent {
                    encode_base64(octets.expose(), out);
                    out.extend_from_slice(b"\r\n");
                    *unsent = Unsent::Sent(1);
                    return Ok(Flow::Continue(Self::new(core, phase)));
                }
                challenged(core, phase, continuation)
            }
            _ => Err(Error::peer(Rule::UnaskedContinuation)),
        }
    }

    fn answered(self, answer: Answer, input: &Input, out: &mut BytesMut) -> Result<Flow, Error> {
        let Answer { status, text } = answer;
        if status != Completion::Ok && !matches!(self.phase, Phase::Id(_)) {
            return Ok(refused(self.phase.stage(), status.into(), text));
        }
        match self.phase {
            Phase::Capability(_) => match self.core.capabilities {
                Some(_) => proceed(self.core, out),
                None => Err(Error::peer(Rule::Expected("a CAPABILITY response"))),
            },
            Phase::StartTls(_) if !input.is_empty() => Err(Error::peer(Rule::BeforeTls)),
            Phase::StartTls(_) => Ok(Flow::Break(Step::StartTls(StartTls::new(self.core)))),
            Phase::Id(_) => log_in(self.core, out),
            Phase::Sasl {
                ref mechanism,
                ref unsent,
                ..
            } if is_complete(mechanism, unsent) => Ok(logged_in(self.core, text, out)),
            Phase::Login { unsent, .. } if unsent.is_empty() => Ok(logged_in(self.core, text, out)),
            Phase::LoggedIn(_) => match self.core.capabilities {
                Some(list) => Ok(authenticated(list)),
                None => Err(Error::peer(Rule::Expected("a CAPABILITY response"))),
            },
            Phase::Sasl { .. } | Phase::Login { .. } | Phase::Cancelled(_) | Phase::Greeting => {
                Err(Error::peer(Rule::EarlyAnswer))
            }
        }
    }
}

impl Phase {
    /// The tag that is outstanding.
    fn tag(&self) -> Option<&Tag> {
        match self {
            Self::Greeting => None,
            Self::Capability(tag)
            | Self::StartTls(tag)
            | Self::Id(tag)
            | Self::Sasl { tag, .. }
            | Self::Cancelled(tag)
            | Self::Login { tag, .. }
            | Self::LoggedIn(tag) => Some(tag),
        }
    }

    fn stage(&self) -> Stage {
        match self {
            Self::Greeting => Stage::Greeting,
            Self::Capability(_) => Stage::Capability,
            Self::StartTls(_) => Stage::StartTls,
            Self::Id(_) => Stage::Id,
            Self::Sasl { .. } | Self::Login { .. } | Self::Cancelled(_) => Stage::Login,
            Self::LoggedIn(_) => Stage::LoggedIn,
        }
    }

    fn is_list_due(&self) -> bool {
        match self {
            Self::Capability(_) | Self::LoggedIn(_) => true,
            Self::Sasl {
                mechanism, unsent, ..
            } => is_complete(mechanism, unsent),
            Self::Login { unsent, .. } => unsent.is_empty(),
            Self::Greeting | Self::StartTls(_) | Self::Id(_) | Self::Cancelled(_) => false,
        }
    }
}

/// Goes on before the login: capabilities, TLS, ID, login.
fn proceed(mut core: Core, out: &mut BytesMut) -> Result<Flow, Error> {
    if core.capabilities.is_none() {
        return Ok(Flow::Continue(NeedInput::ask_capabilities(core, out)));
    }
    if !core.secured {
        return start_tls(core, out);
    }
    if core.config.id.is_empty() || !core.has("ID") {
        return log_in(core, out);
    }
    let tag = core.send_id(out);
    Ok(Flow::Continue(NeedInput::new(core, Phase::Id(tag))))
}

fn start_tls(mut core: Core, out: &mut BytesMut) -> Result<Flow, Error> {
    if !core.has("STARTTLS") {
        return Err(Error::peer(Rule::StartTlsMissing));
    }
    let tag = core.send(Body::StartTls, out);
    Ok(Flow::Continue(NeedInput::new(core, Phase::StartTls(tag))))
}

fn log_in(core: Core, out: &mut BytesMut) -> Result<Flow, Error> {
    if core.config.methods.is_empty() {
        return Ok(Flow::Break(Step::Offered(core.capabilities.unwrap_or_default())));
    }
    let offered = core.capabilities.as_ref().and_then(|list| {
        let mut methods = core.config.methods.iter();
        methods.find(|method| method.is_offered(list)).cloned()
    });
    match offered.ok_or_else(|| Error::peer(Rule::MethodMissing))? {
        Method::Sasl { mechanism } => Ok(Flow::Break(Step::Sasl(Sasl {
            core,
            mechanism,
            turn: Turn::Initial,
        }))),
        Method::Login(credentials) => Ok(Flow::Continue(send_login(core, &credentials, out))),
    }
}

fn send_login(mut core: Core, credentials: &Credentials, out: &mut BytesMut) -> NeedInput {
    let tag = core.next_tag();
    let mut unsent = credentials.pieces(&tag);
    if let Some(first) = unsent.pop_front() {
        out.extend_from_slice(first.expose());
    }
    core.capabilities = None;
    NeedInput::new(core, Phase::Login { tag, unsent })
}

/// A challenge is base64, and the space behind `+` may be missing if it is empty.
fn challenged(core: Core, phase: Phase, continuation: &Continuation) -> Result<Flow, Error> {
    let Phase::Sasl {
        tag,
        mechanism,
        unsent,
    } = phase
    else {
        return Err(Error::peer(Rule::UnaskedContinuation));
    };
    let sent = match unsent {
        Unsent::Sent(sent) => sent,
        Unsent::Response(_) => 0,
    };
    let challenge = continuation.octets().ok_or_else(|| Error::peer(Rule::Base64))?;
    Ok(Flow::Break(Step::Sasl(Sasl {
        core,
        mechanism,
        turn: Turn::Challenge(tag, challenge, sent),
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

/// The list in the OK is the newest, then one that came before the OK; without either we ask.
fn logged_in(mut core: Core, text: StatusText, out: &mut BytesMut) -> Flow {
    match listed(text).or_else(|| core.capabilities.take()) {
        Some(list) => authenticated(list),
        None => {
            let tag = core.send(Body::Capability, out);
            Flow::Continue(NeedInput::new(core, Phase::LoggedIn(tag)))
        }
    }
}

fn authenticated(list: Capabilities) -> Flow {
    Flow::Break(Step::Authenticated(Authenticated::new(list)))
}

fn listed(text: StatusText) -> Option<Capabilities> {
    match text.into_parts() {
        (Some(ResponseCode::Capability(list)), _) => Some(list),
        _ => None,
    }
}

fn refused(stage: Stage, status: Status, text: StatusText) -> Flow {
    Flow::Break(Step::Refused(Refused::new(stage, status, text)))
}
