//! The transcripts of `testdata/smtp/relay`, line by line and in pieces of every size.
//!
//! `C:` the client sends, `S:` it hears; `>` the server hears, `<` it says; `=` is where the relay is; `!` is what
//! happens to the caller: `lost`, `server EXTENSIONS`, `no server`, `fail`. `\xNN` is an octet, `\` at the end leaves
//! the CRLF out. The settings `upstream EXTENSIONS`, `choice WORD` and `unsplit` come first.

use std::fs;
use std::path::Path;

use crate::rig::{ALL, Choice, Rig, config};

#[derive(Debug, Clone, PartialEq, Eq)]
enum Line {
    Client(Vec<u8>),
    Heard(Vec<u8>),
    Passed(Vec<u8>),
    Server(Vec<u8>),
    Place(String),
    Event(String),
}

struct Trace {
    name: String,
    upstream: String,
    choice: Choice,
    unsplit: bool,
    lines: Vec<Line>,
}

impl Trace {
    fn rig(&self) -> Rig {
        let mut rig = Rig::new(&self.upstream, config());
        rig.choice = self.choice;
        rig
    }
}

fn traces() -> Vec<Trace> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/smtp/relay");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    assert!(paths.len() >= 20, "transcripts are missing");
    paths.iter().map(|path| trace(path)).collect()
}

fn trace(path: &Path) -> Trace {
    let mut trace = Trace {
        name: path.file_stem().unwrap().to_string_lossy().into_owned(),
        upstream: ALL.to_owned(),
        choice: Choice::Send,
        unsplit: false,
        lines: Vec::new(),
    };
    for line in fs::read_to_string(path).unwrap().lines() {
        let (mark, text) = line.split_once(' ').unwrap_or((line, ""));
        match mark {
            "" | "#" => {}
            "C:" => trace.lines.push(Line::Client(octets(text))),
            "S:" => trace.lines.push(Line::Heard(octets(text))),
            ">" => trace.lines.push(Line::Passed(octets(text))),
            "<" => trace.lines.push(Line::Server(octets(text))),
            "=" => trace.lines.push(Line::Place(text.to_owned())),
            "!" => trace.lines.push(Line::Event(text.to_owned())),
            "upstream" => trace.upstream = text.to_owned(),
            "unsplit" => trace.unsplit = true,
            "choice" => {
                trace.choice = match text {
                    "refuse" => Choice::Refuse,
                    "abandon" => Choice::Abandon,
                    other => panic!("{other}"),
                }
            }
            other => panic!("{}: {other}", trace.name),
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
fn expect(sent: &mut bytes::BytesMut, line: &[u8], name: &str) {
    let got = sent.split_to(sent.len().min(line.len()));
    assert_eq!(
        got.escape_ascii().to_string(),
        line.escape_ascii().to_string(),
        "{name}"
    );
}

fn event(rig: &mut Rig, event: &str) {
    match event.split_once(' ').unwrap_or((event, "")) {
        ("lost", _) => rig.lose(),
        ("server", upstream) => rig.replace(upstream),
        ("no", "server") => rig.refuse_mail(),
        ("fail", _) => rig.fail(),
        other => panic!("{other:?}"),
    }
}

/// Lines that follow each other from the same side arrive together.
fn turns(lines: &[Line]) -> Vec<Line> {
    let mut turns: Vec<Line> = Vec::new();
    for line in lines {
        match (turns.last_mut(), line) {
            (Some(Line::Client(all)), Line::Client(more)) | (Some(Line::Server(all)), Line::Server(more)) => {
                all.extend_from_slice(more);
            }
            _ => turns.push(line.clone()),
        }
    }
    turns
}

#[test]
fn transcripts() {
    for trace in traces() {
        let name = &trace.name;
        let mut rig = trace.rig();
        for line in turns(&trace.lines) {
            let quiet = |rig: &Rig| {
                let left = [&rig.to_client[..], &rig.to_server[..]].concat();
                assert!(left.is_empty(), "{name}: {} before {line:?}", left.escape_ascii());
            };
            match &line {
                Line::Heard(octets) => expect(&mut rig.to_client, octets, name),
                Line::Passed(octets) => expect(&mut rig.to_server, octets, name),
                Line::Client(octets) => {
                    quiet(&rig);
                    rig.client(octets);
                }
                Line::Server(octets) => {
                    quiet(&rig);
                    rig.server(octets);
                }
                Line::Place(place) => assert_eq!(&rig.place(), place, "{name}"),
                Line::Event(text) => {
                    quiet(&rig);
                    event(&mut rig, text);
                }
            }
        }
        assert_eq!(
            (rig.heard(), rig.passed()),
            (String::new(), String::new()),
            "{name}"
        );
    }
}

/// Everything that comes of a transcript.
fn outcome(trace: &Trace, pieces: impl Fn(usize, &[u8]) -> Vec<Vec<u8>>) -> (String, String, String, String) {
    let mut rig = trace.rig();
    for (index, turn) in turns(&trace.lines).iter().enumerate() {
        match turn {
            Line::Client(octets) => pieces(index, octets).iter().for_each(|piece| rig.client(piece)),
            Line::Server(octets) => pieces(index, octets).iter().for_each(|piece| rig.server(piece)),
            Line::Event(text) => event(&mut rig, text),
            Line::Heard(_) | Line::Passed(_) | Line::Place(_) => {}
        }
    }
    let tee = rig.tee.escape_ascii().to_string();
    let asked = rig.policy.asked.join(" ");
    let refused = rig.policy.refused.join(" ");
    let place = rig.place();
    (
        rig.heard(),
        rig.passed(),
        tee,
        format!("{place} {asked} {refused} {:?}", rig.verdicts),
    )
}

#[test]
fn any_chunking_is_the_same() {
    for trace in traces().iter().filter(|trace| !trace.unsplit) {
        let name = &trace.name;
        let whole = outcome(trace, |_, octets| vec![octets.to_vec()]);
        let singly = outcome(trace, |_, octets| octets.chunks(1).map(<[u8]>::to_vec).collect());
        assert_eq!(singly, whole, "{name} octet by octet");
        for (split, turn) in turns(&trace.lines).iter().enumerate() {
            let (Line::Client(octets) | Line::Server(octets)) = turn else {
                continue;
            };
            for at in 1..octets.len() {
                let pieces = outcome(trace, |index, octets| {
                    if index == split {
                        vec![octets[..at].to_vec(), octets[at..].to_vec()]
                    } else {
                        vec![octets.to_vec()]
                    }
                });
                assert_eq!(pieces, whole, "{name}: turn {split} split at {at}");
            }
        }
    }
}
