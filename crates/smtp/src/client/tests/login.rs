use super::*;

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
    for list in [
        "",
        "AUTH",
        "AUTH CRAM-MD5 PLAINTEXT",
        "AUTHX PLAIN",
        "XCLIENT ADDR",
    ] {
        let (rig, step) = behind_ehlo(Security::Tls, methods(), list);
        assert_eq!(step.unwrap_err(), Error::peer(0, Rule::MethodMissing), "{list}");
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
        (Security::Plain, vec![as_alice()], refusal),
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
        assert_eq!(refused.reply.code().get().to_string(), answer[..3]);
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
fn a_challenge_may_be_longer_than_other_replies() {
    let (mut rig, sasl) = plain();
    let state = sasl.initial(Some(b""), &mut rig.out);
    let sasl = rig.sasl(state, &format!("334 {}\r\n", "QUJD".repeat(3000)));
    assert_eq!(sasl.challenge().map(<[u8]>::len), Some(9000));
}
