//! The transcripts of `testdata/imap`, line by line.

#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::collections::HashMap;

use common::{Client, Line, Server, Trace, client_config, credentials, traces};
use gatepost_imap::Limits;
use gatepost_imap::server::{LoginCommand, Transport};

pub(crate) fn server(trace: &Trace) -> Server {
    let words = trace.setting("transport").unwrap();
    let transport = match words[0].as_str() {
        "plain" => Transport::Plain,
        "tls" => Transport::Tls,
        other => panic!("{other}"),
    };
    let login = match words.get(1).map(String::as_str) {
        Some("logindisabled") => LoginCommand::Disabled,
        _ => LoginCommand::Offered,
    };
    Server::with(transport, login, Limits::BEFORE_LOGIN)
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
fn server_transcripts() {
    for trace in traces("server") {
        let name = &trace.name;
        let mut server = server(&trace);
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

/// Replaces `T1`, `T2`, .. at the start of `line`. A client's tags cannot be known before they are sent.
fn with_tag(line: &[u8], tags: &mut HashMap<Vec<u8>, Vec<u8>>, sent: Option<&[u8]>) -> Vec<u8> {
    let Some(space) = line.iter().position(|&octet| octet == b' ') else {
        return line.to_vec();
    };
    let (word, rest) = line.split_at(space);
    if !(word.len() == 2 && word[0] == b'T') {
        return line.to_vec();
    }
    if let Some(sent) = sent {
        tags.entry(word.to_vec())
            .or_insert_with(|| sent[..8.min(sent.len())].to_vec());
    }
    [tags[word].as_slice(), rest].concat()
}

/// Plays a transcript and gives back what the server sent, with the real tags.
fn play(trace: &Trace) -> Vec<u8> {
    let name = &trace.name;
    let (user, password) = credentials(trace);
    let mut client = Client::new(client_config(trace), &user, &password);
    let mut tags = HashMap::new();
    let mut sent = Vec::new();
    let mut received = Vec::new();
    for line in &trace.lines {
        match line {
            Line::Client(octets) => {
                let line = with_tag(octets, &mut tags, Some(&sent));
                expect(&mut sent, &line, name);
            }
            Line::Server(octets) => {
                assert!(sent.is_empty(), "{name}: {}", sent.escape_ascii());
                let line = with_tag(octets, &mut tags, None);
                client.receive(&line);
                received.extend(line);
            }
            Line::Place(place) => {
                assert_eq!(&client.place(), place, "{name}");
                if place == "starttls" {
                    client.upgrade();
                }
            }
        }
        sent.extend(client.sent());
    }
    assert!(sent.is_empty(), "{name}: {}", sent.escape_ascii());
    received
}

#[test]
fn client_transcripts() {
    for trace in traces("client") {
        play(&trace);
    }
}

/// What a session said, and where it ended.
type Outcome = (Vec<u8>, String);

fn serve(trace: &Trace, pieces: &[&[u8]]) -> Outcome {
    let mut server = server(trace);
    let mut sent = server.sent();
    for piece in pieces {
        server.receive(piece);
        sent.extend(server.sent());
    }
    (sent, server.place())
}

fn log_in(trace: &Trace, pieces: &[&[u8]]) -> Outcome {
    let (user, password) = credentials(trace);
    let mut client = Client::new(client_config(trace), &user, &password);
    let mut sent = Vec::new();
    for piece in pieces {
        client.receive(piece);
        sent.extend(client.sent());
    }
    (sent, client.place())
}

/// However the octets arrive, the outcome is the same: in two pieces at every place, and octet by octet.
fn every_split(octets: &[u8], name: &str, run: impl Fn(&[&[u8]]) -> Outcome) {
    let whole = run(&[octets]);
    for at in 0..octets.len() {
        let (one, two) = octets.split_at(at);
        assert_eq!(run(&[one, two]), whole, "{name} split at {at}");
    }
    let singly: Vec<&[u8]> = octets.chunks(1).collect();
    assert_eq!(run(&singly), whole, "{name} octet by octet");
}

#[test]
fn any_chunking_of_the_server_transcripts_is_the_same() {
    for trace in traces("server") {
        if trace.has_handshake() || trace.setting("unsplit").is_some() {
            continue;
        }
        let octets = trace.octets(|line| match line {
            Line::Client(octets) => Some(octets),
            _ => None,
        });
        every_split(&octets, &trace.name, |pieces| serve(&trace, pieces));
    }
}

#[test]
fn any_chunking_of_the_client_transcripts_is_the_same() {
    for trace in traces("client") {
        if trace.has_handshake() || trace.setting("unsplit").is_some() {
            continue;
        }
        let octets = play(&trace);
        every_split(&octets, &trace.name, |pieces| log_in(&trace, pieces));
    }
}

#[test]
fn every_prefix_of_a_good_session_only_needs_more_input() {
    for trace in traces("server") {
        let last = trace.lines.last();
        if trace.has_handshake() || last != Some(&Line::Place("authenticated".to_owned())) {
            continue;
        }
        let octets = trace.octets(|line| match line {
            Line::Client(octets) => Some(octets),
            _ => None,
        });
        for end in 0..octets.len() {
            let (_, place) = serve(&trace, &[&octets[..end]]);
            assert_eq!(place, "reading", "{} up to {end}", trace.name);
        }
    }
}
