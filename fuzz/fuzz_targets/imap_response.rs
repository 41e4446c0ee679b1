//! Responses: what can be read can be written, and is read as the same again, strictly and as sessions read it. What is
//! written is one message to a framer.
#![no_main]

use bytes::{Bytes, BytesMut};
use gatepost_imap::parse::{Leniency, Options};
use gatepost_imap::response::{self, Response};
use gatepost_imap::{Frame, Framer, Limits};
use gatepost_wire::Input;
use libfuzzer_sys::fuzz_target;

/// The message that a client gets.
fn framed(response: &Response) -> Bytes {
    let mut octets = BytesMut::new();
    response.encode(&mut octets);
    let mut input = Input::new(Limits::AFTER_LOGIN.input_capacity());
    input.feed(&octets).expect("there is room");
    match Framer::responses(Limits::AFTER_LOGIN).next(&mut input) {
        Ok(Some(Frame::Message(message))) if input.is_empty() => message.freeze(),
        other => panic!("{other:?}"),
    }
}

fuzz_target!(|message: &[u8]| {
    let shared = Bytes::copy_from_slice(message);
    let strict = response::parse(message);
    assert_eq!(strict, response::parse(&shared));
    match strict {
        Err(error) => assert!(error.offset <= message.len() && !error.to_string().is_empty()),
        Ok(response) => assert_eq!(response::parse(&framed(&response)), Ok(response)),
    }
    let options = Options {
        leniency: Leniency::SERVERS,
        ..Options::default()
    };
    if let Ok(parsed) = response::parse_with(&shared, &options) {
        let again = response::parse_with(&framed(&parsed.value), &options).expect("what was written is read");
        assert_eq!(again.value, parsed.value);
    }
});
