//! The states in which the caller decides.

use bytes::BytesMut;
use gatepost_wire::{Input, Secret};

use super::core::{Core, status};
use super::refusal::{Bye, Refusal};
use super::{NeedInput, Step};
use crate::write::encode_base64;
use crate::{Capabilities, Identity, Limit, ResponseCode, Status, Tag};

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
    /// before it and is dropped (RFC 9051 section 6.2.1); the counters go on.
    pub fn upgraded(self, input: &mut Input) -> NeedInput {
        input.clear();
        NeedInput::command(self.core.secured())
    }
}

/// The client sent a user and a password with LOGIN.
#[derive(Debug)]
pub struct Login {
    core: Core,
    tag: Tag,
    username: Vec<u8>,
    password: Secret,
}

impl Login {
    pub(super) fn new(core: Core, tag: Tag, username: Vec<u8>, password: Secret) -> Self {
        Self {
            core,
            tag,
            username,
            password,
        }
    }

    /// The user as typed: any octets but CR, LF (unless in a literal) and NUL.
    pub fn username(&self) -> &[u8] {
        &self.username
    }

    /// The password as typed.
    pub fn password(&self) -> &Secret {
        &self.password
    }

    /// What the client said that it is, if it sent ID before. Nothing should depend on it (RFC 2971 section 1).
    pub fn identity(&self) -> Option<&Identity> {
        self.core.identity.as_deref()
    }

    /// Refuses: `tag NO [CODE] text`, and `* BYE` if it was one failure too many.
    pub fn reject(self, refusal: &Refusal, out: &mut BytesMut) -> Step {
        self.core.reject(&self.tag, refusal, out)
    }

    /// Lets the user in: `tag OK [CAPABILITY ..] Logged in`, with the capabilities from now on.
    pub fn accept(self, capabilities: &Capabilities, out: &mut BytesMut) -> Authenticated {
        Authenticated::new(&self.tag, capabilities, out)
    }

    /// Ends the session without a verdict: `* BYE`.
    pub fn close(self, reason: Bye, out: &mut BytesMut) -> Closed {
        reason.encode(out);
        Closed::new()
    }
}

/// The client sent something for its SASL exchange.
#[derive(Debug)]
pub struct Sasl {
    core: Core,
    tag: Tag,
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
    pub(super) fn new(core: Core, tag: Tag, input: SaslInput) -> Self {
        Self { core, tag, input }
    }

    /// What the client sent.
    pub fn input(&self) -> &SaslInput {
        &self.input
    }

    /// What the client said that it is, if it sent ID before. Nothing should depend on it (RFC 2971 section 1).
    pub fn identity(&self) -> Option<&Identity> {
        self.core.identity.as_deref()
    }

    /// Sends a challenge, which may be empty: `+ base64`.
    pub fn challenge(self, octets: &[u8], out: &mut BytesMut) -> NeedInput {
        out.extend_from_slice(b"+ ");
        encode_base64(octets, out);
        out.extend_from_slice(b"\r\n");
        NeedInput::response(self.core, self.tag)
    }

    /// The input breaks the mechanism's rules: `tag BAD`. This is a bad command, not a failed login.
    pub fn malformed(self, out: &mut BytesMut) -> Step {
        let text = "malformed response in the SASL exchange";
        match self.core.bad(Some(&self.tag), text, out) {
            std::ops::ControlFlow::Continue(core) => Step::NeedInput(NeedInput::command(core)),
            std::ops::ControlFlow::Break(step) => step,
        }
    }

    /// Refuses: `tag NO [CODE] text`, and `* BYE` if it was one failure too many.
    pub fn reject(self, refusal: &Refusal, out: &mut BytesMut) -> Step {
        self.core.reject(&self.tag, refusal, out)
    }

    /// Lets the user in: `tag OK [CAPABILITY ..] Logged in`, with the capabilities from now on.
    pub fn accept(self, capabilities: &Capabilities, out: &mut BytesMut) -> Authenticated {
        Authenticated::new(&self.tag, capabilities, out)
    }

    /// Ends the session without a verdict: `* BYE`.
    pub fn close(self, reason: Bye, out: &mut BytesMut) -> Closed {
        reason.encode(out);
        Closed::new()
    }
}

/// The client is logged in. Only [`Login::accept`] and [`Sasl::accept`] make one.
///
/// What is left in the input are its next commands.
#[derive(Debug)]
pub struct Authenticated {
    capabilities: Capabilities,
}

impl Authenticated {
    fn new(tag: &Tag, capabilities: &Capabilities, out: &mut BytesMut) -> Self {
        let code = ResponseCode::Capability(capabilities.clone());
        status(Some(tag), Status::Ok, Some(&code), "Logged in", out);
        Self {
            capabilities: capabilities.clone(),
        }
    }

    /// What the client was told.
    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
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
