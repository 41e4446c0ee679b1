//! Reading commands until one needs the caller.

use std::ops::ControlFlow;

use bytes::BytesMut;
use gatepost_wire::{Input, base64, wipe};

use super::Step;
use super::core::{Core, Flow, command_line, is_bdat, is_http, line};
use super::dispatch::{NOT_BASE64, dispatch};
use super::refusal::Bye;
use super::states::{Closed, Sasl, SaslInput};
use crate::chunk::Chunk;
use crate::parse::Options;
use crate::{Error, Limit, Reply, command};

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
    /// The octets of a BDAT, which is refused behind them.
    Chunk(Chunk),
    /// A line of the SASL exchange.
    Response,
}

impl NeedInput {
    pub(super) fn command(core: Core) -> Self {
        Self {
            core,
            phase: Phase::Command,
        }
    }

    pub(super) fn chunk(core: Core, chunk: Chunk) -> Self {
        Self {
            core,
            phase: Phase::Chunk(chunk),
        }
    }

    pub(super) fn response(core: Core) -> Self {
        Self {
            core,
            phase: Phase::Response,
        }
    }

    /// Consumes what it needs of `input` for the next step, answering all commands that need no decision.
    ///
    /// # Errors
    /// The session cannot go on. Why is in `out`: send it and close.
    pub fn process(self, input: &mut Input, out: &mut BytesMut) -> Result<Step, Error> {
        let step = match self.phase {
            Phase::Command => commands(self.core, input, out),
            Phase::Chunk(chunk) => chunked(self.core, chunk, input, out),
            Phase::Response => response(self.core, input, out),
        };
        step.inspect_err(|error| error.reply().encode(out))
    }

    /// Ends the session from our side: `421`.
    pub fn close(self, reason: Bye, out: &mut BytesMut) -> Closed {
        reason.encode(out);
        Closed::new()
    }
}

fn commands(mut core: Core, input: &mut Input, out: &mut BytesMut) -> Result<Step, Error> {
    loop {
        let Some(mut line) = command_line(input, &core.config.limits)? else {
            return Ok(Step::NeedInput(NeedInput::command(core)));
        };
        let flow = message(core, &line, input, out);
        wipe(&mut line);
        match flow {
            ControlFlow::Continue(next) => core = next,
            ControlFlow::Break(Step::NeedInput(NeedInput {
                core,
                phase: Phase::Chunk(chunk),
            })) => return chunked(core, chunk, input, out),
            ControlFlow::Break(step) => return Ok(step),
        }
    }
}

fn message(core: Core, line: &[u8], input: &Input, out: &mut BytesMut) -> Flow {
    let mut core = core.counted(out)?;
    if std::mem::take(&mut core.first) && is_http(line) {
        Reply::new(421, "4.7.0", "this is not HTTP").encode(out);
        return Flow::Break(Step::Closed(Closed::new()));
    }
    match command::parse_with(line, &Options::CLIENTS) {
        Ok(command) => dispatch(core, &command.value, input, out),
        Err(error) => {
            let reply = Error::from(error).reply();
            if is_bdat(line) {
                reply.encode(out);
                return Flow::Break(Step::Closed(Closed::new()));
            }
            core.bad(&reply, out)
        }
    }
}

/// The octets of a BDAT are no commands, whatever is answered (RFC 3030 section 2).
fn chunked(core: Core, mut chunk: Chunk, input: &mut Input, out: &mut BytesMut) -> Result<Step, Error> {
    let count = chunk.count(input.len());
    input.skip(count);
    if !chunk.is_over() {
        return Ok(Step::NeedInput(NeedInput::chunk(core, chunk)));
    }
    match core.bad(&Reply::new(502, "5.5.1", "CHUNKING is not offered"), out) {
        ControlFlow::Continue(core) => commands(core, input, out),
        ControlFlow::Break(step) => Ok(step),
    }
}

/// ```abnf
/// continue-line = base64 CRLF / "*" CRLF        ; RFC 4954 section 8
/// ```
fn response(core: Core, input: &mut Input, out: &mut BytesMut) -> Result<Step, Error> {
    let Some(mut line) = line(input, core.config.limits.sasl_line, Limit::SaslLine)? else {
        return Ok(Step::NeedInput(NeedInput::response(core)));
    };
    if line == b"*"[..] {
        Reply::new(501, "5.7.0", "AUTH cancelled").encode(out);
        return Ok(Step::Cancelled(NeedInput::command(core)));
    }
    let response = base64::decode(&line);
    wipe(&mut line);
    Ok(match response {
        Ok(octets) => Step::Sasl(Sasl::new(core, SaslInput::Response(octets))),
        Err(_) => match core.bad(&Reply::new(501, "5.5.2", NOT_BASE64), out) {
            ControlFlow::Continue(core) => Step::Cancelled(NeedInput::command(core)),
            ControlFlow::Break(step) => step,
        },
    })
}
