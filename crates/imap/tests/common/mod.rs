//! Drivers that decide by themselves, and the transcripts of `testdata/imap`.

#![allow(dead_code, unreachable_pub, missing_docs)]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::BytesMut;
use gatepost_imap::server::{self, Counts, LoginCommand, Refusal, RefusalCode, SaslInput, Transport};
use gatepost_imap::{Capabilities, Error, Limits, client};
use gatepost_wire::{Input, Secret};

/// What the demonstration server lets a user do.
pub const CAPABILITIES: &[u8] = b"IMAP4rev1 IDLE";

/// A server session whose only user is `alice` with the password `secret`.
pub struct Server {
    input: Input,
    out: BytesMut,
    state: ServerState,
    mechanism: String,
    limits: Limits,
}

enum ServerState {
    Reading(server::NeedInput),
    Tls(server::StartTls),
    Authenticated,
    Closed,
    Failed(Error),
    Moved,
}

impl Server {
    pub fn new(transport: Transport) -> Self {
        Self::with(transport, LoginCommand::Offered, Limits::BEFORE_LOGIN)
    }

    pub fn with(transport: Transport, login: LoginCommand, limits: Limits) -> Self {
        let config = server::Config {
            greeting: "Gatepost ready".to_owned(),
            mechanisms: vec!["PLAIN".to_owned(), "LOGIN".to_owned(), "CRAM-MD5".to_owned()],
            login,
            id: vec![("name".to_owned(), "Gatepost".to_owned())],
            limits,
        };
        let mut out = BytesMut::new();
        let state = server::greet(Arc::new(config), transport, &mut out);
        Self {
            input: Input::new(limits.input_capacity()),
            out,
            state: ServerState::Reading(state),
            mechanism: String::new(),
            limits,
        }
    }

    pub fn sent(&mut self) -> Vec<u8> {
        self.out.split().to_vec()
    }

    /// Where the session is: a word for transcripts.
    pub fn place(&self) -> String {
        match &self.state {
            ServerState::Reading(_) => "reading".to_owned(),
            ServerState::Tls(_) => "starttls".to_owned(),
            ServerState::Authenticated => "authenticated".to_owned(),
            ServerState::Closed => "closed".to_owned(),
            ServerState::Failed(error) => format!("error {error}"),
            ServerState::Moved => "moved".to_owned(),
        }
    }

    /// What arrived and was not consumed.
    pub fn unread(&self) -> &[u8] {
        self.input.as_slice()
    }

    pub fn receive(&mut self, octets: &[u8]) {
        let mut rest = octets;
        while !rest.is_empty() && matches!(self.state, ServerState::Reading(_)) {
            let (now, later) = rest.split_at(rest.len().min(self.input.room()));
            assert!(!now.is_empty(), "a full input and nothing is consumed");
            self.input.feed(now).unwrap();
            rest = later;
            self.run();
        }
        if !rest.is_empty() && self.input.room() >= rest.len() {
            self.input.feed(rest).unwrap();
        }
    }

    pub fn upgrade(&mut self) {
        match std::mem::replace(&mut self.state, ServerState::Moved) {
            ServerState::Tls(state) => self.state = ServerState::Reading(state.upgraded(&mut self.input)),
            _ => panic!("no handshake is due"),
        }
    }

    fn run(&mut self) {
        loop {
            let state = match std::mem::replace(&mut self.state, ServerState::Moved) {
                ServerState::Reading(state) => state,
                other => {
                    self.state = other;
                    return;
                }
            };
            let (state, again) = match state.process(&mut self.input, &mut self.out) {
                Ok(step) => self.step(step),
                Err(error) => (ServerState::Failed(error), false),
            };
            self.state = state;
            if !again {
                return;
            }
        }
    }

    /// The next state, and whether there may be something in the input for it.
    fn step(&mut self, step: server::Step) -> (ServerState, bool) {
        match step {
            server::Step::NeedInput(state) => (ServerState::Reading(state), false),
            server::Step::Cancelled(state) => (ServerState::Reading(state), true),
            server::Step::StartTls(state) => (ServerState::Tls(state), false),
            server::Step::Closed(_) => (ServerState::Closed, false),
            server::Step::Login(login) => match verdict(login.username(), login.password().expose()) {
                None => {
                    login.accept(&Capabilities::parse(CAPABILITIES), &mut self.out);
                    (ServerState::Authenticated, false)
                }
                Some(refusal) => {
                    let step = login.reject(&refusal, &mut self.out);
                    (self.step(step).0, true)
                }
            },
            server::Step::Sasl(sasl) => self.sasl(sasl),
        }
    }

    fn sasl(&mut self, sasl: server::Sasl) -> (ServerState, bool) {
        let response = match sasl.input().clone() {
            SaslInput::Start { mechanism, initial } => {
                self.mechanism = mechanism;
                initial
            }
            SaslInput::Response(octets) => Some(octets),
        };
        let Some(response) = response else {
            let challenge: &[u8] = if self.mechanism == "CRAM-MD5" {
                b"<1@gatepost>"
            } else {
                b""
            };
            return (
                ServerState::Reading(sasl.challenge(challenge, &mut self.out)),
                true,
            );
        };
        let parts: Vec<&[u8]> = response.expose().split(|&octet| octet == 0).collect();
        let refusal = match (self.mechanism.as_str(), parts.as_slice()) {
            ("PLAIN", [_, user, password]) => verdict(user, password),
            ("CRAM-MD5", [response]) if response.starts_with(b"alice ") => None,
            ("CRAM-MD5", [_]) => verdict(b"", b""),
            _ => {
                let step = sasl.malformed(&mut self.out);
                return (self.step(step).0, true);
            }
        };
        match refusal {
            None => {
                sasl.accept(&Capabilities::parse(CAPABILITIES), &mut self.out);
                (ServerState::Authenticated, false)
            }
            Some(refusal) => {
                let step = sasl.reject(&refusal, &mut self.out);
                (self.step(step).0, true)
            }
        }
    }
}

/// `alice` gets in with `secret`, everybody else is told why not.
pub fn verdict(user: &[u8], password: &[u8]) -> Option<Refusal> {
    let refusal = |code, text: &'static str, counts| {
        Some(Refusal {
            code,
            text: text.into(),
            counts,
        })
    };
    match (user, password) {
        (b"alice", b"secret") => None,
        (b"alice", b"expired") => refusal(RefusalCode::Expired, "password expired", Counts::Not),
        (b"down", _) => refusal(RefusalCode::Unavailable, "try again later", Counts::Not),
        _ => refusal(
            RefusalCode::AuthenticationFailed,
            "authentication failed",
            Counts::AsFailure,
        ),
    }
}

/// A client session that answers PLAIN and LOGIN by itself.
pub struct Client {
    input: Input,
    out: BytesMut,
    state: ClientState,
    user: String,
    password: Secret,
    turn: usize,
}

enum ClientState {
    Reading(client::NeedInput),
    Tls(client::StartTls),
    Ended(String),
    Moved,
}

impl Client {
    pub fn new(config: client::Config, user: &str, password: &str) -> Self {
        Self {
            input: Input::new(config.limits.input_capacity()),
            out: BytesMut::new(),
            state: ClientState::Reading(client::start(config)),
            user: user.to_owned(),
            password: Secret::from(password),
            turn: 0,
        }
    }

    pub fn sent(&mut self) -> Vec<u8> {
        self.out.split().to_vec()
    }

    pub fn place(&self) -> String {
        match &self.state {
            ClientState::Reading(_) => "reading".to_owned(),
            ClientState::Tls(_) => "starttls".to_owned(),
            ClientState::Ended(place) => place.clone(),
            ClientState::Moved => "moved".to_owned(),
        }
    }

    pub fn receive(&mut self, octets: &[u8]) {
        self.input.feed(octets).unwrap();
        self.run();
    }

    pub fn upgrade(&mut self) {
        match std::mem::replace(&mut self.state, ClientState::Moved) {
            ClientState::Tls(state) => {
                self.state = ClientState::Reading(state.upgraded(&mut self.input, &mut self.out));
            }
            _ => panic!("no handshake is due"),
        }
    }

    fn run(&mut self) {
        loop {
            let state = std::mem::replace(&mut self.state, ClientState::Moved);
            let ClientState::Reading(state) = state else {
                self.state = state;
                return;
            };
            self.state = match state.process(&mut self.input, &mut self.out) {
                Err(error) => ClientState::Ended(format!("error {error}")),
                Ok(client::Step::Sasl(sasl)) => {
                    self.state = ClientState::Reading(self.respond(sasl));
                    continue;
                }
                Ok(client::Step::NeedInput(state)) => {
                    self.state = ClientState::Reading(state);
                    return;
                }
                Ok(client::Step::StartTls(state)) => ClientState::Tls(state),
                Ok(client::Step::Refused(refused)) => ClientState::Ended(format!("refused {refused}")),
                Ok(client::Step::Offered(offered)) => ClientState::Ended(format!("offered {offered}")),
                Ok(client::Step::Authenticated(state)) => {
                    ClientState::Ended(format!("authenticated {}", state.capabilities()))
                }
            };
        }
    }

    fn respond(&mut self, sasl: client::Sasl) -> client::NeedInput {
        let plain = [b"\0", self.user.as_bytes(), b"\0", self.password.expose()].concat();
        match (sasl.mechanism(), sasl.challenge()) {
            ("PLAIN", None) => sasl.initial(Some(&plain), &mut self.out),
            ("LOGIN", None) => sasl.initial(None, &mut self.out),
            ("LOGIN", Some(_)) => {
                self.turn += 1;
                let answers = [self.user.as_bytes(), self.password.expose()];
                match answers.get(self.turn - 1) {
                    Some(answer) => sasl.respond(answer, &mut self.out),
                    None => sasl.cancel(&mut self.out),
                }
            }
            _ => sasl.cancel(&mut self.out),
        }
    }
}

/// One line of a transcript.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// `C: ..`
    Client(Vec<u8>),
    /// `S: ..`
    Server(Vec<u8>),
    /// `= ..`: where the session under test is.
    Place(String),
}

/// A transcript: settings, then lines.
#[derive(Debug)]
pub struct Trace {
    pub name: String,
    pub settings: Vec<Vec<String>>,
    pub lines: Vec<Line>,
}

impl Trace {
    pub fn setting(&self, name: &str) -> Option<&[String]> {
        let found = self.settings.iter().find(|words| words[0] == name);
        found.map(|words| &words[1..])
    }

    /// What one side sends in all.
    pub fn octets(&self, pick: fn(&Line) -> Option<&Vec<u8>>) -> Vec<u8> {
        self.lines.iter().filter_map(pick).flatten().copied().collect()
    }

    pub fn has_handshake(&self) -> bool {
        self.lines.contains(&Line::Place("starttls".to_owned()))
    }
}

/// The transcripts of a side, in order of their names.
pub fn traces(side: &str) -> Vec<Trace> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../testdata/imap")
        .join(side);
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    assert!(paths.len() >= 5, "transcripts are missing");
    paths.iter().map(|path| trace(path)).collect()
}

fn trace(path: &Path) -> Trace {
    let mut trace = Trace {
        name: path.file_stem().unwrap().to_string_lossy().into_owned(),
        settings: Vec::new(),
        lines: Vec::new(),
    };
    for line in fs::read_to_string(path).unwrap().lines() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match line.split_at(2.min(line.len())) {
            ("C:", text) => trace.lines.push(Line::Client(octets(text))),
            ("S:", text) => trace.lines.push(Line::Server(octets(text))),
            ("= ", place) => trace.lines.push(Line::Place(place.to_owned())),
            _ => trace.settings.push(line.split(' ').map(str::to_owned).collect()),
        }
    }
    trace
}

/// The text of a line behind its mark and one space: `\xNN` is an octet, `\` at the end leaves the CRLF out.
fn octets(text: &str) -> Vec<u8> {
    let text = text.strip_prefix(' ').unwrap_or(text);
    let (text, end) = match text.strip_suffix('\\') {
        Some(text) => (text, &b""[..]),
        None => (text, &b"\r\n"[..]),
    };
    let mut parts = text.split("\\x");
    let mut octets = parts.next().unwrap().as_bytes().to_vec();
    for part in parts {
        octets.push(u8::from_str_radix(&part[..2], 16).unwrap());
        octets.extend_from_slice(&part.as_bytes()[2..]);
    }
    octets.extend_from_slice(end);
    octets
}

/// The configuration that a client transcript asks for.
pub fn client_config(trace: &Trace) -> client::Config {
    let methods = trace.setting("methods").unwrap().iter();
    let (user, password) = credentials(trace);
    client::Config {
        security: match trace.setting("security").unwrap()[0].as_str() {
            "tls" => client::Security::Tls,
            "starttls" => client::Security::StartTls,
            "plain" => client::Security::Plain,
            other => panic!("{other}"),
        },
        methods: methods
            .map(|method| match method.as_str() {
                "login-command" => {
                    client::Method::login(user.clone(), Secret::from(password.as_str())).unwrap()
                }
                mechanism => client::Method::Sasl {
                    mechanism: mechanism.to_owned(),
                },
            })
            .collect(),
        id: trace
            .setting("id")
            .map(|words| vec![(words[0].clone(), words[1].clone())])
            .unwrap_or_default(),
        limits: Limits::BEFORE_LOGIN,
        tag_seed: *b"\x01\x02\x03\x04\x05\x06\x07\x08",
    }
}

pub fn credentials(trace: &Trace) -> (String, String) {
    let words = trace.setting("user").unwrap();
    (words[0].clone(), words[1].clone())
}
