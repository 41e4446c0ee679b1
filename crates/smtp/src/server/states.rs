//! The states in which the caller decides.

use std::ops::ControlFlow;

use bytes::BytesMut;
use gatepost_wire::{Input, Secret, base64};

use super::core::{Core, Hello};
use super::refusal::{Bye, Refusal};
use super::{NeedInput, Step};
use crate::{Limit, Reply};

/// The client waits for the TLS handshake. Nothing was behind its STARTTLS.
#[derive(Debug)]
pub struct StartTls {
    core: Core,
}

impl StartTls {
    pub(super) fn new(core: Core) -> Self {
        Self { core }
    }

    /// After the handshake: the session goes on inside TLS, without another greeting. Whatever is in `input` came
    /// before it and is dropped, and the client's EHLO is forgotten (RFC 3207 section 4.2); the counters go on.
    pub fn upgraded(self, input: &mut Input) -> NeedInput {
        input.clear();
        NeedInput::command(self.core.secured())
    }
}

/// The client sent something for its SASL exchange.
#[derive(Debug)]
pub struct Sasl {
    core: Core,
    input: SaslInput,
}

/// What a client sends in a SASL exchange, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SaslInput {
    /// A new exchange. One that was going on is over.
    Start {
        /// The mechanism, which is one of [`super::Config::mechanisms`], in upper case.
        mechanism: String,
        /// The initial response. Absent is not empty.
        initial: Option<Secret>,
    },
    /// The response to the last challenge.
    Response(Secret),
}

impl Sasl {
    pub(super) fn new(core: Core, input: SaslInput) -> Self {
        Self { core, input }
    }

    /// What the client sent.
    pub fn input(&self) -> &SaslInput {
        &self.input
    }

    /// What the client calls itself. It proves nothing.
    pub fn helo(&self) -> &str {
        self.core.hello.as_ref().map_or("", |hello| &hello.name)
    }

    /// Sends a challenge, which may be empty: `334 base64`.
    pub fn challenge(self, octets: &[u8], out: &mut BytesMut) -> NeedInput {
        out.extend_from_slice(b"334 ");
        base64::encode(octets, out);
        out.extend_from_slice(b"\r\n");
        NeedInput::response(self.core)
    }

    /// The input breaks the mechanism's rules: `501`. This is a bad command, not a failed login.
    pub fn malformed(self, out: &mut BytesMut) -> Step {
        let reply = Reply::new(501, "5.5.2", "malformed response in the SASL exchange");
        match self.core.bad(&reply, out) {
            ControlFlow::Continue(core) => Step::NeedInput(NeedInput::command(core)),
            ControlFlow::Break(step) => step,
        }
    }

    /// Refuses, and closes with `421` if it was one failure too many.
    pub fn reject(self, refusal: &Refusal, out: &mut BytesMut) -> Step {
        self.core.reject(refusal, out)
    }

    /// Lets the user in: `235`.
    pub fn accept(self, out: &mut BytesMut) -> Authenticated {
        Reply::new(235, "2.7.0", "authentication successful").encode(out);
        Authenticated {
            hello: self.core.hello,
        }
    }

    /// Ends the session without a verdict: `421`.
    pub fn close(self, reason: Bye, out: &mut BytesMut) -> Closed {
        reason.encode(out);
        Closed::new()
    }
}

/// The client is logged in. Only [`Sasl::accept`] makes one.
///
/// What is left in the input are its next commands.
#[derive(Debug)]
pub struct Authenticated {
    hello: Option<Hello>,
}

impl Authenticated {
    /// What the client called itself with EHLO or HELO. It proves nothing.
    pub fn helo(&self) -> &str {
        self.hello.as_ref().map_or("", |hello| &hello.name)
    }

    /// Whether the client said EHLO, not HELO.
    pub fn is_extended(&self) -> bool {
        self.hello.as_ref().is_some_and(|hello| hello.extended)
    }
}

/// The session is over: send the output and close the connection.
#[derive(Debug)]
pub struct Closed(Option<Limit>);

impl Closed {
    pub(super) fn new() -> Self {
        Self(None)
    }

    pub(super) fn over(limit: Limit) -> Self {
        Self(Some(limit))
    }

    /// The limit that ended it; `None`: the client left, or it was closed for another reason.
    pub fn limit(&self) -> Option<Limit> {
        self.0
    }
}
