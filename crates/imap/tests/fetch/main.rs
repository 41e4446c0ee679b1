//! What servers tell of messages: the examples of the RFCs, what real servers send, and values of any kind.

#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod arbitrary;
mod bodies;
mod examples;
mod roundtrip;
mod servers;
mod streamed;

use bytes::BytesMut;
use gatepost_imap::parse::{Leniency, Options};
use gatepost_imap::response::fetch::{BodyStructure, Envelope, Fetch, Item};
use gatepost_imap::response::{self, Response};

/// A response without its final CRLF.
fn written(response: &Response) -> BytesMut {
    let mut out = BytesMut::new();
    response.encode(&mut out);
    let length = out.len() - 2;
    assert_eq!(&out.split_off(length)[..], b"\r\n");
    out
}

fn lenient() -> Options {
    Options {
        leniency: Leniency::SERVERS,
        ..Options::default()
    }
}

fn fetched(response: Response) -> Fetch {
    match response {
        Response::Fetch(fetch) => fetch,
        other => panic!("{other:?}"),
    }
}

/// The items of a line, read strictly.
#[track_caller]
fn items(line: &str) -> Vec<Item> {
    match response::parse(&line.as_bytes().to_vec()) {
        Ok(response) => fetched(response).items.into_vec(),
        Err(error) => panic!("{line}: {error}"),
    }
}

/// The items of a line that is written as it was read.
#[track_caller]
fn same(line: &str) -> Vec<Item> {
    let items = items(line);
    let response = response::parse(&line.as_bytes().to_vec()).unwrap();
    assert_eq!(String::from_utf8_lossy(&written(&response)), line);
    items
}

fn envelope(items: &[Item]) -> &Envelope {
    items
        .iter()
        .find_map(|item| match item {
            Item::Envelope(envelope) => Some(&**envelope),
            _ => None,
        })
        .unwrap()
}

fn structure(items: &[Item]) -> &BodyStructure {
    items
        .iter()
        .find_map(|item| match item {
            Item::Body(body) | Item::BodyStructure(body) => Some(body),
            _ => None,
        })
        .unwrap()
}
