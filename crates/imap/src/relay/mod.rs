//! The relay between a logged-in client and its mail server, as a machine without I/O.
//!
//! [`Relay::from_client`] and [`Relay::from_server`] take what either side sent, in pieces of any size, and put what
//! has to be sent into a [`Sink`]. Lines are found and literals are counted (RFC 9051 sections 2.2 and 4.3); nothing
//! is kept but the start of a line until it says what the line is. What no rule is for passes as it is, octet by
//! octet, and how the octets arrived makes no difference.
//!
//! | the client sends | what becomes of it |
//! |---|---|
//! | COMPRESS, STARTTLS, AUTHENTICATE, LOGIN, UNAUTHENTICATE | a tagged BAD of ours; the server never hears of it |
//! | no tag, or no atom for a command | BAD of ours, since a lenient server might find a command in it |
//! | `{n}` | passes; what follows is held until the server says `+`, or ends the command |
//! | `{n+}` | passes if LITERAL+, or up to 4,096 octets LITERAL-, is offered and not hidden (RFC 7888) |
//! | IDLE | passes; what follows is held until `+`, and then nothing but DONE passes (RFC 2177) |
//! | ID | passes, and [`Sink::identified`] is told |
//! | a blank line | is dropped |
//! | a bare CR, bare LF or NUL outside literals | BYE, and the end |
//! | `{n+}` behind a command without arguments or in an open quoted string | BYE, and the end |
//!
//! | the server sends | what becomes of it |
//! |---|---|
//! | `* CAPABILITY`, `[CAPABILITY ..]` | without what the [`Rules`] hide |
//! | `{0}` CRLF in a FETCH response | `""`, if the [`Rules`] say so |
//! | the text of a status response or of `+` | announces no literal, however it ends |
//! | a bare CR, bare LF or NUL | passes, and ends no line |
//! | a literal of more than 64 bits | the end |
//!
//! With [`Rules::watching_appends`] the caller hears of the messages that the client itself put into a mailbox, once
//! the server has taken them: [`Sink::appended`]. It is a hint, for which nothing is changed or held. Which mailbox means
//! what is for the caller to know: clients put drafts, and what they throw away, into mailboxes in the same way.
//!
//! An error is the fault of the side whose octets were given. What a client sent of the line that is at fault may
//! have been passed on, but not its end, so that it comes to nothing when the connection to the server is closed.
//!
//! What the relay cannot know is whether a server counts a non-synchronizing literal in a command that it reports as
//! broken. If it does not, it runs the octets of the literal as commands. Hide `LITERAL*` from the clients of such
//! a server: then no such literal passes.
//!
//! ```
//! use std::sync::Arc;
//!
//! use gatepost_imap::Capabilities;
//! use gatepost_imap::relay::{EmptyLiteral, Relay, Rules, Sink};
//!
//! #[derive(Default)]
//! struct Both {
//!     client: Vec<u8>,
//!     server: Vec<u8>,
//! }
//!
//! impl Sink for Both {
//!     fn to_client(&mut self, octets: &[u8]) {
//!         self.client.extend_from_slice(octets);
//!     }
//!     fn to_server(&mut self, octets: &[u8]) {
//!         self.server.extend_from_slice(octets);
//!     }
//! }
//!
//! let rules = Arc::new(Rules::new([], EmptyLiteral::Quote));
//! let mut relay = Relay::new(&Capabilities::parse(b"IMAP4rev1 IDLE COMPRESS=DEFLATE"), rules);
//! let mut out = Both::default();
//!
//! relay.from_client(b"a COMPRESS DEFLATE\r\nb FETCH 1 BODY[TEXT]\r\n", &mut out).unwrap();
//! assert_eq!(out.server, b"b FETCH 1 BODY[TEXT]\r\n");
//! assert_eq!(out.client, b"a BAD COMPRESS is not offered\r\n");
//!
//! out.client.clear();
//! relay.from_server(b"* 1 FETCH (BODY[TEXT] {0}\r\n)\r\nb OK done\r\n", &mut out).unwrap();
//! assert_eq!(out.client, b"* 1 FETCH (BODY[TEXT] \"\")\r\nb OK done\r\n");
//! ```

mod commands;
mod line;
mod partial;
mod responses;
mod rules;
#[cfg(test)]
mod tests;
mod watch;

use std::sync::Arc;

use self::commands::Commands;
use self::responses::{Meaning, Responses};
pub use self::rules::{EmptyLiteral, Pattern, Rules, mask};
use self::watch::Watch;
use crate::{Capabilities, Error, Escaped, Identity, client, server};

/// Where a [`Relay`] puts what has to be sent, in order.
pub trait Sink {
    /// These octets go to the client.
    fn to_client(&mut self, octets: &[u8]);
    /// These octets go to the mail server.
    fn to_server(&mut self, octets: &[u8]);
    /// The client's ID went by, and said this. For logs; what says more than 2,048 octets is not listened to, nor
    /// what is in literals.
    fn identified(&mut self, _identity: &Identity) {}
    /// The server has taken a message of the client with this Message-ID, in an APPEND to this mailbox: see
    /// [`Rules::watching_appends`]. The mailbox is as it stands on the wire, without quotes.
    fn appended(&mut self, mailbox: &[u8], message_id: &[u8]) {
        let _ = (mailbox, message_id);
    }
}

/// The relay of one connection.
///
/// A relay that sleeps, be it between commands or in IDLE, has no buffer on the heap. Only what is watched is kept
/// until the server answers it.
#[derive(Debug)]
pub struct Relay {
    rules: Arc<Rules>,
    commands: Commands,
    responses: Responses,
    /// Whether whatever comes is dropped.
    ended: bool,
}

impl Relay {
    /// Between a client that was told of [`mask`]`(upstream, rules)` and a mail server that offers `upstream`.
    pub fn new(upstream: &Capabilities, rules: Arc<Rules>) -> Self {
        Self {
            commands: Commands::new(&mask(upstream, &rules), Watch::new(rules.appends())),
            responses: Responses::new(),
            rules,
            ended: false,
        }
    }

    /// Between two sessions that are logged in: there is no relay without both.
    pub fn between(
        client: server::Authenticated,
        upstream: client::Authenticated,
        rules: Arc<Rules>,
    ) -> Self {
        let relay = Self::new(upstream.capabilities(), rules);
        drop((client, upstream));
        relay
    }

    /// Takes octets of the client, and says how many. It took less than all only if [`Relay::holds_client`]: give it
    /// the rest when the server has said more.
    ///
    /// # Errors
    /// The client broke a rule that both sides have to agree on, or wants too much. It was told BYE if that was
    /// possible (see [`Relay::bye`]). Nothing more is relayed: close both connections.
    pub fn from_client(&mut self, octets: &[u8], sink: &mut impl Sink) -> Result<usize, Error> {
        let mut rest = octets;
        while !rest.is_empty() && !self.holds_client() {
            if self.ended {
                return Ok(octets.len());
            }
            let taken = match self.commands.step(rest, sink) {
                Ok(taken) => taken,
                Err(error) => {
                    self.bye(&error.to_string(), sink);
                    return Err(error);
                }
            };
            rest = rest.get(taken..).unwrap_or_default();
            self.answer_refused(sink);
        }
        Ok(octets.len() - rest.len())
    }

    /// Takes octets of the mail server, all of them. Ask [`Relay::holds_client`] again then.
    ///
    /// # Errors
    /// It is not known where the server's next response begins. Nothing more is relayed: close both connections.
    pub fn from_server(&mut self, octets: &[u8], sink: &mut impl Sink) -> Result<(), Error> {
        let mut rest = octets;
        while !rest.is_empty() && !self.ended {
            match self
                .responses
                .next(&mut rest, &self.rules, &mut self.commands.watch, sink)
            {
                Ok(meaning) => self.hear(meaning, sink),
                Err(error) => {
                    self.ended = true;
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    fn hear(&mut self, meaning: Option<Meaning>, sink: &mut impl Sink) {
        match meaning {
            Some(Meaning::Continuation) => self.commands.continued(),
            Some(Meaning::Answer) => self.commands.answered(sink),
            Some(Meaning::None) | None => {}
        }
        self.answer_refused(sink);
    }

    fn answer_refused(&mut self, sink: &mut impl Sink) {
        if self.at_response_boundary() {
            self.commands.answer_refused(sink);
        }
    }

    /// Whether the client's octets have to wait for the server: for `+` or an answer, or for the end of a response.
    pub fn holds_client(&self) -> bool {
        self.commands.holds() && !self.ended
    }

    /// Whether the client has seen nothing but whole responses, so that one of ours may follow.
    pub fn at_response_boundary(&self) -> bool {
        self.responses.at_boundary()
    }

    /// Ends the relay: `* BYE text` for the client, and whatever comes from either side is dropped.
    ///
    /// In the middle of a response or of a literal nothing is written, for it would be taken for a part of it: such
    /// a client learns of the end by the close of the connection.
    pub fn bye(&mut self, text: &str, sink: &mut impl Sink) {
        if !self.ended && self.at_response_boundary() {
            let line = format!("* BYE {}\r\n", Escaped(text.as_bytes()));
            sink.to_client(line.as_bytes());
        }
        self.ended = true;
    }
}
