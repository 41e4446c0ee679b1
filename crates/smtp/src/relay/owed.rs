//! The answers that the client is owed, in the order of its commands.

use std::collections::VecDeque;

use bytes::BytesMut;

use super::transaction::Id;
use crate::{ForwardPath, Reply};

/// The answers that are due. At the front is always one that the server has to give.
#[derive(Debug, Default)]
pub(super) struct Owed {
    answers: VecDeque<Answer>,
    asked: usize,
    /// What the question was about that was taken last.
    answering: Verb,
    /// What the client was refused, until the policy hears of it.
    refusals: Vec<(&'static str, Reply)>,
}

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

    /// Whether the server owes us an answer.
    pub(super) fn is_asking(&self) -> bool {
        self.asked > 0
    }

    pub(super) fn is_full(&self) -> bool {
        self.answers.len() >= Self::MOST
    }

    /// Answers a command, now or behind the answers before it.
    pub(super) fn ours(&mut self, verb: Verb, reply: Reply, out: &mut BytesMut) {
        if self.answers.is_empty() {
            self.say(verb, &reply, out);
        } else {
            self.answers.push_back(Answer::Ours(verb, reply));
        }
    }

    fn say(&mut self, verb: Verb, reply: &Reply, out: &mut BytesMut) {
        reply.encode(out);
        if verb != Verb::Other && (reply.is_temporary() || reply.is_permanent()) {
            self.refusals.push((verb.name(), reply.clone()));
        }
    }

    /// What the client was refused since the last call, with the commands.
    pub(super) fn refusals(&mut self) -> Vec<(&'static str, Reply)> {
        std::mem::take(&mut self.refusals)
    }

    /// A command was sent to the server.
    pub(super) fn ask(&mut self, question: Question) {
        self.asked = self.asked.saturating_add(1);
        self.answers.push_back(Answer::Asked(question));
    }

    /// What the server's next reply answers. [`Owed::answer`] has to follow.
    pub(super) fn next_question(&mut self) -> Option<Question> {
        match self.answers.pop_front()? {
            Answer::Asked(question) => {
                self.asked = self.asked.saturating_sub(1);
                self.answering = question.verb();
                Some(question)
            }
            ours @ Answer::Ours(..) => {
                self.answers.push_front(ours);
                None
            }
        }
    }

    /// Gives the client the answer to the question that was taken, if it is to hear one, and ours behind it.
    pub(super) fn answer(&mut self, reply: Option<&Reply>, out: &mut BytesMut) {
        if let Some(reply) = reply {
            self.say(self.answering, reply, out);
        }
        self.flush(out);
    }

    /// The server answers nothing any more: `reply` stands for all that it owes.
    pub(super) fn give_up(&mut self, reply: &Reply, out: &mut BytesMut) {
        self.asked = 0;
        for answer in std::mem::take(&mut self.answers) {
            match answer {
                Answer::Ours(verb, ours) => self.say(verb, &ours, out),
                Answer::Asked(Question::Reset) => {}
                Answer::Asked(question) => self.say(question.verb(), reply, out),
            }
        }
    }

    fn flush(&mut self, out: &mut BytesMut) {
        while let Some(Answer::Ours(verb, reply)) = self
            .answers
            .pop_front_if(|answer| matches!(answer, Answer::Ours(..)))
        {
            self.say(verb, &reply, out);
        }
    }
}
