//! Other parsers read the same in the FETCH responses that we write.
//!
//! Where they do not, the difference is listed with its reason; what is listed is checked too, so that the list stays
//! true.

#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

#[allow(dead_code, reason = "the other tests of FETCH need the rest")]
#[path = "../fetch/arbitrary.rs"]
mod arbitrary;
mod imap_codec;
mod imap_proto;

use bytes::BytesMut;
use gatepost_imap::response::Response;
use gatepost_imap::response::fetch::{Fetch, Item};
use gatepost_imap::types::NonEmpty;

/// The response of one item, with its final CRLF.
fn line(item: Item) -> BytesMut {
    let mut out = BytesMut::new();
    let number = 1.try_into().unwrap();
    let items = NonEmpty::of(item);
    Response::Fetch(Fetch { number, items }).encode(&mut out);
    out
}
