//! The verdict on a message.

use bytes::BytesMut;

use super::Relay;
use crate::Reply;

/// What became of a message that was committed. Write it down, then [`Answered::answer`].
#[derive(Debug)]
pub struct Answered {
    relay: Relay,
    reply: Reply,
    verdict: Verdict,
}

/// What the server made of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It took it.
    Accepted,
    /// It did not.
    Refused,
    /// Nobody knows: it was lost before it answered, or said what makes no sense. The client hears 451, and is going
    /// to send the message again.
    Doubt,
}

impl Answered {
    pub(super) fn new(relay: Relay, reply: Reply, verdict: Verdict) -> Self {
        Self {
            relay,
            reply,
            verdict,
        }
    }

    /// What the server made of it.
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// Whether the server took it.
    pub fn is_accepted(&self) -> bool {
        self.verdict == Verdict::Accepted
    }

    /// What the client is going to hear.
    pub fn reply(&self) -> &Reply {
        &self.reply
    }

    /// Tells the client.
    pub fn answer(self, to_client: &mut BytesMut) -> Relay {
        self.reply.encode(to_client);
        self.relay
    }
}
