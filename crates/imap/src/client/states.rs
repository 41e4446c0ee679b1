//! The states in which the caller acts, and the ends.

use bytes::BytesMut;
use gatepost_wire::{Input, Secret};

use super::NeedInput;
use super::core::Core;
use crate::command::Body;
use crate::response::StatusText;
use crate::write::encode_base64;
use crate::{Capabilities, Escaped, ResponseCode, Status, Tag};

/// The server waits for the TLS handshake.
#[derive(Debug)]
pub struct StartTls {
    core: Core,
}

impl StartTls {
    pub(super) fn new(core: Core) -> Self {
        Self { core }
    }

    /// After the handshake: asks for the capabilities anew. Whatever is in `input` came before and is dropped.
    pub fn upgraded(self, input: &mut Input, out: &mut BytesMut) -> NeedInput {
        input.clear();
        NeedInput::ask_capabilities(self.core.upgraded(), out)
    }
}

/// The mechanism's turn.
#[derive(Debug)]
pub struct Sasl {
    pub(super) core: Core,
    pub(super) mechanism: String,
    pub(super) turn: Turn,
}

/// What the mechanism has to answer.
#[derive(Debug)]
pub(super) enum Turn {
    /// Nothing was sent yet.
    Initial,
    /// A challenge of the exchange that the command with this tag began, behind so many responses.
    Challenge(Tag, Secret, u32),
}

/// What has to be sent before the server may say OK.
#[derive(Debug)]
pub(super) enum Unsent {
    /// So many responses of the mechanism were sent, and it waits for what the server says.
    Sent(u32),
    /// The response to the first challenge, if it is known already.
    Response(Option<Secret>),
}

impl Sasl {
    /// The mechanism, as it is spelled in the configuration.
    pub fn mechanism(&self) -> &str {
        &self.mechanism
    }

    /// The server's challenge; `None` at the start, when the initial response is wanted.
    pub fn challenge(&self) -> Option<&[u8]> {
        match &self.turn {
            Turn::Initial => None,
            Turn::Challenge(_, octets, _) => Some(octets.expose()),
        }
    }

    /// Begins the exchange, with the mechanism's initial response if it has one.
    ///
    /// With SASL-IR it goes along with the command, otherwise it follows the server's first, empty challenge.
    /// Behind a challenge this is the same as [`Sasl::respond`].
    pub fn initial(mut self, response: Option<&[u8]>, out: &mut BytesMut) -> NeedInput {
        if let Turn::Challenge(..) = self.turn {
            return self.respond(response.unwrap_or_default(), out);
        }
        let tag = self.core.next_tag();
        out.extend_from_slice(format!("{tag} AUTHENTICATE {}", self.mechanism).as_bytes());
        let later = match response {
            Some(octets) if self.core.has("SASL-IR") => {
                encode_initial(octets, out);
                None
            }
            later => later,
        };
        out.extend_from_slice(b"\r\n");
        // From now on only what the server says about itself behind the login counts.
        self.core.capabilities = None;
        let unsent = match (response, later) {
            (Some(_), None) => Unsent::Sent(1),
            (_, later) => Unsent::Response(later.map(Secret::from)),
        };
        NeedInput::sasl(self.core, tag, self.mechanism, unsent)
    }

    /// Answers the challenge. Before any challenge this is the same as [`Sasl::initial`].
    pub fn respond(self, response: &[u8], out: &mut BytesMut) -> NeedInput {
        match self.turn {
            Turn::Initial => self.initial(Some(response), out),
            Turn::Challenge(tag, _, sent) => {
                encode_base64(response, out);
                out.extend_from_slice(b"\r\n");
                let sent = Unsent::Sent(sent.saturating_add(1));
                NeedInput::sasl(self.core, tag, self.mechanism, sent)
            }
        }
    }

    /// Breaks the exchange off with `*` or, if it has not begun, says LOGOUT. The server answers with a refusal.
    pub fn cancel(mut self, out: &mut BytesMut) -> NeedInput {
        let tag = match self.turn {
            Turn::Initial => self.core.send(Body::Logout, out),
            Turn::Challenge(tag, ..) => {
                out.extend_from_slice(b"*\r\n");
                tag
            }
        };
        NeedInput::cancelled(self.core, tag)
    }
}

fn encode_initial(octets: &[u8], out: &mut BytesMut) {
    out.extend_from_slice(b" ");
    if octets.is_empty() {
        out.extend_from_slice(b"=");
    } else {
        encode_base64(octets, out);
    }
}

/// The user is logged in. What is left in the input are the server's next responses.
#[derive(Debug)]
pub struct Authenticated {
    capabilities: Capabilities,
}

impl Authenticated {
    pub(super) fn new(capabilities: Capabilities) -> Self {
        Self { capabilities }
    }

    /// What the server can do now that the user is logged in.
    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    pub(crate) fn into_capabilities(self) -> Capabilities {
        self.capabilities
    }
}

/// The server said NO, BAD or BYE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// What it refused.
    pub stage: Stage,
    /// NO, BAD or BYE.
    pub status: Status,
    /// The code in brackets.
    pub code: Option<ResponseCode>,
    /// The text: printable ASCII, the rest escaped, and not long.
    pub text: String,
}

impl Refused {
    pub(super) fn new(stage: Stage, status: Status, text: StatusText) -> Self {
        let (code, text) = text.into_parts();
        Self {
            stage,
            status,
            code,
            text: Escaped(&text).to_string(),
        }
    }
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} refused: {}", self.stage, self.status.as_str())?;
        if let Some(code) = &self.code {
            write!(f, " [{code}]")?;
        }
        write!(f, " {}", self.text)
    }
}

/// What was going on when the server refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stage {
    /// The connection: the greeting was BYE.
    Greeting,
    /// CAPABILITY.
    Capability,
    /// STARTTLS.
    StartTls,
    /// ID, and the server closed the connection over it.
    Id,
    /// AUTHENTICATE or LOGIN.
    Login,
    /// The user was logged in, and the server then failed to say what it can do.
    LoggedIn,
}

impl std::fmt::Display for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Greeting => "connection",
            Self::Capability => "CAPABILITY",
            Self::StartTls => "STARTTLS",
            Self::Id => "ID",
            Self::Login => "login",
            Self::LoggedIn => "CAPABILITY after login",
        })
    }
}
