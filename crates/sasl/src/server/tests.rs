use super::*;
use crate::ErrorKind;

fn claimed(exchange: Result<Exchange, Error>) -> (String, Vec<u8>) {
    match exchange {
        Ok(Exchange::Verify(claim)) => {
            let Claim::Password(password) = &claim else {
                panic!("{claim:?}")
            };
            (claim.name().to_owned(), password.password().expose().to_vec())
        }
        other => panic!("{other:?}"),
    }
}

fn challenged(exchange: Result<Exchange, Error>) -> Challenge {
    match exchange {
        Ok(Exchange::Challenge(challenge)) => challenge,
        other => panic!("{other:?}"),
    }
}

fn kind(exchange: Result<Exchange, Error>) -> ErrorKind {
    exchange
        .map(|exchange| format!("{exchange:?}"))
        .unwrap_err()
        .kind()
}

fn plain(message: &[u8]) -> Result<Exchange, Error> {
    let at_once = super::plain(Some(message));
    let after_challenge = challenged(super::plain(None)).respond(message);
    assert_eq!(format!("{at_once:?}"), format!("{after_challenge:?}"));
    at_once
}

/// RFC 4616 section 4.
#[test]
fn plain_takes_the_examples_of_its_specification() {
    assert_eq!(
        claimed(plain(b"\0tim\0tanstaaftanstaaf")),
        ("tim".into(), b"tanstaaftanstaaf".into())
    );
    assert_eq!(kind(plain(b"Ursel\0Kurt\0xipj3plmq")), ErrorKind::Authzid);
}

#[test]
fn plain_takes_a_repeated_identity_and_utf8() {
    let message = "jörg\0jörg\0pässwörd ☃".as_bytes();
    assert_eq!(claimed(plain(message)), ("jörg".into(), "pässwörd ☃".into()));
}

#[test]
fn plain_has_exactly_two_nuls() {
    for message in [
        &b""[..],
        b"alice",
        b"\0alice",
        b"\0alice\0secret\0",
        b"\0\0\0",
        b"\0alice\0sec\0ret",
    ] {
        assert_eq!(
            kind(plain(message)),
            ErrorKind::Malformed,
            "{}",
            message.escape_ascii()
        );
    }
}

#[test]
fn nobody_has_such_a_name_or_password() {
    let long_name = [&b"\0"[..], &[b'a'; 321], b"\0x"].concat();
    let long_password = [&b"\0alice\0"[..], &[b'a'; 1025]].concat();
    let messages = [
        &b"\0\0secret"[..],
        b"\0alice\0",
        b"\0\0",
        b"\0al\xffice\0x",
        b"\0alice\0\xff",
        b"\0al\nice\0x",
        &long_name,
        &long_password,
    ];
    for message in messages {
        assert_eq!(
            kind(plain(message)),
            ErrorKind::Identity,
            "{}",
            message.escape_ascii()
        );
    }
}

#[test]
fn the_longest_name_and_password_are_taken() {
    let (name, password) = ([b'a'; 320], [b'b'; 1024]);
    let message = [&b"\0"[..], &name, b"\0", &password].concat();
    assert_eq!(claimed(plain(&message)).1, password);
}

#[test]
fn login_asks_for_name_and_password() {
    let name = challenged(login(None));
    assert_eq!(name.octets(), b"Username:");
    let password = challenged(name.respond(b"alice"));
    assert_eq!(password.octets(), b"Password:");
    assert_eq!(
        claimed(password.respond(b"sec\\ret\"")),
        ("alice".into(), b"sec\\ret\"".into())
    );
}

#[test]
fn an_initial_response_of_login_is_the_name() {
    let password = challenged(login(Some(b"alice")));
    assert_eq!(password.octets(), b"Password:");
    assert_eq!(challenged(login(Some(b""))).octets(), b"Username:");
}

#[test]
fn login_refuses_what_nobody_has() {
    assert_eq!(kind(login(Some(b"al\0ice"))), ErrorKind::Identity);
    assert_eq!(kind(challenged(login(None)).respond(b"")), ErrorKind::Identity);
    for password in [&b""[..], b"sec\0ret", b"\xff"] {
        let exchange = challenged(login(Some(b"alice")));
        assert_eq!(kind(exchange.respond(password)), ErrorKind::Identity);
    }
}

#[test]
fn an_exchange_never_prints_the_password() {
    assert!(!format!("{:?}", plain(b"\0alice\0hunter2")).contains("hunter2"));
    let challenge = challenged(login(Some(b"alice")));
    assert!(format!("{challenge:?}").contains("alice"));
}
