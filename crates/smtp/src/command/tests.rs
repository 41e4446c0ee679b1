use bytes::BytesMut;

use super::*;
use crate::parse::ErrorKind;
use crate::{Limit, Mailbox};

fn error(line: &[u8]) -> (usize, &'static str) {
    let error = parse(line).unwrap_err();
    (error.offset, error.expected)
}

fn written(command: &Command<'_>) -> BytesMut {
    let mut out = BytesMut::new();
    command.encode(&mut out);
    out
}

fn name(name: &str) -> ClientName<'_> {
    ClientName::new(name).unwrap()
}

fn text(text: &str) -> Option<Text<'_>> {
    Some(Text::new(text).unwrap())
}

#[test]
fn the_dialogue_of_rfc_5321_appendix_d_1() {
    let mailbox = |text: &'static str| Mailbox::parse(text.as_bytes()).unwrap();
    let mail = Command::Mail {
        from: ReversePath::Mailbox(mailbox("Smith@bar.com")),
        parameters: Parameters::new(),
    };
    let rcpt = Command::Rcpt {
        to: ForwardPath::Mailbox(mailbox("Jones@foo.com")),
        parameters: Parameters::new(),
    };
    for (line, command) in [
        (&b"EHLO bar.com"[..], Command::Ehlo(name("bar.com"))),
        (b"MAIL FROM:<Smith@bar.com>", mail),
        (b"RCPT TO:<Jones@foo.com>", rcpt),
        (b"DATA", Command::Data),
        (b"QUIT", Command::Quit),
    ] {
        assert_eq!(parse(line).as_ref(), Ok(&command));
        assert_eq!(written(&command), [line, b"\r\n"].concat());
        assert_eq!(command.clone().into_owned(), command);
    }
}

#[test]
fn verbs_are_the_same_in_upper_and_lower_case() {
    for (line, command) in [
        (&b"helo x"[..], Command::Helo(name("x"))),
        (b"lhlo [192.0.2.1]", Command::Lhlo(name("[192.0.2.1]"))),
        (b"StartTls", Command::StartTls),
        (b"rSET", Command::Rset),
        (b"noop anything", Command::Noop(text("anything"))),
        (b"noop", Command::Noop(None)),
        (b"help MAIL", Command::Help(text("MAIL"))),
        (b"help", Command::Help(None)),
        (b"vrfy Smith", Command::Vrfy(Query::new("Smith").unwrap())),
        (
            b"expn \"a list\"",
            Command::Expn(Query::new("\"a list\"").unwrap()),
        ),
        (
            "expn \u{e9} smtputf8".as_bytes(),
            Command::Expn(Query::new("\u{e9}").unwrap().with_smtputf8()),
        ),
        (b"data", Command::Data),
    ] {
        assert_eq!(parse(line).as_ref(), Ok(&command));
        let again = written(&command);
        assert!(again.eq_ignore_ascii_case(&[line, b"\r\n"].concat()));
        assert_eq!(command.clone().into_owned(), command);
    }
}

#[test]
fn auth_of_rfc_4954() {
    let auth = |line| match parse(line).unwrap() {
        Command::Auth { mechanism, initial } => (
            mechanism.as_str().to_owned(),
            initial.map(|initial| initial.as_wire().to_owned()),
        ),
        other => panic!("{other:?}"),
    };
    let said =
        |mechanism: &str, initial: Option<&[u8]>| (mechanism.to_owned(), initial.map(<[u8]>::to_owned));
    assert_eq!(
        auth(b"AUTH PLAIN dGVzdAB0ZXN0ADEyMzQ="),
        said("PLAIN", Some(b"dGVzdAB0ZXN0ADEyMzQ="))
    );
    assert_eq!(auth(b"AUTH CRAM-MD5"), said("CRAM-MD5", None));
    assert_eq!(auth(b"auth EXTERNAL ="), said("EXTERNAL", Some(b"=")));
    assert_eq!(error(b"AUTH"), (4, "a space"));
    assert_eq!(error(b"AUTH PLAIN "), (10, "the end of the line"));
    assert_eq!(error(b"AUTH PLAIN  AA=="), (11, "base64"));
    assert_eq!(error(b"AUTH PLAIN AA== AA=="), (15, "the end of the line"));
    assert_eq!(error(b"AUTH PLAIN AAA*"), (14, "the end of the line"));
    assert_eq!(error(b"AUTH P(AIN"), (6, "a space"));
    for wrong in ["A", "AA", "AAA", "A===", "AA=A", "====", "A=AA", "==", "AAAA="] {
        assert_eq!(
            error(format!("AUTH PLAIN {wrong}").as_bytes()),
            (11, "base64"),
            "{wrong}"
        );
    }
}

#[test]
fn initial_responses_are_decoded() {
    let decoded = |line| match parse(line).unwrap() {
        Command::Auth {
            initial: Some(initial),
            ..
        } => initial.decode().map(|secret| secret.expose().to_owned()),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        decoded(b"AUTH PLAIN dGVzdAB0ZXN0ADEyMzQ=").unwrap(),
        b"test\0test\x001234"
    );
    assert_eq!(decoded(b"AUTH EXTERNAL =").unwrap(), b"");
    assert!(decoded(b"AUTH PLAIN AB==").is_err());
    let initial = Some(Initial::of(b"test\0test\x001234"));
    let mechanism = Mechanism::new("PLAIN").unwrap();
    let auth = Command::Auth { mechanism, initial };
    assert_eq!(written(&auth), "AUTH PLAIN dGVzdAB0ZXN0ADEyMzQ=\r\n");
    assert_eq!(auth.clone().into_owned(), auth);
    assert_eq!(Initial::of(b""), Initial::EMPTY);
}

#[test]
fn mechanisms_have_20_upper_case_letters_at_most() {
    let longest = "A".repeat(20);
    assert!(Mechanism::new(&longest).is_ok_and(|mechanism| mechanism.is(&"a".repeat(20))));
    for (wrong, offset) in [
        ("", 0),
        ("PLAIN ", 5),
        ("PLAiN", 3),
        ("\r\n", 0),
        (&"A".repeat(21), 20),
    ] {
        assert_eq!(
            Mechanism::new(wrong),
            Err(ParseError::syntax(offset, "a mechanism")),
            "{wrong:?}"
        );
    }
    let expected = "a mechanism of at most 20 letters, in upper case";
    assert_eq!(error(b"AUTH plain"), (5, expected));
    assert_eq!(error(format!("AUTH {longest}A").as_bytes()), (5, expected));
}

#[test]
fn bdat_of_rfc_3030() {
    let bdat = |size, last| Ok(Command::Bdat { size, last });
    assert_eq!(parse(b"BDAT 86 LAST"), bdat(86, Last::Yes));
    assert_eq!(parse(b"bdat 100000"), bdat(100_000, Last::No));
    assert_eq!(parse(b"BDAT 0 last"), bdat(0, Last::Yes));
    assert_eq!(parse(b"BDAT 0086"), bdat(86, Last::No));
    assert_eq!(parse(b"BDAT 18446744073709551615"), bdat(u64::MAX, Last::No));
    assert_eq!(error(b"BDAT 18446744073709551616"), (5, "a smaller size"));
    assert_eq!(error(b"BDAT"), (4, "a space"));
    assert_eq!(error(b"BDAT -1"), (5, "a size"));
    assert_eq!(error(b"BDAT +1"), (5, "a size"));
    assert_eq!(error(b"BDAT 1 FIRST"), (7, "LAST"));
    assert_eq!(error(b"BDAT 1 LASTLY"), (11, "the end of the line"));
}

#[test]
fn errors_say_where_and_what() {
    assert_eq!(error(b""), (0, "a command"));
    assert_eq!(error(b" NOOP"), (0, "a command"));
    assert_eq!(error(b"\x16\x03\x01\x02"), (0, "a command"));
    assert_eq!(error(b"MAIL"), (4, "a space"));
    assert_eq!(error(b"MAIL  FROM:<a@b>"), (5, "FROM:"));
    assert_eq!(error(b"MAIL FROM <a@b>"), (5, "FROM:"));
    assert_eq!(error(b"MAIL FROM:a@b"), (10, "an opening angle bracket"));
    assert_eq!(error(b"MAIL FROM: <a@b>"), (10, "an opening angle bracket"));
    assert_eq!(error(b"MAIL FROM:"), (10, "an opening angle bracket"));
    assert_eq!(error(b"MAIL FROM:<a@b>SIZE=1"), (15, "a space"));
    assert_eq!(error(b"MAIL FROM:<a@b> \t"), (15, "the end of the line"));
    assert_eq!(
        error(b"MAIL FROM:<a@b> SIZE=1 SIZE=1"),
        (23, "each parameter only once")
    );
    assert_eq!(
        error("MAIL FROM:<\u{e9}@b> BODY=8BITMIME".as_bytes()),
        (10, "an address in ASCII, or SMTPUTF8")
    );
    assert_eq!(error(b"RCPT FROM:<a@b>"), (5, "TO:"));
    assert_eq!(error(b"RCPT TO:<>"), (9, "a local part"));
    assert_eq!(error(b"RCPT TO:<a@b> , <c@d>"), (14, "a parameter"));
    assert_eq!(error(b"DATA x"), (4, "the end of the line"));
    assert_eq!(error(b"QUIT "), (4, "the end of the line"));
    assert_eq!(error(b"VRFY"), (4, "a space"));
    assert_eq!(error(b"VRFY a\x00b"), (6, "the end of the line"));
    assert_eq!(error(b"VRFY Smith@example.com"), (10, "the end of the line"));
    assert_eq!(error(b"NOOP two words"), (8, "the end of the line"));
    assert_eq!(error(b"HELP \"open"), (10, "a closing quote"));
    assert_eq!(error(b"EHLO"), (4, "a space"));
    assert_eq!(error(b"EHLO a b"), (6, "the end of the line"));
    assert_eq!(error(b"EHLO a_b"), (5, "a domain or an address literal"));
    assert_eq!(error(b"EHLO a\xff"), (6, "UTF-8"));
    assert_eq!(error(b"XCLIENT"), (7, "a space"));
    assert_eq!(error(b"XCLIENT ADDR"), (12, "an equals sign"));
    assert_eq!(error(b"XCLIENT ADDR=1 addr=1"), (15, "each attribute only once"));
    assert_eq!(error(b"XFORWARD NAME=a+b"), (15, "xtext"));
    assert_eq!(error(b"XFORWARD NAME=a=b"), (15, "xtext"));
    assert_eq!(error(b"FOO a\nb"), (5, "one line"));
}

#[test]
fn errors_say_which_kind_they_are_of() {
    let kind = |line: &str| parse(line.as_bytes()).unwrap_err().kind;
    assert_eq!(kind("DATA x"), ErrorKind::Syntax);
    assert_eq!(parse(b"EHLO \xff").unwrap_err().kind, ErrorKind::Utf8);
    assert_eq!(kind("MAIL FROM:<> X X"), ErrorKind::Repeated);
    assert_eq!(kind("XCLIENT PORT=1 PORT=2"), ErrorKind::Repeated);
    let many = |count| {
        (0..count)
            .map(|number| format!(" P{number}=1"))
            .collect::<String>()
    };
    for (line, limit) in [
        (format!("MAIL FROM:<>{}", many(17)), Limit::Parameters),
        (format!("XCLIENT{}", many(17)), Limit::Parameters),
        (format!("RCPT TO:<{}@b>", "a".repeat(65)), Limit::LocalPart),
        (format!("RCPT TO:<a@{}>", "b".repeat(256)), Limit::Domain),
        (
            format!("RCPT TO:<{}@{}>", "a".repeat(64), "b".repeat(190)),
            Limit::Path,
        ),
        (format!("RCPT TO:<@{}:a@b>", "r".repeat(250)), Limit::Path),
        (format!("EHLO {}", "a".repeat(256)), Limit::Domain),
    ] {
        assert_eq!(kind(&line), ErrorKind::Limit(limit), "{line}");
    }
    assert!(parse(format!("MAIL FROM:<>{}", many(16)).as_bytes()).is_ok());
    let longest = format!("RCPT TO:<{}@{}>", "a".repeat(64), "b".repeat(189));
    assert!(parse(longest.as_bytes()).is_ok());
}

#[test]
fn what_is_not_known_stays_raw() {
    let other = |line| match parse(line).unwrap() {
        Command::Other(other) => (other.verb().to_vec(), other.arguments().to_vec()),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        other(b"GET / HTTP/1.1"),
        (b"GET".to_vec(), b"/ HTTP/1.1".to_vec())
    );
    assert_eq!(other(b"ETRN \xff"), (b"ETRN".to_vec(), b"\xff".to_vec()));
    assert_eq!(other(b"TURN"), (b"TURN".to_vec(), b"".to_vec()));
    assert_eq!(other(b"DATAX"), (b"DATAX".to_vec(), b"".to_vec()));
    assert_eq!(other(b"STARTTLSX y"), (b"STARTTLSX".to_vec(), b"y".to_vec()));
    assert_eq!(other(b"MAI"), (b"MAI".to_vec(), b"".to_vec()));
    // One bit off MAIL, and no letter.
    assert_eq!(other(b"\x4d\x41\x49\x6c\x2e"), (b"MAIl.".to_vec(), b"".to_vec()));
    assert!(matches!(parse(b"etrn x"), Ok(Command::Other(other)) if other.is("ETRN")));
}

#[test]
fn nothing_secret_is_printed() {
    let shown = format!("{:?}", parse(b"AUTH PLAIN aHVudGVyMg=="));
    assert!(!shown.contains("aHVu") && !shown.contains("97, 72"), "{shown}");
}

#[test]
fn what_others_send_is_printed_as_it_is_not() {
    let shown = format!("{:?}", parse(b"FOO \x1b[2J"));
    assert!(!shown.contains('\x1b') && shown.contains("FOO"), "{shown}");
}
