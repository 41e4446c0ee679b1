//! Whole sessions, the examples of the RFCs and as well-known servers answer (`testdata/smtp/sessions`), through frames
//! and types: each line is read, is written again as it was, and there is a reply to each command and none besides.
//!
//! `S:` the server sends, `C:` the client; `forgives` names what is not the grammar. `\xNN` is an octet, `\` at the end
//! leaves the CRLF out.

#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::{BTreeSet, VecDeque};
use std::fs;
use std::path::Path;

use bytes::{Bytes, BytesMut};
use gatepost_smtp::extensions::Extension;
use gatepost_smtp::frame::{Commands, Frame, Replies};
use gatepost_smtp::parse::Leniency;
use gatepost_smtp::reply::parse_with;
use gatepost_smtp::{Extensions, Limits, Reply, command, reply};

struct Session {
    name: String,
    client: Vec<u8>,
    server: Vec<u8>,
    forgives: BTreeSet<String>,
}

fn sessions() -> Vec<Session> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/smtp/sessions");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let sessions: Vec<_> = files.map(|path| session(&path)).collect();
    assert!(sessions.len() >= 20, "transcripts are missing");
    sessions
}

fn session(path: &Path) -> Session {
    let mut session = Session {
        name: path.file_stem().unwrap().to_string_lossy().into_owned(),
        client: Vec::new(),
        server: Vec::new(),
        forgives: BTreeSet::new(),
    };
    for line in fs::read_to_string(path).unwrap().lines() {
        let (mark, text) = line.split_once(' ').unwrap_or((line, ""));
        match mark {
            "#" => {}
            "C:" => session.client.extend(octets(text)),
            "S:" => session.server.extend(octets(text)),
            "forgives" => session.forgives.extend(text.split(' ').map(str::to_owned)),
            _ => panic!("{}: {line}", session.name),
        }
    }
    session
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

impl Session {
    /// The frames of the server, fed in pieces of `size`.
    fn replies(&self, size: usize) -> Vec<Bytes> {
        let leniency = match self.forgives.contains("BareLf") {
            true => Leniency::ALL,
            false => Leniency::STRICT,
        };
        let mut framer = Replies::new(Limits::BEFORE_LOGIN).lenient(leniency);
        let mut input = BytesMut::new();
        let mut replies = Vec::new();
        for piece in self.server.chunks(size) {
            input.extend_from_slice(piece);
            replies.extend(std::iter::from_fn(|| framer.next(&mut input).unwrap()));
        }
        assert!(input.is_empty(), "{}: {input:?} is left", self.name);
        replies
    }
}

#[test]
fn replies_are_read_and_written() {
    for session in sessions() {
        let mut forgiven = BTreeSet::new();
        for octets in session.replies(usize::MAX) {
            let (reply, needed) = parse_with(octets.clone(), Leniency::ALL).unwrap();
            forgiven.extend(needed.iter().map(|(allowance, _)| format!("{allowance:?}")));
            assert_eq!(needed.is_empty(), reply::parse(octets.clone()).is_ok());
            let mut written = BytesMut::new();
            reply.encode(&mut written);
            if needed.is_empty() {
                assert_eq!(reply::parse(written.clone()).as_ref(), Ok(&reply));
                assert_eq!(written, octets, "{}", session.name);
            }
            assert!(written.ends_with(b"\r\n"));
        }
        assert_eq!(forgiven, session.forgives, "{}", session.name);
    }
}

#[test]
fn the_keywords_of_ehlo_are_read_and_written() {
    let mut seen = BTreeSet::new();
    for session in sessions() {
        for octets in session.replies(usize::MAX) {
            let (reply, _) = parse_with(octets, Leniency::ALL).unwrap();
            let is_list = reply.code() == 250 && reply.enhanced().is_none() && reply.lines().count() > 1;
            if !is_list {
                continue;
            }
            let list = Extensions::from_reply(&reply);
            for (extension, (keyword, parameters)) in list.typed().zip(list.iter()) {
                assert_eq!(
                    extension.to_string(),
                    format!("{keyword} {parameters}").trim_end()
                );
                let is_known = !matches!(extension, Extension::Other { .. });
                seen.extend(is_known.then(|| keyword.to_owned()));
            }
        }
    }
    for keyword in [
        "8BITMIME",
        "AUTH",
        "BINARYMIME",
        "CHUNKING",
        "DELIVERBY",
        "DSN",
        "ENHANCEDSTATUSCODES",
        "ETRN",
        "EXPN",
        "HELP",
        "LIMITS",
        "PIPELINING",
        "REQUIRETLS",
        "SIZE",
        "SMTPUTF8",
        "STARTTLS",
        "VRFY",
        "XFORWARD",
    ] {
        assert!(seen.contains(keyword), "{keyword} is in no session");
    }
}

/// A server that answers as the transcript says, and follows what its answers mean.
struct Server {
    name: String,
    commands: Commands,
    replies: VecDeque<Reply>,
    is_lmtp: bool,
    /// The commands, which responses of SASL are not.
    heard: Vec<BytesMut>,
    is_response: bool,
    /// How many recipients were accepted.
    recipients: usize,
    /// Whether the chunk or the message that is coming is the last.
    is_last: bool,
}

impl Server {
    fn new(session: &Session) -> Self {
        let replies = session.replies(usize::MAX).into_iter();
        let mut server = Self {
            name: session.name.clone(),
            commands: Commands::new(Limits::AFTER_LOGIN),
            replies: replies
                .map(|octets| parse_with(octets, Leniency::ALL).unwrap().0)
                .collect(),
            is_lmtp: false,
            heard: Vec::new(),
            is_response: false,
            recipients: 0,
            is_last: false,
        };
        assert_eq!(server.answer().code(), 220);
        server
    }

    fn answer(&mut self) -> Reply {
        let reply = self.replies.pop_front();
        reply.unwrap_or_else(|| panic!("{}: a reply is missing", self.name))
    }

    fn hear(&mut self, frame: &Frame) {
        match frame {
            Frame::Line(line) => self.line(line),
            Frame::Octets(_) => {}
            // Behind a message LMTP answers for each recipient.
            Frame::End if self.is_lmtp && self.is_last => {
                (0..std::mem::take(&mut self.recipients)).for_each(|_| drop(self.answer()));
            }
            Frame::End => drop(self.answer()),
        }
    }

    fn line(&mut self, line: &[u8]) {
        if !std::mem::take(&mut self.is_response) {
            self.heard.push(BytesMut::from(line));
        }
        let text = String::from_utf8_lossy(line).to_ascii_uppercase();
        let words: Vec<_> = text.split(' ').collect();
        if words[0] == "BDAT" {
            self.is_last = words.len() == 3;
            return self.commands.expect_chunk(words[1].parse().unwrap());
        }
        let reply = self.answer();
        match words[0] {
            "LHLO" => self.is_lmtp = true,
            "MAIL" | "RSET" => self.recipients = 0,
            "RCPT" => self.recipients += usize::from(reply.is_positive()),
            "DATA" if reply.is_intermediate() => {
                self.is_last = true;
                self.commands.expect_message();
            }
            _ if reply.code() == 334 => {
                self.is_response = true;
                self.commands.expect_response();
            }
            _ => {}
        }
    }
}

/// The frames of the client, fed in pieces of `size`, and joined where they are pieces; and those that are commands.
fn play(session: &Session, size: usize) -> (Vec<Frame>, Vec<BytesMut>) {
    let mut server = Server::new(session);
    let mut input = BytesMut::new();
    let mut frames = Vec::new();
    for piece in session.client.chunks(size) {
        input.extend_from_slice(piece);
        while let Some(frame) = server.commands.next(&mut input).unwrap() {
            server.hear(&frame);
            match (frames.last_mut(), frame) {
                (Some(Frame::Octets(octets)), Frame::Octets(more)) => octets.extend_from_slice(&more),
                (_, frame) => frames.push(frame),
            }
        }
    }
    assert!(input.is_empty(), "{}: {input:?} is left", session.name);
    assert!(
        server.replies.is_empty(),
        "{}: {:?} is left",
        session.name,
        server.replies
    );
    (frames, server.heard)
}

#[test]
fn there_is_a_reply_to_each_command() {
    for session in sessions() {
        let whole = play(&session, usize::MAX);
        assert_eq!(
            whole.0.last(),
            Some(&Frame::Line(BytesMut::from("QUIT"))),
            "{}",
            session.name
        );
        for size in 1..40 {
            assert_eq!(
                play(&session, size),
                whole,
                "{} in pieces of {size}",
                session.name
            );
            assert_eq!(session.replies(size), session.replies(usize::MAX));
        }
    }
}

#[test]
fn commands_are_read_and_written() {
    for session in sessions() {
        for line in play(&session, usize::MAX).1 {
            let command = command::parse(&line).unwrap_or_else(|error| panic!("{line:?}: {error}"));
            let mut written = BytesMut::new();
            command.encode(&mut written);
            let written = written.strip_suffix(b"\r\n").unwrap();
            assert_eq!(command::parse(written).as_ref(), Ok(&command));
            // A source route is read and has no meaning (RFC 5321 appendix C).
            if !line.windows(2).any(|octets| octets == b"<@") {
                assert_eq!(written, line, "{}", session.name);
            }
        }
    }
}
