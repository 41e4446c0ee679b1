//! What becomes of a message.

use bytes::BytesMut;
use gatepost_smtp::relay::{Config, MessageStep, Verdict};
use gatepost_wire::Input;

use crate::rig::{ALL, Choice, RECEIVED, Rig, State, config};

/// A rig that waits for a message.
pub fn invited(config: Config) -> Rig {
    let mut rig = Rig::new(ALL, config);
    rig.client(b"MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n");
    rig.server(b"250 Ok\r\n250 Ok\r\n");
    rig.server(b"354 go\r\n");
    assert_eq!(rig.place(), "message");
    assert!(rig.passed().ends_with(RECEIVED));
    rig.heard();
    rig
}

/// What the server hears of a message behind our Received, and what the tee has.
fn sent(message: &str) -> (String, String) {
    let mut rig = invited(config());
    rig.client(message.as_bytes());
    assert_eq!(rig.place(), "held doubt", "{message}");
    let (_, tee) = rig.committed.pop().unwrap();
    (rig.passed(), String::from_utf8(tee).unwrap())
}

const DATE: &str = "Date: Thu, 1 Jan 1970 00:00:00 +0000\r\n";
const ID: &str = "Message-ID: <1@gatepost>\r\n";

#[test]
fn what_is_missing_is_added_to_the_header() {
    for (message, header, rest) in [
        (
            "Date: x\r\nMessage-ID: <a@x>\r\n\r\nbody\r\n",
            "Date: x\r\nMessage-ID: <a@x>\r\n",
            "\r\nbody\r\n",
        ),
        (
            "date : x\r\n\r\nbody\r\n",
            &format!("date : x\r\n{ID}"),
            "\r\nbody\r\n",
        ),
        (
            "MESSAGE-ID: <a@x>\r\n",
            &format!("MESSAGE-ID: <a@x>\r\n{DATE}"),
            "",
        ),
        (
            "Subject: x\r\n y\r\n\r\n",
            &format!("Subject: x\r\n y\r\n{DATE}{ID}"),
            "\r\n",
        ),
        ("\r\nbody\r\n", &format!("{DATE}{ID}"), "\r\nbody\r\n"),
        (
            "Message-ID: \r\n \r\nDate: x\r\n\r\nbody\r\n",
            &format!("Date: x\r\n{ID}"),
            "\r\nbody\r\n",
        ),
        (
            "Date: x\r\nMessage-ID:\r\nMessage-ID: <a@x>\r\n\r\n",
            "Date: x\r\nMessage-ID: <a@x>\r\n",
            "\r\n",
        ),
        ("", &format!("{DATE}{ID}"), ""),
        ("no header\r\n", &format!("{DATE}{ID}"), "\r\nno header\r\n"),
    ] {
        let (server, tee) = sent(&format!("{message}.\r\n"));
        assert_eq!(tee, format!("{header}{rest}"), "{message}");
        assert_eq!(server, format!("{header}{rest}.\r\n"), "{message}");
    }
}

#[test]
fn dots_are_stuffed_for_the_server_and_not_in_the_tee() {
    let header = "Date: x\r\nMessage-ID: <a@x>\r\n";
    let (server, tee) = sent(&format!("{header}\r\n..\r\n...\r\n..x\r\nx.\r\n.\r\n"));
    assert_eq!(server, format!("{header}\r\n..\r\n...\r\n..x\r\nx.\r\n.\r\n"));
    assert_eq!(tee, format!("{header}\r\n.\r\n..\r\n.x\r\nx.\r\n"));
    // A dot that nobody stuffed is taken out (RFC 5321 section 4.5.2).
    let (server, tee) = sent(&format!("{header}\r\n.x\r\n.\r\n"));
    assert_eq!(
        (server, tee),
        (format!("{header}\r\nx\r\n.\r\n"), format!("{header}\r\nx\r\n"))
    );
}

#[test]
fn the_message_says_its_id_and_its_size() {
    for (header, id) in [
        ("Message-ID: <a@x>\r\n", Some(&b"<a@x>"[..])),
        ("Subject: x\r\n", Some(b"<1@gatepost>")),
        ("Message-ID: \x01\r\n", None),
    ] {
        let mut rig = invited(config());
        rig.choice = Choice::Wait;
        rig.client(format!("Date: x\r\n{header}\r\n.\r\n").as_bytes());
        let State::Whole(whole) = &rig.state else { panic!() };
        assert_eq!(whole.message_id(), id);
        assert_eq!(whole.size(), rig.tee.len() as u64);
    }
}

#[test]
fn a_message_over_the_limit_is_not_sent() {
    let line = format!("Date: x\r\nMessage-ID: <a@x>\r\n\r\n{}\r\n", "x".repeat(968));
    assert_eq!(line.len(), 1000);
    sent(&format!("{line}.\r\n"));
    // The dot that is stuffed does not count.
    sent(&format!("{}..\r\n.\r\n", &line[..30].to_owned()));
    for (message, pieces) in [
        (format!("{line}x\r\n.\r\n"), usize::MAX),
        (format!("{line}\r\n.\r\n"), 7),
    ] {
        let mut rig = invited(config());
        for piece in message.as_bytes().chunks(pieces) {
            rig.client(piece);
        }
        assert_eq!(rig.heard(), "552 5.3.4 message is larger than 1000 octets\r\n");
        assert_eq!(rig.place(), "idle alone");
        assert!(rig.committed.is_empty());
    }
}

/// The server hears the same whether somebody keeps a copy or not, and the size is the same.
#[test]
fn a_message_needs_no_tee() {
    let octets = b"From: a@example.com\r\n\r\n..x\r\n.\r\n";
    let mut rig = invited(config());
    let State::Message(message) = std::mem::replace(&mut rig.state, State::Moved) else {
        panic!()
    };
    let (mut client, mut to_server) = (Input::new(1 << 16), BytesMut::new());
    client.feed(octets).unwrap();
    let step = message.process(&mut client, &mut to_server, None, &mut rig.policy);
    let MessageStep::Whole(whole) = step else { panic!() };

    let mut copied = invited(config());
    copied.choice = Choice::Wait;
    copied.client(octets);
    assert_eq!(to_server, copied.passed().as_bytes());
    assert_eq!(whole.size(), copied.tee.len() as u64);
}

/// Memory does not grow with the message: what is not consumed fits the input, and what comes out is what went in.
#[test]
fn fifty_megabytes_pass_in_flat_memory() {
    let mut rig = invited(Config {
        max_message_size: 100 << 20,
        ..config()
    });
    rig.client(b"Subject: x\r\n\r\n");
    rig.passed();
    rig.tee.clear();
    let piece = [
        &b"."[..],
        &vec![b'.'; 20_000],
        b"\r\n..\r\n",
        &vec![b'x'; 40_000],
        b"\r\n",
    ]
    .concat();
    let mut octets = 0;
    while octets < 50 << 20 {
        rig.client(&piece);
        octets += piece.len();
        assert!(rig.client.is_empty());
        assert!(rig.to_server.len() < 2 * piece.len() && rig.tee.len() <= piece.len());
        rig.to_server.clear();
        rig.tee.clear();
        rig.content.clear();
    }
    let State::Message(_) = &rig.state else { panic!() };
    rig.choice = Choice::Wait;
    rig.client(b".\r\n");
    let State::Whole(whole) = &rig.state else { panic!() };
    assert!(whole.size() > 49 << 20);
}

/// SMTP smuggling: CVE-2023-51764 to 51766.
#[test]
fn no_fake_end_ends_a_message_or_reaches_the_server() {
    let fakes = [
        "\n.\n",
        "\n.\r\n",
        "\r\n.\n",
        "\r.\r",
        "\r.\r\n",
        "\r\n.\r",
        "\n.\r",
        "\r.\n",
        "\n\n.\n\n",
        "\r\r.\r\r",
        "\r\n\0.\r\n",
        "\r\n.\0\r\n",
        "\0\r\n.\r",
        "\r\n.\r\r\n",
        "\r\n\r.\r\n",
        "\n\r.\n\r",
        "\n.\n\r",
        "\r\n. \r\n",
        "\r\n .\r\n",
        "\r\n.\t\r\n",
    ];
    for fake in fakes {
        let mut rig = invited(config());
        rig.client(b"Date: x\r\nMessage-ID: <a@x>\r\n\r\nbody");
        rig.client(fake.as_bytes());
        rig.client(b"MAIL FROM:<smuggled@example.com>\r\nRCPT TO:<victim@example.org>\r\n");
        assert!(rig.heard().is_empty(), "{fake:?}");
        rig.client(b"\r\n.\r\n");
        let passed = rig.passed();
        let heard = rig.heard();
        if rig.place() == "held doubt" {
            // It is a line of text, and one end is at the end.
            assert_eq!(passed.matches("\r\n.\r\n").count(), 1, "{fake:?}");
            assert!(passed.ends_with("\r\n.\r\n"));
        } else {
            assert!(heard.starts_with("554 5.6.0 "), "{fake:?} {heard}");
            assert_eq!(heard.lines().count(), 1);
            assert!(!passed.contains("smuggled"), "{fake:?}");
        }
        // Nothing that a lenient server could take for an end is in what it got.
        let text = passed.strip_suffix("\r\n.\r\n").unwrap_or(&passed);
        for end in ["\n.\n", "\n.\r", "\r.\r", "\r.\n"] {
            assert!(!text.contains(end), "{fake:?}");
        }
    }
}

#[test]
fn a_server_that_spoke_before_the_end_is_not_asked() {
    for (said, heard) in [
        (
            "250 2.0.0 queued\r\n",
            "451 4.3.0 the mail server is not available, try again later\r\n",
        ),
        (
            "25",
            "451 4.3.0 the mail server is not available, try again later\r\n",
        ),
        ("550 5.7.1 spam\r\n", "550 5.7.1 spam\r\n"),
        (
            "421 bye\r\n",
            "451 4.3.2 the mail server is closing, try again later\r\n",
        ),
        (
            "nonsense\r\n",
            "451 4.3.0 the mail server is not available, try again later\r\n",
        ),
    ] {
        let mut rig = invited(config());
        rig.choice = Choice::Wait;
        rig.client(b"\r\n.\r\n");
        rig.server(said.as_bytes());
        assert_eq!(rig.place(), "whole");
        rig.passed();
        rig.choice = Choice::Send;
        rig.run();
        assert_eq!((rig.heard(), rig.passed()), (heard.to_owned(), String::new()));
        assert_eq!((rig.place(), rig.connected), ("idle alone".to_owned(), false));
        assert!(rig.verdicts.is_empty());
    }
}

#[test]
fn half_a_reply_in_the_message_is_waited_for() {
    let mut rig = invited(config());
    rig.server(b"552 5.3.4 too");
    rig.client(b"Subject: x\r\n");
    assert_eq!(rig.place(), "message");
    rig.server(b" large\r\n");
    assert_eq!(rig.place(), "swallow");
    rig.client(b".\r\n");
    assert_eq!(rig.heard(), "552 5.3.4 too large\r\n");
}

#[test]
fn the_verdicts() {
    for (reply, verdict, heard, alone) in [
        ("250 2.0.0 ok", Verdict::Accepted, "250 2.0.0 ok", false),
        (
            "250-one\r\n250 two",
            Verdict::Accepted,
            "250-2.0.0 one\r\n250 2.0.0 two",
            false,
        ),
        ("550 5.7.1 no", Verdict::Refused, "550 5.7.1 no", false),
        ("452 no", Verdict::Refused, "452 4.0.0 no", false),
        (
            "421 bye",
            Verdict::Refused,
            "451 4.3.2 the mail server is closing, try again later",
            true,
        ),
        (
            "530 5.7.0 auth",
            Verdict::Refused,
            "451 4.3.0 the mail server is not available, try again later",
            true,
        ),
        (
            "354 more",
            Verdict::Doubt,
            "451 4.3.0 the mail server is not available, try again later",
            true,
        ),
        (
            "221 bye",
            Verdict::Doubt,
            "451 4.3.0 the mail server is not available, try again later",
            true,
        ),
        (
            "what",
            Verdict::Doubt,
            "451 4.3.0 the mail server is not available, try again later",
            true,
        ),
    ] {
        let mut rig = invited(config());
        rig.client(b"\r\n.\r\n");
        assert!(rig.relay_ref().in_doubt());
        rig.server(format!("{reply}\r\n").as_bytes());
        assert_eq!(rig.verdicts, [verdict], "{reply}");
        assert_eq!(rig.heard(), format!("{heard}\r\n"));
        assert_eq!(rig.relay_ref().has_server(), !alone);
        assert!(!rig.relay_ref().in_doubt() && rig.relay_ref().is_idle());
    }
}

#[test]
fn what_is_behind_the_end_is_not_the_message() {
    let mut rig = invited(config());
    rig.choice = Choice::Wait;
    rig.client(b"Subject: x\r\n\r\n.\r\nQUIT\r\n");
    assert_eq!(rig.client.as_slice(), b"QUIT\r\n");
    assert!(!rig.tee.windows(4).any(|octets| octets == b"QUIT"));
}

#[test]
fn a_swallowed_message_takes_no_memory() {
    let mut rig = invited(config());
    rig.client(b"\n");
    for _ in 0..1000 {
        rig.client(&[b'x'; 10_000]);
        assert!(rig.client.is_empty() && rig.to_server.len() < 100 && rig.tee.is_empty());
    }
    rig.client(b"\r\n.\r\nNOOP\r\n");
    assert_eq!(rig.heard(), "554 5.6.0 bare LF at octet 0\r\n250 2.0.0 OK\r\n");
}

#[test]
fn the_server_speaks_while_nothing_of_the_message_came() {
    let mut rig = invited(config());
    let State::Message(message) = std::mem::replace(&mut rig.state, State::Moved) else {
        panic!()
    };
    rig.server.feed(b"552 no\r\n").unwrap();
    let MessageStep::Fault(swallow) = message.server_spoke(&mut rig.server) else {
        panic!()
    };
    assert_eq!(swallow.reply().text(), "no");
    rig.state = State::Swallow(swallow);
    rig.client(b".\r\n");
    assert_eq!(rig.heard(), "552 5.0.0 no\r\n");
}
