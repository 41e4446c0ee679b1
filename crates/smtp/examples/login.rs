//! Our client logs in to our server, in memory, and the dialogue is printed.
//!
//! `cargo run -p gatepost-smtp --example login`

use std::error::Error;
use std::io::{self, Write as _};
use std::sync::Arc;

use bytes::BytesMut;
use gatepost_smtp::server::{self, Counts, Refusal, SaslInput, Transport};
use gatepost_smtp::{Extensions, Limits, Reply, client};
use gatepost_wire::{Input, Secret};

const LIMITS: Limits = Limits::BEFORE_LOGIN;

/// One direction of the connection: what was written and what arrived.
struct Pipe {
    out: BytesMut,
    input: Input,
}

impl Pipe {
    fn new(capacity: usize) -> Self {
        Self {
            out: BytesMut::new(),
            input: Input::new(capacity),
        }
    }

    /// Delivers what was written, and prints it.
    fn deliver(&mut self, who: &str) -> Result<(), Box<dyn Error>> {
        let octets = self.out.split();
        for line in String::from_utf8_lossy(&octets).lines() {
            writeln!(io::stdout(), "{who}: {line}")?;
        }
        Ok(self.input.feed(&octets)?)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let (mut down, mut up) = (
        Pipe::new(LIMITS.reply_capacity()),
        Pipe::new(LIMITS.input_capacity()),
    );
    let mut server = Some(server::greet(
        Arc::new(server_config()),
        Transport::Tls,
        &mut down.out,
    ));
    let mut client = Some(client::start(client_config()));
    while let (Some(state), Some(peer)) = (client.take(), server.take()) {
        down.deliver("S")?;
        client = match state.process(&mut down.input, &mut up.out)? {
            client::Step::NeedInput(state) => Some(state),
            client::Step::Sasl(sasl) => Some(sasl.initial(Some(b"\0alice\0secret"), &mut up.out)),
            _ => None,
        };
        up.deliver("C")?;
        server = serve(peer.process(&mut up.input, &mut down.out)?, &mut down.out);
    }
    down.deliver("S")
}

/// Answers a step; `None` when the session is over.
fn serve(step: server::Step, out: &mut BytesMut) -> Option<server::NeedInput> {
    match step {
        server::Step::NeedInput(state) | server::Step::Cancelled(state) => Some(state),
        server::Step::Sasl(sasl) => match sasl.input() {
            SaslInput::Start { initial: None, .. } => Some(sasl.challenge(b"", out)),
            SaslInput::Start {
                initial: Some(octets),
                ..
            }
            | SaslInput::Response(octets)
                if *octets == Secret::from("\0alice\0secret") =>
            {
                sasl.accept(out);
                None
            }
            _ => match sasl.reject(&wrong(), out) {
                server::Step::NeedInput(state) => Some(state),
                _ => None,
            },
        },
        _ => None,
    }
}

fn wrong() -> Refusal {
    Refusal {
        reply: Reply::new(535, "5.7.8", "authentication failed"),
        counts: Counts::AsFailure,
    }
}

fn server_config() -> server::Config {
    server::Config {
        name: "mail.example.com".to_owned(),
        greeting: "ready".to_owned(),
        extensions: Extensions::new().with("PIPELINING", "").with("SIZE", "10485760"),
        mechanisms: vec!["PLAIN".to_owned()],
        limits: LIMITS,
    }
}

fn client_config() -> client::Config {
    client::Config {
        name: "gate.example.com".to_owned(),
        security: client::Security::Tls,
        methods: vec![client::Method::Sasl {
            mechanism: "PLAIN".to_owned(),
        }],
        limits: LIMITS,
    }
}
