use super::*;

#[test]
fn xclient_says_what_is_listed_and_ehlo_again() {
    for (list, sent) in [
        (
            "XCLIENT NAME ADDR PORT PROTO HELO LOGIN",
            "XCLIENT HELO=phone PORT=4711 ADDR=192.0.2.1 LOGIN=alice\r\n",
        ),
        ("xclient login addr", "XCLIENT ADDR=192.0.2.1 LOGIN=alice\r\n"),
    ] {
        let (mut rig, step) = behind_ehlo(Security::Tls, vec![as_alice()], list);
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
        let (rig, step) = behind_ehlo(Security::Tls, vec![as_alice()], list);
        assert_eq!(step.unwrap_err(), Error::peer(0, Rule::MethodMissing), "{list}");
        assert!(rig.out.is_empty());
    }
    let nobody = Method::Xclient(Xclient::default());
    let (_, step) = behind_ehlo(Security::Tls, vec![nobody], "XCLIENT ADDR LOGIN");
    assert_eq!(step.unwrap_err(), Error::peer(0, Rule::MethodMissing));
}

#[test]
fn an_answer_to_xclient_other_than_220_ends_it() {
    let said = || match behind_ehlo(
        Security::Plain,
        vec![as_alice(), Method::Trusted],
        "XCLIENT ADDR LOGIN",
    ) {
        (rig, Ok(Step::NeedInput(state))) => (rig, state),
        (_, other) => panic!("{other:?}"),
    };
    for (answer, permanent) in [
        ("550 5.7.0 insufficient authorization\r\n", true),
        ("421 4.7.0 no\r\n", false),
    ] {
        let (mut rig, state) = said();
        let refused = rig.refused(state, answer);
        assert_eq!(
            (refused.stage, refused.is_login_refused()),
            (Stage::Xclient, permanent)
        );
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
fn one_xclient_says_it_all() {
    let method = Method::Xclient(Xclient {
        required: vec![
            Attribute::address("192.0.2.1".parse().unwrap()),
            Attribute::login(&"x".repeat(255)).unwrap(),
        ],
        wanted: vec![
            Attribute::helo(Some(&"h".repeat(255))).unwrap(),
            Attribute::port(1),
        ],
    });
    let list = "XCLIENT ADDR LOGIN HELO PORT";
    let (mut rig, step) = behind_ehlo(Security::Tls, vec![method], list);
    let Ok(Step::NeedInput(state)) = step else {
        panic!("{step:?}")
    };
    assert!(rig.sent().starts_with("XCLIENT PORT=1 ADDR=192.0.2.1 LOGIN=xxx"));
    let state = rig.waits(state, GREETING);
    rig.sent();
    // The list does not matter any more.
    let extensions = rig.authenticated(state, &ehlo(list));
    assert!(extensions.has("XCLIENT") && rig.out.is_empty());
}
