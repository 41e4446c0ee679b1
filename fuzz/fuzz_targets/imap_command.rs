//! Commands: what can be read can be written, and is read as the same again.
#![no_main]

use bytes::BytesMut;
use gatepost_imap::command;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|message: &[u8]| {
    match command::parse(message) {
        Err(error) => assert!(error.offset <= message.len() && !error.to_string().is_empty()),
        Ok(command) => {
            let mut written = BytesMut::new();
            command.encode(&mut written);
            let again = written.strip_suffix(b"\r\n").expect("a command ends with CRLF");
            assert_eq!(command::parse(again), Ok(command));
        }
    }
});
