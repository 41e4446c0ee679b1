//! What is written is read back as the same value: responses. Commands are in `commands/`.

#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::borrow::Cow;

use bytes::BytesMut;
use gatepost_imap::response::{self, Response};
use gatepost_imap::{Capabilities, Frame, Framer, Limits, ResponseCode, Status, Tag};
use gatepost_wire::Input;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

fn tag() -> impl Strategy<Value = Tag> {
    "[A-Za-z0-9.\\]=/-]{1,64}".prop_map(|tag| Tag::parse(tag.as_bytes()).unwrap())
}

fn code() -> impl Strategy<Value = ResponseCode<'static>> {
    prop_oneof![
        Just(ResponseCode::Alert),
        Just(ResponseCode::AuthenticationFailed),
        Just(ResponseCode::Limit),
        Just(ResponseCode::OverQuota),
        (1_u32.., 1_u32..).prop_map(|(validity, uid)| ResponseCode::AppendUid { validity, uid }),
        "[A-Z0-9=/ -]{0,40}".prop_map(|list| ResponseCode::Capability(Capabilities::parse(list.as_bytes()))),
        "X[ -\\\\^-~]{0,20}".prop_map(|code| ResponseCode::Other(Cow::Owned(code.into_bytes()))),
    ]
}

/// A text that does not begin like a code.
fn status_text() -> impl Strategy<Value = Vec<u8>> {
    "([ -Z^-~][ -~]{0,40})?".prop_map(String::into_bytes)
}

fn framed(mut framer: Framer, octets: &[u8]) -> BytesMut {
    let mut input = Input::new(Limits::AFTER_LOGIN.input_capacity());
    input.feed(octets).unwrap();
    match framer.next(&mut input).unwrap() {
        Some(Frame::Message(message)) if input.is_empty() => message,
        other => panic!("{other:?}"),
    }
}

proptest! {
    #[test]
    fn statuses(
        tag in option::of(tag()),
        status in prop::sample::select(Status::ALL.to_vec()),
        code in option::of(code()),
        text in status_text(),
    ) {
        prop_assume!(tag.is_none() || status.may_be_tagged());
        let response = Response::Status { tag, status, code, text: &text };
        let mut octets = BytesMut::new();
        response.encode(&mut octets);
        let message = framed(Framer::responses(Limits::AFTER_LOGIN), &octets);
        prop_assert_eq!(response::parse(&message), Ok(response));
    }

    #[test]
    fn other_responses(list in "[A-Z0-9=/ -]{0,60}", text in "[ -~]{0,40}", other in "[0-9]{1,5} [A-Z]{1,9}") {
        for response in [
            Response::Capability(Capabilities::parse(list.as_bytes())),
            Response::Continuation(text.as_bytes()),
            Response::Other(other.as_bytes()),
        ] {
            let mut octets = BytesMut::new();
            response.encode(&mut octets);
            let message = framed(Framer::responses(Limits::AFTER_LOGIN), &octets);
            prop_assert_eq!(response::parse(&message), Ok(response));
        }
    }

    #[test]
    fn nothing_panics(octets in vec(any::<u8>(), 0..200)) {
        let _ = response::parse(&octets);
    }
}
