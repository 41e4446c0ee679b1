//! The answers that the client is owed, in the order of its commands.

use std::collections::VecDeque;

use bytes::BytesMut;

use super::transaction::Id;
use crate::{ForwardPath, Reply};

/// The answers that are due. Ours are here only behind one that the server has to give and the client to hear.
#[derive(Debug, Default)]
pub(super) struct Owed {
    answers: VecDeque<Answer>,
    asked: usize,
}

#[derive(Debug)]
enum Answer {
    /// Ours, which waits for those before it.
    Ours(Reply),
    /// The server's.
    Asked(Question),
}

/// What the server was asked.
#[derive(Debug)]
pub(super) enum Question {
    /// MAIL of this transaction.
    Mail(Id),
    /// RCPT of this transaction.
    Recipient(Id, ForwardPath<'static>),
    /// RSET, of which the client hears nothing.
    Reset,
}

impl Owed {
    /// How many answers may be due. A client that wants more has to wait.
    const MOST: usize = 100;

    pub(super) fn is_empty(&self) -> bool {
        self.answers.is_empty()
    }

    /// Whether the client waits for nothing.
    pub(super) fn is_said(&self) -> bool {
        let mut answers = self.answers.iter();
        answers.all(|answer| matches!(answer, Answer::Asked(Question::Reset)))
    }

    /// Whether the server owes us an answer.
    pub(super) fn is_asking(&self) -> bool {
        self.asked > 0
    }

    pub(super) fn is_full(&self) -> bool {
        self.answers.len() >= Self::MOST
    }

    /// Answers a command, now or behind the answers before it.
    pub(super) fn ours(&mut self, reply: Reply, out: &mut BytesMut) {
        if self.is_said() {
            reply.encode(out);
        } else {
            self.answers.push_back(Answer::Ours(reply));
        }
    }

    /// A command was sent to the server.
    pub(super) fn ask(&mut self, question: Question) {
        self.asked = self.asked.saturating_add(1);
        self.answers.push_back(Answer::Asked(question));
    }

    /// What the server's next reply answers. [`Owed::answer`] has to follow.
    pub(super) fn next_question(&mut self) -> Option<Question> {
        let at = self
            .answers
            .iter()
            .position(|answer| matches!(answer, Answer::Asked(_)))?;
        match self.answers.remove(at)? {
            Answer::Asked(question) => {
                self.asked = self.asked.saturating_sub(1);
                Some(question)
            }
            Answer::Ours(_) => None,
        }
    }

    /// Gives the client the answer to the question that was taken, if it is to hear one, and ours behind it.
    pub(super) fn answer(&mut self, reply: Option<&Reply>, out: &mut BytesMut) {
        if let Some(reply) = reply {
            reply.encode(out);
        }
        self.flush(out);
    }

    /// The server answers nothing any more: `reply` stands for all that it owes.
    pub(super) fn give_up(&mut self, reply: &Reply, out: &mut BytesMut) {
        self.asked = 0;
        for answer in self.answers.drain(..) {
            match answer {
                Answer::Ours(ours) => ours.encode(out),
                Answer::Asked(Question::Reset) => {}
                Answer::Asked(_) => reply.encode(out),
            }
        }
    }

    /// Says what does not wait for anything. The client does not hear of RSET, so nothing waits for that.
    fn flush(&mut self, out: &mut BytesMut) {
        let mut waiting = false;
        self.answers.retain(|answer| match answer {
            Answer::Ours(reply) if !waiting => {
                reply.encode(out);
                false
            }
            Answer::Asked(Question::Reset) | Answer::Ours(_) => true,
            Answer::Asked(_) => {
                waiting = true;
                true
            }
        });
    }
}
