//! Each allowance: what is refused without it, read with it, and reported.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use bytes::BytesMut;
use gatepost_smtp::parse::{Allowance, Leniency, Options};
use gatepost_smtp::{Command, Mailbox, command};

const fn only(allowance: Allowance) -> Options {
    Options {
        leniency: Leniency::STRICT.with(allowance),
        ..Options::STRICT
    }
}

fn written(command: &Command<'_>) -> String {
    let mut out = BytesMut::new();
    command.encode(&mut out);
    String::from_utf8(out.strip_suffix(b"\r\n").unwrap().to_vec()).unwrap()
}

/// Whether a line is refused by the grammar and without the allowance, and read with it and noted at `offset`. It is
/// then written as `clean`.
#[track_caller]
fn needs(allowance: Allowance, line: &str, offset: usize, clean: &str) {
    let line = line.as_bytes();
    assert!(command::parse(line).is_err());
    let others = Options {
        leniency: Leniency::ALL.without(allowance),
        ..Options::STRICT
    };
    assert!(command::parse_with(line, &others).is_err());
    for options in [
        only(allowance),
        Options {
            leniency: Leniency::ALL,
            ..Options::STRICT
        },
    ] {
        let parsed = command::parse_with(line, &options).unwrap();
        let forgiven: Vec<_> = parsed.forgiven.iter().collect();
        assert_eq!(
            (forgiven, written(&parsed.value).as_str()),
            (vec![(allowance, offset)], clean)
        );
        let again = command::parse_with(clean.as_bytes(), &options).unwrap();
        assert_eq!(again.value, parsed.value);
    }
}

#[test]
fn trailing_spaces() {
    needs(Allowance::TrailingSpaces, "QUIT  ", 4, "QUIT");
    needs(
        Allowance::TrailingSpaces,
        "MAIL FROM:<a@b> \t",
        15,
        "MAIL FROM:<a@b>",
    );
    needs(Allowance::TrailingSpaces, "NOOP ", 4, "NOOP");
    needs(Allowance::TrailingSpaces, "FOO bar\t", 7, "FOO bar");
}

#[test]
fn path_space() {
    needs(Allowance::PathSpace, "MAIL FROM: <a@b>", 10, "MAIL FROM:<a@b>");
    needs(
        Allowance::PathSpace,
        "RCPT TO: <a@b> NOTIFY=NEVER",
        8,
        "RCPT TO:<a@b> NOTIFY=NEVER",
    );
    let error = command::parse_with(b"MAIL FROM:  <a@b>", &only(Allowance::PathSpace)).unwrap_err();
    assert_eq!((error.offset, error.expected), (11, "an opening angle bracket"));
}

#[test]
fn spaces() {
    needs(Allowance::Spaces, "MAIL   FROM:<a@b>", 5, "MAIL FROM:<a@b>");
    needs(
        Allowance::Spaces,
        "MAIL FROM:<a@b>  A=1   B",
        16,
        "MAIL FROM:<a@b> A=1 B",
    );
    needs(Allowance::Spaces, "BDAT 1  LAST", 7, "BDAT 1 LAST");
    needs(Allowance::Spaces, "EHLO  x", 5, "EHLO x");
    needs(Allowance::Spaces, "AUTH PLAIN  AAAA", 11, "AUTH PLAIN AAAA");
    needs(
        Allowance::Spaces,
        "XCLIENT  PORT=1  NAME=x",
        8,
        "XCLIENT PORT=1 NAME=x",
    );
}

#[test]
fn names() {
    for name in ["my_pc", "localhost.", "b\u{fc}ro", "-", "[1.2.3]"] {
        for verb in ["EHLO", "HELO", "LHLO"] {
            let line = format!("{verb} {name}");
            needs(Allowance::Name, &line, 5, &line);
        }
    }
}

#[test]
fn underscores() {
    let line = "RCPT TO:<a@my_host.example>";
    needs(Allowance::Underscores, line, 11, line);
    let line = "RCPT TO:<a@_x._y>";
    needs(Allowance::Underscores, line, 11, line);
    let both = command::parse_with(b"RCPT TO:<a@x_-.y>", &only(Allowance::Underscores));
    assert!(both.is_err());
}

#[test]
fn dots() {
    needs(Allowance::Dots, "RCPT TO:<.a@b>", 9, "RCPT TO:<\".a\"@b>");
    needs(
        Allowance::Dots,
        "MAIL FROM:<a..b.@c>",
        11,
        "MAIL FROM:<\"a..b.\"@c>",
    );
    let mailbox = Mailbox::parse_with(b"a.@b", &only(Allowance::Dots)).unwrap();
    assert_eq!(mailbox.value.local_part(), "a.");
    assert!(mailbox.forgiven.contains(Allowance::Dots));
}

#[test]
fn brackets() {
    needs(
        Allowance::Brackets,
        "MAIL FROM:a@b SIZE=1",
        10,
        "MAIL FROM:<a@b> SIZE=1",
    );
    needs(Allowance::Brackets, "RCPT TO:\"a b\"@c", 8, "RCPT TO:<\"a b\"@c>");
    assert!(command::parse_with(b"RCPT TO:a@b>", &only(Allowance::Brackets)).is_err());
    assert!(command::parse_with(b"RCPT TO:", &only(Allowance::Brackets)).is_err());
}

#[test]
fn null_paths() {
    needs(Allowance::NullPath, "MAIL FROM:", 10, "MAIL FROM:<>");
    needs(
        Allowance::NullPath,
        "MAIL FROM:< > SIZE=1",
        10,
        "MAIL FROM:<> SIZE=1",
    );
    assert!(command::parse_with(b"RCPT TO:< >", &only(Allowance::NullPath)).is_err());
}

#[test]
fn utf8_without_smtputf8() {
    let line = "MAIL FROM:<\u{e9}@b> BODY=8BITMIME";
    needs(Allowance::Utf8, line, 10, line);
    assert!(command::parse("MAIL FROM:<\u{e9}@b> SMTPUTF8".as_bytes()).is_ok());
    // What RCPT may say depends on MAIL.
    assert!(command::parse("RCPT TO:<\u{e9}@b>".as_bytes()).is_ok());
}

#[test]
fn equals_signs() {
    let line = "MAIL FROM:<> ENVID=a=b= X==";
    needs(Allowance::EqualsSign, line, 20, line);
    let line = "XCLIENT LOGIN=a=b";
    needs(Allowance::EqualsSign, line, 15, line);
}

#[test]
fn hexadecimal_digits_in_lower_case() {
    let line = "XCLIENT LOGIN=a+3db";
    needs(Allowance::HexDigits, line, 15, line);
}

#[test]
fn mechanisms() {
    for mechanism in ["plain", "XOAuth2", "A-NAME-OF-MORE-THAN-20"] {
        let line = format!("AUTH {mechanism} AAAA");
        needs(Allowance::Mechanism, &line, 5, &line);
    }
}

#[test]
fn base64() {
    for wrong in ["AAA", "AA=A", "AAAAA", "=="] {
        let line = format!("AUTH PLAIN {wrong}");
        needs(Allowance::Base64, &line, 11, &line);
    }
    let parsed = command::parse_with(b"AUTH PLAIN AAA", &Options::CLIENTS).unwrap();
    assert!(
        matches!(parsed.value, Command::Auth { initial: Some(initial), .. } if initial.decode().is_err())
    );
}

#[test]
fn texts() {
    for line in [
        "NOOP anything goes here",
        "HELP MAIL FROM",
        "NOOP \"",
        "VRFY Smith@example.com",
        "VRFY John Smith SMTPUTF8",
        "VRFY  SMTPUTF8",
        "EXPN a list",
        "NOOP  x",
    ] {
        needs(Allowance::Text, line, 5, line);
    }
    for never in ["NOOP a\rb", "NOOP a\nb", "HELP \0", "VRFY a\x01"] {
        assert!(command::parse_with(never.as_bytes(), &only(Allowance::Text)).is_err());
    }
}

#[test]
fn what_follows_the_grammar_needs_nothing() {
    for line in [
        "EHLO x",
        "MAIL FROM:<a@b> SIZE=1",
        "RCPT TO:<\"a\"@b>",
        "NOOP x",
        "AUTH PLAIN =",
        "FOO bar",
    ] {
        for options in [
            Options::CLIENTS,
            Options {
                leniency: Leniency::ALL,
                ..Options::STRICT
            },
        ] {
            let parsed = command::parse_with(line.as_bytes(), &options).unwrap();
            assert!(parsed.forgiven.is_empty());
            assert_eq!(Ok(parsed.value), command::parse(line.as_bytes()));
        }
    }
}

/// What mail programs are known to send is in [`Leniency::CLIENTS`]; what has two meanings is not.
#[test]
fn clients() {
    for line in [
        "EHLO my_pc",
        "EHLO [127.0.0.1] ",
        "mail from: <a@my_host.example> size=1",
        "RCPT TO: <b@example.org>",
        "auth login",
        "AUTH plain AAA=",
        "NOOP are you there?",
        "VRFY a@b",
    ] {
        let parsed = command::parse_with(line.as_bytes(), &Options::CLIENTS);
        assert!(parsed.is_ok_and(|parsed| !parsed.forgiven.is_empty()), "{line}");
    }
    for line in [
        "MAIL FROM:a@b",
        "MAIL FROM:",
        "MAIL  FROM:<a@b>",
        "RCPT TO:<a..b@c>",
        "MAIL FROM:<a@b>X",
    ] {
        assert!(
            command::parse_with(line.as_bytes(), &Options::CLIENTS).is_err(),
            "{line}"
        );
    }
}

#[test]
fn several_are_noted_where_each_was_needed_first() {
    let line = b"MAIL FROM: <a@x_y> ENVID=a=b X=c=d ";
    let parsed = command::parse_with(line, &Options::CLIENTS).unwrap();
    let forgiven: Vec<_> = parsed.forgiven.iter().collect();
    assert_eq!(
        forgiven,
        [
            (Allowance::TrailingSpaces, 34),
            (Allowance::PathSpace, 10),
            (Allowance::Underscores, 14),
            (Allowance::EqualsSign, 26),
        ]
    );
}
