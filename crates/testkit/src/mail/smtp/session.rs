//! A session after login (RFC 5321 section 4.1): one command in, its reply out. No I/O.

use bytes::BytesMut;
use gatepost_smtp::chunk::Chunk;
use gatepost_smtp::command::{self, Command};
use gatepost_smtp::parse::Options;
use gatepost_smtp::{Error, Extensions, ForwardPath, Limits, Parameters, Reply, ReversePath};

use super::fault::{Fault, Stage};
use super::login::Client;
use super::parameters::{check_ascii, check_mail, check_rcpt};
use super::transaction::{Outcome, Recipient, Transaction};
use super::{Control, NAME};
use crate::mail::server::Service;
use crate::mail::store::Store;

/// One client's session.
pub(super) struct Session<'a> {
    pub(super) control: &'a Control,
    pub(super) store: &'a Store,
    pub(super) extensions: Extensions,
    client: Client,
    envelope: Option<Envelope>,
}

/// What the driver does after a command.
pub(super) enum After {
    /// Reads on.
    Continue,
    /// Closes the connection: the client said QUIT.
    Close,
    /// Fails.
    Fault(Fault),
    /// Takes the message. 354 is still to be said.
    Message(Envelope),
    /// Drops the octets of a BDAT. Its refusal is still to be said.
    Chunk(Chunk),
}

/// A transaction before its message.
#[derive(Debug)]
pub(super) struct Envelope {
    transaction: Transaction,
    smtputf8: bool,
    /// The users who get the message, each once.
    users: Vec<String>,
}

impl Envelope {
    pub(super) fn users(&self) -> &[String] {
        &self.users
    }

    /// The transaction with its message.
    pub(super) fn finished(self, message: BytesMut, outcome: Outcome) -> Transaction {
        Transaction {
            message: message.freeze(),
            outcome,
            ..self.transaction
        }
    }
}

impl<'a> Session<'a> {
    pub(super) fn new(service: &'a Service, client: Client) -> Self {
        let control = &service.submission.control;
        Self {
            control,
            store: &service.store,
            extensions: control.extensions(),
            client,
            envelope: None,
        }
    }

    /// Executes one command line.
    pub(super) fn execute(&mut self, line: &[u8], out: &mut BytesMut) -> After {
        self.control.record_command(line);
        let command = match command::parse_with(line, &Options::CLIENTS) {
            Ok(command) => command.value,
            Err(error) => {
                Error::from(error).reply().encode(out);
                return After::Continue;
            }
        };
        if let Some(fault) = stage(&command).and_then(|stage| self.control.fault(stage)) {
            return After::Fault(fault);
        }
        let reply = match &command {
            Command::Data => match self.data() {
                Ok(envelope) => return After::Message(envelope),
                Err(reply) => reply,
            },
            Command::Bdat { size, .. } => return After::Chunk(Chunk::new(*size)),
            Command::Quit => {
                Reply::new(221, "2.0.0", "until next time").encode(out);
                return After::Close;
            }
            Command::Mail { from, parameters } => self.mail(from, parameters).unwrap_or_else(|reply| reply),
            Command::Rcpt { to, parameters } => self.rcpt(to, parameters).unwrap_or_else(|reply| reply),
            command => self.simple(command),
        };
        reply.encode(out);
        After::Continue
    }

    fn simple(&mut self, command: &Command<'_>) -> Reply {
        match command {
            Command::Ehlo(name) => {
                self.hello(name.as_str());
                self.extensions.reply(NAME)
            }
            Command::Helo(name) => {
                self.hello(name.as_str());
                Reply::new(250, "", NAME)
            }
            Command::Rset => {
                self.envelope = None;
                Reply::new(250, "2.0.0", "reset")
            }
            Command::Noop(_) => Reply::new(250, "2.0.0", "nothing done"),
            Command::Help(_) => Reply::new(214, "2.0.0", "this is a server for tests"),
            Command::Vrfy(_) => Reply::new(252, "2.5.0", "try to send a message"),
            Command::Auth { .. } => Reply::new(503, "5.5.1", "you are logged in"),
            Command::StartTls => Reply::new(503, "5.5.1", "too late for TLS"),
            Command::Xclient(_) | Command::Xforward(_) => Reply::new(550, "5.7.0", "not allowed"),
            _ => Reply::new(500, "5.5.1", "unknown command"),
        }
    }

    /// EHLO and HELO end a transaction (RFC 5321 section 4.1.4).
    fn hello(&mut self, name: &str) {
        name.clone_into(&mut self.client.helo);
        self.envelope = None;
    }

    fn mail(&mut self, from: &ReversePath<'_>, parameters: &Parameters<'_>) -> Result<Reply, Reply> {
        if self.envelope.is_some() {
            return Err(Reply::new(503, "5.5.1", "a transaction is open"));
        }
        check_mail(parameters, &self.extensions)?;
        let smtputf8 = parameters.contains("SMTPUTF8");
        check_ascii(from.is_ascii(), smtputf8)?;
        let Client { user, login, helo } = self.client.clone();
        let transaction = Transaction {
            user,
            login,
            helo,
            sender: from.mailbox().map(ToString::to_string).unwrap_or_default(),
            parameters: texts(parameters),
            recipients: Vec::new(),
            message: bytes::Bytes::new(),
            outcome: Outcome::Cut,
        };
        self.envelope = Some(Envelope {
            transaction,
            smtputf8,
            users: Vec::new(),
        });
        Ok(Reply::new(250, "2.1.0", "sender taken"))
    }

    fn rcpt(&mut self, to: &ForwardPath<'_>, parameters: &Parameters<'_>) -> Result<Reply, Reply> {
        let Some(envelope) = &mut self.envelope else {
            return Err(Reply::new(503, "5.5.1", "MAIL first"));
        };
        check_rcpt(parameters, &self.extensions)?;
        check_ascii(to.is_ascii(), envelope.smtputf8)?;
        let address = address(to);
        if let Some(reply) = self.control.refused_recipient(&address) {
            return Err(reply);
        }
        if envelope.transaction.recipients.len() >= Limits::AFTER_LOGIN.recipients as usize {
            return Err(Reply::new(452, "4.5.3", "too many recipients"));
        }
        let Some(user) = user(self.store, to) else {
            return Err(Reply::new(550, "5.1.1", "no such user"));
        };
        if !envelope.users.contains(&user) {
            envelope.users.push(user);
        }
        envelope.transaction.recipients.push(Recipient {
            address,
            parameters: texts(parameters),
        });
        Ok(Reply::new(250, "2.1.5", "recipient taken"))
    }

    fn data(&mut self) -> Result<Envelope, Reply> {
        match self.envelope.take() {
            None => Err(Reply::new(503, "5.5.1", "MAIL first")),
            Some(envelope) if envelope.users.is_empty() => {
                self.envelope = Some(envelope);
                Err(Reply::new(554, "5.5.1", "no valid recipients"))
            }
            Some(envelope) => Ok(envelope),
        }
    }
}

fn stage(command: &Command<'_>) -> Option<Stage> {
    match command {
        Command::Ehlo(_) | Command::Helo(_) => Some(Stage::Ehlo),
        Command::Mail { .. } => Some(Stage::Mail),
        Command::Rcpt { .. } => Some(Stage::Rcpt),
        Command::Data => Some(Stage::Data),
        _ => None,
    }
}

/// A recipient without its brackets.
fn address(to: &ForwardPath<'_>) -> String {
    to.mailbox()
        .map_or_else(|| "Postmaster".to_owned(), ToString::to_string)
}

/// The user whose mail it is: by the whole address, or by its local part.
fn user(store: &Store, to: &ForwardPath<'_>) -> Option<String> {
    let names = match to {
        ForwardPath::Postmaster => vec!["postmaster".to_owned()],
        ForwardPath::Mailbox(mailbox) => {
            let local = mailbox.local_part();
            vec![mailbox.to_string(), local.to_owned(), local.to_lowercase()]
        }
    };
    names.into_iter().find(|name| store.user(name).is_ok())
}

fn texts(parameters: &Parameters<'_>) -> Vec<String> {
    parameters.iter().map(|parameter| parameter.to_string()).collect()
}
