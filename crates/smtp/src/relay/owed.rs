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
    /// What the question was about that was taken last.
    answering: Verb,
    /// What the client was refused, until the policy hears of it.
    refusals: Vec<Refusal>,
}

/// A command and its reply.
type Refusal = (&'static str, Reply);

/// The commands of a transaction, and all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Verb {
    Mail,
    Rcpt,
    Data,
    #[default]
    Other,
}

#[derive(Debug)]
enum Answer {
    /// Ours, which waits for those before it.
    Ours(Verb, Reply),
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

impl Verb {
    /// The verb of a line that may be malformed behind it.
    pub(super) fn of(line: &[u8]) -> Self {
        let word = line.split(u8::is_ascii_whitespace).next().unwrap_or_default();
        let mut verbs = [Self::Mail, Self::Rcpt, Self::Data].into_iter();
        let known = verbs.find(|verb| verb.name().as_bytes().eq_ignore_ascii_case(word));
        known.unwrap_or_default()
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Mail => "MAIL",
            Self::Rcpt => "RCPT",
            Self::Data => "DATA",
            Self::Other => "",
        }
    }
}

impl Question {
    const fn verb(&self) -> Verb {
        match self {
            Self::Mail(_) => Verb::Mail,
            Self::Recipient(..) => Verb::Rcpt,
            Self::Reset => Verb::Other,
        }
    }
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
    pub(super) fn ours(&mut self, verb: Verb, reply: Reply, out: &mut BytesMut) {
        if self.is_said() {
            say(verb, &reply, out, &mut self.refusals);
        } else {
            self.answers.push_back(Answer::Ours(verb, reply));
        }
    }

    /// What the client was refused since the last call, with the commands.
    pub(super) fn refusals(&mut self) -> Vec<Refusal> {
        std::mem::take(&mut self.refusals)
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
                self.answering = question.verb();
                Some(question)
            }
            Answer::Ours(..) => None,
        }
    }

    /// Gives the client the answer to the question that was taken, if it is to hear one, and ours behind it.
    pub(super) fn answer(&mut self, reply: Option<&Reply>, out: &mut BytesMut) {
        if let Some(reply) = reply {
            say(self.answering, reply, out, &mut self.refusals);
        }
        self.flush(out);
    }

    /// The server answers nothing any more: `reply` stands for all that it owes.
    pub(super) fn give_up(&mut self, reply: &Reply, out: &mut BytesMut) {
        self.asked = 0;
        for answer in self.answers.drain(..) {
            match answer {
                Answer::Ours(verb, ours) => say(verb, &ours, out, &mut self.refusals),
                Answer::Asked(Question::Reset) => {}
                Answer::Asked(question) => say(question.verb(), reply, out, &mut self.refusals),
            }
        }
    }

    /// Says what does not wait for anything. The client does not hear of RSET, so nothing waits for that.
    fn flush(&mut self, out: &mut BytesMut) {
        let mut waiting = false;
        self.answers.retain(|answer| match answer {
            Answer::Ours(verb, reply) if !waiting => {
                say(*verb, reply, out, &mut self.refusals);
                false
            }
            Answer::Asked(Question::Reset) | Answer::Ours(..) => true,
            Answer::Asked(_) => {
                waiting = true;
                true
            }
        });
    }
}

fn say(verb: Verb, reply: &Reply, out: &mut BytesMut, refusals: &mut Vec<Refusal>) {
    reply.encode(out);
    if verb != Verb::Other && (reply.is_temporary() || reply.is_permanent()) {
        refusals.push((verb.name(), reply.clone()));
    }
}
