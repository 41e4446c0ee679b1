//! A driver of random operations, a server that means what it says, and what has to hold whatever happens.

use std::collections::VecDeque;

use gatepost_smtp::relay::Verdict;

use crate::rig::{Choice, RECEIVED, Rig, Sent, State, config};

/// What happens.
#[derive(Debug, Clone)]
pub enum Op {
    /// The client sends these octets.
    Client(Vec<u8>),
    /// The server says so many of the replies that it has.
    Say(u8),
    /// It says something else.
    Raw(Vec<u8>),
    /// Its connection is lost.
    Lose,
    /// There is another, with PIPELINING or without.
    Replace(bool),
    /// There is none.
    NoServer,
    /// Something of the caller's fails in the middle of a message.
    Fail,
    /// From here on this is what the caller does.
    Choose(Choice),
}

/// A mail server that decides by a list of choices.
pub struct Server {
    pipelining: bool,
    heard: Vec<u8>,
    replies: VecDeque<String>,
    choices: VecDeque<u8>,
    envelope: Option<Vec<String>>,
    in_data: bool,
    /// It said what makes no sense, or closes: whatever it hears comes to nothing.
    closed: bool,
    /// What it took the end of, and its reply.
    messages: Vec<(Vec<String>, Vec<u8>, String)>,
}

const OK: &str = "250 2.0.0 Ok";

impl Server {
    fn new(pipelining: bool, choices: VecDeque<u8>) -> Self {
        Self {
            pipelining,
            heard: Vec::new(),
            replies: VecDeque::new(),
            choices,
            envelope: None,
            in_data: false,
            closed: false,
            messages: Vec::new(),
        }
    }

    fn hear(&mut self, octets: &[u8]) {
        self.heard.extend_from_slice(octets);
        while !self.closed && self.take() {}
    }

    fn take(&mut self) -> bool {
        if self.in_data {
            assert!(
                self.heard.is_empty() || self.replies.is_empty(),
                "the message before 354"
            );
            return self.message();
        }
        let Some(lf) = self.heard.iter().position(|&octet| octet == b'\n') else {
            return false;
        };
        let line: Vec<u8> = self.heard.drain(..=lf).collect();
        let line = String::from_utf8(line).unwrap();
        assert!(self.pipelining || self.replies.is_empty(), "pipelined: {line}");
        let reply = self.command(line.strip_suffix("\r\n").unwrap());
        self.replies.push_back(reply);
        true
    }

    fn choice(&mut self) -> u8 {
        let choice = self.choices.pop_front().unwrap_or_default();
        self.choices.push_back(choice);
        choice % 16
    }

    /// Its answer to a command that it likes; the text tells which it was.
    fn decide(&mut self, yes: &str, about: &str) -> (bool, String) {
        match self.choice() {
            0..=9 => (true, format!("{yes} {about}")),
            10 => (false, format!("550-no\r\n550 5.1.1 {about}")),
            11 => (false, format!("450 4.2.0 {about}")),
            12 => (false, format!("551 {about}")),
            13 => self.close("421 4.3.2 closing"),
            14 => self.close("334 "),
            _ => self.close("235 2.7.0 hello"),
        }
    }

    fn close(&mut self, last: &str) -> (bool, String) {
        self.closed = true;
        (false, last.to_owned())
    }

    fn command(&mut self, line: &str) -> String {
        let about = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
        match (&line[..4], &mut self.envelope) {
            ("MAIL", Some(_)) => panic!("nested MAIL"),
            ("MAIL", None) => {
                let (yes, reply) = self.decide(OK, &about);
                self.envelope = yes.then(|| vec![format!("<{about}>")]);
                reply
            }
            ("RCPT", None) => format!("503 5.5.1 {about}"),
            ("RCPT", Some(_)) => {
                let (yes, reply) = self.decide("250 2.1.5", &about);
                if let (true, Some(envelope)) = (yes, &mut self.envelope) {
                    envelope.push(format!("<{about}>"));
                }
                reply
            }
            ("DATA", Some(envelope)) if envelope.len() > 1 => {
                let (yes, reply) = self.decide("354", "go");
                self.in_data = yes;
                reply
            }
            ("DATA", _) => panic!("DATA without a recipient"),
            ("RSET", _) => {
                self.envelope = None;
                OK.to_owned()
            }
            ("QUIT", _) => self.close("221 2.0.0 bye").1,
            _ => panic!("{line}"),
        }
    }

    fn message(&mut self) -> bool {
        let end = if self.heard.starts_with(b".\r\n") {
            Some(0)
        } else {
            let mut windows = self.heard.windows(5);
            windows.position(|octets| octets == b"\r\n.\r\n").map(|at| at + 2)
        };
        let Some(end) = end else { return false };
        let stuffed: Vec<u8> = self.heard.drain(..end + 3).collect();
        let content = stuffed[..end]
            .split_inclusive(|&octet| octet == b'\n')
            .flat_map(|line| line.strip_prefix(b".").unwrap_or(line))
            .copied()
            .collect();
        self.in_data = false;
        let (yes, reply) = self.decide(OK, "message");
        let envelope = self.envelope.clone().unwrap();
        if yes {
            // Postfix keeps the transaction of a message that it refuses.
            self.envelope = None;
        }
        self.messages.push((envelope, content, reply.clone()));
        self.replies.push_back(reply);
        true
    }
}

/// Runs `ops` and checks them. How the client's octets arrive makes no difference, but for what stands behind DATA and
/// comes before the answer or not.
pub fn run(ops: &[Op], pipelining: bool, choices: &[u8]) {
    let whole = outcome(ops, pipelining, choices);
    let singly = outcome(&singly(ops), pipelining, choices);
    let early = |heard: &str| heard.contains("octets behind a refused DATA");
    if !early(&whole.0) && !early(&singly.0) {
        assert_eq!(whole, singly);
    }
}

fn singly(ops: &[Op]) -> Vec<Op> {
    let mut all = Vec::new();
    for op in ops {
        match op {
            Op::Client(octets) => all.extend(octets.iter().map(|&octet| Op::Client(vec![octet]))),
            op => all.push(op.clone()),
        }
    }
    all
}

/// What the client heard, and what was committed.
fn outcome(ops: &[Op], pipelining: bool, choices: &[u8]) -> (String, Vec<Sent>) {
    let extensions = |pipelining| if pipelining { "PIPELINING SIZE" } else { "SIZE" };
    let mut rig = Rig::new(extensions(pipelining), config());
    let choices: VecDeque<u8> = choices.iter().copied().collect();
    let mut servers = vec![Server::new(pipelining, choices.clone())];
    let sound = !ops.iter().any(|op| matches!(op, Op::Raw(_)));
    let (mut sent, mut heard) = (Vec::new(), Vec::new());
    // In the end all is answered, by a server that means what it says, or because it is lost.
    let last = if sound { Op::Say(u8::MAX) } else { Op::Lose };
    let settle = [last, Op::NoServer];
    let lines = |op: &Op| match op {
        Op::Client(octets) => octets.iter().filter(|&&octet| octet == b'\n').count(),
        _ => 1,
    };
    let rounds = ops.iter().map(lines).sum::<usize>() + 4;
    let settle = settle.iter().cycle().take(2 * rounds);
    for op in ops.iter().chain(settle) {
        let server = servers.last_mut().unwrap();
        match op {
            Op::Client(octets) => {
                let room = rig.client.room().min(octets.len());
                sent.extend_from_slice(&octets[..room]);
                rig.client(&octets[..room]);
            }
            Op::Say(count) => {
                let count = server.replies.len().min(usize::from(*count));
                let said: String = server
                    .replies
                    .drain(..count)
                    .map(|reply| reply + "\r\n")
                    .collect();
                rig.server(said.as_bytes());
            }
            Op::Raw(octets) => rig.server(&octets[..octets.len().min(rig.server.room())]),
            Op::Lose => rig.lose(),
            Op::Replace(pipelining) => {
                if matches!(&rig.state, State::Relay(relay) if !relay.has_server()) {
                    servers.push(Server::new(*pipelining, choices.clone()));
                    rig.replace(extensions(*pipelining));
                }
            }
            Op::NoServer => {
                if matches!(&rig.state, State::Relay(relay) if relay.needs_server()) {
                    rig.refuse_mail();
                }
            }
            Op::Fail => rig.fail(),
            Op::Choose(choice) => rig.choice = *choice,
        }
        heard.extend_from_slice(&rig.to_client.split());
        let to_server = rig.to_server.split();
        if sound && rig.connected {
            servers.last_mut().unwrap().hear(&to_server);
        }
    }
    let replies = check_replies(&sent, &heard, &rig, sound);
    assert_eq!(rig.policy.refused, replies.refused);
    check_messages(&rig, &servers, &replies, sound);
    (String::from_utf8(heard).unwrap(), rig.committed)
}

/// The servers have whole messages of those that were committed, with their envelopes, and the client was told of
/// success only where a server was content.
fn check_messages(rig: &Rig, servers: &[Server], replies: &Replies, sound: bool) {
    let accepted = rig
        .verdicts
        .iter()
        .filter(|verdict| **verdict == Verdict::Accepted);
    assert_eq!(accepted.count(), replies.sent, "success that is none");
    if !sound {
        return;
    }
    let mut taken = servers.iter().flat_map(|server| &server.messages);
    let mut verdicts = rig.verdicts.iter();
    for (envelope, tee) in &rig.committed {
        let Some((at_server, content, reply)) = taken.next() else {
            // The connection was lost with the end of the message on its way.
            assert_ne!(verdicts.next(), Some(&Verdict::Accepted));
            continue;
        };
        assert_eq!(envelope, at_server);
        let expected = [RECEIVED.as_bytes(), tee].concat();
        assert_eq!(
            expected.escape_ascii().to_string(),
            content.escape_ascii().to_string()
        );
        if let Some(Verdict::Accepted) = verdicts.next() {
            assert!(reply.starts_with("25"), "accepted: {reply}");
        }
    }
    assert_eq!(taken.count(), 0, "a message that was not committed");
}

/// What the replies came to.
#[derive(Debug, Default)]
struct Replies {
    /// Messages that were answered 2xx.
    sent: usize,
    /// Commands of transactions that were answered 4xx or 5xx, with the codes.
    refused: Vec<String>,
}

/// Each command has one reply, in order, and nothing else is said; but for the 421 at the end.
fn check_replies(sent: &[u8], heard: &[u8], rig: &Rig, sound: bool) -> Replies {
    let mut replies = split_replies(heard).into_iter().peekable();
    let mut result = Replies::default();
    let mut rest = sent;
    let mut in_message = false;
    while let Some(reply) = replies.next() {
        if in_message {
            let end = rest
                .windows(5)
                .position(|octets| octets == b"\r\n.\r\n")
                .map(|at| at + 5);
            let end = if rest.starts_with(b".\r\n") { Some(3) } else { end };
            let end = end.unwrap_or_else(|| panic!("{reply} before the end of the message"));
            rest = &rest[end..];
            in_message = false;
            assert!(["2", "4", "5"].contains(&&reply[..1]), "{reply} to a message");
            result.sent += usize::from(reply.starts_with('2'));
            continue;
        }
        let lf = rest.iter().position(|&octet| octet == b'\n');
        let line = rest[..lf.map_or(rest.len(), |lf| lf + 1)].to_vec();
        if line.is_empty() || reply.starts_with("421") {
            assert!(reply.starts_with("421"), "{reply} to nothing");
            assert_eq!(replies.next(), None, "something behind 421");
            break;
        }
        rest = &rest[line.len()..];
        let text = String::from_utf8_lossy(&line).to_uppercase();
        check_reply(&text, &reply, sound);
        let last = replies.peek().is_none() && matches!(rig.state, State::Closed(_));
        result.refused.extend(refusal(&text, &reply).filter(|_| !last));
        in_message = reply.starts_with("354");
        if let (true, Some(size)) = (text.starts_with("BDAT "), bdat(&text)) {
            rest = &rest[size.min(rest.len())..];
        }
    }
    // Whatever could be answered was answered.
    let waiting = match &rig.state {
        State::Relay(relay) if relay.wants_client() => rig.client.len(),
        _ => return result,
    };
    let open = in_message || rest.windows(2).any(|octets| octets == b"\r\n");
    assert!(
        !open || rest.len() > waiting && bdat_open(sent),
        "{} was not answered",
        rest.escape_ascii()
    );
    result
}

/// A refusal that the policy is told of. A line that is not one at all is the last, and no command.
fn refusal(line: &str, reply: &str) -> Option<String> {
    let verb = line.split(|char: char| char.is_ascii_whitespace()).next()?;
    let told = ["MAIL", "RCPT", "DATA"].contains(&verb) && reply.starts_with(['4', '5']);
    told.then(|| format!("{verb} {}", &reply[..3]))
}

/// Whether a BDAT waits for its octets.
fn bdat_open(sent: &[u8]) -> bool {
    sent.to_ascii_uppercase()
        .windows(5)
        .any(|octets| octets == b"BDAT ")
}

fn bdat(line: &str) -> Option<usize> {
    line.split_ascii_whitespace().nth(1)?.parse().ok()
}

fn check_reply(line: &str, reply: &str, sound: bool) {
    let verb = line.get(..4).unwrap_or_default();
    let fits = match (verb, &reply[..3]) {
        (_, "500" | "501") => true,
        ("EHLO" | "HELO" | "NOOP" | "RSET", code) => code == "250",
        ("QUIT", code) => code == "221",
        ("DATA", code) => code == "354" || code.starts_with(['4', '5']),
        ("MAIL" | "RCPT", code) => !code.starts_with('3') && code != "235" && code != "221",
        ("BDAT" | "EXPN", code) => code == "502",
        ("HELP", code) => code == "214",
        ("VRFY", code) => code == "252",
        ("AUTH" | "STAR", code) => code == "503",
        ("XCLI" | "XFOR", code) => code == "550",
        _ => false,
    };
    assert!(fits, "{reply} to {line}");
    // What the server said names the address.
    let about = unquoted(line.split(['<', '>']).nth(1).unwrap_or_default());
    let named = unquoted(&reply.lines().last().unwrap_or_default().to_uppercase());
    let ours = [
        "NO SERVER",
        "SERVER",
        "MAIL FIRST",
        "OVER THE LIMIT",
        "NOT YOURS",
        "TOO MANY",
        "TRANSACTION",
    ];
    let theirs = ["250", "550", "551", "450"].contains(&&reply[..3]) && ["MAIL", "RCPT"].contains(&verb);
    assert!(
        !sound || !theirs || ours.iter().any(|text| named.contains(text)) || named.contains(&about),
        "{reply} to {line}"
    );
}

/// Local parts that need no quotes reach the server without them.
fn unquoted(text: &str) -> String {
    text.replace(['"', '\\'], "")
}

/// The replies, each with all its lines; whole lines only.
fn split_replies(heard: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(heard).unwrap();
    assert!(text.is_empty() || text.ends_with("\r\n"), "half a line");
    let mut replies = Vec::new();
    let mut reply = String::new();
    for line in text.split_terminator("\r\n") {
        assert!(!line.contains(['\r', '\n', '\0']) && line.len() >= 4, "{line}");
        reply.push_str(line);
        match line.as_bytes()[3] {
            b' ' => replies.push(std::mem::take(&mut reply)),
            b'-' => reply.push('\n'),
            _ => panic!("{line}"),
        }
    }
    assert!(reply.is_empty(), "half a reply");
    replies
}
