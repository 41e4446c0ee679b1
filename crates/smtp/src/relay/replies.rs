//! What each reply of the mail server comes to.

use bytes::BytesMut;

use super::answered::{Answered, Verdict};
use super::data::Insertions;
use super::message::Message;
use super::owed::Question;
use super::transaction::{Id, Transaction};
use super::upstream::Loss;
use super::{Early, Flow, Relay, Stage, Step, Wires};
use crate::{Reply, reply};

/// What a reply means for the command that it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Judgement {
    /// Yes.
    Yes,
    /// No, and the server is sound.
    No(Reply),
    /// No, and the server must not be used any more.
    Unsound(Reply, Loss),
}

/// What a server may say to a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    /// 25x
    Done,
    /// 354
    Data,
}

/// Judges a reply. What the client does not hear from us are 3xx and 2xx that make no sense, that we are not logged
/// in (RFC 4954 section 6: an outage is no wrong password), and that the command is unknown or has no turn.
pub(super) fn judge(reply: Reply, expected: Expected) -> Judgement {
    let code = reply.code();
    match (code.get(), expected) {
        (250..=259, Expected::Done) | (354, Expected::Data) => Judgement::Yes,
        (421, _) => Judgement::Unsound(closing(), Loss::Closing),
        (..400 | 432 | 502 | 503 | 530 | 534 | 535 | 538, _) => {
            Judgement::Unsound(lost(), Loss::Nonsense(code))
        }
        _ => Judgement::No(reply.relayed()),
    }
}

fn closing() -> Reply {
    Reply::new(451, "4.3.2", "the mail server is closing, try again later")
}

pub(super) fn lost() -> Reply {
    Reply::new(451, "4.3.0", "the mail server is not available, try again later")
}

/// The answer to what is left of a transaction whose server was lost.
pub(super) fn broken() -> Reply {
    Reply::new(451, "4.3.0", "the mail server was lost, send the message again")
}

impl Relay {
    /// Takes the replies that are there.
    pub(super) fn listen(mut self, wires: &mut Wires<'_>) -> Flow {
        loop {
            if matches!(self.stage, Stage::Doubt) {
                self.stage = Stage::Commands;
                return Flow::Break(Step::Answered(Answered::new(self, lost(), Verdict::Doubt)));
            }
            let Some(upstream) = &mut self.upstream else {
                wires.server.clear();
                return Flow::Continue(self);
            };
            let reply = match reply::next(&mut upstream.replies, wires.server) {
                Ok(Some(reply)) => reply,
                Ok(None) => return Flow::Continue(self),
                Err(error) => {
                    self.lose(Loss::Malformed(error), wires.to_client);
                    continue;
                }
            };
            self = self.hear(reply, wires)?;
        }
    }

    fn hear(mut self, reply: Reply, wires: &mut Wires<'_>) -> Flow {
        match std::mem::replace(&mut self.stage, Stage::Commands) {
            Stage::Asked(insertions, early) => return self.hear_data(reply, *insertions, early, wires),
            Stage::Committed => return Flow::Break(Step::Answered(self.hear_end(reply))),
            stage => self.stage = stage,
        }
        let code = reply.code();
        match self.owed.next_question() {
            Some(Question::Mail(id)) => self.hear_mail(reply, id, wires.to_client),
            Some(Question::Recipient(id, path)) => {
                let accepted = self.hear_rcpt(reply, id, wires.to_client);
                if let Some(envelope) = self.transaction.open(id) {
                    envelope.asked = envelope.asked.saturating_sub(1);
                    envelope.recipients.extend(accepted.then_some(path));
                }
            }
            Some(Question::Reset) => match judge(reply, Expected::Done) {
                Judgement::Yes => self.owed.answer(None, wires.to_client),
                Judgement::No(_) => self.unsound(None, Loss::Nonsense(code), wires.to_client),
                Judgement::Unsound(_, loss) => self.unsound(None, loss, wires.to_client),
            },
            None if code == 421 => self.lose(Loss::Closing, wires.to_client),
            None => self.lose(Loss::Unasked(code), wires.to_client),
        }
        Flow::Continue(self)
    }

    fn hear_mail(&mut self, reply: Reply, id: Id, to_client: &mut BytesMut) {
        match judge(reply.clone(), Expected::Done) {
            Judgement::Yes => {
                if let Some(envelope) = self.transaction.open(id) {
                    envelope.accepted = true;
                }
                self.owed.answer(Some(&reply.relayed()), to_client);
            }
            Judgement::No(reply) => {
                self.counters.refused = Some(id);
                if self.transaction.open(id).is_some() {
                    self.transaction = Transaction::None;
                    if let Some(upstream) = &mut self.upstream {
                        upstream.open = false;
                    }
                }
                self.owed.answer(Some(&reply), to_client);
            }
            Judgement::Unsound(reply, loss) => self.unsound(Some(&reply), loss, to_client),
        }
    }

    /// Whether the server took the recipient.
    fn hear_rcpt(&mut self, reply: Reply, id: Id, to_client: &mut BytesMut) -> bool {
        let code = reply.code();
        let refused = self.counters.refused == Some(id);
        match judge(reply.clone(), Expected::Done) {
            // It was sent before we knew that there is no transaction.
            _ if refused && code == 503 => {
                let reply = Reply::new(503, "5.5.1", "MAIL first");
                self.owed.answer(Some(&reply), to_client);
            }
            Judgement::Yes if refused => self.unsound(Some(&lost()), Loss::Nonsense(code), to_client),
            Judgement::Yes => {
                self.owed.answer(Some(&reply.relayed()), to_client);
                return true;
            }
            Judgement::No(reply) => self.owed.answer(Some(&reply), to_client),
            Judgement::Unsound(reply, loss) => self.unsound(Some(&reply), loss, to_client),
        }
        false
    }

    fn hear_data(
        mut self,
        reply: Reply,
        insertions: Insertions,
        early: Early,
        wires: &mut Wires<'_>,
    ) -> Flow {
        let early = early.or(Early::of(wires.client));
        match judge(reply, Expected::Data) {
            Judgement::Yes => {
                Reply::new(354, "", "end data with <CR><LF>.<CR><LF>").encode(wires.to_client);
                return Flow::Break(Step::Message(Message::new(self, insertions, wires.to_server)));
            }
            Judgement::No(reply) => {
                self.refuse_data(reply, early, wires.to_client);
                self.reset(wires.to_server);
            }
            Judgement::Unsound(reply, loss) => {
                self.refuse_data(reply, early, wires.to_client);
                self.lose(loss, wires.to_client);
            }
        }
        Flow::Continue(self)
    }

    fn hear_end(mut self, reply: Reply) -> Answered {
        match judge(reply.clone(), Expected::Done) {
            Judgement::Yes => {
                if let Some(upstream) = &mut self.upstream {
                    upstream.open = false;
                }
                Answered::new(self, reply.relayed(), Verdict::Accepted)
            }
            // Some keep the transaction of a message that they refused (Postfix does).
            Judgement::No(reply) => Answered::new(self, reply, Verdict::Refused),
            Judgement::Unsound(told, loss) => {
                let verdict = if reply.is_positive() || reply.is_intermediate() {
                    Verdict::Doubt
                } else {
                    Verdict::Refused
                };
                self.forget(loss);
                Answered::new(self, told, verdict)
            }
        }
    }

    /// `reply` is the last that the client hears of this server.
    fn unsound(&mut self, reply: Option<&Reply>, loss: Loss, to_client: &mut BytesMut) {
        self.owed.answer(reply, to_client);
        self.lose(loss, to_client);
    }

    /// The server is lost. What waits for it is answered, but for the verdict on a message.
    pub(super) fn lose(&mut self, loss: Loss, to_client: &mut BytesMut) {
        self.forget(loss);
        self.owed.give_up(&lost(), to_client);
        match std::mem::replace(&mut self.stage, Stage::Commands) {
            Stage::Asked(_, early) => self.refuse_data(lost(), early, to_client),
            Stage::Committed => self.stage = Stage::Doubt,
            stage => self.stage = stage,
        }
    }

    /// The server is lost, and nothing waits for it.
    pub(super) fn forget(&mut self, loss: Loss) {
        self.upstream = None;
        self.loss = Some(loss);
        if matches!(self.transaction, Transaction::Open(_)) {
            self.transaction = Transaction::Broken;
        }
    }
}
