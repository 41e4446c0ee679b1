//! What each command of the client comes to.

mod data;
mod mail;
mod rcpt;
mod reset;

use bytes::BytesMut;
use gatepost_wire::wipe;

use super::config::Policy;
use super::held::Held;
use super::owed::Verb;
use super::{Closed, Early, Flow, Relay, Stage, Step, Wires};
use crate::chunk::Chunk;
use crate::command::{self, Command};
use crate::parse::Options;
use crate::server::{command_line, is_bdat};
use crate::{Error, Limit, Reply};

/// How many commands that come to nothing a client may give between two MAILs that the server is asked about.
const IDLE_COMMANDS: u32 = 1000;

impl Relay {
    /// Takes the client's next command, if it is its turn.
    pub(in crate::relay) fn serve(mut self, wires: &mut Wires<'_>, policy: &mut impl Policy) -> Flow {
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
            Stage::Closing(why) if self.owed.is_said() => {
                let why = why.take();
                if self.upstream.is_some() && self.may_send() {
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
        match command::parse_with(line, &Options::CLIENTS).map(|parsed| parsed.value) {
            Ok(Command::Lhlo(_) | Command::Other(_)) if behind_data => self.close_early(wires.to_client),
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
            Command::Data => return Turn::Data(Early::of(wires.client)),
            Command::Ehlo(name) => return self.hello(name.as_str(), true, wires),
            Command::Helo(name) => return self.hello(name.as_str(), false, wires),
            Command::Rset => return self.rset(Reply::new(250, "2.0.0", "reset"), wires),
            Command::Bdat { size, .. } => {
                if !self.may_reset() {
                    return Turn::Wait;
                }
                self.reset(wires.to_server);
                self.stage = Stage::Chunk(Chunk::new(size));
            }
            Command::Quit => {
                let reply = Reply::new(221, "2.0.0", "closing");
                self.owed.ours(Verb::Other, reply, wires.to_client);
                self.stage = Stage::Closing(None);
            }
            Command::Noop(_) => self.idle(Reply::new(250, "2.0.0", "OK"), wires.to_client),
            Command::Help(_) => self.idle(
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
            Command::Lhlo(_) | Command::Other(_) => {
                self.bad(Reply::new(500, "5.5.1", "unknown command"), wires.to_client);
            }
        }
        Turn::Done
    }

    /// Answers a command that is no part of a transaction; far too many of them end the relay.
    pub(super) fn idle(&mut self, reply: Reply, to_client: &mut BytesMut) {
        self.owed.ours(Verb::Other, reply, to_client);
        self.counters.idle = self.counters.idle.saturating_add(1);
        if self.counters.idle >= IDLE_COMMANDS {
            self.close_for(Error::Limit(Limit::Commands), to_client);
        }
    }

    /// Answers a bad command; one too many ends the relay.
    pub(super) fn bad(&mut self, reply: Reply, to_client: &mut BytesMut) {
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
    pub(super) fn close_for(&mut self, error: Error, to_client: &mut BytesMut) {
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
