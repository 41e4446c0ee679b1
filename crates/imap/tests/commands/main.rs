//! Commands of any kind: written and read, by us and by imap-codec.

#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod arbitrary;
mod common;
mod coverage;
mod messages;
mod oracle;
mod roundtrip;
mod words;

use bytes::BytesMut;
use gatepost_imap::command::Body;
use gatepost_imap::{Command, Literals, Tag};

/// The command with its CRLF, where literals need not wait.
fn encoded(body: &Body) -> BytesMut {
    let command = Command {
        tag: Tag::parse(b"a1").unwrap(),
        body: body.clone(),
    };
    let mut out = BytesMut::new();
    assert!(command.encode(&mut out, Literals::Any).is_empty() || matches!(body, Body::Other(_)));
    out
}
