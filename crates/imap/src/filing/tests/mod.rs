mod append;
mod hostile;
mod mailbox;
mod search;

use bytes::BytesMut;
use gatepost_wire::{Input, Secret};

use super::*;
use crate::client;

const MESSAGE: &[u8] = b"Message-ID: <1@a>\r\n\r\nhi\r\n";

const FULL: &str = "IMAP4rev1 SPECIAL-USE LIST-EXTENDED LITERAL+ UIDPLUS";

const LISTED: &str =
    "* LIST (\\HasNoChildren) \"/\" INBOX\r\n* LIST (\\Sent) \"/\" \"Sent Items\"\r\nT OK\r\n";

const OPENED: &str = "* 30 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\nT OK [READ-ONLY] done\r\n";

/// What a session hears in a line behind `* `.
pub(super) fn heard(line: &str) -> Option<crate::Response> {
    use crate::parse::{Leniency, Options};

    let options = Options {
        leniency: Leniency::SERVERS,
        ..Options::default()
    };
    let octets = format!("* {line}").into_bytes();
    let parsed = crate::response::parse_with(&octets, &options);
    parsed.ok().map(|parsed| parsed.value)
}

fn order() -> Order {
    Order {
        names: vec!["Sent".to_owned()],
        create: None,
        message_id: Some(b"<1@a>".to_vec()),
        date: None,
        since: (2025, 11, 4),
        date_time: " 5-Nov-2025 10:00:00 +0100".to_owned(),
        size: MESSAGE.len() as u64,
    }
}

/// A login with a server that then offers `capabilities`.
fn logged_in(capabilities: &str) -> client::Authenticated {
    let config = client::Config {
        security: client::Security::Tls,
        methods: vec![client::Method::login("u", Secret::from("p")).unwrap()],
        id: Vec::new(),
        limits: Limits::BEFORE_LOGIN,
        tag_seed: [1; 8],
    };
    let (mut input, mut out) = (Input::new(20_000), BytesMut::new());
    input.feed(b"* OK [CAPABILITY IMAP4rev1] hi\r\n").unwrap();
    let client::Step::NeedInput(state) = client::start(config).process(&mut input, &mut out).unwrap() else {
        panic!()
    };
    let tag = String::from_utf8(out[..8].to_vec()).unwrap();
    let answer = format!("{tag} OK [CAPABILITY {capabilities}] in\r\n");
    input.feed(answer.as_bytes()).unwrap();
    match state.process(&mut input, &mut out).unwrap() {
        client::Step::Authenticated(state) => state,
        other => panic!("{other:?}"),
    }
}

/// A session whose server says what a script has it say.
struct Rig {
    input: Input,
    out: BytesMut,
    tag: String,
    sent: String,
    /// `None` once it is over.
    state: Option<NeedInput>,
    end: String,
}

impl Rig {
    fn new(capabilities: &str, order: Order) -> Self {
        let mut out = BytesMut::new();
        let state = start(logged_in(capabilities), order, Limits::FILING, [2; 8], &mut out);
        let mut rig = Self {
            input: Input::new(Limits::FILING.input_capacity()),
            out,
            tag: String::new(),
            sent: String::new(),
            state: Some(state),
            end: "waits".to_owned(),
        };
        rig.note();
        rig
    }

    /// Remembers what was sent, with `T` for tags.
    fn note(&mut self) {
        let sent = String::from_utf8(self.out.split().to_vec()).unwrap();
        for line in sent.split_inclusive('\n') {
            match line.split_once(' ') {
                Some((tag, rest))
                    if tag.len() == 8 && tag.bytes().all(|octet| octet.is_ascii_alphanumeric()) =>
                {
                    assert_ne!(tag, self.tag, "a tag is used twice");
                    self.tag = tag.to_owned();
                    self.sent.push_str(&format!("T {rest}"));
                }
                _ => self.sent.push_str(line),
            }
        }
    }

    /// `said` with the last tag for each `T` that begins a line.
    fn tagged(&self, said: &str) -> String {
        let lines = said
            .split_inclusive('\n')
            .map(|line| match line.strip_prefix("T ") {
                Some(rest) => format!("{} {rest}", self.tag),
                None => line.to_owned(),
            });
        lines.collect()
    }

    /// Receives `octets`, with the last tag for `T`, in pieces.
    fn receive(&mut self, octets: &str, sizes: &[usize]) {
        let tagged = self.tagged(octets);
        let mut rest = tagged.as_bytes();
        for &size in sizes.iter().cycle() {
            let (now, later) = rest.split_at(size.min(rest.len()));
            rest = later;
            self.input.feed(now).unwrap();
            self.process();
            self.note();
            if rest.is_empty() {
                return;
            }
        }
    }

    fn process(&mut self) {
        while let Some(state) = self.state.take() {
            match state.process(&mut self.input, &mut self.out) {
                Ok(Step::NeedInput(state)) => {
                    self.state = Some(state);
                    return;
                }
                Ok(Step::Send(send)) => self.state = Some(self.message(send)),
                Ok(Step::Done(done)) => self.end = format!("{done:?}"),
                Ok(Step::Refused(refused)) => self.end = refused.to_string(),
                Err(error) => self.end = error.to_string(),
            }
        }
    }

    fn message(&mut self, mut send: Send) -> NeedInput {
        for piece in MESSAGE.chunks(10) {
            send.append(piece, &mut self.out).unwrap();
        }
        send.sent(&mut self.out).unwrap()
    }
}

/// Runs the whole script: what is sent, what the server then says, and so on.
fn run(
    capabilities: &str,
    order: Order,
    script: &[(&str, &str)],
    sizes: impl Fn(usize) -> Vec<usize>,
) -> String {
    let mut rig = Rig::new(capabilities, order);
    for (turn, (sent, said)) in script.iter().enumerate() {
        assert_eq!(std::mem::take(&mut rig.sent), *sent);
        rig.receive(said, &sizes(turn));
    }
    format!("{}{}", rig.sent, rig.end)
}

/// How the script ends, however what the server says arrives.
fn ends(capabilities: &str, order: &Order, script: &[(&str, &str)], end: &str) {
    let check = |sizes: &dyn Fn(usize) -> Vec<usize>| {
        assert_eq!(run(capabilities, order.clone(), script, sizes), end);
    };
    check(&|_| vec![usize::MAX]);
    check(&|_| vec![1]);
    for (split, (_, said)) in script.iter().enumerate() {
        for at in 1..said.len() {
            check(&|turn| {
                if turn == split {
                    vec![at, usize::MAX]
                } else {
                    vec![usize::MAX]
                }
            });
        }
    }
}

const LIST: &str = "T LIST \"\" \"*\" RETURN (SPECIAL-USE)\r\n";
const EXAMINE: &str = "T EXAMINE \"Sent Items\"\r\n";
const RECENT: &str = "T FETCH 11:* (UID BODY.PEEK[HEADER.FIELDS (MESSAGE-ID DATE)])\r\n";
const OTHERS: &str = "* 29 FETCH (UID 4 BODY[HEADER.FIELDS (MESSAGE-ID DATE)] {23}\r\nMessage-ID: <1@a>.b\r\n\r\n)\r\n\
    * 30 FETCH (UID 5 BODY[HEADER.FIELDS (MESSAGE-ID DATE)] {2}\r\n\r\n)\r\nT OK\r\n";
const SEARCH: &str = "T UID SEARCH SINCE 4-Nov-2025 HEADER Message-ID \"<1@a>\"\r\n";
const FETCH: &str = "T UID FETCH 4,5 (UID BODY.PEEK[HEADER.FIELDS (MESSAGE-ID DATE)])\r\n";
const APPENDED: &str = "T APPEND \"Sent Items\" (\\Seen) \" 5-Nov-2025 10:00:00 +0100\" {25+}\r\n\
    Message-ID: <1@a>\r\n\r\nhi\r\n\r\n";
const FILED: &str = "T LOGOUT\r\nFiled { mailbox: \"Sent Items\", uid: Some((7, 6)), namesake: Absent }";
