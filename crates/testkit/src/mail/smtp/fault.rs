//! Failing on demand.

use gatepost_smtp::Reply;

/// Where a server can be made to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// The connection, instead of the greeting. It is closed behind a reply.
    Greeting,
    /// EHLO and HELO, before the login only if nothing is pipelined before them.
    Ehlo,
    /// STARTTLS, if nothing is pipelined before it.
    StartTls,
    /// The verdict on a login, whatever it would have been.
    Auth,
    /// MAIL.
    Mail,
    /// RCPT, each of them. [`super::Control::refuse_recipient`] is for one recipient alone.
    Rcpt,
    /// DATA.
    Data,
    /// The message, when its first octets are there. The connection is closed behind a reply.
    Body,
    /// The end of the message, which is not delivered then.
    Message,
    /// The answer to the message, which has been delivered.
    Answer,
}

/// How a server fails.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// With this reply, and nothing else happens; 421 closes the connection.
    Reply(Reply),
    /// The connection is closed without a word.
    Close,
    /// Nothing is said any more, until the client closes the connection.
    Silence,
}

impl Fault {
    /// A reply such as 451 4.3.0; the enhanced code may be empty.
    pub fn reply(code: u16, enhanced: &str, text: &str) -> Self {
        Self::Reply(Reply::new(code, enhanced, text.to_owned()))
    }
}
