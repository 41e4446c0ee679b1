//! The examples of the RFCs: read as the values they show, and written as they stand there.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use bytes::BytesMut;
use gatepost_smtp::command::{
    self, ClientName, Initial, Known, Last, Mechanism, Other, Protocol, Query, Source, Text,
};
use gatepost_smtp::parameter::{
    Body, DateTime, DeliverBy, EnvelopeId, Hold, NotInTime, Notify, OriginalRecipient, Priority, Return,
    Submitter, ValidSince,
};
use gatepost_smtp::{Command, ForwardPath, Mailbox, Parameter, Parameters, ReversePath};

/// The line, read and written again.
fn read(line: &str) -> Command<'_> {
    let command = command::parse(line.as_bytes()).unwrap();
    assert_eq!(written(&command), line);
    command
}

fn written(command: &Command<'_>) -> String {
    let mut out = BytesMut::new();
    command.encode(&mut out);
    let line = out.strip_suffix(b"\r\n").unwrap();
    String::from_utf8(line.to_vec()).unwrap()
}

/// The path and the parameters of MAIL.
fn mail(line: &str) -> (String, Parameters<'_>) {
    match read(line) {
        Command::Mail { from, parameters } => (from.to_string(), parameters),
        other => panic!("{other:?}"),
    }
}

/// The path and the parameters of RCPT.
fn rcpt(line: &str) -> (String, Parameters<'_>) {
    match read(line) {
        Command::Rcpt { to, parameters } => (to.to_string(), parameters),
        other => panic!("{other:?}"),
    }
}

fn mailbox(text: &str) -> Mailbox<'_> {
    Mailbox::parse(text.as_bytes()).unwrap()
}

/// What MAIL is written as with one parameter.
fn mail_with<'a>(from: &str, parameter: impl Into<Parameter<'a>>) -> String {
    let mut parameters = Parameters::new();
    parameters.push(parameter).unwrap();
    let from = ReversePath::Mailbox(mailbox(from));
    written(&Command::Mail { from, parameters })
}

#[test]
fn rfc_5321_appendix_d() {
    for line in [
        "EHLO bar.com",
        "MAIL FROM:<Smith@bar.com>",
        "RCPT TO:<Jones@foo.com>",
        "RCPT TO:<Green@foo.com>",
        "RCPT TO:<Brown@foo.com>",
        "DATA",
        "RSET",
        "QUIT",
        "MAIL FROM:<JQP@bar.com>",
        "RCPT TO:<Jones@XYZ.COM>",
        "VRFY Crispin",
        "MAIL FROM:<EAK@bar.com>",
    ] {
        read(line);
    }
    assert_eq!(
        read("VRFY Crispin"),
        Command::Vrfy(Query::new("Crispin").unwrap())
    );
}

#[test]
fn rfc_5321_sections_3_and_4() {
    assert_eq!(
        read("EXPN Example-People"),
        Command::Expn(Query::new("Example-People").unwrap())
    );
    assert_eq!(read("HELP"), Command::Help(None));
    assert_eq!(read("HELP RCPT"), Command::Help(Some(Text::new("RCPT").unwrap())));
    assert_eq!(read("NOOP"), Command::Noop(None));
    assert_eq!(
        read("NOOP \"a b\""),
        Command::Noop(Some(Text::new("\"a b\"").unwrap()))
    );
    assert_eq!(
        read("HELO foo.com"),
        Command::Helo(ClientName::new("foo.com").unwrap())
    );
    assert_eq!(mail("MAIL FROM:<>").0, "<>");
    assert_eq!(rcpt("RCPT TO:<Postmaster>").0, "<Postmaster>");
    assert_eq!(
        rcpt("RCPT TO:<Postmaster@example.com>").0,
        "<Postmaster@example.com>"
    );
    // Section 4.1.2: the same mailbox, quoted or not.
    assert_eq!(mailbox("\"Fred\"@foo.bar"), mailbox("Fred@foo.bar"));
    assert_eq!(
        rcpt("RCPT TO:<\"Joe.\\\\Blow\"@foo.bar>").0,
        "<\"Joe.\\\\Blow\"@foo.bar>"
    );
    // Appendix C: a route is read and ignored.
    let routed = command::parse(b"RCPT TO:<@hosta.int,@jkl.org:userc@d.bar.org>").unwrap();
    assert_eq!(written(&routed), "RCPT TO:<userc@d.bar.org>");
}

#[test]
fn rfc_1870_size() {
    let (from, parameters) = mail("MAIL FROM:<ned@thor.innosoft.com> SIZE=500000");
    assert_eq!(
        (from.as_str(), parameters.size()),
        ("<ned@thor.innosoft.com>", Ok(Some(500_000)))
    );
    assert_eq!(
        mail_with("ned@thor.innosoft.com", Parameter::size(500_000)),
        "MAIL FROM:<ned@thor.innosoft.com> SIZE=500000"
    );
}

#[test]
fn rfc_6152_8bitmime() {
    let line = "MAIL FROM:<ned@ymir.claremont.edu> BODY=8BITMIME";
    assert_eq!(mail(line).1.body(), Ok(Some(Body::EightBitMime)));
    assert_eq!(mail_with("ned@ymir.claremont.edu", Body::EightBitMime), line);
}

#[test]
fn rfc_3030_chunking_and_binarymime() {
    let line = "MAIL FROM:<ned@ymir.claremont.edu> BODY=BINARYMIME";
    assert_eq!(mail(line).1.body(), Ok(Some(Body::BinaryMime)));
    let bdat = |size, last| Command::Bdat { size, last };
    assert_eq!(read("BDAT 86 LAST"), bdat(86, Last::Yes));
    assert_eq!(read("BDAT 100000"), bdat(100_000, Last::No));
    assert_eq!(read("BDAT 324"), bdat(324, Last::No));
    assert_eq!(read("BDAT 0 LAST"), bdat(0, Last::Yes));
}

#[test]
fn rfc_3207_starttls() {
    assert_eq!(read("STARTTLS"), Command::StartTls);
}

#[test]
fn rfc_4954_section_4() {
    let auth = |mechanism, initial| Command::Auth {
        mechanism: Mechanism::new(mechanism).unwrap(),
        initial,
    };
    assert_eq!(
        read("AUTH PLAIN dGVzdAB0ZXN0ADEyMzQ="),
        auth("PLAIN", Some(Initial::of(b"test\0test\x001234")))
    );
    assert_eq!(read("AUTH PLAIN"), auth("PLAIN", None));
    assert_eq!(read("AUTH DIGEST-MD5"), auth("DIGEST-MD5", None));
    assert_eq!(read("AUTH CRAM-MD5"), auth("CRAM-MD5", None));
    assert_eq!(read("AUTH EXTERNAL ="), auth("EXTERNAL", Some(Initial::EMPTY)));
}

#[test]
fn rfc_4954_section_5() {
    let line = "MAIL FROM:<e=mc2@example.com> AUTH=e+3Dmc2@example.com";
    let (from, parameters) = mail(line);
    assert_eq!(from, "<e=mc2@example.com>");
    let submitter = Submitter::Mailbox(mailbox("e=mc2@example.com"));
    assert_eq!(parameters.auth(), Ok(Some(submitter.clone())));
    assert_eq!(mail_with("e=mc2@example.com", submitter), line);
    assert_eq!(
        mail("MAIL FROM:<john+@example.org> AUTH=<>").1.auth(),
        Ok(Some(Submitter::Unknown))
    );
}

#[test]
fn rfc_3461_section_10() {
    let line = "MAIL FROM:<Alice@Example.ORG> RET=HDRS ENVID=QQ314159";
    let (_, parameters) = mail(line);
    assert_eq!(parameters.ret(), Ok(Some(Return::Headers)));
    assert_eq!(parameters.envid(), Ok(Some(EnvelopeId::new("QQ314159").unwrap())));
    let mut again = Parameters::new();
    again.push(Return::Headers).unwrap();
    again.push(EnvelopeId::new("QQ314159").unwrap()).unwrap();
    assert_eq!(again, parameters);
    for (line, notify, original) in [
        (
            "RCPT TO:<Bob@Example.COM> NOTIFY=SUCCESS ORCPT=rfc822;Bob@Example.COM",
            Notify::SUCCESS,
            Some("Bob@Example.COM"),
        ),
        (
            "RCPT TO:<Carol@Ivory.EDU> NOTIFY=FAILURE ORCPT=rfc822;Carol@Ivory.EDU",
            Notify::FAILURE,
            Some("Carol@Ivory.EDU"),
        ),
        (
            "RCPT TO:<Dana@Ivory.EDU> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;Dana@Ivory.EDU",
            Notify::SUCCESS.and(Notify::FAILURE),
            Some("Dana@Ivory.EDU"),
        ),
        ("RCPT TO:<Fred@Bombs.AF.MIL> NOTIFY=NEVER", Notify::NEVER, None),
    ] {
        let (_, parameters) = rcpt(line);
        assert_eq!(parameters.notify(), Ok(Some(notify)));
        let original = original.map(|address| OriginalRecipient::rfc822(address).unwrap());
        assert_eq!(parameters.orcpt(), Ok(original.clone()));
        let mut again = Parameters::new();
        again.push(notify).unwrap();
        if let Some(original) = original {
            again.push(original).unwrap();
        }
        assert_eq!(again, parameters);
    }
}

#[test]
fn rfc_6531_smtputf8() {
    let line = "MAIL FROM:<pel\u{e9}@b\u{fc}cher.example> SMTPUTF8 BODY=8BITMIME";
    let (from, parameters) = mail(line);
    assert_eq!(
        (from.as_str(), parameters.smtputf8()),
        ("<pel\u{e9}@b\u{fc}cher.example>", Ok(true))
    );
    rcpt("RCPT TO:<\u{4e2d}\u{6587}@\u{4f8b}\u{3048}.example>");
    rcpt("RCPT TO:<\"\u{e9} \u{1f4e7}\"@example.com>");
    let query = Query::new("pel\u{e9}").unwrap().with_smtputf8();
    assert_eq!(read("VRFY pel\u{e9} SMTPUTF8"), Command::Vrfy(query.clone()));
    assert_eq!(read("EXPN pel\u{e9} SMTPUTF8"), Command::Expn(query));
}

#[test]
fn rfc_8689_requiretls() {
    let line = "MAIL FROM:<roger@example.org> REQUIRETLS";
    assert_eq!(mail(line).1.requiretls(), Ok(true));
    assert_eq!(mail_with("roger@example.org", Parameter::REQUIRETLS), line);
}

#[test]
fn rfc_2033_lhlo() {
    assert_eq!(
        read("LHLO foo.edu"),
        Command::Lhlo(ClientName::new("foo.edu").unwrap())
    );
    for line in [
        "MAIL FROM:<chris@bar.com>",
        "RCPT TO:<pat@foo.edu>",
        "RCPT TO:<jones@foo.edu>",
        "RCPT TO:<green@foo.edu>",
        "DATA",
        "QUIT",
    ] {
        read(line);
    }
}

#[test]
fn rfc_2852_deliver_by() {
    let line = "MAIL FROM:<eljefe@bigbiz.com> BY=120;R";
    let by = DeliverBy::new(120, NotInTime::Return).unwrap();
    assert_eq!(mail(line).1.by(), Ok(Some(by)));
    assert_eq!(mail_with("eljefe@bigbiz.com", by), line);
    let late = mail("MAIL FROM:<eljefe@bigbiz.com> BY=-10;NT")
        .1
        .by()
        .unwrap()
        .unwrap();
    assert_eq!((late.seconds(), late.has_trace()), (-10, true));
}

#[test]
fn rfc_6710_priority() {
    let line = "MAIL FROM:<eljefe@example.com> MT-PRIORITY=6";
    let priority = Priority::new(6).unwrap();
    assert_eq!(mail(line).1.mt_priority(), Ok(Some(priority)));
    assert_eq!(mail_with("eljefe@example.com", priority), line);
}

#[test]
fn rfc_4865_future_release() {
    let line = "MAIL FROM:<a@example.com> HOLDFOR=86400";
    let hold = Hold::seconds(86_400).unwrap();
    assert_eq!(mail(line).1.hold(), Ok(Some(hold.clone())));
    assert_eq!(mail_with("a@example.com", hold), line);
    let line = "MAIL FROM:<a@example.com> HOLDUNTIL=2007-12-31T23:59:59.5-01:00";
    let hold = Hold::until(DateTime::parse("2007-12-31T23:59:59.5-01:00").unwrap());
    assert_eq!(mail(line).1.hold(), Ok(Some(hold.clone())));
    assert_eq!(mail_with("a@example.com", hold), line);
}

#[test]
fn rfc_7293_rrvs() {
    let line = "RCPT TO:<user@example.com> RRVS=2014-04-03T23:01:00Z";
    let since = ValidSince {
        time: DateTime::parse("2014-04-03T23:01:00Z").unwrap(),
        unsupported: None,
    };
    let (_, parameters) = rcpt(line);
    assert_eq!(parameters.rrvs(), Ok(Some(since.clone())));
    assert_eq!(Parameter::from(since).to_string(), "RRVS=2014-04-03T23:01:00Z");
}

#[test]
fn rfc_4141_conperm() {
    let line = "MAIL FROM:<a@example.com> CONPERM";
    assert_eq!(mail(line).1.conperm(), Ok(true));
    assert_eq!(mail_with("a@example.com", Parameter::CONPERM), line);
}

#[test]
fn rfc_1985_etrn_and_others_by_name() {
    for (verb, arguments) in [
        ("ETRN", "foo.bar"),
        ("ETRN", "#private"),
        ("TURN", ""),
        ("BURL", "imap://x LAST"),
    ] {
        let other = Other::new(verb.as_bytes(), arguments.as_bytes()).unwrap();
        assert!(other.is(verb));
        assert_eq!(
            read(format!("{verb} {arguments}").trim_end()),
            Command::Other(other)
        );
    }
}

#[test]
fn xclient_readme() {
    let Command::Xclient(who) = read("XCLIENT NAME=spike.porcupine.org ADDR=168.100.189.2") else {
        panic!()
    };
    assert_eq!(who.name(), Ok(Some(Known::Value("spike.porcupine.org".into()))));
    assert_eq!(who.addr(), Ok(Some(Known::Value([168, 100, 189, 2].into()))));
    assert_eq!(who.login(), Ok(None));
    let line = "XCLIENT ADDR=IPV6:2001:db8::1 PORT=4711 PROTO=ESMTP HELO=[UNAVAILABLE] NAME=[TEMPUNAVAIL] \
                LOGIN=a+20b DESTADDR=192.0.2.1 DESTPORT=25";
    let Command::Xclient(who) = read(line) else {
        panic!()
    };
    let address: std::net::IpAddr = "2001:db8::1".parse().unwrap();
    assert_eq!(who.addr(), Ok(Some(Known::Value(address))));
    assert_eq!(
        (who.port(), who.destport()),
        (Ok(Some(Known::Value(4711))), Ok(Some(Known::Value(25))))
    );
    assert_eq!(who.proto(), Ok(Some(Known::Value(Protocol::Esmtp))));
    assert_eq!(who.helo(), Ok(Some(Known::Unavailable)));
    assert_eq!(who.name(), Ok(Some(Known::TemporarilyUnavailable)));
    assert_eq!(who.login(), Ok(Some(Known::Value("a b".into()))));
    assert_eq!(who.destaddr(), Ok(Some(Known::Value([192, 0, 2, 1].into()))));
    assert_eq!(who.iter().count(), 8);
}

#[test]
fn xforward_readme() {
    for line in [
        "XFORWARD NAME=spike.porcupine.org ADDR=168.100.189.2 PROTO=ESMTP",
        "XFORWARD HELO=spike.porcupine.org",
    ] {
        assert!(matches!(read(line), Command::Xforward(_)));
    }
    let Command::Xforward(who) =
        read("XFORWARD SOURCE=LOCAL IDENT=4Zxyz PORT=[UNAVAILABLE] ADDR=192.0.2.300")
    else {
        panic!()
    };
    assert_eq!(who.source(), Ok(Some(Known::Value(Source::Local))));
    assert_eq!(who.ident(), Ok(Some(Known::Value("4Zxyz".into()))));
    assert_eq!(who.port(), Ok(Some(Known::Unavailable)));
    assert_eq!(who.addr().unwrap_err().expected, "an address");
}

#[test]
fn values_borrow_and_can_be_kept() {
    let kept = {
        let line = String::from("RCPT TO:<\"a b\"@example.com> ORCPT=rfc822;a+20b@example.com");
        command::parse(line.as_bytes()).unwrap().into_owned()
    };
    let Command::Rcpt {
        to: ForwardPath::Mailbox(mailbox),
        parameters,
    } = kept
    else {
        panic!()
    };
    assert_eq!(mailbox.local_part(), "a b");
    let original = parameters.orcpt().unwrap().unwrap().into_owned();
    assert_eq!(original.address(), "a b@example.com");
}
