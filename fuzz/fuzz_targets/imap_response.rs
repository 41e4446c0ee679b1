//! Responses: what can be read can be written, and is read as the same again.
#![no_main]

use bytes::BytesMut;
use gatepost_imap::response;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|message: &[u8]| {
    match response::parse(message) {
        Err(error) => assert!(error.offset <= message.len() && !error.to_string().is_empty()),
        Ok(response) => {
            let mut written = BytesMut::new();
            response.encode(&mut written);
            let again = written.strip_suffix(b"\r\n").expect("a response ends with CRLF");
            assert_eq!(response::parse(again), Ok(response));
        }
    }
});
