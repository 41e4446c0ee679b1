//! What a relay keeps. What it does is in `tests/relay/`.

use super::*;

struct Nowhere;

impl Sink for Nowhere {
    fn to_client(&mut self, _octets: &[u8]) {}
    fn to_server(&mut self, _octets: &[u8]) {}
}

fn relay() -> Relay {
    let rules = Rules::new([], EmptyLiteral::Quote).watching_appends();
    Relay::new(&Capabilities::parse(b"IMAP4rev1 IDLE LITERAL+"), Arc::new(rules))
}

/// Buffers of the two directions, in octets.
fn buffers(relay: &Relay) -> (usize, usize) {
    (relay.commands.buffered(), relay.responses.buffered())
}

#[test]
fn a_sleeping_relay_has_no_buffers() {
    let mut relay = relay();
    let turns: [(&[u8], &[u8]); 8] = [
        (
            b"a1 SELECT INBOX\r\n",
            b"* 3 EXISTS\r\na1 OK [CAPABILITY A STARTTLS] x\r\n",
        ),
        (
            b"a2 CAPABILITY\r\n",
            b"* CAPABILITY IMAP4rev1 STARTTLS\r\na2 OK\r\n",
        ),
        (b"a3 COMPRESS DEFLATE\r\n", b"* 4 EXISTS\r\n"),
        (b"a3 ID (\"name\" \"x\")\r\n", b"* ID NIL\r\na3 OK\r\n"),
        (
            b"a4 FETCH 1 (BODY[])\r\n",
            b"* 1 FETCH (BODY[] {3}\r\nabc)\r\na4 OK\r\n",
        ),
        (
            b"a5 APPEND x {18+}\r\nMessage-ID: <a@b>\n\r\n",
            b"a5 OK [APPENDUID 1 1] x\r\n",
        ),
        (b"a6 APPEND x {1+}\r\nx\r\n", b"a6 NO x\r\n"),
        (b"a7 IDLE\r\n", b"+ idling\r\n"),
    ];
    for (client, server) in turns {
        client
            .chunks(1)
            .for_each(|octet| assert_eq!(relay.from_client(octet, &mut Nowhere), Ok(1)));
        for octet in server.chunks(1) {
            relay.from_server(octet, &mut Nowhere).unwrap();
        }
        assert_eq!(buffers(&relay), (0, 0), "{}", client.escape_ascii());
        assert!(relay.commands.watch.is_asleep(), "{}", client.escape_ascii());
    }
}

#[test]
fn long_lines_and_literals_are_not_kept() {
    let mut relay = relay();
    relay
        .from_client(b"a APPEND x {1000000+}\r\n", &mut Nowhere)
        .unwrap();
    relay
        .from_server(b"* 1 FETCH (BODY[] {1000000}\r\n", &mut Nowhere)
        .unwrap();
    for _ in 0..1000 {
        relay.from_client(&[b'x'; 1000], &mut Nowhere).unwrap();
        relay.from_server(&[b'x'; 1000], &mut Nowhere).unwrap();
        assert_eq!(buffers(&relay), (0, 0));
    }
}

#[test]
fn heads_and_words_are_kept_under_a_cap() {
    let mut relay = relay();
    relay.from_server(b"* CAPABILITY ", &mut Nowhere).unwrap();
    for _ in 0..10_000 {
        relay.from_server(b"x", &mut Nowhere).unwrap();
        assert!(relay.responses.buffered() <= 512);
    }
    relay.from_client(b"a ID (", &mut Nowhere).unwrap();
    relay.from_client(&[b'x'; 100_000], &mut Nowhere).unwrap();
    assert!(relay.commands.buffered() <= 8192);
    relay.from_client(b"\r\n", &mut Nowhere).unwrap();
    for _ in 0..128 {
        relay.from_client(b"x", &mut Nowhere).unwrap();
        assert!(relay.commands.buffered() <= 256);
    }
    assert!(relay.from_client(b"x", &mut Nowhere).is_err());
    assert_eq!(relay.commands.buffered(), 0);
}
