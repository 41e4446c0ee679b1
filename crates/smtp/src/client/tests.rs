use bytes::BytesMut;
use gatepost_wire::Input;

use super::*;
use crate::{Error, Limit, Rule};

const GREETING: &str = "220 mail.example.com ESMTP\r\n";

fn config(security: Security, methods: Vec<Method>) -> Config {
    Config {
        name: "gate.example.com".to_owned(),
        security,
        methods,
        limits: Limits::BEFORE_LOGIN,
    }
}

fn sasl(mechanism: &str) -> Method {
    Method::Sasl {
        mechanism: mechanism.to_owned(),
    }
}

/// ADDR and LOGIN are required, HELO and PORT are wanted.
fn xclient() -> Method {
    Method::Xclient(Xclient {
        required: vec![
            Attribute::address("192.0.2.1".parse().unwrap()),
            Attribute::login("alice").unwrap(),
        ],
        wanted: vec![Attribute::helo(Some("phone")).unwrap(), Attribute::port(4711)],
    })
}

/// A session and its buffers.
struct Rig {
    input: Input,
    out: BytesMut,
}

impl Rig {
    fn new() -> Self {
        Self {
            input: Input::new(20_000),
            out: BytesMut::new(),
        }
    }

    /// What was sent since the last call.
    fn sent(&mut self) -> String {
        String::from_utf8(self.out.split().to_vec()).unwrap()
    }

    fn receive(&mut self, state: NeedInput, octets: &str) -> Result<Step, Error> {
        self.input.feed(octets.as_bytes()).unwrap();
        state.process(&mut self.input, &mut self.out)
    }

    fn waits(&mut self, state: NeedInput, octets: &str) -> NeedInput {
        match self.receive(state, octets).unwrap() {
            Step::NeedInput(state) => state,
            other => panic!("{other:?}"),
        }
    }

    fn sasl(&mut self, state: NeedInput, octets: &str) -> Sasl {
        match self.receive(state, octets).unwrap() {
            Step::Sasl(sasl) => sasl,
            other => panic!("{other:?}"),
        }
    }

    fn authenticated(&mut self, state: NeedInput, octets: &str) -> Extensions {
        match self.receive(state, octets).unwrap() {
            Step::Authenticated(state) => state.extensions().clone(),
            other => panic!("{other:?}"),
        }
    }

    fn refused(&mut self, state: NeedInput, octets: &str) -> Refused {
        match self.receive(state, octets).unwrap() {
            Step::Refused(refused) => refused,
            other => panic!("{other:?}"),
        }
    }

    fn breaks(&mut self, state: NeedInput, octets: &str) -> Rule {
        match self.receive(state, octets).unwrap_err() {
            Error::Peer(error) => error.rule,
            other => panic!("{other:?}"),
        }
    }
}

/// A session behind the answer to EHLO, with these keywords.
fn behind_ehlo(security: Security, methods: Vec<Method>, list: &str) -> (Rig, Result<Step, Error>) {
    let mut rig = Rig::new();
    let state = rig.waits(start(config(security, methods)), GREETING);
    assert_eq!(rig.sent(), "EHLO gate.example.com\r\n");
    let step = rig.receive(state, &ehlo(list));
    (rig, step)
}

/// The answer to EHLO with keywords separated by `|`.
fn ehlo(list: &str) -> String {
    let mut lines: Vec<&str> = vec!["mail.example.com greets you"];
    lines.extend(list.split('|').filter(|keyword| !keyword.is_empty()));
    let last = lines.pop().unwrap();
    let mut reply: String = lines.iter().map(|line| format!("250-{line}\r\n")).collect();
    reply.push_str(&format!("250 {last}\r\n"));
    reply
}

fn login(mechanism: &str, list: &str) -> (Rig, Sasl) {
    match behind_ehlo(Security::Tls, vec![sasl(mechanism)], list) {
        (rig, Ok(Step::Sasl(sasl))) => (rig, sasl),
        (_, other) => panic!("{other:?}"),
    }
}

fn plain() -> (Rig, Sasl) {
    login("PLAIN", "SIZE 1000|AUTH LOGIN PLAIN")
}

#[test]
fn plain_with_an_initial_response() {
    let (mut rig, sasl) = plain();
    assert_eq!((sasl.mechanism(), sasl.challenge()), ("PLAIN", None));
    let state = sasl.initial(Some(b"\0u\0p"), &mut rig.out);
    assert_eq!(rig.sent(), "AUTH PLAIN AHUAcA==\r\n");
    let extensions = rig.authenticated(state, "235 2.7.0 in\r\n");
    assert_eq!(extensions.size(), Some(1000));
    assert!(rig.input.is_empty() && rig.out.is_empty());
}

#[test]
fn a_long_initial_response_waits_for_334() {
    // "AUTH PLAIN " and 496 octets of base64 are 509 with CRLF; four more are too many.
    for (octets, along) in [(372, true), (373, false), (3000, false)] {
        let (mut rig, sasl) = plain();
        let state = sasl.initial(Some(&vec![b'x'; octets]), &mut rig.out);
        let sent = rig.sent();
        assert!(sent.len() <= 512, "{octets}");
        assert_eq!(sent != "AUTH PLAIN\r\n", along, "{octets}: {}", sent.len());
        if along {
            continue;
        }
        let state = rig.waits(state, "334 whatever it says\r\n");
        assert_eq!(rig.sent().len(), octets.div_ceil(3) * 4 + 2);
        rig.authenticated(state, "235 in\r\n");
    }
}

#[test]
fn login_answers_two_challenges() {
    let (mut rig, sasl) = login("LOGIN", "AUTH=LOGIN");
    let state = sasl.initial(None, &mut rig.out);
    assert_eq!(rig.sent(), "AUTH LOGIN\r\n");
    let sasl = rig.sasl(state, "334 VXNlcm5hbWU6\r\n");
    assert_eq!(sasl.challenge(), Some(&b"Username:"[..]));
    let state = sasl.respond(b"user", &mut rig.out);
    let sasl = rig.sasl(state, "334 UGFzc3dvcmQ6\r\n");
    let state = sasl.respond(b"", &mut rig.out);
    assert_eq!(rig.sent(), "dXNlcg==\r\n\r\n");
    rig.authenticated(state, "235 in\r\n");
}

#[test]
fn the_empty_initial_response_is_not_absent() {
    let (mut rig, sasl) = plain();
    sasl.initial(Some(b""), &mut rig.out);
    assert_eq!(rig.sent(), "AUTH PLAIN =\r\n");
    let (mut rig, sasl) = plain();
    let state = sasl.initial(None, &mut rig.out);
    assert_eq!(rig.sent(), "AUTH PLAIN\r\n");
    assert_eq!(rig.sasl(state, "334\r\n").challenge(), Some(&b""[..]));
}

#[test]
fn the_first_method_that_is_offered_is_used() {
    let methods = || vec![sasl("NTLM"), sasl("Login"), sasl("PLAIN")];
    let (_, step) = behind_ehlo(Security::Tls, methods(), "AUTH PLAIN|AUTH=plain LOGIN");
    assert!(matches!(step, Ok(Step::Sasl(sasl)) if sasl.mechanism() == "Login"));
    for list in ["", "AUTH", "AUTH CRAM-MD5 PLAINTEXT", "AUTHX PLAIN", "XCLIENT ADDR"] {
        let (rig, step) = behind_ehlo(Security::Tls, methods(), list);
        assert_eq!(step.unwrap_err(), Error::peer(Rule::MethodMissing), "{list}");
        assert!(rig.out.is_empty());
    }
}

#[test]
fn without_methods_the_session_stops_before_the_login() {
    let (rig, step) = behind_ehlo(Security::Tls, Vec::new(), "PIPELINING|AUTH PLAIN");
    let Ok(Step::Offered(list)) = step else {
        panic!("{step:?}")
    };
    assert!(list.has("PIPELINING") && list.has("auth"));
    assert!(rig.out.is_empty());
}

#[test]
fn who_is_trusted_needs_no_login() {
    let (rig, step) = behind_ehlo(Security::Tls, vec![Method::Trusted], "SIZE 5");
    assert!(matches!(step, Ok(Step::Authenticated(state)) if state.extensions().size() == Some(5)));
    assert!(rig.out.is_empty());
}

#[test]
fn helo_only_where_nothing_is_lost_by_it() {
    let refusal = "502 5.5.1 what?\r\n";
    let behind_greeting = |security, methods| {
        let mut rig = Rig::new();
        let state = rig.waits(start(config(security, methods)), GREETING);
        rig.sent();
        (rig, state)
    };
    let (mut rig, state) = behind_greeting(Security::Plain, vec![sasl("PLAIN"), Method::Trusted]);
    let state = rig.waits(state, refusal);
    assert_eq!(rig.sent(), "HELO gate.example.com\r\n");
    let extensions = rig.authenticated(state, "250 mail.example.com\r\n");
    assert!(!extensions.has("PIPELINING"));

    for (security, methods, refusal) in [
        (Security::Tls, vec![Method::Trusted], refusal),
        (Security::StartTls, vec![Method::Trusted], refusal),
        (Security::Plain, vec![sasl("PLAIN")], refusal),
        (Security::Plain, Vec::new(), refusal),
        (Security::Plain, vec![xclient()], refusal),
        (Security::Plain, vec![Method::Trusted], "421 4.3.0 no\r\n"),
    ] {
        let (mut rig, state) = behind_greeting(security, methods);
        assert_eq!(rig.refused(state, refusal).stage, Stage::Ehlo);
        assert!(rig.out.is_empty());
    }

    let (mut rig, state) = behind_greeting(Security::Plain, vec![Method::Trusted]);
    let state = rig.waits(state, refusal);
    assert_eq!(rig.refused(state, refusal).stage, Stage::Ehlo);
}

#[test]
fn starttls_comes_before_everything() {
    let (mut rig, step) = behind_ehlo(
        Security::StartTls,
        vec![sasl("PLAIN")],
        "STARTTLS|AUTH PLAIN|SIZE 1",
    );
    let Ok(Step::NeedInput(state)) = step else {
        panic!("{step:?}")
    };
    assert_eq!(rig.sent(), "STARTTLS\r\n");
    let Ok(Step::StartTls(state)) = rig.receive(state, "220 2.0.0 go\r\n") else {
        panic!()
    };
    // What a driver read too much.
    rig.input.feed(b"250 AUTH PLAIN\r\n").unwrap();
    let state = state.upgraded(&mut rig.input, &mut rig.out);
    assert_eq!(rig.sent(), "EHLO gate.example.com\r\n");
    // What was announced before TLS is not believed inside it.
    assert_eq!(rig.breaks(state, &ehlo("STARTTLS|SIZE 2")), Rule::MethodMissing);
}

#[test]
fn a_server_that_will_not_do_tls_gets_no_password() {
    let (rig, step) = behind_ehlo(Security::StartTls, vec![sasl("PLAIN")], "AUTH PLAIN");
    assert_eq!(step.unwrap_err(), Error::peer(Rule::StartTlsMissing));
    assert!(rig.out.is_empty());

    let asked = || match behind_ehlo(Security::StartTls, vec![sasl("PLAIN")], "STARTTLS") {
        (rig, Ok(Step::NeedInput(state))) => (rig, state),
        (_, other) => panic!("{other:?}"),
    };
    for refusal in ["454 4.7.0 not now\r\n", "502 never\r\n"] {
        let (mut rig, state) = asked();
        assert_eq!(rig.refused(state, refusal).stage, Stage::StartTls);
    }
    for (answer, rule) in [
        ("220 go\r\n250 AUTH PLAIN\r\n", Rule::BeforeTls),
        ("220 go\r\n\x16\x03\x01", Rule::BeforeTls),
        ("250 go\r\n", Rule::UnexpectedReply),
        ("235 in\r\n", Rule::UnexpectedReply),
        ("334 \r\n", Rule::UnaskedReply),
    ] {
        let (mut rig, state) = asked();
        rig.sent();
        assert_eq!(rig.breaks(state, answer), rule, "{answer}");
        assert!(rig.out.is_empty());
    }
}

#[test]
fn the_greeting_must_be_220() {
    let begin = || (Rig::new(), start(config(Security::Tls, vec![sasl("PLAIN")])));
    for (greeting, rule) in [
        ("250 hi\r\n", Rule::UnexpectedReply),
        ("235 in\r\n", Rule::UnexpectedReply),
        ("334 \r\n", Rule::UnaskedReply),
        ("220 hi\r\n250 x\r\n", Rule::UnaskedReply),
    ] {
        let (mut rig, state) = begin();
        assert_eq!(rig.breaks(state, greeting), rule, "{greeting}");
        assert!(rig.out.is_empty());
    }
    for greeting in ["* OK IMAP4rev1\r\n", "+OK POP3\r\n", "220\thi\r\n", "220 hi\n"] {
        let (mut rig, state) = begin();
        rig.receive(state, greeting).unwrap_err();
        assert!(rig.out.is_empty());
    }
    let (mut rig, state) = begin();
    rig.waits(state, "220-one\r\n220-two\r\n220 three\r\n");
    assert_eq!(rig.sent(), "EHLO gate.example.com\r\n");

    let (mut rig, state) = begin();
    let refused = rig.refused(state, "421 4.7.0 too \x1b[2Jmany\r\n");
    assert_eq!(refused.stage, Stage::Greeting);
    assert!(refused.is_temporary() && !refused.is_login_refused());
    assert_eq!(refused.to_string(), "connection refused: 421 4.7.0 too \\x1b[2Jmany");
    let (mut rig, state) = begin();
    let refused = rig.refused(state, "554-no\r\n554 SMTP here\r\n");
    assert!(!refused.is_temporary() && !refused.is_login_refused());
    assert_eq!(refused.to_string(), "connection refused: 554 no SMTP here");
}

#[test]
fn our_name_is_one_word() {
    for (name, sent) in [
        ("[IPv6:2001:db8::1]", "EHLO [IPv6:2001:db8::1]\r\n"),
        ("a\r\nMAIL FROM:<>", "EHLO aMAILFROM:<>\r\n"),
        (" \u{e9}", "EHLO localhost\r\n"),
    ] {
        let mut rig = Rig::new();
        let state = start(Config {
            name: name.to_owned(),
            ..config(Security::Tls, Vec::new())
        });
        rig.waits(state, GREETING);
        assert_eq!(rig.sent(), sent);
    }
}

#[test]
fn early_and_unasked_answers_are_errors() {
    // The response waits for 334.
    let long = [b'x'; 400];
    let begun = |response: Option<&[u8]>| {
        let (mut rig, sasl) = plain();
        let state = sasl.initial(response, &mut rig.out);
        rig.sent();
        (rig, state)
    };
    for response in [None, Some(&long[..])] {
        let (mut rig, state) = begun(response);
        assert_eq!(rig.breaks(state, "235 2.7.0 in\r\n"), Rule::EarlyAnswer);
        let (mut rig, state) = begun(response);
        assert_eq!(rig.breaks(state, "334 \r\n235 in\r\n"), Rule::UnaskedReply);
        assert!(rig.out.is_empty());
    }
    for (answer, rule) in [
        ("235 in\r\n250 and out\r\n", Rule::UnaskedReply),
        ("235 in\r\n2", Rule::UnaskedReply),
        ("250 in\r\n", Rule::UnexpectedReply),
        ("220 in\r\n", Rule::UnexpectedReply),
        ("354 in\r\n", Rule::UnexpectedReply),
        ("334 !!\r\n", Rule::Base64),
        ("334-\r\n334 \r\n", Rule::Base64),
    ] {
        let (mut rig, state) = begun(Some(b"\0u\0p"));
        assert_eq!(rig.breaks(state, answer), rule, "{answer}");
    }

    let (mut rig, sasl) = login("LOGIN", "AUTH LOGIN");
    let state = sasl.initial(None, &mut rig.out);
    let state = rig.sasl(state, "334 VXNlcm5hbWU6\r\n").respond(b"u", &mut rig.out);
    assert_eq!(rig.breaks(state, "235 in\r\n"), Rule::EarlyAnswer);

    for (answer, rule) in [
        ("334 \r\n", Rule::UnaskedReply),
        ("235 in\r\n", Rule::UnexpectedReply),
        ("220 hi\r\n", Rule::UnexpectedReply),
        ("250-AUTH PLAIN\r\n250 x\r\n250 y\r\n", Rule::UnaskedReply),
    ] {
        let mut rig = Rig::new();
        let state = rig.waits(start(config(Security::Tls, vec![sasl_plain()])), GREETING);
        rig.sent();
        assert_eq!(rig.breaks(state, answer), rule, "{answer}");
        assert!(rig.out.is_empty());
    }
}

fn sasl_plain() -> Method {
    sasl("PLAIN")
}

#[test]
fn a_refused_login_says_why() {
    for (answer, temporary) in [
        ("535 5.7.8 wrong\r\n", false),
        ("534 5.7.9 too weak\r\n", false),
        ("538 5.7.11 no TLS\r\n", false),
        ("550 5.7.30 not any more\r\n", false),
        ("454 4.7.0 later\r\n", true),
        ("421 4.3.2 bye\r\n", true),
        ("535 5.7.8 wrong\r\n421 and bye\r\n", false),
    ] {
        let (mut rig, sasl) = plain();
        let state = sasl.initial(Some(b"\0u\0p"), &mut rig.out);
        let refused = rig.refused(state, answer);
        assert_eq!(refused.stage, Stage::Login);
        assert_eq!(
            (refused.is_temporary(), refused.is_login_refused()),
            (temporary, !temporary),
            "{answer}"
        );
        assert_eq!(refused.reply.code.get().to_string(), answer[..3]);
    }
}

#[test]
fn cancelling() {
    let (mut rig, sasl) = plain();
    let state = sasl.initial(None, &mut rig.out);
    rig.sent();
    let state = rig.sasl(state, "334 \r\n").cancel(&mut rig.out);
    assert_eq!(rig.sent(), "*\r\n");
    let refused = rig.refused(state, "501 5.0.0 cancelled\r\n");
    assert_eq!(refused.stage, Stage::Cancelled);
    assert!(!refused.is_login_refused());

    let (mut rig, sasl) = plain();
    let state = sasl.cancel(&mut rig.out);
    assert_eq!(rig.sent(), "QUIT\r\n");
    assert_eq!(rig.refused(state, "221 bye\r\n").stage, Stage::Cancelled);

    for answer in ["235 in\r\n", "334 \r\n", "250 ok\r\n"] {
        let (mut rig, sasl) = plain();
        let state = sasl.cancel(&mut rig.out);
        rig.breaks(state, answer);
    }
}

#[test]
fn xclient_says_what_is_listed_and_ehlo_again() {
    for (list, sent) in [
        (
            "XCLIENT NAME ADDR PORT PROTO HELO LOGIN",
            "XCLIENT LOGIN=alice HELO=phone ADDR=192.0.2.1 PORT=4711\r\n",
        ),
        ("xclient login addr", "XCLIENT LOGIN=alice ADDR=192.0.2.1\r\n"),
    ] {
        let (mut rig, step) = behind_ehlo(Security::Tls, vec![xclient()], list);
        let Ok(Step::NeedInput(state)) = step else {
            panic!("{step:?}")
        };
        assert_eq!(rig.sent(), sent);
        let state = rig.waits(state, "220 mail.example.com ESMTP\r\n");
        assert_eq!(rig.sent(), "EHLO gate.example.com\r\n");
        let extensions = rig.authenticated(state, &ehlo("SIZE 7"));
        assert_eq!(extensions.size(), Some(7));
        assert!(!extensions.has("XCLIENT"));
    }
}

#[test]
fn without_what_is_required_xclient_is_not_used() {
    for list in [
        "AUTH PLAIN",
        "XCLIENT",
        "XCLIENT ADDR",
        "XCLIENT LOGIN NAME HELO PORT",
        "XCLIENTX ADDR LOGIN",
        "XCLIENT ADDRLOGIN ADDR,LOGIN",
    ] {
        let (rig, step) = behind_ehlo(Security::Tls, vec![xclient()], list);
        assert_eq!(step.unwrap_err(), Error::peer(Rule::MethodMissing), "{list}");
        assert!(rig.out.is_empty());
    }
    let nobody = Method::Xclient(Xclient::default());
    let (_, step) = behind_ehlo(Security::Tls, vec![nobody], "XCLIENT ADDR LOGIN");
    assert_eq!(step.unwrap_err(), Error::peer(Rule::MethodMissing));
}

#[test]
fn an_answer_to_xclient_other_than_220_ends_it() {
    let said = || match behind_ehlo(Security::Plain, vec![xclient(), Method::Trusted], "XCLIENT ADDR LOGIN") {
        (rig, Ok(Step::NeedInput(state))) => (rig, state),
        (_, other) => panic!("{other:?}"),
    };
    for (answer, permanent) in [
        ("550 5.7.0 insufficient authorization\r\n", true),
        ("421 4.7.0 no\r\n", false),
    ] {
        let (mut rig, state) = said();
        let refused = rig.refused(state, answer);
        assert_eq!((refused.stage, refused.is_login_refused()), (Stage::Xclient, permanent));
    }
    for (answer, rule) in [
        ("250 ok\r\n", Rule::UnexpectedReply),
        ("220 hi\r\n250 mail\r\n", Rule::UnaskedReply),
        ("334 \r\n", Rule::UnaskedReply),
    ] {
        let (mut rig, state) = said();
        assert_eq!(rig.breaks(state, answer), rule, "{answer}");
    }
    // EHLO is refused behind XCLIENT: there is no way back to HELO.
    let (mut rig, state) = said();
    let state = rig.waits(state, GREETING);
    rig.sent();
    assert_eq!(rig.refused(state, "502 what?\r\n").stage, Stage::Ehlo);
    assert!(rig.out.is_empty());
}

#[test]
fn a_long_xclient_takes_two_commands() {
    let methods = || {
        vec![Method::Xclient(Xclient {
            required: vec![
                Attribute::address("192.0.2.1".parse().unwrap()),
                Attribute::login(&"x".repeat(400)).unwrap(),
            ],
            wanted: vec![Attribute::helo(Some(&"h".repeat(200))).unwrap()],
        })]
    };
    let first = || match behind_ehlo(Security::Tls, methods(), "XCLIENT ADDR LOGIN HELO") {
        (mut rig, Ok(Step::NeedInput(state))) => {
            assert!(rig.sent().starts_with("XCLIENT LOGIN=xxx"));
            let state = rig.waits(state, GREETING);
            assert_eq!(rig.sent(), "EHLO gate.example.com\r\n");
            (rig, state)
        }
        (_, other) => panic!("{other:?}"),
    };
    let (mut rig, state) = first();
    let state = rig.waits(state, &ehlo("XCLIENT ADDR LOGIN HELO"));
    let sent = rig.sent();
    assert!(sent.starts_with("XCLIENT HELO=hhh") && sent.ends_with(" ADDR=192.0.2.1\r\n"));
    let state = rig.waits(state, GREETING);
    rig.sent();
    rig.authenticated(state, &ehlo("SIZE"));

    let (mut rig, state) = first();
    assert_eq!(rig.breaks(state, &ehlo("SIZE")), Rule::MethodMissing);
    assert!(rig.out.is_empty());
}

#[test]
fn replies_are_limited_in_length_and_number() {
    let (mut rig, sasl) = plain();
    let mut state = sasl.initial(Some(b""), &mut rig.out);
    let error = loop {
        match rig.receive(state, "334 \r\n") {
            Ok(Step::Sasl(sasl)) => state = sasl.respond(b"", &mut rig.out),
            Ok(other) => panic!("{other:?}"),
            Err(error) => break error,
        }
    };
    assert_eq!(error, Error::Limit(Limit::Replies));

    let endless = format!("250-{}\r\n", "x".repeat(100)).repeat(150);
    let mut rig = Rig::new();
    let state = rig.waits(start(config(Security::Tls, Vec::new())), GREETING);
    assert!(matches!(rig.receive(state, &endless), Err(Error::Limit(_))));

    let mut rig = Rig::new();
    let state = rig.waits(start(config(Security::Tls, Vec::new())), GREETING);
    let long = format!("250 {}", "x".repeat(15_000));
    assert!(matches!(rig.receive(state, &long), Err(Error::Limit(_))));
}

#[test]
fn a_challenge_may_be_longer_than_other_replies() {
    let (mut rig, sasl) = plain();
    let state = sasl.initial(Some(b""), &mut rig.out);
    let sasl = rig.sasl(state, &format!("334 {}\r\n", "QUJD".repeat(3000)));
    assert_eq!(sasl.challenge().map(<[u8]>::len), Some(9000));
}
