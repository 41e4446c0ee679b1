mod chunks;
mod hostile;
mod login;
mod xclient;

use bytes::BytesMut;
use gatepost_wire::Input;

use super::*;
use crate::{Error, Limit, Rule};

const GREETING: &str = "220 mail.example.com ESMTP\r\n";

fn config(security: Security, methods: Vec<Method>) -> Config {
    Config {
        name: "gate.example.com".to_owned(),
        security,
        methods,
        limits: Limits::BEFORE_LOGIN,
    }
}

fn sasl(mechanism: &str) -> Method {
    Method::Sasl {
        mechanism: mechanism.to_owned(),
    }
}

/// ADDR and LOGIN are required, HELO and PORT are wanted.
fn as_alice() -> Method {
    Method::Xclient(Xclient {
        required: vec![
            Attribute::address("192.0.2.1".parse().unwrap()),
            Attribute::login("alice").unwrap(),
        ],
        wanted: vec![Attribute::helo(Some("phone")).unwrap(), Attribute::port(4711)],
    })
}

/// A session and its buffers.
struct Rig {
    input: Input,
    out: BytesMut,
}

impl Rig {
    fn new() -> Self {
        Self {
            input: Input::new(20_000),
            out: BytesMut::new(),
        }
    }

    /// What was sent since the last call.
    fn sent(&mut self) -> String {
        String::from_utf8(self.out.split().to_vec()).unwrap()
    }

    fn receive(&mut self, state: NeedInput, octets: &str) -> Result<Step, Error> {
        self.input.feed(octets.as_bytes()).unwrap();
        state.process(&mut self.input, &mut self.out)
    }

    fn waits(&mut self, state: NeedInput, octets: &str) -> NeedInput {
        match self.receive(state, octets).unwrap() {
            Step::NeedInput(state) => state,
            other => panic!("{other:?}"),
        }
    }

    fn sasl(&mut self, state: NeedInput, octets: &str) -> Sasl {
        match self.receive(state, octets).unwrap() {
            Step::Sasl(sasl) => sasl,
            other => panic!("{other:?}"),
        }
    }

    fn authenticated(&mut self, state: NeedInput, octets: &str) -> Extensions {
        match self.receive(state, octets).unwrap() {
            Step::Authenticated(state) => state.extensions().clone(),
            other => panic!("{other:?}"),
        }
    }

    fn refused(&mut self, state: NeedInput, octets: &str) -> Refused {
        match self.receive(state, octets).unwrap() {
            Step::Refused(refused) => refused,
            other => panic!("{other:?}"),
        }
    }

    fn breaks(&mut self, state: NeedInput, octets: &str) -> Rule {
        match self.receive(state, octets).unwrap_err() {
            Error::Peer(error) => error.rule,
            other => panic!("{other:?}"),
        }
    }
}

/// A session behind the answer to EHLO, with these keywords.
fn behind_ehlo(security: Security, methods: Vec<Method>, list: &str) -> (Rig, Result<Step, Error>) {
    let mut rig = Rig::new();
    let state = rig.waits(start(config(security, methods)), GREETING);
    assert_eq!(rig.sent(), "EHLO gate.example.com\r\n");
    let step = rig.receive(state, &ehlo(list));
    (rig, step)
}

/// The answer to EHLO with keywords separated by `|`.
fn ehlo(list: &str) -> String {
    let mut lines: Vec<&str> = vec!["mail.example.com greets you"];
    lines.extend(list.split('|').filter(|keyword| !keyword.is_empty()));
    let last = lines.pop().unwrap();
    let mut reply: String = lines.iter().map(|line| format!("250-{line}\r\n")).collect();
    reply.push_str(&format!("250 {last}\r\n"));
    reply
}

fn login(mechanism: &str, list: &str) -> (Rig, Sasl) {
    match behind_ehlo(Security::Tls, vec![sasl(mechanism)], list) {
        (rig, Ok(Step::Sasl(sasl))) => (rig, sasl),
        (_, other) => panic!("{other:?}"),
    }
}

fn plain() -> (Rig, Sasl) {
    login("PLAIN", "SIZE 1000|AUTH LOGIN PLAIN")
}
