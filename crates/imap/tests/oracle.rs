//! imap-codec reads the same as we do.

#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use gatepost_imap::command::{self, Body, Initial};
use imap_codec::CommandCodec;
use imap_codec::decode::Decoder as _;
use imap_codec::imap_types::command::CommandBody;
use imap_codec::imap_types::core::{AString, IString};
use imap_codec::imap_types::secret::Secret;

fn octets<'a>(text: &'a AString<'_>) -> &'a [u8] {
    match text {
        AString::Atom(atom) => atom.inner().as_bytes(),
        AString::String(IString::Quoted(quoted)) => quoted.inner().as_bytes(),
        AString::String(IString::Literal(literal)) => literal.data(),
    }
}

/// Whether both understand the same.
fn is_same(ours: &Body<'_>, theirs: &CommandBody<'_>) -> bool {
    match (ours, theirs) {
        (Body::Capability, CommandBody::Capability)
        | (Body::Noop, CommandBody::Noop)
        | (Body::Logout, CommandBody::Logout) => true,
        (
            Body::Login { user, password },
            CommandBody::Login {
                username,
                password: theirs,
            },
        ) => user.as_ref() == octets(username) && password.expose() == octets(theirs.declassify()),
        (
            Body::Authenticate { mechanism, initial },
            CommandBody::Authenticate {
                mechanism: theirs,
                initial_response,
            },
        ) => {
            theirs.to_string().eq_ignore_ascii_case(mechanism)
                && decoded(*initial) == secret(initial_response)
        }
        (Body::Other { verb, .. }, theirs) => verb.eq_ignore_ascii_case(theirs.name().as_bytes()),
        _ => false,
    }
}

fn decoded(initial: Option<Initial<'_>>) -> Option<Vec<u8>> {
    match initial {
        None => None,
        Some(Initial::Empty) => Some(Vec::new()),
        Some(Initial::Base64(text)) => Some(gatepost_wire::base64::decode(text).unwrap().expose().to_vec()),
    }
}

fn secret(initial: &Option<Secret<std::borrow::Cow<'_, [u8]>>>) -> Option<Vec<u8>> {
    initial.as_ref().map(|octets| octets.declassify().to_vec())
}

#[test]
fn commands_mean_the_same_to_both() {
    for message in [
        &b"a CAPABILITY"[..],
        b"a1 noop",
        b"EX32 LOGOUT",
        b"a LOGIN alice secret",
        b"a LOGIN \"al\\\"ice\" \"back\\\\slash {5}\"",
        b"a LOGIN {5+}\r\nal\r\ne {3+}\r\np\"w",
        b"a LOGIN \"\" {0+}\r\n",
        b"a AUTHENTICATE PLAIN",
        b"a AUTHENTICATE PLAIN =",
        b"a authenticate PLAIN AGFsaWNlAHNlY3JldA==",
        b"a SELECT INBOX",
        b"a SEARCH ALL",
    ] {
        let line = [message, b"\r\n"].concat();
        let (rest, theirs) = CommandCodec::default().decode(&line).unwrap();
        let ours = command::parse(message).unwrap();
        assert!(rest.is_empty());
        assert_eq!(ours.tag.as_str(), theirs.tag.as_ref());
        assert!(is_same(&ours.body, &theirs.body), "{ours:?} {theirs:?}");
    }
}

#[test]
fn both_refuse_the_same() {
    for message in [
        &b"* NOOP"[..],
        b"+ NOOP",
        b" NOOP",
        b"a  NOOP",
        b"a NOOP x",
        b"a LOGIN alice",
        b"a LOGIN \"a\\b\" c",
        b"a LOGIN (a) b",
        b"a LOGIN a b c",
        b"a{ NOOP",
    ] {
        let line = [message, b"\r\n"].concat();
        assert!(
            CommandCodec::default().decode(&line).is_err(),
            "{}",
            line.escape_ascii()
        );
        assert!(command::parse(message).is_err(), "{}", line.escape_ascii());
    }
}
