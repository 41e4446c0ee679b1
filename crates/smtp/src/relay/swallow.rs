//! The rest of a message that came to nothing.

use bytes::BytesMut;
use gatepost_wire::Input;

use super::Relay;
use super::upstream::Loss;
use crate::Reply;
use crate::data::Swallower;

/// The message is not sent: close the server's connection, and call [`Swallow::process`] until the client is
/// through with it. Only then it can hear why.
#[derive(Debug)]
pub struct Swallow {
    relay: Relay,
    reply: Reply,
    /// `None` if the end was there already.
    swallower: Option<Swallower>,
}

/// How far a message was swallowed.
#[derive(Debug)]
pub enum SwallowStep {
    /// Read more.
    NeedInput(Swallow),
    /// The client was told. The relay has no server now.
    Over(Relay),
}

impl Swallow {
    pub(super) fn new(mut relay: Relay, reply: Reply, swallower: Option<Swallower>, loss: Loss) -> Self {
        relay.forget(loss);
        Self {
            relay,
            reply,
            swallower,
        }
    }

    /// What the client is going to hear.
    pub fn reply(&self) -> &Reply {
        &self.reply
    }

    /// Why the server is not used any more.
    pub fn loss(&self) -> Option<&Loss> {
        self.relay.loss()
    }

    /// Drops the message up to its end, and answers it there.
    pub fn process(mut self, client: &mut Input, to_client: &mut BytesMut) -> SwallowStep {
        if let Some(swallower) = &mut self.swallower {
            let swallowed = swallower.swallow(client.as_slice());
            client.skip(swallowed.consumed);
            if !swallowed.ended {
                return SwallowStep::NeedInput(self);
            }
        }
        self.reply.encode(to_client);
        SwallowStep::Over(self.relay)
    }
}
