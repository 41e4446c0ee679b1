use super::*;

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
