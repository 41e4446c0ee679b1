//! What a server says to a client session, which hears it out, but not without end.

use bytes::BytesMut;
use gatepost_wire::Input;

use crate::parse::{Leniency, Options};
use crate::response::{self, Response};
use crate::{Error, Frame, Framer, Limit, Limits};

/// Reads a server's responses and counts them, be they needed or not.
#[derive(Debug)]
pub(crate) struct Reader {
    limits: Limits,
    framer: Framer,
    responses: u32,
    octets: usize,
}

impl Reader {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            framer: Framer::responses(limits),
            responses: 0,
            octets: 0,
        }
    }

    /// Begins anew behind TLS. What was said before still counts.
    pub(crate) fn restart(&mut self) {
        self.framer = Framer::responses(self.limits);
    }

    /// The next response; `None` if it has not arrived whole. What is forgiven of servers is forgiven, so that what
    /// nobody needs ends no session.
    pub(crate) fn response(&mut self, input: &mut Input) -> Result<Option<Response>, Error> {
        let Some(message) = self.message(input)? else {
            return Ok(None);
        };
        let options = Options {
            leniency: Leniency::SERVERS,
            ..Options::strict(&self.limits)
        };
        let parsed = response::parse_with(&message.freeze(), &options)?;
        Ok(Some(parsed.value))
    }

    fn message(&mut self, input: &mut Input) -> Result<Option<BytesMut>, Error> {
        let Some(Frame::Message(message)) = self.framer.next(input)? else {
            // A framer of responses gives nothing else.
            return Ok(None);
        };
        self.responses = self.responses.saturating_add(1);
        self.octets = self.octets.saturating_add(message.len());
        if self.responses > self.limits.commands || self.octets > self.limits.responses {
            return Err(Error::Limit(Limit::Responses));
        }
        Ok(Some(message))
    }
}
