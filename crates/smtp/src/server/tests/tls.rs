use super::*;

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
