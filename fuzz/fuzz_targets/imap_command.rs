//! Commands: what can be read can be written, and is read as the same again, however the server wants its literals.
//!
//! The input is a command as a framer delivers it. Written anew, it is sent to a framer as a client sends it: piece by
//! piece where it has to wait, and nowhere else does the framer ask.
#![no_main]

use bytes::{Bytes, BytesMut};
use gatepost_imap::command;
use gatepost_imap::parse::{Leniency, Options};
use gatepost_imap::{Command, Frame, Framer, Limits, Literals};
use gatepost_wire::Input;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|message: &[u8]| {
    let strict = command::parse(message);
    lenient(message, strict.as_ref().ok());
    match strict {
        Err(error) => assert!(error.offset <= message.len() && !error.to_string().is_empty()),
        Ok(command) => {
            let shared = Bytes::copy_from_slice(message);
            assert_eq!(command::parse(&shared).as_ref(), Ok(&command));
            for literals in [Literals::Any, Literals::Small, Literals::Synchronizing] {
                written(&command, literals);
            }
        }
    }
});

/// Leniency changes nothing of what follows the grammar, and what does not is told.
fn lenient(message: &[u8], strict: Option<&Command>) {
    let options = Options {
        leniency: Leniency::SERVERS,
        ..Options::default()
    };
    match command::parse_with(message, &options) {
        Err(error) => assert!(strict.is_none() && error.offset <= message.len()),
        Ok(parsed) => {
            assert_eq!(parsed.forgiven.is_empty(), strict.is_some());
            assert!(strict.is_none_or(|strict| *strict == parsed.value));
            assert!(parsed.forgiven.iter().all(|(_, offset)| offset <= message.len()));
        }
    }
}

fn written(command: &Command, literals: Literals) {
    let mut octets = BytesMut::new();
    let pauses = command.encode(&mut octets, literals);
    let message = received(&octets, pauses.iter());
    let again = command::parse(&message).expect("what was written is a command");
    // In what is not known the announcements of literals are kept, and spelled anew where a client has to wait.
    assert!(literals != Literals::Any || again == *command);
    let mut octets_again = BytesMut::new();
    assert_eq!(again.encode(&mut octets_again, literals), pauses);
    assert_eq!(octets_again, octets);
}

/// What a server gets that is sent each piece of `octets` when it asked for it.
fn received(octets: &[u8], pauses: impl Iterator<Item = usize>) -> Vec<u8> {
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
        Some(Frame::Message(message)) if input.is_empty() => message.to_vec(),
        other => panic!("{other:?}"),
    }
}
