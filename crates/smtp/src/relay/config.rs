//! What the caller decides.

use crate::message::From;
use crate::{Extensions, ForwardPath, Limits, Parameters, Reply, ReversePath};

/// What a relay offers. Shared by many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Our name, the first word of the answer to EHLO.
    pub name: String,
    /// What the answer to EHLO lists.
    pub extensions: Extensions,
    /// The largest message in octets, as the client sends it and without its dots. What we add is not counted: see
    /// [`super::ADDED_OCTETS`].
    pub max_message_size: u64,
    /// What a client may ask for: lines, bad commands and recipients; and the limits of a server's replies.
    pub limits: Limits,
}

/// Says what a client may do. Each command is asked about once, before the server is.
pub trait Policy {
    /// May a message come from here? Behind a refusal the client's RCPTs are answered 503.
    ///
    /// # Errors
    /// What the client hears.
    fn mail(&mut self, from: &ReversePath<'_>, parameters: &Parameters<'_>) -> Result<(), Reply>;

    /// May the message go there?
    ///
    /// # Errors
    /// What the client hears.
    fn recipient(&mut self, to: &ForwardPath<'_>) -> Result<(), Reply>;

    /// The client hears `reply`, a 4xx or 5xx, to `command`: MAIL, RCPT or DATA. That is each one, in their order,
    /// whoever refuses: we, this policy, the server or the caller. It is for a log, which has to bear a client that is
    /// refused again and again.
    ///
    /// `reply` is of no more lines than the client hears, printable, and repeats nothing of a client but what a server
    /// or this policy does. What comes of a message is not told here: see [`super::Answered::reply`] and
    /// [`super::Swallow::reply`].
    fn refused(&mut self, command: &'static str, reply: &Reply) {
        let _ = (command, reply);
    }

    /// May a message have this field From?
    ///
    /// # Errors
    /// What the client hears behind its message, which is not sent.
    fn header_from(&mut self, field: From<'_>) -> Result<(), Reply> {
        let _ = field;
        Ok(())
    }
}
