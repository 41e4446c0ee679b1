//! Responses of RFC 3501 and RFC 9051 that are not about mailboxes or searches.

use gatepost_imap::response::{Completion, OtherResponse, Response};
use gatepost_imap::types::{Flag, Raw, Token};
use gatepost_imap::{Capabilities, ResponseCode, Status};

use crate::{read, same};

/// The code and the text of a status.
fn parts(line: &str) -> (Option<ResponseCode>, String) {
    let (Response::Tagged { text, .. } | Response::Status { text, .. }) = read(line) else {
        panic!("{line}")
    };
    let (code, text) = text.into_parts();
    (code, text.to_string_lossy().into_owned())
}

#[test]
fn the_greeting() {
    for (line, expected) in [
        ("* OK IMAP4rev1 Service Ready", Status::Ok),
        ("* PREAUTH IMAP4rev1 server logged in as Smith", Status::Preauth),
        ("* BYE Autologout; idle for too long", Status::Bye),
    ] {
        assert!(matches!(same(line), Response::Status { status, .. } if status == expected));
    }
}

#[test]
fn statuses() {
    for (line, expected) in [
        ("A001 OK LOGIN completed", Completion::Ok),
        ("A222 NO COPY failed: disk is full", Completion::No),
        ("a1 BAD {10}", Completion::Bad),
    ] {
        assert!(matches!(same(line), Response::Tagged { status, .. } if status == expected));
    }
    for line in [
        "* OK Salvage successful, no data lost",
        "* NO Disk is 98% full, please delete unnecessary data",
        "* BAD Disk crash, attempting salvage to a new disk!",
        "* OK [UIDVALIDITY 3857529045] UIDs valid",
        "* OK ",
    ] {
        assert!(matches!(same(line), Response::Status { .. }));
    }
    assert!(matches!(read("* ok x"), Response::Status { .. }));
}

#[test]
fn codes_stand_before_the_text() {
    let code = Some(ResponseCode::UidValidity(std::num::NonZeroU32::MAX));
    assert_eq!(
        parts("* OK [UIDVALIDITY 4294967295] UIDs valid"),
        (code, "UIDs valid".to_owned())
    );
    assert_eq!(
        parts("a NO [UNAVAILABLE] "),
        (Some(ResponseCode::Unavailable), String::new())
    );
    assert_eq!(parts("a NO [unfinished"), (None, "[unfinished".to_owned()));
    assert_eq!(parts("a NO x [ALERT] y"), (None, "x [ALERT] y".to_owned()));
    assert_eq!(
        parts("a NO [ALERT]  [y]"),
        (Some(ResponseCode::Alert), " [y]".to_owned())
    );
    assert_eq!(parts("* OK caf\u{e9} {3}"), (None, "caf\u{e9} {3}".to_owned()));
}

#[test]
fn continuations() {
    let Response::Continuation(ready) = same("+ Ready for additional command text") else {
        panic!()
    };
    assert_eq!(*ready.text().text(), "Ready for additional command text");
    assert!(ready.octets().is_none());
    let Response::Continuation(challenge) =
        same("+ PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+")
    else {
        panic!()
    };
    let octets = challenge.octets().unwrap();
    assert_eq!(octets.expose(), b"<1896.697170952@postoffice.reston.mci.net>");
    let Response::Continuation(empty) = same("+ ") else {
        panic!()
    };
    assert!(empty.octets().unwrap().expose().is_empty());
    let Response::Continuation(code) = same("+ [ALERT] look") else {
        panic!()
    };
    assert_eq!(code.text().code(), Some(&ResponseCode::Alert));
    assert!(code.octets().is_none());
}

#[test]
fn capabilities_and_enabled() {
    let list = Capabilities::parse(b"IMAP4rev2 STARTTLS AUTH=GSSAPI XPIG-LATIN");
    assert_eq!(
        same("* CAPABILITY IMAP4rev2 STARTTLS AUTH=GSSAPI XPIG-LATIN"),
        Response::Capability(list)
    );
    let condstore = Capabilities::parse(b"CONDSTORE");
    assert_eq!(same("* ENABLED CONDSTORE"), Response::Enabled(condstore));
    assert_eq!(same("* ENABLED"), Response::Enabled(Capabilities::default()));
}

#[test]
fn id() {
    let Response::Id(id) = same(
        "* ID (\"name\" \"Cyrus\" \"version\" \"1.5\" \"os\" \"sunos\" \"os-version\" \"5.5\" \"support-url\" \"mailto:cyrus-bugs+@andrew.cmu.edu\")",
    ) else {
        panic!()
    };
    assert_eq!(id.value("os").unwrap(), "sunos");
    assert!(matches!(same("* ID NIL"), Response::Id(id) if id.is_empty()));
}

#[test]
fn numbers_of_messages() {
    assert_eq!(same("* 23 EXISTS"), Response::Exists(23));
    assert_eq!(same("* 0 EXISTS"), Response::Exists(0));
    assert_eq!(same("* 5 RECENT"), Response::Recent(5));
    let number = std::num::NonZeroU32::new(44).unwrap();
    assert_eq!(same("* 44 EXPUNGE"), Response::Expunge(number));
}

#[test]
fn flags() {
    let flags = vec![
        Flag::Answered,
        Flag::Flagged,
        Flag::Deleted,
        Flag::Seen,
        Flag::Draft,
    ];
    assert_eq!(
        same("* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)"),
        Response::Flags(flags)
    );
    assert_eq!(same("* FLAGS ()"), Response::Flags(vec![]));
    let keywords = vec![Flag::new("$MDNSent").unwrap(), Flag::new("\\X").unwrap()];
    assert_eq!(same("* FLAGS ($MDNSent \\X)"), Response::Flags(keywords));
}

#[test]
fn others_are_kept() {
    for line in [
        "* GENURLAUTH \"imap://joe@example.com/INBOX/;uid=20/;section=1.2;urlauth=submit+fred:internal:91354a473744909de610943775f92038\"",
        "* COMPARATOR \"i;unicode-casemap\"",
        "* LANGUAGE (EN-GB)",
        "* 7 X-COLOR red",
        "* OKAY",
        "* XFOO ",
        "* URLFETCH \"imap://x\" {3}\r\na\r\n",
    ] {
        assert!(matches!(same(line), Response::Other(_)), "{line}");
    }
    let Response::Other(other) = read("* URLFETCH \"imap://x\" {3}\r\na\r\n") else {
        panic!()
    };
    assert_eq!(other.name(), "URLFETCH");
    let tokens: Vec<_> = other.arguments().tokens().collect();
    assert!(matches!(&tokens[..], [Token::String(url), Token::Literal(octets)]
        if *url == "imap://x" && octets == "a\r\n"));
    for known in ["5 EXISTS", "OK x", "SEARCH 1", "SEARCH x", "", "(", "FLAGS"] {
        assert!(OtherResponse::new(Raw::new(known).unwrap()).is_err(), "{known}");
    }
}
