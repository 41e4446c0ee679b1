//! Responses: the examples of the RFCs, what servers really send, and values of any kind.

#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod errors;
mod examples;
mod mailboxes;
mod oracle;
mod rights;
mod roundtrip;
mod searches;
mod servers;
mod values;

use bytes::BytesMut;
use gatepost_imap::parse::{Leniency, Options, Parsed};
use gatepost_imap::response::{self, Response};
use gatepost_imap::types::{Mailbox, Text};

/// What a server says, read strictly, written and read again.
#[track_caller]
fn read(line: &str) -> Response {
    let octets = line.as_bytes().to_vec();
    let response = match response::parse(&octets) {
        Ok(response) => response,
        Err(error) => panic!("{line}: {error}"),
    };
    assert_eq!(
        response::parse(&written(&response)).as_ref(),
        Ok(&response),
        "{line}"
    );
    response
}

/// As [`read`], and it is written exactly so.
#[track_caller]
fn same(line: &str) -> Response {
    let response = read(line);
    assert_eq!(String::from_utf8_lossy(&written(&response)), line);
    response
}

/// A response without its final CRLF.
fn written(response: &Response) -> BytesMut {
    let mut out = BytesMut::new();
    response.encode(&mut out);
    let length = out.len() - 2;
    assert_eq!(&out.split_off(length)[..], b"\r\n");
    out
}

/// What a server says, read as sessions do.
#[track_caller]
fn forgiving(line: &[u8]) -> Parsed<Response> {
    match response::parse_with(&line.to_vec(), &lenient()) {
        Ok(parsed) => parsed,
        Err(error) => panic!("{}: {error}", line.escape_ascii()),
    }
}

fn lenient() -> Options {
    Options {
        leniency: Leniency::SERVERS,
        ..Options::default()
    }
}

fn mailbox(name: &'static str) -> Mailbox {
    Mailbox::new(name).unwrap()
}

fn text(text: &'static str) -> Text {
    Text::new(text).unwrap()
}
