//! A message on its way.

use bytes::BytesMut;
use gatepost_wire::Input;

use super::config::Policy;
use super::data::Insertions;
use super::parameters::too_large;
use super::replies::{Expected, Judgement, judge, lost};
use super::swallow::Swallow;
use super::upstream::Loss;
use super::{Relay, Stage};
use crate::data::{Decoded, Decoder, Encoder};
use crate::message::Header;
use crate::{Error, Reply, reply};

/// The client sends a message, and the server waits for it.
///
/// Call [`Message::process`] whenever there is more of it, and send what comes of that before the next call: so no
/// message is ever held whole. If the server says something meanwhile, that is [`Message::server_spoke`]; if its
/// connection is gone, [`Message::fail`]. If the client is gone, drop the message and close the server's connection.
#[derive(Debug)]
pub struct Message {
    relay: Relay,
    decoder: Decoder,
    body: Box<Body>,
}

/// How far a message came.
#[derive(Debug)]
pub enum MessageStep {
    /// Send both outputs and read more.
    NeedInput(Message),
    /// The client sent all of it. Write it down, then commit or abandon.
    Whole(Whole),
    /// It is not going to be sent. Close the server's connection.
    Fault(Swallow),
}

impl Message {
    pub(super) fn new(relay: Relay, insertions: Insertions, to_server: &mut BytesMut) -> Self {
        let mut encoder = Encoder::new();
        encoder.encode(&insertions.received, to_server);
        Self {
            body: Box::new(Body {
                encoder,
                header: Some(Header::new()),
                insertions,
                limit: relay.config.max_message_size,
                received: 0,
                passed: 0,
                message_id: None,
                refused: None,
            }),
            relay,
            decoder: Decoder::new(),
        }
    }

    /// Passes on what there is of the message: to the server, and as it goes there but for our Received and the
    /// stuffed dots to `tee`, if there is one.
    pub fn process(
        mut self,
        client: &mut Input,
        to_server: &mut BytesMut,
        tee: Option<&mut BytesMut>,
        policy: &mut impl Policy,
    ) -> MessageStep {
        let body = &mut self.body;
        let mut outputs = Outputs { to_server, tee };
        let decoded = self.decoder.decode(client.as_slice(), |octets| {
            body.pass(octets, &mut outputs, policy);
        });
        let Decoded { consumed, ended } = match decoded {
            Ok(decoded) => decoded,
            Err(error) => {
                client.skip(error.consumed);
                let reply = Reply::new(554, "5.6.0", Error::from(error).to_string());
                return MessageStep::Fault(self.broken(reply, Loss::BrokenOff));
            }
        };
        client.skip(consumed);
        if ended {
            body.end_header(&mut outputs, policy);
        }
        if let Some(reply) = body.refused.take() {
            return MessageStep::Fault(if ended {
                Swallow::new(self.relay, reply, None, Loss::BrokenOff)
            } else {
                self.broken(reply, Loss::BrokenOff)
            });
        }
        if ended {
            MessageStep::Whole(Whole {
                relay: self.relay,
                body: self.body,
            })
        } else {
            MessageStep::NeedInput(self)
        }
    }

    /// The server said something before the end of the message, which cannot be good (RFC 5321 section 4.2.5 lets it
    /// wait). Once it is a whole reply, the message is broken off, and the client hears it behind the message, if it
    /// is a refusal.
    pub fn server_spoke(mut self, server: &mut Input) -> MessageStep {
        match overheard(&mut self.relay, server) {
            None => MessageStep::NeedInput(self),
            Some((reply, loss)) => MessageStep::Fault(self.broken(reply, loss)),
        }
    }

    /// Something of ours failed, or the server's connection is gone: the client hears `reply` behind its message.
    pub fn fail(self, reply: Reply) -> Swallow {
        self.broken(reply, Loss::BrokenOff)
    }

    fn broken(self, reply: Reply, loss: Loss) -> Swallow {
        let swallower = self.decoder.into_swallower();
        Swallow::new(self.relay, reply, Some(swallower), loss)
    }
}

/// What a server says too early, and why it is lost; `None` if that is not a whole reply.
fn overheard(relay: &mut Relay, server: &mut Input) -> Option<(Reply, Loss)> {
    match reply::next(&mut relay.upstream.as_mut()?.replies, server) {
        Ok(None) => None,
        Ok(Some(reply)) => {
            let code = reply.code();
            Some(match judge(reply, Expected::Done) {
                Judgement::Yes => (lost(), Loss::Unasked(code)),
                Judgement::No(reply) => (reply, Loss::Unasked(code)),
                Judgement::Unsound(reply, loss) => (reply, loss),
            })
        }
        Err(error) => Some((lost(), Loss::Malformed(error))),
    }
}

/// A whole message, of which the server has all but the end.
#[derive(Debug)]
pub struct Whole {
    relay: Relay,
    body: Box<Body>,
}

/// What came of [`Whole::commit`].
#[derive(Debug)]
pub enum Committed {
    /// The end was sent, and [`super::Step::Answered`] is going to come.
    Sent(Relay),
    /// The server had said something already, so that it would not be known what it answers. No end was sent, the
    /// client was told, and the server's connection has to be closed.
    Abandoned(Relay),
}

impl Whole {
    /// The value of the message's Message-ID, be it the client's or ours; `None` if the client's is not printable or
    /// too long.
    pub fn message_id(&self) -> Option<&[u8]> {
        self.body.message_id.as_deref()
    }

    /// How many octets it has as it went on, but for our Received and the stuffed dots.
    pub fn size(&self) -> u64 {
        self.body.passed
    }

    /// Sends the end of the message. From here on the server may have accepted it.
    pub fn commit(
        mut self,
        server: &mut Input,
        to_server: &mut BytesMut,
        to_client: &mut BytesMut,
    ) -> Committed {
        if !server.is_empty() {
            let (reply, loss) =
                overheard(&mut self.relay, server).unwrap_or_else(|| (lost(), Loss::BrokenOff));
            return Committed::Abandoned(self.end(&reply, loss, to_client));
        }
        self.body.encoder.finish(to_server);
        let mut relay = self.relay;
        relay.stage = Stage::Committed;
        Committed::Sent(relay)
    }

    /// The message is not sent: the client hears `reply`, and the server's connection has to be closed.
    pub fn abandon(self, reply: &Reply, to_client: &mut BytesMut) -> Relay {
        self.end(reply, Loss::BrokenOff, to_client)
    }

    fn end(mut self, reply: &Reply, loss: Loss, to_client: &mut BytesMut) -> Relay {
        reply.encode(to_client);
        self.relay.forget(loss);
        self.relay
    }
}

/// Where a message goes.
struct Outputs<'a> {
    to_server: &'a mut BytesMut,
    tee: Option<&'a mut BytesMut>,
}

/// What is done to a message while it passes.
#[derive(Debug)]
struct Body {
    encoder: Encoder,
    /// `None` behind the header.
    header: Option<Header>,
    insertions: Insertions,
    limit: u64,
    /// Octets from the client.
    received: u64,
    /// Octets of the message as it goes on, but for our Received and the stuffed dots.
    passed: u64,
    message_id: Option<Vec<u8>>,
    /// Why the rest is dropped.
    refused: Option<Reply>,
}

impl Body {
    fn pass(&mut self, octets: &[u8], outputs: &mut Outputs<'_>, policy: &mut impl Policy) {
        self.received = self.received.saturating_add(octets.len() as u64);
        if self.received > self.limit && self.refused.is_none() {
            self.refused = Some(too_large(self.limit));
        }
        if self.refused.is_some() {
            return;
        }
        let Some(mut header) = self.header.take() else {
            return self.put(octets, outputs);
        };
        match header.push(octets, |octets| self.put(octets, outputs)) {
            None => self.header = Some(header),
            Some(consumed) => {
                self.header = Some(header);
                self.end_header(outputs, policy);
                if self.refused.is_some() {
                    return;
                }
                self.put(octets.get(consumed..).unwrap_or_default(), outputs);
            }
        }
    }

    /// Adds what the header lacks.
    fn end_header(&mut self, outputs: &mut Outputs<'_>, policy: &mut impl Policy) {
        let Some(header) = self.header.take() else { return };
        if self.refused.is_some() {
            return;
        }
        if let Err(reply) = policy.header_from(header.from()) {
            self.refused = Some(reply);
            return;
        }
        let mut added = String::new();
        if !header.has_date() {
            added.push_str(&format!("Date: {}\r\n", self.insertions.date));
        }
        if header.has_message_id() {
            self.message_id = header.message_id().map(<[u8]>::to_vec);
        } else {
            added.push_str(&format!("Message-ID: {}\r\n", self.insertions.message_id));
            self.message_id = Some(self.insertions.message_id.clone().into_bytes());
        }
        self.put(added.as_bytes(), outputs);
        // Even where nothing was added: what comes is no header to us, and must not be one to anybody behind us.
        self.put(header.separator(), outputs);
        self.put(header.held(), outputs);
    }

    fn put(&mut self, octets: &[u8], outputs: &mut Outputs<'_>) {
        self.encoder.encode(octets, outputs.to_server);
        if let Some(tee) = &mut outputs.tee {
            tee.extend_from_slice(octets);
        }
        self.passed = self.passed.saturating_add(octets.len() as u64);
    }
}
