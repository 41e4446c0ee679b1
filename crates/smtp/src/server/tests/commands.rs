use super::*;

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
