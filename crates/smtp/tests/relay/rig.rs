//! Drives a relay as a gateway would.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use gatepost_smtp::message::From;
use gatepost_smtp::relay::{
    Committed, Config, Data, Insertions, Message, MessageStep, Policy, Relay, Step, Swallow, SwallowStep,
    Verdict, Whole, Wires,
};
use gatepost_smtp::server::{self, Transport};
use gatepost_smtp::{Extensions, ForwardPath, Limits, Parameters, Reply, ReversePath};
use gatepost_wire::Input;

pub const RECEIVED: &str = "Received: by gatepost\r\n";
pub const ALL: &str = "PIPELINING SIZE 8BITMIME SMTPUTF8 DSN";

/// What the caller does when it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Proceeds and commits.
    Send,
    /// Refuses DATA.
    Refuse,
    /// Takes the message and abandons it at its end.
    Abandon,
    /// Decides nothing: the state stays where it is.
    Wait,
}

/// `evil@` may not send, nobody may send to `nobody@`, and From must not hold `evil`.
#[derive(Debug, Default)]
pub struct Rules {
    pub asked: Vec<String>,
    /// Commands with the codes of their refusals.
    pub refused: Vec<String>,
}

impl Policy for Rules {
    fn mail(&mut self, from: &ReversePath<'_>, _: &Parameters<'_>) -> Result<(), Reply> {
        self.asked.push(from.to_string());
        match from.mailbox() {
            Some(mailbox) if mailbox.local_part() == "evil" => Err(Reply::new(553, "5.7.1", "not yours")),
            _ => Ok(()),
        }
    }

    fn recipient(&mut self, to: &ForwardPath<'_>) -> Result<(), Reply> {
        self.asked.push(to.to_string());
        match to.mailbox() {
            Some(mailbox) if mailbox.local_part() == "nobody" => Err(Reply::new(450, "4.7.1", "too many")),
            _ => Ok(()),
        }
    }

    fn refused(&mut self, command: &'static str, reply: &Reply) {
        self.refused.push(format!("{command} {}", reply.code().get()));
    }

    fn header_from(&mut self, field: From<'_>) -> Result<(), Reply> {
        match field {
            From::Body(body) if body.windows(4).any(|word| word == b"evil") => {
                Err(Reply::new(553, "5.7.1", "From is not yours"))
            }
            _ => Ok(()),
        }
    }
}

/// An envelope, and what the tee has.
pub type Sent = (Vec<String>, Vec<u8>);

#[derive(Debug)]
pub enum State {
    Relay(Relay),
    Data(Data),
    Message(Message),
    Whole(Whole),
    Swallow(Swallow),
    Closed(Option<String>),
    Moved,
}

#[derive(Debug)]
pub struct Rig {
    pub state: State,
    pub choice: Choice,
    pub client: Input,
    pub server: Input,
    pub to_client: BytesMut,
    pub to_server: BytesMut,
    pub tee: BytesMut,
    pub policy: Rules,
    pub verdicts: Vec<Verdict>,
    pub connected: bool,
    /// The envelope of the message that goes on.
    pub envelope: Vec<String>,
    /// What went to the server of it.
    pub content: Vec<u8>,
    /// The messages that were committed.
    pub committed: Vec<Sent>,
}

/// Words such as `PIPELINING` and `SIZE=1000`.
pub fn extensions(words: &str) -> Extensions {
    words
        .split_ascii_whitespace()
        .map(|word| word.split_once('=').unwrap_or((word, "")))
        .fold(Extensions::new(), |list, (keyword, parameters)| {
            list.with(keyword, parameters)
        })
}

pub fn config() -> Config {
    Config {
        name: "gatepost".to_owned(),
        extensions: extensions("PIPELINING 8BITMIME").with("SIZE", "1000"),
        max_message_size: 1000,
        limits: Limits {
            recipients: 3,
            bad_commands: 5,
            ..Limits::AFTER_LOGIN
        },
    }
}

/// A client that said EHLO and logged in.
pub fn authenticated() -> server::Authenticated {
    let config = server::Config {
        name: "gatepost".to_owned(),
        greeting: String::new(),
        extensions: Extensions::new(),
        mechanisms: vec!["PLAIN".to_owned()],
        limits: Limits::BEFORE_LOGIN,
    };
    let mut out = BytesMut::new();
    let mut input = Input::new(1000);
    input.feed(b"EHLO phone\r\nAUTH PLAIN =\r\n").unwrap();
    let state = server::greet(Arc::new(config), Transport::Tls, &mut out);
    match state.process(&mut input, &mut out).unwrap() {
        server::Step::Sasl(sasl) => sasl.accept(&mut out),
        other => panic!("{other:?}"),
    }
}

impl Rig {
    pub fn new(upstream: &str, config: Config) -> Self {
        let relay = Relay::new(&authenticated(), extensions(upstream), Arc::new(config));
        Self {
            state: State::Relay(relay),
            choice: Choice::Send,
            client: Input::new(1 << 16),
            server: Input::new(1 << 16),
            to_client: BytesMut::new(),
            to_server: BytesMut::new(),
            tee: BytesMut::new(),
            policy: Rules::default(),
            verdicts: Vec::new(),
            connected: true,
            envelope: Vec::new(),
            content: Vec::new(),
            committed: Vec::new(),
        }
    }

    pub fn usual() -> Self {
        Self::new(ALL, config())
    }

    /// The client sends `octets`, and the relay works.
    pub fn client(&mut self, octets: &[u8]) {
        self.client.feed(octets).unwrap();
        self.run();
    }

    /// The server sends `octets`.
    pub fn server(&mut self, octets: &[u8]) {
        if self.connected {
            self.server.feed(octets).unwrap();
        }
        self.run();
    }

    /// The connection to the server is lost.
    pub fn lose(&mut self) {
        self.connected = false;
        self.state = match std::mem::replace(&mut self.state, State::Moved) {
            State::Relay(relay) => State::Relay(relay.server_lost(&mut self.to_client)),
            State::Data(data) => {
                let reply = Reply::new(451, "4.3.0", "lost");
                let relay = data.refuse(reply, &mut self.to_client, &mut self.to_server);
                State::Relay(relay.server_lost(&mut self.to_client))
            }
            State::Message(message) => State::Swallow(message.fail(Reply::new(451, "4.4.2", "lost"))),
            State::Whole(whole) => {
                State::Relay(whole.abandon(&Reply::new(451, "4.4.2", "lost"), &mut self.to_client))
            }
            other => other,
        };
        self.run();
    }

    /// There is another server.
    pub fn replace(&mut self, upstream: &str) {
        match &mut self.state {
            State::Relay(relay) => {
                self.server = Input::new(1 << 16);
                relay.server_replaced(extensions(upstream));
                self.connected = true;
            }
            other => panic!("{other:?}"),
        }
        self.run();
    }

    /// There is none.
    pub fn refuse_mail(&mut self) {
        match &mut self.state {
            State::Relay(relay) => {
                relay.refuse_mail(Reply::new(451, "4.3.0", "no server"), &mut self.to_client);
            }
            other => panic!("{other:?}"),
        }
        self.run();
    }

    /// Something of the caller's fails in the middle of a message.
    pub fn fail(&mut self) {
        self.state = match std::mem::replace(&mut self.state, State::Moved) {
            State::Message(message) => State::Swallow(message.fail(Reply::new(452, "4.3.1", "disk full"))),
            other => other,
        };
        self.run();
    }

    pub fn run(&mut self) {
        loop {
            let (state, again) = self.step();
            self.state = state;
            if !again {
                return;
            }
        }
    }

    /// The next state, and whether there may be more to do.
    fn step(&mut self) -> (State, bool) {
        match std::mem::replace(&mut self.state, State::Moved) {
            State::Relay(relay) => self.relay(relay),
            State::Data(data) => self.data(data),
            State::Message(message) => self.message(message),
            State::Whole(whole) => self.whole(whole),
            State::Swallow(swallow) => {
                self.connected = false;
                match swallow.process(&mut self.client, &mut self.to_client) {
                    SwallowStep::NeedInput(swallow) => (State::Swallow(swallow), false),
                    SwallowStep::Over(relay) => (State::Relay(relay), true),
                }
            }
            other => (other, false),
        }
    }

    fn relay(&mut self, relay: Relay) -> (State, bool) {
        let mut wires = Wires {
            client: &mut self.client,
            server: &mut self.server,
            to_client: &mut self.to_client,
            to_server: &mut self.to_server,
        };
        let before = wires.to_server.len();
        let step = relay.process(&mut wires, &mut self.policy);
        self.check_commands(before, matches!(step, Step::Message(_)));
        match step {
            Step::NeedInput(relay) => {
                self.connected &= relay.has_server();
                (State::Relay(relay), false)
            }
            Step::Data(data) => (State::Data(data), true),
            Step::Message(message) => (State::Message(message), true),
            Step::Answered(answered) => {
                self.verdicts.push(answered.verdict());
                (State::Relay(answered.answer(&mut self.to_client)), true)
            }
            Step::Closed(closed) => (State::Closed(closed.why().map(ToString::to_string)), false),
        }
    }

    fn data(&mut self, data: Data) -> (State, bool) {
        match self.choice {
            Choice::Wait => (State::Data(data), false),
            Choice::Refuse => {
                let reply = Reply::new(452, "4.3.1", "no room");
                let relay = data.refuse(reply, &mut self.to_client, &mut self.to_server);
                (State::Relay(relay), true)
            }
            Choice::Send | Choice::Abandon => {
                let recipients = data.recipients().iter().map(ToString::to_string);
                self.envelope = [data.sender().to_string()]
                    .into_iter()
                    .chain(recipients)
                    .collect();
                assert!(self.envelope.len() > 1, "DATA without a recipient");
                let insertions = Insertions {
                    received: Bytes::from_static(RECEIVED.as_bytes()),
                    message_id: "<1@gatepost>".to_owned(),
                    date: "Thu, 1 Jan 1970 00:00:00 +0000".to_owned(),
                };
                (State::Relay(data.proceed(insertions, &mut self.to_server)), true)
            }
        }
    }

    fn message(&mut self, message: Message) -> (State, bool) {
        let message = match message.server_spoke(&mut self.server) {
            MessageStep::NeedInput(message) => message,
            MessageStep::Fault(swallow) => return (State::Swallow(swallow), true),
            MessageStep::Whole(_) => panic!("whole without an end"),
        };
        let before = self.to_server.len();
        let step = message.process(
            &mut self.client,
            &mut self.to_server,
            Some(&mut self.tee),
            &mut self.policy,
        );
        self.content.extend_from_slice(&self.to_server[before..]);
        let end = self.content.windows(5).any(|octets| octets == b"\r\n.\r\n");
        assert!(
            !end && !self.content.starts_with(b".\r\n"),
            "an end without a commit"
        );
        match step {
            MessageStep::NeedInput(message) => {
                assert!(self.client.is_empty(), "octets of a message are left");
                (State::Message(message), false)
            }
            MessageStep::Whole(whole) => (State::Whole(whole), true),
            MessageStep::Fault(swallow) => (State::Swallow(swallow), true),
        }
    }

    fn whole(&mut self, whole: Whole) -> (State, bool) {
        match self.choice {
            Choice::Wait => (State::Whole(whole), false),
            Choice::Abandon => {
                let reply = Reply::new(452, "4.3.1", "disk full");
                self.connected = false;
                (State::Relay(whole.abandon(&reply, &mut self.to_client)), true)
            }
            Choice::Send | Choice::Refuse => {
                let before = self.to_server.len();
                assert_eq!(whole.size(), self.tee.len() as u64);
                match whole.commit(&mut self.server, &mut self.to_server, &mut self.to_client) {
                    Committed::Sent(relay) => {
                        assert_eq!(&self.to_server[before..], b".\r\n");
                        let tee = std::mem::take(&mut self.tee).to_vec();
                        self.committed.push((self.envelope.clone(), tee));
                        (State::Relay(relay), true)
                    }
                    Committed::Abandoned(relay) => {
                        self.connected = false;
                        (State::Relay(relay), true)
                    }
                }
            }
        }
    }

    /// What a relay says to the server outside of messages are whole commands of ours.
    fn check_commands(&mut self, before: usize, invited: bool) {
        let mut said = &self.to_server[before..];
        if invited {
            said = said.strip_suffix(RECEIVED.as_bytes()).unwrap();
            self.content = RECEIVED.as_bytes().to_vec();
            self.tee.clear();
        }
        assert!(said.is_empty() || said.ends_with(b"\r\n"), "half a line");
        for line in said.split_inclusive(|&octet| octet == b'\n') {
            let line = line.strip_suffix(b"\r\n").unwrap();
            assert!(!line.iter().any(|octet| b"\r\n\0".contains(octet)));
            let known: [&[u8]; 4] = [b"MAIL FROM:<", b"RCPT TO:<", b"RSET", b"QUIT"];
            assert!(
                known.iter().any(|verb| line.starts_with(verb)),
                "{}",
                line.escape_ascii()
            );
        }
    }

    /// What the client heard since the last call.
    pub fn heard(&mut self) -> String {
        String::from_utf8(self.to_client.split().to_vec()).unwrap()
    }

    /// What the server heard since the last call.
    pub fn passed(&mut self) -> String {
        String::from_utf8(self.to_server.split().to_vec()).unwrap()
    }

    /// Where it is: a word for transcripts.
    pub fn place(&self) -> String {
        match &self.state {
            State::Relay(relay) => {
                let words = [
                    ("idle", relay.is_idle()),
                    ("held", !relay.wants_client()),
                    ("wanting", relay.needs_server()),
                    ("alone", !relay.has_server()),
                    ("doubt", relay.in_doubt()),
                ];
                let words: Vec<&str> = words.iter().filter(|word| word.1).map(|word| word.0).collect();
                match words.as_slice() {
                    [] => "commands".to_owned(),
                    words => words.join(" "),
                }
            }
            State::Data(_) => "data".to_owned(),
            State::Message(_) => "message".to_owned(),
            State::Whole(_) => "whole".to_owned(),
            State::Swallow(_) => "swallow".to_owned(),
            State::Closed(None) => "closed".to_owned(),
            State::Closed(Some(why)) => format!("closed: {why}"),
            State::Moved => "moved".to_owned(),
        }
    }

    pub fn relay_ref(&self) -> &Relay {
        match &self.state {
            State::Relay(relay) => relay,
            other => panic!("{other:?}"),
        }
    }
}
