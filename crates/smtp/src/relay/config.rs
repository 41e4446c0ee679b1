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
    /// The largest message in octets, as the client sends it and without its dots.
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

    /// May a message have this field From?
    ///
    /// # Errors
    /// What the client hears behind its message, which is not sent.
    fn header_from(&mut self, field: From<'_>) -> Result<(), Reply> {
        let _ = field;
        Ok(())
    }
}
