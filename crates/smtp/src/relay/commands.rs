//! What each command of the client comes to.

use std::ops::ControlFlow;

use bytes::BytesMut;
use gatepost_wire::{Input, wipe};

use super::config::Policy;
use super::data::Data;
use super::held::{Held, Mail};
use super::owed::{Question, Verb};
use super::transaction::{Envelope, Id, Transaction};
use super::{Closed, Early, Flow, Relay, Stage, Step, Wires, parameters};
use crate::command::{self, Command};
use crate::server::{command_line, is_bdat};
use crate::{Error, ForwardPath, Limit, Parameters, Reply, ReversePath};

/// How many commands that come to nothing a client may give between two MAILs that the server is asked about.
const IDLE_COMMANDS: u32 = 1000;

impl Relay {
    /// Takes the client's next command, if it is its turn.
    pub(super) fn serve(mut self, wires: &mut Wires<'_>, policy: &mut impl Policy) -> Flow {
        match &mut self.stage {
            Stage::Commands => self.next_command(wires, policy),
            Stage::Chunk(chunk) => {
                let count = chunk.count(wires.client.len());
                wires.client.skip(count);
                if !chunk.is_over() {
                    return Flow::Break(Step::NeedInput(self));
                }
                self.stage = Stage::Commands;
                self.bad(
                    Reply::new(502, "5.5.1", "CHUNKING is not offered"),
                    wires.to_client,
                );
                Flow::Continue(self)
            }
            Stage::Asked(_, early) => {
                *early = early.or(Early::of(wires.client));
                Flow::Break(Step::NeedInput(self))
            }
            Stage::Committed | Stage::Doubt => Flow::Break(Step::NeedInput(self)),
            Stage::Closing(why) if self.owed.is_empty() => {
                let why = why.take();
                if self.upstream.is_some() {
                    Command::Quit.encode(wires.to_server);
                }
                Flow::Break(Step::Closed(Closed { why }))
            }
            Stage::Closing(_) => Flow::Break(Step::NeedInput(self)),
        }
    }

    fn next_command(mut self, wires: &mut Wires<'_>, policy: &mut impl Policy) -> Flow {
        if self.owed.is_full() {
            return Flow::Break(Step::NeedInput(self));
        }
        let mut line = match self.held.take() {
            Some(Held::Mail(mail)) => {
                self.deliver(*mail, wires);
                return self.unless_held();
            }
            Some(Held::Data(early)) => return self.data(early.or(Early::of(wires.client)), wires),
            Some(Held::Line(line)) => line,
            None => match command_line(wires.client, &self.config.limits) {
                Ok(Some(line)) => line,
                Ok(None) => return Flow::Break(Step::NeedInput(self)),
                Err(error) => {
                    self.close_for(error, wires.to_client);
                    return Flow::Continue(self);
                }
            },
        };
        match self.command(&line, wires, policy) {
            Turn::Done => {
                wipe(&mut line);
                Flow::Continue(self)
            }
            Turn::Wait => {
                self.held = Some(Held::Line(line));
                Flow::Break(Step::NeedInput(self))
            }
            Turn::Data(early) => self.data(early, wires),
        }
    }

    fn unless_held(self) -> Flow {
        if self.held.is_some() {
            Flow::Break(Step::NeedInput(self))
        } else {
            Flow::Continue(self)
        }
    }

    fn command(&mut self, line: &[u8], wires: &mut Wires<'_>, policy: &mut impl Policy) -> Turn {
        let behind_data = std::mem::take(&mut self.counters.refused_data);
        match command::parse(line) {
            Ok(Command::Other { .. }) if behind_data => self.close_early(wires.to_client),
            Err(_) if behind_data => self.close_early(wires.to_client),
            // Nobody knows how many octets belong to it.
            Err(error) if is_bdat(line) => self.close_for(error.into(), wires.to_client),
            Err(error) => self.malformed(Verb::of(line), Error::from(error).reply(), wires.to_client),
            Ok(command) => return self.dispatch(command, wires, policy),
        }
        Turn::Done
    }

    fn dispatch(&mut self, command: Command<'_>, wires: &mut Wires<'_>, policy: &mut impl Policy) -> Turn {
        match command {
            Command::Mail { from, parameters } => return self.mail(from, parameters, wires, policy),
            Command::Rcpt { to, parameters } => return self.rcpt(to, &parameters, wires, policy),
            Command::Data => return self.data_line(wires.client),
            Command::Ehlo(name) => return self.hello(name, true, wires),
            Command::Helo(name) => return self.hello(name, false, wires),
            Command::Rset => return self.rset(Reply::new(250, "2.0.0", "reset"), wires),
            Command::Bdat { size, .. } => {
                if !self.may_reset() {
                    return Turn::Wait;
                }
                self.reset(wires.to_server);
                self.stage = Stage::Chunk(crate::chunk::Chunk::new(size));
            }
            Command::Quit => {
                let reply = Reply::new(221, "2.0.0", "closing");
                self.owed.ours(Verb::Other, reply, wires.to_client);
                self.stage = Stage::Closing(None);
            }
            Command::Noop => self.idle(Reply::new(250, "2.0.0", "OK"), wires.to_client),
            Command::Help => self.idle(
                Reply::new(214, "2.0.0", "see RFC 5321 and RFC 6409"),
                wires.to_client,
            ),
            Command::Vrfy(_) => self.idle(
                Reply::new(252, "2.0.0", "send a message and see"),
                wires.to_client,
            ),
            Command::Expn(_) => self.idle(Reply::new(502, "5.5.1", "EXPN is not offered"), wires.to_client),
            Command::Auth { .. } => {
                self.bad(Reply::new(503, "5.5.1", "already authenticated"), wires.to_client)
            }
            Command::StartTls => self.bad(Reply::new(503, "5.5.1", "TLS is active already"), wires.to_client),
            Command::Xclient(_) | Command::Xforward(_) => {
                self.bad(Reply::new(550, "5.7.0", "not allowed"), wires.to_client);
            }
            Command::Other { .. } => {
                self.bad(Reply::new(500, "5.5.1", "unknown command"), wires.to_client);
            }
        }
        Turn::Done
    }

    fn hello(&mut self, name: &str, extended: bool, wires: &mut Wires<'_>) -> Turn {
        let reply = if extended {
            self.config.extensions.reply(&self.config.name)
        } else {
            Reply::new(250, "", self.config.name.clone())
        };
        let turn = self.rset(reply, wires);
        if matches!(turn, Turn::Done) {
            name.clone_into(&mut self.helo);
            self.extended = extended;
        }
        turn
    }

    fn rset(&mut self, reply: Reply, wires: &mut Wires<'_>) -> Turn {
        if !self.may_reset() {
            return Turn::Wait;
        }
        self.reset(wires.to_server);
        self.idle(reply, wires.to_client);
        Turn::Done
    }

    fn may_send(&self) -> bool {
        self.upstream
            .as_ref()
            .is_none_or(|upstream| upstream.may_send(&self.owed))
    }

    fn may_reset(&self) -> bool {
        let open = self.upstream.as_ref().is_some_and(|upstream| upstream.open);
        !open || self.may_send()
    }

    /// The transaction is over, here and at the server.
    pub(super) fn reset(&mut self, to_server: &mut BytesMut) {
        self.transaction = Transaction::None;
        if let Some(upstream) = &mut self.upstream {
            upstream.reset(&mut self.owed, to_server);
        }
    }

    fn mail(
        &mut self,
        from: ReversePath<'_>,
        parameters: Parameters<'_>,
        wires: &mut Wires<'_>,
        policy: &mut impl Policy,
    ) -> Turn {
        match &self.transaction {
            Transaction::Open(envelope) if envelope.accepted => {
                let reply = Reply::new(503, "5.5.1", "there is a transaction already");
                self.owed.ours(Verb::Mail, reply, wires.to_client);
                return Turn::Done;
            }
            Transaction::Open(_) => return Turn::Wait,
            Transaction::None | Transaction::Broken => {}
        }
        if !self.may_send() {
            return Turn::Wait;
        }
        self.reset(wires.to_server);
        if !self.may_send() {
            return Turn::Wait;
        }
        let refused = parameters::unfit(&parameters, self.config.max_message_size)
            .or_else(|| parameters::unspeakable(from.is_ascii() || parameters.contains("SMTPUTF8")))
            .or_else(|| self.unoffered(&parameters))
            .or_else(|| policy.mail(&from, &parameters).err());
        match refused {
            Some(reply) => self.owed.ours(Verb::Mail, reply, wires.to_client),
            None => {
                let mail = Mail {
                    from: from.into_owned(),
                    parameters: parameters.into_owned(),
                };
                self.deliver(mail, wires);
            }
        }
        Turn::Done
    }

    fn unoffered(&self, parameters: &Parameters<'_>) -> Option<Reply> {
        let upstream = self.upstream.as_ref()?;
        parameters::refusal(parameters, &self.config.extensions, &upstream.extensions)
    }

    /// Asks the server about MAIL, or waits for one.
    fn deliver(&mut self, mail: Mail, wires: &mut Wires<'_>) {
        // The server may be another than the one that the parameters were compared with.
        if let Some(reply) = self.unoffered(&mail.parameters) {
            self.owed.ours(Verb::Mail, reply, wires.to_client);
            return;
        }
        let Some(upstream) = &mut self.upstream else {
            self.held = Some(Held::Mail(Box::new(mail)));
            return;
        };
        let smtputf8 = mail.parameters.contains("SMTPUTF8");
        let command = Command::Mail {
            from: mail.from.clone(),
            parameters: parameters::told(&mail.parameters, &upstream.extensions),
        };
        command.encode(wires.to_server);
        upstream.open = true;
        self.counters.idle = 0;
        let id = self.next_id();
        self.owed.ask(Question::Mail(id));
        self.transaction = Transaction::Open(Box::new(Envelope::new(id, mail.from, smtputf8)));
    }

    fn next_id(&mut self) -> Id {
        self.counters.transactions = self.counters.transactions.wrapping_add(1);
        Id(self.counters.transactions)
    }

    fn rcpt(
        &mut self,
        to: ForwardPath<'_>,
        parameters: &Parameters<'_>,
        wires: &mut Wires<'_>,
        policy: &mut impl Policy,
    ) -> Turn {
        let may_send = self.may_send();
        let limit = usize::try_from(self.config.limits.recipients).unwrap_or(usize::MAX);
        let unoffered = self.unoffered(parameters);
        let envelope = match &mut self.transaction {
            Transaction::Open(envelope) => envelope,
            Transaction::None => {
                let reply = Reply::new(503, "5.5.1", "MAIL first");
                self.owed.ours(Verb::Rcpt, reply, wires.to_client);
                return Turn::Done;
            }
            Transaction::Broken => {
                self.owed.ours(Verb::Rcpt, broken(), wires.to_client);
                return Turn::Done;
            }
        };
        envelope.tried = true;
        if envelope.recipients.len() >= limit {
            let reply = Error::Limit(Limit::Recipients).reply();
            self.owed.ours(Verb::Rcpt, reply, wires.to_client);
            return Turn::Done;
        }
        if !may_send || envelope.recipients.len().saturating_add(envelope.asked) >= limit {
            return Turn::Wait;
        }
        let refused = parameters::unspeakable(to.is_ascii() || envelope.smtputf8)
            .or(unoffered)
            .or_else(|| policy.recipient(&to).err());
        if let Some(reply) = refused {
            self.owed.ours(Verb::Rcpt, reply, wires.to_client);
            return Turn::Done;
        }
        envelope.asked = envelope.asked.saturating_add(1);
        let question = Question::Recipient(envelope.id, to.clone().into_owned());
        let command = Command::Rcpt {
            to,
            parameters: parameters.clone(),
        };
        command.encode(wires.to_server);
        self.owed.ask(question);
        Turn::Done
    }

    fn data_line(&self, client: &Input) -> Turn {
        Turn::Data(Early::of(client))
    }

    /// DATA waits for the answers before it (RFC 2920 section 3.1).
    fn data(mut self, early: Early, wires: &mut Wires<'_>) -> Flow {
        let envelope = match std::mem::replace(&mut self.transaction, Transaction::None) {
            Transaction::None => {
                let reply = Reply::new(503, "5.5.1", "MAIL first");
                self.refuse_data(reply, early, wires.to_client);
                return Flow::Continue(self);
            }
            Transaction::Broken => {
                self.transaction = Transaction::Broken;
                self.refuse_data(broken(), early, wires.to_client);
                return Flow::Continue(self);
            }
            Transaction::Open(envelope) => envelope,
        };
        if self.owed.is_asking() {
            self.transaction = Transaction::Open(envelope);
            self.held = Some(Held::Data(early));
            return Flow::Break(Step::NeedInput(self));
        }
        if envelope.recipients.is_empty() {
            let reply = if envelope.tried {
                Reply::new(554, "5.5.1", "no valid recipients")
            } else {
                Reply::new(503, "5.5.1", "RCPT first")
            };
            self.transaction = Transaction::Open(envelope);
            self.refuse_data(reply, early, wires.to_client);
            return Flow::Continue(self);
        }
        ControlFlow::Break(Step::Data(Data::new(self, *envelope, early)))
    }

    /// What is behind it is not the message; see the module's text.
    pub(super) fn refuse_data(&mut self, reply: Reply, early: Early, to_client: &mut BytesMut) {
        self.owed.ours(Verb::Data, reply, to_client);
        match early {
            Early::Yes => self.close_early(to_client),
            Early::No => self.counters.refused_data = true,
        }
    }

    fn close_early(&mut self, to_client: &mut BytesMut) {
        self.close_for(Error::peer(0, crate::Rule::EarlyData), to_client);
    }

    /// Answers a command that is no part of a transaction; far too many of them end the relay.
    fn idle(&mut self, reply: Reply, to_client: &mut BytesMut) {
        self.owed.ours(Verb::Other, reply, to_client);
        self.counters.idle = self.counters.idle.saturating_add(1);
        if self.counters.idle >= IDLE_COMMANDS {
            self.close_for(Error::Limit(Limit::Commands), to_client);
        }
    }

    /// Answers a bad command; one too many ends the relay.
    fn bad(&mut self, reply: Reply, to_client: &mut BytesMut) {
        self.malformed(Verb::Other, reply, to_client);
    }

    /// As [`Relay::bad`], where the verb is good.
    fn malformed(&mut self, verb: Verb, reply: Reply, to_client: &mut BytesMut) {
        self.owed.ours(verb, reply, to_client);
        self.counters.bad = self.counters.bad.saturating_add(1);
        if self.counters.bad >= self.config.limits.bad_commands {
            self.close_for(Error::Limit(Limit::BadCommands), to_client);
        }
    }

    /// Ends the relay behind the answers that are due.
    fn close_for(&mut self, error: Error, to_client: &mut BytesMut) {
        self.owed.ours(Verb::Other, error.reply(), to_client);
        self.stage = Stage::Closing(Some(error));
    }
}

/// What becomes of a line.
enum Turn {
    Done,
    /// It is looked at again once the server has said more.
    Wait,
    /// It is DATA.
    Data(Early),
}

fn broken() -> Reply {
    Reply::new(451, "4.3.0", "the mail server was lost, send the message again")
}
