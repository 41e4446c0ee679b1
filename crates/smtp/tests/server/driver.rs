//! A driver whose only user is `alice` with the password `secret`.

use std::sync::Arc;

use bytes::BytesMut;
use gatepost_smtp::server::{self, Counts, Refusal, SaslInput, Step, Transport};
use gatepost_smtp::{Extensions, Limits, Reply};
use gatepost_wire::Input;

pub struct Server {
    input: Input,
    out: BytesMut,
    state: State,
    mechanism: String,
    /// The user name of a LOGIN exchange.
    user: Option<Vec<u8>>,
}

enum State {
    Reading(server::NeedInput),
    Tls(server::StartTls),
    Ended(String),
    Moved,
}

impl Server {
    pub fn new(transport: Transport, limits: Limits) -> Self {
        let config = server::Config {
            name: "mx.example.com".to_owned(),
            greeting: "Gatepost".to_owned(),
            extensions: Extensions::new()
                .with("PIPELINING", "")
                .with("SIZE", "1000")
                .with("8BITMIME", ""),
            mechanisms: vec!["PLAIN".to_owned(), "LOGIN".to_owned(), "CRAM-MD5".to_owned()],
            limits,
        };
        let mut out = BytesMut::new();
        let state = server::greet(Arc::new(config), transport, &mut out);
        Self {
            input: Input::new(limits.input_capacity()),
            out,
            state: State::Reading(state),
            mechanism: String::new(),
            user: None,
        }
    }

    pub fn sent(&mut self) -> Vec<u8> {
        self.out.split().to_vec()
    }

    /// Where the session is: a word for transcripts.
    pub fn place(&self) -> String {
        match &self.state {
            State::Reading(_) => "reading".to_owned(),
            State::Tls(_) => "starttls".to_owned(),
            State::Ended(place) => place.clone(),
            State::Moved => "moved".to_owned(),
        }
    }

    pub fn receive(&mut self, octets: &[u8]) {
        let mut rest = octets;
        while !rest.is_empty() && matches!(self.state, State::Reading(_)) {
            let (now, later) = rest.split_at(rest.len().min(self.input.room()));
            assert!(!now.is_empty(), "a full input and nothing is consumed");
            self.input.feed(now).unwrap();
            rest = later;
            self.run();
        }
    }

    pub fn upgrade(&mut self) {
        match std::mem::replace(&mut self.state, State::Moved) {
            State::Tls(state) => self.state = State::Reading(state.upgraded(&mut self.input)),
            _ => panic!("no handshake is due"),
        }
    }

    fn run(&mut self) {
        loop {
            let state = match std::mem::replace(&mut self.state, State::Moved) {
                State::Reading(state) => state,
                other => {
                    self.state = other;
                    return;
                }
            };
            let (state, again) = match state.process(&mut self.input, &mut self.out) {
                Ok(step) => self.step(step),
                Err(error) => (State::Ended(format!("error {error}")), false),
            };
            self.state = state;
            if !again {
                return;
            }
        }
    }

    /// The next state, and whether there may be something in the input for it.
    fn step(&mut self, step: Step) -> (State, bool) {
        match step {
            Step::NeedInput(state) => (State::Reading(state), false),
            Step::Cancelled(state) => (State::Reading(state), true),
            Step::StartTls(state) => (State::Tls(state), false),
            Step::Closed(_) => (State::Ended("closed".to_owned()), false),
            Step::Sasl(sasl) => self.sasl(sasl),
        }
    }

    fn sasl(&mut self, sasl: server::Sasl) -> (State, bool) {
        let response = match sasl.input().clone() {
            SaslInput::Start { mechanism, initial } => {
                self.mechanism = mechanism;
                self.user = None;
                initial
            }
            SaslInput::Response(octets) => Some(octets),
        };
        let challenge: &[u8] = match (self.mechanism.as_str(), &response, &self.user) {
            ("PLAIN", None, _) => b"",
            ("CRAM-MD5", None, _) => b"<1@gatepost>",
            ("LOGIN", None, _) => b"Username:",
            ("LOGIN", Some(user), None) => {
                self.user = Some(user.expose().to_vec());
                b"Password:"
            }
            _ => return self.judge(sasl, response.unwrap().expose()),
        };
        (State::Reading(sasl.challenge(challenge, &mut self.out)), true)
    }

    fn judge(&mut self, sasl: server::Sasl, response: &[u8]) -> (State, bool) {
        let parts: Vec<&[u8]> = response.split(|&octet| octet == 0).collect();
        let refusal = match (self.mechanism.as_str(), parts.as_slice(), &self.user) {
            ("PLAIN", [_, user, password], _) => verdict(user, password),
            ("LOGIN", [password], Some(user)) => verdict(user, password),
            ("CRAM-MD5", [response], _) if response.starts_with(b"alice ") => None,
            ("CRAM-MD5", [_], _) => verdict(b"", b""),
            _ => {
                let step = sasl.malformed(&mut self.out);
                return self.again(step);
            }
        };
        match refusal {
            None => {
                let client = sasl.accept(&mut self.out);
                let extended = if client.is_extended() { " extended" } else { "" };
                (
                    State::Ended(format!("authenticated {}{extended}", client.helo())),
                    false,
                )
            }
            Some(refusal) => {
                let step = sasl.reject(&refusal, &mut self.out);
                self.again(step)
            }
        }
    }

    fn again(&mut self, step: Step) -> (State, bool) {
        (self.step(step).0, true)
    }
}

/// `alice` gets in with `secret`, everybody else is told why not.
pub fn verdict(user: &[u8], password: &[u8]) -> Option<Refusal> {
    let refusal = |code, enhanced: &str, text: &'static str, counts| {
        Some(Refusal {
            reply: Reply::new(code, enhanced, text),
            counts,
        })
    };
    match (user, password) {
        (b"alice", b"secret") => None,
        (b"down", _) => refusal(454, "4.7.0", "try again later", Counts::Not),
        _ => refusal(535, "5.7.8", "authentication failed", Counts::AsFailure),
    }
}
