//! The transcripts of `testdata/smtp/client`, line by line and in pieces of every size.
//!
//! `S:` the server sends, `C:` the client; `=` is where the session is, and after `starttls` TLS begins. `\xNN` is an
//! octet, `\` at the end leaves the CRLF out.

use std::fs;
use std::path::Path;

use gatepost_smtp::{Limits, client};

use crate::rig::Client;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Line {
    Client(Vec<u8>),
    Server(Vec<u8>),
    Place(String),
}

struct Trace {
    name: String,
    security: client::Security,
    methods: Vec<client::Method>,
    user: (String, String),
    /// An error depends on what arrives together.
    unsplit: bool,
    lines: Vec<Line>,
}

impl Trace {
    fn client(&self) -> Client {
        let config = client::Config {
            name: "gate.example.com".to_owned(),
            security: self.security,
            methods: self.methods.clone(),
            limits: Limits::BEFORE_LOGIN,
        };
        Client::new(config, &self.user.0, &self.user.1)
    }
}

fn traces() -> Vec<Trace> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/smtp/client");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    assert!(paths.len() >= 10, "transcripts are missing");
    paths.iter().map(|path| trace(path)).collect()
}

fn trace(path: &Path) -> Trace {
    let mut trace = Trace {
        name: path.file_stem().unwrap().to_string_lossy().into_owned(),
        security: client::Security::Tls,
        methods: Vec::new(),
        user: ("alice".to_owned(), "secret".to_owned()),
        unsplit: false,
        lines: Vec::new(),
    };
    for line in fs::read_to_string(path).unwrap().lines() {
        let (mark, text) = line.split_once(' ').unwrap_or((line, ""));
        match (mark, text) {
            ("" | "#", _) | ("security", "tls") => {}
            ("security", "starttls") => trace.security = client::Security::StartTls,
            ("security", "plain") => trace.security = client::Security::Plain,
            ("methods", words) => trace.methods = words.split(' ').map(method).collect(),
            ("user", words) => {
                let (user, password) = words.split_once(' ').unwrap();
                trace.user = (user.to_owned(), password.to_owned());
            }
            ("unsplit", _) => trace.unsplit = true,
            ("C:", text) => trace.lines.push(Line::Client(octets(text))),
            ("S:", text) => trace.lines.push(Line::Server(octets(text))),
            ("=", place) => trace.lines.push(Line::Place(place.to_owned())),
            _ => panic!("{}: {line}", trace.name),
        }
    }
    trace
}

fn method(word: &str) -> client::Method {
    match word {
        "trusted" => client::Method::Trusted,
        "xclient" => client::Method::Xclient(client::Xclient {
            required: vec![
                client::Attribute::login("alice").unwrap(),
                client::Attribute::address("2001:db8::1".parse().unwrap()),
                client::Attribute::protocol(client::Protocol::Esmtp),
            ],
            wanted: vec![
                client::Attribute::port(4711),
                client::Attribute::host(None).unwrap(),
            ],
        }),
        mechanism => client::Method::Sasl {
            mechanism: mechanism.to_owned(),
        },
    }
}

fn octets(text: &str) -> Vec<u8> {
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

/// Plays a transcript, with what the server says in pieces that `cut` makes of each line.
fn play(trace: &Trace, cut: impl Fn(&[u8]) -> Vec<Vec<u8>>) {
    let name = &trace.name;
    let mut client = trace.client();
    for line in &trace.lines {
        match line {
            Line::Server(octets) => cut(octets).iter().for_each(|piece| client.receive(piece)),
            Line::Client(octets) => {
                let sent = client.sent();
                assert_eq!(
                    sent.escape_ascii().to_string(),
                    octets.escape_ascii().to_string(),
                    "{name}"
                );
            }
            Line::Place(place) => {
                assert_eq!(&client.place(), place, "{name}");
                if place == "starttls" {
                    client.upgrade();
                }
            }
        }
    }
    let sent = client.sent();
    assert!(sent.is_empty(), "{name}: {}", sent.escape_ascii());
}

#[test]
fn transcripts() {
    for trace in traces() {
        play(&trace, |line| vec![line.to_vec()]);
    }
}

#[test]
fn any_chunking_is_the_same() {
    for trace in traces().iter().filter(|trace| !trace.unsplit) {
        for size in 1..60 {
            play(trace, |line| line.chunks(size).map(<[u8]>::to_vec).collect());
        }
    }
}

#[test]
fn every_prefix_of_a_good_session_only_needs_more_input() {
    let mut count = 0;
    for trace in traces() {
        let is_good = |line: &Line| matches!(line, Line::Place(place) if place.starts_with("authenticated"));
        if !trace.lines.last().is_some_and(is_good) {
            continue;
        }
        let mut client = trace.client();
        for line in &trace.lines {
            match line {
                Line::Server(octets) => {
                    for octet in octets {
                        assert_eq!(client.place(), "reading", "{}", trace.name);
                        client.receive(&[*octet]);
                    }
                }
                Line::Place(place) if place == "starttls" => client.upgrade(),
                Line::Client(_) | Line::Place(_) => {}
            }
        }
        count += 1;
    }
    assert!(count >= 4);
}
