use super::*;

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
