//! Reading commands until one needs the caller.

use std::ops::ControlFlow;

use bytes::BytesMut;
use gatepost_wire::{Input, LineError, Secret, base64, take_line, wipe};

use super::Step;
use super::core::{Core, Flow, status};
use super::refusal::Bye;
use super::states::{Closed, Login, Sasl, SaslInput, StartTls};
use crate::command::{self, Body, Command, Initial};
use crate::frame::Refused;
use crate::parse::{Leniency, Options};
use crate::{Error, Frame, Limit, ResponseCode, Status, Tag};

/// The client's turn: read from it and call [`NeedInput::process`].
#[derive(Debug)]
pub struct NeedInput {
    core: Core,
    phase: Phase,
}

/// What the client is expected to send.
#[derive(Debug)]
enum Phase {
    /// A command.
    Command,
    /// A line of the SASL exchange that the command with this tag began.
    Response(Tag),
}

/// Methods that a browser may be tricked into sending here.
const HTTP: [&[u8]; 10] = [
    b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"CONNECT", b"OPTIONS", b"TRACE", b"PATCH", b"PRI",
];

impl NeedInput {
    pub(super) fn command(core: Core) -> Self {
        Self {
            core,
            phase: Phase::Command,
        }
    }

    pub(super) fn response(core: Core, tag: Tag) -> Self {
        Self {
            core,
            phase: Phase::Response(tag),
        }
    }

    /// Consumes what it needs of `input` for the next step, answering all commands that need no decision.
    ///
    /// # Errors
    /// The session cannot go on. `* BYE` is in `out`: send it and close.
    pub fn process(self, input: &mut Input, out: &mut BytesMut) -> Result<Step, Error> {
        let step = match self.phase {
            Phase::Command => commands(self.core, input, out),
            Phase::Response(tag) => response(self.core, tag, input, out),
        };
        step.inspect_err(|error| error.encode_reply(out))
    }

    /// Ends the session from our side: `* BYE`.
    pub fn close(self, reason: Bye, out: &mut BytesMut) -> Closed {
        reason.encode(out);
        Closed::new()
    }
}

fn commands(mut core: Core, input: &mut Input, out: &mut BytesMut) -> Result<Step, Error> {
    loop {
        let flow = match core.framer.next(input)? {
            None => return Ok(Step::NeedInput(NeedInput::command(core))),
            // Nothing is streamed here.
            Some(Frame::Part(_)) => ControlFlow::Continue(core),
            Some(Frame::LiteralWanted { .. }) => literal_wanted(core, input, out),
            Some(Frame::Refused(refused)) => too_large(core, &refused, out),
            Some(Frame::Message(mut octets)) => {
                let flow = message(core, &octets, input, out);
                wipe(&mut octets);
                flow
            }
        };
        match flow {
            ControlFlow::Continue(next) => core = next,
            ControlFlow::Break(step) => return Ok(step),
        }
    }
}

/// Invites the literal of a command that has a use for it, else refuses the command where it stands.
fn literal_wanted(core: Core, input: &mut Input, out: &mut BytesMut) -> Flow {
    let head = command::head(core.framer.pending(input));
    let (tag, verb) = head.map_or((None, Vec::new()), |(tag, verb)| {
        (Some(tag), verb.to_ascii_uppercase())
    });
    let refusal = core.login_refusal();
    match verb.as_slice() {
        b"LOGIN" if refusal.is_none() => {}
        b"ID" => {}
        verb => return refuse_literal(core, tag.as_ref(), verb, input, out),
    }
    out.extend_from_slice(b"+ OK\r\n");
    Flow::Continue(core)
}

fn refuse_literal(core: Core, tag: Option<&Tag>, verb: &[u8], input: &mut Input, out: &mut BytesMut) -> Flow {
    let mut core = core.counted(out)?;
    core.framer.refuse_literal(input);
    core.first = false;
    match (verb, core.login_refusal()) {
        (b"LOGIN", Some((code, text))) => {
            status(tag, Status::No, Some(&code), text, out);
            Flow::Continue(core)
        }
        _ => core.bad(tag, "no literal is wanted here before login", out),
    }
}

fn too_large(core: Core, refused: &Refused, out: &mut BytesMut) -> Flow {
    let mut core = core.counted(out)?;
    core.first = false;
    core.bad(
        refused.tag.as_ref(),
        &Error::Limit(refused.limit).to_string(),
        out,
    )
}

fn message(core: Core, octets: &[u8], input: &mut Input, out: &mut BytesMut) -> Flow {
    let mut core = core.counted(out)?;
    if octets.is_empty() {
        return Flow::Continue(core);
    }
    if std::mem::take(&mut core.first) && is_http(octets) {
        status(None, Status::Bye, None, "this is not HTTP", out);
        return Flow::Break(Step::Closed(Closed::new()));
    }
    if let Some((tag, verb)) = command::head(octets)
        && !is_before_login(verb)
    {
        return core.bad(Some(&tag), NOT_HERE, out);
    }
    let options = Options {
        leniency: Leniency::CLIENTS,
        ..Options::strict(&core.config.limits)
    };
    match command::parse_with(octets, &options) {
        Ok(parsed) => dispatch(core, parsed.value, input, out),
        Err(error) => core.bad(error.tag.as_ref(), &error.to_string(), out),
    }
}

const NOT_HERE: &str = "unknown command, or log in first";

/// Whether the command is one that is served here; the arguments of others are not even looked at.
fn is_before_login(verb: &[u8]) -> bool {
    let served = [
        "CAPABILITY",
        "NOOP",
        "LOGOUT",
        "ID",
        "STARTTLS",
        "AUTHENTICATE",
        "LOGIN",
    ];
    served
        .iter()
        .any(|served| verb.eq_ignore_ascii_case(served.as_bytes()))
}

fn is_http(octets: &[u8]) -> bool {
    let word = octets.split(|&octet| octet == b' ').next().unwrap_or_default();
    HTTP.contains(&word)
}

fn dispatch(mut core: Core, command: Command, input: &Input, out: &mut BytesMut) -> Flow {
    let Command { tag, body } = command;
    match body {
        Body::Capability => {
            crate::Response::Capability(core.capabilities()).encode(out);
            completed(core, &tag, "CAPABILITY completed", out)
        }
        Body::Noop => completed(core, &tag, "NOOP completed", out),
        Body::Id(parameters) => {
            core.id(&parameters, out);
            completed(core, &tag, "ID completed", out)
        }
        Body::Logout => {
            status(None, Status::Bye, None, "logging out", out);
            status(Some(&tag), Status::Ok, None, "LOGOUT completed", out);
            Flow::Break(Step::Closed(Closed::new()))
        }
        Body::StartTls => start_tls(core, &tag, input, out),
        Body::Login { user, password } => login(core, tag, user.to_vec(), password, out),
        Body::Authenticate { mechanism, initial } => {
            authenticate(core, tag, mechanism.as_str(), initial.as_ref(), out)
        }
        _ => core.bad(Some(&tag), NOT_HERE, out),
    }
}

fn completed(core: Core, tag: &Tag, text: &str, out: &mut BytesMut) -> Flow {
    status(Some(tag), Status::Ok, None, text, out);
    Flow::Continue(core)
}

/// Octets behind STARTTLS in the same read would be taken for what came inside TLS (CVE-2021-33515).
fn start_tls(core: Core, tag: &Tag, input: &Input, out: &mut BytesMut) -> Flow {
    if core.transport == super::Transport::Tls {
        return core.bad(Some(tag), "TLS is active already", out);
    }
    if !input.is_empty() {
        status(Some(tag), Status::Bad, None, "octets behind STARTTLS", out);
        return Flow::Break(Step::Closed(Closed::new()));
    }
    status(Some(tag), Status::Ok, None, "begin TLS negotiation", out);
    Flow::Break(Step::StartTls(StartTls::new(core)))
}

fn login(core: Core, tag: Tag, username: Vec<u8>, password: Secret, out: &mut BytesMut) -> Flow {
    match core.login_refusal() {
        Some((code, text)) => no(core, &tag, &code, text, out),
        None => Flow::Break(Step::Login(Login::new(core, tag, username, password))),
    }
}

fn no(core: Core, tag: &Tag, code: &ResponseCode, text: &str, out: &mut BytesMut) -> Flow {
    status(Some(tag), Status::No, Some(code), text, out);
    Flow::Continue(core)
}

fn authenticate(core: Core, tag: Tag, name: &str, initial: Option<&Initial>, out: &mut BytesMut) -> Flow {
    if core.transport == super::Transport::Plain {
        return no(
            core,
            &tag,
            &ResponseCode::PrivacyRequired,
            "use STARTTLS first",
            out,
        );
    }
    let Some(mechanism) = core.mechanism(name) else {
        return no(core, &tag, &ResponseCode::Cannot, "mechanism is not offered", out);
    };
    let Ok(initial) = initial.map(Initial::decode).transpose() else {
        return core.bad(Some(&tag), NOT_BASE64, out);
    };
    let start = SaslInput::Start { mechanism, initial };
    Flow::Break(Step::Sasl(Sasl::new(core, tag, start)))
}

const NOT_BASE64: &str = "response is not base64";

/// ```abnf
/// authenticate-line = base64 CRLF / "*" CRLF        ; RFC 9051 section 6.2.2
/// ```
fn response(core: Core, tag: Tag, input: &mut Input, out: &mut BytesMut) -> Result<Step, Error> {
    let capacity = input.len().saturating_add(input.room());
    let limit = core.config.limits.sasl_line.min(capacity.saturating_sub(2));
    let Some(mut line) = take_line(input, limit).map_err(sasl_line_error)? else {
        return Ok(Step::NeedInput(NeedInput::response(core, tag)));
    };
    if line == b"*"[..] {
        status(Some(&tag), Status::Bad, None, "AUTHENTICATE cancelled", out);
        return Ok(Step::Cancelled(NeedInput::command(core)));
    }
    let response = base64::decode(&line);
    wipe(&mut line);
    Ok(match response {
        Ok(octets) => Step::Sasl(Sasl::new(core, tag, SaslInput::Response(octets))),
        Err(_) => match core.bad(Some(&tag), NOT_BASE64, out) {
            ControlFlow::Continue(core) => Step::Cancelled(NeedInput::command(core)),
            ControlFlow::Break(step) => step,
        },
    })
}

fn sasl_line_error(error: LineError) -> Error {
    match error {
        LineError::TooLong { .. } => Error::Limit(Limit::SaslLine),
        error => Error::line(error, 0),
    }
}
