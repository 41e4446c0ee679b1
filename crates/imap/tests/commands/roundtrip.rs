//! What is written is read back as the same value.

use bytes::{Bytes, BytesMut};
use gatepost_imap::command::{self, Body};
use gatepost_imap::parse::{Leniency, Options};
use gatepost_imap::{Command, Frame, Framer, Limits, Literals};
use gatepost_wire::Input;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::arbitrary::body;
use crate::encoded;
use crate::words::tag;

/// What a server gets that is sent each piece of `octets` when it asked for it, but for the last CRLF.
fn received(octets: &[u8], pauses: impl Iterator<Item = usize>) -> Bytes {
    let mut framer = Framer::commands(Limits::AFTER_LOGIN);
    let mut input = Input::new(Limits::AFTER_LOGIN.input_capacity());
    let mut sent = 0;
    for pause in pauses {
        input.feed(&octets[sent..pause]).unwrap();
        let frame = framer.next(&mut input).unwrap();
        assert!(matches!(frame, Some(Frame::LiteralWanted { .. })), "{frame:?}");
        assert!(framer.next(&mut input).unwrap().is_none());
        sent = pause;
    }
    input.feed(&octets[sent..]).unwrap();
    match framer.next(&mut input).unwrap() {
        Some(Frame::Message(message)) if input.is_empty() => Bytes::from(message.to_vec()),
        other => panic!("{other:?}"),
    }
}

/// Whether what is compared has octets that are spelled anew, such as the announcement of a literal.
fn is_respelled(body: &Body, literals: Literals) -> bool {
    matches!(body, Body::Other(_)) && literals != Literals::Any
}

proptest! {
    #[test]
    fn commands(tag in tag(), body in body()) {
        let command = Command { tag, body };
        for literals in [Literals::Any, Literals::Small, Literals::Synchronizing] {
            let mut octets = BytesMut::from("behind ");
            let pauses = command.encode(&mut octets, literals);
            let pauses = pauses.iter().map(|pause| pause - 7);
            let message = received(&octets[7..], pauses);
            let shared = command::parse(&message).unwrap();
            prop_assert_eq!(&command::parse(&message[..]).unwrap(), &shared);
            if is_respelled(&command.body, literals) {
                prop_assert!(matches!(shared.body, Body::Other(_)));
            } else {
                prop_assert_eq!(&shared, &command);
            }
        }
    }

    /// Leniency changes nothing of what follows the grammar, and what does not is told.
    #[test]
    fn leniency_changes_nothing_that_is_valid(body in body(), at in any::<prop::sample::Index>(), octet in any::<u8>()) {
        let mut octets = encoded(&body);
        let at = at.index(octets.len());
        octets[at] = octet;
        let options = Options { leniency: Leniency::SERVERS, ..Options::default() };
        let message = &octets[..octets.len() - 2];
        match command::parse_with(message, &options) {
            Ok(parsed) => {
                let strict = command::parse(message);
                prop_assert_eq!(strict.is_ok(), parsed.forgiven.is_empty());
                if let Ok(strict) = strict {
                    prop_assert_eq!(&strict, &parsed.value);
                    let mut again = BytesMut::new();
                    let _ = strict.encode(&mut again, Literals::Any);
                    prop_assert_eq!(command::parse(&again[..again.len() - 2]), Ok(strict));
                }
            }
            Err(error) => prop_assert!(error.offset <= message.len() && !error.to_string().is_empty()),
        }
    }

    /// Each prefix of a command is an error within it, or another command.
    #[test]
    fn prefixes(body in body()) {
        let octets = encoded(&body);
        for end in 0..octets.len() - 2 {
            if let Err(error) = command::parse(&octets[..end]) {
                prop_assert!(error.offset <= end);
            }
        }
    }

    #[test]
    fn nothing_panics(octets in vec(any::<u8>(), 0..200), options in prop::sample::select(vec![Leniency::STRICT, Leniency::SERVERS])) {
        let options = Options { leniency: options, ..Options::default() };
        let octets = [b"a ", &octets[..]].concat();
        if let Err(error) = command::parse_with(&octets, &options) {
            prop_assert!(error.offset <= octets.len());
        }
    }
}
