//! Our client against our server, in memory.

use bytes::BytesMut;
use gatepost_smtp::server::Transport;
use gatepost_smtp::{Limits, client};
use gatepost_wire::Input;

use crate::driver::Server;

/// A client that answers PLAIN and LOGIN by itself.
struct Client {
    input: Input,
    out: BytesMut,
    state: Option<client::NeedInput>,
    tls: Option<client::StartTls>,
    end: String,
    password: &'static str,
    turn: usize,
}

impl Client {
    fn new(security: client::Security, mechanism: &str, password: &'static str) -> Self {
        let config = client::Config {
            name: "pair.example.com".to_owned(),
            security,
            methods: vec![client::Method::Sasl {
                mechanism: mechanism.to_owned(),
            }],
            limits: Limits::BEFORE_LOGIN,
        };
        Self {
            input: Input::new(10_000),
            out: BytesMut::new(),
            state: Some(client::start(config)),
            tls: None,
            end: String::new(),
            password,
            turn: 0,
        }
    }

    fn receive(&mut self, octets: &[u8]) {
        self.input.feed(octets).unwrap();
        while let Some(state) = self.state.take() {
            match state.process(&mut self.input, &mut self.out).unwrap() {
                client::Step::NeedInput(state) => {
                    self.state = Some(state);
                    return;
                }
                client::Step::Sasl(sasl) => self.state = Some(self.respond(sasl)),
                client::Step::StartTls(state) => self.tls = Some(state),
                client::Step::Authenticated(ready) => {
                    self.end = format!("ready {}", ready.extensions().size().unwrap());
                }
                client::Step::Refused(refused) => self.end = format!("refused {}", refused.reply.code),
                client::Step::Offered(_) => self.end = "offered".to_owned(),
            }
        }
    }

    fn respond(&mut self, sasl: client::Sasl) -> client::NeedInput {
        self.turn += 1;
        let plain = format!("\0alice\0{}", self.password);
        match (sasl.mechanism(), self.turn) {
            ("PLAIN", _) => sasl.initial(Some(plain.as_bytes()), &mut self.out),
            (_, 1) => sasl.initial(None, &mut self.out),
            (_, 2) => sasl.respond(b"alice", &mut self.out),
            _ => sasl.respond(self.password.as_bytes(), &mut self.out),
        }
    }
}

/// Where both sides are in the end, with octets in pieces of `size`.
fn meet(transport: Transport, mechanism: &str, password: &'static str, size: usize) -> (String, String) {
    let security = match transport {
        Transport::Plain => client::Security::StartTls,
        Transport::Tls => client::Security::Tls,
    };
    let mut server = Server::new(transport, Limits::BEFORE_LOGIN);
    let mut client = Client::new(security, mechanism, password);
    for _ in 0..100 {
        let (down, up) = (server.sent(), client.out.split());
        if down.is_empty() && up.is_empty() {
            let Some(tls) = client.tls.take() else {
                return (server.place(), client.end);
            };
            server.upgrade();
            client.state = Some(tls.upgraded(&mut client.input, &mut client.out));
        }
        down.chunks(size).for_each(|piece| client.receive(piece));
        up.chunks(size).for_each(|piece| server.receive(piece));
    }
    panic!("no end in sight");
}

#[test]
fn both_sides_agree() {
    for transport in [Transport::Plain, Transport::Tls] {
        for mechanism in ["PLAIN", "LOGIN"] {
            for size in [1, 7, 100_000] {
                let (server, client) = meet(transport, mechanism, "secret", size);
                assert_eq!(server, "authenticated pair.example.com extended");
                assert_eq!(client, "ready 1000");
                let (server, client) = meet(transport, mechanism, "wrong", size);
                assert_eq!((server.as_str(), client.as_str()), ("reading", "refused 535"));
            }
        }
    }
}
