//! The relay: how octets arrive makes no difference, nor does watching APPENDs, and no refused command reaches the
//! mail server.
//!
//! The first octet of the input chooses what the mail server offers. Then octets go to the relay: `\x01` and `\x02`
//! begin a piece from the client and from the server. Without any piece from the server there is one that counts
//! literals as the RFC says, and makes its choices by the octets.
#![no_main]

#[path = "../../crates/imap/tests/relay/server.rs"]
mod server;

use std::sync::Arc;

use gatepost_imap::relay::{EmptyLiteral, Pattern, Relay, Rules, Sink};
use gatepost_imap::{Capabilities, Identity};
use libfuzzer_sys::fuzz_target;
use server::Server;

const OFFERS: [&[u8]; 3] = [b"IMAP4rev1", b"IMAP4rev1 LITERAL-", b"IMAP4rev1 LITERAL+"];

const REFUSED: [&str; 5] = ["COMPRESS", "STARTTLS", "AUTHENTICATE", "LOGIN", "UNAUTHENTICATE"];

#[derive(Clone, Copy, PartialEq)]
enum Side {
    Client,
    Server,
}

type Piece = (Side, Vec<u8>);

/// The caller of a relay.
struct Rig {
    relay: Relay,
    out: Out,
    held: Vec<u8>,
    ended: bool,
}

#[derive(Default)]
struct Out {
    client: Vec<u8>,
    server: Vec<u8>,
    /// What the client said that it is.
    identities: Vec<Identity>,
    /// Mailboxes and Message-IDs.
    appended: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Sink for Out {
    fn to_client(&mut self, octets: &[u8]) {
        self.client.extend_from_slice(octets);
    }

    fn to_server(&mut self, octets: &[u8]) {
        self.server.extend_from_slice(octets);
    }

    fn identified(&mut self, identity: &Identity) {
        self.identities.push(identity.clone());
    }

    fn appended(&mut self, mailbox: &[u8], message_id: &[u8]) {
        assert!((1..=1024).contains(&message_id.len()) && mailbox.len() <= 1024);
        self.appended.push((mailbox.to_vec(), message_id.to_vec()));
    }
}

impl Rig {
    fn new(offer: u8, rules: Rules) -> Self {
        let offered = Capabilities::parse(OFFERS[usize::from(offer) % OFFERS.len()]);
        Self {
            relay: Relay::new(&offered, Arc::new(rules)),
            out: Out::default(),
            held: Vec::new(),
            ended: false,
        }
    }

    fn take(&mut self, (side, octets): &Piece) {
        match side {
            _ if self.ended => {}
            Side::Client => {
                self.held.extend_from_slice(octets);
                self.client();
            }
            Side::Server => self.ended = self.relay.from_server(octets, &mut self.out).is_err(),
        }
    }

    fn client(&mut self) {
        if self.ended || self.relay.holds_client() {
            return;
        }
        match self.relay.from_client(&self.held, &mut self.out) {
            Ok(taken) => drop(self.held.drain(..taken)),
            Err(_) => {
                self.ended = true;
                self.held.clear();
            }
        }
        assert!(self.held.is_empty() || self.relay.holds_client());
    }
}

fuzz_target!(|octets: &[u8]| {
    let Some((&offer, octets)) = octets.split_first() else {
        return;
    };
    let pieces = pieces(octets);
    if pieces.iter().any(|(side, _)| *side == Side::Server) {
        let watching = || rules().watching_appends();
        let whole = run(offer, &pieces, usize::MAX, watching());
        assert!(run(offer, &pieces, 1, watching()) == whole && run(offer, &pieces, 7, watching()) == whole);
        let unwatched = run(offer, &pieces, usize::MAX, rules());
        assert!(unwatched.relayed == whole.relayed && unwatched.appended.is_empty());
        check_lines(octets, &whole.relayed.0);
    } else {
        converse(offer, &pieces);
    }
});

fn pieces(octets: &[u8]) -> Vec<Piece> {
    let mut pieces = vec![(Side::Client, Vec::new())];
    for &octet in octets {
        match (octet, pieces.last_mut()) {
            (1, _) => pieces.push((Side::Client, Vec::new())),
            (2, _) => pieces.push((Side::Server, Vec::new())),
            (octet, Some((_, piece))) => piece.push(octet),
            (_, None) => {}
        }
    }
    pieces
}

fn rules() -> Rules {
    Rules::new([Pattern::new("X-*")], EmptyLiteral::Quote)
}

#[derive(PartialEq)]
struct Outcome {
    /// To the server, to the client, held, and whether it ended.
    relayed: (Vec<u8>, Vec<u8>, Vec<u8>, bool),
    appended: Vec<(Vec<u8>, Vec<u8>)>,
    identities: Vec<Identity>,
}

/// What comes of the pieces, cut into smaller ones. What was held goes on behind each.
fn run(offer: u8, pieces: &[Piece], size: usize, rules: Rules) -> Outcome {
    let mut rig = Rig::new(offer, rules);
    for (side, octets) in pieces {
        octets
            .chunks(size)
            .for_each(|octets| rig.take(&(*side, octets.to_vec())));
        rig.client();
    }
    Outcome {
        relayed: (rig.out.server, rig.out.client, rig.held, rig.ended),
        appended: rig.out.appended,
        identities: rig.out.identities,
    }
}

/// Where there is no literal and no IDLE, every line to the server is a command.
fn check_lines(octets: &[u8], to_server: &[u8]) {
    if octets.contains(&b'{') {
        return;
    }
    for line in String::from_utf8_lossy(to_server).split("\r\n") {
        let name = line.split(' ').nth(1).unwrap_or_default().to_uppercase();
        assert!(!REFUSED.contains(&name.as_str()), "{line}");
    }
}

/// The same with a server that means what it says.
fn converse(offer: u8, pieces: &[Piece]) {
    let mut rig = Rig::new(offer, rules().watching_appends());
    let choices = pieces.iter().flat_map(|(_, octets)| octets.first().copied());
    let mut server = Server::new(choices.chain([0]).collect());
    let mut pieces = pieces.iter();
    loop {
        let piece = pieces.next();
        piece.into_iter().for_each(|piece| rig.take(piece));
        server.hear(&std::mem::take(&mut rig.out.server));
        let said = server.say();
        if said.is_empty() && piece.is_none() {
            break;
        }
        rig.take(&(Side::Server, said));
        rig.client();
        server.hear(&std::mem::take(&mut rig.out.server));
    }
    assert!(server.refused.is_empty(), "{:?}", server.refused);
    assert!(rig.ended || !rig.relay.holds_client() || server.asked());
}
