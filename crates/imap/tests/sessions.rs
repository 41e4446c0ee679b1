//! Whole sessions of the RFCs and of real servers, through frames and types.

#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::collections::BTreeSet;

use bytes::{Bytes, BytesMut};
use common::{Line, Trace, traces};
use gatepost_imap::command::{Body, Done};
use gatepost_imap::parse::{Leniency, Options};
use gatepost_imap::response::Response;
use gatepost_imap::{Frame, Framer, Limits, Literals, ResponseCode, command, response};
use gatepost_wire::Input;

/// What one side sends, message by message.
struct Side {
    framer: Framer,
    input: Input,
    /// A literal is announced, and the server did not say yet whether it wants it.
    waits: bool,
}

impl Side {
    fn new(framer: fn(Limits) -> Framer) -> Self {
        Self {
            framer: framer(Limits::AFTER_LOGIN),
            input: Input::new(Limits::AFTER_LOGIN.input_capacity()),
            waits: false,
        }
    }

    /// The messages that are whole with `octets`.
    fn receive(&mut self, octets: &[u8]) -> Vec<Bytes> {
        self.input.feed(octets).unwrap();
        let mut messages = Vec::new();
        while let Some(frame) = self.framer.next(&mut self.input).unwrap() {
            match frame {
                Frame::Message(message) => messages.push(message.freeze()),
                Frame::LiteralWanted { .. } => self.waits = true,
                other => panic!("{other:?}"),
            }
        }
        messages
    }
}

/// What the client's next line is.
#[derive(PartialEq)]
enum Next {
    Command,
    /// Behind AUTHENTICATE.
    SaslResponse,
    /// Behind IDLE.
    Done,
}

/// A session as it goes on, and what was odd in it.
struct Session<'t> {
    name: &'t str,
    next: Next,
    /// What is not typed.
    other: BTreeSet<String>,
    /// What had to be forgiven.
    forgiven: BTreeSet<String>,
}

impl Session<'_> {
    fn client(&mut self, message: &Bytes) {
        match self.next {
            Next::SaslResponse => {}
            Next::Done => {
                Done::parse(message.as_ref()).unwrap();
                self.next = Next::Command;
            }
            Next::Command => self.command(message),
        }
    }

    /// Clients are read strictly. What is read can be written, and is the same again.
    fn command(&mut self, message: &Bytes) {
        let shown = message.escape_ascii();
        let command =
            command::parse(message).unwrap_or_else(|error| panic!("{}: {shown}: {error}", self.name));
        let mut written = BytesMut::new();
        let _ = command.encode(&mut written, Literals::Any);
        let again = Side::new(Framer::commands).receive(&written);
        assert_eq!(
            command::parse(&again[0]).as_ref(),
            Ok(&command),
            "{}: {shown}",
            self.name
        );
        assert_eq!(again.len(), 1);
        match &command.body {
            Body::Idle => self.next = Next::Done,
            Body::Authenticate { .. } => self.next = Next::SaslResponse,
            Body::Other(other) => {
                self.other.insert(other.name().to_string());
            }
            _ => {}
        }
    }

    /// Servers are forgiven what is noted; what needs nothing forgiven is the same when it is read strictly.
    fn server(&mut self, message: &Bytes) {
        let shown = message.escape_ascii();
        let options = Options {
            leniency: Leniency::SERVERS,
            ..Options::default()
        };
        let parsed = response::parse_with(message, &options)
            .unwrap_or_else(|error| panic!("{}: {shown}: {error}", self.name));
        let strict = response::parse(message).ok();
        assert_eq!(
            strict,
            parsed.forgiven.is_empty().then(|| parsed.value.clone()),
            "{}: {shown}: {:?}",
            self.name,
            parsed.forgiven
        );
        for (allowance, _) in parsed.forgiven.iter() {
            self.forgiven.insert(format!("{allowance:?}"));
        }
        let mut written = BytesMut::new();
        parsed.value.encode(&mut written);
        let again = Side::new(Framer::responses).receive(&written);
        assert_eq!(again.len(), 1);
        let reread = response::parse_with(&again[0], &options).unwrap().value;
        assert_eq!(reread, parsed.value, "{}: {shown}", self.name);
        self.note(&parsed.value);
    }

    fn note(&mut self, response: &Response) {
        match response {
            Response::Other(other) => {
                self.other.insert(other.name().to_string());
            }
            Response::Tagged { text, .. } | Response::Status { text, .. } => {
                if let Some(ResponseCode::Other(code)) = text.code() {
                    let name = code.split(|&octet| octet == b' ').next().unwrap();
                    self.other.insert(format!("[{}]", name.escape_ascii()));
                }
                if matches!(response, Response::Tagged { .. }) {
                    self.next = Next::Command;
                }
            }
            _ => {}
        }
    }
}

/// The words of a setting, sorted.
fn words(trace: &Trace, name: &str) -> BTreeSet<String> {
    trace.setting(name).unwrap_or_default().iter().cloned().collect()
}

#[test]
fn every_message_of_every_session_is_read_and_written() {
    for trace in traces("sessions") {
        let mut client = Side::new(Framer::commands);
        let mut server = Side::new(Framer::responses);
        let mut session = Session {
            name: &trace.name,
            next: Next::Command,
            other: BTreeSet::new(),
            forgiven: BTreeSet::new(),
        };
        for line in &trace.lines {
            match line {
                Line::Client(octets) => {
                    for message in client.receive(octets) {
                        session.client(&message);
                    }
                }
                Line::Server(octets) => {
                    for message in server.receive(octets) {
                        if std::mem::take(&mut client.waits) && !message.starts_with(b"+") {
                            client.framer.refuse_literal(&mut client.input);
                        }
                        session.server(&message);
                    }
                }
                Line::Place(place) => panic!("{place}"),
            }
        }
        assert!(
            client.input.is_empty() && server.input.is_empty(),
            "{}",
            trace.name
        );
        assert_eq!(session.other, words(&trace, "other"), "{}", trace.name);
        assert_eq!(session.forgiven, words(&trace, "forgiven"), "{}", trace.name);
    }
}

/// Octet by octet, the frames are those of the stream at once.
#[test]
fn sessions_may_come_octet_by_octet() {
    for trace in traces("sessions") {
        let octets = trace.octets(|line| match line {
            Line::Server(octets) => Some(octets),
            _ => None,
        });
        let whole = Side::new(Framer::responses).receive(&octets);
        let mut side = Side::new(Framer::responses);
        let singly: Vec<_> = octets.chunks(1).flat_map(|octet| side.receive(octet)).collect();
        assert_eq!(singly, whole, "{}", trace.name);
    }
}
