use super::*;

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
    assert_eq!(step.unwrap_err(), Error::peer(0, Rule::StartTlsMissing));
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
    assert_eq!(
        refused.to_string(),
        "connection refused: 421 4.7.0 too \\x1b[2Jmany"
    );
    let (mut rig, state) = begin();
    let refused = rig.refused(state, "554-no\r\n554 SMTP here\r\n");
    assert!(!refused.is_temporary() && !refused.is_login_refused());
    assert_eq!(refused.to_string(), "connection refused: 554 no SMTP here");
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
    let state = rig
        .sasl(state, "334 VXNlcm5hbWU6\r\n")
        .respond(b"u", &mut rig.out);
    assert_eq!(rig.breaks(state, "235 in\r\n"), Rule::EarlyAnswer);

    let (mut rig, sasl) = login("NTLM", "AUTH NTLM");
    let state = sasl.initial(Some(b"negotiate"), &mut rig.out);
    assert_eq!(rig.breaks(state, "235 in\r\n"), Rule::EarlyAnswer);
}

#[test]
fn nothing_but_a_list_answers_ehlo() {
    for (answer, rule) in [
        ("334 \r\n", Rule::UnaskedReply),
        ("235 in\r\n", Rule::UnexpectedReply),
        ("220 hi\r\n", Rule::UnexpectedReply),
        ("250-AUTH PLAIN\r\n250 x\r\n250 y\r\n", Rule::UnaskedReply),
    ] {
        let mut rig = Rig::new();
        let state = rig.waits(start(config(Security::Tls, vec![sasl("PLAIN")])), GREETING);
        rig.sent();
        assert_eq!(rig.breaks(state, answer), rule, "{answer}");
        assert!(rig.out.is_empty());
    }
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
