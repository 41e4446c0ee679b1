//! The states in which the caller acts, and the ends.

use std::fmt;

use bytes::BytesMut;
use gatepost_wire::{Escaped, Input, Secret, base64};

use super::core::Core;
use super::{COMMAND_LINE, NeedInput};
use crate::{Extensions, Reply};

/// The server waits for the TLS handshake.
#[derive(Debug)]
pub struct StartTls {
    core: Core,
}

impl StartTls {
    pub(super) fn new(core: Core) -> Self {
        Self { core }
    }

    /// After the handshake: says EHLO anew. Whatever is in `input` came before and is dropped.
    pub fn upgraded(self, input: &mut Input, out: &mut BytesMut) -> NeedInput {
        input.clear();
        NeedInput::ehlo(self.core.upgraded(), out)
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
    /// A challenge, behind so many responses.
    Challenge(Secret, u32),
}

/// What has to be sent before the server may say 235.
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
            Turn::Challenge(octets, _) => Some(octets.expose()),
        }
    }

    /// Begins the exchange, with the mechanism's initial response if it has one.
    ///
    /// It goes along with the command if the line is within 512 octets, otherwise it follows the server's first
    /// challenge, whose text does not matter (RFC 4954 section 4). Behind a challenge this is the same as
    /// [`Sasl::respond`].
    pub fn initial(self, response: Option<&[u8]>, out: &mut BytesMut) -> NeedInput {
        if let Turn::Challenge(..) = self.turn {
            return self.respond(response.unwrap_or_default(), out);
        }
        // Reserved at once: a buffer that grows leaves half a password behind.
        out.reserve(COMMAND_LINE);
        out.extend_from_slice(b"AUTH ");
        out.extend_from_slice(self.mechanism.as_bytes());
        let room = COMMAND_LINE.saturating_sub("AUTH  \r\n".len() + self.mechanism.len());
        let unsent = match response {
            Some(octets) if base64_len(octets) <= room => {
                out.extend_from_slice(b" ");
                encode_initial(octets, out);
                Unsent::Sent(1)
            }
            later => Unsent::Response(later.map(Secret::from)),
        };
        out.extend_from_slice(b"\r\n");
        NeedInput::sasl(self.core, self.mechanism, unsent)
    }

    /// Answers the challenge. Before any challenge this is the same as [`Sasl::initial`].
    pub fn respond(self, response: &[u8], out: &mut BytesMut) -> NeedInput {
        match self.turn {
            Turn::Initial => self.initial(Some(response), out),
            Turn::Challenge(_, sent) => {
                send_response(response, out);
                NeedInput::sasl(self.core, self.mechanism, Unsent::Sent(sent.saturating_add(1)))
            }
        }
    }

    /// Breaks the exchange off with `*` or, if it has not begun, says QUIT. What the server says to that comes as
    /// [`Refused`], at the stage [`Stage::Cancelled`].
    pub fn cancel(self, out: &mut BytesMut) -> NeedInput {
        out.extend_from_slice(match self.turn {
            Turn::Initial => b"QUIT\r\n",
            Turn::Challenge(..) => b"*\r\n",
        });
        NeedInput::cancelled(self.core)
    }
}

/// The length of `octets` as an initial response; empty is `=`.
fn base64_len(octets: &[u8]) -> usize {
    octets.len().div_ceil(3).saturating_mul(4).max(1)
}

fn encode_initial(octets: &[u8], out: &mut BytesMut) {
    if octets.is_empty() {
        out.extend_from_slice(b"=");
    } else {
        base64::encode(octets, out);
    }
}

pub(super) fn send_response(octets: &[u8], out: &mut BytesMut) {
    out.reserve(base64_len(octets) + 2);
    base64::encode(octets, out);
    out.extend_from_slice(b"\r\n");
}

/// The server takes MAIL. The input is empty.
#[derive(Debug)]
pub struct Authenticated {
    extensions: Extensions,
}

impl Authenticated {
    pub(super) fn new(extensions: Extensions) -> Self {
        Self { extensions }
    }

    /// What the server can do.
    pub fn extensions(&self) -> &Extensions {
        &self.extensions
    }
}

/// The server said 4xx or 5xx.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// What it refused.
    pub stage: Stage,
    /// Its words, as they came.
    pub reply: Reply,
}

impl Refused {
    /// Whether it may be otherwise later: 4xx, such as 454 to a login while the server's directory is down.
    pub fn is_temporary(&self) -> bool {
        self.reply.is_temporary()
    }

    /// Whether the login itself was refused for good: 5xx to AUTH or XCLIENT. 535 says that the credentials are
    /// wrong, 534 and 538 that the way to log in is (RFC 4954 section 6).
    pub fn is_login_refused(&self) -> bool {
        matches!(self.stage, Stage::Login | Stage::Xclient) && self.reply.is_permanent()
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} refused: {}", self.stage, self.reply.code())?;
        if let Some(enhanced) = &self.reply.enhanced() {
            write!(f, " {enhanced}")?;
        }
        let lines: Vec<&str> = self.reply.lines().collect();
        write!(f, " {}", Escaped(lines.join(" ").as_bytes()))
    }
}

/// What was going on when the server refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stage {
    /// The connection: the greeting was not 220.
    Greeting,
    /// EHLO or HELO.
    Ehlo,
    /// STARTTLS.
    StartTls,
    /// XCLIENT.
    Xclient,
    /// AUTH.
    Login,
    /// Nothing: the caller broke the login off.
    Cancelled,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Greeting => "connection",
            Self::Ehlo => "EHLO",
            Self::StartTls => "STARTTLS",
            Self::Xclient => "XCLIENT",
            Self::Login => "login",
            Self::Cancelled => "cancelled login",
        })
    }
}
