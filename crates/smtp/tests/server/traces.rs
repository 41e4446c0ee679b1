//! The transcripts of `testdata/smtp/server`, line by line and in pieces of every size.
//!
//! `C:` the client sends, `S:` the server; `=` is where the session is, and after `starttls` TLS begins. `\xNN` is an
//! octet, `\` at the end leaves the CRLF out.

use std::fs;
use std::path::Path;

use gatepost_smtp::Limits;
use gatepost_smtp::server::Transport;

use crate::driver::Server;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Line {
    Client(Vec<u8>),
    Server(Vec<u8>),
    Place(String),
}

struct Trace {
    name: String,
    transport: Transport,
    unsplit: bool,
    lines: Vec<Line>,
}

impl Trace {
    fn server(&self) -> Server {
        Server::new(self.transport, Limits::BEFORE_LOGIN)
    }

    fn has_handshake(&self) -> bool {
        self.lines.contains(&Line::Place("starttls".to_owned()))
    }

    fn client(&self) -> Vec<u8> {
        let octets = |line: &Line| match line {
            Line::Client(octets) => octets.clone(),
            Line::Server(_) | Line::Place(_) => Vec::new(),
        };
        self.lines.iter().flat_map(octets).collect()
    }
}

fn traces() -> Vec<Trace> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/smtp/server");
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
        transport: Transport::Tls,
        unsplit: false,
        lines: Vec::new(),
    };
    for line in fs::read_to_string(path).unwrap().lines() {
        let (mark, text) = line.split_once(' ').unwrap_or((line, ""));
        match (mark, text) {
            ("" | "#", _) | ("transport", "tls") => {}
            ("transport", "plain") => trace.transport = Transport::Plain,
            ("unsplit", _) => trace.unsplit = true,
            ("C:", text) => trace.lines.push(Line::Client(octets(text))),
            ("S:", text) => trace.lines.push(Line::Server(octets(text))),
            ("=", place) => trace.lines.push(Line::Place(place.to_owned())),
            _ => panic!("{}: {line}", trace.name),
        }
    }
    trace
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

/// Takes `line` off the front of `sent`.
fn expect(sent: &mut Vec<u8>, line: &[u8], name: &str) {
    let count = sent.len().min(line.len());
    let got: Vec<u8> = sent.drain(..count).collect();
    assert_eq!(
        got.escape_ascii().to_string(),
        line.escape_ascii().to_string(),
        "{name}"
    );
}

#[test]
fn transcripts() {
    for trace in traces() {
        let name = &trace.name;
        let mut server = trace.server();
        let mut sent = server.sent();
        for line in &trace.lines {
            match line {
                Line::Server(octets) => expect(&mut sent, octets, name),
                Line::Client(octets) => {
                    assert!(sent.is_empty(), "{name}: {}", sent.escape_ascii());
                    server.receive(octets);
                }
                Line::Place(place) => {
                    assert_eq!(&server.place(), place, "{name}");
                    if place == "starttls" {
                        server.upgrade();
                    }
                }
            }
            sent.extend(server.sent());
        }
        assert!(sent.is_empty(), "{name}: {}", sent.escape_ascii());
    }
}

/// What a session said, and where it ended.
fn serve(trace: &Trace, pieces: &[&[u8]]) -> (Vec<u8>, String) {
    let mut server = trace.server();
    let mut sent = server.sent();
    for piece in pieces {
        server.receive(piece);
        sent.extend(server.sent());
    }
    (sent, server.place())
}

#[test]
fn any_chunking_is_the_same() {
    for trace in traces() {
        if trace.has_handshake() || trace.unsplit {
            continue;
        }
        let octets = trace.client();
        let whole = serve(&trace, &[&octets]);
        for at in 0..octets.len() {
            let (one, two) = octets.split_at(at);
            assert_eq!(serve(&trace, &[one, two]), whole, "{} split at {at}", trace.name);
        }
        let singly: Vec<&[u8]> = octets.chunks(1).collect();
        assert_eq!(serve(&trace, &singly), whole, "{} octet by octet", trace.name);
    }
}

#[test]
fn every_prefix_of_a_good_session_only_needs_more_input() {
    let mut count = 0;
    for trace in traces() {
        let good =
            matches!(trace.lines.last(), Some(Line::Place(place)) if place.starts_with("authenticated"));
        if trace.has_handshake() || !good {
            continue;
        }
        let octets = trace.client();
        for end in 0..octets.len() {
            let (_, place) = serve(&trace, &[&octets[..end]]);
            assert_eq!(place, "reading", "{} up to {end}", trace.name);
        }
        count += 1;
    }
    assert!(count >= 3);
}
