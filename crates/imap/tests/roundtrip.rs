//! What is written is read back as the same value.

#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::borrow::Cow;

use bytes::BytesMut;
use gatepost_imap::command::{self, Body, Initial};
use gatepost_imap::{Command, Frame, Framer, Limits, Tag};
use gatepost_wire::{Input, Secret};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// Octets that a string may hold: all but NUL.
fn text() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec(1_u8.., 0..40),
        "[ -~]{0,40}".prop_map(String::into_bytes),
        "\\PC{0,10}".prop_map(String::into_bytes),
        Just(b"\r\na1 LOGIN x {5}".to_vec()),
    ]
}

fn tag() -> impl Strategy<Value = Tag> {
    "[A-Za-z0-9.\\]=/-]{1,64}".prop_map(|tag| Tag::parse(tag.as_bytes()).unwrap())
}

fn base64() -> impl Strategy<Value = Vec<u8>> {
    "[A-Za-z0-9+/]{1,30}={0,2}"
        .prop_map(String::into_bytes)
        .prop_filter("the empty response", |text| text != b"=")
}

/// The owned parts of a command; the command borrows them.
#[derive(Debug, Clone)]
enum Parts {
    Plain(Body<'static>),
    Login(Vec<u8>, Vec<u8>),
    Authenticate(String, Option<Option<Vec<u8>>>),
    Id(Vec<(Vec<u8>, Option<Vec<u8>>)>),
    Other(String, Vec<u8>),
}

fn parts() -> impl Strategy<Value = Parts> {
    let plain = prop::sample::select(vec![Body::Capability, Body::Noop, Body::Logout, Body::StartTls]);
    prop_oneof![
        plain.prop_map(Parts::Plain),
        (text(), text()).prop_map(|(user, password)| Parts::Login(user, password)),
        ("[A-Z0-9_-]{1,20}", option::of(option::of(base64())))
            .prop_map(|(mechanism, initial)| Parts::Authenticate(mechanism, initial)),
        vec((text(), option::of(text())), 0..6).prop_map(Parts::Id),
        ("X[A-Za-z0-9]{0,8}", text()).prop_map(|(verb, arguments)| Parts::Other(verb, arguments)),
    ]
}

fn body(parts: &Parts) -> Body<'_> {
    match parts {
        Parts::Plain(body) => body.clone(),
        Parts::Login(user, password) => Body::Login {
            user: Cow::Borrowed(user),
            password: Secret::from(password.as_slice()),
        },
        Parts::Authenticate(mechanism, initial) => Body::Authenticate {
            mechanism,
            initial: initial
                .as_ref()
                .map(|text| text.as_deref().map_or(Initial::Empty, Initial::Base64)),
        },
        Parts::Id(fields) => Body::Id(
            fields
                .iter()
                .map(|(name, value)| (Cow::from(name.as_slice()), value.as_deref().map(Cow::from)))
                .collect(),
        ),
        Parts::Other(verb, arguments) => Body::Other {
            verb: verb.as_bytes(),
            arguments,
        },
    }
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
    fn commands(tag in tag(), parts in parts()) {
        let command = Command { tag, body: body(&parts) };
        let mut octets = BytesMut::new();
        command.encode(&mut octets);
        let message = match parts {
            // Raw arguments may be no command at all, so they are not framed.
            Parts::Other(..) => BytesMut::from(&octets[..octets.len() - 2]),
            _ => framed(Framer::commands(Limits::AFTER_LOGIN), &octets),
        };
        prop_assert_eq!(command::parse(&message), Ok(command));
    }

    #[test]
    fn nothing_panics(octets in vec(any::<u8>(), 0..200)) {
        let _ = command::parse(&octets);
        prop_assert!(command::parse(&octets).map_or_else(|error| error.offset <= octets.len(), |_| true));
    }
}
