use super::*;
use crate::{Capabilities, Error};
use gatepost_wire::{Input, Secret};

fn config() -> Config {
    Config {
        greeting: "Gatepost ready".to_owned(),
        mechanisms: vec!["PLAIN".to_owned(), "CRAM-MD5".to_owned()],
        login: LoginCommand::Offered,
        id: vec![("name".to_owned(), "Gate\"post".to_owned())],
        limits: Limits::BEFORE_LOGIN,
    }
}

/// A session and its buffers.
struct Rig {
    input: Input,
    out: BytesMut,
}

impl Rig {
    fn start(config: Config, transport: Transport) -> (Self, NeedInput) {
        let mut out = BytesMut::new();
        let state = greet(Arc::new(config), transport, &mut out);
        let input = Input::new(20_000);
        (Self { input, out }, state)
    }

    fn tls() -> (Self, NeedInput) {
        let (mut rig, state) = Self::start(config(), Transport::Tls);
        rig.said();
        (rig, state)
    }

    fn plain() -> (Self, NeedInput) {
        let (mut rig, state) = Self::start(config(), Transport::Plain);
        rig.said();
        (rig, state)
    }

    /// What was written since the last call.
    fn said(&mut self) -> String {
        String::from_utf8(self.out.split().to_vec()).unwrap()
    }

    fn send(&mut self, state: NeedInput, octets: &str) -> Step {
        self.input.feed(octets.as_bytes()).unwrap();
        state.process(&mut self.input, &mut self.out).unwrap()
    }

    /// Sends what must not need a decision.
    fn plainly(&mut self, state: NeedInput, octets: &str) -> NeedInput {
        match self.send(state, octets) {
            Step::NeedInput(state) => state,
            other => panic!("{other:?}"),
        }
    }

    fn fails(&mut self, state: NeedInput, octets: &[u8]) -> Error {
        self.input.feed(octets).unwrap();
        state.process(&mut self.input, &mut self.out).unwrap_err()
    }
}

fn wrong() -> Refusal {
    Refusal {
        code: RefusalCode::AuthenticationFailed,
        text: "no".into(),
        counts: Counts::AsFailure,
    }
}

fn need_input(step: Step) -> NeedInput {
    match step {
        Step::NeedInput(state) => state,
        other => panic!("{other:?}"),
    }
}

fn name(step: &Step) -> &'static str {
    match step {
        Step::NeedInput(_) => "NeedInput",
        Step::StartTls(_) => "StartTls",
        Step::Login(_) => "Login",
        Step::Sasl(_) => "Sasl",
        Step::Cancelled(_) => "Cancelled",
        Step::Closed(_) => "Closed",
    }
}

fn line_of(event: &str) -> &'static str {
    match event {
        "NOOP" => "a NOOP\r\n",
        "STARTTLS" => "a STARTTLS\r\n",
        "LOGIN" => "a LOGIN u p\r\n",
        "AUTHENTICATE" => "a AUTHENTICATE PLAIN\r\n",
        "LOGOUT" => "a LOGOUT\r\n",
        "SELECT" => "a SELECT INBOX\r\n",
        "GET" => "GET / HTTP/1.1\r\n",
        "response" => "AHUAcA==\r\n",
        "star" => "*\r\n",
        "garbage" => "a NOOP\r\n",
        other => panic!("{other}"),
    }
}

#[test]
fn the_documented_transitions_are_those_of_the_code() {
    let documented = include_str!("mod.rs").lines().filter_map(|line| {
        let (from, rest) = line.strip_prefix("//! ")?.split_once(" --")?;
        let (event, to) = rest.split_once("--> ")?;
        ["plain", "tls", "challenged"]
            .contains(&from)
            .then_some((from, event, to))
    });
    let mut count = 0;
    for (from, event, to) in documented {
        let (mut rig, state) = if from == "plain" { Rig::plain() } else { Rig::tls() };
        let state = match from {
            "challenged" => match rig.send(state, "a AUTHENTICATE PLAIN\r\n") {
                Step::Sasl(sasl) => sasl.challenge(b"", &mut rig.out),
                other => panic!("{other:?}"),
            },
            _ => state,
        };
        assert_eq!(name(&rig.send(state, line_of(event))), to, "{from} --{event}-->");
        count += 1;
    }
    assert_eq!(count, 15);
}

#[test]
fn the_greeting_announces_what_the_transport_allows() {
    let (mut rig, _) = Rig::start(config(), Transport::Plain);
    assert_eq!(
        rig.said(),
        "* OK [CAPABILITY IMAP4rev1 LITERAL- SASL-IR ID STARTTLS LOGINDISABLED] Gatepost ready\r\n"
    );
    let (mut rig, _) = Rig::start(config(), Transport::Tls);
    assert_eq!(
        rig.said(),
        "* OK [CAPABILITY IMAP4rev1 LITERAL- SASL-IR ID AUTH=PLAIN AUTH=CRAM-MD5] Gatepost ready\r\n"
    );
    let disabled = Config {
        login: LoginCommand::Disabled,
        greeting: "a\r\n* PREAUTH \u{e9}".to_owned(),
        ..config()
    };
    let (mut rig, state) = Rig::start(disabled, Transport::Tls);
    assert_eq!(
        rig.said(),
        "* OK [CAPABILITY IMAP4rev1 LITERAL- SASL-IR ID LOGINDISABLED AUTH=PLAIN AUTH=CRAM-MD5] a??* PREAUTH ?\r\n"
    );
    rig.plainly(state, "a LOGIN u p\r\nb LOGIN {1}\r\n");
    assert_eq!(
        rig.said(),
        "a NO [CANNOT] LOGIN is disabled\r\nb NO [CANNOT] LOGIN is disabled\r\n"
    );
}

#[test]
fn harmless_commands_are_answered() {
    let (mut rig, state) = Rig::tls();
    let state = rig.plainly(state, "1 NOOP\r\n\r\n2 CAPABILITY\r\n3 ID (\"name\" {2}\r\n");
    assert_eq!(
        rig.said(),
        "1 OK NOOP completed\r\n\
         * CAPABILITY IMAP4rev1 LITERAL- SASL-IR ID AUTH=PLAIN AUTH=CRAM-MD5\r\n\
         2 OK CAPABILITY completed\r\n\
         + OK\r\n"
    );
    let state = rig.plainly(state, "xy)\r\n");
    assert_eq!(
        rig.said(),
        "* ID (\"name\" \"Gate\\\"post\")\r\n3 OK ID completed\r\n"
    );
    assert_eq!(name(&rig.send(state, "4 LOGOUT\r\n")), "Closed");
    assert_eq!(rig.said(), "* BYE logging out\r\n4 OK LOGOUT completed\r\n");
}

#[test]
fn an_id_is_remembered_for_the_login_and_forgotten_at_starttls() {
    let (mut rig, state) = Rig::tls();
    let id = "1 ID (\"name\" \"iPhone Mail\" \"os\" \"iOS\")\r\n";
    let Step::Login(login) = rig.send(state, &format!("{id}2 LOGIN a b\r\n")) else {
        panic!("no login")
    };
    let name = |identity: Option<&crate::Identity>| identity.and_then(|identity| identity.name.clone());
    assert_eq!(name(login.identity()).as_deref(), Some("iPhone Mail"));
    let state = need_input(login.reject(&wrong(), &mut rig.out));
    let Step::Sasl(sasl) = rig.send(state, "3 AUTHENTICATE PLAIN\r\n") else {
        panic!("no exchange")
    };
    assert_eq!(name(sasl.identity()).as_deref(), Some("iPhone Mail"));

    let (mut rig, state) = Rig::plain();
    let state = rig.plainly(state, id);
    let Step::StartTls(step) = rig.send(state, "2 STARTTLS\r\n") else {
        panic!("no TLS")
    };
    let state = step.upgraded(&mut rig.input);
    let Step::Login(login) = rig.send(state, "3 LOGIN a b\r\n") else {
        panic!("no login")
    };
    assert_eq!(login.identity(), None);
}

#[test]
fn no_login_and_no_invitation_before_tls() {
    let (mut rig, state) = Rig::plain();
    rig.plainly(
        state,
        "1 LOGIN u p\r\n2 LOGIN {1}\r\n3 LOGIN {1+}\r\nu p\r\n4 AUTHENTICATE PLAIN\r\n5 AUTHENTICATE PLAIN AHUAcA==\r\n",
    );
    let expected: String = (1..=5)
        .map(|tag| format!("{tag} NO [PRIVACYREQUIRED] use STARTTLS first\r\n"))
        .collect();
    assert_eq!(rig.said(), expected);
}

#[test]
fn a_refused_response_is_not_echoed() {
    let (mut rig, state) = Rig::plain();
    rig.plainly(state, "1 AUTHENTICATE PLAIN\r\nAHUAcA==\r\n");
    assert!(!rig.said().contains("AHUAcA"));
}

#[test]
fn starttls_forgets_the_plaintext_and_keeps_the_counters() {
    let limits = Limits {
        bad_commands: 2,
        ..Limits::BEFORE_LOGIN
    };
    let (mut rig, state) = Rig::start(Config { limits, ..config() }, Transport::Plain);
    let state = rig.plainly(state, "a FOO\r\n");
    rig.said();
    let Step::StartTls(state) = rig.send(state, "b STARTTLS\r\n") else {
        panic!()
    };
    assert_eq!(rig.said(), "b OK begin TLS negotiation\r\n");
    rig.input.feed(b"c LOGIN u").unwrap();
    let state = state.upgraded(&mut rig.input);
    let state = rig.plainly(state, "d CAPABILITY\r\n");
    assert!(rig.said().contains(" AUTH=PLAIN") && rig.input.is_empty());
    assert_eq!(name(&rig.send(state, "e FOO\r\n")), "Closed");
    assert!(rig.said().ends_with("* BYE too many bad commands\r\n"));
}

#[test]
fn plaintext_behind_starttls_closes() {
    let (mut rig, state) = Rig::plain();
    assert_eq!(name(&rig.send(state, "a STARTTLS\r\nb NOOP\r\n")), "Closed");
    assert_eq!(rig.said(), "a BAD octets behind STARTTLS\r\n");
}

#[test]
fn login_with_every_form_of_string() {
    for (command, user, password) in [
        ("a LOGIN alice secret\r\n", "alice", "secret"),
        (
            "a LOGIN \"al\\\"i\\\\ce\" \"\u{e9} {5}\"\r\n",
            "al\"i\\ce",
            "\u{e9} {5}",
        ),
        ("a login {5}\r\nalice {0}\r\n\r\n", "alice", ""),
        ("a LOGIN {5+}\r\nalice \"\"\r\n", "alice", ""),
    ] {
        let (mut rig, state) = Rig::tls();
        let Step::Login(login) = rig.send(state, command) else {
            panic!("{command}")
        };
        assert_eq!(login.username(), user.as_bytes());
        assert_eq!(login.password(), &Secret::from(password));
        rig.said();
        let authenticated = login.accept(&Capabilities::parse(b"IMAP4rev1 IDLE"), &mut rig.out);
        assert_eq!(rig.said(), "a OK [CAPABILITY IMAP4rev1 IDLE] Logged in\r\n");
        assert!(authenticated.capabilities().contains("IDLE"));
    }
}

/// What real clients get wrong: passwords in Latin-1, a backslash that is not quoted, a space at the end.
#[test]
fn what_clients_get_wrong_is_forgiven() {
    let (mut rig, state) = Rig::tls();
    rig.input.feed(b"a LOGIN CORP\\alice \"p\xe4ss\" \r\n").unwrap();
    let Step::Login(login) = rig.send(state, "") else {
        panic!()
    };
    assert_eq!(login.username(), b"CORP\\alice");
    assert_eq!(login.password().expose(), b"p\xe4ss");
    let (mut rig, state) = Rig::tls();
    let Step::Sasl(sasl) = rig.send(state, "a AUTHENTICATE CRAM-MD5 \r\n") else {
        panic!()
    };
    assert!(matches!(sasl.input(), SaslInput::Start { initial: None, .. }));
}

#[test]
fn commands_behind_the_login_are_refused_unread() {
    let (mut rig, mut state) = Rig::tls();
    for command in ["SELECT INBOX", "SELECT", "FETCH 1 ((((", "XFOO \"", "UID", "IDLE"] {
        state = rig.plainly(state, &format!("a {command}\r\n"));
        assert_eq!(rig.said(), "a BAD unknown command, or log in first\r\n");
    }
}

#[test]
fn failures_are_counted_and_unavailable_is_none() {
    let down = Refusal {
        code: RefusalCode::Unavailable,
        text: "later".into(),
        counts: Counts::Not,
    };
    let (mut rig, mut state) = Rig::tls();
    for refusal in [&wrong(), &down, &wrong(), &down] {
        let Step::Login(login) = rig.send(state, "a LOGIN u p\r\n") else {
            panic!()
        };
        state = need_input(login.reject(refusal, &mut rig.out));
    }
    assert_eq!(
        rig.said(),
        "a NO [AUTHENTICATIONFAILED] no\r\na NO [UNAVAILABLE] later\r\n".repeat(2)
    );
    let Step::Sasl(sasl) = rig.send(state, "b AUTHENTICATE PLAIN =\r\n") else {
        panic!()
    };
    assert_eq!(name(&sasl.reject(&wrong(), &mut rig.out)), "Closed");
    assert_eq!(
        rig.said(),
        "b NO [AUTHENTICATIONFAILED] no\r\n* BYE too many failed logins\r\n"
    );
}

#[test]
fn the_sasl_exchange() {
    let (mut rig, state) = Rig::tls();
    let Step::Sasl(sasl) = rig.send(state, "a AUTHENTICATE cram-md5 \r\n") else {
        panic!()
    };
    let start = |initial: Option<&str>| SaslInput::Start {
        mechanism: "CRAM-MD5".to_owned(),
        initial: initial.map(Secret::from),
    };
    assert_eq!(sasl.input(), &start(None));
    let state = sasl.challenge(b"<1@x>", &mut rig.out);
    assert_eq!(rig.said(), "+ PDFAeD4=\r\n");
    let Step::Sasl(sasl) = rig.send(state, "YWxpY2U=\r\n") else {
        panic!()
    };
    assert_eq!(sasl.input(), &SaslInput::Response(Secret::from("alice")));
    let state = sasl.challenge(b"", &mut rig.out);
    let Step::Sasl(sasl) = rig.send(state, "\r\n") else {
        panic!()
    };
    assert_eq!(sasl.input(), &SaslInput::Response(Secret::from("")));
    assert_eq!(rig.said(), "+ \r\n");
    let state = need_input(sasl.malformed(&mut rig.out));
    assert_eq!(rig.said(), "a BAD malformed response in the SASL exchange\r\n");
    let Step::Sasl(sasl) = rig.send(state, "b AUTHENTICATE CRAM-MD5 =\r\n") else {
        panic!()
    };
    assert_eq!(sasl.input(), &start(Some("")));
    let state = need_input(sasl.reject(&wrong(), &mut rig.out));
    let Step::Sasl(sasl) = rig.send(state, "c AUTHENTICATE CRAM-MD5 YQ==\r\n") else {
        panic!()
    };
    assert_eq!(sasl.input(), &start(Some("a")));
}

#[test]
fn exchanges_end_with_a_star_or_with_what_is_not_base64() {
    let (mut rig, mut state) = Rig::tls();
    for (line, answer) in [
        ("*\r\n", "a BAD AUTHENTICATE cancelled\r\n"),
        ("YQ\r\n", "a BAD response is not base64\r\n"),
        ("=\r\n", "a BAD response is not base64\r\n"),
    ] {
        let Step::Sasl(sasl) = rig.send(state, "a AUTHENTICATE PLAIN\r\n") else {
            panic!()
        };
        let challenged = sasl.challenge(b"", &mut rig.out);
        rig.said();
        let Step::Cancelled(next) = rig.send(challenged, line) else {
            panic!()
        };
        assert_eq!(rig.said(), answer);
        state = next;
    }
    rig.plainly(state, "b AUTHENTICATE PLAIN YQ\r\nc AUTHENTICATE NTLM YQ==\r\n");
    assert_eq!(
        rig.said(),
        "b BAD response is not base64\r\nc NO [CANNOT] mechanism is not offered\r\n"
    );
}

#[test]
fn sasl_lines_have_their_own_limit() {
    for (length, fits) in [(12_288, true), (12_292, false)] {
        let (mut rig, state) = Rig::tls();
        let Step::Sasl(sasl) = rig.send(state, "a AUTHENTICATE PLAIN\r\n") else {
            panic!()
        };
        let state = sasl.challenge(b"", &mut rig.out);
        rig.input
            .feed(&[&vec![b'A'; length][..], b"\r\n"].concat())
            .unwrap();
        match state.process(&mut rig.input, &mut rig.out) {
            Ok(Step::Sasl(_)) => assert!(fits),
            Err(error) => assert_eq!((error, fits), (Error::Limit(crate::Limit::SaslLine), false)),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn http_closes_only_as_the_first_command() {
    for first in ["GET / HTTP/1.1\r\n", "\r\nPOST /x HTTP/1.0\r\n", "OPTIONS\r\n"] {
        let (mut rig, state) = Rig::tls();
        assert_eq!(name(&rig.send(state, first)), "Closed");
        assert_eq!(rig.said(), "* BYE this is not HTTP\r\n");
    }
    let (mut rig, state) = Rig::tls();
    rig.plainly(state, "a NOOP\r\nGET NOOP\r\n");
    assert_eq!(rig.said(), "a OK NOOP completed\r\nGET OK NOOP completed\r\n");
}

#[test]
fn nonsense_is_answered_bad_and_only_so_often() {
    let (mut rig, state) = Rig::tls();
    let state = rig.plainly(
        state,
        "* NOOP\r\n+ NOOP\r\n NOOP\r\na% NOOP\r\nb\" NOOP\r\nc SELECT x\r\nd NOOP x\r\ne SELECT {5}\r\n",
    );
    let said = rig.said();
    assert_eq!(said.lines().filter(|line| line.starts_with("* BAD")).count(), 5);
    assert!(said.contains("c BAD unknown command, or log in first\r\nd BAD expected the end of the line"));
    assert!(said.ends_with("e BAD no literal is wanted here before login\r\n"));
    let state = rig.plainly(state, "f FOO\r\n");
    assert_eq!(name(&rig.send(state, "g FOO\r\nh NOOP\r\n")), "Closed");
    assert!(rig.said().ends_with("* BYE too many bad commands\r\n"));
}

#[test]
fn too_many_commands_close() {
    let (mut rig, state) = Rig::tls();
    let state = rig.plainly(state, &"a NOOP\r\n".repeat(100));
    assert_eq!(rig.said().lines().count(), 100);
    assert_eq!(name(&rig.send(state, "\r\n")), "Closed");
    assert_eq!(rig.said(), "* BYE too many commands\r\n");
}

#[test]
fn oversized_commands_are_answered_with_their_tag() {
    let (mut rig, state) = Rig::tls();
    let long = format!("a LOGIN u {}\r\nb NOOP\r\nc LOGIN {{4097}}\r\n", "x".repeat(9000));
    rig.plainly(state, &long);
    assert_eq!(
        rig.said(),
        "a BAD over the limit: line too long\r\nb OK NOOP completed\r\nc BAD over the limit: literal too large\r\n"
    );
}

#[test]
fn fatal_errors_say_bye() {
    for (octets, answer) in [
        (&b"a NOOP\n"[..], "* BYE bare LF at octet 6\r\n"),
        (b"a NO\0OP\r\n", "* BYE NUL at octet 4\r\n"),
        (b"a X {4097+}\r\n", "* BYE over the limit: literal too large\r\n"),
    ] {
        let (mut rig, state) = Rig::tls();
        rig.fails(state, octets);
        assert_eq!(rig.said(), answer);
    }
}

#[test]
fn we_can_say_bye_too() {
    let (mut rig, state) = Rig::tls();
    let Closed { .. } = state.close(Bye::Shutdown, &mut rig.out);
    assert_eq!(rig.said(), "* BYE [UNAVAILABLE] shutting down\r\n");
}
