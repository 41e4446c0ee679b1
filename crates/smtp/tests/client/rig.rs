//! Drivers that decide by themselves, and what lies between them.

use std::sync::Arc;

use bytes::BytesMut;
use gatepost_smtp::server::{self, Counts, Refusal, SaslInput, Transport};
use gatepost_smtp::{Error, Extensions, Limits, Reply, client};
use gatepost_wire::{Input, Secret};

/// A server session whose only user is `alice` with the password `secret`.
pub(crate) struct Server {
    input: Input,
    out: BytesMut,
    state: ServerState,
    /// The mechanism of the exchange, and what it was told so far.
    exchange: (String, Vec<Secret>),
}

enum ServerState {
    Reading(server::NeedInput),
    Tls(server::StartTls),
    Ended(String),
    Moved,
}

/// What the servers list besides STARTTLS and AUTH.
pub(crate) fn extensions() -> Extensions {
    Extensions::new().with("PIPELINING", "").with("SIZE", "1000")
}

impl Server {
    pub(crate) fn new(transport: Transport, mechanisms: &[&str]) -> Self {
        let config = server::Config {
            name: "mail.example.com".to_owned(),
            greeting: "ready".to_owned(),
            extensions: extensions(),
            mechanisms: mechanisms.iter().map(|name| (*name).to_owned()).collect(),
            limits: Limits::BEFORE_LOGIN,
        };
        let mut out = BytesMut::new();
        let state = server::greet(Arc::new(config), transport, &mut out);
        Self {
            input: Input::new(Limits::BEFORE_LOGIN.input_capacity()),
            out,
            state: ServerState::Reading(state),
            exchange: (String::new(), Vec::new()),
        }
    }

    fn sent(&mut self) -> Vec<u8> {
        self.out.split().to_vec()
    }

    /// Where the session is, in words.
    pub(crate) fn place(&self) -> String {
        match &self.state {
            ServerState::Reading(_) => "reading".to_owned(),
            ServerState::Tls(_) => "starttls".to_owned(),
            ServerState::Ended(place) => place.clone(),
            ServerState::Moved => "moved".to_owned(),
        }
    }

    fn receive(&mut self, octets: &[u8]) {
        self.input.feed(octets).unwrap();
        loop {
            let state = match std::mem::replace(&mut self.state, ServerState::Moved) {
                ServerState::Reading(state) => state,
                other => {
                    self.state = other;
                    return;
                }
            };
            let step = state.process(&mut self.input, &mut self.out);
            let waits = matches!(step, Ok(server::Step::NeedInput(_)));
            self.state = self.step(step);
            if waits {
                return;
            }
        }
    }

    fn upgrade(&mut self) {
        match std::mem::replace(&mut self.state, ServerState::Moved) {
            ServerState::Tls(state) => self.state = ServerState::Reading(state.upgraded(&mut self.input)),
            _ => panic!("no handshake is due"),
        }
    }

    fn step(&mut self, step: Result<server::Step, Error>) -> ServerState {
        match step {
            Ok(server::Step::NeedInput(state) | server::Step::Cancelled(state)) => {
                ServerState::Reading(state)
            }
            Ok(server::Step::StartTls(state)) => ServerState::Tls(state),
            Ok(server::Step::Sasl(sasl)) => self.sasl(sasl),
            Ok(server::Step::Closed(_)) => ServerState::Ended("closed".to_owned()),
            Err(error) => ServerState::Ended(format!("error {error}")),
        }
    }

    fn sasl(&mut self, sasl: server::Sasl) -> ServerState {
        match sasl.input() {
            SaslInput::Start { mechanism, initial } => {
                self.exchange = (mechanism.clone(), initial.iter().cloned().collect());
            }
            SaslInput::Response(octets) => self.exchange.1.push(octets.clone()),
        }
        let (mechanism, said) = &self.exchange;
        let challenge: &[u8] = match (mechanism.as_str(), said.as_slice()) {
            ("PLAIN", []) => b"",
            ("LOGIN", []) => b"Username:",
            ("LOGIN", [_]) => b"Password:",
            ("PLAIN", [message]) if *message == Secret::from("\0alice\0secret") => return self.accept(sasl),
            ("LOGIN", [user, password])
                if *user == Secret::from("alice") && *password == Secret::from("secret") =>
            {
                return self.accept(sasl);
            }
            _ => {
                let step = sasl.reject(&wrong(), &mut self.out);
                return self.step(Ok(step));
            }
        };
        ServerState::Reading(sasl.challenge(challenge, &mut self.out))
    }

    fn accept(&mut self, sasl: server::Sasl) -> ServerState {
        let state = sasl.accept(&mut self.out);
        ServerState::Ended(format!("authenticated {} {}", state.helo(), state.is_extended()))
    }
}

fn wrong() -> Refusal {
    Refusal {
        reply: Reply::new(535, "5.7.8", "authentication failed"),
        counts: Counts::AsFailure,
    }
}

/// A client session that answers PLAIN and LOGIN by itself.
pub(crate) struct Client {
    input: Input,
    out: BytesMut,
    state: ClientState,
    user: String,
    password: String,
    /// Whether PLAIN waits for 334 with its response.
    patient: bool,
    turn: usize,
}

enum ClientState {
    Reading(client::NeedInput),
    Tls(client::StartTls),
    Ended(String),
    Moved,
}

impl Client {
    pub(crate) fn new(config: client::Config, user: &str, password: &str) -> Self {
        Self {
            input: Input::new(config.limits.reply_capacity()),
            out: BytesMut::new(),
            state: ClientState::Reading(client::start(config)),
            user: user.to_owned(),
            password: password.to_owned(),
            patient: false,
            turn: 0,
        }
    }

    pub(crate) fn patient(mut self) -> Self {
        self.patient = true;
        self
    }

    pub(crate) fn sent(&mut self) -> Vec<u8> {
        self.out.split().to_vec()
    }

    /// Where the session is, in words.
    pub(crate) fn place(&self) -> String {
        match &self.state {
            ClientState::Reading(_) => "reading".to_owned(),
            ClientState::Tls(_) => "starttls".to_owned(),
            ClientState::Ended(place) => place.clone(),
            ClientState::Moved => "moved".to_owned(),
        }
    }

    pub(crate) fn receive(&mut self, octets: &[u8]) {
        self.input.feed(octets).unwrap();
        loop {
            let state = match std::mem::replace(&mut self.state, ClientState::Moved) {
                ClientState::Reading(state) => state,
                other => {
                    self.state = other;
                    return;
                }
            };
            self.state = match state.process(&mut self.input, &mut self.out) {
                Err(error) => ClientState::Ended(format!("error {error}")),
                Ok(client::Step::NeedInput(state)) => {
                    self.state = ClientState::Reading(state);
                    return;
                }
                Ok(client::Step::Sasl(sasl)) => ClientState::Reading(self.respond(sasl)),
                Ok(client::Step::StartTls(state)) => ClientState::Tls(state),
                Ok(client::Step::Refused(refused)) => ClientState::Ended(format!("refused {refused}")),
                Ok(client::Step::Offered(list)) => ClientState::Ended(format!("offered {}", words(&list))),
                Ok(client::Step::Authenticated(state)) => {
                    let list = words(state.extensions());
                    ClientState::Ended(format!("authenticated {list}").trim_end().to_owned())
                }
            };
        }
    }

    pub(crate) fn upgrade(&mut self) {
        match std::mem::replace(&mut self.state, ClientState::Moved) {
            ClientState::Tls(state) => {
                self.state = ClientState::Reading(state.upgraded(&mut self.input, &mut self.out));
            }
            _ => panic!("no handshake is due"),
        }
    }

    fn respond(&mut self, sasl: client::Sasl) -> client::NeedInput {
        let plain = ["", &self.user, &self.password].join("\0");
        match (sasl.mechanism(), sasl.challenge()) {
            ("PLAIN", None) if !self.patient => sasl.initial(Some(plain.as_bytes()), &mut self.out),
            (_, None) => sasl.initial(None, &mut self.out),
            ("PLAIN", Some(b"")) => sasl.respond(plain.as_bytes(), &mut self.out),
            ("LOGIN", Some(_)) => {
                self.turn += 1;
                let answer = if self.turn == 1 {
                    &self.user
                } else {
                    &self.password
                };
                sasl.respond(answer.as_bytes(), &mut self.out)
            }
            _ => sasl.cancel(&mut self.out),
        }
    }
}

fn words(list: &Extensions) -> String {
    let words: Vec<String> = list
        .iter()
        .map(|(keyword, parameters)| format!("{keyword} {parameters}").trim().to_owned())
        .collect();
    words.join(", ")
}

/// Moves octets in pieces of `size` until both sides have nothing more to say. Gives what the client sent.
pub(crate) fn settle(server: &mut Server, client: &mut Client, size: usize) -> String {
    let mut said = Vec::new();
    for _ in 0..100 {
        let (down, up) = (server.sent(), client.sent());
        if down.is_empty() && up.is_empty() {
            if client.place() != "starttls" {
                return String::from_utf8(said).unwrap();
            }
            server.upgrade();
            client.upgrade();
        }
        said.extend_from_slice(&up);
        down.chunks(size).for_each(|piece| client.receive(piece));
        up.chunks(size).for_each(|piece| server.receive(piece));
    }
    panic!("no end in sight");
}
