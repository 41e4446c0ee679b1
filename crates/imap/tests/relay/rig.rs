//! Drives a relay through a script, in pieces of every size.

use std::sync::Arc;

use gatepost_imap::relay::{EmptyLiteral, Pattern, Relay, Rules, Sink};
use gatepost_imap::{Capabilities, Identity};

/// What one side sends while the other is silent.
#[derive(Debug, Clone)]
pub enum Turn {
    Client(Vec<u8>),
    Server(Vec<u8>),
}

/// The client sends `text`.
pub fn c(text: &str) -> Turn {
    Turn::Client(text.as_bytes().to_vec())
}

/// The server sends `text`.
pub fn s(text: &str) -> Turn {
    Turn::Server(text.as_bytes().to_vec())
}

#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Out {
    pub client: Vec<u8>,
    pub server: Vec<u8>,
    pub identities: Vec<Identity>,
    /// Mailboxes and Message-IDs, if the rules ask for them.
    pub appended: Vec<String>,
}

impl Sink for Out {
    fn to_client(&mut self, octets: &[u8]) {
        assert!(!octets.is_empty(), "nothing was sent to the client");
        self.client.extend_from_slice(octets);
    }

    fn to_server(&mut self, octets: &[u8]) {
        assert!(!octets.is_empty(), "nothing was sent to the server");
        self.server.extend_from_slice(octets);
    }

    fn identified(&mut self, identity: &Identity) {
        self.identities.push(identity.clone());
    }

    fn appended(&mut self, mailbox: &[u8], message_id: &[u8]) {
        let (mailbox, message_id) = (mailbox.escape_ascii(), message_id.escape_ascii());
        self.appended.push(format!("{mailbox}: {message_id}"));
    }
}

/// A relay and the caller's part: what is held, and what was put out.
pub struct Rig {
    pub relay: Relay,
    pub out: Out,
    pub held: Vec<u8>,
    pub error: Option<String>,
}

impl Rig {
    pub fn new(upstream: &str, rules: Rules) -> Self {
        Self {
            relay: Relay::new(&Capabilities::parse(upstream.as_bytes()), Arc::new(rules)),
            out: Out::default(),
            held: Vec::new(),
            error: None,
        }
    }

    /// A turn in pieces of these sizes, over and over.
    pub fn take(&mut self, turn: &Turn, sizes: &[usize]) {
        let mut sizes = sizes.iter().cycle();
        let (Turn::Client(octets) | Turn::Server(octets)) = turn;
        let mut rest = octets.as_slice();
        while !rest.is_empty() {
            let size = sizes.next().map_or(usize::MAX, |&size| size).min(rest.len());
            let (now, later) = rest.split_at(size);
            rest = later;
            match turn {
                Turn::Client(_) => self.client(now),
                Turn::Server(_) => self.server(now),
            }
        }
        self.client(b"");
    }

    pub fn client(&mut self, octets: &[u8]) {
        if self.error.is_some() {
            return;
        }
        self.held.extend_from_slice(octets);
        if self.relay.holds_client() {
            return;
        }
        match self.relay.from_client(&self.held, &mut self.out) {
            Ok(taken) => {
                assert!(taken <= self.held.len(), "more was taken than there is");
                self.held.drain(..taken);
                assert!(
                    self.held.is_empty() || self.relay.holds_client(),
                    "left without a reason"
                );
            }
            Err(error) => {
                self.held.clear();
                self.error = Some(error.to_string());
            }
        }
    }

    pub fn server(&mut self, octets: &[u8]) {
        if self.error.is_some() {
            return;
        }
        if let Err(error) = self.relay.from_server(octets, &mut self.out) {
            self.error = Some(error.to_string());
        }
    }
}

/// A script and what has to come of it, however its turns arrive.
pub struct Case {
    pub upstream: &'static str,
    pub hidden: &'static [&'static str],
    pub empty_literal: EmptyLiteral,
    pub turns: Vec<Turn>,
}

impl Case {
    pub fn new(turns: impl Into<Vec<Turn>>) -> Self {
        Self {
            upstream: "IMAP4rev1 IDLE LITERAL+",
            hidden: &[],
            empty_literal: EmptyLiteral::Quote,
            turns: turns.into(),
        }
    }

    pub fn upstream(self, upstream: &'static str) -> Self {
        Self { upstream, ..self }
    }

    pub fn hiding(self, hidden: &'static [&'static str]) -> Self {
        Self { hidden, ..self }
    }

    pub fn keeping_empty_literals(self) -> Self {
        Self {
            empty_literal: EmptyLiteral::Keep,
            ..self
        }
    }

    /// Everything passes as it is.
    pub fn passes(self) {
        let octets = |pick: fn(&Turn) -> Option<&Vec<u8>>| {
            let turns: Vec<u8> = self.turns.iter().filter_map(pick).flatten().copied().collect();
            String::from_utf8(turns).unwrap()
        };
        let client = octets(|turn| match turn {
            Turn::Client(octets) => Some(octets),
            Turn::Server(_) => None,
        });
        let server = octets(|turn| match turn {
            Turn::Server(octets) => Some(octets),
            Turn::Client(_) => None,
        });
        self.gives(&client, &server);
    }

    pub fn gives(self, to_server: &str, to_client: &str) {
        self.ends_with(to_server, to_client, None);
    }

    /// The relay ends with this error.
    pub fn fails(self, to_server: &str, to_client: &str, error: &str) {
        self.ends_with(to_server, to_client, Some(error));
    }

    /// Everything passes as it is, and these names of programs are heard.
    pub fn identifies(self, names: &[&str]) {
        for size in [usize::MAX, 1, 7] {
            let heard = self.run(|_| vec![size]).out.identities;
            let heard: Vec<&str> = heard
                .iter()
                .filter_map(|identity| identity.name.as_deref())
                .collect();
            assert_eq!(heard, names, "in pieces of {size}");
        }
        self.passes();
    }

    /// Everything passes as it is, and the caller hears of these mailboxes and Message-IDs in the end.
    pub fn reports(self, appended: &[&str]) {
        self.each_way(|rig, how| assert_eq!(rig.out.appended, appended, "{how}"));
        self.passes();
    }

    fn ends_with(self, to_server: &str, to_client: &str, error: Option<&str>) {
        self.each_way(|rig, how| {
            let text = |octets: &[u8]| octets.escape_ascii().to_string();
            assert_eq!(text(&rig.out.server), text(to_server.as_bytes()), "{how}");
            assert_eq!(text(&rig.out.client), text(to_client.as_bytes()), "{how}");
            assert_eq!(rig.error.as_deref(), error, "{how}");
        });
    }

    /// Runs the script with every way to cut it.
    fn each_way(&self, check: impl Fn(Rig, String)) {
        check(self.run(|_| vec![usize::MAX]), "whole".to_owned());
        check(self.run(|_| vec![1]), "octet by octet".to_owned());
        for (split, turn) in self.turns.iter().enumerate() {
            let (Turn::Client(octets) | Turn::Server(octets)) = turn;
            for at in 1..octets.len() {
                let sizes = |index| {
                    if index == split {
                        vec![at, usize::MAX]
                    } else {
                        vec![usize::MAX]
                    }
                };
                check(self.run(sizes), format!("turn {split} split at {at}"));
            }
        }
    }

    fn run(&self, sizes: impl Fn(usize) -> Vec<usize>) -> Rig {
        let hidden = self.hidden.iter().map(|text| Pattern::new(text));
        let rules = Rules::new(hidden, self.empty_literal).watching_appends();
        let mut rig = Rig::new(self.upstream, rules);
        for (index, turn) in self.turns.iter().enumerate() {
            rig.take(turn, &sizes(index));
        }
        rig
    }
}
