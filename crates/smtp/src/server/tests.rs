use gatepost_wire::{Input, Secret};

use super::*;
use crate::{Error, Reply};

fn config() -> Config {
    Config {
        name: "mx.example.com".to_owned(),
        greeting: "Gatepost".to_owned(),
        extensions: Extensions::new().with("PIPELINING", "").with("SIZE", "1000"),
        mechanisms: vec!["PLAIN".to_owned(), "LOGIN".to_owned()],
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

    /// Behind EHLO.
    fn greeted(transport: Transport) -> (Self, NeedInput) {
        let (mut rig, state) = Self::start(config(), transport);
        let state = rig.plainly(state, "EHLO phone\r\n");
        rig.said();
        (rig, state)
    }

    fn tls() -> (Self, NeedInput) {
        Self::greeted(Transport::Tls)
    }

    fn plain() -> (Self, NeedInput) {
        Self::greeted(Transport::Plain)
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
        need_input(self.send(state, octets))
    }

    fn exchange(&mut self, state: NeedInput, octets: &str) -> Sasl {
        match self.send(state, octets) {
            Step::Sasl(sasl) => sasl,
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
        reply: Reply::new(535, "5.7.8", "no"),
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
        Step::Sasl(_) => "Sasl",
        Step::Cancelled(_) => "Cancelled",
        Step::Closed(_) => "Closed",
    }
}

fn line_of(event: &str) -> &'static str {
    match event {
        "EHLO" => "EHLO phone\r\n",
        "NOOP" => "NOOP\r\n",
        "STARTTLS" => "STARTTLS\r\n",
        "AUTH" => "AUTH PLAIN\r\n",
        "MAIL" => "MAIL FROM:<a@example.com>\r\n",
        "BDAT" => "BDAT 4 LAST\r\nabcd",
        "XCLIENT" => "XCLIENT LOGIN=root\r\n",
        "QUIT" => "QUIT\r\n",
        "GET" => "GET / HTTP/1.1\r\n",
        "response" => "AHUAcA==\r\n",
        "star" => "*\r\n",
        "garbage" => "not base64\r\n",
        other => panic!("{other}"),
    }
}

#[test]
fn the_documented_transitions_are_those_of_the_code() {
    let documented = include_str!("mod.rs").lines().filter_map(|line| {
        let (from, rest) = line.strip_prefix("//! ")?.split_once(" --")?;
        let (event, to) = rest.split_once("--> ")?;
        ["new", "plain", "tls", "challenged"]
            .contains(&from)
            .then_some((from, event, to))
    });
    let mut count = 0;
    for (from, event, to) in documented {
        let (mut rig, state) = match from {
            "new" => Rig::start(config(), Transport::Tls),
            "plain" => Rig::plain(),
            _ => Rig::tls(),
        };
        let state = match from {
            "challenged" => rig.exchange(state, "AUTH PLAIN\r\n").challenge(b"", &mut rig.out),
            _ => state,
        };
        assert_eq!(name(&rig.send(state, line_of(event))), to, "{from} --{event}-->");
        count += 1;
    }
    assert_eq!(count, 19);
}

#[test]
fn ehlo_announces_what_the_transport_allows() {
    let (mut rig, state) = Rig::start(config(), Transport::Plain);
    assert_eq!(rig.said(), "220 mx.example.com ESMTP Gatepost\r\n");
    let state = rig.plainly(state, "EHLO [192.0.2.1]\r\n");
    assert_eq!(
        rig.said(),
        "250-mx.example.com\r\n250-PIPELINING\r\n250-SIZE 1000\r\n250 STARTTLS\r\n"
    );
    rig.plainly(state, "HELO phone\r\n");
    assert_eq!(rig.said(), "250 mx.example.com\r\n");
    let (mut rig, state) = Rig::start(config(), Transport::Tls);
    rig.said();
    rig.plainly(state, "ehlo smtpclient.apple\r\n");
    assert_eq!(
        rig.said(),
        "250-mx.example.com\r\n250-PIPELINING\r\n250-SIZE 1000\r\n250 AUTH PLAIN LOGIN\r\n"
    );
}

#[test]
fn harmless_commands_are_answered() {
    let (mut rig, state) = Rig::tls();
    let state = rig.plainly(state, "NOOP x\r\nRSET\r\nHELP\r\n");
    assert_eq!(
        rig.said(),
        "250 2.0.0 OK\r\n250 2.0.0 reset\r\n214 2.0.0 see RFC 5321 and RFC 6409\r\n"
    );
    assert_eq!(name(&rig.send(state, "QUIT\r\nNOOP\r\n")), "Closed");
    assert_eq!(rig.said(), "221 2.0.0 closing\r\n");
}

#[test]
fn nothing_is_sent_before_the_login() {
    for (transport, text) in [
        (
            Transport::Plain,
            "530 5.7.0 must issue a STARTTLS command first\r\n",
        ),
        (Transport::Tls, "530 5.7.0 authentication required\r\n"),
    ] {
        let (mut rig, state) = Rig::greeted(transport);
        rig.plainly(
            state,
            "MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\nVRFY b\r\nEXPN b\r\n",
        );
        assert_eq!(rig.said(), text.repeat(5));
    }
}

#[test]
fn no_login_before_tls_nor_before_ehlo() {
    let (mut rig, state) = Rig::plain();
    rig.plainly(state, "AUTH PLAIN\r\nAUTH PLAIN AHUAcA==\r\nAUTH FOO\r\n");
    assert_eq!(
        rig.said(),
        "530 5.7.0 must issue a STARTTLS command first\r\n".repeat(3)
    );
    let (mut rig, state) = Rig::start(config(), Transport::Tls);
    rig.said();
    let state = rig.plainly(state, "AUTH PLAIN AHUAcA==\r\n");
    assert_eq!(rig.said(), "503 5.5.1 EHLO first\r\n");
    let state = rig.plainly(state, "HELO old\r\n");
    let sasl = rig.exchange(state, "AUTH PLAIN AHUAcA==\r\n");
    let authenticated = sasl.accept(&mut rig.out);
    assert_eq!(
        (authenticated.helo(), authenticated.is_extended()),
        ("old", false)
    );
}

#[test]
fn starttls_forgets_ehlo_and_the_plaintext_and_keeps_the_counters() {
    let limits = Limits {
        bad_commands: 3,
        ..Limits::BEFORE_LOGIN
    };
    let (mut rig, state) = Rig::start(Config { limits, ..config() }, Transport::Plain);
    let state = rig.plainly(state, "EHLO phone\r\nFOO\r\n");
    rig.said();
    let Step::StartTls(state) = rig.send(state, "STARTTLS\r\n") else {
        panic!()
    };
    assert_eq!(rig.said(), "220 2.0.0 ready to start TLS\r\n");
    rig.input.feed(b"AUTH PLA").unwrap();
    let state = state.upgraded(&mut rig.input);
    let state = rig.plainly(state, "AUTH PLAIN\r\n");
    assert_eq!(rig.said(), "503 5.5.1 EHLO first\r\n");
    assert_eq!(name(&rig.send(state, "FOO\r\n")), "Closed");
    assert!(
        rig.said()
            .ends_with("421 4.7.0 over the limit: too many bad commands\r\n")
    );
}

#[test]
fn plaintext_behind_starttls_closes() {
    let (mut rig, state) = Rig::plain();
    assert_eq!(name(&rig.send(state, "STARTTLS\r\nEHLO x\r\n")), "Closed");
    assert_eq!(rig.said(), "501 5.5.4 octets behind STARTTLS\r\n");
}

#[test]
fn the_sasl_exchange() {
    let (mut rig, state) = Rig::tls();
    let sasl = rig.exchange(state, "AUTH login \r\n");
    let start = |initial: Option<&str>| SaslInput::Start {
        mechanism: "LOGIN".to_owned(),
        initial: initial.map(Secret::from),
    };
    assert_eq!(sasl.input(), &start(None));
    let state = sasl.challenge(b"Username:", &mut rig.out);
    assert_eq!(rig.said(), "334 VXNlcm5hbWU6\r\n");
    let sasl = rig.exchange(state, "YWxpY2U=\r\n");
    assert_eq!(sasl.input(), &SaslInput::Response(Secret::from("alice")));
    let state = sasl.challenge(b"", &mut rig.out);
    assert_eq!(rig.said(), "334 \r\n");
    let sasl = rig.exchange(state, "\r\n");
    assert_eq!(sasl.input(), &SaslInput::Response(Secret::from("")));
    let state = need_input(sasl.malformed(&mut rig.out));
    assert_eq!(
        rig.said(),
        "501 5.5.2 malformed response in the SASL exchange\r\n"
    );
    let sasl = rig.exchange(state, "AUTH LOGIN =\r\n");
    assert_eq!(sasl.input(), &start(Some("")));
    let state = need_input(sasl.reject(&wrong(), &mut rig.out));
    assert_eq!(rig.said(), "535 5.7.8 no\r\n");
    let sasl = rig.exchange(state, "AUTH LOGIN YQ==\r\nMAIL FROM:<>\r\n");
    assert_eq!(sasl.input(), &start(Some("a")));
    let authenticated = sasl.accept(&mut rig.out);
    assert_eq!(rig.said(), "235 2.7.0 authentication successful\r\n");
    assert_eq!(
        (authenticated.helo(), authenticated.is_extended()),
        ("phone", true)
    );
    assert_eq!(rig.input.as_slice(), b"MAIL FROM:<>\r\n");
}

#[test]
fn exchanges_end_with_a_star_or_with_what_is_not_base64() {
    let (mut rig, mut state) = Rig::tls();
    for (line, answer) in [
        ("*\r\n", "501 5.7.0 AUTH cancelled\r\n"),
        ("YQ\r\n", "501 5.5.2 response is not base64\r\n"),
        ("=\r\n", "501 5.5.2 response is not base64\r\n"),
        ("QUIT\r\n", "501 5.5.2 response is not base64\r\n"),
    ] {
        let challenged = rig.exchange(state, "AUTH PLAIN\r\n").challenge(b"", &mut rig.out);
        rig.said();
        // "QUIT" is base64, of three octets that are no text.
        state = match rig.send(challenged, line) {
            Step::Cancelled(next) => next,
            Step::Sasl(sasl) if line == "QUIT\r\n" => {
                need_input(sasl.malformed(&mut rig.out));
                return;
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(rig.said(), answer);
    }
}

#[test]
fn initial_responses_that_are_not_base64_and_unknown_mechanisms() {
    let (mut rig, state) = Rig::tls();
    let state = rig.plainly(state, "AUTH PLAIN YQ\r\nAUTH NTLM YQ==\r\nAUTH\r\n");
    let said = rig.said();
    assert!(
        said.starts_with(
            "501 5.5.2 response is not base64\r\n504 5.5.4 mechanism is not offered\r\n501 5.5.4 "
        ),
        "{said}"
    );
    assert!(!said.contains("YQ"));
    // What is not offered is neither a bad command nor a failed login.
    rig.plainly(state, &"AUTH NTLM\r\n".repeat(30));
    assert_eq!(rig.said(), "504 5.5.4 mechanism is not offered\r\n".repeat(30));
}

#[test]
fn failures_are_counted_and_unavailable_is_none() {
    let down = Refusal {
        reply: Reply::new(454, "4.7.0", "later"),
        counts: Counts::Not,
    };
    let (mut rig, mut state) = Rig::tls();
    for refusal in [&wrong(), &down, &wrong(), &down] {
        let sasl = rig.exchange(state, "AUTH PLAIN =\r\n");
        state = need_input(sasl.reject(refusal, &mut rig.out));
    }
    assert_eq!(rig.said(), "535 5.7.8 no\r\n454 4.7.0 later\r\n".repeat(2));
    let sasl = rig.exchange(state, "AUTH PLAIN =\r\n");
    assert_eq!(name(&sasl.reject(&wrong(), &mut rig.out)), "Closed");
    assert_eq!(
        rig.said(),
        "535 5.7.8 no\r\n421 4.7.0 over the limit: too many failed logins\r\n"
    );
}

#[test]
fn sasl_lines_have_their_own_limit() {
    for (head, length, fits) in [
        ("", 12_288, true),
        ("", 12_292, false),
        ("AUTH PLAIN ", 12_276, true),
        ("auth PLAIN ", 12_280, false),
    ] {
        let (mut rig, mut state) = Rig::tls();
        if head.is_empty() {
            let sasl = rig.exchange(state, "AUTH PLAIN\r\n");
            state = sasl.challenge(b"", &mut rig.out);
        }
        let line = [head.as_bytes(), &vec![b'A'; length], b"\r\n"].concat();
        rig.input.feed(&line).unwrap();
        rig.said();
        match state.process(&mut rig.input, &mut rig.out) {
            Ok(Step::Sasl(_)) => assert!(fits),
            Err(error) => {
                assert_eq!((error, fits), (Error::Limit(crate::Limit::SaslLine), false));
                assert_eq!(
                    rig.said(),
                    "500 5.5.6 over the limit: line of the SASL exchange too long\r\n"
                );
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn http_closes_only_as_the_first_command() {
    for first in [
        "GET / HTTP/1.1\r\nEHLO x\r\n",
        "POST /x HTTP/1.0\r\n",
        "OPTIONS\r\n",
    ] {
        let (mut rig, state) = Rig::start(config(), Transport::Tls);
        rig.said();
        assert_eq!(name(&rig.send(state, first)), "Closed");
        assert_eq!(rig.said(), "421 4.7.0 this is not HTTP\r\n");
    }
    let (mut rig, state) = Rig::tls();
    rig.plainly(state, "GET / HTTP/1.1\r\n");
    assert_eq!(rig.said(), "500 5.5.1 unknown command\r\n");
}

#[test]
fn the_octets_of_a_bdat_are_no_commands() {
    let (mut rig, state) = Rig::tls();
    let state = rig.plainly(state, "BDAT 6 LAST\r\nQUI");
    assert_eq!(rig.said(), "");
    let state = rig.plainly(state, "T\r\nNOOP\r\nBDAT 0 LAST\r\n");
    assert_eq!(
        rig.said(),
        "502 5.5.1 CHUNKING is not offered\r\n250 2.0.0 OK\r\n502 5.5.1 CHUNKING is not offered\r\n"
    );
    assert_eq!(name(&rig.send(state, "bdat 6 x\r\nQUIT\r\n")), "Closed");
    assert_eq!(rig.said(), "501 5.5.4 expected LAST at octet 7\r\n");
    for unclear in [
        "BDAT\r\n",
        "BDAT  6\r\n",
        "BDAT -1\r\n",
        "BDAT\t6\r\n",
        "BDAT 99999999999999999999\r\n",
    ] {
        let (mut rig, state) = Rig::tls();
        let step = rig.send(state, &format!("{unclear}QUIT\r\n"));
        assert_eq!(name(&step), "Closed", "{unclear}");
        assert!(rig.said().starts_with("50"));
    }
}

#[test]
fn a_large_bdat_is_dropped_as_it_comes() {
    let (mut rig, mut state) = Rig::tls();
    state = rig.plainly(state, "BDAT 1000000\r\n");
    for _ in 0..100 {
        state = rig.plainly(state, &"x\r\n.\r\nQUIT".repeat(1000));
        assert!(rig.input.is_empty());
    }
    rig.plainly(state, "NOOP\r\n");
    assert_eq!(
        rig.said(),
        "502 5.5.1 CHUNKING is not offered\r\n250 2.0.0 OK\r\n"
    );
}

#[test]
fn nonsense_is_refused_and_only_so_often() {
    let (mut rig, state) = Rig::tls();
    let state = rig.plainly(
        state,
        "\r\n FOO\r\nFOO\r\nMAIL TO:<x>\r\nXCLIENT ADDR=::1\r\nXFORWARD NAME=x\r\nSTARTTLS\r\nEHLO\r\n",
    );
    let codes: Vec<String> = rig.said().lines().map(|line| line[..9].to_owned()).collect();
    assert_eq!(
        codes,
        [
            "500 5.5.2",
            "500 5.5.2",
            "500 5.5.1",
            "501 5.5.4",
            "550 5.7.0",
            "550 5.7.0",
            "503 5.5.1",
            "501 5.5.4"
        ]
    );
    let state = rig.plainly(state, "FOO\r\n");
    assert_eq!(name(&rig.send(state, "FOO\r\nNOOP\r\n")), "Closed");
    assert!(rig.said().ends_with("too many bad commands\r\n"));
}

#[test]
fn too_many_commands_close() {
    let (mut rig, state) = Rig::start(config(), Transport::Tls);
    let state = rig.plainly(state, &"NOOP\r\n".repeat(100));
    rig.said();
    assert_eq!(name(&rig.send(state, "NOOP\r\n")), "Closed");
    assert_eq!(rig.said(), "421 4.7.0 over the limit: too many commands\r\n");
}

#[test]
fn fatal_errors_are_answered() {
    let long = [&b"NOOP "[..], &[b'x'; 3000], b"\r\n"].concat();
    for (octets, answer) in [
        (&b"NOOP\nQUIT\r\n"[..], "500 5.5.2 bare LF at octet 4\r\n"),
        (b"NO\0OP\r\n", "500 5.5.2 NUL at octet 2\r\n"),
        (b"NO\rOP\r\n", "500 5.5.2 bare CR at octet 2\r\n"),
        (&long, "500 5.5.2 over the limit: line too long\r\n"),
    ] {
        let (mut rig, state) = Rig::tls();
        assert!(rig.fails(state, octets).is_fatal());
        assert_eq!(rig.said(), answer);
    }
}

#[test]
fn a_small_input_limits_lines_as_well() {
    let (mut rig, state) = Rig::tls();
    rig.input = Input::new(10);
    let state = rig.plainly(state, "NOOP 789\r");
    let state = rig.plainly(state, "\n");
    assert_eq!(
        rig.fails(state, b"NOOP 78901"),
        Error::Limit(crate::Limit::CommandLine)
    );
}

#[test]
fn we_can_close_too() {
    for (reason, answer) in [
        (Bye::Shutdown, "421 4.3.2 shutting down\r\n"),
        (Bye::Timeout, "421 4.4.2 took too long\r\n"),
        (Bye::TooManyConnections, "421 4.7.0 too many connections\r\n"),
        (
            Bye::NotAllowed("the password has changed"),
            "421 4.7.0 the password has changed\r\n",
        ),
        (Bye::Internal, "421 4.3.0 internal error\r\n"),
    ] {
        let (mut rig, state) = Rig::tls();
        let Closed { .. } = state.close(reason, &mut rig.out);
        assert_eq!(rig.said(), answer);
    }
}
