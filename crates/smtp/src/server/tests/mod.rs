mod commands;
mod ends;
mod login;
mod tls;

use gatepost_wire::{Input, Secret};

use super::*;
use crate::{Error, Reply};

fn config() -> Config {
    Config {
        name: "mx.example.com".to_owned(),
        greeting: "Gatepost".to_owned(),
        extensions: Extensions::new().with("PIPELINING", "").with("SIZE", "1000"),
        mechanisms: vec!["PLAIN".to_owned(), "LOGIN".to_owned()],
        limits: Limits::BEFORE_LOGIN,
    }
}

/// A session and its buffers.
struct Rig {
    input: Input,
    out: BytesMut,
}

impl Rig {
    fn start(config: Config, transport: Transport) -> (Self, NeedInput) {
        let mut out = BytesMut::new();
        let state = greet(Arc::new(config), transport, &mut out);
        let input = Input::new(20_000);
        (Self { input, out }, state)
    }

    /// Behind EHLO.
    fn greeted(transport: Transport) -> (Self, NeedInput) {
        let (mut rig, state) = Self::start(config(), transport);
        let state = rig.plainly(state, "EHLO phone\r\n");
        rig.said();
        (rig, state)
    }

    fn tls() -> (Self, NeedInput) {
        Self::greeted(Transport::Tls)
    }

    fn plain() -> (Self, NeedInput) {
        Self::greeted(Transport::Plain)
    }

    /// What was written since the last call.
    fn said(&mut self) -> String {
        String::from_utf8(self.out.split().to_vec()).unwrap()
    }

    fn send(&mut self, state: NeedInput, octets: &str) -> Step {
        self.input.feed(octets.as_bytes()).unwrap();
        state.process(&mut self.input, &mut self.out).unwrap()
    }

    /// Sends what must not need a decision.
    fn plainly(&mut self, state: NeedInput, octets: &str) -> NeedInput {
        need_input(self.send(state, octets))
    }

    fn exchange(&mut self, state: NeedInput, octets: &str) -> Sasl {
        match self.send(state, octets) {
            Step::Sasl(sasl) => sasl,
            other => panic!("{other:?}"),
        }
    }

    fn fails(&mut self, state: NeedInput, octets: &[u8]) -> Error {
        self.input.feed(octets).unwrap();
        state.process(&mut self.input, &mut self.out).unwrap_err()
    }
}

fn wrong() -> Refusal {
    Refusal {
        reply: Reply::new(535, "5.7.8", "no"),
        counts: Counts::AsFailure,
    }
}

fn need_input(step: Step) -> NeedInput {
    match step {
        Step::NeedInput(state) => state,
        other => panic!("{other:?}"),
    }
}

fn name(step: &Step) -> &'static str {
    match step {
        Step::NeedInput(_) => "NeedInput",
        Step::StartTls(_) => "StartTls",
        Step::Sasl(_) => "Sasl",
        Step::Cancelled(_) => "Cancelled",
        Step::Closed(_) => "Closed",
    }
}

fn line_of(event: &str) -> &'static str {
    match event {
        "EHLO" => "EHLO phone\r\n",
        "NOOP" => "NOOP\r\n",
        "STARTTLS" => "STARTTLS\r\n",
        "AUTH" => "AUTH PLAIN\r\n",
        "MAIL" => "MAIL FROM:<a@example.com>\r\n",
        "BDAT" => "BDAT 4 LAST\r\nabcd",
        "XCLIENT" => "XCLIENT LOGIN=root\r\n",
        "QUIT" => "QUIT\r\n",
        "GET" => "GET / HTTP/1.1\r\n",
        "response" => "AHUAcA==\r\n",
        "star" => "*\r\n",
        "garbage" => "not base64\r\n",
        other => panic!("{other}"),
    }
}

#[test]
fn the_documented_transitions_are_those_of_the_code() {
    let documented = include_str!("../mod.rs").lines().filter_map(|line| {
        let (from, rest) = line.strip_prefix("//! ")?.split_once(" --")?;
        let (event, to) = rest.split_once("--> ")?;
        ["new", "plain", "tls", "challenged"]
            .contains(&from)
            .then_some((from, event, to))
    });
    let mut count = 0;
    for (from, event, to) in documented {
        let (mut rig, state) = match from {
            "new" => Rig::start(config(), Transport::Tls),
            "plain" => Rig::plain(),
            _ => Rig::tls(),
        };
        let state = match from {
            "challenged" => rig.exchange(state, "AUTH PLAIN\r\n").challenge(b"", &mut rig.out),
            _ => state,
        };
        assert_eq!(name(&rig.send(state, line_of(event))), to, "{from} --{event}-->");
        count += 1;
    }
    assert_eq!(count, 19);
}
