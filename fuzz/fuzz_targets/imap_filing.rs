//! The session that files a message, with a mail server that says anything.
//!
//! The first octet chooses what the server offers and what has to be filed. The rest are the server's words: `\x01`
//! stands between what it says before and behind a turn of ours, `\x02` for the tag of our last command.
//!
//! What is sent are whole commands of a few kinds, a literal only behind an invitation, and the same however the
//! server's octets arrive.
#![no_main]

use std::hash::{DefaultHasher, Hasher as _};

use bytes::BytesMut;
use gatepost_imap::filing::{self, Date, Done, NeedInput, Order, Refused, Step};
use gatepost_imap::{Frame, Framer, Limits, Status, client, command};
use gatepost_wire::{Input, Secret};
use libfuzzer_sys::fuzz_target;

const MESSAGE: &[u8] = b"Date: 5 Nov 2025 10:00:00 +0100\r\nMessage-ID: <1@a>\r\n\r\nhi\r\n";

const OFFERS: [&str; 4] = [
    "IMAP4rev1",
    "IMAP4rev1 LITERAL- XLIST",
    "IMAP4rev1 LITERAL+ SPECIAL-USE",
    "IMAP4rev1 SPECIAL-USE",
];

const VERBS: [&[u8]; 11] = [
    b"NAMESPACE",
    b"LIST",
    b"XLIST",
    b"CREATE",
    b"SUBSCRIBE",
    b"EXAMINE",
    b"SELECT",
    b"FETCH",
    b"UID",
    b"APPEND",
    b"LOGOUT",
];

fuzz_target!(|data: &[u8]| {
    let Some((&choice, said)) = data.split_first() else {
        return;
    };
    let mut hasher = DefaultHasher::new();
    hasher.write(data);
    // Tags that cannot be learnt from one input for the next.
    let seed = hasher.finish().to_le_bytes();
    let single = run(choice, said, seed, 1);
    assert_eq!(run(choice, said, seed, 7), single);
    assert_eq!(run(choice, said, seed, usize::MAX), single);
});

fn order(choice: u8) -> Order {
    Order {
        names: vec!["Sent".into(), "Gesendet\u{e4}".into()],
        create: (choice & 8 > 0).then(|| "Sent".into()),
        message_id: (choice & 4 == 0).then(|| b"<1@a>".to_vec()),
        date: Date::of(MESSAGE).filter(|_| choice & 16 > 0),
        since: (2025, 11, 4),
        date_time: " 5-Nov-2025 10:00:00 +0100".into(),
        size: MESSAGE.len() as u64,
    }
}

fn logged_in(offer: &str) -> client::Authenticated {
    let config = client::Config {
        security: client::Security::Tls,
        methods: vec![client::Method::login("u", Secret::from("p")).unwrap()],
        id: Vec::new(),
        limits: Limits::BEFORE_LOGIN,
        tag_seed: [1; 8],
    };
    let (mut input, mut out) = (Input::new(1000), BytesMut::new());
    let mut state = client::start(config);
    input.feed(b"* OK [CAPABILITY IMAP4rev1] hi\r\n").unwrap();
    loop {
        state = match state.process(&mut input, &mut out).unwrap() {
            client::Step::NeedInput(state) => state,
            client::Step::Authenticated(state) => return state,
            other => panic!("{other:?}"),
        };
        let tag = String::from_utf8(out.split()[..8].to_vec()).unwrap();
        input
            .feed(format!("{tag} OK [CAPABILITY {offer}] in\r\n").as_bytes())
            .unwrap();
    }
}

/// What a session sent, and how it ended.
#[derive(Debug, PartialEq)]
struct Outcome {
    sent: Vec<u8>,
    end: String,
}

fn run(choice: u8, said: &[u8], seed: [u8; 8], size: usize) -> Outcome {
    let mut out = BytesMut::new();
    let offer = OFFERS[usize::from(choice) % OFFERS.len()];
    let namespace = if choice & 64 > 0 { " NAMESPACE" } else { "" };
    let server = logged_in(&format!("{offer}{namespace}"));
    let state = filing::start(server, order(choice), Limits::FILING, seed, &mut out);
    let mut rig = Rig {
        input: Input::new(Limits::FILING.input_capacity()),
        out,
        state: Some(state),
        sent: Vec::new(),
        tag: Vec::new(),
        end: String::new(),
        hearing: (size == 1).then(Hearing::new),
    };
    rig.note(b"");
    for turn in said.split(|&octet| octet == 1) {
        rig.take(turn, size);
    }
    Outcome {
        sent: rig.sent,
        end: rig.end,
    }
}

struct Rig {
    input: Input,
    out: BytesMut,
    state: Option<NeedInput>,
    sent: Vec<u8>,
    tag: Vec<u8>,
    end: String,
    hearing: Option<Hearing>,
}

impl Rig {
    fn take(&mut self, turn: &[u8], size: usize) {
        let turn = turn
            .split(|&octet| octet == 2)
            .collect::<Vec<_>>()
            .join(&self.tag[..]);
        for octets in turn.chunks(size) {
            if self.state.is_none() {
                return;
            }
            self.input.feed(octets).unwrap();
            self.process(octets);
        }
    }

    fn process(&mut self, octets: &[u8]) {
        while let Some(state) = self.state.take() {
            let step = state.process(&mut self.input, &mut self.out);
            self.note(octets);
            match step {
                Ok(Step::NeedInput(state)) => {
                    self.state = Some(state);
                    return;
                }
                Ok(Step::Send(send)) => {
                    self.state = Some(message(send, &mut self.out));
                    self.note(octets);
                }
                Ok(Step::Done(done)) => self.ends_well(&done),
                Ok(Step::Refused(refused)) => self.ends_badly(&refused),
                Err(error) => self.end = error.to_string(),
            }
        }
    }

    fn note(&mut self, octets: &[u8]) {
        let out = self.out.split();
        // What was sent may be the rest of a command and another one, if the server said much at once.
        for line in out.split_inclusive(|&octet| octet == b'\n') {
            if let Some(tag) = line.get(..8).filter(|_| is_command(line)) {
                self.tag = tag.to_vec();
            }
        }
        if let Some(hearing) = &mut self.hearing {
            hearing.hear(&out, octets);
        }
        self.sent.extend_from_slice(&out);
    }

    fn ends_well(&mut self, done: &Done) {
        self.end = format!("{done:?}");
        let Some(hearing) = &self.hearing else { return };
        hearing.ends();
        match done {
            Done::Filed { .. } => assert_eq!(hearing.count(b"APPEND"), 1),
            Done::Present { .. } => {
                let found = hearing.count(b"UID") == 2 || hearing.count(b"FETCH") == 1;
                assert!(hearing.count(b"APPEND") == 0 && found);
            }
        }
    }

    fn ends_badly(&mut self, refused: &Refused) {
        self.end = refused.to_string();
        let Some(hearing) = &self.hearing else { return };
        if refused.status != Status::Bye {
            hearing.ends();
        }
    }
}

/// A tag of ours and a verb: nothing else that we send begins so.
fn is_command(line: &[u8]) -> bool {
    let is_letter = |octet: &u8| octet.is_ascii_uppercase() || (b'2'..=b'7').contains(octet);
    let verb = line.get(9..).unwrap_or_default();
    line.get(8) == Some(&b' ')
        && line.iter().take(8).all(is_letter)
        && VERBS.iter().any(|known| verb.starts_with(known))
}

fn message(mut send: filing::Send, out: &mut BytesMut) -> NeedInput {
    assert_eq!(send.left(), MESSAGE.len() as u64);
    assert!(send.append(&[b'x'; 100], out).is_err());
    for piece in MESSAGE.chunks(10) {
        send.append(piece, out).unwrap();
    }
    assert!(send.append(b"x", out).is_err());
    send.sent(out).unwrap()
}

/// A server that counts literals, and hears what is sent in answer to each of its octets.
struct Hearing {
    framer: Framer,
    input: Input,
    /// Whether it has been told of a literal for which it has to say `+`.
    asked: bool,
    /// Whether it has said so since.
    invited: bool,
    line_start: bool,
    verbs: Vec<Vec<u8>>,
}

impl Hearing {
    fn new() -> Self {
        let limits = Limits {
            line: 1 << 20,
            literal: 1 << 20,
            message: 1 << 21,
            ..Limits::AFTER_LOGIN
        };
        Self {
            framer: Framer::commands(limits),
            input: Input::new(limits.input_capacity()),
            asked: false,
            invited: false,
            line_start: true,
            verbs: Vec::new(),
        }
    }

    fn hear(&mut self, out: &[u8], said: &[u8]) {
        self.invited |= self.asked && self.line_start && said == b"+";
        self.line_start = said.last().map_or(self.line_start, |&octet| octet == b'\n');
        if out.is_empty() {
            return;
        }
        if self.asked && is_command(out) {
            // It refused the literal, so this is the next command.
            self.framer.refuse_literal(&mut self.input);
        } else {
            assert!(!self.asked || self.invited, "a literal that was not asked for");
        }
        (self.asked, self.invited) = (false, false);
        self.input.feed(out).unwrap();
        self.frames();
    }

    fn frames(&mut self) {
        while let Some(frame) = self.framer.next(&mut self.input).unwrap() {
            match frame {
                Frame::Message(command) => {
                    let (_, verb) = command::head(&command).unwrap();
                    assert!(VERBS.contains(&verb), "{}", verb.escape_ascii());
                    self.verbs.push(verb.to_vec());
                }
                Frame::LiteralWanted { .. } => {
                    let pending = self.framer.pending(&self.input).len();
                    assert_eq!(pending + 2, self.input.len(), "octets behind an announcement");
                    self.asked = true;
                }
                Frame::Refused(_) | Frame::Part(_) => panic!("{frame:?}"),
            }
        }
    }

    fn count(&self, verb: &[u8]) -> usize {
        self.verbs.iter().filter(|known| *known == verb).count()
    }

    fn ends(&self) {
        assert_eq!(self.verbs.last().map(Vec::as_slice), Some(&b"LOGOUT"[..]));
        assert!(self.input.is_empty() && !self.asked);
        assert!(self.count(b"APPEND") <= 1 && self.verbs.len() <= 13);
    }
}
