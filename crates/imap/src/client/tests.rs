use bytes::BytesMut;
use gatepost_wire::{Input, Secret};

use super::*;
use crate::{Error, Limit, ResponseCode, Rule, Status};

fn config(security: Security) -> Config {
    Config {
        security,
        methods: vec![
            Method::Sasl {
                mechanism: "PLAIN".to_owned(),
            },
            Method::login("gateway", Secret::from("secret")).unwrap(),
        ],
        id: Vec::new(),
        limits: Limits::BEFORE_LOGIN,
        tag_seed: *b"seedseed",
    }
}

/// A session, its buffers and the tag of its last command.
struct Rig {
    input: Input,
    out: BytesMut,
    tag: String,
}

impl Rig {
    fn new() -> Self {
        Self {
            input: Input::new(20_000),
            out: BytesMut::new(),
            tag: String::new(),
        }
    }

    /// What was sent since the last call, with `T` for its tag.
    fn sent(&mut self) -> String {
        let sent = String::from_utf8(self.out.split().to_vec()).unwrap();
        match sent.split_once(' ') {
            Some((tag, rest)) if tag.len() == 8 => {
                self.tag = tag.to_owned();
                format!("T {rest}")
            }
            _ => sent,
        }
    }

    /// Receives `octets`, with the last tag for `T`.
    fn receive(&mut self, state: NeedInput, octets: &str) -> Result<Step, Error> {
        let tagged = octets.replace("T ", &format!("{} ", self.tag));
        self.input.feed(tagged.as_bytes()).unwrap();
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

    fn authenticated(&mut self, state: NeedInput, octets: &str) -> String {
        match self.receive(state, octets).unwrap() {
            Step::Authenticated(state) => state.capabilities().to_string(),
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

fn tls() -> (Rig, NeedInput) {
    (Rig::new(), start(config(Security::Tls)))
}

#[test]
fn plain_with_an_initial_response() {
    let (mut rig, state) = tls();
    let sasl = rig.sasl(state, "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi\r\n");
    assert_eq!((sasl.mechanism(), sasl.challenge()), ("PLAIN", None));
    let state = sasl.initial(Some(b"\0u\0p"), &mut rig.out);
    assert_eq!(rig.sent(), "T AUTHENTICATE PLAIN AHUAcA==\r\n");
    assert_eq!(
        rig.authenticated(
            state,
            "* 3 EXISTS\r\nT OK [CAPABILITY IMAP4rev1 IDLE] in\r\n* 4 EXISTS\r\n"
        ),
        "IMAP4rev1 IDLE"
    );
    assert_eq!(rig.input.as_slice(), b"* 4 EXISTS\r\n");
}

#[test]
fn without_methods_the_session_stops_before_the_login() {
    let methods = Vec::new();
    let state = start(Config {
        methods,
        ..config(Security::Tls)
    });
    let mut rig = Rig::new();
    match rig
        .receive(state, "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi\r\n")
        .unwrap()
    {
        Step::Offered(list) => assert_eq!(list.to_string(), "IMAP4rev1 AUTH=PLAIN"),
        other => panic!("{other:?}"),
    }
    assert_eq!(rig.sent(), "");
}

#[test]
fn plain_without_an_initial_response() {
    let (mut rig, state) = tls();
    let state = rig.waits(state, "* OK hi\r\n");
    assert_eq!(rig.sent(), "T CAPABILITY\r\n");
    let sasl = rig.sasl(state, "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nT OK done\r\n");
    let state = sasl.initial(Some(b"\0u\0p"), &mut rig.out);
    assert_eq!(rig.sent(), "T AUTHENTICATE PLAIN\r\n");
    let state = rig.waits(state, "+ go ahead\r\n");
    assert_eq!(rig.sent(), "AHUAcA==\r\n");
    let state = rig.waits(state, "T OK in\r\n");
    assert_eq!(rig.sent(), "T CAPABILITY\r\n");
    assert_eq!(
        rig.authenticated(state, "* CAPABILITY IMAP4rev1 MOVE\r\nT OK done\r\n"),
        "IMAP4rev1 MOVE"
    );
}

#[test]
fn an_exchange_of_several_turns() {
    let (mut rig, state) = tls();
    let sasl = rig.sasl(state, "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi\r\n");
    let state = sasl.initial(None, &mut rig.out);
    rig.sent();
    let sasl = rig.sasl(state, "+\r\n");
    assert_eq!(sasl.challenge(), Some(&b""[..]));
    let state = sasl.respond(b"user", &mut rig.out);
    let sasl = rig.sasl(state, "+ YWJj\r\n");
    assert_eq!(sasl.challenge(), Some(&b"abc"[..]));
    let state = sasl.respond(b"", &mut rig.out);
    assert_eq!(String::from_utf8_lossy(&rig.out), "dXNlcg==\r\n\r\n");
    assert_eq!(
        rig.authenticated(state, "* CAPABILITY IMAP4rev1\r\nT OK in\r\n"),
        "IMAP4rev1"
    );
}

#[test]
fn the_empty_initial_response_is_not_absent() {
    let (mut rig, state) = tls();
    let sasl = rig.sasl(state, "* OK [CAPABILITY SASL-IR AUTH=PLAIN] hi\r\n");
    sasl.initial(Some(b""), &mut rig.out);
    assert_eq!(rig.sent(), "T AUTHENTICATE PLAIN =\r\n");
}

#[test]
fn login_quoted_and_literal() {
    let (mut rig, state) = tls();
    let state = rig.waits(state, "* OK [CAPABILITY IMAP4rev1] hi\r\n");
    assert_eq!(rig.sent(), "T LOGIN \"gateway\" \"secret\"\r\n");
    assert_eq!(
        rig.authenticated(state, "T OK [CAPABILITY IMAP4rev1 X] in\r\n"),
        "IMAP4rev1 X"
    );

    let mut rig = Rig::new();
    let state = start(Config {
        methods: vec![Method::login("\u{e9}", Secret::from("\u{e8}")).unwrap()],
        ..config(Security::Plain)
    });
    let state = rig.waits(state, "* OK [CAPABILITY IMAP4rev1 LITERAL+] hi\r\n");
    assert_eq!(rig.sent(), "T LOGIN {2}\r\n");
    let state = rig.waits(state, "+ OK\r\n");
    assert_eq!(rig.sent(), "\u{e9} {2}\r\n");
    let state = rig.waits(state, "+\r\n");
    assert_eq!(rig.sent(), "\u{e8}\r\n");
    assert_eq!(rig.breaks(state, "+ OK\r\n"), Rule::UnaskedContinuation);
}

#[test]
fn starttls_comes_before_everything() {
    let mut rig = Rig::new();
    let state = start(config(Security::StartTls));
    let state = rig.waits(
        state,
        "* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN SASL-IR] hi\r\n",
    );
    assert_eq!(rig.sent(), "T STARTTLS\r\n");
    let Step::StartTls(state) = rig.receive(state, "T OK go\r\n").unwrap() else {
        panic!()
    };
    let state = state.upgraded(&mut rig.input, &mut rig.out);
    assert_eq!(rig.sent(), "T CAPABILITY\r\n");
    // What was announced before TLS is not believed inside it.
    assert_eq!(
        rig.breaks(state, "* CAPABILITY IMAP4rev1 LOGINDISABLED\r\nT OK\r\n"),
        Rule::MethodMissing
    );
}

#[test]
fn a_server_that_will_not_do_tls_gets_no_password() {
    let starttls = || (Rig::new(), start(config(Security::StartTls)));
    let (mut rig, state) = starttls();
    assert_eq!(
        rig.breaks(state, "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi\r\n"),
        Rule::StartTlsMissing
    );
    assert!(rig.out.is_empty());

    let greeting = "* OK [CAPABILITY IMAP4rev1 STARTTLS] hi\r\n";
    let (mut rig, state) = starttls();
    let state = rig.waits(state, greeting);
    rig.sent();
    let refused = rig.refused(state, "T NO [UNAVAILABLE] not now\r\n");
    assert_eq!((refused.stage, refused.status), (Stage::StartTls, Status::No));

    let (mut rig, state) = starttls();
    let state = rig.waits(state, greeting);
    rig.sent();
    assert_eq!(
        rig.breaks(state, "T OK go\r\n* CAPABILITY IMAP4rev1\r\n"),
        Rule::BeforeTls
    );
}

#[test]
fn the_greeting_must_be_ok() {
    for (greeting, rule) in [
        ("* PREAUTH hi\r\n", Rule::Preauth),
        ("* CAPABILITY IMAP4rev1\r\n", Rule::Expected("a greeting")),
        ("* NO hi\r\n", Rule::Expected("a greeting")),
        ("a OK hi\r\n", Rule::UnknownTag),
        ("+ hi\r\n", Rule::UnaskedContinuation),
        ("220 mail ESMTP\r\n", Rule::Expected("OK, NO or BAD")),
    ] {
        let (mut rig, state) = tls();
        assert_eq!(rig.breaks(state, greeting), rule, "{greeting}");
    }
    let (mut rig, state) = tls();
    let refused = rig.refused(state, "* BYE [LIMIT] too \x1b[2Jmany\r\n");
    assert_eq!(refused.stage, Stage::Greeting);
    assert_eq!(
        refused.to_string(),
        "connection refused: BYE [LIMIT] too \\x1b[2Jmany"
    );
}

/// What is sent at first proves nothing: the server has not even asked.
#[test]
fn ntlm_and_login_take_two_responses() {
    for mechanism in ["NTLM", "LOGIN"] {
        let begin = || {
            let mut rig = Rig::new();
            let method = Method::Sasl {
                mechanism: mechanism.to_owned(),
            };
            let state = start(Config {
                methods: vec![method],
                ..config(Security::Tls)
            });
            let greeting = format!("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH={mechanism}] hi\r\n");
            let sasl = rig.sasl(state, &greeting);
            let state = sasl.initial(Some(b"one"), &mut rig.out);
            assert_eq!(rig.sent(), format!("T AUTHENTICATE {mechanism} b25l\r\n"));
            (rig, state)
        };
        let (mut rig, state) = begin();
        assert_eq!(rig.breaks(state, "T OK [CAPABILITY X] in\r\n"), Rule::EarlyAnswer);

        let (mut rig, state) = begin();
        let sasl = rig.sasl(state, "* CAPABILITY EARLY\r\n+ dHdv\r\n");
        assert_eq!(sasl.challenge(), Some(&b"two"[..]));
        let state = sasl.respond(b"three", &mut rig.out);
        assert_eq!(rig.sent(), "dGhyZWU=\r\n");
        assert_eq!(rig.authenticated(state, "T OK [CAPABILITY IDLE] in\r\n"), "IDLE");
    }
}

#[test]
fn forged_and_early_answers_are_errors() {
    let greeting = "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi\r\n";
    let (mut rig, state) = tls();
    let state = rig.sasl(state, greeting).initial(Some(b"x"), &mut rig.out);
    rig.sent();
    assert_eq!(rig.breaks(state, "T OK [CAPABILITY X] in\r\n"), Rule::EarlyAnswer);

    let (mut rig, state) = tls();
    let state = rig.sasl(state, greeting).initial(Some(b"x"), &mut rig.out);
    assert_eq!(rig.breaks(state, "A1 OK in\r\n"), Rule::UnknownTag);

    let mut rig = Rig::new();
    let state = start(Config {
        methods: vec![Method::login("\u{e9}", Secret::from("p")).unwrap()],
        ..config(Security::Tls)
    });
    let state = rig.waits(state, "* OK [CAPABILITY X] hi\r\n");
    rig.sent();
    assert_eq!(rig.breaks(state, "T OK in\r\n"), Rule::EarlyAnswer);

    let (mut rig, state) = tls();
    assert_eq!(
        rig.breaks(state, "* OK hi\r\n* CAPABILITY AUTH=PLAIN\r\n+ \r\n"),
        Rule::UnaskedContinuation
    );
}

#[test]
fn a_refused_login_says_why() {
    let (mut rig, state) = tls();
    let state = rig.waits(state, "* OK [CAPABILITY IMAP4rev1] hi\r\n");
    rig.sent();
    let refused = rig.refused(state, "T NO [AUTHENTICATIONFAILED] wrong {5}\r\n");
    assert_eq!(
        refused,
        Refused {
            stage: Stage::Login,
            status: Status::No,
            code: Some(ResponseCode::AuthenticationFailed),
            text: "wrong {5}".to_owned(),
        }
    );
}

#[test]
fn cancelling() {
    let greeting = "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi\r\n";
    let (mut rig, state) = tls();
    let state = rig.sasl(state, greeting).initial(None, &mut rig.out);
    rig.sent();
    let state = rig.sasl(state, "+ \r\n").cancel(&mut rig.out);
    assert_eq!(rig.sent(), "*\r\n");
    assert_eq!(rig.refused(state, "T BAD cancelled\r\n").status, Status::Bad);

    let (mut rig, state) = tls();
    let state = rig.sasl(state, greeting).cancel(&mut rig.out);
    assert_eq!(rig.sent(), "T LOGOUT\r\n");
    assert_eq!(rig.refused(state, "* BYE bye\r\nT OK\r\n").status, Status::Bye);
}

#[test]
fn id_is_sent_where_offered_and_its_answer_does_not_matter() {
    let with_id = || {
        start(Config {
            id: vec![
                ("name".to_owned(), "Gate\"post".to_owned()),
                ("x".to_owned(), "\r\n".to_owned()),
            ],
            ..config(Security::Tls)
        })
    };
    for answer in ["* ID NIL\r\nT OK done\r\n", "T NO no\r\n", "T BAD what\r\n"] {
        let mut rig = Rig::new();
        let state = rig.waits(with_id(), "* OK [CAPABILITY IMAP4rev1 ID AUTH=PLAIN] hi\r\n");
        assert_eq!(rig.sent(), "T ID (\"name\" \"Gate\\\"post\")\r\n");
        assert_eq!(rig.sasl(state, answer).challenge(), None);
    }
    let mut rig = Rig::new();
    rig.sasl(with_id(), "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi\r\n");
}

#[test]
fn a_list_without_the_methods_is_an_error() {
    for list in ["IMAP4rev1 LOGINDISABLED", "IMAP4rev1 LOGINDISABLED AUTH=NTLM"] {
        let (mut rig, state) = tls();
        let greeting = format!("* OK [CAPABILITY {list}] hi\r\n");
        assert_eq!(rig.breaks(state, &greeting), Rule::MethodMissing);
    }
    let (mut rig, state) = tls();
    let state = rig.waits(state, "* OK hi\r\n");
    rig.sent();
    assert_eq!(
        rig.breaks(state, "T OK done\r\n"),
        Rule::Expected("a CAPABILITY response")
    );
}

#[test]
fn a_challenge_has_to_be_base64() {
    let (mut rig, state) = tls();
    let sasl = rig.sasl(state, "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi\r\n");
    let state = sasl.initial(None, &mut rig.out);
    assert_eq!(rig.breaks(state, "+ !!\r\n"), Rule::Base64);
}

#[test]
fn chatter_is_ignored_but_not_without_end() {
    let (mut rig, state) = tls();
    let state = rig.waits(state, "* OK [CAPABILITY IMAP4rev1] hi\r\n");
    let state = rig.waits(state, &"* 1 EXISTS\r\n".repeat(99));
    assert_eq!(
        rig.receive(state, "* 1 EXISTS\r\n").unwrap_err(),
        Error::Limit(Limit::Responses)
    );
    let (mut rig, state) = tls();
    let mut state = rig.waits(state, "* OK [CAPABILITY IMAP4rev1] hi\r\n");
    let long = format!("* X {}\r\n", "x".repeat(8000));
    for _ in 0..8 {
        state = rig.waits(state, &long);
    }
    assert_eq!(
        rig.receive(state, &long).unwrap_err(),
        Error::Limit(Limit::Responses)
    );
}
